"""A gateway's log in a database of its own, with fixed keys and a fixed clock."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.log.book import Book
from gateway.store import log, upgrade
from gateway.store.engine import open_engine
from gateway.store.writer import each
from signing.encoding import b64u
from signing.log import leaf
from signing.log.keys import LogKey

NOW = 1_790_000_000
ORIGIN = "w3id.org/ltp/log/ash"
_append = each(log.append)


def seed(name: object) -> bytes:
    return hashlib.sha256(f"{name}".encode()).digest()


def log_key(name: str) -> LogKey:
    return LogKey.from_seeds(seed(f"{name} ed25519"), seed(f"{name} ml-dsa-44"))


@dataclass
class Shelf:
    """A book with what a test does to it."""

    path: Path
    book: Book
    now: int = NOW

    def digest(self, name: object) -> str:
        return b64u(seed(name))

    def entry(self, number: int, at: int = NOW) -> bytes:
        return leaf.entry(
            "sent", at, content_sha256=self.digest(number), envelope_sha256=self.digest(-number)
        )

    def entries(self, count: int, start: int = 0) -> list[bytes]:
        return [self.entry(number) for number in range(start, start + count)]

    def add(self, count: int, start: int = 0) -> list[bytes]:
        entries = self.entries(count, start)
        self.book.writer.run(_append, entries)
        return entries

    def tamper(self, statement: str, *values: object) -> None:
        """What somebody with access to the database does."""
        engine = open_engine(self.path, writer=True)
        with engine.connect() as connection, connection.begin():
            connection.connection.cursor().execute(statement, values)
        engine.dispose()


def shelf_in(folder: Path, name: str = "ash") -> Shelf:
    path = folder / f"{name}.sqlite"
    upgrade(path)
    return Shelf(path, Book.open(path, f"w3id.org/ltp/log/{name}", log_key(name)))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = shelf_in(tmp_path)
    yield made
    made.book.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Shelf]:
    made = shelf_in(tmp_path, "north")
    yield made
    made.book.close()
