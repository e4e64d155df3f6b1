"""What ``ltp check`` finds out about a set of values: their forms, what they make together, and every rule."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import schemas
from schemas import Finding, calendar_form, rules
from schemas.assembly import CALENDAR, MESSAGES, Record, assemble, kind_of
from schemas.calendar import SchoolCalendar

_TOLD = ("error", "warning", "info")
_UNKNOWN = Finding(
    "check.unknown-kind",
    "error",
    "",
    "This is nothing that can be checked here: neither a document nor a transfer, bundle, learner, placement, "
    "placement record or school calendar.",
    "See whether it is the right file; a document says in 'type' what it is.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """How to judge: `days` is how far to look ahead for deadlines, None for not at all."""

    profile: str
    today: date
    calendar: SchoolCalendar | None = None
    days: int | None = None


@dataclass(slots=True)
class Report:
    """Everything that was found, by file; what no single file is to blame for stands with its placement."""

    kinds: dict[str, str | None]
    files: dict[str, list[Finding]]
    placements: list[tuple[tuple[str, ...], list[Finding]]] = field(default_factory=list)
    unjudged: list[tuple[str | None, Finding]] = field(default_factory=list)
    due: list[tuple[date, str | None, Finding]] = field(default_factory=list)

    def errors(self) -> bool:
        """Say whether anything that was found is an error."""
        lists = [*self.files.values(), *(findings for _, findings in self.placements)]
        return any(finding.severity == "error" for findings in lists for finding in findings)

    def tell(self, file: str | None, finding: Finding, others: list[Finding]) -> None:
        """Add a finding once, to its file or, without a file, to the others."""
        findings = others if file is None else self.files[file]
        if finding not in findings and not any(_says_the_same(known, finding) for known in findings):
            findings.append(finding)


def _says_the_same(known: Finding, finding: Finding) -> bool:
    """What the form already calls missing is not said again because the dictionary requires it too."""
    codes = (known.code, finding.code)
    return codes == ("schema.required", "REC-01") and known.pointer == finding.pointer


def report(values: Mapping[str, object], asked: Asked) -> Report:
    """Check values by the names of their files."""
    kinds = {name: kind_of(value) for name, value in values.items()}
    found = Report(kinds, {name: list(_form(kinds[name], value)) for name, value in values.items()})
    calendars = list(_calendars(found, values))
    assembly = assemble(values)
    for file, finding in assembly.findings:
        found.tell(file, finding, [])
    for record in assembly.records:
        others: list[Finding] = []
        found.placements.append((record.files(), others))
        _judge(found, record, asked, calendars, others)
    for name, kind in kinds.items():
        if kind in MESSAGES:
            _judge_message(found, name, values[name], asked)
    return found


def _form(kind: str | None, value: object) -> Iterable[Finding]:
    if kind is None:
        return (_UNKNOWN,)
    return calendar_form.findings(value) if kind == CALENDAR else schemas.validate(kind, value)


def _calendars(found: Report, values: Mapping[str, Any]) -> Iterator[SchoolCalendar]:
    for name, kind in found.kinds.items():
        if kind == CALENDAR and not found.files[name]:
            yield SchoolCalendar.parse(values[name])


def _calendar_for(
    subject: Mapping[str, Any], asked: Asked, calendars: list[SchoolCalendar]
) -> SchoolCalendar | None:
    """Return the calendar that was given, that of the home school, or the only one there is."""
    if asked.calendar is not None:
        return asked.calendar
    school = subject.get("learner", {}).get("homeSchool")
    known = school.get("organisation") if isinstance(school, dict) else None
    own = [calendar for calendar in calendars if known in calendar.schools]
    return own[0] if len(own) == 1 else calendars[0] if len(calendars) == 1 else None


def _judge(
    found: Report, record: Record, asked: Asked, calendars: list[SchoolCalendar], others: list[Finding]
) -> None:
    calendar = _calendar_for(record.subject, asked, calendars)
    for result in rules.evaluate(record.subject, asked.profile, calendar=calendar, today=asked.today):
        file, finding = _placed(record, result)
        if result.outcome in _TOLD:
            found.tell(file, finding, others)
        elif result.outcome == "notEvaluable" and not _judged_apart(found, file, result):
            found.unjudged.append((file, finding))
    if asked.days is not None and calendar is not None:
        coming = rules.deadlines(
            record.subject, asked.profile, calendar=calendar, today=asked.today, days=asked.days
        )
        found.due += [(deadline.due, *_placed(record, deadline.result)) for deadline in coming]


def _judge_message(found: Report, name: str, value: Any, asked: Asked) -> None:  # noqa: ANN401 - any JSON
    """Judge what only a transfer or a bundle says: who sends what to whom, and why."""
    for result in rules.evaluate(value, asked.profile, today=asked.today):
        if _is_addressing(result):
            if result.outcome in _TOLD:
                found.tell(name, result.finding(), [])
            elif result.outcome == "notEvaluable":
                found.unjudged.append((name, result.finding()))


def _judged_apart(found: Report, file: str | None, result: rules.Result) -> bool:
    return file is not None and found.kinds[file] in MESSAGES and _is_addressing(result)


def _is_addressing(result: rules.Result) -> bool:
    return not rules.catalogue()[result.rule].inputs.keys().isdisjoint(MESSAGES)


def _placed(record: Record, result: rules.Result) -> tuple[str | None, Finding]:
    finding = result.finding()
    file, where = record.place(finding.pointer)
    return file, Finding(finding.code, finding.severity, where, finding.message, finding.fix)
