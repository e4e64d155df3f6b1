"""Which code the home school's register shows for a session: the table of `v1/register-codes.json`.

A code that the list of attendance codes does not know is never judged: publishers add codes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from schemas.codes import look_up


@dataclass(frozen=True, slots=True)
class Codes:
    """Some codes, named one by one or by their category in the list of attendance codes."""

    categories: frozenset[str]
    codes: frozenset[str]

    def __contains__(self, code: str) -> bool:
        """Say whether a code is one of these."""
        known = look_up("attendance-codes", code)
        return code in self.codes or (known is not None and known.category in self.categories)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What the table asks of a placement."""

    arranged_by: str
    registered_there: bool
    delivery: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; an empty set and None stand for anything."""

    name: str
    rule: str
    arranged_by: frozenset[str]
    registered_there: bool | None
    delivery: frozenset[str]
    session: frozenset[str]
    home: Codes

    def covers(self, arrangement: Arrangement, session: str) -> bool:
        """Say whether the row is about such a session of such a placement."""
        return (
            session in self.session
            and (not self.arranged_by or arrangement.arranged_by in self.arranged_by)
            and (not self.delivery or arrangement.delivery in self.delivery)
            and self.registered_there in (None, arrangement.registered_there)
        )


@lru_cache(maxsize=256)
def session_of(mark: str) -> str | None:
    """Return what a mark says of a session (attended, absent ...), None for one that says none of it."""
    return next((name for name, codes in _sessions().items() if mark in codes), None)


@lru_cache(maxsize=256)
def known(mark: str) -> bool:
    """Say whether the list gives a mark a category; one that it does not know or only keeps may mean anything."""
    found = look_up("attendance-codes", mark)
    return found is not None and found.category is not None


def is_late(mark: str) -> bool:
    """Say whether a mark is that of a pupil who came after all."""
    return mark in _data()["late"]


@lru_cache(maxsize=256)
def row_for(arrangement: Arrangement, session: str) -> Row | None:
    """Return the first row that covers a session, None if the table says nothing of it."""
    return next((row for row in rows() if row.covers(arrangement, session)), None)


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of the table, in their order."""
    return tuple(_row(entry) for entry in _data()["rows"])


def _row(entry: Mapping[str, Any]) -> Row:
    return Row(
        name=entry["name"],
        rule=entry["rule"],
        arranged_by=frozenset(entry.get("arrangedBy", ())),
        registered_there=entry.get("registeredThere"),
        delivery=frozenset(entry.get("delivery", ())),
        session=frozenset(entry["session"]),
        home=_codes(entry["home"]),
    )


def _codes(entry: Mapping[str, Any]) -> Codes:
    return Codes(frozenset(entry["categories"]), frozenset(entry["codes"]))


@cache
def _sessions() -> Mapping[str, Codes]:
    found = _data()["sessions"]
    return {name: _codes(entry) for name, entry in found.items() if name != "note"}


@cache
def _data() -> dict[str, Any]:
    text = (resources.files("schemas") / "v1" / "register-codes.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
