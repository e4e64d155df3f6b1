"""What the rules about a placement share: its documents, its week and when something about it is overdue."""

from collections.abc import Iterator
from datetime import date, time

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import Judge, Unseen, beside, entries, find, is_time, need_day, one

AGREEMENT = "placement-agreement"
CHANGE = "placement-change"
END = "placement-end"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NO_AGREEMENT = "The agreement about this placement is not here."


def placed(case: Case, rule: Rule, *judges: Judge) -> Iterator[Verdict]:
    """Judge the placement in each of these ways; None means that a rule is not about it."""
    for item in case.components:
        found = (one(item, case, rule, judge) for judge in judges if item.kind == "placement")
        yield from (verdict for verdict in found if verdict is not None)


def agreed(case: Case, item: Item) -> tuple[Item, ...]:
    """Return the agreements about a placement and its changes, or raise Unseen without an agreement."""
    agreements = beside(case, item, AGREEMENT)
    if not agreements:
        raise Unseen(at(item.path), why=_NO_AGREEMENT)
    return (*agreements, *beside(case, item, CHANGE))


def overdue(case: Case, last: date) -> bool:
    """Say whether something that a whole record lacks should have been there by now."""
    return case.form == "documents" and case.today is not None and case.today > last


def ended(case: Case, item: Item) -> bool:
    """Say whether a placement has ended; without today, any document that ends it counts."""
    days = [need_day(end, "endDate") for end in beside(case, item, END)]
    return bool(days) and (case.today is None or max(days) < case.today)


def half_days(item: Item, name: str) -> list[tuple[str, str]]:
    """Return the weekday and session of each entry of a timetable, or raise Unseen if one says neither."""
    found = [(entry.get("weekday"), entry.get("session")) for _, entry in entries(item, name)]
    known = [(day, half) for day, half in found if isinstance(day, str) and isinstance(half, str)]
    if len(known) < len(found):
        raise Unseen(at(item.path, name))
    return known


def session_times(item: Item) -> list[tuple[time, time]]:
    """Return when each session of the pattern starts and ends, or raise Unseen if that is not all there."""
    pattern = entries(item, "attendancePattern")
    found = [(place, entry.get("startTime"), entry.get("endTime")) for place, entry in pattern]
    unknown = [place for place, start, end in found if not (is_time(start) and is_time(end))]
    if unknown or not found:
        raise Unseen(*(unknown or [at(item.path, "attendancePattern")]))
    return [(time.fromisoformat(str(start)), time.fromisoformat(str(end))) for _, start, end in found]


def minutes_of(start: time, end: time) -> int:
    """Return the minutes from one time of day to another."""
    return (end.hour - start.hour) * 60 + end.minute - start.minute


def in_hours(minutes: int) -> str:
    """Return a number of minutes as people say it."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours" + (f" {rest} minutes" if rest else "")


def lacking(item: Item, wanted: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, ...]:
    """Return the places of what is missing; if nothing is, raise Unseen for what cannot be seen."""
    missing: list[str] = []
    hidden: list[str] = []
    for kind, steps in wanted:
        try:
            if not find(item, kind, *steps):
                missing.append(at(item.path, *steps))
        except Unseen as unseen:
            hidden += unseen.places
    if hidden and not missing:
        raise Unseen(*hidden)
    return tuple(missing)
