"""Sending: from a posted transfer to deliveries that are on the disk.

The hops, in order: load and validate, evaluate the rules, split, seal, one commit. Nothing is sent from here:
``gateway.outbox`` delivers what the commit left behind, so a crash at any point loses nothing.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import schemas
from gateway.attachments import sending
from gateway.clearance import cleared
from gateway.disclosure import Part, roles_not_held, split
from gateway.problems import Forbidden, NotFound, Refused
from gateway.sealing import CannotSeal, Letter, canonical, kept_body, sealed_letter
from gateway.services import Services
from gateway.store.records import NewBundle, NewTransfer
from gateway.tokens import Rights
from gateway.transfer import DEFAULT_DEADLINE_DAYS
from schemas import Finding, rules
from signing import DirectoryError, size_class
from signing.encoding import sha256
from signing.stream import Manifest


@dataclass(frozen=True, slots=True)
class Accepted:
    """A transfer that is durably kept. ``fresh`` is False when this very request was accepted before."""

    transfer_id: str
    fresh: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """What is to be said about a posted transfer, and the parts of it that may be sent; none if ``parts`` is empty.

    ``whole`` is False where something has to be put right, even if what is for a safeguarding lead leaves.
    """

    transfer: Mapping[str, Any]
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    whole: bool = False


def examine(data: bytes) -> Examined:
    """Everything that is to be said about a posted transfer: schema, rules, routes and sizes, all at once.

    Pure; nothing is sent or stored.
    """
    try:
        value = schemas.load(data)
    except schemas.InvalidDocument as refused:
        return Examined({}, (), refused.findings)
    problems = schemas.validate("transfer", value)
    if not isinstance(value, dict):
        return Examined({}, (), problems)
    results = rules.evaluate(value)
    findings = (*problems, *(result.finding() for result in results if result.outcome in _TO_SAY))
    if problems:
        return Examined(value, (), findings)
    divided = split(value)
    said = _said_once((*findings, *divided.findings))
    in_order = not divided.refused and not any(result.rejects for result in results)
    examined = Examined(value, divided.parts, said, whole=in_order)
    return examined if in_order else _left(examined, cleared(value, divided.parts, results, divided.findings))


def _left(examined: Examined, parts: tuple[Part, ...]) -> Examined:
    """What may be sent of a transfer that is not in order, and that the rest is held back."""
    findings = (*examined.findings, _HELD_BACK) if parts else examined.findings
    return replace(examined, parts=parts, findings=findings, whole=False)


_HELD_BACK = Finding(
    "transfer.partly-sent",
    "error",
    "",
    "Only what goes to a safeguarding lead and is in order may be sent; everything else is held back.",
    "Put right what the other findings name, and send the rest again as a new transfer.",
)

_TO_SAY = ("info", "warning", "error")


def _said_once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with one DPX-02 for each recipient and document, the most exact of those that tell it."""
    kept: dict[object, Finding] = {}
    for finding in findings:
        place = (finding.severity, *finding.pointer.split("/")[:3])
        key = place if finding.code == "DPX-02" else finding
        kept[key] = max(kept.get(key, finding), finding, key=lambda told: len(told.pointer))
    return tuple(kept.values())


def accept(services: Services, rights: Rights, data: bytes, idempotency_key: str | None) -> Accepted:
    """Keeps a transfer and every delivery that it asks for. Raises Refused, Forbidden or Conflict."""
    examined = examine(data)
    if not examined.parts:
        raise Refused(
            "transfer.refused", "Nothing was sent: the transfer has problems.", findings=examined.findings
        )
    if examined.transfer["from"]["organisation"] != rights.organisation:
        raise Forbidden(
            "transfer.other-organisation",
            "This token belongs to another organisation than the one that the transfer is from.",
            "Use a token of the sending organisation.",
        )
    if any(part.desk == "dsl" for part in examined.parts):
        rights.demand("dsl")
    files: Mapping[str, Manifest] = {}
    try:
        examined = _with_roles_held(services, examined)
        _check_deadline(services, examined)
        examined, files = _with_files(services, examined)
    except Refused:
        # Of a repeated request nothing is asked that time may have changed: it gets its answer again.
        if not _was_accepted(services, examined.transfer):
            raise
    new = _new_transfer(services, examined, files, (data, idempotency_key))
    fresh = services.courier.send_off(partial(services.store.accept_transfer, new), len(new.bundles))
    return Accepted(new.transfer_id, fresh, examined.findings)


def _was_accepted(services: Services, transfer: Mapping[str, Any]) -> bool:
    try:
        services.store.transfer(transfer["from"]["organisation"], transfer["transferId"])
    except NotFound:
        return False
    return True


def _check_deadline(services: Services, examined: Examined) -> None:
    if _deadline_ms(examined.transfer, services.clock.ms) <= services.clock.ms:
        raise Refused(
            "transfer.deadline-past",
            "The transfer's deadline is already over, so nothing of it could be delivered.",
            "Give a later deadline, or none.",
        )


def _with_roles_held(services: Services, examined: Examined) -> Examined:
    """The parts for which the directory says that everybody holds the role in question."""
    try:
        directory = services.directory.current()
    except DirectoryError:
        # Without a directory nothing leaves; the receiver's own check stands.
        return examined
    problems = tuple(roles_not_held(directory, examined.transfer))
    if not problems:
        return examined
    parts = cleared(examined.transfer, examined.parts, (), problems)
    if not parts:
        raise Refused("transfer.refused", "Nothing was sent: the transfer has problems.", findings=problems)
    return _left(replace(examined, findings=(*examined.findings, *problems)), parts)


def _with_files(services: Services, examined: Examined) -> tuple[Examined, Mapping[str, Manifest]]:
    """The parts whose attached files were all handed in, and how each file is opened."""
    files, problems = sending.manifests(services, examined.transfer)
    if not problems:
        return examined, files
    parts = cleared(examined.transfer, examined.parts, (), problems)
    if not parts:
        raise Refused("transfer.refused", "Nothing was sent: the transfer has problems.", findings=problems)
    return _left(replace(examined, findings=(*examined.findings, *problems)), parts), files


def _new_transfer(
    services: Services,
    examined: Examined,
    files: Mapping[str, Manifest],
    request: tuple[bytes, str | None],
) -> NewTransfer:
    transfer, parts = examined.transfer, examined.parts
    data, idempotency_key = request
    now_ms = services.clock.ms
    bodies = [sending.with_keys(_with_ids(part, services.clock.seconds), files) for part in parts]
    least = _least_classes(services, transfer, parts, bodies)
    bundles = [
        _new_bundle(services, transfer, part, (body, size))
        for part, body, size in zip(parts, bodies, least, strict=True)
    ]
    return NewTransfer(
        org=transfer["from"]["organisation"],
        transfer_id=transfer["transferId"],
        idempotency_key=idempotency_key or transfer["transferId"],
        request_sha256=sha256(data),
        bundles=tuple(bundles),
        now_ms=now_ms,
    )


def _with_ids(part: Part, now: int) -> dict[str, Any]:
    created = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"bundleId": str(uuid.uuid4()), "createdAt": created, **part.body}


def _least_classes(
    services: Services,
    transfer: Mapping[str, Any],
    parts: Sequence[Part],
    bodies: Sequence[Mapping[str, Any]],
) -> list[int]:
    """The size class of each bundle: a profile and its companion share the larger of theirs.

    Otherwise the size of what goes to a DSL would tell an observer whether there is a chronology.
    """
    if not any(part.companion for part in parts):
        return [0] * len(parts)
    now, sender = services.clock.seconds, transfer["from"]["organisation"]
    letters = [Letter(sender, p.address, "bundle", body) for p, body in zip(parts, bodies, strict=True)]
    needed = [
        size_class(letter.outgoing(now)) if p.companion else 0
        for p, letter in zip(parts, letters, strict=True)
    ]
    return [
        max(n for n, other in zip(needed, parts, strict=True) if other.organisation == part.organisation)
        if part.companion
        else 0
        for part in parts
    ]


def _new_bundle(
    services: Services, transfer: Mapping[str, Any], part: Part, sized: tuple[dict[str, Any], int]
) -> NewBundle:
    body, minimum_class = sized
    deadline_ms = _deadline_ms(transfer, services.clock.ms)
    if body["attachments"]:
        sending.let_travel(services, part.organisation, body, deadline_ms)
    sender = transfer["from"]["organisation"]
    key = services.vault.key_for(sender, transfer["placement"]["placementId"], part.desk)
    reason, sealed, content = "", None, None
    letter = Letter(sender, part.address, "bundle", body, minimum_class)
    try:
        made, sealed = sealed_letter(services, letter, key)
        body_sha256 = made.body_sha256
    except CannotSeal as problem:
        text = canonical(body)
        reason, content, body_sha256 = problem.reason, kept_body(text, key), sha256(text)
    return NewBundle(
        org=sender,
        peer=part.organisation,
        aud=part.address,
        bundle_id=body["bundleId"],
        desk=part.desk,
        readers=" ".join((part.role, *part.readers)),
        body_sha256=body_sha256,
        minimum_class=minimum_class,
        deadline_ms=deadline_ms,
        sealed=sealed,
        content=content,
        reason=reason,
    )


def _deadline_ms(transfer: Mapping[str, Any], now_ms: int) -> int:
    named = transfer.get("deadline")
    if named is None:
        return now_ms + DEFAULT_DEADLINE_DAYS * 86_400_000
    return int(datetime.fromisoformat(named).timestamp() * 1000)
