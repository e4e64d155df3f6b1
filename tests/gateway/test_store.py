"""The store: its version, its indexes, and the rules that hold when things arrive twice or out of turn."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from gateway.problems import Conflict, NotFound
from gateway.store import SchemaBehind, Store, engine, upgrade
from gateway.store.engine import UnsafeDatabase, open_engine, sqlite_module
from gateway.store.holding import hold
from gateway.store.records import (
    Arrived,
    Attempt,
    Content,
    Due,
    Envelope,
    Held,
    NewBundle,
    NewReceipt,
    NewTransfer,
)
from gateway.store.tables import metadata
from gateway.transfer import State
from signing.encoding import sha256

ASH, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm"
NOW = 1_780_000_000_000
LEASE = 30_000


def digest(text: str) -> str:
    return sha256(text.encode())


def jti(name: str) -> str:
    return digest(name)[:22]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    upgrade(tmp_path / "store.sqlite")
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def envelope(name: str, iss: str = ASH) -> Envelope:
    jws = Content("key", "jws", name.encode())
    return Envelope(iss, jti(name), digest(f"c{name}"), digest(f"e{name}"), NOW // 1000 + 9_999, b"{}", jws)


def bundle(name: str) -> NewBundle:
    return NewBundle(
        org=ASH,
        peer=HOLLOW,
        aud=f"{HOLLOW}/general",
        bundle_id=str(uuid.uuid4()),
        desk="general",
        readers="AP.LEAD",
        body_sha256=digest(name),
        minimum_class=0,
        deadline_ms=NOW + 10**9,
        sealed=envelope(name),
        content=None,
        reason="",
    )


def transfer(name: str, key: str = "", body: str = "") -> NewTransfer:
    return NewTransfer(
        org=ASH,
        transfer_id=name,
        idempotency_key=key or name,
        request_sha256=digest(body or name),
        bundles=(bundle(f"{name}{uuid.uuid4()}"),),
        now_ms=NOW,
    )


# --- versions ----------------------------------------------------------------------------------------------------


def test_a_database_is_made_from_nothing_and_made_again_without_harm(tmp_path: Path) -> None:
    made = upgrade(tmp_path / "new.sqlite")
    opened = Store(tmp_path / "new.sqlite")
    opened.accept_transfer(transfer("t1"))
    opened.close()
    assert upgrade(tmp_path / "new.sqlite") == made
    again = Store(tmp_path / "new.sqlite")
    assert len(again.rows("transfer")) == 1
    again.close()


def test_a_database_without_tables_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SchemaBehind, match=r"ltp .*upgrade"):
        Store(tmp_path / "empty.sqlite")


def test_a_database_of_another_revision_is_refused(path: Path) -> None:
    writable = open_engine(path, writer=True)
    with writable.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    writable.dispose()
    with pytest.raises(SchemaBehind, match="0000"):
        Store(path)


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(path: Path) -> None:
    opened = open_engine(path, writer=False)
    with opened.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    opened.dispose()


def test_a_planted_drift_would_be_seen(path: Path) -> None:
    writable = open_engine(path, writer=True)
    with writable.begin() as connection:
        connection.execute(text("ALTER TABLE held ADD COLUMN extra TEXT"))
    with writable.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) != []
    writable.dispose()


def test_a_sqlite_that_can_corrupt_a_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sqlite_module().sqlite_version_info >= engine.SAFE_SQLITE
    monkeypatch.setattr(engine, "SAFE_SQLITE", (99, 0, 0))
    with pytest.raises(UnsafeDatabase, match=r"too old|not installed"):
        sqlite_module()


def test_readers_cannot_write(path: Path) -> None:
    reading = open_engine(path, writer=False)
    with reading.connect() as connection, pytest.raises(DatabaseError):
        connection.execute(text("DELETE FROM token"))
    reading.dispose()


def test_an_error_of_the_database_does_not_print_what_was_to_be_written(path: Path) -> None:
    writable = open_engine(path, writer=True)
    with writable.connect() as connection, pytest.raises(DatabaseError) as caught:
        connection.execute(text("INSERT INTO token (token_id) VALUES (:x)"), {"x": "Zoë"})
    writable.dispose()
    assert "Zoë" not in str(caught.value)


# --- accepting ---------------------------------------------------------------------------------------------------


def test_a_request_is_kept_once_under_its_key_and_its_id(store: Store) -> None:
    new = transfer("t1", key="k1")
    assert store.accept_transfer(new).fresh is True
    assert store.accept_transfer(new).fresh is False
    assert store.accept_transfer(replace(new, idempotency_key="k2")).fresh is False
    assert len(store.rows("bundle")) == 1


@pytest.mark.parametrize(
    "second",
    [transfer("t2", key="k1"), transfer("t1", key="k2", body="other"), transfer("t1", "k1", "other")],
)
def test_a_key_or_an_id_for_another_request_is_a_conflict(store: Store, second: NewTransfer) -> None:
    store.accept_transfer(transfer("t1", key="k1"))
    with pytest.raises(Conflict):
        store.accept_transfer(second)
    assert len(store.rows("transfer")) == 1
    assert len(store.rows("content")) == 1


def at_once(count: int, work: Any) -> list[Any]:
    """The results of ``work(n)`` in threads that start together."""
    barrier = threading.Barrier(count)

    def run(place: int) -> Any:
        barrier.wait(10)
        return work(place)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_the_same_request_from_many_callers_one_is_kept(store: Store) -> None:
    same = transfer("t1")
    results = at_once(8, lambda _place: store.accept_transfer(same).fresh)
    assert sorted(results) == [False] * 7 + [True]
    assert len(store.rows("bundle")) == 1


def test_a_delivery_is_claimed_by_one_worker_only(store: Store) -> None:
    for place in range(12):
        store.accept_transfer(transfer(f"t{place}"))
    claimed = at_once(6, lambda _place: store.claim(NOW, 3, LEASE))
    ids = [due.outgoing_id for group in claimed for due in group]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 12


def test_every_accepted_thing_leaves_its_audit_row(store: Store) -> None:
    store.accept_transfer(transfer("t1"))
    [row] = store.rows("audit")
    assert row.leaf == hashlib.sha256(b"\x00" + row.record).digest()
    assert b"bundle.queued" in row.record


# --- claiming ----------------------------------------------------------------------------------------------------


def one_claimed(store: Store, now: int = NOW) -> Due:
    [due] = store.claim(now, 10, LEASE)
    return due


def ended(due: Due, state: State, due_ms: int | None, reason: str = "") -> Attempt:
    return Attempt(due.outgoing_id, due.bundle_row, due.mt, due.attempts, state, reason, due_ms, NOW)


def state(store: Store) -> tuple[str, str]:
    [row] = store.rows("bundle")
    return row.state, row.reason


def test_a_claim_is_a_lease(store: Store) -> None:
    store.accept_transfer(transfer("t1"))
    assert one_claimed(store).attempts == 1
    assert store.claim(NOW + LEASE - 1, 10, LEASE) == []
    assert one_claimed(store, NOW + LEASE).attempts == 2


def test_only_the_holder_of_the_lease_says_how_it_ended(store: Store) -> None:
    store.accept_transfer(transfer("t1"))
    late = one_claimed(store)
    fresh = one_claimed(store, NOW + LEASE)
    store.attempted(ended(late, State.SENT, None))
    assert state(store) == ("delivering", "")
    store.attempted(ended(fresh, State.QUEUED, NOW + 400, "gateway-down"))
    assert state(store) == ("queued", "gateway-down")
    assert store.next_due_ms() == NOW + 400


def test_leases_of_a_dead_process_are_given_back_and_waiting_times_are_kept(store: Store) -> None:
    for name in ("t1", "t2"):
        store.accept_transfer(transfer(name))
    first, _second = store.claim(NOW, 10, LEASE)
    store.attempted(ended(first, State.QUEUED, NOW + 60_000, "gateway-down"))
    store.release_leases(NOW + 1)
    [again] = store.claim(NOW + 1, 10, LEASE)
    assert again.outgoing_id != first.outgoing_id
    assert again.attempts == 2


def test_a_transfer_is_leased_as_it_is_kept_as_far_as_there_is_a_place(store: Store) -> None:
    two = replace(transfer("t1"), bundles=(bundle("b1"), bundle("b2")))
    [leased] = store.accept_transfer(two, 1).leased
    [claimed] = store.claim(NOW, 10, LEASE)
    assert leased.outgoing_id != claimed.outgoing_id
    assert sorted(row.state for row in store.rows("bundle")) == ["delivering", "delivering"]
    [again, _other] = sorted(store.claim(NOW + LEASE, 10, LEASE), key=lambda due: due.outgoing_id)
    assert again == replace(leased, attempts=2)


def test_what_is_leased_as_it_is_kept_is_given_back_after_a_crash(store: Store) -> None:
    store.accept_transfer(transfer("t1"), 1)
    store.arrive(arrived("m1"), 1)
    assert store.claim(NOW + 1, 10, LEASE) == []
    store.release_leases(NOW + 1)
    assert {due.mt for due in store.claim(NOW + 1, 10, LEASE)} == {"bundle", "receipt"}


def test_a_repeated_write_leases_nothing(store: Store) -> None:
    same = transfer("t1")
    assert len(store.accept_transfer(same, 1).leased) == 1
    assert store.accept_transfer(same, 1).leased == ()
    assert len(store.arrive(arrived("m1"), 1).leased) == 1
    assert store.arrive(arrived("m1"), 1).leased == ()


def test_nothing_is_due_when_nothing_waits(store: Store) -> None:
    assert store.next_due_ms() is None
    assert store.claim(NOW, 10, LEASE) == []


# --- arriving ----------------------------------------------------------------------------------------------------


def receipt(name: str, status: State = State.DELIVERED) -> NewReceipt:
    return NewReceipt(
        status=status,
        codes=(),
        by_role=None,
        of_jti=jti(name),
        received=NOW // 1000,
        iss=HOLLOW,
        aud=f"{ASH}/general",
        content=Content("key", "jws", b"receipt"),
        sealed=envelope(f"{name}{status}", HOLLOW),
        deadline_ms=NOW + 10**9,
        content_sha256=digest(f"c{name}"),
    )


def arrived(name: str, bundle_id: str = "b1", body: str = "body") -> Arrived:
    return Arrived(
        org=HOLLOW,
        peer=ASH,
        bundle_id=bundle_id,
        transfer_id="t1",
        desk="general",
        readers="AP.LEAD",
        jti=jti(name),
        exp=NOW // 1000 + 9_999,
        body_sha256=digest(body),
        content_sha256=digest(f"c{name}"),
        envelope_sha256=digest(f"e{name}"),
        content=Content("key", "jws", b"bundle"),
        receipt=receipt(name),
        now_ms=NOW,
    )


def test_a_bundle_arrives_once_however_often_and_from_however_many_threads(store: Store) -> None:
    results = at_once(6, lambda _place: store.arrive(arrived("m1")).fresh)
    assert sorted(results) == [False] * 5 + [True]
    assert len(store.rows("bundle")) == len(store.rows("receipt")) == len(store.rows("outgoing")) == 1


@pytest.mark.parametrize(
    "second", [arrived("m1", body="other"), arrived("m2", body="other"), arrived("m1", "b2", "other")]
)
def test_the_same_id_with_another_body_is_a_conflict(store: Store, second: Arrived) -> None:
    store.arrive(arrived("m1"))
    with pytest.raises(Conflict):
        store.arrive(second)
    assert len(store.rows("bundle")) == 1


def test_a_received_bundle_moves_forward_only(store: Store) -> None:
    store.arrive(arrived("m1"))
    [row] = store.inbox(HOLLOW, 0, 10)
    steps = [
        (State.ACCEPTED, True, "accepted"),
        (State.OPENED, False, "accepted"),
        (State.REJECTED, False, "accepted"),
        (State.ACCEPTED, False, "accepted"),
    ]
    for place, (status, fresh, after) in enumerate(steps):
        new = receipt(f"r{place}", status)
        assert store.issue_receipt(row.id, new, NOW).fresh is fresh
        assert store.received(HOLLOW, "b1").state == after


def test_what_is_not_there_is_not_found(store: Store) -> None:
    store.arrive(arrived("m1"))
    assert store.received(HOLLOW, "b1").peer == ASH
    for org, bundle_id in ((ASH, "b1"), (HOLLOW, "b2")):
        with pytest.raises(NotFound):
            store.received(org, bundle_id)


# --- holding -----------------------------------------------------------------------------------------------------


def held(name: str, body: str = "") -> Held:
    aud = f"{HOLLOW}/general"
    return Held(ASH, jti(name), HOLLOW, aud, digest(body or name), NOW // 1000 + 9_999, NOW, b"sealed")


def test_a_message_is_held_once_across_groups(store: Store) -> None:
    assert store.hold(held("m1")).result(10) is True
    assert store.hold(held("m1")).result(10) is False
    with pytest.raises(Conflict):
        store.hold(held("m1", "other")).result(10)
    assert len(store.rows("held")) == 1
    assert len(store.rows("audit")) == 1


def test_within_one_group_the_first_is_held_and_each_caller_gets_their_own_answer(store: Store) -> None:
    group = [held("m1"), held("m1"), held("m1", "other"), held("m2")]

    def whole(connection: Any, groups: Any) -> list[Any]:
        return [list(hold(connection, one)) for one in groups]

    answers: list[Any] = store.writer.run(whole, group)
    assert answers[:2] == [True, False]
    assert isinstance(answers[2], Conflict)
    assert answers[3] is True
    assert {row.jti for row in store.rows("held")} == {jti("m1"), jti("m2")}


def test_the_same_id_from_another_sender_is_another_message(store: Store) -> None:
    assert store.hold(held("m1")).result(10) is True
    assert store.hold(replace(held("m1"), iss="urn:ltp:org:northshire")).result(10) is True
    assert len(store.rows("held")) == 2


def test_a_conflict_takes_no_other_message_of_its_group_with_it(store: Store) -> None:
    store.hold(held("m0")).result(10)
    futures = [store.hold(held(f"m{place}", "other" if place == 0 else "")) for place in range(20)]
    assert isinstance(futures[0].exception(10), Conflict)
    assert all(future.result(10) is True for future in futures[1:])


def test_what_was_held_survives_a_restart(store: Store, path: Path) -> None:
    store.hold(held("m1")).result(10)
    again = Store(path)
    assert again.hold(held("m1")).result(10) is False
    again.close()
