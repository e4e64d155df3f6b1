"""The samples, and one call that reads a whole file and sorts what came out."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters import ADAPTERS, CannotRead, Draft, Hints, LossReport
from schemas.findings import Finding

SAMPLES = Path(__file__).parent / "samples" / "ctf"
TODAY = date(2026, 11, 24)


@dataclass
class Reading:
    """Everything one file gave."""

    drafts: list[Any] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    reports: list[LossReport] = field(default_factory=list)

    def codes(self, severity: str = "") -> list[str]:
        return [each.code for each in self.findings if severity in ("", each.severity)]

    @property
    def report(self) -> LossReport:
        return self.reports[0]


def read_file(data: bytes, **hints: Any) -> Reading:
    reading = Reading()
    for item in ADAPTERS.reader("ctf")(io.BytesIO(data), Hints(**{"today": TODAY, **hints})):
        match item:
            case Draft():
                assert not reading.reports, "the loss report is last"
                reading.drafts.append(item.value)
            case LossReport():
                reading.reports.append(item)
            case _:
                assert not reading.reports, "the loss report is last"
                reading.findings.append(item)
    return reading


def refuse_file(data: bytes, **hints: Any) -> Finding:
    with pytest.raises(CannotRead) as caught:
        read_file(data, **hints)
    assert caught.value.__context__ is None, "what the parser said must not travel along"
    (finding,) = caught.value.findings
    assert finding.severity == "error"
    assert finding.message
    assert finding.fix
    return finding


@pytest.fixture
def read() -> Callable[..., Reading]:
    """Read bytes as a CTF."""
    return read_file


@pytest.fixture
def refused() -> Callable[..., Finding]:
    """Read bytes that must be refused as a whole, and return the one reason."""
    return refuse_file


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    """The bytes of a sample by name."""
    return lambda name: (SAMPLES / f"{name}.xml").read_bytes()


@pytest.fixture
def ctf() -> Callable[..., bytes]:
    """Build a small CTF 26 from the inside of its pupils."""

    def build(*pupils: str, header: str = "", root: str = "CTfile") -> bytes:
        inside = "".join(f"<Pupil>{pupil}</Pupil>" for pupil in pupils)
        header = header or (
            "<Header><CTFversion>26.0</CTFversion><DateTime>2026-11-16T10:32:05</DateTime><SourceSchool>"
            "<LEA>999</LEA><Estab>1001</Estab><SchoolName>Ash Vale School</SchoolName>"
            "<AcademicYear>2026</AcademicYear></SourceSchool></Header>"
        )
        data = f"{root[:2]}pupilData".replace("CTp", "CTFp")
        return f"<{root}>{header}<{data}>{inside}</{data}></{root}>".encode()

    return build


@pytest.fixture
def pupil() -> Callable[..., str]:
    """The inside of one whole, plain pupil, with more BasicDetails and more blocks on request."""

    def build(basic: str = "", blocks: str = "", **change: str) -> str:
        parts = {
            "UPN": "<UPN>Z999100119001</UPN>",
            "Surname": "<Surname>Canarysurname</Surname>",
            "Forename": "<Forename>Canaryforename</Forename>",
            "DOB": "<DOB>2012-02-29</DOB>",
            "Sex": "<Sex>F</Sex>",
            "NCyearActual": "<NCyearActual>9</NCyearActual>",
            **change,
        }
        year = parts.pop("NCyearActual")
        return f"{''.join(parts.values())}<BasicDetails>{year}{basic}</BasicDetails>{blocks}"

    return build
