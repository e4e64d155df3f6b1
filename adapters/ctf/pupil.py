"""One Pupil element to one draft of the learner core. Every block may be missing.

A block that is missing leaves the member out: not known is never written as "no".
"""

import re
from typing import Any

from adapters.ctf import needs, results
from adapters.ctf.address import postal_address
from adapters.ctf.case import Case, iso_date
from adapters.ctf.codes import ELSEWHERE, REGISTRATION, YEAR_GROUPS
from adapters.ctf.contacts import contacts
from adapters.tree import Node, child, children, text, texts
from schemas.identifiers import CheckCharacterError, IdentifierError, check_uln, check_upn

_SEX = re.compile(r"[A-Z]", re.ASCII)
_GENDER = re.compile(r"[A-Za-z0-9]{1,4}", re.ASCII)
_ETHNICITY = re.compile(r"[A-Z]{4}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,4}", re.ASCII)
_LETTER = re.compile(r"[A-Z]", re.ASCII)
_YEAR_GROUP = re.compile(r"E[12]|N[12]|R|[1-9]|1[0-4]|M|X", re.ASCII)
# Windows-1252 read as Latin-1, UTF-8 read as Windows-1252, and characters that were already lost.
_GARBLED = re.compile(r"[\x80-\x9f\ufffd]|[ÂÃ][\u0080-\u00bf]|â€")
_MOST_LANGUAGES, _MOST_UPNS = 10, 20


def learner(node: Node, case: Case) -> dict[str, Any]:
    """Return the learner core as far as the element has it; what was noticed is left in `case`."""
    basic = child(node, "BasicDetails")
    value: dict[str, Any] = {}
    _numbers(node, basic, case, value)
    _names(node, basic, case, value)
    _birth(node, case, value)
    _codes(node, basic, case, value)
    _school(basic, case, value)
    needs.care(node, case, value)
    needs.sen(node, case, value)
    needs.medical(basic, case)
    eligible = needs.free_school_meals(node, case)
    if eligible is not None:
        value["fsmEligible"] = eligible
    home = postal_address(child(node, "Address"), case, "Address")
    for member, found in (
        ("homeAddress", home),
        ("parentContacts", contacts(node, home, case)),
        ("previousAttendance", results.attendance(node, case)),
        ("attainmentData", results.attainment(node, case)),
    ):
        if found:
            value[member] = found
    return value


def _numbers(node: Node, basic: Node, case: Case, value: dict[str, Any]) -> None:
    if upn := _upn(text(node, "UPN"), case, "UPN"):
        value["upn"] = upn
    former: list[str] = []
    for written in texts(basic, "FormerUPN"):
        number = _upn(written, case, "BasicDetails/FormerUPN")
        if number and number not in former:
            former.append(number)
    if former:
        value["formerUpns"] = case.capped(former, _MOST_UPNS, "BasicDetails/FormerUPN")
    if uln := _uln(text(node, "UniqueLearnerNumber"), case):
        value["uln"] = uln


def _upn(written: str, case: Case, path: str) -> str:
    if not written:
        return ""
    number = written.upper()
    if number != written:
        case.tally.change(f"Pupil/{path}", "written in capitals")
    try:
        check_upn(number)
    except CheckCharacterError:
        case.warn(
            "upn_check",
            path,
            "The check letter of the UPN does not fit its digits, so one sign may be wrong. It was kept.",
            "Compare it with the school's system.",
        )
    except IdentifierError:
        case.warn(
            "upn_form", path, "This is not a UPN; it was left out.", "Compare it with the school's system."
        )
        return ""
    return number


def _uln(written: str, case: Case) -> str:
    if not written:
        return ""
    path = "UniqueLearnerNumber"
    try:
        if check_uln(written) is None:
            case.tally.ignore(f"Pupil/{path}", "9999999999 stands for no number")
            return ""
    except CheckCharacterError:
        case.warn("uln_check", path, "The check digit of the ULN does not fit. It was kept.", "Compare it.")
    except IdentifierError:
        case.warn(
            "uln_form", path, "This is not a ULN; it was left out.", "Compare it with the school's system."
        )
        return ""
    return written


def _names(node: Node, basic: Node, case: Case, value: dict[str, Any]) -> None:
    forename, surname = _name(node, "Forename", "", case), _name(node, "Surname", "", case)
    middle = _name(basic, "MiddleNames", "BasicDetails/", case)
    legal = {"forename": forename, "middleNames": middle, "surname": surname}
    value["legalName"] = {member: name for member, name in legal.items() if name}
    if not forename or not surname:
        case.error(
            "name_missing",
            "" if not (forename or surname) else "Surname" if forename else "Forename",
            "The file has no full legal name for this pupil.",
            "Add it in the school's system and export again, or type it in.",
        )
    preferred = _name(basic, "PreferredForename", "BasicDetails/", case)
    family = _name(basic, "PreferredSurname", "BasicDetails/", case)
    if preferred or family:
        _put(value, "preferredName", f"{preferred or forename} {family or surname}", case)
    former = _name(basic, "FormerForename", "BasicDetails/", case)
    _put(value, "formerName", f"{former} {_name(basic, 'FormerSurname', 'BasicDetails/', case)}", case)


def _put(value: dict[str, Any], member: str, name: str, case: Case) -> None:
    if name := case.line(name.strip(), "BasicDetails"):
        value[member] = name


def _name(node: Node, element: str, parent: str, case: Case) -> str:
    written = text(node, element)
    if not written.isascii() and _GARBLED.search(written):
        case.warn(
            "name_garbled",
            parent + element,
            "This name has signs that come from reading a file in the wrong encoding. It was kept as it is.",
            "Compare it with the school's system and correct it.",
        )
    return case.line(written, parent + element)


def _birth(node: Node, case: Case, value: dict[str, Any]) -> None:
    written = text(node, "DOB")
    day = iso_date(written)
    if day and day <= case.today:
        value["dateOfBirth"] = day
    elif not written:
        case.error(
            "date_of_birth_missing",
            "DOB",
            "The file has no date of birth for this pupil.",
            "Add it in the school's system and export again, or type it in.",
        )
    else:
        case.error(
            "date_of_birth",
            "DOB",
            "The date of birth is in the future." if day else "The date of birth is not a date that exists.",
            "Write it as year-month-day, such as 2012-02-29, and export again, or type it in.",
        )


def _codes(node: Node, basic: Node, case: Case, value: dict[str, Any]) -> None:
    sex = case.pattern(text(node, "Sex"), _SEX, "Sex")
    gender = case.pattern(text(node, "Gender"), _GENDER, "Gender")
    if sex:
        value["sex"] = {"code": sex, "source": "CTF Sex"}
    if gender:
        value["gender"] = {"code": gender, "source": "CTF Gender"}
    if sex and gender and sex != gender:
        case.warn(
            "sex_and_gender",
            "Gender",
            "The file has both Sex and Gender, and they differ. Both were kept.",
            "Ask the school if one of them is out of date.",
        )
    if ethnicity := case.pattern(text(basic, "Ethnicity"), _ETHNICITY, "BasicDetails/Ethnicity"):
        source = text(basic, "EthnicitySource")
        value["ethnicity"] = {"code": ethnicity} | ({"source": source} if _LETTER.fullmatch(source) else {})
    if languages := _languages(basic, case):
        value["languages"] = languages


def _languages(basic: Node, case: Case) -> list[dict[str, str]]:
    found = []
    for each in children(child(basic, "Languages"), "Type"):
        code = case.pattern(text(each, "Language"), _LANGUAGE, "BasicDetails/Languages")
        kind = text(each, "LanguageType")
        if code:
            found.append({"code": code} | ({"type": kind} if _LETTER.fullmatch(kind) else {}))
    return case.capped(found, _MOST_LANGUAGES, "BasicDetails/Languages")


def _school(basic: Node, case: Case, value: dict[str, Any]) -> None:
    _year_group(text(basic, "NCyearActual"), case, value)
    status = text(basic, "EnrolStatus")
    school = case.header.home_school()
    if school and status not in ELSEWHERE:
        value["homeSchool"] = school
    if status in REGISTRATION:
        value["registrationStatus"] = REGISTRATION[status]
    elif status:
        case.tally.ignore("Pupil/BasicDetails/EnrolStatus", "says nothing about the register")
    if status in ELSEWHERE:
        case.warn(
            "not_the_home_school",
            "BasicDetails/EnrolStatus",
            "The school that made the file is not the pupil's main school, so it was not taken as the home school.",
            "Choose the home school.",
        )


def _year_group(written: str, case: Case, value: dict[str, Any]) -> None:
    path = "BasicDetails/NCyearActual"
    year = written.upper().removeprefix("YEAR").strip()
    year = year.lstrip("0") or year
    if year != written:
        case.tally.change(f"Pupil/{path}", "written as the code alone")
    if _YEAR_GROUP.fullmatch(year):
        value["yearGroup"] = year
    if year not in YEAR_GROUPS:
        case.warn(
            "year_group",
            path,
            "The file does not give a year group from R to 14 for this pupil.",
            "Choose the year group.",
        )
