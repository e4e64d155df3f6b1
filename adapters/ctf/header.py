"""The header of a Common Transfer File: version, kind, day, and the school it comes from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.ctf.codes import CURRENT_VERSION, OLDEST_VERSION
from adapters.errors import CannotRead
from adapters.tree import Node, child, text
from schemas.findings import Finding

_VERSION = re.compile(r"([0-9]{1,2})(?:\.[0-9]{1,2})?", re.ASCII)
_DIGITS = {length: re.compile(rf"[0-9]{{{length}}}", re.ASCII) for length in (3, 4)}
_URN = re.compile(r"[1-9][0-9]{5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Header:
    """The facts of the file that the pupils' drafts need. Every one may be missing (empty)."""

    version: int | None = None
    admissions: bool = False
    partial: bool = False
    day: str = ""
    school_name: str = ""
    la_estab: str = ""
    urn: str = ""
    academic_year: str = ""

    def home_school(self) -> dict[str, str]:
        """Return the source school as the standard's home school; empty if the file does not name it."""
        if not self.school_name or self.admissions:
            return {}
        school = {"name": self.school_name, "laEstab": self.la_estab, "urn": self.urn}
        return {member: value for member, value in school.items() if value}


def read_header(node: Node) -> Header:
    """Return the facts of the header, or raise CannotRead for a version older than the oldest readable."""
    source = child(node, "SourceSchool")
    version = _version(node)
    if version is not None and version < OLDEST_VERSION and not _is_admissions(node):
        raise CannotRead(
            Finding(
                "ctf.version_too_old",
                "error",
                "/Header/CTFversion",
                f"The file is of a version before {OLDEST_VERSION}.0, which cannot be read.",
                f"Ask for an export of version {CURRENT_VERSION}.0.",
            )
        )
    authority, establishment, urn = text(source, "LEA"), text(source, "Estab"), text(source, "URN")
    numbered = _DIGITS[3].fullmatch(authority) and _DIGITS[4].fullmatch(establishment)
    return Header(
        version=version,
        admissions=_is_admissions(node),
        partial=text(node, "DocumentQualifier").lower() == "partial",
        day=text(node, "DateTime")[:10],
        school_name=" ".join(text(source, "SchoolName").split())[:200],
        la_estab=authority + establishment if numbered else "",
        urn=urn if _URN.fullmatch(urn) else "",
        academic_year=text(source, "AcademicYear"),
    )


def findings(header: Header) -> Iterator[Finding]:
    """Yield what a person should know about the file as a whole."""
    if not header.admissions:
        yield from _about_version(header.version)
    if header.partial:
        yield Finding(
            "ctf.partial",
            "info",
            "/Header/DocumentQualifier",
            "This is a partial file: whole parts of the record are missing on purpose.",
            "Ask for a full file, or type in what is missing.",
        )
    if not header.home_school():
        yield Finding(
            "ctf.no_home_school",
            "warning",
            "/Header/SourceSchool",
            "The file does not name the pupils' school.",
            "Choose the home school for each pupil.",
        )


def _about_version(version: int | None) -> Iterator[Finding]:
    if version in (CURRENT_VERSION, CURRENT_VERSION - 1):
        return
    message = (
        "The file does not say which version it is; it was read as the current one."
        if version is None
        else "The file is of neither the current version nor the one before; it was read all the same."
    )
    yield Finding(
        "ctf.version",
        "warning",
        "/Header/CTFversion",
        message,
        f"Check the drafts with care, or ask for an export of version {CURRENT_VERSION}.0.",
    )


def _version(node: Node) -> int | None:
    """Return the version's first number. Some systems spell the element CTFVersion."""
    for name in node:
        if name.lower() in ("ctfversion", "atfversion"):
            found = _VERSION.fullmatch(text(node, name))
            return int(found.group(1)) if found else None
    return None


def _is_admissions(node: Node) -> bool:
    return any(name.lower() == "atfversion" for name in node)
