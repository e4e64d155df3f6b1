"""The group-commit floor: what the disk and the database allow with nothing in front of them.

The rows of a held message, of its audit record and of its entry in the log are prepared beforehand, with all
hashes, and written by one thread in transactions of 64 through the bare driver, into the very tables and under
the very settings of the store.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from gateway.store import upgrade
from gateway.store.engine import PRAGMAS, sqlite_module
from gateway.store.writer import GROUP
from signing import peek
from signing.log import leaf
from signing.log.merkle import completed, edge_after, leaf_hash

_HELD = "INSERT INTO held (iss, jti, org, aud, envelope_sha256, exp, received_ms, envelope) VALUES (?,?,?,?,?,?,?,?)"
_AUDIT = "INSERT INTO audit (record, leaf) VALUES (?, ?)"
_ENTRY = "INSERT INTO log_entry (place, entry, subject, nodes) VALUES (?, ?, ?, ?)"
_HEAD = "UPDATE log_head SET size = ?, edge = ?"

_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """What one message leaves: rows of ``held``, ``audit`` and ``log_entry``, and the log's head behind it."""

    held: _Row
    audit: _Row
    entry: _Row
    head: _Row


def _message_rows(envelope: bytes, now: int) -> tuple[_Row, _Row, str]:
    outside = peek(envelope)
    event = {
        "at": now,
        "ev": "message.held",
        "iss": outside.iss,
        "jti": outside.jti,
        "envelope_sha256": outside.envelope_sha256,
        "outcome": "ok",
    }
    record = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    held = (
        outside.iss,
        outside.jti,
        outside.aud.partition("/")[0],
        outside.aud,
        outside.envelope_sha256,
        outside.exp,
        now * 1000,
        envelope,
    )
    return held, (record, hashlib.sha256(b"\x00" + record).digest()), outside.envelope_sha256


class Floor:
    """A store's database, opened by the bare driver. A context manager."""

    def __init__(self, path: Path) -> None:
        upgrade(path)
        self._connection = connect(path)
        self._size = 0
        self._edge: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def prepare(self, envelopes: Iterable[bytes], now: int) -> list[Rows]:
        """What the store writes when it holds these messages, behind those that were prepared before."""
        return [self._prepared(envelope, now) for envelope in envelopes]

    def _prepared(self, envelope: bytes, now: int) -> Rows:
        held, audit, digest = _message_rows(envelope, now)
        entry = leaf.entry("held", now, envelope_sha256=digest)
        nodes = completed(self._edge, self._size, leaf_hash(entry))
        row = (self._size, entry, digest, b"".join(nodes))
        self._edge, self._size = edge_after(self._edge, nodes), self._size + 1
        return Rows(held, audit, row, (self._size, b"".join(self._edge)))

    def per_second(self, rows: Sequence[Rows]) -> float:
        """How many messages a second are on the disk, in transactions of 64."""
        start = time.perf_counter()
        for first in range(0, len(rows), GROUP):
            group = rows[first : first + GROUP]
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_HELD, [row.held for row in group])
            self._connection.executemany(_AUDIT, [row.audit for row in group])
            self._connection.executemany(_ENTRY, [row.entry for row in group])
            self._connection.execute(_HEAD, group[-1].head)
            self._connection.execute("COMMIT")
        return len(rows) / (time.perf_counter() - start)


def connect(path: Path) -> Any:  # noqa: ANN401 - the bare driver's connection
    """A connection of the bare driver with the settings of the store."""
    connection = sqlite_module().connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def count_held(path: Path) -> int:
    """How many messages a relay's database holds."""
    connection = connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM held").fetchone()[0])
    finally:
        connection.close()
