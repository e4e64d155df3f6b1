"""Writing a Common Transfer File of the current version or the one before: who the pupil is, never the narrative.

A file holds what its receiver's system can import, and one short reference to the profile in `SuppInfo`, the only
place that the format leaves for it. Nothing is made up to fill an element that must be there: then the block is left
out and the loss report says so.
"""

import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.base import Draft, Hints, Item, LossReport, Reader, Wishes, Written
from adapters.carried import documents, not_carried
from adapters.ctf.codes import CURRENT_VERSION, REGISTRATION
from adapters.errors import CannotWrite
from adapters.xml_writing import Element
from schemas.findings import Finding
from schemas.identifiers import IdentifierError, check_upn

Learner = Mapping[str, Any]

VERSIONS = (CURRENT_VERSION, CURRENT_VERSION - 1)
"""The versions that receiving systems take."""

OPTIONS: Mapping[str, str] = {
    "version": f"{VERSIONS[0]} (the usual) or {VERSIONS[1]}",
    "source": "LA and establishment number of the school that sends, such as 9991001; else the home school's",
    "source-name": "the name of that school; else the home school's",
    "destination": "LA and establishment number of the school that gets it; else XXXXXXX, not known",
    "serial": "the number of the file, 001 to 999",
}
"""What `write` lets one choose."""

_LA_ESTAB = re.compile(r"[0-9]{7}", re.ASCII)
_SERIAL = re.compile(r"[0-9]{3}", re.ASCII)
_SCHOOL_YEAR = re.compile(r"((?:19|20)[0-9]{2})/[0-9]{2}", re.ASCII)
_SEXES = frozenset("FMU")
_SOURCES = frozenset("CPSTO")
_NAME_SIGNS = 35
_MOST_LINES = 5
_UNKNOWN_SCHOOL = "XXXXXXX"
_TURN_OF_YEAR = 9
_SUPP_ID = "LTP"
_ENROLMENT = {status: code for code, status in REGISTRATION.items()}
_NO_PLACE = "a Common Transfer File has no place for it, or not without something that is not known"


@dataclass(frozen=True, slots=True)
class _File:
    """What the header says, and the file's number."""

    version: int
    source: str
    source_name: str
    destination: str
    serial: str
    stamp: str
    year: int


def written(bundles: Sequence[Mapping[str, Any]], wishes: Wishes, read: Reader) -> Written:
    """Return the file; its loss report is measured by reading it again with `read`. Raises CannotWrite, all at once."""
    learners = [bundle["learner"] for bundle in bundles if isinstance(bundle.get("learner"), Mapping)]
    file = _file(learners, wishes)
    if faults := [fault for number, learner in enumerate(learners, 1) for fault in _faults(number, learner)]:
        raise CannotWrite(*faults)
    root = Element("CTfile")
    _header(root, file)
    data = root.below("CTFpupilData")
    for bundle in bundles:
        if isinstance(bundle.get("learner"), Mapping):
            _pupil(data.below("Pupil"), bundle["learner"], _reference(bundle), file)
    content = root.to_bytes()
    lost = not_carried(learners, list(_again(content, wishes, read)), _NO_PLACE)
    return Written(
        content,
        f"{file.source}_CTF_{file.destination}_{file.serial}.xml",
        "application/xml",
        LossReport(ignored=(*lost, *documents(bundles, _NO_PLACE))),
        tuple(
            warning for number, learner in enumerate(learners, 1) for warning in _warnings(number, learner)
        ),
    )


def _again(content: bytes, wishes: Wishes, read: Reader) -> Iterator[Mapping[str, Any]]:
    limits = Hints(max_bytes=sys.maxsize, max_pupils=sys.maxsize, today=wishes.today)
    items: Iterator[Item] = read(io.BytesIO(content), limits)
    return (item.value for item in items if isinstance(item, Draft))


def _file(learners: Sequence[Learner], wishes: Wishes) -> _File:
    """Return the header's facts, or raise CannotWrite with everything that is wrong about them."""
    home: Mapping[str, str] = next(
        (learner["homeSchool"] for learner in learners if learner.get("homeSchool")), {}
    )
    options = wishes.options
    version = options.get("version", str(CURRENT_VERSION)).removesuffix(".0")
    source, destination = (
        options.get("source", home.get("laEstab", "")),
        options.get("destination", _UNKNOWN_SCHOOL),
    )
    serial = options.get("serial", "001")
    faults = [
        fault
        for fault, wrong in (
            (_NOBODY, not learners),
            (_NO_VERSION, version not in map(str, VERSIONS)),
            (_NO_SOURCE, not _LA_ESTAB.fullmatch(source)),
            (_NO_DESTINATION, destination != _UNKNOWN_SCHOOL and not _LA_ESTAB.fullmatch(destination)),
            (_NO_SERIAL, not _SERIAL.fullmatch(serial) or serial == "000"),
        )
        if wrong
    ]
    if faults:
        raise CannotWrite(*faults)
    today = wishes.today
    year = today.year - (today.month < _TURN_OF_YEAR)
    name = options.get("source-name", home.get("name", ""))
    stamp = f"{today.isoformat()}T00:00:00"
    return _File(int(version), source, name, destination, serial, stamp, year)


def _faults(number: int, learner: Learner) -> Iterator[Finding]:
    """Yield why a pupil cannot be in such a file: it would be refused whole, or land on another child."""
    legal = learner.get("legalName") or {}
    for wrong, fault in (
        (not legal.get("surname") or not legal.get("forename"), _NO_NAME),
        (not learner.get("dateOfBirth"), _NO_BIRTH),
        (not _is_upn(learner.get("upn")), _NO_UPN),
    ):
        if wrong:
            yield replace(fault, pointer=f"/{number - 1}{fault.pointer}")


def _is_upn(upn: object) -> bool:
    try:
        check_upn(upn if isinstance(upn, str) else "")
    except IdentifierError:
        return False
    return True


def _warnings(number: int, learner: Learner) -> Iterator[Finding]:
    if _sex(learner) is None:
        yield replace(_NO_SEX, pointer=f"/{number - 1}{_NO_SEX.pointer}")
    legal = learner.get("legalName") or {}
    if any(len(str(part)) > _NAME_SIGNS for part in legal.values()):
        yield replace(_LONG_NAME, pointer=f"/{number - 1}{_LONG_NAME.pointer}")


def _flag(value: object) -> str | None:
    return None if value is None else "true" if value else "false"


def _school(parent: Element, name: str, la_estab: str) -> Element:
    school = parent.below(name)
    _numbers(school, la_estab)
    return school


def _numbers(school: Element, la_estab: str) -> None:
    school.add("LEA", la_estab[:3])
    school.add("Estab", la_estab[3:])


def _header(root: Element, file: _File) -> None:
    header = root.below("Header")
    header.add("DocumentName", "Common Transfer File")
    header.add("CTFversion", f"{file.version}.0")
    header.add("DateTime", file.stamp)
    header.add("DocumentQualifier", "partial")
    header.add("DataDescriptor", "Who the pupil is; the transfer profile travels beside this file")
    header.add("SupplierID", "Learner Transfer Profile")
    source = _school(header, "SourceSchool", file.source)
    source.add("SchoolName", file.source_name)
    source.add("AcademicYear", file.year)
    _school(header, "DestSchool", file.destination)


def _pupil(pupil: Element, learner: Learner, reference: str, file: _File) -> None:
    legal = learner["legalName"]
    pupil.add("UPN", learner["upn"])
    pupil.add("UniqueLearnerNumber", learner.get("uln"))
    pupil.add("Surname", legal["surname"])
    pupil.add("Forename", legal["forename"])
    pupil.add("DOB", learner["dateOfBirth"])
    pupil.add("Sex", _sex(learner))
    _basic(pupil, learner)
    _care(pupil, learner)
    _needs(pupil, learner)
    _address(pupil, learner.get("homeAddress"))
    _contacts(pupil, learner)
    _attendance(pupil, learner)
    if reference:
        supp = pupil.below("SuppInfo")
        supp.add("SuppID", _SUPP_ID)
        supp.add("ProfileReference", reference)


def _sex(learner: Learner) -> str | None:
    """Return Sex as it was recorded; a recorded gender is another fact and never stands in for it."""
    code = (learner.get("sex") or {}).get("code")
    return code if code in _SEXES else None


def _basic(pupil: Element, learner: Learner) -> None:
    basic = Element("BasicDetails")
    for former in learner.get("formerUpns", ()):
        basic.add("FormerUPN", former)
    legal, preferred = learner["legalName"], str(learner.get("preferredName", ""))
    # One text does not say where the surname begins, unless it is the legal one.
    if preferred.endswith(f" {legal['surname']}"):
        basic.add("PreferredSurname", legal["surname"])
        basic.add("PreferredForename", preferred.removesuffix(f" {legal['surname']}"))
    basic.add("MiddleNames", legal.get("middleNames"))
    basic.add("NCyearActual", learner.get("yearGroup"))
    ethnicity = learner.get("ethnicity") or {}
    if ethnicity.get("source") in _SOURCES:
        basic.add("Ethnicity", ethnicity["code"])
        basic.add("EthnicitySource", ethnicity["source"])
    _languages(basic, learner)
    basic.add("EnrolStatus", _ENROLMENT.get(str(learner.get("registrationStatus"))))
    pupil.take(basic)


def _languages(basic: Element, learner: Learner) -> None:
    typed = [language for language in learner.get("languages", ()) if language.get("type")]
    if typed:
        languages = basic.below("Languages")
        for language in typed:
            entry = languages.below("Type")
            entry.add("LanguageType", language["type"])
            entry.add("Language", language["code"])


def _care(pupil: Element, learner: Learner) -> None:
    """A pupil in care needs the authority's code in the file; without it the block is left out."""
    in_care = learner.get("lookedAfter")
    if in_care is None or (in_care and not learner.get("careAuthority")):
        return
    care = pupil.below("LookedAfter")
    care.add("InCare", _flag(in_care))
    if in_care:
        care.add("CareAuthority", learner["careAuthority"])


def _needs(pupil: Element, learner: Learner) -> None:
    """Types of need with their ranks. The provision needs a first day, which nobody stated, so it stays out."""
    types = (learner.get("senDetails") or {}).get("senTypes", ())
    ranked = sorted((need for need in types if need.get("rank")), key=lambda need: int(need["rank"]))
    if not ranked or [need["rank"] for need in ranked] != list(range(1, len(ranked) + 1)):
        return
    needs = pupil.below("SENhistory").below("SENneeds")
    for need in ranked:
        entry = needs.below("SENneed")
        entry.add("SENtypeRank", need["rank"])
        entry.add("SENtype", need["code"])


def _address(parent: Element, address: Mapping[str, Any] | None, as_pupil: object = None) -> None:
    if not address:
        return
    node = parent.below("Address")
    if as_pupil is not None and address == as_pupil:
        node.add("AddressAsPupil", "true")
        return
    lines = node.below("AddressLines")
    for number, line in enumerate(address["lines"][:_MOST_LINES], 1):
        lines.add(f"AddressLine{number}", line)
    node.add("PostCode", address.get("postcode"))


def _contacts(pupil: Element, learner: Learner) -> None:
    listed = [
        contact for contact in learner.get("parentContacts", ()) if (contact.get("name") or {}).get("surname")
    ]
    if not listed:
        return
    contacts = pupil.below("Contacts")
    for contact in listed:
        node, name = contacts.below("Contact"), contact["name"]
        node.add("Order", contact.get("order"))
        node.add("Title", name.get("title"))
        node.add("Surname", name["surname"])
        node.add("Forename", name.get("forename"))
        node.add("Relationship", contact.get("relationship"))
        node.add("Responsibility", _flag(contact.get("parentalResponsibility")))
        _address(node, contact.get("address"), learner.get("homeAddress"))
        if numbers := contact.get("phones"):
            phones = node.below("Phones")
            for number in numbers:
                phone = phones.below("Phone")
                phone.add("TelephoneType", number.get("type"))
                phone.add("PhoneNo", number["number"])
        node.add("Email", contact.get("email"))


def _attendance(pupil: Element, learner: Learner) -> None:
    """Totals of one school year, which the file must name, at a school, which it must number."""
    totals, home = learner.get("previousAttendance") or {}, learner.get("homeSchool") or {}
    year = _SCHOOL_YEAR.fullmatch(str(totals.get("period", "")))
    members = ("possible", "authorised", "attended", "unauthorised")
    if year is None or "laEstab" not in home or not all(member in totals for member in members):
        return
    data = pupil.below("Attendance").below("YearData")
    data.add("Year", year[1])
    _numbers(data, home["laEstab"])
    data.add("SchoolName", home["name"])
    for member in members:
        data.add(f"Sessions{member.capitalize()}", str(totals[member]))


def _reference(bundle: Mapping[str, Any]) -> str:
    """Return what names the profile: its own id, else the bundle's."""
    for document in bundle.get("documents", ()):
        if document.get("type") == "learner-transfer-profile":
            return str(document.get("documentId", ""))
    return str(bundle.get("bundleId", ""))


def _fault(code: str, pointer: str, message: str, fix: str) -> Finding:
    return Finding(f"ctf.{code}", "error", pointer, message, fix)


_NOBODY = _fault(
    "nobody", "", "There is no learner in what should be written.", "Choose a bundle about a learner."
)
_NO_VERSION = _fault(
    "write_version",
    "",
    "A Common Transfer File is written in the current version or the one before.",
    f"Choose {VERSIONS[0]} or {VERSIONS[1]}.",
)
_NO_SOURCE = _fault(
    "write_source",
    "",
    "The school that sends the file has no LA and establishment number here, and such a file must name it.",
    "Give the seven digits as source; a setting without such a number cannot send this file.",
)
_NO_DESTINATION = _fault(
    "write_destination",
    "",
    "The destination is not an LA and establishment number of seven digits.",
    "Correct it, or leave it out if it is not known.",
)
_NO_SERIAL = _fault(
    "write_serial",
    "",
    "The number of the file is not one from 001 to 999.",
    "Give three digits, such as 002.",
)
_NO_NAME = _fault(
    "write_name", "/learner/legalName", "The pupil's full legal name is missing.", "Add surname and forename."
)
_NO_BIRTH = _fault("write_birth", "/learner/dateOfBirth", "The date of birth is missing.", "Add it.")
_NO_UPN = _fault(
    "write_upn",
    "/learner/upn",
    "The UPN is missing, or its check letter does not fit: in this file a wrong number would reach another child.",
    "Compare the UPN with the school's system and correct it.",
)
_NO_SEX = Finding(
    "ctf.write_sex",
    "warning",
    "/learner/sex",
    "No sex is recorded for this pupil, and many systems refuse such a file. A gender was not put in its place.",
    "Add the legal sex as the school's system has it.",
)
_LONG_NAME = Finding(
    "ctf.write_long_name",
    "warning",
    "/learner/legalName",
    f"A name is longer than {_NAME_SIGNS} signs, which some systems refuse. It was written whole.",
    "Tell the receiving school if its system refuses the file.",
)
