"""The log grows with the messages: in the transaction that keeps them, with the digests that both sides have."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from gateway.store import Store, log, upgrade
from gateway.store.records import Content, Envelope, NewBundle, NewTransfer
from signing.encoding import sha256
from signing.log.merkle import leaf_hash

ASH, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm"
NOW = 1_780_000_000_000


def new_transfer() -> NewTransfer:
    """A transfer of one sealed bundle, as the store takes it."""
    digest = sha256(b"digest")
    jws = Content("key", "jws", b"signed")
    sealed = Envelope(ASH, digest[:22], digest, digest, NOW // 1000 + 9_999, b"{}", jws)
    bundle = NewBundle(
        org=ASH,
        peer=HOLLOW,
        aud=f"{HOLLOW}/general",
        bundle_id="b1",
        desk="general",
        readers="AP.LEAD",
        body_sha256=digest,
        minimum_class=0,
        deadline_ms=NOW + 10**9,
        sealed=sealed,
        content=None,
        reason="",
    )
    return NewTransfer(ASH, "t1", "k1", digest, (bundle,), NOW)


def be_killed(path: Path, when: str) -> None:
    """Accepts a transfer, and is killed when its entry is in the log but not committed, or when it is."""
    append = log.append

    def appended(connection: Connection, entries: list[bytes]) -> int:
        first = append(connection, entries)
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        return first

    log.append = appended  # type: ignore[assignment]  # this process has a short life
    Store(path).accept_transfer(new_transfer())
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    upgrade(tmp_path / "store.sqlite")
    return tmp_path / "store.sqlite"


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_crash_leaves_the_message_and_its_entry_or_neither(path: Path, when: str, count: int) -> None:
    killed = subprocess.run([sys.executable, __file__, path, when], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    store = Store(path)
    rows, (head,) = store.rows("log_entry"), store.rows("log_head")
    assert len(store.rows("bundle")) == len(store.rows("sealed")) == len(rows) == count
    assert (head.size, head.edge) == (count, b"".join(leaf_hash(row.entry) for row in rows))
    store.close()


def test_a_message_whose_entry_cannot_be_written_is_not_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(path)

    def fails(_connection: Connection, _entries: list[bytes]) -> int:
        raise LookupError

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", fails)
        with pytest.raises(LookupError):
            store.accept_transfer(new_transfer())
    assert store.rows("bundle") == store.rows("transfer") == []
    assert store.accept_transfer(new_transfer()).fresh
    assert len(store.rows("log_entry")) == len(store.rows("bundle")) == 1
    store.close()


# --- what both sides hold -------------------------------------------------------------------------------------

MESSAGE, RECEIPT = ("content_sha256", "envelope_sha256"), ("content_sha256", "receipt_sha256", "status")


def logged(node: Any, kind: str) -> list[tuple[str, ...]]:
    """The digests of all entries of a kind."""
    entries = [orjson.loads(row.entry) for row in node.rows("log_entry")]
    names = RECEIPT if kind == "receipt" else MESSAGE
    return sorted(tuple(entry[name] for name in names) for entry in entries if entry["kind"] == kind)


def accept(node: Any) -> None:
    """Reads and accepts everything on the general desk."""
    bearer = node.bearer("inbox", "AP.LEAD")
    for row in node.received():
        if row.desk == "general":
            for response in (
                node.client.get(f"/api/v1/inbox/{row.bundle_id}", headers=bearer),
                node.client.post(f"/api/v1/inbox/{row.bundle_id}/accept", headers=bearer),
            ):
                assert response.status_code == 200


def test_both_sides_log_the_same_digests(world: Any) -> None:
    assert world.ash.send(world.start()).status_code == 202
    world.settle()
    accept(world.hollow)
    world.settle()
    receivers = (world.hollow, world.north)
    sent = logged(world.ash, "sent")
    assert len(sent) == 3
    assert sent == sorted(logged(receivers[0], "received") + logged(receivers[1], "received"))
    taken = logged(world.ash, "receipt")
    assert sorted(status for *_, status in taken) == ["accepted", *["delivered"] * 3, "opened"]
    assert taken == sorted(logged(receivers[0], "receipt") + logged(receivers[1], "receipt"))
    assert {content for content, *_ in taken} == {content for content, _ in sent}


def test_what_could_only_be_sealed_later_is_logged_then(world: Any) -> None:
    listed = world.entry("orgs", "hollow-farm")
    world.change("orgs", "hollow-farm")
    assert world.ash.send(world.start()).status_code == 202
    world.settle()
    assert len(logged(world.ash, "sent")) == 1
    world.put(listed)
    world.time.advance(3600)
    world.settle()
    assert len(logged(world.ash, "sent")) == 3
    assert logged(world.hollow, "received") == sorted(
        set(logged(world.ash, "sent")) - set(logged(world.north, "received"))
    )


def test_a_receipt_that_could_only_be_sealed_later_is_logged_then(world: Any) -> None:
    assert world.ash.send(world.start()).status_code == 202
    listed = world.entry("orgs", "ash-vale")
    stale = {**listed, "keys": [key for key in listed["keys"] if key.get("desk") != "general"]}
    world.put(stale)
    world.settle()
    assert len(logged(world.hollow, "received")) == 2
    assert logged(world.hollow, "receipt") == []
    world.put(listed)
    world.time.advance(3600)
    world.settle()
    receipts = logged(world.hollow, "receipt")
    assert [status for *_, status in receipts] == ["delivered"] * 2
    assert set(receipts) < set(logged(world.ash, "receipt"))


if __name__ == "__main__":
    be_killed(Path(sys.argv[1]), sys.argv[2])
