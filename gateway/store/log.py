"""The transparency log on disk: entries, the nodes of the tree over them, checkpoints, and what a witness saw.

Rows of ``log_entry`` are only ever added. Each holds an entry and the hashes of all complete subtrees that end
with it, its own leaf hash first: two hashes on average, and a proof reads at most two rows for each level of the
tree. ``log_head`` is one row, by which writers wait for each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from gateway.store.prepared import Prepared
from gateway.store.tables import metadata
from signing.log import leaf
from signing.log.errors import LogError
from signing.log.merkle import (
    EMPTY_ROOT,
    HASH_LENGTH,
    Head,
    Node,
    Range,
    completed,
    consistency_ranges,
    edge_after,
    fold,
    hashes_of,
    inclusion_ranges,
    leaf_hash,
    nodes_of,
)
from signing.log.witness import NOTHING_SEEN, Cosigned, Seen

#: One row per entry; ``subject`` is the digest by which it is looked for.
entry = Table(
    "log_entry",
    metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    Column("subject", String(43), nullable=False),
    Column("nodes", LargeBinary, nullable=False),
    Index("ix_log_entry_subject", "subject"),
)

#: The one row that says how far the log goes and with which subtrees it ends.
head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("edge", LargeBinary, nullable=False),
)

#: The newest checkpoint that was signed at each size, with the lines of its witnesses.
checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
)

#: As a witness: the head of each log that was signed last.
seen = Table(
    "log_seen",
    metadata,
    Column("origin", String(255), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("log_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

#: Which digest an entry is looked for by: the first of these that it has.
_SUBJECTS = ("receipt_sha256", "content_sha256", "envelope_sha256")
#: By what an event is about: the kind of its entry, and the members that the entry takes over.
_ABOUT: dict[str, tuple[str, tuple[str, ...]]] = {
    "bundle": ("received", ("content_sha256", "envelope_sha256")),
    "message": ("held", ("envelope_sha256",)),
    "receipt": ("receipt", ("content_sha256", "receipt_sha256", "status")),
}
#: Events about bundles of ours.
_OF_OURS = ("queued", "sealed")
#: More parameters than this in one statement are not asked for.
_AT_ONCE = 500

_read_head = Prepared(select(head.c.size, head.c.edge).with_for_update())
_add = Prepared(insert(entry).values({column.name: bindparam(column.name) for column in entry.c}).inline())
_move_head = Prepared(update(head).values(size=bindparam("size"), edge=bindparam("edge")))


def append(connection: Connection, entries: Sequence[bytes]) -> int:
    """Adds entries that ``signing.log.leaf`` made, in this transaction, and gives the place of the first."""
    row = _read_head.first(connection, {})
    first, edge = int(row.size), _split(row.edge)
    rows = []
    for place, data in enumerate(entries, first):
        new = completed(edge, place, leaf_hash(data))
        edge = edge_after(edge, new)
        rows.append({"place": place, "entry": data, "subject": _subject(data), "nodes": b"".join(new)})
    if rows:
        _add.run_many(connection, rows)
        _move_head.run(connection, {"size": first + len(rows), "edge": b"".join(edge)})
    return first


def entries_of(events: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """The entries about events as ``gateway.store.rows.audit`` records them, in their order.

    In an event about a receipt, ``content_sha256`` is the message's and ``receipt_sha256`` its own. One without its
    digests (a bundle or a receipt that waits to be sealed) has no entry yet. Who sent it, and under which id, stays
    in the audit record.
    """
    return [found for event in events if (found := _entry_of(event)) is not None]


def _entry_of(event: Mapping[str, Any]) -> bytes | None:
    about, _, what = event["ev"].partition(".")
    kind, members = _ABOUT[about]
    if about == "bundle" and what in _OF_OURS:
        kind = "sent"
    if not all(name in event for name in members):
        return None
    return leaf.entry(kind, event["at"], **{name: event[name] for name in members})


def _subject(data: bytes) -> str:
    members = orjson.loads(data)
    return str(next(members[name] for name in _SUBJECTS if name in members))


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[start : start + HASH_LENGTH] for start in range(0, len(hashes), HASH_LENGTH)]


@dataclass(frozen=True, slots=True)
class LogRead:
    """What can be read of the log through one connection."""

    connection: Connection

    def head(self) -> Head:
        """How far the log goes, and its root. Raises LogError when the rows do not fit what is said of them."""
        row = self.connection.execute(select(head.c.size, head.c.edge)).one()
        there = select(func.count()).select_from(entry).where(entry.c.place < row.size)
        count = self.connection.execute(there).scalar_one()
        if count != row.size:
            raise LogError("truncated", count)
        return Head(row.size, fold(_split(row.edge)))

    def root(self, size: int) -> bytes:
        """The root at a size, from the nodes on the disk."""
        if size == 0:
            return EMPTY_ROOT
        return self._hashes([(0, size)])[0]

    def entries(self, start: int, end: int) -> list[bytes]:
        """The entries from one place up to, but without, another."""
        query = select(entry.c.entry).where(entry.c.place >= start, entry.c.place < end)
        return list(self.connection.execute(query.order_by(entry.c.place)).scalars())

    def hashes(self, level: int, start: int, end: int) -> list[bytes]:
        """The hashes of neighbouring complete subtrees of one level."""
        nodes = [(level, place) for place in range(start, end)]
        found = self._nodes(nodes)
        return [found[node] for node in nodes]

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that an entry is in the tree of a size. Raises LogError."""
        return self._hashes(inclusion_ranges(index, size))

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The proof that the tree of one size starts with that of another. Raises LogError."""
        return self._hashes(consistency_ranges(old, size))

    def find(self, digest: str) -> list[int]:
        """The places of the entries about a digest."""
        query = select(entry.c.place).where(entry.c.subject == digest).order_by(entry.c.place).limit(100)
        return list(self.connection.execute(query).scalars())

    def checkpoints(self) -> list[bytes]:
        """Every checkpoint that is kept, the smallest tree first."""
        return list(self.connection.execute(select(checkpoint.c.note).order_by(checkpoint.c.size)).scalars())

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """The checkpoint of a size, or the newest one; None when there is none."""
        query = select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1)
        if size is not None:
            query = query.where(checkpoint.c.size == size)
        return self.connection.execute(query).scalar_one_or_none()

    def seen(self, origin: str) -> Seen:
        """What the witness here signed last of a log."""
        row = self.connection.execute(select(seen).where(seen.c.origin == origin)).one_or_none()
        return NOTHING_SEEN if row is None else Seen(Head(row.size, row.root), row.log_at, row.at)

    def _hashes(self, ranges: Sequence[Range]) -> list[bytes]:
        found = self._nodes([node for leaves in ranges for node in nodes_of(leaves)])
        return hashes_of(ranges, found.__getitem__)

    def _nodes(self, nodes: Sequence[Node]) -> dict[Node, bytes]:
        """The hashes of nodes. Raises LogError when a row is missing."""
        rows: dict[int, bytes] = {}
        for some in _chunks(sorted({_row(node) for node in nodes})):
            query = select(entry.c.place, entry.c.nodes).where(entry.c.place.in_(some))
            rows.update((place, hashes) for place, hashes in self.connection.execute(query))
        found = {}
        for level, place in nodes:
            start = level * HASH_LENGTH
            hashed = rows.get(_row((level, place)), b"")[start : start + HASH_LENGTH]
            if len(hashed) != HASH_LENGTH:
                raise LogError("truncated", _row((level, place)))
            found[level, place] = hashed
        return found


def _row(node: Node) -> int:
    """The place of the last entry under a node: its row has the node's hash."""
    level, place = node
    return (place + 1 << level) - 1


def _chunks(places: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(places), _AT_ONCE):
        yield places[start : start + _AT_ONCE]


def keep_checkpoint(connection: Connection, new: tuple[int, int, bytes]) -> None:
    """Keeps the signed checkpoint (size, time, note) in place of the one before it of the same size."""
    size, at, note = new
    connection.execute(delete(checkpoint).where(checkpoint.c.size == size))
    connection.execute(insert(checkpoint).values(size=size, at=at, note=note))


def keep_seen(connection: Connection, answer: Cosigned) -> None:
    """Keeps what the witness here is about to sign. Raises LogError when it has signed something else meanwhile."""
    now = LogRead(connection).seen(answer.origin)
    if now != answer.before:
        raise LogError("stale", now.head.size)
    after = answer.after
    values = {"size": after.head.size, "root": after.head.root, "log_at": after.log_at, "at": after.at}
    connection.execute(delete(seen).where(seen.c.origin == answer.origin))
    connection.execute(insert(seen).values(origin=answer.origin, **values))
