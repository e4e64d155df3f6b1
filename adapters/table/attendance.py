"""Attendance totals, one pupil to a row. A printed percentage is never trusted: it is worked out again."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from adapters.base import Draft, Hints, Item
from adapters.table.cells import Convert, Note, Value
from adapters.table.headings import layout
from adapters.table.reading import Table
from adapters.table.rows import Fields, Rows

_COUNT = re.compile(r"[0-9]{1,4}", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]+))?\s*%?", re.ASCII)
_TOTALS = ("possible", "attended", "authorised", "unauthorised")


def count(text: str) -> Value:
    """Read how many sessions."""
    return Value(int(text)) if _COUNT.fullmatch(text) else Value(None, _NOT_A_COUNT)


def percent(text: str) -> Value:
    """Read a percentage in tenths, cut off after the first decimal place."""
    found = _PERCENT.fullmatch(text)
    return Value(int(found[1]) * 10 + int((found[2] or "0")[0])) if found else Value(None, _NOT_A_COUNT)


_CONVERT: Mapping[str, Convert] = MappingProxyType(
    {"possible": count, "attended": count, "authorised": count, "unauthorised": count, "percent": percent}
)


def items(source: str, table: Table, hints: Hints) -> Iterator[Item]:
    """Yield a draft of the learner's previous attendance for each row, its findings, and the loss report last."""
    rows = Rows(source, table, layout("attendance"), hints, _CONVERT)
    for row, fields in rows:
        about = rows.about(row, fields)
        if totals := _totals(rows, row, fields):
            yield Draft("learner", f"row {row}", {"previousAttendance": totals}, about)
        yield from rows.told()
    yield from rows.told()
    yield rows.report({"percent": "worked out from the sessions instead"})


def _totals(rows: Rows, row: int, fields: Fields) -> Fields:
    totals: Fields = {name: fields[name] for name in _TOTALS if name in fields}
    if "possible" not in totals:
        return {}
    if sum(totals.get(name, 0) for name in _TOTALS[1:]) > totals["possible"]:
        rows.note(row, "possible", _MORE)
    elif _printed_otherwise(totals, fields):
        rows.note(row, "percent", _DIFFERS)
    if period := _period(fields):
        totals["period"] = period
    return totals


def _printed_otherwise(totals: Fields, fields: Fields) -> bool:
    """Whether the printed percentage is more than a tenth off: systems round or cut off, so less says nothing."""
    if "attended" not in totals or "percent" not in fields or not totals["possible"]:
        return False
    return bool(abs(totals["attended"] * 1000 / totals["possible"] - fields["percent"]) > 1)


def _period(fields: Fields) -> str:
    if "start" in fields and "end" in fields:
        return f"{fields['start']} to {fields['end']}"
    return ""


_NOT_A_COUNT = Note(
    "not_a_number",
    "warning",
    "This is not a number of sessions; it was left out.",
    "Correct it in the school's system, or type it in.",
)
_MORE = Note(
    "more_than_possible",
    "warning",
    "Attended and missed sessions are together more than the sessions that were possible.",
    "Compare the row with the register.",
)
_DIFFERS = Note(
    "percentage",
    "info",
    "The percentage that the file gives is not what its sessions come to. The sessions were taken.",
    "Nothing to do, unless the sessions are wrong.",
)
