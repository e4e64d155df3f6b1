"""Receiving: from the bytes of a post to a bundle in the inbox and a signed receipt on its way.

``receive`` is for organisations whose keys are here: steps 1 to 11 of LTP-1 are ``signing.unseal``; 12 (replay
and duplicates), 13 (schema) and 14 (receipt) are here, with the routes, the disclosure and the rules of the
standard between them. ``hold`` is for organisations that collect: a relay sees the outside only.
A message that fails before its signatures are verified is answered with an error and never gets a receipt.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

import schemas
from gateway.attachments import arrivals
from gateway.disclosure import holds, sending_role
from gateway.problems import Conflict, Forbidden, NotFound
from gateway.receipts import Subject, make, take
from gateway.sealing import JWS
from gateway.services import Services
from gateway.store.records import Arrived, Content, Held
from gateway.transfer import State
from gateway.vault import DataKey
from schemas import rules
from signing import Directory, DirectoryError, Gateway, Header, UnsealError, Verified, peek, unseal

Json = Mapping[str, Any]


def outside(services: Services, envelope: bytes, hop: Gateway | None) -> Header:
    """What the outside of an envelope says, when the gateway that brings it may bring it.

    ``hop`` is None for an envelope that never left this gateway. Raises UnsealError for one that is not in the
    form of LTP-1, and Forbidden when the calling gateway does not speak for the sender.
    """
    header = peek(envelope, services.clock.seconds)
    if hop is not None and not _speaks_for(services, hop, header.iss):
        raise Forbidden(
            "hop.not-for-sender",
            "This gateway is not the sender's own or host gateway in the directory.",
            "Ask the keeper of the directory which gateway is listed for the sending organisation.",
        )
    return header


def _speaks_for(services: Services, hop: Gateway, organisation: str) -> bool:
    try:
        return services.directory.current().is_home(hop.urn, organisation)
    except DirectoryError:
        return False


def hold(services: Services, envelope: bytes, header: Header) -> "Future[bool | Conflict]":
    """Keeps a sealed message for an organisation that collects here. Raises NotFound for any other.

    Raises UnsealError for a sender who is suspended: it would only be refused when it is opened.
    """
    organisation = header.aud.partition("/")[0]
    try:
        directory = services.directory.current()
        if directory.status(header.iss) != "active":
            raise UnsealError("sender_inactive", 5)
        listed = directory.organisation(organisation).gateways
    except DirectoryError:
        listed = ()
    if not any(link.gateway == services.gateway and link.how == "relay" for link in listed):
        raise NotFound("message.not-for-us", "Nobody with this address is served here.")
    return services.store.hold(
        Held(
            iss=header.iss,
            jti=header.jti,
            org=organisation,
            aud=header.aud,
            envelope_sha256=header.envelope_sha256,
            exp=header.exp,
            received_ms=services.clock.ms,
            envelope=envelope,
        )
    )


def receive(services: Services, envelope: bytes, header: Header) -> State:
    """Takes a message for an organisation that is served here, durably, and gives the state it brought about.

    Raises UnsealError, Conflict, or Refused; then nothing was kept and nothing is receipted.
    """
    organisation = header.aud.partition("/")[0]
    me = services.cabinet.recipient(organisation)
    verified = unseal(envelope, me, services.directory.current(), services.clock.seconds)
    desk = verified.aud.partition("/")[2]
    key = services.vault.key_for(organisation, _subject(verified), desk)
    kept = Content(key.key_id, JWS, key.seal(verified.jws, JWS))
    if verified.mt == "receipt":
        return take(services, verified, key, kept)
    codes = problems_of(verified, services.directory.current())
    return _arrive(services, verified, key, (kept, codes))


def _subject(verified: Verified) -> str:
    """What the data key belongs to: the placement; without one, the sender's messages of any kind."""
    placement = verified.body.get("placement")
    found = placement.get("placementId") if isinstance(placement, Mapping) else None
    return found if isinstance(found, str) and len(found) == 36 else verified.iss


def _arrive(
    services: Services, verified: Verified, key: DataKey, judged: tuple[Content, tuple[str, ...]]
) -> State:
    kept, codes = judged
    body = verified.body
    organisation = verified.aud.partition("/")[0]
    subject = Subject(
        organisation, verified.iss, verified.jti, verified.content_sha256, verified.envelope_sha256
    )
    status = State.REJECTED if codes else State.DELIVERED
    readable = not any(code.startswith("schema") or code == "version.unsupported" for code in codes)
    to = body["to"] if readable else {}
    arrived = Arrived(
        org=organisation,
        peer=verified.iss,
        # Without a readable body the transport id stands in: a duplicate of it is still recognised.
        bundle_id=body["bundleId"] if readable else verified.jti,
        transfer_id=body["transferId"] if readable else verified.jti,
        desk=verified.aud.partition("/")[2],
        readers=" ".join((to["role"], *to["readers"])) if readable else "",
        jti=verified.jti,
        exp=verified.exp,
        body_sha256=verified.body_sha256,
        content_sha256=verified.content_sha256,
        envelope_sha256=verified.envelope_sha256,
        content=None if codes else kept,
        receipt=make(services, subject, status, key, codes=codes),
        now_ms=services.clock.ms,
    )
    if not codes and body["attachments"]:
        arrivals.expect(services, organisation, body)
    services.courier.send_off(partial(services.store.arrive, arrived), 1)
    return status


#: Stands for every rule that refused something on the dsl desk.
CONTENT_REFUSED = "content.refused"


def problems_of(verified: Verified, directory: Directory) -> tuple[str, ...]:
    """The codes for which a verified bundle is rejected; none when it is taken. Pure.

    Routes and the disclosure matrix are enforced here a second time, as rule DPX-02: the sender's word that it
    split the transfer correctly is not enough.
    """
    family, _, version = verified.sv.partition("/")
    if family != "ltp:bundle" or version != schemas.VERSION:
        return ("version.unsupported",)
    body = verified.body
    problems = schemas.validate("bundle", body)
    if problems:
        return tuple(sorted({problem.code for problem in problems}))
    codes = [*_misaddressed(verified, body), *_role_not_held(directory, body)]
    refused = [result.rule for result in rules.refusals(body)]
    # A receipt goes to the sender's general desk, where nobody is to learn what a safeguarding lead was sent.
    codes += [CONTENT_REFUSED] if refused and verified.aud.endswith("/dsl") else refused
    return tuple(sorted(set(codes)))


def _misaddressed(verified: Verified, body: Json) -> list[str]:
    """What the bundle says of itself must be what was signed around it."""
    said = (body["from"]["organisation"], body["to"]["address"])
    return [] if said == (verified.iss, verified.aud) else ["misdirected"]


def _role_not_held(directory: Directory, body: Json) -> list[str]:
    """A role is only taken from, and given to, an organisation that holds roles of that family."""
    said = [(body["to"]["address"].partition("/")[0], body["to"]["role"])]
    sender = body["from"]
    said.append((sender["organisation"], sender["role"]))
    said += [(sender["organisation"], sending_role(document, sender)) for document in body["documents"]]
    return [] if all(holds(directory, *one) for one in said) else ["role.not-held"]
