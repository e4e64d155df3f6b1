"""Whose files there are and how far each has come: a small database beside the blobs (docs/adr/0017).

It holds ids, addresses, states and times; nothing in it tells anything about a child. The key of a file is here only
while the file waits for its transfer, sealed by the vault; afterwards it is in the bundle and nowhere else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    union,
    update,
)

from gateway.store.engine import open_engine

_metadata = MetaData()

#: A file that an organisation's own system hands in; without an address until it is whole.
_upload = Table(
    "upload",
    _metadata,
    Column("org", String(80), primary_key=True),
    Column("upload_id", String(36), primary_key=True),
    Column("key_id", String(36), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("address", String(64), nullable=True),
    Column("sha256", String(64), nullable=True),
    Column("created_ms", BigInteger, nullable=False),
)

#: A file that another organisation may fetch here: ours to them, or brought here for them.
_travelling = Table(
    "travelling",
    _metadata,
    Column("address", String(64), primary_key=True),
    Column("reader", String(80), primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
)

#: A file that a received bundle names, until it is erased. ``due_ms`` is NULL once nothing more is to be done.
_arrival = Table(
    "arrival",
    _metadata,
    Column("org", String(80), primary_key=True),
    Column("bundle_id", String(36), primary_key=True),
    Column("attachment_id", String(36), primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("scan", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=True),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_arrival_due_ms", "due_ms"),
)


class FileState(StrEnum):
    """How far a received file has come. Only an ``available`` one is given out."""

    WAITING = "waiting"
    AVAILABLE = "available"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Upload:
    """One row of a file that is handed in."""

    org: str
    upload_id: str
    key_id: str
    secret: bytes = field(repr=False)
    size: int
    address: str | None
    sha256: str | None
    created_ms: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of a file that is to come, or came, with a bundle."""

    org: str
    bundle_id: str
    attachment_id: str
    address: str
    state: FileState
    code: str
    scan: str
    attempts: int
    due_ms: int | None
    created_ms: int


class Ledger:
    """The database of one gateway's files; every write is on the disk when its method returns."""

    def __init__(self, path: Path) -> None:
        self._engine = open_engine(path, writer=True)
        with self._engine.begin() as connection:
            _metadata.create_all(connection)

    def close(self) -> None:
        """Gives the database file back."""
        self._engine.dispose()

    # --- handed in ------------------------------------------------------------------------------------------

    def upload(self, org: str, upload_id: str) -> Upload | None:
        """A file that an organisation hands in, if there is one with this id."""
        t = _upload.c
        rows = self._rows(select(_upload).where(t.org == org, t.upload_id == upload_id))
        return Upload(**rows[0]._mapping) if rows else None

    def add_upload(self, new: Upload) -> None:
        """Begins one; in the place of one with the same id of which nothing was kept."""
        t = _upload.c
        with self._engine.begin() as connection:
            connection.execute(delete(_upload).where(t.org == new.org, t.upload_id == new.upload_id))
            connection.execute(insert(_upload).values(asdict(new)))

    def uploaded(self, upload: Upload, address: str, sha256: str) -> None:
        """It is whole, and under its address."""
        t = _upload.c
        mine = (t.org == upload.org, t.upload_id == upload.upload_id)
        with self._engine.begin() as connection:
            connection.execute(update(_upload).where(*mine).values(address=address, sha256=sha256))

    def drop_upload(self, org: str, upload_id: str) -> None:
        """Forgets it, and its key with it."""
        t = _upload.c
        with self._engine.begin() as connection:
            connection.execute(delete(_upload).where(t.org == org, t.upload_id == upload_id))

    def uploads_before(self, before_ms: int) -> list[Upload]:
        """Those that were begun before a time."""
        rows = self._rows(select(_upload).where(_upload.c.created_ms < before_ms))
        return [Upload(**row._mapping) for row in rows]

    # --- for others -----------------------------------------------------------------------------------------

    def may_travel(self, addresses: Iterable[str], reader: str, until_ms: int) -> None:
        """Lets an organisation's gateways fetch these files; for the longer time of two."""
        t = _travelling.c
        with self._engine.begin() as connection:
            for address in addresses:
                mine = (t.address == address, t.reader == reader)
                known = connection.execute(select(t.until_ms).where(*mine)).scalar()
                if known is None:
                    row = {"address": address, "reader": reader, "until_ms": until_ms}
                    connection.execute(insert(_travelling).values(row))
                elif known < until_ms:
                    connection.execute(update(_travelling).where(*mine).values(until_ms=until_ms))

    def readers(self, address: str, now_ms: int) -> frozenset[str]:
        """The organisations whose gateways may fetch a file now."""
        t = _travelling.c
        rows = self._rows(select(t.reader).where(t.address == address, t.until_ms > now_ms))
        return frozenset(row.reader for row in rows)

    def travelling(self, now_ms: int) -> set[tuple[str, str]]:
        """Each file that somebody may fetch now, with that organisation."""
        t = _travelling.c
        rows = self._rows(select(t.address, t.reader).where(t.until_ms > now_ms))
        return {(row.address, row.reader) for row in rows}

    # --- received -------------------------------------------------------------------------------------------

    def expect(self, arrivals: Iterable[Arrival]) -> None:
        """Notes files that are to come. One that is noted already stays as it is."""
        with self._engine.begin() as connection:
            for arrival in arrivals:
                mine = select(_arrival.c.org).where(*_this(arrival))
                if connection.execute(mine).first() is None:
                    connection.execute(insert(_arrival).values(asdict(arrival)))

    def move(self, arrival: Arrival) -> None:
        """Keeps how far a file has come."""
        with self._engine.begin() as connection:
            connection.execute(update(_arrival).where(*_this(arrival)).values(asdict(arrival)))

    def forget(self, arrival: Arrival) -> None:
        """Takes a note away; without others the file itself goes with the next clearing."""
        with self._engine.begin() as connection:
            connection.execute(delete(_arrival).where(*_this(arrival)))

    def arrivals(self, org: str, bundle_id: str) -> list[Arrival]:
        """The files of one received bundle."""
        t = _arrival.c
        return self._arrivals(select(_arrival).where(t.org == org, t.bundle_id == bundle_id))

    def due(self, now_ms: int, limit: int) -> list[Arrival]:
        """Files for which something is to be done now, the longest waiting first."""
        t = _arrival.c
        return self._arrivals(select(_arrival).where(t.due_ms <= now_ms).order_by(t.due_ms).limit(limit))

    def quarantine(self, org: str) -> list[Arrival]:
        """What an operator has to decide about."""
        t = _arrival.c
        return self._arrivals(select(_arrival).where(t.org == org, t.state == FileState.QUARANTINED))

    def all_arrivals(self) -> list[Arrival]:
        """Every note about a received file, for the clearing."""
        return self._arrivals(select(_arrival))

    # --- clearing -------------------------------------------------------------------------------------------

    def wanted(self, now_ms: int) -> frozenset[str]:
        """Every address that something here refers to."""
        kept = [state for state in FileState if state not in (FileState.REFUSED, FileState.DESTROYED)]
        sources = (
            select(_upload.c.address).where(_upload.c.address.isnot(None)),
            select(_travelling.c.address).where(_travelling.c.until_ms > now_ms),
            select(_arrival.c.address).where(_arrival.c.state.in_(kept)),
        )
        with self._engine.begin() as connection:
            return frozenset(connection.execute(union(*sources)).scalars())

    def end_travels(self, now_ms: int) -> None:
        """Forgets whose time to fetch is over."""
        with self._engine.begin() as connection:
            connection.execute(delete(_travelling).where(_travelling.c.until_ms <= now_ms))

    def _arrivals(self, query: Select[Any]) -> list[Arrival]:
        return [_read(row) for row in self._rows(query)]

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        with self._engine.begin() as connection:
            return list(connection.execute(query))


def _this(arrival: Arrival) -> Iterator[Any]:
    for name in ("org", "bundle_id", "attachment_id", "address"):
        yield _arrival.c[name] == getattr(arrival, name)


def _read(row: Row[Any]) -> Arrival:
    found = dict(row._mapping)
    return Arrival(**{**found, "state": FileState(found["state"])})
