"""Delivery: what is queued, why, what moves a bundle on, and that nothing else does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest

import signing
from gateway.outbox import Outbox
from gateway.store.records import Attempt, Due, Kept
from gateway.transfer import LEASE_MS, MESSAGE_LIFE_S, RESEAL_BEFORE_S, State

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, World

ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
NORTH = "urn:ltp:org:northshire"
GENERAL, DSL, AUTHORITY = f"{HOLLOW}/general", f"{HOLLOW}/dsl", f"{NORTH}/general"
LONG_ENOUGH = 601.0  # more than the longest pause between two attempts
DAY = 86_400

Answer = Callable[[httpx2.Request], httpx2.Response]


def states(world: World, transfer: Json) -> dict[str, str]:
    return {address: str(row.state) for address, row in world.ash.sent(transfer).items()}


def reasons(world: World, transfer: Json) -> dict[str, str]:
    return {address: row.reason for address, row in world.ash.sent(transfer).items()}


def shown(world: World, transfer: Json) -> dict[str, Json]:
    """What the sender's own system is told about each bundle."""
    bearer = world.ash.bearer("transfers dsl", "HS.SEN")
    answer = world.ash.client.get(f"/api/v1/transfers/{transfer['transferId']}", headers=bearer)
    return {bundle["to"]["address"]: bundle for bundle in answer.json()["bundles"]}


def no_answer(_request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody there")


def test_a_transfer_reaches_every_desk_and_each_receipt_comes_back(world: World) -> None:
    transfer = world.start()
    assert world.ash.send(transfer).status_code == 202
    assert set(states(world, transfer).values()) == {"queued"}
    world.settle()
    assert states(world, transfer) == {GENERAL: "delivered", DSL: "delivered", AUTHORITY: "delivered"}
    assert {row.desk for row in world.hollow.received()} == {"general", "dsl"}
    assert [r["status"] for r in shown(world, transfer)[GENERAL]["receipts"]] == ["delivered"]


def test_a_bundle_is_sent_but_not_delivered_until_its_receipt_is_here(world: World) -> None:
    world.wire.answers["ash.example"] = no_answer
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.deliver()
    assert set(states(world, transfer).values()) == {"sent"}
    assert shown(world, transfer)[GENERAL]["receipts"] == []
    del world.wire.answers["ash.example"]
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}


# --- a recipient that cannot be reached -----------------------------------------------------------------------


def test_a_recipient_that_nobody_knows_waits_with_its_reason_until_the_directory_has_it(world: World) -> None:
    known = world.entry("orgs", "hollow-farm")
    world.change("orgs", "hollow-farm")
    transfer = world.start()
    assert world.ash.send(transfer).status_code == 202
    world.settle()
    assert states(world, transfer) == {GENERAL: "queued", DSL: "queued", AUTHORITY: "delivered"}
    assert shown(world, transfer)[GENERAL]["reason"] == "recipient-unknown"
    world.put(known)
    world.time.advance(LONG_ENOUGH)
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}
    assert set(reasons(world, transfer).values()) == {""}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "suspended"}, "recipient-suspended"),
        ({"gateways": []}, "recipient-has-no-gateway"),
        ({"desks": ["general"]}, "recipient-has-no-such-desk"),
    ],
)
def test_each_reason_in_the_directory_is_shown_and_passes(world: World, change: Json, reason: str) -> None:
    before = world.entry("orgs", "hollow-farm")
    if "desks" in change:
        change["keys"] = [key for key in before["keys"] if key.get("desk") != "dsl"]
    world.change("orgs", "hollow-farm", **change)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert states(world, transfer)[DSL] == "queued"
    assert reasons(world, transfer)[DSL] == reason
    world.put(before)
    world.time.advance(LONG_ENOUGH)
    world.settle()
    assert states(world, transfer)[DSL] == "delivered"


def answer_with(status: int, body: bytes = b"", **headers: str) -> Callable[[World], Answer]:
    return lambda _world: lambda _request: httpx2.Response(status, content=body, headers=headers)


def acknowledge(signed_by: str, digest: str | None = None) -> Callable[[World], Answer]:
    """A 202 that says what a true one says, but signed by somebody (or nobody) else, or about another envelope."""

    def make(world: World) -> Answer:
        def answer(request: httpx2.Request) -> httpx2.Response:
            true = signing.peek(request.read()).envelope_sha256
            body = orjson.dumps({"envelope_sha256": digest or true, "held": True})
            signer = world.nodes[signed_by].services.signer if signed_by else None
            headers = signer.answer(202, body, int(world.time.value)) if signer else {}
            return httpx2.Response(202, content=body, headers=headers)

        return answer

    return make


def altered(world: World) -> Answer:
    """A true answer whose body was changed on the way."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        response = acknowledge("hollow")(world)(request)
        return httpx2.Response(
            202, content=response.content.replace(b"true", b"null"), headers=response.headers
        )

    return answer


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda _world: no_answer, "gateway-down"),
        (answer_with(500), "gateway-error"),
        (answer_with(503, b"<html>"), "gateway-error"),
        (answer_with(302, location="https://elsewhere.example/"), "gateway-refused"),
        (answer_with(422, b'{"code": "message.bad_jws"}'), "refused:message.bad_jws"),
        (answer_with(422, '{"code": "Zoë is here"}'.encode()), "gateway-refused"),
        (answer_with(422, b'{"code": "' + b"a" * 61 + b'"}'), "gateway-refused"),
        (answer_with(404, b"[1]"), "gateway-refused"),
        (answer_with(202, b"x" * 20_000), "gateway-answer-unreadable"),
        (answer_with(202, b"not json"), "gateway-answer-unverified"),
        (answer_with(200, b"{}"), "gateway-refused"),
        (acknowledge(""), "gateway-answer-unverified"),
        (acknowledge("north"), "gateway-answer-unverified"),
        (acknowledge("hollow", "A" * 43), "gateway-answer-unverified"),
        (altered, "gateway-answer-unverified"),
    ],
)
def test_without_a_true_acknowledgement_a_bundle_waits_with_its_reason(
    world: World, trouble: Callable[[World], Answer], reason: str
) -> None:
    world.wire.answers["hollow.example"] = trouble(world)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert states(world, transfer) == {GENERAL: "queued", DSL: "queued", AUTHORITY: "delivered"}
    assert shown(world, transfer)[GENERAL]["reason"] == reason
    assert shown(world, transfer)[GENERAL]["receipts"] == []
    del world.wire.answers["hollow.example"]
    world.time.advance(LONG_ENOUGH)
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}
    assert len(world.hollow.received()) == 2


def test_a_true_acknowledgement_makes_a_bundle_sent_and_no_more(world: World) -> None:
    world.wire.answers["hollow.example"] = acknowledge("hollow")(world)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert states(world, transfer) == {GENERAL: "sent", DSL: "sent", AUTHORITY: "delivered"}


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """A listening socket that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_peer_that_takes_the_call_and_stays_silent_is_slow(world: World, deaf: socket.socket) -> None:
    before = world.entry("gateways", "hollow")
    world.change("gateways", "hollow", url=f"http://127.0.0.1:{deaf.getsockname()[1]}")
    transfer = world.start()
    world.ash.send(transfer)
    with world.ash.impatient():
        world.ash.deliver()
    assert reasons(world, transfer)[GENERAL] == "gateway-slow"
    world.put(before)
    world.time.advance(LONG_ENOUGH)
    world.settle()
    assert states(world, transfer)[GENERAL] == "delivered"


def test_a_peer_that_answers_byte_by_byte_is_slow(world: World) -> None:
    never = threading.Event()

    def trickle() -> Iterator[bytes]:
        while not never.wait(0.02):
            yield b"x"

    world.wire.answers["hollow.example"] = lambda _request: httpx2.Response(202, content=trickle())
    transfer = world.start()
    world.ash.send(transfer)
    with world.ash.impatient():
        world.ash.deliver()
    assert reasons(world, transfer)[GENERAL] == "gateway-slow"


def test_a_port_where_nobody_listens_is_down(world: World, deaf: socket.socket) -> None:
    port = deaf.getsockname()[1]
    deaf.close()
    world.change("gateways", "hollow", url=f"http://127.0.0.1:{port}")
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.deliver()
    assert reasons(world, transfer)[GENERAL] == "gateway-down"
    assert states(world, transfer)[GENERAL] == "queued"


def test_a_gateway_without_an_address_only_collects(world: World) -> None:
    world.change("gateways", "hollow", url=None)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert reasons(world, transfer)[GENERAL] == "recipient-has-no-gateway"


def test_the_first_retry_is_due_within_half_a_second(world: World) -> None:
    world.wire.answers["hollow.example"] = no_answer
    world.ash.send(world.start())
    world.settle()
    world.time.advance(0.5)
    assert world.ash.deliver() == 2


# --- receipts that are not what they seem -----------------------------------------------------------------------


def receipt_of(world: World, transfer: Json, **changes: Any) -> Json:
    """The body of a true receipt for the profile, except for ``changes``."""
    [outgoing] = [row for row in world.ash.rows("outgoing") if row.aud == GENERAL]
    sealed = next(row for row in world.ash.rows("sealed") if row.outgoing_id == outgoing.id)
    return {
        "codes": [],
        "content_sha256": sealed.content_sha256,
        "envelope_sha256": sealed.envelope_sha256,
        "of": {"iss": ASH, "jti": sealed.jti},
        "received": int(world.time.value),
        "status": "delivered",
        **changes,
    }


def send_and_hold_receipts(world: World) -> Json:
    world.wire.answers["ash.example"] = no_answer
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.deliver()
    return transfer


def post_receipt(world: World, by: str, body: Json, desk: str = "general") -> httpx2.Response:
    sealed = world.seal(by, f"{ASH}/{desk}", body, mt="receipt", sv="ltp:receipt/1.0")
    return world.post(world.ash, sealed.envelope, world.hollow if by == HOLLOW else world.north)


def test_the_receipt_of_the_organisation_that_was_sent_to_is_taken(world: World) -> None:
    transfer = send_and_hold_receipts(world)
    assert post_receipt(world, HOLLOW, receipt_of(world, transfer)).status_code == 202
    assert states(world, transfer)[GENERAL] == "delivered"


def test_a_receipt_that_another_organisation_signed_is_not_taken(world: World) -> None:
    transfer = send_and_hold_receipts(world)
    answer = post_receipt(world, NORTH, receipt_of(world, transfer, status="accepted"))
    assert (answer.status_code, answer.json()["code"]) == (422, "receipt.not-ours")
    assert states(world, transfer)[GENERAL] == "sent"
    assert shown(world, transfer)[GENERAL]["receipts"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content_sha256": "A" * 43}, "receipt.not-ours"),
        ({"of": {"iss": ASH, "jti": "A" * 22}}, "receipt.not-ours"),
        ({"of": {"iss": NORTH, "jti": "A" * 22}}, "receipt.not-ours"),
        ({"status": "held"}, "receipt.invalid"),
        ({"codes": ["Zoë did not come"]}, "receipt.invalid"),
        ({"note": "more than codes"}, "receipt.invalid"),
    ],
)
def test_a_receipt_that_does_not_fit_changes_nothing(world: World, changes: Json, code: str) -> None:
    transfer = send_and_hold_receipts(world)
    answer = post_receipt(world, HOLLOW, receipt_of(world, transfer, **changes))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "Zoë" not in answer.text
    assert states(world, transfer)[GENERAL] == "sent"
    assert world.ash.rows("receipt") == []


def test_a_receipt_of_a_version_that_is_not_known_changes_nothing(world: World) -> None:
    transfer = send_and_hold_receipts(world)
    body = receipt_of(world, transfer)
    sealed = world.seal(HOLLOW, f"{ASH}/general", body, mt="receipt", sv="ltp:receipt/9.0")
    answer = world.post(world.ash, sealed.envelope, world.hollow)
    assert (answer.status_code, answer.json()["code"]) == (422, "receipt.version")
    assert states(world, transfer)[GENERAL] == "sent"


def test_receipts_in_any_order_never_move_a_bundle_back(world: World) -> None:
    transfer = send_and_hold_receipts(world)
    for status, after in [
        ("opened", "opened"),
        ("delivered", "opened"),
        ("accepted", "accepted"),
        ("opened", "accepted"),
        ("rejected", "accepted"),
    ]:
        codes = ["wrong-learner"] if status == "rejected" else []
        body = receipt_of(world, transfer, status=status, codes=codes)
        assert post_receipt(world, HOLLOW, body).status_code == 202
        assert states(world, transfer)[GENERAL] == after
    listed = [receipt["status"] for receipt in shown(world, transfer)[GENERAL]["receipts"]]
    assert listed == ["opened", "delivered", "accepted", "rejected"]


def test_a_receipt_ends_the_attempts(world: World) -> None:
    world.wire.answers["hollow.example"] = answer_with(500)(world)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    # The bundle had arrived after all: its gateway fell over on the answer only.
    assert post_receipt(world, HOLLOW, receipt_of(world, transfer)).status_code == 202
    world.time.advance(LONG_ENOUGH)
    before = len(world.wire.posts)
    world.ash.deliver()
    assert [host for host, _ in world.wire.posts[before:]] == ["hollow.example"]  # the companion alone
    assert states(world, transfer)[GENERAL] == "delivered"


# --- time ---------------------------------------------------------------------------------------------------


def test_an_uncollected_bundle_is_sealed_again_before_its_time_is_over(world: World) -> None:
    world.wire.answers["hollow.example"] = acknowledge("hollow")(world)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    world.time.advance(MESSAGE_LIFE_S - RESEAL_BEFORE_S - 1)
    assert world.ash.deliver() == 0
    world.time.advance(2)
    assert world.ash.deliver() == 2
    mine = [row for row in world.ash.rows("outgoing") if row.aud == GENERAL]
    made = [row for row in world.ash.rows("sealed") if row.outgoing_id == mine[0].id]
    assert len({row.jti for row in made}) == len(made) == 2
    assert [row.envelope is None for row in sorted(made, key=lambda row: row.exp)] == [True, False]
    assert states(world, transfer)[GENERAL] == "sent"
    # The real gateway, back again, gets the copy under the same bundle id.
    del world.wire.answers["hollow.example"]
    envelope = max(made, key=lambda row: row.exp).envelope
    assert world.post(world.hollow, envelope).status_code == 202
    assert [row.bundle_id for row in world.hollow.received()] == [world.ash.sent(transfer)[GENERAL].bundle_id]


def test_a_receipt_for_an_earlier_envelope_of_a_bundle_is_still_taken(world: World) -> None:
    world.wire.answers["hollow.example"] = acknowledge("hollow")(world)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    old = receipt_of(world, transfer)
    world.time.advance(MESSAGE_LIFE_S - RESEAL_BEFORE_S + 1)
    world.ash.deliver()
    assert len(world.ash.rows("sealed")) == 3 + 2
    assert post_receipt(world, HOLLOW, old).status_code == 202
    assert states(world, transfer)[GENERAL] == "delivered"


def test_the_companions_are_sealed_again_in_one_size(world: World) -> None:
    world.wire.answers["hollow.example"] = acknowledge("hollow")(world)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    world.time.advance(MESSAGE_LIFE_S - RESEAL_BEFORE_S + 1)
    before = len(world.wire.posts)
    world.ash.deliver()
    sizes = [len(orjson.loads(body)["ciphertext"]) for _, body in world.wire.posts[before:]]
    assert len(sizes) == 2
    assert len(set(sizes)) == 1


def in_two_days(world: World) -> str:
    return datetime.fromtimestamp(world.time.value + 2 * DAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_nobody_could_be_given_expires_at_its_deadline(world: World) -> None:
    world.wire.answers["hollow.example"] = no_answer
    transfer = world.start() | {"deadline": in_two_days(world)}
    world.ash.send(transfer)
    world.settle()
    world.time.advance(2 * DAY - 10)
    world.settle()
    assert states(world, transfer)[GENERAL] == "queued"
    world.time.advance(11)
    world.settle()
    assert states(world, transfer) == {GENERAL: "expired", DSL: "expired", AUTHORITY: "delivered"}
    assert shown(world, transfer)[GENERAL]["reason"] == "nobody-collected-it"
    world.time.advance(LONG_ENOUGH)
    assert world.ash.deliver() == 0


def test_what_was_handed_over_and_never_receipted_expires_at_its_deadline_too(world: World) -> None:
    world.wire.answers["hollow.example"] = acknowledge("hollow")(world)
    transfer = world.start() | {"deadline": in_two_days(world)}
    world.ash.send(transfer)
    world.settle()
    assert states(world, transfer)[GENERAL] == "sent"
    world.time.advance(2 * DAY + 1)
    world.settle()
    assert states(world, transfer)[GENERAL] == "expired"


def test_a_receipt_after_the_deadline_still_counts(world: World) -> None:
    world.wire.answers["hollow.example"] = acknowledge("hollow")(world)
    transfer = world.start() | {"deadline": in_two_days(world)}
    world.ash.send(transfer)
    world.settle()
    late = receipt_of(world, transfer)
    world.time.advance(2 * DAY + 1)
    world.settle()
    assert post_receipt(world, HOLLOW, late).status_code == 202
    assert states(world, transfer)[GENERAL] == "delivered"


# --- one host --------------------------------------------------------------------------------------------------


def for_brook_end(transfer: Json) -> Json:
    """The transfer with Brook End in Hollow Farm's place, and nothing for the authority."""
    moved: Json = orjson.loads(orjson.dumps(transfer).replace(HOLLOW.encode(), BROOK.encode()))
    moved["recipients"] = [to for to in moved["recipients"] if to["organisation"] == BROOK]
    moved["documents"] = [one for one in moved["documents"] if one["type"] != "placement-notification"]
    return moved


def test_two_organisations_on_one_host_take_the_same_way_without_the_network(world: World) -> None:
    transfer = for_brook_end(world.start())
    assert world.ash.send(transfer).status_code == 202
    world.settle()
    assert states(world, transfer) == {f"{BROOK}/general": "delivered", f"{BROOK}/dsl": "delivered"}
    assert world.wire.posts == []
    assert len(world.ash.received(BROOK)) == 2
    assert [r.status for r in world.ash.rows("receipt")] == ["delivered"] * 4  # each, issued and taken


def test_next_door_a_refusal_is_a_reason_too(world: World) -> None:
    transfer = for_brook_end(world.start())
    world.ash.send(transfer)
    world.change("orgs", "ash-vale", status="suspended")
    world.ash.deliver()
    row = world.ash.sent(transfer)[f"{BROOK}/general"]
    assert (row.state, row.reason) == ("queued", "refused:sender_inactive")
    assert world.ash.received(BROOK) == []


@pytest.mark.parametrize("next_door", [False, True])
def test_a_directory_that_runs_out_is_a_reason_too(world: World, next_door: bool) -> None:
    # Nobody publishes meanwhile: 48 hours after its timestamp nothing is sent any more.
    world.time.value = world.draft.published_at + 2 * DAY - 120
    transfer = for_brook_end(world.start()) if next_door else world.start()
    world.ash.send(transfer)
    world.time.value += 120
    world.ash.deliver()
    assert set(states(world, transfer).values()) == {"queued"}
    assert set(reasons(world, transfer).values()) == {"directory-too-old"}
    world.publish()
    world.time.advance(LONG_ENOUGH)
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}


# --- crashes ---------------------------------------------------------------------------------------------------


def test_what_a_killed_gateway_had_claimed_goes_out_once_after_the_restart(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    claimed = world.ash.services.store.claim(world.ash.services.clock.ms, 100, LEASE_MS)
    assert len(claimed) == 3
    assert set(states(world, transfer).values()) == {"delivering"}
    world.ash.close()
    world.ash.open()
    assert world.ash.deliver() == 0  # the leases of the dead process still stand
    world.ash.services.store.release_leases(world.ash.services.clock.ms)
    assert set(states(world, transfer).values()) == {"queued"}
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}
    assert len(world.hollow.received()) == 2
    assert len([row for row in world.hollow.rows("receipt") if row.status == "delivered"]) == 2


def test_a_gateway_killed_after_handing_over_sends_twice_and_it_arrives_once(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    for due in world.ash.services.store.claim(world.ash.services.clock.ms, 100, LEASE_MS):
        world.ash.running.outbox._hand_over(due)
    world.ash.close()
    world.ash.open()
    world.ash.services.store.release_leases(world.ash.services.clock.ms)
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}
    assert len(world.hollow.received()) == 2
    assert len(world.hollow.rows("seen")) == 2


def test_without_a_restart_a_lost_claim_is_due_again_when_its_lease_ends(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.services.store.claim(world.ash.services.clock.ms, 100, LEASE_MS)
    world.time.advance(LEASE_MS / 1000 - 1)
    assert world.ash.deliver() == 0
    world.time.advance(2)
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}


def failed(world: World, due: Due) -> Attempt:
    now = world.ash.services.clock.ms
    return Attempt(
        due.outgoing_id, due.bundle_row, due.mt, due.attempts, State.QUEUED, "gateway-slow", now, now
    )


def test_a_worker_whose_lease_was_taken_over_changes_nothing(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    store, clock = world.ash.services.store, world.ash.services.clock
    late = store.claim(clock.ms, 100, LEASE_MS)
    world.time.advance(LEASE_MS / 1000 + 1)
    fresh = store.claim(clock.ms, 100, LEASE_MS)
    assert {due.attempts for due in fresh} == {2}
    for due in late:
        store.attempted(failed(world, due))
    assert set(states(world, transfer).values()) == {"delivering"}
    for due in fresh:
        store.attempted(failed(world, due))
    assert set(reasons(world, transfer).values()) == {"gateway-slow"}


def test_the_running_workers_deliver_what_a_killed_process_had_claimed_and_stop_in_good_order(
    world: World,
) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.services.store.claim(world.ash.services.clock.ms, 100, LEASE_MS)
    for node in world.nodes.values():
        node.running.start()
    world.until(lambda: set(states(world, transfer).values()) == {"delivered"})
    assert len(world.hollow.received()) == 2
    world.ash.running.outbox.stop()
    unheard = world.start()
    world.ash.send(unheard)
    assert set(states(world, unheard).values()) == {"queued"}


def test_running_workers_deliver_what_is_fresh_without_claiming_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for node in world.nodes.values():
        monkeypatch.setattr(node.services.store, "claim", lambda *_: pytest.fail("it was leased already"))
        node.running.start()
    transfer = world.start()
    world.ash.send(transfer)
    world.until(lambda: set(states(world, transfer).values()) == {"delivered"})


def test_what_finds_no_free_worker_is_due_in_its_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = world.ash.running.outbox = Outbox(world.ash.services, 1)
    monkeypatch.setattr(world.ash.services.courier, "outbox", outbox)
    entered, go_on, deliver = threading.Event(), threading.Event(), outbox.deliver

    def slowly(due: Due) -> None:
        entered.set()
        assert go_on.wait(10)
        deliver(due)

    monkeypatch.setattr(outbox, "deliver", slowly)
    world.ash.running.start()
    first, second = world.start(), world.start()
    world.ash.send(first)
    assert entered.wait(10)
    world.ash.send(second)
    assert set(states(world, second).values()) == {"queued"}
    go_on.set()
    world.until(lambda: {*states(world, first).values(), *states(world, second).values()} == {"sent"})


def test_a_write_that_fails_keeps_no_worker_from_the_next(world: World) -> None:
    outbox = Outbox(world.ash.services, 1)
    outbox.start()

    def broken(_places: int) -> Kept:
        raise RuntimeError

    places: list[int] = []

    def counted(offered: int) -> Kept:
        places.append(offered)
        return Kept(True)

    world.until(lambda: not outbox._behind)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            outbox.send_off(broken, 3)
        assert outbox.send_off(counted, 3)
    outbox.stop()
    assert outbox.send_off(counted, 3)
    assert places == [1, 1, 0]


def test_a_fault_in_here_is_a_reason_too_and_says_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    outbox = world.ash.running.outbox

    def broken(_due: Due) -> None:
        raise RuntimeError("Zoë")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "deliver", broken)
        for due in world.ash.services.store.claim(world.ash.services.clock.ms, 100, LEASE_MS):
            outbox._work(due)
    assert set(states(world, transfer).values()) == {"queued"}
    assert set(reasons(world, transfer).values()) == {"gateway-fault"}
    assert "Zoë" not in "".join(capfd.readouterr())
    world.time.advance(LONG_ENOUGH)
    world.settle()
    assert set(states(world, transfer).values()) == {"delivered"}
