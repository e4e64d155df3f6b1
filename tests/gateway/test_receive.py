"""Receiving over the wire API: what is taken, what is refused with which code, and what is left behind."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest

import signing
from signing.message import MAX_ENVELOPE

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, World

ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
NORTH, MOOR = "urn:ltp:org:northshire", "urn:ltp:org:moor-edge"
GENERAL, DSL = f"{HOLLOW}/general", f"{HOLLOW}/dsl"
DAY = 86_400


def code(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def nothing_kept(world: World) -> bool:
    """Whether Hollow Farm's gateway kept nothing and says nothing."""
    tables = ("bundle", "content", "seen", "receipt", "outgoing", "sealed", "held", "audit")
    return not any(world.hollow.rows(table) for table in tables)


def receipts_sent(world: World) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.status, tuple(filter(None, row.codes.split(",")))) for row in world.hollow.rows("receipt")]


def test_a_bundle_is_kept_acknowledged_and_receipted(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    answer = world.post(world.hollow, sealed.envelope)
    assert answer.status_code == 202
    assert answer.json() == {"envelope_sha256": sealed.envelope_sha256, "held": True}
    [row] = world.hollow.received()
    assert (row.peer, row.desk, row.readers, row.state) == (ASH, "general", "AP.LEAD", "delivered")
    assert receipts_sent(world) == [("delivered", ())]


# --- who may bring what ------------------------------------------------------------------------------------------


def test_an_unsigned_post_is_refused(shared: World) -> None:
    sealed = shared.seal(ASH, GENERAL, shared.bundle())
    answer = shared.hollow.client.post("/ltp/v1/messages", content=sealed.envelope)
    assert code(answer) == (401, "hop.signature")
    assert nothing_kept(shared)


def test_a_gateway_that_is_not_the_senders_may_not_bring_its_messages(shared: World) -> None:
    sealed = shared.seal(ASH, GENERAL, shared.bundle())
    assert code(shared.post(shared.hollow, sealed.envelope, shared.north)) == (403, "hop.not-for-sender")
    assert nothing_kept(shared)


def test_the_host_of_an_organisation_may_bring_its_messages_and_its_relay_may_not(world: World) -> None:
    hosted = world.seal(BROOK, GENERAL, world.bundle())
    assert world.post(world.hollow, hosted.envelope, world.ash).status_code == 202
    relayed = world.seal(MOOR, GENERAL, world.bundle())
    assert code(world.post(world.hollow, relayed.envelope, world.north)) == (403, "hop.not-for-sender")


def test_a_suspended_sender_is_refused(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    world.change("orgs", "ash-vale", status="suspended")
    assert code(world.post(world.hollow, sealed.envelope)) == (403, "message.sender_inactive")
    assert nothing_kept(world)


def test_a_sender_that_the_directory_does_not_have_is_refused(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    world.change("orgs", "ash-vale")
    assert code(world.post(world.hollow, sealed.envelope)) == (403, "hop.not-for-sender")
    assert nothing_kept(world)


def test_with_a_directory_too_old_to_send_on_what_it_verifies_is_still_taken(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    world.time.value += 3 * DAY
    assert world.hollow.services.directory.state()["sending"] is False
    assert world.post(world.hollow, sealed.envelope).status_code == 202


def test_without_any_directory_nothing_is_taken(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    accepted = world.hollow.settings.home / "trust" / "accepted.json"
    kept = accepted.read_bytes()
    accepted.unlink()
    world.hollow.close()
    world.hollow.open()
    assert code(world.post(world.hollow, sealed.envelope)) == (503, "directory.unusable")
    assert nothing_kept(world)
    accepted.write_bytes(kept)
    assert world.post(world.hollow, sealed.envelope).status_code == 202


def test_more_than_two_mebibytes_are_not_read(shared: World) -> None:
    assert code(shared.post(shared.hollow, b"x" * (MAX_ENVELOPE + 1))) == (413, "body.too-large")
    # One byte less is read, and is then no envelope.
    assert code(shared.post(shared.hollow, b"x" * MAX_ENVELOPE))[0] == 422
    assert nothing_kept(shared)


def test_a_body_that_does_not_announce_its_length_is_limited_too(shared: World) -> None:
    parts = (b"x" * 65_536 for _ in range(MAX_ENVELOPE // 65_536 + 1))
    answer = shared.hollow.client.post("/ltp/v1/messages", content=parts, headers={"Signature-Input": "x=()"})
    assert code(answer) == (413, "body.too-large")


def test_a_caller_who_does_not_say_who_they_are_is_told_so_whatever_the_body(shared: World) -> None:
    answer = shared.hollow.client.post("/ltp/v1/messages", content=b"x" * (MAX_ENVELOPE + 1))
    assert code(answer) == (401, "hop.signature")


@pytest.mark.parametrize("length", ["-1", "²", "1e3", ""])
def test_an_announced_length_that_is_no_number_does_not_break_the_limit(shared: World, length: str) -> None:
    headers = {b"Content-Length": length.encode("latin-1")}
    answer = shared.hollow.client.post("/ltp/v1/messages", content=b"x", headers=headers)
    assert code(answer) == (401, "hop.signature")


# --- what a message is and for whom -----------------------------------------------------------------------------


def test_a_message_for_an_organisation_that_is_not_served_here_is_refused(shared: World) -> None:
    notification = shared.seal(ASH, f"{NORTH}/general", shared.bundle())
    assert code(shared.post(shared.hollow, notification.envelope)) == (404, "message.not-for-us")
    assert nothing_kept(shared)


def test_one_flipped_byte_anywhere_is_refused_and_leaves_nothing(shared: World) -> None:
    envelope = shared.seal(ASH, GENERAL, shared.bundle()).envelope
    for place in [*range(0, len(envelope), len(envelope) // 40), len(envelope) - 1]:
        flipped = bytearray(envelope)
        flipped[place] ^= 1
        answer = shared.post(shared.hollow, bytes(flipped))
        status, word = code(answer)
        assert status in (403, 404, 422)
        assert word.startswith(("message.", "hop."))
    assert nothing_kept(shared)


def test_a_flip_in_another_keys_entry_is_harmless(world: World) -> None:
    directory = world.hollow.services.directory.current()
    now = int(world.time.value)
    keys = [*directory.encryption_keys(GENERAL, now), signing.EncryptionKey.generate().public]
    outgoing = signing.Outgoing(
        iss=ASH, aud=GENERAL, body=world.bundle(), mt="bundle", sv="ltp:bundle/1.0", iat=now
    )
    envelope = orjson.loads(signing.seal(outgoing, world.keys(ASH).signing[-1], keys).envelope)
    foreign = next(entry for entry in envelope["recipients"] if entry["header"]["kid"] == keys[1].kid)
    foreign["encrypted_key"] = foreign["encrypted_key"][::-1]
    answer = world.post(world.hollow, orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS))
    assert answer.status_code == 202
    assert len(world.hollow.received()) == 1


def test_a_message_from_an_organisation_with_another_ones_signature_is_refused(shared: World) -> None:
    now = int(shared.time.value)
    directory = shared.hollow.services.directory.current()
    outgoing = signing.Outgoing(
        iss=ASH, aud=GENERAL, body=shared.bundle(), mt="bundle", sv="ltp:bundle/1.0", iat=now
    )
    keys = directory.encryption_keys(GENERAL, now)
    forged = signing.seal(outgoing, shared.keys(NORTH).signing[-1], keys)
    assert code(shared.post(shared.hollow, forged.envelope)) == (422, "message.unknown_key")
    assert nothing_kept(shared)


def test_a_message_whose_time_is_over_is_refused(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    world.time.advance(7 * DAY + 301)
    assert code(world.post(world.hollow, sealed.envelope)) == (422, "message.expired")
    assert nothing_kept(world)


# --- twice ------------------------------------------------------------------------------------------------------


def test_a_replay_is_kept_once_and_gets_the_receipts_so_far_again_sealed_afresh(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    world.post(world.hollow, sealed.envelope)
    bearer = world.hollow.bearer("inbox", "AP.LEAD")
    bundle_id = world.hollow.received()[0].bundle_id
    world.hollow.client.get(f"/api/v1/inbox/{bundle_id}", headers=bearer)
    world.wire.answers["ash.example"] = accept_anything(world)
    world.settle()
    assert len(world.wire.posts) == 2
    assert world.post(world.hollow, sealed.envelope).status_code == 202
    world.settle()
    assert len(world.hollow.received()) == 1
    assert receipts_sent(world) == [("delivered", ()), ("opened", ())]
    envelopes = [body for _, body in world.wire.posts]
    assert len(envelopes) == 4
    assert len({signing.peek(envelope).jti for envelope in envelopes}) == 4
    bodies = [opened_by_ash(world, envelope) for envelope in envelopes]
    assert bodies[2:] == bodies[:2]
    assert {body["of"]["jti"] for body in bodies} == {sealed.jti}


def accept_anything(world: World) -> Callable[[httpx2.Request], httpx2.Response]:
    """Ash Vale's gateway, as far as an acknowledgement goes."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        digest = signing.peek(request.read()).envelope_sha256
        body = orjson.dumps({"envelope_sha256": digest, "held": True})
        headers = world.ash.services.signer.answer(202, body, int(world.time.value))
        return httpx2.Response(202, content=body, headers=headers)

    return answer


def opened_by_ash(world: World, envelope: bytes) -> Json:
    services = world.ash.services
    me = services.cabinet.recipient(ASH)
    return dict(signing.unseal(envelope, me, services.directory.current(), services.clock.seconds).body)


def test_a_receipt_that_still_waits_is_not_queued_a_second_time(world: World) -> None:
    sealed = world.seal(ASH, GENERAL, world.bundle())
    world.post(world.hollow, sealed.envelope)
    world.post(world.hollow, sealed.envelope)
    assert len(world.hollow.rows("outgoing")) == 1


def test_a_copy_that_was_sealed_again_is_the_same_bundle(world: World) -> None:
    body = world.bundle()
    first, second = world.seal(ASH, GENERAL, body), world.seal(ASH, GENERAL, body)
    assert first.jti != second.jti
    world.wire.answers["ash.example"] = accept_anything(world)
    for sealed in (first, second):
        assert world.post(world.hollow, sealed.envelope).status_code == 202
        world.settle()
    assert len(world.hollow.received()) == 1
    assert len(world.hollow.rows("seen")) == 2
    bodies = [opened_by_ash(world, envelope) for _, envelope in world.wire.posts]
    assert [body["of"]["jti"] for body in bodies] == [first.jti, first.jti]


def test_the_same_bundle_id_with_another_body_is_a_conflict(world: World) -> None:
    body = world.bundle()
    world.post(world.hollow, world.seal(ASH, GENERAL, body).envelope)
    other = world.seal(ASH, GENERAL, {**body, "transferId": str(uuid.uuid4())})
    assert code(world.post(world.hollow, other.envelope)) == (409, "message.conflict")
    assert len(world.hollow.rows("bundle")) == 1
    assert len(world.hollow.rows("seen")) == 1


def test_the_same_message_id_with_another_body_is_a_conflict(world: World) -> None:
    first = world.seal(ASH, GENERAL, world.bundle())
    world.post(world.hollow, first.envelope)
    other = world.seal(ASH, GENERAL, world.bundle(), jti=first.jti)
    assert code(world.post(world.hollow, other.envelope)) == (409, "message.conflict")
    assert len(world.hollow.received()) == 1


def test_another_organisation_cannot_take_a_bundle_id_that_is_in_the_inbox(world: World) -> None:
    body = world.bundle()
    world.post(world.hollow, world.seal(ASH, GENERAL, body).envelope)
    copied = world.seal(BROOK, GENERAL, {**body, "from": {"organisation": BROOK, "role": "HS.SEN"}})
    assert code(world.post(world.hollow, copied.envelope)) == (409, "message.conflict")
    assert [row.peer for row in world.hollow.received()] == [ASH]


# --- what is inside ---------------------------------------------------------------------------------------------


def rejected(world: World, body: Json, by: str = ASH, address: str = GENERAL, **more: Any) -> tuple[str, ...]:
    """The codes with which Hollow Farm rejects a bundle, of whose content it then keeps nothing."""
    sealed = world.seal(by, address, body, **more)
    assert world.post(world.hollow, sealed.envelope).status_code == 202
    assert world.hollow.received() == []
    [(status, codes)] = receipts_sent(world)
    assert status == "rejected"
    [row] = world.hollow.rows("receipt")
    assert {content.id for content in world.hollow.rows("content")} == {row.content_id}
    return codes


@pytest.mark.parametrize(("member", "codes"), [("", ""), ("fsmEligible", ""), ("ethnicity", "DPX-02")])
def test_a_bundle_that_shows_more_than_the_role_may_see_is_rejected(
    world: World, member: str, codes: str
) -> None:
    body = world.example("bundle", "notification-to-local-authority")
    if member:
        body["learner"][member] = world.start()["learner"][member]
    sealed = world.seal(ASH, f"{NORTH}/general", body)
    assert world.post(world.north, sealed.envelope).status_code == 202
    [row] = world.north.rows("receipt")
    assert (row.status, row.codes) == ("rejected" if codes else "delivered", codes)


def test_a_document_that_no_route_brings_to_the_role_is_rejected(world: World) -> None:
    body = world.bundle()
    body["documents"] = [doc for doc in world.start()["documents"] if doc["type"] == "placement-notification"]
    assert "DPX-02" in rejected(world, body)


def test_a_role_that_the_sender_does_not_hold_is_rejected(world: World) -> None:
    body = world.bundle() | {"from": {"organisation": BROOK, "role": "HS.SEN"}}
    assert "role.not-held" in rejected(world, body, by=BROOK)


def test_a_chronology_on_the_general_desk_is_rejected(world: World) -> None:
    body = world.bundle()
    body["to"]["role"] = "AP.DSL"
    body["documents"] = [
        doc for doc in world.start()["documents"] if doc["type"] == "safeguarding-chronology"
    ]
    assert "DPX-02" in rejected(world, body)


def test_why_a_rule_refused_something_for_the_safeguarding_lead_is_not_told_to_a_general_desk(
    world: World,
) -> None:
    body = world.bundle()
    body["to"] |= {"address": DSL, "role": "AP.DSL"}
    assert rejected(world, body, address=DSL) == ("content.refused",)


def test_readers_that_no_route_names_are_rejected(world: World) -> None:
    body = world.bundle()
    body["to"]["readers"] = ["AP.DSL"]
    assert rejected(world, body) == ("DPX-02",)


def test_a_statement_labelled_for_safeguarding_is_rejected(world: World) -> None:
    body = world.bundle()
    body["documents"][0]["currentStrengths"][0]["sensitivity"] = "SG"
    assert "PRF-09" in rejected(world, body)


@pytest.mark.parametrize("member", ["from", "to"])
def test_a_bundle_that_says_another_address_inside_is_misdirected(world: World, member: str) -> None:
    body = world.bundle()
    if member == "from":
        body["from"]["organisation"] = BROOK
    else:
        body["to"]["address"] = DSL
    assert "misdirected" in rejected(world, body)


def test_a_version_that_is_not_known_is_rejected(world: World) -> None:
    assert rejected(world, world.bundle(), sv="ltp:bundle/2.0") == ("version.unsupported",)


@pytest.mark.parametrize(
    "body", [{}, {"bundleId": 5}, {"documents": "none"}, {"placement": {"placementId": "x" * 36}}]
)
def test_what_is_no_bundle_at_all_is_rejected_with_the_codes_of_its_schema(world: World, body: Json) -> None:
    codes = rejected(world, body)
    assert codes
    assert all(word.startswith("schema.") for word in codes)


def test_the_sender_sees_the_rejection_with_its_codes(world: World) -> None:
    """End to end: what an honest gateway sent is refused by rules that only its partner has."""
    transfer = world.start()
    world.ash.send(transfer)
    [due] = [
        one for one in world.ash.services.store.claim(world.ash.services.clock.ms, 9, 1) if one.aud == GENERAL
    ]
    [sealed] = [row for row in world.ash.rows("sealed") if row.outgoing_id == due.outgoing_id]
    body = {
        "codes": ["wrong-learner"],
        "content_sha256": sealed.content_sha256,
        "envelope_sha256": sealed.envelope_sha256,
        "of": {"iss": ASH, "jti": sealed.jti},
        "received": int(world.time.value),
        "status": "rejected",
    }
    receipt = world.seal(HOLLOW, f"{ASH}/general", body, mt="receipt", sv="ltp:receipt/1.0")
    assert world.post(world.ash, receipt.envelope, world.hollow).status_code == 202
    bearer = world.ash.bearer("transfers")
    answer = world.ash.client.get(f"/api/v1/transfers/{transfer['transferId']}", headers=bearer)
    [general] = [b for b in answer.json()["bundles"] if b["to"]["address"] == GENERAL]
    assert general["state"] == "rejected"
    assert general["receipts"][0]["codes"] == ["wrong-learner"]


# --- for organisations that collect ------------------------------------------------------------------------------


def to_moor(world: World) -> bytes:
    return world.seal(ASH, f"{MOOR}/general", world.bundle()).envelope


def test_a_relay_holds_what_it_cannot_read(world: World) -> None:
    envelope = to_moor(world)
    assert world.post(world.north, envelope).status_code == 202
    assert world.post(world.north, envelope).status_code == 202
    [held] = world.north.rows("held")
    assert (held.iss, held.org, held.aud) == (ASH, MOOR, f"{MOOR}/general")
    assert hashlib.sha256(held.envelope).digest() == hashlib.sha256(envelope).digest()
    assert world.north.rows("receipt") == []


def test_a_relay_refuses_another_envelope_under_the_same_id(world: World) -> None:
    first = world.seal(ASH, f"{MOOR}/general", world.bundle())
    world.post(world.north, first.envelope)
    other = world.seal(ASH, f"{MOOR}/general", world.bundle(), jti=first.jti)
    assert code(world.post(world.north, other.envelope)) == (409, "message.conflict")
    assert len(world.north.rows("held")) == 1


def test_a_relay_holds_nothing_of_a_suspended_sender(world: World) -> None:
    envelope = to_moor(world)
    world.change("orgs", "ash-vale", status="suspended")
    assert code(world.post(world.north, envelope)) == (403, "message.sender_inactive")
    assert world.north.rows("held") == []


def test_a_gateway_that_is_not_the_relay_of_an_organisation_holds_nothing_for_it(shared: World) -> None:
    assert code(shared.post(shared.hollow, to_moor(shared))) == (404, "message.not-for-us")
    assert nothing_kept(shared)


def test_the_capabilities_are_public(shared: World) -> None:
    answer = shared.hollow.client.get("/.well-known/ltp")
    assert answer.status_code == 200
    assert answer.json()["accepts"] == ["ltp:bundle/1.0", "ltp:receipt/1.0"]
