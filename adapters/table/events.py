"""Many events of one pupil to counts: when the first and the last was, and how many of each kind there were.

What people wrote about an event is taken over only by somebody's explicit choice (`Hints.free_text`), as an entry of
a chronology, and such a draft may go to the desk `dsl` alone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.base import Draft, Hints, Item
from adapters.table.cells import Note, Value
from adapters.table.headings import layout
from adapters.table.reading import Table
from adapters.table.rows import Fields, Rows

Desk = Literal["general", "dsl"]

_TEXTS = ("summary", "note", "reason", "action")
_MOST_TEXT = 10_000
_MOST_KINDS = 100
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Sort:
    """What kind of events a table holds: the layout, the word for them, and the desk that may hear of them."""

    layout: str
    what: str
    desk: Desk


@dataclass(slots=True)
class _Count:
    place: str
    about: Fields
    days: list[str] = field(default_factory=list)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)


def prose(text: str) -> Value:
    """Read what somebody wrote, with its line breaks."""
    plain = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(plain) > _MOST_TEXT:
        return Value(None, _TOO_LONG)
    return Value(plain, changed="" if plain == text else "control characters became spaces")


_CONVERT = dict.fromkeys(_TEXTS, prose)


def items(source: str, table: Table, hints: Hints, sort: Sort) -> Iterator[Item]:
    """Yield the findings, a draft of counts for each pupil, entries if they were asked for, the loss report last."""
    known = layout(sort.layout)
    rows = Rows(source, table, known, hints, _CONVERT)
    counts: dict[tuple[Any, ...], _Count] = {}
    for row, fields in rows:
        about = rows.about(row, fields)
        if "date" not in fields:
            rows.note(row, "date", _NO_DAY)
        if about:
            _add(counts, row, fields, about)
            if hints.free_text and (entry := _entry(fields)):
                yield Draft("chronologyEntry", f"row {row}", entry, about, desk="dsl")
        yield from rows.told()
    for count in counts.values():
        yield Draft("event-counts", count.place, _summary(count, sort.what), count.about, desk=sort.desk)
    yield from rows.told()
    left = (
        {} if hints.free_text else dict.fromkeys(_TEXTS, "what people wrote is taken only by explicit choice")
    )
    yield rows.report({**left, "points": "points mean nothing elsewhere", "awardedBy": "names of staff"})


def _add(counts: dict[tuple[Any, ...], _Count], row: int, fields: Fields, about: Fields) -> None:
    key = (about["upn"],) if "upn" in about else tuple(sorted(about.items()))
    count = counts.get(key)
    if count is None:
        count = counts[key] = _Count(f"row {row} and others of the same pupil", about)
    kind = (fields.get("category", ""), fields.get("type", ""))
    if kind not in count.kinds and len(count.kinds) >= _MOST_KINDS:
        kind = ("other", "")
    count.kinds[kind] += 1
    if day := fields.get("date"):
        count.days = [min([*count.days, day]), max([*count.days, day])]


def _summary(count: _Count, what: str) -> Fields:
    """Return the counts as data; no category means that the file gave none."""
    counted = [
        {**({"category": category} if category else {}), **({"type": kind} if kind else {}), "count": times}
        for (category, kind), times in sorted(count.kinds.items())
    ]
    days = {"first": count.days[0], "last": count.days[1]} if count.days else {}
    return {"what": what, "total": count.kinds.total(), **days, "counts": counted}


def _entry(fields: Fields) -> Fields:
    """Return an entry of a chronology as far as the row has it: its day, what was written, and what was done."""
    concern = next((fields[text] for text in ("summary", "note", "reason") if fields.get(text)), None)
    if concern is None:
        return {}
    entry: Fields = {"concern": concern, "sensitivity": "SG"}
    for member, source in (("date", "date"), ("action", "action"), ("id", "entryId")):
        if source in fields:
            entry[member] = fields[source]
    return entry


_NO_DAY = Note(
    "no_date",
    "warning",
    "This row has no date that can be read, so it is counted without one.",
    "Correct it in the system, or say when it was.",
)
_TOO_LONG = Note(
    "text_too_long",
    "warning",
    f"This text is longer than {_MOST_TEXT} signs and was left out.",
    "Look at it in the system, and write down what matters.",
)
