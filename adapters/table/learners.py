"""A class list, one learner to a row, to drafts of the learner core. Every column may be missing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from adapters.base import Draft, Hints, Item
from adapters.errors import CannotRead
from adapters.table import cells
from adapters.table.cells import Convert, Note
from adapters.table.columns import Column, other_sheets, report
from adapters.table.headings import Layout, known_reasons, layout
from adapters.table.names import listed, name
from adapters.table.reading import Table
from adapters.table.rows import MOVED, NUL
from adapters.table.seen import Seen
from schemas.findings import Finding

CONVERT: Mapping[str, Convert] = MappingProxyType(
    {
        "upn": cells.upn,
        "formerUpn": cells.upn,
        "uln": cells.uln,
        "dateOfBirth": cells.day,
        "sex": cells.sex,
        "gender": cells.sex,
        "yearGroup": cells.year_group,
        "ethnicity": cells.code,
        "language": cells.code,
        "senProvision": cells.code,
        "senType": cells.code,
        "freeMeals": cells.flag,
        "lookedAfter": cells.flag,
        "enrolment": cells.code,
        "laCode": cells.digits(3),
        "estab": cells.digits(4),
        "laEstab": cells.digits(7),
        "urn": cells.digits(6),
        "postcode": cells.postcode,
    }
)
"""How a field's cells are read; every other field is a line of text."""

REGISTRATION = MappingProxyType({"C": "single", "M": "dualMain", "S": "dualSubsidiary", "P": "notOnRoll"})
_LEGACY_PROVISION = MappingProxyType({"A": "K", "P": "K", "Q": "K", "S": "E"})
_SOURCES = MappingProxyType({"sex": "Sex column", "gender": "Gender column"})
_SCHOOL_NUMBERS = frozenset({"laCode", "estab", "laEstab", "urn"})
_LINES = ("addressLine1", "addressLine2", "addressLine3", "addressLine4")

Fields = dict[str, Any]


class ClassList:
    """One class list being read. `source` begins the codes of its findings; `title` names its columns' origin."""

    def __init__(self, source: str, table: Table, hints: Hints, known: Layout | None = None) -> None:
        self._source = source
        self._table = table
        self._hints = hints
        self._layout = known or layout("learners")
        found = _usable(self._layout.columns(table.headings))
        self._columns = [
            Column(place, field, table.headings[place], CONVERT.get(field, name))
            for place, field in found.items()
        ]
        self._seen = Seen()
        self._rows = 0
        self._today = (hints.today or date.max).isoformat()

    def items(self) -> Iterator[Item]:
        """Yield each row's draft and findings, and the loss report last. Raises CannotRead for too many rows."""
        yield from self._table.findings
        for row, texts in self._table.rows:
            if not any(texts):
                continue
            self._rows += 1
            if self._rows > self._hints.max_pupils:
                raise CannotRead(self._too_many())
            findings: list[Finding] = []
            fields = self._fields(row, texts, findings)
            value = learner(fields)
            self._check(row, fields, value, findings)
            local = fields.get("localId")
            yield Draft("learner", f"row {row}", value, {"localId": local} if local else {})
            yield from findings
        if not self._rows:
            yield self._finding(0, "", _NO_PUPILS)
        known = known_reasons(self._layout.name)
        yield report(self._columns, self._table.headings, known, self._rows, {}, other_sheets(self._table))

    def _fields(self, row: int, texts: Sequence[str], findings: list[Finding]) -> Fields:
        fields: Fields = {}
        width = len(texts)
        for column in self._columns:
            if column.place >= width or not (text := texts[column.place]):
                continue
            ordinary = column.ordinary.get(text)
            if ordinary is not None:
                column.used += 1
                fields[column.field] = ordinary
                continue
            read = column.value(text)
            if read.note is not None:
                findings.append(column.finding(self._source, read.note, row))
            if read.value is not None:
                fields[column.field] = read.value
        if width > len(self._table.headings) and any(texts[len(self._table.headings) :]):
            findings.append(self._finding(row, "", MOVED))
        if self._table.nul and any("\0" in text for text in texts):
            findings.append(self._finding(row, "", NUL))
        return fields

    def _check(self, row: int, fields: Fields, value: Fields, findings: list[Finding]) -> None:
        if "listedName" in fields and "surname" not in fields and listed(fields["listedName"]) is None:
            findings.append(self._finding(row, "listedName", _NAME_IN_ONE))
        elif not {"forename", "surname"} <= value["legalName"].keys():
            findings.append(self._finding(row, "surname", _NO_NAME))
        born = fields.get("dateOfBirth")
        if born is None:
            if not any(finding.severity == "error" for finding in findings):
                findings.append(self._finding(row, "dateOfBirth", _NO_BIRTH))
        elif born > self._today:
            del value["dateOfBirth"]
            findings.append(self._finding(row, "dateOfBirth", _FUTURE))
        upn = fields.get("upn")
        if upn is not None and self._seen.again(upn):
            findings.append(self._finding(row, "upn", _TWICE))
        if "sex" in fields and "gender" in fields and fields["sex"] != fields["gender"]:
            findings.append(self._finding(row, "gender", _SEX_AND_GENDER))

    def _finding(self, row: int, field: str, note: Note) -> Finding:
        column = next((each for each in self._columns if each.field == field), None)
        if column is not None:
            return column.finding(self._source, note, row)
        pointer, where = (f"/row/{row}", f"Row {row}: ") if row else ("", "")
        return Finding(f"{self._source}.{note.code}", note.severity, pointer, where + note.message, note.fix)

    def _too_many(self) -> Finding:
        return Finding(
            f"{self._source}.too_many_pupils",
            "error",
            "",
            f"The file has more than {self._hints.max_pupils} pupils, the most that is read here.",
            "Export fewer pupils into one file, or raise the limit.",
        )


def _usable(found: Mapping[int, str]) -> dict[int, str]:
    """Return the columns that can go into a draft: a school's numbers without its name cannot."""
    named = "schoolName" in found.values()
    return {place: field for place, field in found.items() if named or field not in _SCHOOL_NUMBERS}


def learner(fields: Mapping[str, Any]) -> Fields:
    """Return the learner core of what a row said, by field; a field that is missing leaves its member out."""
    value: Fields = {"legalName": _legal_name(fields)}
    for member in ("upn", "uln", "dateOfBirth", "yearGroup", "lookedAfter"):
        if (found := fields.get(member)) is not None:
            value[member] = found
    for member, build in _MEMBERS.items():
        if (built := build(fields)) is not None:
            value[member] = built
    return value


def _legal_name(fields: Mapping[str, Any]) -> dict[str, str]:
    parts = ((part, fields.get(part)) for part in ("forename", "middleNames", "surname"))
    legal = {part: text for part, text in parts if text}
    if "surname" not in legal and (both := listed(fields.get("listedName") or "")):
        legal["surname"] = both[0]
        legal.setdefault("forename", both[1])
    return legal


def _preferred(fields: Mapping[str, Any]) -> str | None:
    if whole := fields.get("preferredName"):
        return str(whole)
    forename, surname = fields.get("preferredForename"), fields.get("preferredSurname")
    if not forename and not surname:
        return None
    return f"{forename or fields.get('forename', '')} {surname or fields.get('surname', '')}".strip()


def _coded(field: str) -> Callable[[Mapping[str, Any]], dict[str, str] | None]:
    def build(fields: Mapping[str, Any]) -> dict[str, str] | None:
        code = fields.get(field)
        return {"code": code, "source": _SOURCES[field]} if code else None

    return build


def _sen(fields: Mapping[str, Any]) -> Fields | None:
    provision, kind = fields.get("senProvision"), fields.get("senType")
    details: Fields = {}
    if provision and len(provision) == 1:
        details["provision"] = _LEGACY_PROVISION.get(provision, provision)
    if kind and kind.isalpha() and len(kind) > 1:
        details["senTypes"] = [{"code": kind}]
    return details or None


def _plan(fields: Mapping[str, Any]) -> Fields | None:
    details = _sen(fields) if "senProvision" in fields else None
    return {"hasPlan": details["provision"] == "E"} if details and "provision" in details else None


def _school(fields: Mapping[str, Any]) -> Fields | None:
    school: Fields = {}
    if school_name := fields.get("schoolName"):
        school["name"] = school_name
    if urn := fields.get("urn"):
        school["urn"] = urn
    if number := fields.get("laEstab"):
        school["laEstab"] = number
    elif "laCode" in fields and "estab" in fields:
        school["laEstab"] = fields["laCode"] + fields["estab"]
    return school if "name" in school else None


def _address(fields: Mapping[str, Any]) -> Fields | None:
    lines = [fields[line] for line in _LINES if fields.get(line)]
    if not lines:
        return None
    return {"lines": lines, **({"postcode": fields["postcode"]} if fields.get("postcode") else {})}


_MEMBERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = MappingProxyType(
    {
        "preferredName": _preferred,
        "formerUpns": lambda fields: [fields["formerUpn"]] if fields.get("formerUpn") else None,
        "sex": _coded("sex"),
        "gender": _coded("gender"),
        "senDetails": _sen,
        "ehcPlan": _plan,
        "homeSchool": _school,
        "registrationStatus": lambda fields: REGISTRATION.get(fields.get("enrolment", "")),
        "fsmEligible": lambda fields: fields.get("freeMeals"),
        "ethnicity": lambda fields: (
            {"code": fields["ethnicity"]} if len(fields.get("ethnicity", "")) == 4 else None
        ),
        "languages": lambda fields: [{"code": fields["language"]}] if fields.get("language") else None,
        "homeAddress": _address,
    }
)


_NO_PUPILS = Note(
    "no_pupils",
    "error",
    "There are no pupils in the file.",
    "Choose the pupils in the school's system and export again.",
)
_NO_NAME = Note(
    "name_missing",
    "error",
    "There is no full legal name of this pupil.",
    "Add it in the school's system and export again, or type it in.",
)
_NAME_IN_ONE = Note(
    "name_in_one",
    "error",
    "The name stands in one cell and is not written as surname, comma, forename, so it was not taken apart.",
    "Export surname and forename in columns of their own, or type them in.",
)
_NO_BIRTH = Note(
    "date_of_birth_missing",
    "error",
    "There is no date of birth of this pupil.",
    "Add it in the school's system and export again, or type it in.",
)
_FUTURE = Note(
    "date_of_birth",
    "error",
    "The date of birth is in the future.",
    "Correct it in the school's system and export again, or type it in.",
)
_TWICE = Note(
    "duplicate",
    "error",
    "An earlier pupil of the file has the same UPN.",
    "Export again without the duplicate, or find out which of the two has the wrong number.",
)
_SEX_AND_GENDER = Note(
    "sex_and_gender",
    "warning",
    "The file has both Sex and Gender, and they differ. Both were kept.",
    "Ask the school if one of them is out of date.",
)
