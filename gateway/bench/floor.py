"""The group-commit floor: what the disk and the database allow with nothing in front of them.

The rows of a held message, and of its audit record, are prepared beforehand and written by one thread in
transactions of 64 through the bare driver, into the very tables and under the very settings of the store.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import orjson

from gateway.store import upgrade
from gateway.store.engine import PRAGMAS, sqlite_module
from gateway.store.writer import GROUP
from signing import peek

_HELD = "INSERT INTO held (iss, jti, org, aud, envelope_sha256, exp, received_ms, envelope) VALUES (?,?,?,?,?,?,?,?)"
_AUDIT = "INSERT INTO audit (record, leaf) VALUES (?, ?)"

#: A row of ``held`` and the row of ``audit`` that goes with it.
Rows = tuple[tuple[Any, ...], tuple[bytes, bytes]]


def held_rows(envelopes: Iterable[bytes], now: int) -> list[Rows]:
    """What the store writes when it holds these messages."""
    return [_rows(envelope, now) for envelope in envelopes]


def _rows(envelope: bytes, now: int) -> Rows:
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
    return held, (record, hashlib.sha256(b"\x00" + record).digest())


class Floor:
    """A store's database, opened by the bare driver. A context manager."""

    def __init__(self, path: Path) -> None:
        upgrade(path)
        self._connection = connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def per_second(self, rows: Sequence[Rows]) -> float:
        """How many messages a second are on the disk, in transactions of 64."""
        start = time.perf_counter()
        for first in range(0, len(rows), GROUP):
            group = rows[first : first + GROUP]
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_HELD, [held for held, _ in group])
            self._connection.executemany(_AUDIT, [audit for _, audit in group])
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
