"""Keys replaced, revoked and destroyed while messages are on their way: nothing lost, nothing doubled, nothing kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest

import signing
from gateway import admin
from gateway.files import Home
from gateway.keys import dependants, life, shelf, survey
from signing import KeySet

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, Node, World

ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
NORTH = "urn:ltp:org:northshire"
GENERAL, DSL = f"{HOLLOW}/general", f"{HOLLOW}/dsl"
DAY = 86_400


def node_of(world: World, org: str) -> Node:
    return {ASH: world.ash, BROOK: world.ash, HOLLOW: world.hollow, NORTH: world.north}[org]


def home_of(world: World, org: str) -> Home:
    return Home(node_of(world, org).settings)


def now(world: World) -> int:
    return int(world.time.value)


def change(world: World, org: str, step: Callable[[KeySet], KeySet]) -> KeySet:
    """Changes key files as ``ltp keys`` does; the directory does not know of it yet."""
    return shelf.change(home_of(world, org), org, step)


def announce(world: World, *orgs: str) -> None:
    """The keeper of the directory takes the organisations' new entries and publishes once."""
    for org in orgs:
        node = node_of(world, org)
        listed = node.services.directory.current().organisation(org)
        world.draft.add(admin.renewed_entry(node.settings, listed, now(world)))
    world.publish()


def replace_all(world: World, org: str) -> KeySet:
    """New keys of every kind in the place of all that are in use."""

    def step(keys: KeySet) -> KeySet:
        for kid in [record.kids[0] for record in keys.records if record.replaced is None]:
            keys = life.rotated(keys, kid, now(world))
        return keys

    return change(world, org, step)


def desk_keys(keys: KeySet, desk: str) -> list[signing.EncryptionPublicKey]:
    """A desk's keys, the oldest first."""
    found = [record.public[0] for record in keys.records if record.desk == desk]
    return [key for key in found if isinstance(key, signing.EncryptionPublicKey)]


def sealed_to(
    world: World, iss: str, pair: signing.SigningPair, keys: list[signing.EncryptionPublicKey]
) -> bytes:
    """A profile for Hollow Farm's general desk, sealed to exactly these keys."""
    message = signing.Outgoing(
        iss=iss,
        aud=GENERAL,
        mt="bundle",
        sv="ltp:bundle/1.0",
        body=world.bundle(),
        iat=now(world),
        exp=now(world) + 14 * DAY,
    )
    return signing.seal(message, pair, keys).envelope


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.status_code == 202 else answer.json()["code"]


# --- under load --------------------------------------------------------------------------------------------------


def test_rotation_under_load_loses_and_doubles_nothing(world: World) -> None:
    """Sender and receivers replace every key, twice, while transfers flow and receipts come back."""
    for node in world.nodes.values():
        node.running.start()
    transfers: list[Json] = []
    turn = threading.Semaphore(0)

    def send() -> None:
        for _ in range(12):
            transfer = world.start()
            assert world.ash.send(transfer).status_code == 202
            transfers.append(transfer)
            turn.release()

    sender = threading.Thread(target=send)
    sender.start()
    for _ in range(2):
        # In the midst of it, wherever the messages of these transfers are by now.
        for _ in range(4):
            turn.acquire()
        for org in (HOLLOW, ASH, NORTH):
            replace_all(world, org)
            announce(world, org)
    sender.join()

    def all_receipted() -> bool:
        # A message that met an older directory is tried again a little later.
        world.time.advance(0.5)
        states = [row.state for t in transfers for row in world.ash.sent(t).values()]
        return set(states) == {"delivered"}

    world.until(all_receipted)
    sent = sorted(row.bundle_id for t in transfers for row in world.ash.sent(t).values())
    got = sorted(row.bundle_id for row in [*world.hollow.received(), *world.north.received()])
    assert len(sent) == 36
    assert got == sent
    assert len(world.keys(ASH).signing) == len(desk_keys(world.keys(HOLLOW), "dsl")) == 3


# --- on the way -------------------------------------------------------------------------------------------------


def test_a_message_sealed_to_the_old_key_opens_after_the_rotation(world: World) -> None:
    old = desk_keys(world.keys(HOLLOW), "general")
    envelope = sealed_to(world, ASH, world.keys(ASH).signing[-1], old)
    replace_all(world, HOLLOW)
    announce(world, HOLLOW)
    world.time.advance(13 * DAY)
    assert code(world.post(world.hollow, envelope)) == (202, "")
    assert len(world.hollow.received()) == 1


def test_senders_seal_to_old_and_new_during_the_overlap_and_to_the_new_one_afterwards(world: World) -> None:
    world.time.advance(50 * DAY)
    world.publish()
    keys = replace_all(world, HOLLOW)
    announce(world, HOLLOW)
    old, new = desk_keys(keys, "general")

    def used() -> list[str]:
        directory = world.ash.services.directory.current()
        return [key.kid for key in directory.encryption_keys(GENERAL, now(world))]

    assert used() == [old.kid, new.kid]
    world.time.advance(10 * DAY)
    announce(world, HOLLOW)
    assert used() == [new.kid]


def test_a_message_signed_by_the_old_pair_counts_after_the_rotation(world: World) -> None:
    envelope = sealed_to(world, ASH, world.keys(ASH).signing[-1], desk_keys(world.keys(HOLLOW), "general"))
    replace_all(world, ASH)
    announce(world, ASH)
    world.time.advance(3600)
    assert code(world.post(world.hollow, envelope)) == (202, "")


def test_a_new_pair_signs_only_when_the_directory_lists_it(world: World) -> None:
    cabinet = world.ash.services.cabinet

    def signs() -> signing.SigningPair:
        directory = world.ash.services.directory.current()
        return cabinet.signing_pair(ASH, directory, now(world))

    old = signs()
    new = replace_all(world, ASH).signing[-1]
    assert signs() == old
    # What is sent meanwhile is taken by whoever has the same directory.
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}
    announce(world, ASH)
    assert signs() == new


def test_without_a_listed_pair_a_transfer_waits_and_says_why(world: World) -> None:
    entry = world.entry("orgs", "ash-vale")
    world.change("orgs", "ash-vale", keys=[key for key in entry["keys"] if "desk" in key])
    transfer = world.start()
    assert world.ash.send(transfer).status_code == 202
    world.settle()
    assert {row.reason for row in world.ash.sent(transfer).values()} == {"own-signing-keys-not-listed"}
    world.put(entry)
    world.time.advance(601)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}


def test_a_message_that_waited_through_the_rotation_is_delivered_once(world: World) -> None:
    def nobody(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    world.wire.answers["hollow.example"] = nobody
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    for org in (HOLLOW, ASH):
        replace_all(world, org)
    announce(world, HOLLOW, ASH)
    del world.wire.answers["hollow.example"]
    world.time.advance(601)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}
    assert len(world.hollow.received()) == 2


# --- key files while a gateway runs -----------------------------------------------------------------------------


def test_a_key_file_that_cannot_be_used_does_not_take_the_place_of_what_was_read(world: World) -> None:
    path = home_of(world, HOLLOW).key_file(HOLLOW)
    good, cabinet = path.read_bytes(), world.hollow.services.cabinet
    before = cabinet.keys(HOLLOW)
    for bad in (b"", good[:-9], good + b" "):
        path.write_bytes(bad)
        assert cabinet.keys(HOLLOW) is before
    path.unlink()
    assert cabinet.serves(HOLLOW)
    assert cabinet.keys(HOLLOW) is before
    path.write_bytes(good)
    assert cabinet.keys(HOLLOW) == before
    assert cabinet.keys(HOLLOW) is not before


def test_an_organisation_is_served_as_soon_as_it_has_keys(world: World) -> None:
    cabinet, new = world.hollow.services.cabinet, "urn:ltp:org:new-place"
    assert not cabinet.serves(new)
    assert not cabinet.serves("urn:ltp:org:../hollow-farm")
    admin.make_keys(world.hollow.settings, new, now(world))
    assert cabinet.serves(new)
    assert cabinet.recipient(new).keys


# --- revocation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", [0, 1])
def test_a_message_signed_by_a_revoked_key_is_refused_from_the_next_directory_on(
    world: World, half: int
) -> None:
    pair, keys = world.keys(ASH).signing[-1], desk_keys(world.keys(HOLLOW), "general")
    first, second = (sealed_to(world, ASH, pair, keys) for _ in range(2))
    kid = world.keys(ASH).records[0].kids[half]
    change(world, ASH, lambda found: life.revoked(found, kid, now(world), "stolen"))
    # Until the directory says so nobody else knows.
    assert code(world.post(world.hollow, first)) == (202, "")
    announce(world, ASH)
    assert code(world.post(world.hollow, second))[1] == "message.key_revoked"
    assert len(world.hollow.received()) == 1


def test_after_a_revocation_the_new_pair_carries_on_and_the_old_one_signs_nothing(world: World) -> None:
    kid = world.keys(ASH).records[0].kids[0]
    old = world.keys(ASH).signing[-1]
    change(world, ASH, lambda keys: life.revoked(keys, kid, now(world), "stolen"))
    change(world, ASH, lambda keys: life.rotated(keys, kid, now(world)))
    announce(world, ASH)
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}
    directory = world.ash.services.directory.current()
    assert world.ash.services.cabinet.signing_pair(ASH, directory, now(world)) != old


def test_a_transfer_on_its_way_when_its_pair_is_revoked_is_signed_again_and_delivered(world: World) -> None:
    def nobody(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    world.wire.answers["hollow.example"] = nobody
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    kid = world.keys(ASH).records[0].kids[0]
    change(world, ASH, lambda keys: life.revoked(keys, kid, now(world), "stolen"))
    change(world, ASH, lambda keys: life.rotated(keys, kid, now(world)))
    announce(world, ASH)
    del world.wire.answers["hollow.example"]
    world.time.advance(601)
    world.settle()
    waiting = [row for row in world.ash.sent(transfer).values() if row.state == "queued"]
    assert {row.reason for row in waiting} == {"refused:message.key_revoked"}
    world.time.advance(601)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}
    assert len(world.hollow.received()) == 2


def test_what_is_proved_to_be_older_than_the_revocation_still_counts_as_evidence(world: World) -> None:
    pair, keys = world.keys(ASH).signing[-1], desk_keys(world.keys(HOLLOW), "general")
    sealed = signing.seal(
        signing.Outgoing(
            iss=ASH, aud=GENERAL, mt="bundle", sv="ltp:bundle/1.0", body=world.bundle(), iat=now(world)
        ),
        pair,
        keys,
    )
    kid, received = world.keys(ASH).records[0].kids[0], now(world) + 60
    world.time.advance(DAY)
    change(world, ASH, lambda found: life.revoked(found, kid, now(world), "stolen"))
    change(world, ASH, lambda found: life.rotated(found, kid, now(world)))
    announce(world, ASH)
    directory = world.hollow.services.directory.current()
    assert signing.verify_jws(sealed.jws, directory, received).jti == sealed.jti
    with pytest.raises(signing.UnsealError) as refused:
        signing.verify_jws(sealed.jws, directory, now(world))
    assert refused.value.code == "key_revoked"


def test_nobody_seals_to_a_revoked_key_and_what_is_on_its_way_still_opens(world: World) -> None:
    [old] = desk_keys(world.keys(HOLLOW), "general")
    envelope = sealed_to(world, ASH, world.keys(ASH).signing[-1], [old])
    change(world, HOLLOW, lambda keys: life.revoked(keys, old.kid, now(world), "stolen"))
    keys = change(world, HOLLOW, lambda found: life.rotated(found, old.kid, now(world)))
    announce(world, HOLLOW)
    directory = world.ash.services.directory.current()
    assert directory.encryption_keys(GENERAL, now(world)) == (desk_keys(keys, "general")[-1],)
    assert code(world.post(world.hollow, envelope)) == (202, "")


# --- destruction ------------------------------------------------------------------------------------------------


def test_the_last_message_sealed_to_a_key_opens_and_then_its_private_half_is_destroyed(world: World) -> None:
    world.time.advance(50 * DAY)
    world.publish()
    old = desk_keys(replace_all(world, HOLLOW), "general")[0]
    announce(world, HOLLOW)
    world.time.advance(9 * DAY + DAY - 120)  # the old key's last minute
    envelope = sealed_to(world, ASH, world.keys(ASH).signing[-1], [old])
    world.time.advance(14 * DAY - 60)  # the message's last minute
    announce(world, HOLLOW)
    home = home_of(world, HOLLOW)
    assert old.kid not in survey.expire(home, now(world))[HOLLOW].destroyed
    assert code(world.post(world.hollow, envelope)) == (202, "")
    world.time.advance(DAY + 180)
    gone = survey.expire(home, now(world))[HOLLOW].destroyed
    assert old.kid in gone
    assert old.kid not in world.hollow.services.cabinet.recipient(HOLLOW).keys
    assert survey.expire(home, now(world))[HOLLOW].destroyed == ()
    # Nothing stored needed it: what came in is still read.
    [row] = world.hollow.received()
    opened: Any = world.hollow.client.get(
        f"/api/v1/inbox/{row.bundle_id}", headers=world.hollow.bearer("inbox", "AP.LEAD AP.SEN AP.REF")
    )
    assert opened.status_code == 200


def test_an_old_pair_is_destroyed_once_the_directory_lists_the_new_one(world: World) -> None:
    old = world.keys(ASH).records[0]
    replace_all(world, ASH)
    home = home_of(world, ASH)
    assert survey.expire(home, now(world))[ASH].destroyed == ()
    announce(world, ASH)
    assert survey.expire(home, now(world))[ASH].destroyed == old.kids
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}


def test_a_message_kept_here_keeps_the_key_that_it_is_sealed_to(world: World) -> None:
    """Brook End is served next door: its message is in this very database until it is delivered."""
    transfer = orjson.loads(orjson.dumps(world.start()).replace(HOLLOW.encode(), BROOK.encode()))
    assert world.ash.send(transfer).status_code == 202
    kids = {kid for r in world.keys(BROOK).records if r.desk is not None for kid in r.kids}
    store = home_of(world, BROOK).store
    assert set(dependants.facts(store, now(world)).waiting) >= kids
    far = now(world) + 80 * DAY
    general = desk_keys(world.keys(BROOK), "general")[0]
    record = life.find(world.keys(BROOK), general.kid)
    kept = dependants.facts(store, now(world))
    assert "undelivered" in life.needed_for(world.keys(BROOK), record, far, kept)[0]
    world.settle()
    settled = dependants.facts(store, now(world))
    assert not kids & set(settled.waiting)
    assert life.needed_for(world.keys(BROOK), record, far, settled) == ()


def test_stored_content_is_of_forms_that_need_no_desk_key(world: World) -> None:
    world.ash.send(world.start())
    world.settle()
    assert {row.form for row in world.hollow.rows("content")} <= dependants.INDEPENDENT
    assert dependants.facts(home_of(world, HOLLOW).store, now(world)).unknown == 0


def test_two_changes_at_once_both_count(world: World) -> None:
    def rotate(kid: str) -> None:
        with suppress(life.NoSuchKey):
            change(world, HOLLOW, lambda keys: life.rotated(keys, kid, now(world)))

    kids = [record.kids[0] for record in world.keys(HOLLOW).records]
    threads = [threading.Thread(target=rotate, args=(kid,)) for kid in kids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.keys(HOLLOW).records) == 6
