"""From a stream to a table: its heading row, wherever it stands, and the rows below it, one at a time."""

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from adapters.base import Hints
from adapters.errors import CannotRead
from adapters.head import Head
from adapters.table import workbook
from adapters.table.text import opened
from schemas.findings import Finding

DELIMITERS = ",;\t|"
_FIRST_LINES = 30
_HEAD_SIGNS = 20_000

Fits = Callable[[Sequence[str]], bool]


@dataclass(slots=True)
class Table:
    """The headings, the rows with their numbers as people count them, and what was noticed about the file.

    `findings` grows while rows are read; `nul` says that cells may hold NUL characters.
    """

    headings: Sequence[str]
    rows: Iterator[tuple[int, Sequence[str]]]
    findings: list[Finding] = field(default_factory=list)
    nul: bool = False
    other_sheets: int = 0


def table(stream: BinaryIO, fits: Fits, hints: Hints) -> Table:
    """Return the table whose heading row `fits`, from text or a workbook, or raise CannotRead.

    Delimiters are comma, semicolon, tab or bar; up to 30 lines may stand above the headings.
    """
    stream.seek(0)
    if workbook.is_one(stream.read(8)):
        return _from_workbook(stream, fits, hints)
    return _from_text(stream, fits, hints)


def heading_row(head: Head, fits: Fits) -> bool:
    """Whether the first bytes of a text hold a heading row that fits. Never raises."""
    text = head.start[:_HEAD_SIGNS]
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        if encoding == "utf-16" and text[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        lines = text.decode(encoding, "replace").splitlines(keepends=True)[:_FIRST_LINES]
        if _find(lines, fits) is not None:
            return True
    return False


def _from_text(stream: BinaryIO, fits: Fits, hints: Hints) -> Table:
    text = opened(stream, hints)
    first = list(itertools.islice(text.lines, _FIRST_LINES))
    found = _find(first, fits)
    if found is None:
        raise CannotRead(NO_HEADINGS)
    delimiter, start = found
    reader = csv.reader(itertools.chain(first[start:], text.lines), delimiter=delimiter)
    headings = _guarded(reader, start)
    findings = [_ENCODING] if text.guessed else []
    return Table(next(headings)[1], headings, findings, text.nul)


def _guarded(reader: Iterator[list[str]], above: int) -> Iterator[tuple[int, Sequence[str]]]:
    number = above
    try:
        for number, cells in enumerate(reader, above + 1):
            yield number, cells
    except csv.Error:
        raise CannotRead(_broken_row(number + 1)) from None


def _find(lines: Sequence[str], fits: Fits) -> tuple[str, int] | None:
    """Return the delimiter and the number of lines above the headings."""
    for start, line in enumerate(lines):
        for delimiter in DELIMITERS:
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                continue
            if fits(cells):
                return delimiter, start
    return None


def _from_workbook(stream: BinaryIO, fits: Fits, hints: Hints) -> Table:
    sheets = workbook.sheets(stream, hints)
    for sheet in sheets:
        numbered = enumerate(sheet, 1)
        for _, cells in itertools.islice(numbered, _FIRST_LINES):
            if fits(cells):
                return Table(cells, numbered, other_sheets=len(sheets) - 1)
    raise CannotRead(NO_HEADINGS)


def _broken_row(number: int) -> Finding:
    return Finding(
        "table.broken_row",
        "error",
        f"/row/{number}",
        f"Row {number} cannot be read: a quotation mark is missing, or one cell is longer than 131,072 signs.",
        "Look at this row, and export the file again.",
    )


NO_HEADINGS = Finding(
    "table.no_headings",
    "error",
    "",
    "No row with headings that are known here was found in the first 30 lines, such as UPN, Surname, Date of birth.",
    "Export with headings, or write them above the columns.",
)
_ENCODING = Finding(
    "table.encoding",
    "warning",
    "",
    "The file is not written in UTF-8; it was read as Windows text.",
    "Look at names with accents, and correct them where they are wrong.",
)
