"""The columns of one table while it is read: what each cell became, remembered, and counted for the report."""

from collections import Counter
from collections.abc import Mapping, Sequence

from adapters.base import Loss, LossReport
from adapters.table.cells import Convert, Note, Value
from adapters.table.headings import plain, shown
from adapters.table.reading import Table
from schemas.findings import Finding

_REMEMBERED = 20_000
_SAFE_START = "'"
_GUARDED = ("=", "+", "-", "@", "\t", "\r")


class Column:
    """One column that goes into a draft. Equal cells are converted once, as long as memory allows."""

    __slots__ = ("_convert", "_known", "changed", "field", "label", "ordinary", "place", "used")

    def __init__(self, place: int, field: str, heading: str, convert: Convert) -> None:
        self.place = place
        self.field = field
        self.label = shown(heading, place)
        self._convert = convert
        self._known: dict[str, Value] = {}
        self.used = 0
        self.changed: Counter[str] = Counter()
        #: Cells that gave a value and nothing else to say, by their text.
        self.ordinary: dict[str, object] = {}

    def value(self, text: str) -> Value:
        """Return what a cell says, spaces around it apart."""
        known = self._known.get(text)
        if known is None:
            known = self._read(text)
            if len(self._known) < _REMEMBERED:
                self._known[text] = known
                if known.note is None and not known.changed and known.value is not None:
                    self.ordinary[text] = known.value
        self.used += known.value is not None
        if known.changed:
            self.changed[known.changed] += 1
        return known

    def _read(self, text: str) -> Value:
        plain = text.strip()
        if plain.startswith(_SAFE_START) and plain[1:2] in _GUARDED:
            # What a spreadsheet is kept from taking for a formula is written with an apostrophe before it.
            plain = plain[1:].strip()
        return self._convert(plain) if plain else _EMPTY

    def finding(self, source: str, note: Note, row: int) -> Finding:
        """Return what was noticed about a cell, with its row and column."""
        where = f"Row {row}, {self.label}: "
        return Finding(
            f"{source}.{note.code}",
            note.severity,
            f"/row/{row}/{self.place + 1}",
            where + note.message,
            note.fix,
        )


_EMPTY = Value(None)


def report(
    columns: Sequence[Column],
    headings: Sequence[str],
    ignored: Mapping[str, str],
    rows: int,
    left_out: Mapping[int, str],
    others: Sequence[Loss],
) -> LossReport:
    """Return the account of a table: each column is used, ignored or unmapped; `others` was left out beside them.

    `ignored` gives the reason for each heading that is known and has no place, as `headings.plain` writes it, and
    `left_out` the reason for columns of this one file by their place.
    """
    taken = {column.place for column in columns}
    left: tuple[list[Loss], list[Loss]] = ([], [])
    for place, heading in enumerate(headings):
        if place not in taken:
            reason = left_out.get(place) or ignored.get(plain(heading))
            left[reason is None].append(
                Loss(shown(heading, place), reason or "not known to this reader", rows)
            )
    return LossReport(
        tuple(Loss(column.label, "", column.used) for column in columns),
        (*left[0], *others),
        tuple(left[1]),
        tuple(
            Loss(column.label, note, times) for column in columns for note, times in column.changed.items()
        ),
    )


def other_sheets(table: Table) -> list[Loss]:
    """Return what a workbook has besides the sheet that was read."""
    if not table.other_sheets:
        return []
    return [Loss("other sheets", "only the first sheet with known headings is read", table.other_sheets)]
