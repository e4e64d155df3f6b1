"""Statements of the hot path: written by SQLAlchemy once, given straight to the driver every time.

SQLAlchemy knows the tables and the dialects, so it writes the SQL. Its own way of running a statement costs ten
times what the database itself does, and a transfer runs some forty of them. All columns here are text, whole
numbers and bytes, which the drivers take and give as they are.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement in the words of one dialect; ``order`` is that of parameters that have no names there."""

    sql: str
    order: tuple[str, ...] | None
    constants: Values

    def parameters(self, values: Values) -> Any:  # noqa: ANN401 - by name or in order
        known = {**self.constants, **values} if self.constants else values
        return known if self.order is None else [known[name] for name in self.order]


class Prepared:
    """One statement, run in the transaction of the connection that it is given."""

    def __init__(self, clause: Select[Any] | Insert | Update | Delete) -> None:
        self._clause = clause
        self._texts: dict[str, _Text] = {}
        self._row = _row(list(map(str, clause.exported_columns.keys())))

    def run(self, connection: Connection, values: Values) -> int:
        """Runs it and says how many rows it changed."""
        return int(self._execute(connection, values).rowcount)

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Runs it for each of several rows."""
        text = self._text(connection.dialect)
        connection.connection.cursor().executemany(text.sql, [text.parameters(values) for values in rows])

    def all(self, connection: Connection, values: Values) -> list[Any]:
        """The rows that it gives, with their columns as members."""
        return [self._row(*row) for row in self._execute(connection, values).fetchall()]

    def first(self, connection: Connection, values: Values) -> Any:  # noqa: ANN401 - a row with its columns
        """The first row that it gives, or None."""
        # All are fetched: a statement that is still going on would stand in the way of the commit.
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def _execute(self, connection: Connection, values: Values) -> Any:  # noqa: ANN401 - the driver's cursor
        text = self._text(connection.dialect)
        cursor = connection.connection.cursor()
        cursor.execute(text.sql, text.parameters(values))
        return cursor

    def _text(self, dialect: Dialect) -> _Text:
        known = self._texts.get(dialect.name)
        if known is None:
            known = self._texts[dialect.name] = _compiled(self._clause, dialect)
        return known


def _row(names: list[str]) -> Callable[..., Any]:
    made: Callable[..., Any] = namedtuple("Row", names)  # type: ignore[misc]  # as many as there are
    return made


def _compiled(clause: Select[Any] | Insert | Update | Delete, dialect: Dialect) -> _Text:
    compiled = clause.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what every statement of ours compiles to
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    order = tuple(compiled.positiontup or ()) if compiled.positional else None
    return _Text(compiled.string, order, constants)
