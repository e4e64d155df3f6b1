"""Rows and drawings of the tables: framework progress by domain, attendance, attainment. All pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.pages.entries import Writer
from gateway.pages.progress import (
    Outcome,
    Progress,
    bounds,
    compare,
    construct_of,
    has_value,
    raw_of,
    scale_of,
)
from gateway.pages.reference import FindScale, Reference
from gateway.pages.wording import code, day, joined, mapping, percentage, scaled, sentence, sequence, text
from schemas import Scale

_LEFT, _WIDTH, _MOST_TICKS = 12, 116, 11


@dataclass(frozen=True, slots=True)
class Dumbbell:
    """Where the drawing puts its start, its end and its ticks, in the units of its view box."""

    start: str
    end: str
    ticks: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Reading:
    """One assessment as it is read: the number, its label, who answered and when."""

    number: str
    label: str
    source: str
    narrative: str
    dispute: str


@dataclass(frozen=True, slots=True)
class Row:
    """One area of a domain: start, now, and what changed."""

    area: str
    start: Reading
    now: Reading
    progress: Progress
    drawing: Dumbbell | None


@dataclass(frozen=True, slots=True)
class DomainTable:
    """One domain as a table, with the titles of its areas that the report says nothing about."""

    caption: str
    rows: tuple[Row, ...]
    unreported: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attendance:
    """One line of the attendance table; sessions are half days."""

    period: str
    possible: str
    attended: str
    share: str
    authorised: str
    unauthorised: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One line of the attainment table."""

    name: str
    start: str
    end: str
    qualification: str


def progress_of(items: Iterable[object], find: FindScale) -> dict[str, list[Progress]]:
    """The progress of each reported area; an area may have been measured in more than one way."""
    found: dict[str, list[Progress]] = {}
    for pair in map(mapping, items):
        progress = compare(mapping(pair.get("start")), mapping(pair.get("end")), find)
        found.setdefault(text(pair.get("areaRef")), []).append(progress)
    return found


def domain_tables(items: tuple[object, ...], writer: Writer) -> tuple[DomainTable, ...]:
    """One table for each domain with a reported area, in the framework's order; other areas come last."""
    rows = [(text(mapping(item).get("areaRef")), _row(mapping(item), writer)) for item in items]
    reported = {code for code, _ in rows}
    tables = []
    for title, areas in writer.reference.domains().items():
        own = tuple(row for area in areas for code, row in rows if code == area.code)
        missing = tuple(area.label for area in areas if area.code not in reported)
        tables.append(DomainTable(title, own, missing))
    others = tuple(row for code, row in rows if code not in writer.reference.areas)
    tables.append(DomainTable("Areas of another framework", others, ()))
    return tuple(table for table in tables if table.rows)


def scales_used(items: Iterable[object], reference: Reference) -> tuple[str, ...]:
    """One sentence for each known scale in the report: its title, its ends and which way is better."""
    ends = [mapping(mapping(item).get(end)) for item in items for end in ("start", "end")]
    keys = dict.fromkeys((scale_of(end), construct_of(end)) for end in ends if has_value(end))
    known = ((reference.scale(name), construct) for name, construct in keys)
    return tuple(_scale_sentence(scale, construct) for scale, construct in known if scale is not None)


def attendance(record: object) -> tuple[tuple[Attendance, ...], Attendance | None]:
    """The terms, and the whole placement as its own line."""
    found = mapping(record)
    terms = tuple(_attendance(mapping(term)) for term in sequence(found.get("byTerm")))
    whole = _attendance({**found, "term": "Whole placement"}) if text(found.get("possible")) else None
    return terms, whole


def subject(item: object) -> Subject:
    """A line of attainment, in the sender's words."""
    found = mapping(item)
    return Subject(*(text(found.get(member)) for member in ("subject", "start", "end", "qualification")))


def _row(pair: Mapping[str, Any], writer: Writer) -> Row:
    start, end = mapping(pair.get("start")), mapping(pair.get("end"))
    progress = compare(start, end, writer.reference.scale)
    return Row(
        area=writer.reference.area(text(pair.get("areaRef"))),
        start=_reading(start, writer),
        now=_reading(end, writer),
        progress=progress,
        drawing=_drawing(start, end, progress, writer.reference),
    )


def _reading(found: Mapping[str, Any], writer: Writer) -> Reading:
    informant = code(found.get("informant"))
    source = joined([part for part in (sentence(informant), day(found.get("assessedOn"))) if part])
    number, label = _value(found, writer.reference)
    dispute = writer.dispute(mapping(found.get("provenance")))
    return Reading(number, label, source, text(found.get("narrative")), dispute)


def _value(found: Mapping[str, Any], reference: Reference) -> tuple[str, str]:
    if not has_value(found):
        status = text(found.get("status"))
        words = "Not recorded" if status in ("", "assessed") else sentence(code(status))
        return words, text(found.get("reason"))
    scale, display = reference.scale(scale_of(found)), text(mapping(found["value"]).get("display"))
    if scale is None:
        # Without its scale a whole number's decimals are unknown: take the sender's own words, if any.
        return display or str(raw_of(found)), "" if display else "on a scale not known here"
    return scaled(raw_of(found), scale.decimals), scale.labels.get(raw_of(found), display)


def _drawing(
    start: Mapping[str, Any], end: Mapping[str, Any], progress: Progress, reference: Reference
) -> Dumbbell | None:
    scale = reference.scale(scale_of(start))
    if scale is None or progress.outcome is Outcome.NOT_COMPARABLE:
        return None
    span = bounds(scale, construct_of(start))
    steps = range(span[0], span[1] + 1, scale.step)
    if len(steps) < 2:
        return None
    return Dumbbell(
        start=_place(raw_of(start), span),
        end=_place(raw_of(end), span),
        ticks=tuple(_place(tick, span) for tick in (steps if len(steps) <= _MOST_TICKS else span)),
        outcome=progress.outcome,
    )


def _place(raw: int, span: tuple[int, int]) -> str:
    tenths = (raw - span[0]) * _WIDTH * 10 // (span[1] - span[0])
    return scaled(_LEFT * 10 + tenths, 1)


def _scale_sentence(scale: Scale, construct: str) -> str:
    lowest, highest = (_end(scale, value) for value in bounds(scale, construct))
    better = {"higherIsBetter": "; higher is better", "lowerIsBetter": "; lower is better"}
    direction = "" if construct else better.get(scale.direction, "")
    version, measured = scale.ref.rpartition(":")[2], f", {construct}" if construct else ""
    return f"{scale.title}, version {version}{measured}: from {lowest} to {highest}{direction}."


def _end(scale: Scale, value: int) -> str:
    label = scale.labels.get(value, "")
    return f"{scaled(value, scale.decimals)} ({label})" if label else scaled(value, scale.decimals)


def _attendance(found: Mapping[str, Any]) -> Attendance:
    return Attendance(
        period=text(found.get("term")),
        possible=text(found.get("possible")),
        attended=text(found.get("attended")),
        share=percentage(found.get("attended"), found.get("possible")),
        authorised=text(found.get("authorised")),
        unauthorised=text(found.get("unauthorised")),
    )
