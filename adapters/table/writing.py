"""Tables as files: text that every spreadsheet opens and no spreadsheet runs, or a workbook of plain text cells."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, BinaryIO

from openpyxl import Workbook

from adapters.base import Draft, Hints, Item, Loss, LossReport, Written
from adapters.carried import documents, not_carried
from adapters.table.headings import layout
from adapters.table.learners import ClassList
from adapters.table.reading import table

FORMS = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
"""The forms of a table, with their media types."""

_RISKY = ("=", "+", "-", "@", "\t", "\r")
#: A workbook says when it was made; a file that is made twice from the same should be the same.
_NO_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks have no zone


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(_RISKY) else text


def text_table(rows: Iterable[Sequence[str]], mark: bool = True) -> bytes:
    """Return rows as comma-separated UTF-8, with the mark that spreadsheets need to get accents right."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([guarded(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig" if mark else "utf-8")


def workbook(rows: Iterable[Sequence[str]], title: str) -> bytes:
    """Return rows as a workbook of text cells; none is a formula or a number."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _NO_TIME
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append([guarded(cell) for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def written(rows: Sequence[Sequence[str]], form: str, name: str, loss: LossReport) -> Written:
    """Return rows in one of the FORMS, under a name without its ending."""
    content = text_table(rows) if form == "csv" else workbook(rows, name)
    return Written(content, f"{name}.{form}", FORMS[form], loss)


def _at(*path: str) -> Callable[[Mapping[str, Any]], str]:
    def cell(learner: Mapping[str, Any]) -> str:
        found: Any = learner
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, bool):
            return "Y" if found else "N"
        return "" if found is None else str(found)

    return cell


def _address_line(number: int) -> Callable[[Mapping[str, Any]], str]:
    def cell(learner: Mapping[str, Any]) -> str:
        lines = (learner.get("homeAddress") or {}).get("lines", [])
        return str(lines[number]) if number < len(lines) else ""

    return cell


def _first(member: str, *path: str) -> Callable[[Mapping[str, Any]], str]:
    def cell(learner: Mapping[str, Any]) -> str:
        entries = learner.get(member) or [{}]
        return _at(*path)(entries[0]) if isinstance(entries[0], Mapping) else str(entries[0])

    return cell


#: The headings, and what stands below each.
_COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {
        "UPN": _at("upn"),
        "Former UPN": _first("formerUpns"),
        "ULN": _at("uln"),
        "Surname": _at("legalName", "surname"),
        "Forename": _at("legalName", "forename"),
        "Middle names": _at("legalName", "middleNames"),
        "Preferred name": _at("preferredName"),
        "Date of birth": _at("dateOfBirth"),
        "Sex": _at("sex", "code"),
        "Gender": _at("gender", "code"),
        "Year group": _at("yearGroup"),
        "Ethnicity": _at("ethnicity", "code"),
        "First language": _first("languages", "code"),
        "SEN status": _at("senDetails", "provision"),
        "SEN type": lambda learner: _first("senTypes", "code")(learner.get("senDetails") or {}),
        "FSM": _at("fsmEligible"),
        "Looked after": _at("lookedAfter"),
        "School": _at("homeSchool", "name"),
        "LAEstab": _at("homeSchool", "laEstab"),
        "URN": _at("homeSchool", "urn"),
        "Address line 1": _address_line(0),
        "Address line 2": _address_line(1),
        "Address line 3": _address_line(2),
        "Address line 4": _address_line(3),
        "Postcode": _at("homeAddress", "postcode"),
    }
)

_NO_PLACE = "a class list has no place for it"


def class_list(
    learners: Sequence[Mapping[str, Any]], bundles: Sequence[Mapping[str, Any]], form: str
) -> Written:
    """Return a class list; its loss report is measured by reading it again."""
    rows = [list(_COLUMNS), *([cell(learner) for cell in _COLUMNS.values()] for learner in learners)]
    done = written(rows, form, "class-list", LossReport())
    stream = io.BytesIO(done.content)
    again = [item.value for item in _read_again(stream) if isinstance(item, Draft)]
    lost = not_carried(learners, again, _NO_PLACE)
    guards = sum(guarded(cell) != cell for row in rows for cell in row)
    changed = (
        [Loss("cells", "an apostrophe keeps spreadsheets from taking it for a formula", guards)]
        if guards
        else []
    )
    return replace(
        done, loss=LossReport(ignored=(*lost, *documents(bundles, _NO_PLACE)), changed=tuple(changed))
    )


def _read_again(stream: BinaryIO) -> Iterator[Item]:
    known = layout("learners")
    limits = Hints(max_bytes=sys.maxsize, max_pupils=sys.maxsize)
    return ClassList("csv", table(stream, known.fits, limits), limits).items()
