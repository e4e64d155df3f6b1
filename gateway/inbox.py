"""The inbox: listing, reading and answering what was received, each reader in their own role.

What a reader sees is what the bundle holds, reduced once more to the reader's own cell of the disclosure
matrix. Content of the ``dsl`` desk does not exist for anybody but a designated safeguarding lead or deputy
with the ``dsl`` scope; every attempt to read it is written down before it is answered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from gateway.attachments.routing import files_for
from gateway.contents import Archived, archived, kept
from gateway.disclosure import sending_role
from gateway.problems import Conflict, NotFound, Refused
from gateway.receipts import Subject, make
from gateway.services import Services
from gateway.store.records import BundleRow, ReceiptRow
from gateway.tokens import Rights
from gateway.transfer import State, may_issue
from schemas import disclosure, routes
from signing import SigningError, verify_jws

R = TypeVar("R")

#: Codes with which people reject a bundle; the closed list keeps free text out of receipts.
REJECTIONS = {
    "wrong-learner": "This is not our learner",
    "not-placed-here": "The learner is not placed here",
    "unreadable": "We cannot read this",
    "duplicate": "We have this already",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A bundle as one reader may see it, with its receipts so far."""

    row: BundleRow
    body: Mapping[str, Any]
    receipts: Sequence[ReceiptRow]
    content_sha256: str = ""
    verified: bool = False


def entries(services: Services, rights: Rights, after: int, limit: int) -> list[BundleRow]:
    """The bundles that this reader may know of, oldest first, after a cursor."""
    found: list[BundleRow] = []
    while len(found) < limit:
        page = services.store.inbox(rights.organisation, after, limit)
        found += [row for row in page if reading_roles(rights, row)]
        if len(page) < limit:
            break
        after = page[-1].id
    return found[:limit]


def read(services: Services, rights: Rights, bundle_id: str, render: Callable[[Read], R]) -> R:
    """Opens a bundle for a reader and gives what ``render`` makes of it.

    The sender is told, with the role that opened it, the first time, and only when there is something to show: a
    reader who saw an error has opened nothing. Raises NotFound when there is none that this reader may know of.
    """
    row = services.store.received(rights.organisation, bundle_id)
    roles = reading_roles(rights, row)
    services.store.log_access(rights.row, row, "read" if roles else "refused", services.clock.ms)
    if not roles:
        raise NotFound("not-found", "There is nothing with this id that you may see.")
    text = text_of(services, row)
    message = archived(text)
    seen = Read(
        row,
        _for_reader(message.body, roles),
        services.store.receipts(row.id),
        message.content_sha256,
        _still_verifies(services, row, text),
    )
    rendered = render(seen)
    answer(services, row, State.OPENED, role=roles[0])
    return rendered


def text_of(services: Services, row: BundleRow) -> bytes:
    """The inner message of a received bundle. Raises NotFound."""
    if row.content_id is None:
        raise NotFound("not-found", "The content of this bundle was not kept.")
    return kept(services.vault, services.store.content(row.content_id))


def _still_verifies(services: Services, row: BundleRow, text: bytes) -> bool:
    """Whether both signatures verify against today's directory; they did when the bundle was taken.

    They are judged at the time of receipt: a key that its sender revoked later changes nothing.
    """
    try:
        verify_jws(text, services.directory.current(), row.created_ms // 1000)
    except SigningError:
        return False
    return True


def reading_roles(rights: Rights, row: BundleRow) -> list[str]:
    """The reader's roles that this bundle is for, the addressed one first."""
    if row.desk == "dsl" and not rights.reads_dsl():
        return []
    return [role for role in row.readers.split() if role in rights.row.roles]


def _for_reader(body: Mapping[str, Any], roles: Sequence[str]) -> Mapping[str, Any]:
    if body["to"]["role"] in roles:
        return body
    seen = frozenset(roles)
    standing = disclosure.standing(body.get("learner", {}))
    documents = [
        disclosure.view(document["type"], document, seen, conditions=standing)
        for document in body["documents"]
        if _may_read(document, body, seen)
    ]
    about = {
        kind: disclosure.view(kind, body[kind], seen, conditions=standing)
        for kind in ("learner", "placement")
        if kind in body
    }
    view = {**body, **about, "documents": documents}
    # The sender has looked at the labels; here a file goes with the documents that this very reader may see.
    whole = len(documents) == len(body["documents"])
    return {**view, "attachments": files_for(body["attachments"], view, "dsl", whole=whole)}


def _may_read(document: Mapping[str, Any], body: Mapping[str, Any], roles: frozenset[str]) -> bool:
    ways = routes.ways(document["type"], sending_role(document, body["from"]), body["to"]["role"])
    return any(reader in roles for way in ways for reader in way.readers)


def decide(services: Services, rights: Rights, bundle_id: str, decision: tuple[State, str | None]) -> Read:
    """Accepts or rejects a bundle in the reader's role and queues the receipt that says so.

    Raises NotFound, Refused for a code that is not published, Conflict when it was decided otherwise before.
    """
    status, code = decision
    row = services.store.received(rights.organisation, bundle_id)
    roles = reading_roles(rights, row)
    if not roles:
        services.store.log_access(rights.row, row, "refused", services.clock.ms)
        raise NotFound("not-found", "There is nothing with this id that you may see.")
    if code is not None and code not in REJECTIONS:
        raise Refused(
            "receipt.code", "This is not a published reason.", f"Use one of: {', '.join(REJECTIONS)}."
        )
    if status is State.ACCEPTED:
        _check_files(services, row)
    answer(services, row, status, role=roles[0], codes=(code,) if code else ())
    row = services.store.received(rights.organisation, bundle_id)
    if row.state != status:
        # Decided otherwise, before or at this very moment by somebody else.
        raise Conflict("bundle.decided", "This was already accepted or rejected, and the sender was told.")
    return Read(row, {}, services.store.receipts(row.id))


def _check_files(services: Services, row: BundleRow) -> None:
    """Accepting is for the whole bundle: not before it is known whether its files can be had."""
    files = services.files.ledger.arrivals(row.org, row.bundle_id)
    if any(file.due_ms is not None for file in files):
        raise Conflict(
            "attachments.waiting", "The files of this bundle are still being checked.", "Try again soon."
        )


def answer(
    services: Services, row: BundleRow, status: State, *, role: str | None, codes: Sequence[str] = ()
) -> bool:
    """Queues a receipt with ``status`` for a received bundle, unless it is as far along already.

    Without a role it is the gateway's own answer, not a person's.
    """
    if not may_issue(row.state, status) or row.content_id is None:
        return False
    content = services.store.content(row.content_id)
    message = archived(kept(services.vault, content))
    key = services.vault.key(content.key_id)
    receipt = make(services, _subject(services, row, message), status, key, codes=codes, role=role)
    issue = partial(services.store.issue_receipt, row.id, receipt, services.clock.ms)
    return services.courier.send_off(issue, 1)


def _subject(services: Services, row: BundleRow, message: Archived) -> Subject:
    return Subject(
        organisation=row.org,
        sender=row.peer,
        jti=message.jti,
        content_sha256=message.content_sha256,
        envelope_sha256=services.store.received_envelope(row.org, row.peer, message.jti),
    )
