"""The log on disk is the tree of its entries, grows with the messages' own transaction, and shows what was cut."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from gateway.store import log
from gateway.store.writer import each
from signing.log import leaf
from signing.log.errors import LogError
from signing.log.merkle import EMPTY_ROOT, Head, Tree, leaf_hash
from signing.log.witness import NOTHING_SEEN, Cosigned, Seen

SIZES = (1, 2, 3, 7, 8, 9, 64, 100, 130)


def tree(entries: list[bytes]) -> Tree:
    return Tree(map(leaf_hash, entries))


def test_the_log_is_the_tree_of_its_entries_however_they_come_in(shelf: Any) -> None:
    entries: list[bytes] = []
    for count in (1, 0, 2, 5, 64, 1, 58):
        entries += shelf.add(count, len(entries))
    whole = tree(entries)
    with shelf.book.read() as read:
        assert read.head() == Head(131, whole.root())
        assert read.entries(0, 200) == entries
        for size in SIZES:
            assert read.root(size) == whole.root(size)
            assert read.hashes(0, 0, size) == [whole.node((0, place)) for place in range(size)]
            assert read.consistency(size, 131) == whole.consistency(size, 131)
            for index in range(size):
                assert read.inclusion(index, size) == whole.inclusion(index, size)
        assert read.hashes(3, 0, 16) == [whole.node((3, place)) for place in range(16)]


def test_an_empty_log_has_the_empty_root(shelf: Any) -> None:
    with shelf.book.read() as read:
        assert read.head() == Head(0, EMPTY_ROOT)
        assert read.root(0) == EMPTY_ROOT
        assert read.checkpoint() is None
        assert read.checkpoints() == []


def test_append_says_where_the_first_entry_is(shelf: Any) -> None:
    append = each(log.append)
    assert shelf.book.writer.run(append, shelf.entries(3)) == 0
    assert shelf.book.writer.run(append, shelf.entries(2, 3)) == 3
    assert shelf.book.writer.run(append, []) == 5


def test_what_is_rolled_back_was_never_logged(shelf: Any) -> None:
    def fails(connection: Connection, entries: list[bytes]) -> None:
        log.append(connection, entries)
        raise LookupError

    kept = shelf.add(3)
    with pytest.raises(LookupError):
        shelf.book.writer.run(each(fails), shelf.entries(5, 3))
    kept += shelf.add(2, 3)
    with shelf.book.read() as read:
        assert read.head() == Head(5, tree(kept).root())


def test_many_writers_at_once_make_one_log(shelf: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda place: shelf.add(7, place * 7), range(24)))
    with shelf.book.read() as read:
        entries = read.entries(0, 1000)
        assert len(entries) == 168
        assert read.head() == Head(168, tree(entries).root())


def test_a_proof_reads_few_rows_and_in_one_query(shelf: Any) -> None:
    shelf.add(1000)
    statements: list[str] = []
    event.listen(shelf.book.reads, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with shelf.book.read() as read:
        read.inclusion(517, 1000)
    assert len(statements) == 1
    assert statements[0].count("?") <= 20


def test_an_entry_is_found_by_the_digest_it_is_about(shelf: Any) -> None:
    shelf.add(5)
    shelf.add(1, 2)
    with shelf.book.read() as read:
        assert read.find(shelf.digest(2)) == [2, 5]
        assert read.find(shelf.digest("nothing")) == []


def test_the_row_holds_nothing_but_entry_digest_and_hashes(shelf: Any) -> None:
    (entry,) = shelf.add(1)
    with shelf.book.reads.connect() as connection:
        (row,) = connection.execute(select(log.entry)).all()
    assert tuple(row) == (0, entry, shelf.digest(0), leaf_hash(entry))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_entry WHERE place >= 7",
        "DELETE FROM log_entry WHERE place = 3",
    ],
)
def test_rows_that_are_missing_are_noticed(shelf: Any, statement: str) -> None:
    shelf.add(9)
    shelf.tamper(statement)
    with shelf.book.read() as read, pytest.raises(LogError) as caught:
        read.head()
    assert caught.value.code == "truncated"
    with shelf.book.read() as read, pytest.raises(LogError) as caught:
        read.hashes(0, 0, 9)
    assert caught.value.code == "truncated"


def answer(size: int, before: Seen = NOTHING_SEEN) -> Cosigned:
    return Cosigned("b.example", before, Seen(Head(size, b"r" * 32), size, size), b"")


def test_a_witness_remembers_one_head_and_never_answers_twice_from_the_same(shelf: Any) -> None:
    shelf.book.keep_seen(answer(3))
    with shelf.book.read() as read:
        seen = read.seen("b.example")
        assert seen == answer(3).after
        assert read.seen("c.example") == NOTHING_SEEN
    with pytest.raises(LogError) as caught:
        shelf.book.keep_seen(answer(4))
    assert (caught.value.code, caught.value.where) == ("stale", 3)
    shelf.book.keep_seen(answer(4, seen))


# --- from the store's events to entries --------------------------------------------------------------------------


def event_of(name: str, shelf: Any, **more: Any) -> dict[str, Any]:
    digests = {"content_sha256": shelf.digest(1), "envelope_sha256": shelf.digest(2)}
    return {
        "at": shelf.now,
        "ev": name,
        "iss": "urn:ltp:org:ash-vale",
        "jti": "A" * 22,
        "outcome": "ok",
        **digests,
        **more,
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bundle.queued", "sent"),
        ("bundle.sealed", "sent"),
        ("bundle.delivered", "received"),
        ("bundle.rejected", "received"),
    ],
)
def test_an_event_about_a_bundle_becomes_an_entry_without_who_and_which(
    shelf: Any, name: str, kind: str
) -> None:
    (data,) = log.entries_of([event_of(name, shelf)])
    digests = {"content_sha256": shelf.digest(1), "envelope_sha256": shelf.digest(2)}
    assert leaf.read(data, 0) == {"v": 1, "kind": kind, "at": shelf.now, **digests}


def test_an_event_of_a_relay_becomes_an_entry(shelf: Any) -> None:
    event = event_of("message.held", shelf)
    del event["content_sha256"]
    (data,) = log.entries_of([event])
    assert leaf.read(data, 0)["kind"] == "held"


def test_an_event_about_a_receipt_becomes_an_entry_that_is_found_by_the_receipt(shelf: Any) -> None:
    event = event_of("receipt.accepted.received", shelf, receipt_sha256=shelf.digest(3), status="accepted")
    entries = log.entries_of([event])
    assert leaf.read(entries[0], 0) == {
        "v": 1,
        "kind": "receipt",
        "at": shelf.now,
        "content_sha256": shelf.digest(1),
        "receipt_sha256": shelf.digest(3),
        "status": "accepted",
    }
    shelf.book.writer.run(each(log.append), entries)
    with shelf.book.read() as read:
        assert read.find(shelf.digest(3)) == [0]


def test_what_has_no_digests_yet_has_no_entry(shelf: Any) -> None:
    waiting = {"at": shelf.now, "ev": "bundle.queued", "iss": "urn:ltp:org:ash-vale", "outcome": "ok"}
    assert len(log.entries_of([waiting, event_of("bundle.queued", shelf)])) == 1
