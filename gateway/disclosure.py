"""Splitting a transfer into bundles: who gets which documents, and which view of each.

A transfer names its recipients once. For each of them this makes one bundle with the documents that a route
allows from the document's author to that role, each reduced to what the role and its readers may see. A
document that a recipient may not have is left out and said so; one that was asked for by name is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.attachments.routing import files_for, goes_to
from schemas import Finding, disclosure, routes
from schemas.routes import Route
from signing import Directory
from signing.message import MAX_CLAIMS

#: What a bundle says of a file beside what the transfer says: the address, the key and the nonce prefix.
_SEALED_ENTRY = 200

#: What the claims hold beside the bundle (ids, times, addresses) is well below this.
_CLAIMS_BESIDE_BODY = 1_000

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One bundle to be: its body without the ids that the sender adds, and where it goes."""

    organisation: str
    desk: str
    role: str
    readers: tuple[str, ...]
    body: dict[str, Any]
    companion: bool
    needs_companion: bool

    @property
    def address(self) -> str:
        """The desk's address."""
        return f"{self.organisation}/{self.desk}"


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a transfer, and what its sender should know about how it was divided."""

    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether something has to be put right before anything is sent."""
        return any(finding.severity == "error" for finding in self.findings)


def split(transfer: Json) -> Split:
    """The bundles of a transfer that is valid against its schema. Pure; nothing is sent or stored.

    A finding with severity ``error`` means that nothing of the transfer may be sent.
    """
    findings: list[Finding] = []
    parts: list[Part] = []
    for index, recipient in enumerate(transfer["recipients"]):
        parts += _parts(transfer, index, recipient, findings)
    findings += _stays_here(transfer)
    findings += _destinations(transfer, parts)
    told = [((part.role, *part.readers), part.body) for part in parts]
    findings += goes_to(transfer.get("attachments", ()), told)
    findings += _missing_companions(transfer, parts)
    findings += _too_large(parts)
    findings += _unsealable(transfer)
    return Split(tuple(parts), tuple(findings))


def sending_role(document: Json, sender: Json) -> str:
    """The role in which a document is sent: its author's, or the sender's when it passes on another's."""
    author = document["author"]
    own = author["organisation"] == sender["organisation"]
    return str(author["role"] if own else sender["role"])


def holds(directory: Directory, organisation: str, role: str) -> bool:
    """Whether the directory says that an organisation holds roles of this role's family."""
    known = directory.organisations.get(organisation)
    return known is not None and role in routes.roles() and routes.role(role).family in known.families


def roles_not_held(directory: Directory, transfer: Json) -> Iterator[Finding]:
    """Roles that a transfer takes or gives to organisations that do not hold them.

    A recipient whom the directory does not know yet is passed over: its bundle waits until it is known, and is
    judged by its receiver.
    """
    sender = transfer["from"]
    if not holds(directory, sender["organisation"], sender["role"]):
        yield _not_held("/from/role", "The sending organisation")
    for index, document in enumerate(transfer["documents"]):
        if not holds(directory, sender["organisation"], sending_role(document, sender)):
            yield _not_held(f"/documents/{index}/author/role", "The sending organisation")
    for index, recipient in enumerate(transfer["recipients"]):
        known = recipient["organisation"] in directory.organisations
        if known and not holds(directory, recipient["organisation"], recipient["role"]):
            yield _not_held(f"/recipients/{index}/role", "This organisation")


def _not_held(pointer: str, who: str) -> Finding:
    return Finding(
        "role.not-held",
        "error",
        pointer,
        f"{who} does not hold this role in the directory.",
        "Choose a role that the organisation holds, or ask the keeper of the directory.",
    )


def _parts(transfer: Json, index: int, recipient: Json, findings: list[Finding]) -> Iterator[Part]:
    if recipient["role"] in routes.roles() and routes.role(recipient["role"]).desk is None:
        findings.append(_no_desk(index))
        return
    chosen: dict[str, list[tuple[Json, Route]]] = {}
    for document, route in _routed(transfer, recipient):
        if route is not None and route.desk is not None:
            chosen.setdefault(route.desk, []).append((document, route))
        elif document["documentId"] in recipient.get("documents", ()):
            findings.append(_not_allowed(index))
    if not chosen:
        findings.append(_empty_handed(index))
    for desk, documents in chosen.items():
        yield _build(transfer, recipient, desk, documents)


def _routed(transfer: Json, recipient: Json) -> Iterator[tuple[Json, Route | None]]:
    wanted = recipient.get("documents")
    conditions = frozenset(transfer.get("conditions", ()))
    for document in transfer["documents"]:
        if wanted is not None and document["documentId"] not in wanted:
            continue
        role = sending_role(document, transfer["from"])
        yield document, routes.find(document["type"], role, recipient["role"], conditions)


def _build(transfer: Json, recipient: Json, desk: str, chosen: Sequence[tuple[Json, Route]]) -> Part:
    # The desk is the route's: a role may read safeguarding at the dsl desk and everything else at general.
    conditions = frozenset(transfer.get("conditions", ())) | disclosure.standing(transfer["learner"])
    why = (recipient.get("reason"), conditions)
    role = recipient["role"]
    readers = tuple(sorted({reader for _, route in chosen for reader in route.readers}))
    everyone = frozenset({role, *readers})
    body: dict[str, Any] = {
        "transferId": transfer["transferId"],
        "from": transfer["from"],
        "to": {"address": f"{recipient['organisation']}/{desk}", "role": role, "readers": list(readers)},
        "learner": _view("learner", transfer["learner"], everyone, why),
        "placement": _view("placement", transfer["placement"], everyone, why),
        "lawfulBasis": transfer["lawfulBasis"],
        "retention": transfer["retention"],
        "documents": [
            _view(document["type"], document, frozenset({role, *route.readers}), why)
            for document, route in chosen
        ],
        "attachments": [],
    }
    body["attachments"] = _files(transfer, body, desk)
    if "legalName" not in body["learner"]:
        # A role that may not even know who it is about gets nothing about the learner.
        del body["learner"]
    needs_companion = any(route.companion for _, route in chosen)
    companion = needs_companion or _is_chronology(chosen)
    if companion:
        body["companion"] = True
    return Part(recipient["organisation"], desk, role, readers, body, companion, needs_companion)


def _files(transfer: Json, body: Json, desk: str) -> list[Json]:
    # How a file is opened is for this gateway to say: whatever the transfer holds about it is left out.
    listed = [
        {name: value for name, value in entry.items() if name != "sealed"}
        for entry in transfer.get("attachments", ())
    ]
    return files_for(listed, body, desk, whole=len(body["documents"]) == len(transfer["documents"]))


def _view(kind: str, value: Json, roles: frozenset[str], why: tuple[str | None, frozenset[str]]) -> Json:
    reason, conditions = why
    return disclosure.view(kind, value, roles, reason=reason, conditions=conditions)


def _is_chronology(chosen: Sequence[tuple[Json, Route]]) -> bool:
    return any(document["type"] == "safeguarding-chronology" for document, _ in chosen)


def _missing_companions(transfer: Json, parts: Sequence[Part]) -> Iterator[Finding]:
    """A profile to a school or provider goes with a chronology or a nil return for the DSL there (SAF-01)."""
    told = {part.organisation for part in parts if part.companion and part.desk == "dsl"}
    for index, recipient in enumerate(transfer["recipients"]):
        needs = any(
            part.needs_companion
            and part.organisation == recipient["organisation"]
            and part.role == recipient["role"]
            for part in parts
        )
        if needs and recipient["organisation"] not in told:
            yield Finding(
                "transfer.companion-missing",
                "error",
                f"/recipients/{index}",
                "A profile goes together with a safeguarding chronology, or a nil return, for the designated "
                "safeguarding lead of the same organisation, and this transfer has none.",
                "Ask your DSL for a chronology or a nil return, add it to the documents, and add the "
                "organisation's DSL to the recipients.",
            )


def _stays_here(transfer: Json) -> Iterator[Finding]:
    """What a transfer may hold and a bundle cannot carry: said, never dropped in silence."""
    if transfer.get("extensions"):
        yield Finding(
            "transfer.extensions-stay",
            "info",
            "/extensions",
            "The extensions of the transfer itself stay here: no role is known that may see them.",
            "Put what has to travel into the extensions of a document.",
        )


def _destinations(transfer: Json, parts: Sequence[Part]) -> Iterator[Finding]:
    """Who gets each document, in words; a document that nobody may have stops the transfer."""
    for index, document in enumerate(transfer["documents"]):
        told = {
            routes.role(role).title: None
            for part in parts
            if any(sent["documentId"] == document["documentId"] for sent in part.body["documents"])
            for role in (part.role, *part.readers)
        }
        if told:
            yield Finding(
                "transfer.goes-to",
                "info",
                f"/documents/{index}",
                f"The {document['type'].replace('-', ' ')} goes to: {'; '.join(told)}. Nobody else gets it.",
                "Nothing to do.",
            )
        else:
            yield Finding(
                "DPX-02",
                "error",
                f"/documents/{index}",
                "No recipient of this transfer may receive this document.",
                "Add a recipient in a role that may receive it, or take the document out.",
            )


def _too_large(parts: Sequence[Part]) -> Iterator[Finding]:
    for part in parts:
        size = len(orjson.dumps(part.body)) + _SEALED_ENTRY * len(part.body["attachments"])
        if size > MAX_CLAIMS - _CLAIMS_BESIDE_BODY:
            yield Finding(
                "message.too-large",
                "error",
                "/documents",
                f"The documents for one recipient are {size:,} bytes; at most {MAX_CLAIMS:,} fit in a message.",
                "Send long texts and files as attachments.",
            )


def _unsealable(transfer: Json) -> Iterator[Finding]:
    """Open content with member names that LTP-1 does not sign; everywhere else the schema names the members."""
    places = [("", transfer), *((f"/{kind}", transfer[kind]) for kind in ("learner", "placement"))]
    places += [(f"/documents/{index}", document) for index, document in enumerate(transfer["documents"])]
    for place, value in places:
        if not _plain_names(value.get("extensions")):
            yield Finding(
                "extensions.member-name",
                "error",
                f"{place}/extensions",
                "The open content has a member whose name is not plain ASCII text.",
                "Name members with letters from a to z, digits and hyphens; the text in them may be any.",
            )


def _plain_names(value: object) -> bool:
    if isinstance(value, dict):
        return all(name.isascii() and _plain_names(member) for name, member in value.items())
    return not isinstance(value, list) or all(map(_plain_names, value))


def _not_allowed(index: int) -> Finding:
    return Finding(
        "DPX-02",
        "error",
        f"/recipients/{index}/documents",
        "This recipient may not receive one of the documents that the transfer names for it.",
        "Take the document out of this recipient's list, or send it to a role that may receive it.",
    )


def _no_desk(index: int) -> Finding:
    return Finding(
        "transfer.no-desk",
        "error",
        f"/recipients/{index}",
        "Parents and pupils have no desk to send to: they get a printed or accessible copy.",
        "Take this recipient out, and give the family their copy.",
    )


def _empty_handed(index: int) -> Finding:
    return Finding(
        "DPX-02",
        "error",
        f"/recipients/{index}",
        "This recipient may not receive any document of the transfer.",
        "Take the recipient out, or name the role in that organisation that may receive the documents.",
    )
