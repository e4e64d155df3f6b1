"""Rows that say something about a learner who stands elsewhere: attendance, behaviour, concerns.

Which learner a row is about is told by whatever the row has: UPN, the system's own number, a name. None of them is
looked up here, and a name alone never says who somebody is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.base import Hints, LossReport
from adapters.errors import CannotRead
from adapters.table import cells
from adapters.table.cells import Convert, Note
from adapters.table.columns import Column, other_sheets, report
from adapters.table.headings import Layout, known_reasons
from adapters.table.names import name
from adapters.table.reading import Table
from schemas.findings import Finding

Fields = dict[str, Any]

_CONVERT: Mapping[str, Convert] = {"upn": cells.upn, "date": cells.day, "start": cells.day, "end": cells.day}


class Rows:
    """The rows of a table as fields, with what was noticed; the caller makes drafts of them."""

    def __init__(
        self, source: str, table: Table, known: Layout, hints: Hints, convert: Mapping[str, Convert]
    ) -> None:
        self._source = source
        self._table = table
        self._hints = hints
        self._kind = known.name
        ways = {**_CONVERT, **convert}
        self.columns = {
            field: Column(place, field, table.headings[place], ways.get(field, name))
            for place, field in known.columns(table.headings).items()
        }
        self.findings: list[Finding] = list(table.findings)
        self.count = 0

    def __iter__(self) -> Iterator[tuple[int, Fields]]:
        """Yield each row's number and fields, or raise CannotRead for more rows than are read here."""
        width = len(self._table.headings)
        for row, texts in self._table.rows:
            if not any(texts):
                continue
            self.count += 1
            # An event is shorter than a pupil: as many are allowed to each pupil as a year has school days.
            if self.count > self._hints.max_pupils * 200:
                raise CannotRead(self._too_many())
            if any(texts[width:]):
                self.note(row, "", MOVED)
            if self._table.nul and any("\0" in text for text in texts):
                self.note(row, "", NUL)
            yield row, self._fields(row, texts)

    def _fields(self, row: int, texts: Sequence[str]) -> Fields:
        fields: Fields = {}
        for field, column in self.columns.items():
            if column.place < len(texts) and texts[column.place]:
                read = column.value(texts[column.place])
                if read.note is not None:
                    self.note(row, field, read.note)
                if read.value is not None:
                    fields[field] = read.value
        return fields

    def note(self, row: int, field: str, note: Note) -> None:
        """Keep a finding about a cell, a row, or (row 0) the file."""
        if field in self.columns:
            self.findings.append(self.columns[field].finding(self._source, note, row))
            return
        pointer, where = (f"/row/{row}", f"Row {row}: ") if row else ("", "")
        self.findings.append(
            Finding(f"{self._source}.{note.code}", note.severity, pointer, where + note.message, note.fix)
        )

    def told(self) -> list[Finding]:
        """Return the findings since the last time."""
        told, self.findings = self.findings, []
        return told

    def about(self, row: int, fields: Fields) -> Fields:
        """Return who a row is about; without any number a person has to say it, and without anything it is a fault."""
        told: Fields = {member: fields[member] for member in ("upn", "localId", "name") if member in fields}
        if not told:
            self.note(row, "", NOBODY)
        elif told.keys() == {"name"}:
            self.note(row, "name", NAME_ONLY)
        return told

    def report(self, left_out: Mapping[str, str] | None = None) -> LossReport:
        """Return the account of the table; `left_out` gives the reason for fields that went into no draft."""
        left = left_out or {}
        taken = [column for field, column in self.columns.items() if field not in left]
        reasons = {column.place: left[field] for field, column in self.columns.items() if field in left}
        known = known_reasons(self._kind)
        return report(taken, self._table.headings, known, self.count, reasons, other_sheets(self._table))

    def _too_many(self) -> Finding:
        return Finding(
            f"{self._source}.too_many_rows",
            "error",
            "",
            f"The file has more than {self._hints.max_pupils * 200} rows, the most that is read here.",
            "Export a shorter time or fewer pupils into one file, or raise the limit.",
        )


MOVED = Note(
    "moved",
    "error",
    "This row has more cells than there are headings, so its cells may have moved to other columns.",
    "Look for a comma or a quotation mark in one of its cells, and export the file again.",
)
NUL = Note(
    "nul",
    "error",
    "There are zero bytes in this row, so the file is damaged or of another kind.",
    "Export the file again.",
)
NOBODY = Note(
    "nobody",
    "error",
    "This row does not say which pupil it is about.",
    "Export the file again with the UPN or the admission number.",
)
NAME_ONLY = Note(
    "name_only",
    "warning",
    "This row names the pupil and has no number, so a person must say who it is.",
    "Export the file again with the UPN or the admission number, or choose the pupil.",
)
