"""The final report of a placement as one self-contained page that prints on A4.

`render_final_report` is pure: the same bundle and evidence give the same page. It shows what this bundle
holds and checks nothing; `evidence["verified"]` is the caller's word, and the page repeats it.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.pages.entries import Entry, Fact, Quotation, Writer
from gateway.pages.errors import ManyFinalReportsError, NoFinalReportError
from gateway.pages.parts import Part, Source, State
from gateway.pages.progress import summary
from gateway.pages.reference import Reference, published
from gateway.pages.tables import (
    Attendance,
    DomainTable,
    Subject,
    attendance,
    domain_tables,
    progress_of,
    scales_used,
    subject,
)
from gateway.pages.wording import day, joined, mapping, moment, sentence, sequence, text

_TYPE = "final-report"


@dataclass(frozen=True, slots=True)
class Pupil:
    """Who the report is about, as far as this reader may know."""

    heading: str
    called: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Progression:
    """The framework part: its sentence, its tables, and the scales they stand on."""

    sentence: str
    tables: tuple[DomainTable, ...]
    scales: tuple[str, ...]
    part: Part[object]


@dataclass(frozen=True, slots=True)
class AttendanceRecord:
    """The attendance part: terms and the whole placement."""

    part: Part[Attendance]
    whole: Attendance | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Evidence of delivery: receipts in London time, the content's hash, whether signatures were checked."""

    sender: str
    receiver: str
    receipts: tuple[str, ...]
    content_hash: str
    verified: bool


@dataclass(frozen=True, slots=True)
class FinalReport:
    """Everything that the template prints, in its order."""

    pupil: Pupil
    voice: Part[Quotation]
    works: Part[Entry]
    fails: Part[Entry]
    progression: Progression
    interventions: Part[Entry]
    attendance: AttendanceRecord
    attainment: Part[Subject]
    behaviour: Part[Entry]
    achievements: Part[Entry]
    priorities: Part[Entry]
    support: Part[Entry]
    written: tuple[Fact, ...]
    delivery: Delivery


def render_final_report(bundle: Mapping[str, Any], evidence: Mapping[str, Any]) -> str:
    """The final report of a verified bundle as one HTML page.

    Raises `PageError` where the bundle holds none or several; a withheld or malformed part never raises.
    """
    view = prepare(bundle, evidence, published())
    return _environment().get_template("final-report.html.j2").render(report=view)


def prepare(bundle: Mapping[str, Any], evidence: Mapping[str, Any], reference: Reference) -> FinalReport:
    """The view of the bundle that the template prints."""
    report = Source.of(_only_report(bundle))
    writer = Writer(reference, _names(bundle, evidence))
    pupil = _pupil(Source.of(bundle.get("learner")), bundle.get("learner") is not None)
    return FinalReport(
        pupil=pupil,
        voice=report.part("pupilVoice", writer.voice),
        works=report.part("whatWorks", writer.strategy),
        fails=report.part("whatDoesNotWork", writer.strategy),
        progression=_progression(report, pupil.called, writer),
        interventions=report.part("interventionsAndImpact", writer.intervention),
        attendance=_attendance(report),
        attainment=report.part("academicAttainmentAndProgress", subject),
        behaviour=report.part("behaviourChangeEvidence", writer.evidence),
        achievements=report.part("achievements", writer.achievement),
        priorities=report.part("remainingPriorities", writer.priority, order=_rank),
        support=report.part("recommendedSupport", writer.support),
        written=_written(report, Source.of(bundle.get("placement")), writer),
        delivery=_delivery(evidence, reference),
    )


def _rank(priority: object) -> int:
    rank = mapping(priority).get("order")
    return rank if type(rank) is int else sys.maxsize


def _only_report(bundle: Mapping[str, Any]) -> Mapping[str, Any]:
    documents = map(mapping, sequence(bundle.get("documents")))
    reports = [document for document in documents if document.get("type") == _TYPE]
    if not reports:
        raise NoFinalReportError("this bundle holds no final report")
    if len(reports) > 1:
        raise ManyFinalReportsError("this bundle holds more than one final report; render each by itself")
    return reports[0]


def _names(bundle: Mapping[str, Any], evidence: Mapping[str, Any]) -> dict[str, str]:
    school = mapping(mapping(bundle.get("learner")).get("homeSchool"))
    provider = mapping(mapping(bundle.get("placement")).get("provider"))
    receiver = text(mapping(bundle.get("to")).get("address")).partition("/")[0]
    names = {
        text(school.get("organisation")): text(school.get("name")),
        text(provider.get("organisation")): text(provider.get("providerName")),
        receiver: text(evidence.get("receiver")),
        text(mapping(bundle.get("from")).get("organisation")): text(evidence.get("sender")),
    }
    return {organisation: name for organisation, name in names.items() if organisation and name}


def _pupil(learner: Source, given: bool) -> Pupil:
    name = mapping(learner.body.get("legalName"))
    legal = joined([name.get("forename"), joined(name.get("middleNames"), " "), name.get("surname")], " ")
    preferred = text(learner.body.get("preferredName"))
    facts = (
        ("Legal name", legal or learner.words("legalName")),
        ("Likes to be called", learner.words("preferredName")),
        ("Date of birth", learner.words("dateOfBirth", day)),
        ("Year group", learner.words("yearGroup")),
        ("Home school", learner.words("homeSchool", lambda school: text(mapping(school).get("name")))),
    )
    known = tuple((label, words) for label, words in facts if words)
    return Pupil(
        heading=preferred or legal or "Final report",
        called=preferred or text(name.get("forename")) or "The pupil",
        facts=known if given else (("Pupil's details", "Not in this bundle"),),
    )


def _progression(report: Source, called: str, writer: Writer) -> Progression:
    part: Part[object] = report.part("frameworkProgress", lambda item: item)
    return Progression(
        sentence=summary(called, progress_of(part.items, writer.reference.scale)),
        tables=domain_tables(part.items, writer),
        scales=scales_used(part.items, writer.reference),
        part=part,
    )


def _attendance(report: Source) -> AttendanceRecord:
    state = report.state("attendanceRecord")
    if state in (State.ABSENT, State.WITHHELD):
        return AttendanceRecord(Part(state), None)
    terms, whole = attendance(report.body["attendanceRecord"])
    return AttendanceRecord(Part(state, terms), whole)


def _written(report: Source, placement: Source, writer: Writer) -> tuple[Fact, ...]:
    version, supersedes = text(report.body.get("version")), mapping(report.body.get("supersedes"))
    start, end = (placement.words(member, day) for member in ("startDate", "plannedEndDate"))
    provider = mapping(placement.body.get("provider"))
    facts = (
        ("Written by", writer.person(report.body.get("author"))),
        ("Written on", day(report.body.get("createdAt"))),
        ("Version", version + (", replaces an earlier version" if supersedes else "")),
        (
            "Placement at",
            text(provider.get("providerName")) or writer.organisation(provider.get("organisation")),
        ),
        ("Placement began", start),
        ("Planned end", end),
    )
    return tuple((label, words) for label, words in facts if words)


def _delivery(evidence: Mapping[str, Any], reference: Reference) -> Delivery:
    receipts = [mapping(receipt) for receipt in sequence(evidence.get("receipts"))]
    return Delivery(
        sender=text(evidence.get("sender")),
        receiver=text(evidence.get("receiver")),
        receipts=tuple(_receipt(receipt, reference) for receipt in receipts),
        content_hash=text(evidence.get("content_sha256")),
        verified=evidence.get("verified") is True,
    )


def _receipt(receipt: Mapping[str, Any], reference: Reference) -> str:
    by = receipt.get("by")
    who = reference.role(text(mapping(by).get("role")) or text(by))
    status = sentence(text(receipt.get("status"))) + (f" by {who}" if who else "")
    return joined([part for part in (status, moment(receipt.get("at"))) if part])


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("gateway.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
