"""The version of the tables: made and raised by ``ltp db upgrade``, checked, never changed, at start-up."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from gateway.store.engine import open_engine

_SCRIPTS = Path(__file__).with_name("migrations")


class SchemaBehind(RuntimeError):
    """The database has other tables than this program; the text says what to do."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


@cache
def newest() -> str:
    """The revision that this program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaBehind("the program brings no migrations")
    return head


def upgrade(path: Path) -> str:
    """Brings the database at ``path`` (made if absent) to the newest revision and returns that revision."""
    engine = open_engine(path, writer=True)
    try:
        # Batch migrations copy tables, which foreign keys would stop; they are checked again afterwards.
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
            with connection.begin():
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()
    return newest()


def check_current(engine: Engine) -> None:
    """Returns when the tables are the newest. Raises SchemaBehind otherwise."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != newest():
        raise SchemaBehind(
            f"The database is at revision {current or 'none'}, this program needs {newest()}. "
            "Stop the gateway, back it up, and run: ltp db upgrade"
        )
