"""Rules about where a pupil goes after a placement and how it goes on there (REI-07 to REI-09)."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.rules._case import Case, Item, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    as_day,
    beside,
    find,
    find_day,
    judged,
    learner,
    need,
    need_day,
    passed,
    written_on,
)
from schemas.rules._placing import overdue
from schemas.rules._timeline import every_version, of_placement
from schemas.rules.pupil import compulsory

_DESTINATION = "destination-record"
_END = "placement-end"
_MONITORING = "post-reintegration-monitoring"
_PLAN = "reintegration-plan"
_DAY = timedelta(days=1)


def recorded(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-07: an ended placement leads somewhere; an unknown destination is asked for again."""
    yield from judged(case, rule, _END, _leads_somewhere)
    yield from judged(case, rule, _DESTINATION, _known)


def _leads_somewhere(item: Item, case: Case, rule: Rule) -> Verdict:
    if _destinations(item, case):
        return passed(item, "destinationRef")
    message = "The placement has ended, and no destination is recorded."
    return Verdict(rule.severity, (at(item.path, "destinationRef"),), message)


def _destinations(end: Item, case: Case) -> tuple[Item, ...]:
    """Return the destination records of an ended placement; raise Unseen if one is named that is not here."""
    named = find(end, "object", "destinationRef")
    found = beside(case, end, _DESTINATION)
    if named is not None and not found:
        place = at(end.path, "destinationRef")
        raise Unseen(place, why="The destination record that is named is not here.")
    return found


def _known(item: Item, _case: Case, rule: Rule) -> Verdict:
    known = need(item, "string", "destinationType") != "unknown"
    if known or find_day(item, "followUpDate") is not None:
        return passed(item, "destinationType")
    message = "The destination is unknown, and no day is set to ask again."
    return Verdict(rule.severity, (at(item.path, "followUpDate"),), message)


def leaver_planned_for(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-08: a Year 11 pupil who will not return has a plan, somebody who owns it, and support.

    Who has no planned return by the school leaving date will not return.
    """
    yield from judged(case, rule, _END, _leaver)
    yield from of_placement(case, rule, _leaving)


def _leaver(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "endReason") != rule.thresholds["reason"]:
        return None
    return _planned(item, _destinations(item, case), overdue(case, need_day(item, "endDate")), rule)


def _leaving(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if beside(case, item, _END):
        return None
    pupil = learner(case)
    if need(pupil, "string", "yearGroup") != rule.thresholds["yearGroup"]:
        return None
    if any(find(plan, "string", "returnDate") is not None for plan in beside(case, item, _PLAN)):
        return None
    _, leaving = compulsory(need_day(pupil, "dateOfBirth"))
    return _planned(item, beside(case, item, _DESTINATION), overdue(case, leaving - _DAY), rule)


def _planned(item: Item, records: tuple[Item, ...], late: bool, rule: Rule) -> Verdict | None:
    """Judge the destination records; where there is none, only once the last day for it is over."""
    if not records:
        message = "There is no destination plan for a pupil who leaves school from this placement."
        return Verdict(rule.severity, (at(item.path),), message) if late else None
    found = records[-1]
    owner = find(found, "string", "destinationPlan", "owner", "role")
    if owner is None:
        message = "The pupil leaves school, and there is no destination plan that somebody owns."
        return Verdict(rule.severity, (at(found.path, "destinationPlan"),), message)
    if find(found, "object", "wellbeingSupport") is None:
        message = "The pupil leaves school, and no support for the pupil's mental wellbeing is recorded."
        return Verdict(rule.severity, (at(found.path, "wellbeingSupport"),), message)
    return passed(found, "destinationPlan", "wellbeingSupport")


def monitored(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-09: after the return somebody looks how it goes, on days set in advance."""
    if case.form == "documents":
        yield from judged(case, rule, _PLAN, _monitored)


def _monitored(item: Item, case: Case, rule: Rule) -> Verdict | None:
    back = find_day(item, "returnDate")
    if back is None:
        return None
    until = ("continuedApSupport", "until")
    if find(item, "boolean", "continuedApSupport", "agreed") and find_day(item, *until) is None:
        message = "The provider goes on supporting the pupil, and it is not stated until when."
        return Verdict(rule.severity, (at(item.path, *until),), message)
    own = _own_points(item, back)
    looks = once(case, ("looks", placement_of(item)), lambda: _looks(item, case))
    last = looks.last if looks.last is not None and looks.last >= back else None
    next_day = back if last is None else last + _DAY
    following = looks.following[bisect_left(looks.following, next_day, key=_day) :]
    if not own and last is None and not (looks.following and looks.following[-1][0] >= back):
        message = "No day is set on which somebody looks how the return goes."
        unset = Verdict(rule.severity, (at(item.path, "planReviews"),), message)
        return unset if overdue(case, back - _DAY) else None
    waiting = [*((day, place) for day, place in own if last is None or last < day), *following[:1]]
    late = tuple(place for day, place in waiting if overdue(case, day))
    if late:
        message = "A day set for looking how the return goes is over, and nothing is recorded of it."
        return Verdict(rule.severity, late, message)
    return passed(item, "returnDate")


@dataclass(frozen=True, slots=True)
class _Looks:
    """When somebody last looked, and each day that a look set for the next one, in order."""

    last: date | None
    following: list[tuple[date, str]]


def _looks(item: Item, case: Case) -> _Looks:
    """Gather the monitoring records of a placement; a newer plan counts as a look as well."""
    written = [
        written_on(found) for kind in (_MONITORING, _PLAN) for found in every_version(case, item, kind)
    ]
    name = "nextMonitoringDate"
    looks = beside(case, item, _MONITORING)
    days = [(day, at(look.path, name)) for look in looks if (day := find_day(look, name)) is not None]
    return _Looks(max(written, default=None), sorted(days))


def _own_points(item: Item, back: date) -> list[tuple[date, str]]:
    """Return the days after the return that a plan sets for looking again."""
    place = at(item.path, "planReviews")
    days = [as_day(value, place) for value in find(item, "array", "planReviews") or []]
    return [(day, place) for day in days if day >= back]


def _day(point: tuple[date, str]) -> date:
    return point[0]
