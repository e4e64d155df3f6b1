"""The keys and names of a gateway's log and of its witness, in the gateway's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from gateway.files import Home, HomeError
from gateway.log.book import Book
from gateway.store.writer import Writer
from signing import KeySet
from signing.log.keys import Identity, LogKey
from signing.log.witness import Witness

LOG, WITNESS = "log", "witness"


def name_of(role: str, gateway: str) -> str:
    """What a gateway's log or witness is called; it stays when the gateway's address changes."""
    return f"w3id.org/ltp/{role}/{gateway.rpartition(':')[2]}"


def make_log_keys(home: Home) -> None:
    """Makes the keys of the log and of the witness. Raises HomeError when there are some already."""
    for role in (LOG, WITNESS):
        if _file(home, role).exists():
            raise HomeError(f"There are keys already: {_file(home, role)}.")
    for role in (LOG, WITNESS):
        home.write_keys(_file(home, role), KeySet(log=(LogKey.generate(),)))


def has_log(home: Home) -> bool:
    """Whether this gateway has a log."""
    return _file(home, LOG).exists()


def public_keys(home: Home) -> dict[str, Any]:
    """The verifier keys for the directory's entry about this gateway and for those who trust its witness."""
    return {role: _identity(home, role).vkeys() for role in (LOG, WITNESS)}


def open_book(home: Home) -> Book:
    """The log of this gateway. Raises HomeError when it has none, SchemaBehind for an old database."""
    return Book.open(home.store, name_of(LOG, home.settings.gateway), _key(home, LOG))


def book_on(home: Home, reads: Engine, writer: Writer) -> Book:
    """The log of this gateway in a database that is open already. Raises HomeError when it has none."""
    return Book(name_of(LOG, home.settings.gateway), _key(home, LOG), reads, writer)


def witness_of(home: Home, logs: Mapping[str, Identity]) -> Witness:
    """The witness of this gateway over these logs. Raises HomeError when it has none."""
    return Witness(name_of(WITNESS, home.settings.gateway), _key(home, WITNESS), logs)


def _identity(home: Home, role: str) -> Identity:
    return _key(home, role).identity(role, name_of(role, home.settings.gateway))


def _key(home: Home, role: str) -> LogKey:
    path = _file(home, role)
    if not path.exists():
        raise HomeError(f"This gateway has no keys for a {role} yet: run ltp log init.")
    return home.keys(path).log[-1]


def _file(home: Home, role: str) -> Path:
    return home.settings.path(f"{role}.keys")
