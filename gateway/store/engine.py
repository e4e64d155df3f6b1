"""Opening the database: one URL chooses it, and the settings that the measurements asked for.

SQLite: WAL, ``synchronous=FULL`` (free once commits are grouped), ``BEGIN IMMEDIATE`` for the writer (a
deferred begin fails at once under contention), a read-only pool for readers, and a SQLite new enough to be
free of the WAL-reset bug, which Python's own often is not.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool

#: Older versions can corrupt a WAL database when two connections write and checkpoint at once.
SAFE_SQLITE = (3, 51, 3)


#: What every connection to a database of ours is set to.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


class UnsafeDatabase(RuntimeError):
    """The SQLite library on this machine is too old to be trusted with a record."""


def sqlite_module() -> Any:  # noqa: ANN401 - a DB-API module has no type of its own
    """The DB-API module whose SQLite is safe to use; raises UnsafeDatabase where there is none."""
    import sqlite3

    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return sqlite3
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        raise UnsafeDatabase(
            f"SQLite {sqlite3.sqlite_version} can corrupt a database in WAL mode and the package pysqlite3 "
            "is not installed; install the project's own requirements"
        ) from None
    if dbapi2.sqlite_version_info < SAFE_SQLITE:
        raise UnsafeDatabase(
            f"pysqlite3 brings SQLite {dbapi2.sqlite_version}, which is too old for WAL mode"
        )
    return dbapi2


def open_engine(path: Path, *, writer: bool) -> Engine:
    """An engine on the SQLite file ``path``: one connection for the writer, a small pool for readers."""
    engine = create_engine(
        f"sqlite:///{path}",
        module=sqlite_module(),
        poolclass=QueuePool,
        pool_size=1 if writer else 4,
        max_overflow=0 if writer else 8,
        # An error that prints its bound values prints pupils' data into a log.
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    def configure(connection: DBAPIConnection, _record: object) -> None:
        # The driver's own transaction handling is switched off; `begin` below is the only one.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if not writer:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    event.listen(engine, "connect", configure)
    if writer:
        event.listen(engine, "begin", _begin)
    # A reader runs single statements, each of which is a transaction of its own.
    return engine


def _begin(connection: Connection) -> None:
    connection.connection.cursor().execute("BEGIN IMMEDIATE")
