"""Reading a OneRoster set: which users are pupils, their names and numbers, their birth and their school."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from adapters import archive
from adapters.base import Draft, Hints, Item, Loss, LossReport
from adapters.errors import CannotRead
from adapters.table import cells
from adapters.table.cells import Note
from adapters.table.headings import layout
from adapters.table.learners import learner
from adapters.table.reading import table
from adapters.table.rows import Fields, Rows
from adapters.table.seen import Seen
from schemas.findings import Finding

_UPN = re.compile(r"\{\s*upn\s*:([^{}]{0,40})\}", re.IGNORECASE)
_CONVERT = {"dateOfBirth": cells.day, "sex": cells.sex}
_GONE = "tobedeleted"
_PUPIL = "student"
_READ = ("users", "roles", "demographics", "orgs")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the other tables say about users and organisations, by id."""

    pupils: frozenset[str] | None
    births: Mapping[str, Fields]
    schools: Mapping[str, str]


def tables_of(members: Iterable[str]) -> dict[str, str]:
    """Return the members of an archive that are tables, by their names without folder and ending."""
    found = {}
    for member in members:
        name = member.replace("\\", "/").rpartition("/")[2].lower()
        if name.endswith(".csv"):
            found[name.removesuffix(".csv")] = member
    return found


def read(stream: BinaryIO, hints: Hints) -> Iterator[Item]:
    """Yield a draft of a learner for each user who is a pupil, with findings, and the loss report last.

    Raises CannotRead for what is no archive, has no table of users, or holds too much.
    """
    with archive.opened(stream, hints.max_bytes) as packed:
        reading = _Set(packed, hints)
        yield from reading.items()


class _Set:
    """One set being read."""

    def __init__(self, packed: archive.Archive, hints: Hints) -> None:
        self._packed = packed
        self._members = tables_of(packed.names)
        self._hints = hints
        self._reports: list[LossReport] = []
        self._findings: list[Finding] = []

    def items(self) -> Iterator[Item]:
        """Yield everything, the users row by row."""
        if "users" not in self._members:
            raise CannotRead(_NO_USERS)
        facts = self._facts()
        yield from self._told()
        rows, seen, number, others = self._rows("users"), Seen(), 0, 0
        for row, fields in rows:
            if _gone(fields) or not _is_pupil(fields, facts):
                others += 1
                continue
            number += 1
            if number > self._hints.max_pupils:
                raise CannotRead(_too_many(self._hints.max_pupils))
            yield self._draft(rows, row, fields, facts, seen)
            yield from _of("users", rows.told())
        if facts.pupils is None and "role" not in rows.columns:
            yield _NO_ROLES
        if not number:
            yield _NO_PUPILS
        self._reports.insert(0, _named("users", rows.report()))
        yield self._report(others)

    def _facts(self) -> _Facts:
        births: dict[str, Fields] = {}
        schools: dict[str, str] = {}
        pupils: frozenset[str] | None = None
        if "roles" in self._members:
            pupils = frozenset(
                fields.get("userSourcedId", "")
                for fields in self._fields("roles")
                if fields.get("role", "").lower() == _PUPIL and not _gone(fields)
            )
        for fields in self._fields("demographics"):
            births[fields.get("sourcedId", "")] = fields
        for fields in self._fields("orgs"):
            if fields.get("type", "").lower() == "school" and "schoolName" in fields and not _gone(fields):
                schools[fields.get("sourcedId", "")] = fields["schoolName"]
        return _Facts(pupils, births, schools)

    def _rows(self, name: str) -> Rows:
        known = layout(f"oneroster-{name}")
        member = io.BytesIO(self._packed.read(self._members[name]))
        return Rows("oneroster", table(member, known.fits, self._hints), known, self._hints, _CONVERT)

    def _fields(self, name: str) -> Iterator[Fields]:
        """Yield the rows of a table that may be missing, and keep its account."""
        if name not in self._members:
            return
        rows = self._rows(name)
        for _, fields in rows:
            yield fields
        self._findings += _of(name, rows.told())
        self._reports.append(_named(name, rows.report()))

    def _told(self) -> list[Finding]:
        told, self._findings = self._findings, []
        return told

    def _draft(self, rows: Rows, row: int, fields: Fields, facts: _Facts, seen: Seen) -> Draft:
        birth = facts.births.get(fields.get("sourcedId", ""), {})
        told: Fields = {**fields, **{name: birth[name] for name in ("dateOfBirth", "sex") if name in birth}}
        told.pop("upn", None)
        if (number := _upn(rows, row, fields)) is not None:
            told["upn"] = number
            if seen.again(number):
                rows.note(row, "userIds", _TWICE)
        school = next((facts.schools[org] for org in _list(fields, "orgs") if org in facts.schools), None)
        value = learner({**told, **({"schoolName": school} if school else {})})
        if "sex" in value:
            value["sex"]["source"] = "OneRoster sex"
        if not {"forename", "surname"} <= value["legalName"].keys():
            rows.note(row, "surname", _NO_NAME)
        if "dateOfBirth" not in value:
            rows.note(row, "sourcedId", _NO_BIRTH)
        local = fields.get("localId")
        return Draft("learner", f"users.csv row {row}", value, {"localId": local} if local else {})

    def _report(self, others: int) -> LossReport:
        """Return one account of all tables: their columns, the users who are not pupils, and the files not read."""
        left = [Loss("users.csv", "users who are not pupils, or are deleted", others)] if others else []
        left += [
            Loss(f"{name}.csv", "classes and enrolments of the school itself", 1)
            for name in self._members
            if name not in _READ and name != "manifest"
        ]
        return LossReport(
            tuple(loss for report in self._reports for loss in report.used),
            (*(loss for report in self._reports for loss in report.ignored), *left),
            tuple(loss for report in self._reports for loss in report.unmapped),
            tuple(loss for report in self._reports for loss in report.changed),
        )


def _gone(fields: Fields) -> bool:
    return bool(fields.get("status", "").lower() == _GONE)


def _is_pupil(fields: Fields, facts: _Facts) -> bool:
    """A user is a pupil by the table of roles (1.2), else by the role in its own row (1.1), else for want of either."""
    if facts.pupils is not None:
        return fields.get("sourcedId", "") in facts.pupils
    return bool(fields.get("role", _PUPIL).lower() == _PUPIL)


def _upn(rows: Rows, row: int, fields: Fields) -> str | None:
    found = _UPN.search(fields.get("userIds", ""))
    text = found[1].strip() if found else fields.get("upn", "")
    if not text:
        return None
    read = cells.upn(text)
    if read.note is not None:
        rows.note(row, "userIds", read.note)
    return str(read.value) if read.value is not None else None


def _list(fields: Fields, field: str) -> list[str]:
    return [entry.strip() for entry in fields.get(field, "").split(",")]


def _of(name: str, findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the table they are about."""
    return [
        replace(each, pointer=f"/{name}.csv{each.pointer}", message=f"{name}.csv, {each.message}")
        for each in findings
    ]


def _named(name: str, report: LossReport) -> LossReport:
    def named(losses: Iterable[Loss]) -> tuple[Loss, ...]:
        return tuple(replace(loss, path=f"{name}.csv {loss.path}") for loss in losses)

    return LossReport(
        named(report.used), named(report.ignored), named(report.unmapped), named(report.changed)
    )


def _too_many(limit: int) -> Finding:
    return _fault(
        "too_many_pupils",
        f"The set has more than {limit} pupils, the most that is read here.",
        "Export fewer pupils into one set, or raise the limit.",
    )


def _fault(code: str, message: str, fix: str) -> Finding:
    return Finding(f"oneroster.{code}", "error", "", message, fix)


_NO_USERS = _fault(
    "no_users", "There is no users.csv in this archive.", "Export the set again with its users."
)
_NO_PUPILS = _fault(
    "no_pupils", "There are no pupils in the set.", "Export the set again with its users and their roles."
)
_NO_ROLES = replace(
    _fault(
        "no_roles",
        "The set does not say who is a pupil, so every user was taken for one.",
        "Look through the drafts for members of staff and for parents, or export the set with its roles.",
    ),
    severity="warning",
)
_NO_NAME = Note(
    "name_missing",
    "error",
    "There is no full legal name of this pupil.",
    "Add it in the school's system and export again, or type it in.",
)
_NO_BIRTH = Note(
    "date_of_birth_missing",
    "error",
    "There is no date of birth of this pupil in demographics.csv.",
    "Export the set with demographics, or type it in.",
)
_TWICE = Note(
    "duplicate",
    "error",
    "An earlier pupil of the set has the same UPN.",
    "Export again without the duplicate, or find out which of the two has the wrong number.",
)
