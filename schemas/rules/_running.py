"""How long a placement runs, which school days it asks for, and when a document was first written."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from schemas.calendar import OutsideCalendar, SchoolCalendar, Span, instant_of
from schemas.rules._case import Case, Item, Verdict, at, grouped, once
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    beside,
    calendar,
    find_day,
    need,
    need_day,
    need_instant,
    one,
)
from schemas.rules._placing import WEEKDAYS, half_days
from schemas.rules._placing import overdue as overdue

Judges = Callable[[Item, Case, Rule], Iterable[Verdict]]
_NEW_END = "newPlannedEndDate"
_DAY = timedelta(days=1)
_NO_FIRST = "The first version of this document is not here."


def over_time(case: Case, rule: Rule, judge: Judges) -> Iterator[Verdict]:
    """Judge the placement of a placement record, which alone can show that something was never done."""
    for item in case.components:
        if item.kind == "placement" and case.form == "documents":
            yield from _several(item, case, rule, judge)


def _several(item: Item, case: Case, rule: Rule, judge: Judges) -> list[Verdict]:
    """Gather several verdicts on one thing; what cannot be seen ends them with one more."""
    found: list[Verdict] = []

    def gather(item: Item, case: Case, rule: Rule) -> None:
        found.extend(judge(item, case, rule))

    last = one(item, case, rule, gather)
    return [*found, last] if last else found


def running(case: Case, here: Item) -> Span:
    """Return the days of a placement as far as the calendar reaches, or raise OutsideCalendar."""
    known, start = calendar(case).known, need_day(here, "startDate")
    end = ending(case, here) or known.end
    if start > known.end or end < known.start:
        raise OutsideCalendar("the placement lies outside the calendar")
    return Span(max(start, known.start), min(end, known.end))


def ending(case: Case, here: Item) -> date | None:
    """Return the day on which a placement ended, or else is now planned to end, None if it is open."""
    return once(case, ("ending", here.path), lambda: _ending(case, here))


def _ending(case: Case, here: Item) -> date | None:
    ended = [need_day(end, "endDate") for end in beside(case, here, "placement-end")]
    return min(ended) if ended else planned(case, here)


def planned(case: Case, here: Item) -> date | None:
    """Return the day on which a placement is now planned to end, None if there is none."""
    return once(case, ("planned", here.path), lambda: _planned(case, here))


def _planned(case: Case, here: Item) -> date | None:
    changes = [change for change in beside(case, here, "placement-change") if find_day(change, _NEW_END)]
    if changes:
        return need_day(max(changes, key=lambda change: need_instant(change, "createdAt")), _NEW_END)
    return find_day(here, "plannedEndDate")


def terms(days: SchoolCalendar) -> list[Span]:
    """Return the terms of the school year in order."""
    return [term.days for term in days.terms]


def half_terms(days: SchoolCalendar) -> list[Span]:
    """Return the halves of the terms in order; a term without a half-term holiday is one."""
    ends = [day for term in terms(days) for day in (term.start, term.end)]
    found = [half for half in map(days.half_term_of, ends) if half is not None]
    return list(dict.fromkeys(found))


def shared(days: SchoolCalendar, within: Span, spans: Sequence[Span], least: int) -> Iterator[Span]:
    """Yield what a placement shares with each span, where that is enough school days to count."""
    for span in spans:
        part = Span(max(span.start, within.start), min(span.end, within.end))
        if part.start <= part.end and days.school_days_between(part.start, part.end) >= least:
            yield part


def sessions_a_week(here: Item) -> list[int]:
    """Return how many half days the attendance pattern has on each weekday, Monday first."""
    booked = set(half_days(here, "attendancePattern"))
    if not booked or any(day not in WEEKDAYS or half not in ("AM", "PM") for day, half in booked):
        raise Unseen(at(here.path, "attendancePattern"))
    return [sum(day == weekday for day, _ in booked) for weekday in WEEKDAYS]


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month if it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def versions(case: Case, item: Item) -> tuple[Item, ...]:
    """Return every version of a document that is here, a first version only by itself."""
    if item.value.get("version") == 1:
        return (item,)
    known = (item.kind, need(item, "string", "documentId"))
    return once(case, "versions", lambda: grouped(case.documents, _name_of)).get(known, ())


def written_by(case: Case, item: Item, last: date) -> bool:
    """Say whether a document was first written by the end of a day in England, or raise Unseen."""
    return written_before(case, item, instant_of(last + _DAY, time()))


def written_before(case: Case, item: Item, limit: datetime) -> bool:
    """Say whether a document was first written before an instant: a correction does not make it late."""
    here = versions(case, item)
    if any(need_instant(version, "createdAt") < limit for version in here):
        return True
    if not any(version.value.get("version") == 1 for version in here):
        raise Unseen(at(item.path), why=_NO_FIRST)
    return False


def _name_of(item: Item) -> tuple[str, str | None]:
    named = item.value.get("documentId")
    return item.kind, named if isinstance(named, str) else None


def first_version(case: Case, item: Item) -> Item:
    """Return the first version of a document, or raise Unseen."""
    found = next((version for version in versions(case, item) if version.value.get("version") == 1), None)
    if found is None:
        raise Unseen(at(item.path), why=_NO_FIRST)
    return found
