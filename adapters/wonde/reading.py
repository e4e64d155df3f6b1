"""Reading students with whatever was included: education and extended details, needs, contacts, attendance."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

from adapters.base import Draft, Hints, Item
from adapters.errors import CannotRead
from adapters.head import Head
from adapters.jsonfile import Record, account, load
from adapters.table import cells
from adapters.table.cells import Note, Value
from adapters.table.learners import learner
from adapters.table.names import name
from adapters.table.seen import Seen
from schemas.findings import Finding

Fields = dict[str, Any]

_STUDENT = re.compile(rb'"(?:upi|mis_id)"\s*:')
_PHONE = re.compile(r"[+0-9][0-9 ()-]{4,28}", re.ASCII)
_MOST_CONTACTS = 20

_IGNORED: Mapping[str, str] = MappingProxyType(
    {
        "data/*/id": "numbers of the service itself",
        "data/*/upi": "numbers of the service itself",
        "data/*/initials": "follows from the names",
        "data/*/created_at": "about the record",
        "data/*/updated_at": "about the record",
        "data/*/restored_at": "about the record",
        "data/*/date_of_birth": "about the date's notation",
        "data/*/photo": "the learner record has no place for it",
        "data/*/classes": "groups of the school itself",
        "data/*/groups": "groups of the school itself",
        "data/*/house": "groups of the school itself",
        "data/*/registration": "groups of the school itself",
        "data/*/year": "groups of the school itself",
        "data/*/campus": "groups of the school itself",
        "data/*/contact_details": "the pupil's own address and telephone are not taken from here",
        "data/*/education_details/data": "the learner record has no place for it",
        "data/*/extended_details/data": "the learner record has no place for it",
        "data/*/sen_needs/data/*": "the learner record has no place for it",
        "data/*/contacts/data/*": "the learner record has no place for it",
        "data/*/attendance_summary": "the learner record has no place for it",
        "data/*/siblings": "about another pupil",
        "data/*/medical_conditions": "staff need to know what to do: a person writes it",
        "data/*/medical_events": "staff need to know what to do: a person writes it",
        "data/*/medical_notes": "staff need to know what to do: a person writes it",
        "data/*/doctors": "about another person",
        "data/*/behaviours": "only counted",
        "data/*/achievements": "only counted",
        "data/*/exclusions": "only counted",
        "data/*/child_protection_plan_date_ranges": "safeguarding facts are never taken from here",
        "meta": "about the answer",
    }
)
_EVENTS = ("behaviours", "achievements", "exclusions")


def detect(head: Head) -> bool:
    """Whether it is JSON with the members that every student of Wonde has."""
    return head.start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and bool(_STUDENT.search(head.start))


def read(stream: BinaryIO, hints: Hints) -> Iterator[Item]:
    """Yield a draft of a learner for each student, counts of events, findings, and the loss report last.

    Raises CannotRead for what is no answer with students. Not checked: codes against the published lists.
    """
    whole = load(stream, hints)
    students = whole.get("data") if isinstance(whole, dict) else None
    if isinstance(students, dict):
        # One student is answered without a list.
        students = whole["data"] = [students]
    if not isinstance(students, list) or not all(isinstance(student, dict) for student in students):
        raise CannotRead(_NO_STUDENTS)
    if len(students) > hints.max_pupils:
        raise CannotRead(_too_many(hints.max_pupils))
    if _more(whole):
        yield _MORE
    used, changed, seen = Counter[str](), Counter[tuple[str, str]](), Seen()
    for place, student in enumerate(students):
        record = Record("wonde", f"/data/{place}", "data/*", student, used, changed)
        yield from _student(record, place, seen)
        yield from record.findings
    if not students:
        yield _NO_PUPILS
    yield account(whole, used, changed, _IGNORED)


def _more(whole: Mapping[str, Any]) -> bool:
    meta = whole.get("meta")
    pages = meta.get("pagination") if isinstance(meta, dict) else None
    return isinstance(pages, dict) and bool(pages.get("more"))


def _student(record: Record, place: int, seen: Seen) -> Iterator[Item]:
    fields = _fields(record)
    value = learner(fields)
    for member, source in (("sex", "Wonde sex"), ("gender", "Wonde gender")):
        if member in value:
            value[member]["source"] = source
    value |= {member: found for member, found in _more_members(record).items() if found}
    if not {"forename", "surname"} <= value["legalName"].keys():
        record.note(_NO_NAME)
    if "dateOfBirth" not in value:
        record.note(_NO_BIRTH, "date_of_birth")
    if "upn" in value and seen.again(value["upn"]):
        record.note(_TWICE, "education_details", "data", "upn")
    local = record.text("mis_id")
    about = {"localId": local} if local else {}
    yield Draft("learner", f"student {place + 1}", value, about)
    yield from _events(record, place, {**about, **({"upn": value["upn"]} if "upn" in value else {})})


def _fields(record: Record) -> Fields:
    details, extended = ("education_details", "data"), ("extended_details", "data")
    fields: Fields = {
        "surname": record.take(name, "legal_surname") or record.take(name, "surname"),
        "forename": record.take(name, "legal_forename") or record.take(name, "forename"),
        "middleNames": record.take(name, "middle_names"),
        "gender": record.take(cells.sex, "gender"),
        "sex": record.take(cells.sex, "sex"),
        "dateOfBirth": _day(record, "date_of_birth"),
        "upn": record.take(cells.upn, *details, "upn"),
        "formerUpn": record.take(cells.upn, *details, "former_upn"),
        "uln": record.take(cells.uln, *details, "learner_number"),
        "yearGroup": record.take(cells.year_group, *details, "current_nc_year"),
        "ethnicity": record.take(_first_code, *extended, "ethnicity_code"),
        "language": record.take(_first_code, *extended, "first_language_code"),
        "senProvision": record.take(cells.code, *extended, "sen_status"),
        "enrolment": record.take(cells.code, *extended, "enrolment_status"),
        "freeMeals": record.flag(*extended, "free_school_meals"),
        "lookedAfter": record.flag(*extended, "in_lea_care"),
    }
    if record.text("legal_surname") and record.text("surname"):
        fields["preferredForename"] = _other(record, "forename")
        fields["preferredSurname"] = _other(record, "surname")
    return {field: value for field, value in fields.items() if value is not None}


def _other(record: Record, part: str) -> str | None:
    """Return the name that is used if it is not the legal one."""
    usual = record.take(name, part)
    return str(usual) if usual and usual != record.take(name, f"legal_{part}") else None


def _first_code(text: str) -> Value:
    return cells.code(text) if text.isalpha() else Value(None)


def _day(record: Record, member: str) -> str | None:
    """Return a date that is a text, or an object with a date and a zone."""
    found = record.value.get(member)
    path = (member, "date") if isinstance(found, dict) else (member,)
    day = record.take(_midnight, *path)
    return str(day) if day else None


def _midnight(text: str) -> Value:
    """Read a date with the midnight that PHP writes after it."""
    return cells.day(text.removesuffix(".000000"))


def _more_members(record: Record) -> Fields:
    return {
        "senDetails": _needs(record),
        "parentContacts": _contacts(record),
        "previousAttendance": _attendance(record),
    }


def _needs(record: Record) -> Fields:
    """Return the types of need beside the provision, by rank."""
    provision = record.take(cells.code, "extended_details", "data", "sen_status")
    types = []
    for need in record.records("sen_needs", "data"):
        code, rank = need.take(_first_code, "sen_type_code"), need.text("rank")
        if code:
            types.append(
                {"code": code, **({"rank": int(rank)} if rank.isdecimal() and int(rank) > 0 else {})}
            )
    details: Fields = {"provision": provision} if provision and len(provision) == 1 else {}
    if types:
        details["senTypes"] = sorted(types, key=lambda need: need.get("rank", 99))
    return details


def _contacts(record: Record) -> list[Fields]:
    """Return every contact as the file has it; none is merged with another."""
    found = []
    for contact in record.records("contacts", "data")[:_MOST_CONTACTS]:
        person: Fields = {}
        for member, source in (("title", "title"), ("forename", "forename"), ("surname", "surname")):
            if read := contact.take(name, source):
                person[member] = read
        entry: Fields = {"name": person} if person else {}
        order = contact.text("relationship", "priority")
        if order.isdecimal() and 1 <= int(order) <= 100:
            entry["order"] = int(order)
        responsible = contact.flag("relationship", "parental_responsibility")
        if responsible is not None:
            entry["parentalResponsibility"] = responsible
        entry |= _reach(contact)
        if entry:
            found.append(entry)
            if not person.get("surname"):
                contact.note(_NO_CONTACT_NAME)
    return found


def _reach(contact: Record) -> Fields:
    details = ("contact_details", "data")
    phones = []
    for kind in ("mobile", "home", "work"):
        number = contact.text(*details, "phones", kind)
        if number and _PHONE.fullmatch(number):
            phones.append({"type": kind[0].upper(), "number": number})
        elif number:
            contact.note(_NO_PHONE, *details, "phones", kind)
    return {"phones": phones} if phones else {}


def _attendance(record: Record) -> Fields:
    summary = ("attendance_summary", "data")
    members = {
        "possible": "possible_marks",
        "attended": "present_marks",
        "authorised": "authorised_absence_marks",
        "unauthorised": "unauthorised_absence_marks",
    }
    totals = {member: record.text(*summary, source) for member, source in members.items()}
    counted = {member: int(text) for member, text in totals.items() if text.isdecimal()}
    return counted if "possible" in counted else {}


def _events(record: Record, place: int, about: Fields) -> Iterator[Draft]:
    """Count events by kind; what was written about them stays where it is."""
    for what in _EVENTS:
        kinds = Counter(str(event.take(name, "type") or "") for event in record.records(what, "data"))
        if kinds:
            counts = [
                {**({"type": kind} if kind else {}), "count": times} for kind, times in sorted(kinds.items())
            ]
            value = {"what": what, "total": kinds.total(), "counts": counts}
            yield Draft("event-counts", f"student {place + 1}", value, about)


def _too_many(limit: int) -> Finding:
    return Finding(
        "wonde.too_many_pupils",
        "error",
        "",
        f"There are more than {limit} students, the most that is read here.",
        "Fetch fewer at once, or raise the limit.",
    )


_NO_STUDENTS = Finding(
    "wonde.no_students",
    "error",
    "",
    "This is not an answer of Wonde with students.",
    "Fetch the students of the school, with their education details.",
)
_NO_PUPILS = Finding(
    "wonde.no_pupils", "error", "", "There are no students in the file.", "Fetch them again."
)
_MORE = Finding(
    "wonde.more_pages",
    "warning",
    "/meta/pagination",
    "The school has more students than this file: it is one page of several.",
    "Fetch the other pages too.",
)
_NO_NAME = Note(
    "name_missing",
    "error",
    "There is no full legal name of this pupil.",
    "Add it in the school's system and fetch again, or type it in.",
)
_NO_BIRTH = Note(
    "date_of_birth_missing",
    "error",
    "There is no date of birth of this pupil.",
    "Add it in the school's system and fetch again, or type it in.",
)
_TWICE = Note(
    "duplicate",
    "error",
    "An earlier pupil of the file has the same UPN.",
    "Fetch again without the duplicate, or find out which of the two has the wrong number.",
)
_NO_CONTACT_NAME = Note(
    "contact_name", "warning", "This contact has no surname.", "Add it, or remove the contact."
)
_NO_PHONE = Note(
    "telephone",
    "warning",
    "A telephone number has more in it than digits, spaces, brackets, hyphens; it was left out.",
    "Check the number and type it in.",
)
