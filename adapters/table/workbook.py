"""Workbooks (Excel's new and old files), as rows of text. Formulas are not worked out: the stored result counts."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from adapters import archive
from adapters.base import Hints
from adapters.errors import CannotRead
from adapters.table.text import too_large
from schemas.findings import Finding

_OLD, _NEW = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_MIDNIGHT = time(0)
_WORKBOOK = "xl/workbook.xml"

Cell = str | int | float | bool | date | datetime | time | timedelta


def is_one(start: bytes) -> bool:
    """Whether these are the first bytes of a file that could be a workbook."""
    return start.startswith((_OLD, _NEW))


def sheets(stream: BinaryIO, hints: Hints) -> list[Iterator[Sequence[str]]]:
    """Return the rows of each sheet that is not empty, or raise CannotRead for what is no sound workbook."""
    if stream.seek(0, 2) > hints.max_bytes:
        raise CannotRead(too_large(hints))
    stream.seek(0)
    if stream.read(4) == _NEW:
        with archive.opened(stream, hints.max_bytes) as packed:
            if _WORKBOOK not in packed.names:
                raise CannotRead(_NOT_ONE)
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
        found = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except PasswordError:
        raise CannotRead(_LOCKED) from None
    except (CalamineError, OSError, ValueError):
        raise CannotRead(_NOT_ONE) from None
    return [_rows(sheet.iter_rows()) for sheet in found if sheet.height]


def _rows(rows: Iterator[list[Cell]]) -> Iterator[Sequence[str]]:
    for row in rows:
        yield [_text(cell) for cell in row]


def _text(cell: Cell) -> str:
    """Return a cell as the text that the same cell has in an export without ambiguity."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == _MIDNIGHT:
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


_NOT_ONE = Finding(
    "table.not_a_workbook",
    "error",
    "",
    "The file is not a workbook that can be read.",
    "Open it in the spreadsheet program, save it as .xlsx or as comma-separated values, and choose that file.",
)
_LOCKED = Finding(
    "table.locked",
    "error",
    "",
    "The workbook is protected by a password.",
    "Save it without a password and choose it again.",
)
