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

from lxml import etree

from adapters.base import Draft, Hints, Item, LossReport, Reader, Wishes, Written
from adapters.carried import documents, not_carried
from adapters.ctf.codes import CURRENT_VERSION, REGISTRATION
from adapters.errors import CannotWrite
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
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]+")
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
    root = etree.Element("CTfile")
    _header(root, file)
    data = etree.SubElement(root, "CTFpupilData")
    for bundle in bundles:
        if isinstance(bundle.get("learner"), Mapping):
            _pupil(etree.SubElement(data, "Pupil"), bundle["learner"], _reference(bundle), file)
    etree.indent(root)
    content = etree.tostring(root, xml_declaration=True, encoding="utf-8") + b"\n"
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


def _add(parent: etree._Element, name: str, value: object) -> None:
    """Add an element with a text, if there is one. XML cannot hold control characters."""
    if value not in (None, ""):
        etree.SubElement(parent, name).text = _CONTROL.sub(" ", str(value))


def _flag(value: object) -> str | None:
    return None if value is None else "true" if value else "false"


def _school(parent: etree._Element, name: str, la_estab: str) -> etree._Element:
    school = etree.SubElement(parent, name)
    _add(school, "LEA", la_estab[:3])
    _add(school, "Estab", la_estab[3:])
    return school


def _header(root: etree._Element, file: _File) -> None:
    header = etree.SubElement(root, "Header")
    _add(header, "DocumentName", "Common Transfer File")
    _add(header, "CTFversion", f"{file.version}.0")
    _add(header, "DateTime", file.stamp)
    _add(header, "DocumentQualifier", "partial")
    _add(header, "DataDescriptor", "Who the pupil is; the transfer profile travels beside this file")
    _add(header, "SupplierID", "Learner Transfer Profile")
    source = _school(header, "SourceSchool", file.source)
    _add(source, "SchoolName", file.source_name)
    _add(source, "AcademicYear", file.year)
    _school(header, "DestSchool", file.destination)


def _pupil(pupil: etree._Element, learner: Learner, reference: str, file: _File) -> None:
    legal = learner["legalName"]
    _add(pupil, "UPN", learner["upn"])
    _add(pupil, "UniqueLearnerNumber", learner.get("uln"))
    _add(pupil, "Surname", legal["surname"])
    _add(pupil, "Forename", legal["forename"])
    _add(pupil, "DOB", learner["dateOfBirth"])
    _add(pupil, "Sex", _sex(learner))
    _basic(pupil, learner)
    _care(pupil, learner)
    _needs(pupil, learner)
    _address(pupil, learner.get("homeAddress"))
    _contacts(pupil, learner)
    _attendance(pupil, learner)
    if reference:
        supp = etree.SubElement(pupil, "SuppInfo")
        _add(supp, "SuppID", _SUPP_ID)
        _add(supp, "ProfileReference", reference)


def _sex(learner: Learner) -> str | None:
    """Return Sex as it was recorded; a recorded gender is another fact and never stands in for it."""
    code = (learner.get("sex") or {}).get("code")
    return code if code in _SEXES else None


def _basic(pupil: etree._Element, learner: Learner) -> None:
    basic = etree.Element("BasicDetails")
    for former in learner.get("formerUpns", ()):
        _add(basic, "FormerUPN", former)
    legal, preferred = learner["legalName"], str(learner.get("preferredName", ""))
    # One text does not say where the surname begins, unless it is the legal one.
    if preferred.endswith(f" {legal['surname']}"):
        _add(basic, "PreferredSurname", legal["surname"])
        _add(basic, "PreferredForename", preferred.removesuffix(f" {legal['surname']}"))
    _add(basic, "MiddleNames", legal.get("middleNames"))
    _add(basic, "NCyearActual", learner.get("yearGroup"))
    ethnicity = learner.get("ethnicity") or {}
    if ethnicity.get("source") in _SOURCES:
        _add(basic, "Ethnicity", ethnicity["code"])
        _add(basic, "EthnicitySource", ethnicity["source"])
    _languages(basic, learner)
    _add(basic, "EnrolStatus", _ENROLMENT.get(str(learner.get("registrationStatus"))))
    if len(basic):
        pupil.append(basic)


def _languages(basic: etree._Element, learner: Learner) -> None:
    typed = [language for language in learner.get("languages", ()) if language.get("type")]
    if typed:
        languages = etree.SubElement(basic, "Languages")
        for language in typed:
            entry = etree.SubElement(languages, "Type")
            _add(entry, "LanguageType", language["type"])
            _add(entry, "Language", language["code"])


def _care(pupil: etree._Element, learner: Learner) -> None:
    """A pupil in care needs the authority's code in the file; without it the block is left out."""
    in_care = learner.get("lookedAfter")
    if in_care is None or (in_care and not learner.get("careAuthority")):
        return
    care = etree.SubElement(pupil, "LookedAfter")
    _add(care, "InCare", _flag(in_care))
    if in_care:
        _add(care, "CareAuthority", learner["careAuthority"])


def _needs(pupil: etree._Element, learner: Learner) -> None:
    """Types of need with their ranks. The provision needs a first day, which nobody stated, so it stays out."""
    types = (learner.get("senDetails") or {}).get("senTypes", ())
    ranked = sorted((need for need in types if need.get("rank")), key=lambda need: int(need["rank"]))
    if not ranked or [need["rank"] for need in ranked] != list(range(1, len(ranked) + 1)):
        return
    needs = etree.SubElement(etree.SubElement(pupil, "SENhistory"), "SENneeds")
    for need in ranked:
        entry = etree.SubElement(needs, "SENneed")
        _add(entry, "SENtypeRank", need["rank"])
        _add(entry, "SENtype", need["code"])


def _address(parent: etree._Element, address: Mapping[str, Any] | None, as_pupil: object = None) -> None:
    if not address:
        return
    node = etree.SubElement(parent, "Address")
    if as_pupil is not None and address == as_pupil:
        _add(node, "AddressAsPupil", "true")
        return
    lines = etree.SubElement(node, "AddressLines")
    for number, line in enumerate(address["lines"][:_MOST_LINES], 1):
        _add(lines, f"AddressLine{number}", line)
    _add(node, "PostCode", address.get("postcode"))


def _contacts(pupil: etree._Element, learner: Learner) -> None:
    listed = [
        contact for contact in learner.get("parentContacts", ()) if (contact.get("name") or {}).get("surname")
    ]
    if not listed:
        return
    contacts = etree.SubElement(pupil, "Contacts")
    for contact in listed:
        node, name = etree.SubElement(contacts, "Contact"), contact["name"]
        _add(node, "Order", contact.get("order"))
        _add(node, "Title", name.get("title"))
        _add(node, "Surname", name["surname"])
        _add(node, "Forename", name.get("forename"))
        _add(node, "Relationship", contact.get("relationship"))
        _add(node, "Responsibility", _flag(contact.get("parentalResponsibility")))
        _address(node, contact.get("address"), learner.get("homeAddress"))
        if numbers := contact.get("phones"):
            phones = etree.SubElement(node, "Phones")
            for number in numbers:
                phone = etree.SubElement(phones, "Phone")
                _add(phone, "TelephoneType", number.get("type"))
                _add(phone, "PhoneNo", number["number"])
        _add(node, "Email", contact.get("email"))


def _attendance(pupil: etree._Element, learner: Learner) -> None:
    """Totals of one school year, which the file must name, at a school, which it must number."""
    totals, home = learner.get("previousAttendance") or {}, learner.get("homeSchool") or {}
    year = _SCHOOL_YEAR.fullmatch(str(totals.get("period", "")))
    members = ("possible", "authorised", "attended", "unauthorised")
    if year is None or "laEstab" not in home or not all(member in totals for member in members):
        return
    data = _school(etree.SubElement(pupil, "Attendance"), "YearData", home["laEstab"])
    first = etree.Element("Year")
    first.text = year[1]
    data.insert(0, first)
    _add(data, "SchoolName", home["name"])
    for member in members:
        _add(data, f"Sessions{member.capitalize()}", str(totals[member]))


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
