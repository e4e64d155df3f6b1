"""Rules about education during a suspension or after a permanent exclusion (SUS)."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from schemas.calendar import OutsideCalendar, SchoolCalendar, instant_of
from schemas.rules._case import Case, Item, Verdict, at, grouped, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    beside,
    calendar,
    day_of,
    find,
    find_day,
    is_time,
    judged,
    learner,
    need,
    need_day,
    need_instant,
    passed,
    placement,
)
from schemas.rules._placing import overdue

_NOTICE = "suspension-provision-notice"
_SUSPENSION, _PERMANENT = "suspension", "permanent"
_Period = tuple[date, date | None]


def by_day_six(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-01: education starts on the sixth school day at the latest, arranged by whoever must."""
    yield from judged(case, rule, _NOTICE, _arranged)
    yield from judged(case, rule, _NOTICE, _day_six)


def _arranged(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not _due_at_all(item, case, rule):
        return None
    here, kind = placement(case, item), need(item, "string", "exclusionType")
    place = at(here.path, "commissioner", "role")
    if need(here, "string", "commissioner", "role") != {_SUSPENSION: "la", _PERMANENT: "school"}.get(kind):
        return None
    message = "The school arranges education in a suspension, the authority after a permanent exclusion."
    fix = "Agree who arranges it, and correct who commissions the placement."
    return Verdict("error", (place,), message, fix)


def _day_six(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not _due_at_all(item, case, rule) or _told_later(item, case):
        return None
    limit, place = rule.thresholds["schoolDay"], at(item.path, "provisionStartDate")
    if find_day(item, "provisionStartDate") is None:
        if case.today is None or case.today <= _nth_day(item, case, limit):
            raise Unseen(place)
    elif _first_day(item, case) <= limit:
        return Verdict("pass", (place,))
    due = _known_day(item, case, limit)
    fix = f"Education was due on {due}, the sixth school day: start it without delay." if due else ""
    return Verdict("error", (place,), "Education starts later than the sixth school day.", fix)


def _due_at_all(item: Item, case: Case, rule: Rule) -> bool:
    """Say whether full-time education has to be arranged: not in a short suspension, not without a duty."""
    return not _exempt(item, case, rule) and _long_enough(item, case, rule.thresholds["schoolDay"] - 1)


def _told_later(item: Item, case: Case) -> bool:
    """Say whether a notice leaves the start to another one of the same periods, which is judged instead."""
    if find_day(item, "provisionStartDate") is not None:
        return False
    return _of_period(item, case, "start", lambda notice: find_day(notice, "provisionStartDate") is not None)


def counted_together(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-02: periods without a school day in between are one period."""
    return judged(case, rule, _NOTICE, _together)


def _together(item: Item, case: Case, rule: Rule) -> Verdict | None:
    last, days = _last_start(item), calendar(case)
    if last == _counted_from(item, case) or _told_later(item, case):
        return None
    index, limit = _first_day(item, case), rule.thresholds["schoolDay"]
    due, places = _known_day(item, case, limit), (at(item.path, "exclusionPeriods"),)
    if index <= limit:
        said = f"The periods count together: the sixth day is {due}." if due else ""
        return Verdict("pass", places, said)
    if days.school_day_index(need_day(item, "provisionStartDate"), last) > limit:
        return Verdict("pass", places, "The periods count together; the start is late by either count.")
    fix = f"Counted together, the sixth school day is {due}." if due else ""
    return Verdict("error", places, "Day six was counted from the last period alone.", fix)


def from_day_one(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-03: for a looked-after child, education from the first day."""
    return judged(case, rule, _NOTICE, _day_one)


def _day_one(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not need(learner(case), "boolean", "lookedAfter") or _told_later(item, case):
        return None
    place = at(item.path, "provisionStartDate")
    if _first_day(item, case) <= rule.thresholds["schoolDay"]:
        return Verdict("pass", (place,))
    message = "For a looked-after child education should start on the first day."
    return Verdict("warning", (place,), message)


def notice_complete(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-04: start, times, address and person; an initial notice may say what is not known yet."""
    return judged(case, rule, _NOTICE, _complete)


def _complete(item: Item, _case: Case, _rule: Rule) -> Verdict:
    missing = _lacking(item)
    if need(item, "string", "noticeStage") == "initial" and missing:
        flagged = find(item, "array", "notYetAscertainable") or []
        missing = [name for name in missing if name not in flagged]
    places = tuple(at(item.path, name) for name in missing)
    message = "The notice lacks something that it must say."
    return Verdict("error", places, message) if missing else passed(item)


def _lacking(item: Item) -> list[str]:
    found = {
        "provisionStartDate": find_day(item, "provisionStartDate"),
        "provisionTimes": _times(item),
        "provisionAddress": find(item, "array", "provisionAddress", "lines"),
        "reportToPerson": find(item, "string", "reportToPerson", "name"),
    }
    return [name for name, value in found.items() if not value]


def _times(item: Item) -> tuple[time, time] | None:
    """Return when the day of education starts and ends, None if either is missing."""
    for first, last in (("morningStart", "afternoonEnd"), ("singleSessionStart", "singleSessionEnd")):
        found = [find(item, "string", "provisionTimes", name) for name in (first, last)]
        if all(found):
            if not all(is_time(value) for value in found):
                raise Unseen(at(item.path, "provisionTimes"))
            return time.fromisoformat(found[0]), time.fromisoformat(found[1])
    return None


def notice_in_time(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-05: by the end of day one with everything in it, or else 48 hours before the start."""
    return judged(case, rule, _NOTICE, _in_time)


def _in_time(item: Item, case: Case, rule: Rule) -> Verdict | None:
    given, first = need_instant(item, "noticeDateTime"), need(item, "string", "noticeStage") == "initial"
    on_day_one = given <= _end_of_day_one(item, case)
    if first and _lacking(item):
        return _further(item, case, rule)
    if first and on_day_one:
        return passed(item, "noticeDateTime")
    places = (at(item.path, "noticeDateTime"), at(item.path, "provisionStartDate"))
    start, hours = _start(item), rule.thresholds["hours"]
    if start - given >= timedelta(hours=hours) or _consented(item, case, rule.thresholds["schoolDay"]):
        return Verdict("pass", places)
    fix = "Give the notice without delay and start when 48 hours have passed, or ask the parents' consent"
    message = "The notice comes less than 48 hours before education starts."
    return Verdict("error", places, message, f"{fix} to an earlier start than the sixth day.")


def _further(item: Item, case: Case, rule: Rule) -> Verdict | None:
    """Judge a first notice that leaves something open: another one follows in time before the sixth day."""
    if _of_period(item, case, "stage", lambda notice: need(notice, "string", "noticeStage") != "initial"):
        # When the further notice came is judged on its own.
        return passed(item, "noticeDateTime")
    if not _due_at_all(item, case, rule):
        return None
    last = _nth_day(item, case, rule.thresholds["schoolDay"]) - timedelta(hours=rule.thresholds["hours"])
    if not overdue(case, last):
        return None
    message = "The first notice leaves something open, and no further notice came 48 hours before day six."
    return Verdict("error", (at(item.path, "noticeStage"),), message)


def short_notice(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-06: less than 48 hours needs the parents' consent, and an earlier start than the sixth day."""
    return judged(case, rule, _NOTICE, _short)


def _short(item: Item, case: Case, rule: Rule) -> Verdict | None:
    given, start = need_instant(item, "noticeDateTime"), _start(item)
    first = need(item, "string", "noticeStage") == "initial"
    if start - given >= timedelta(hours=rule.thresholds["hours"]):
        return None
    if first and given <= _end_of_day_one(item, case):
        return None
    limit = rule.thresholds["schoolDay"]
    if _first_day(item, case) >= limit:
        message = "Consent cannot shorten the notice here: education does not start before the sixth day."
        return Verdict("error", (at(item.path, "provisionStartDate"),), message)
    if _consented(item, case, limit):
        return passed(item, "shortNoticeParentConsent")
    message = "The parents' consent to the short notice is not on record."
    return Verdict("error", (at(item.path, "shortNoticeParentConsent"),), message)


def _consented(item: Item, case: Case, limit: int) -> bool:
    start, said = need_day(item, "provisionStartDate"), find_day(item, "shortNoticeParentConsent", "date")
    agreed = find(item, "boolean", "shortNoticeParentConsent", "consented")
    return agreed is True and said is not None and said <= start and _first_day(item, case) < limit


def duty_applies(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-07: whether the duty to arrange education is lifted."""
    return judged(case, rule, _NOTICE, _duty)


def _duty(item: Item, case: Case, rule: Rule) -> Verdict:
    if _no_exams_left(item, case):
        message = "No duty: a Year 11 pupil with no further public examination to sit."
        return Verdict("info", (at(item.path, "noFurtherPublicExams"),), message)
    if _plan_for_less(case, rule):
        message = "No duty to arrange full-time education: the pupil's plan specifies fewer hours."
        return Verdict("info", ("/learner/ehcPlan/maxMinutesPerWeek",), message)
    return passed(item)


def work_set(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-08: until education starts elsewhere, work is set and marked."""
    return judged(case, rule, _NOTICE, _work)


def _work(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    place, start = at(item.path, "workSetAndMarked"), find_day(item, "provisionStartDate")
    if _of_period(item, case, "work", lambda notice: find(notice, "boolean", "workSetAndMarked") is True):
        return Verdict("pass", (place,))
    if _told_later(item, case):
        return None
    if start is not None and _first_day(item, case) <= 1:
        return Verdict("pass", (place,))
    return Verdict("warning", (place,), "Education starts later than day one and no work is set and marked.")


def plan_updated(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-09: a looked-after child's education plan says what was arranged after a permanent exclusion."""
    return judged(case, rule, _NOTICE, _plan)


def _plan(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    if need(item, "string", "exclusionType") != _PERMANENT:
        return None
    if not need(learner(case), "boolean", "lookedAfter"):
        return None
    place = at(item.path, "pepUpdated")
    if find(item, "boolean", "pepUpdated") is True:
        return Verdict("pass", (place,))
    return Verdict("warning", (place,), "The personal education plan does not show what was arranged.")


def _exempt(item: Item, case: Case, rule: Rule) -> bool:
    """Say whether the duty to arrange full-time education is lifted."""
    return _no_exams_left(item, case) or _plan_for_less(case, rule)


def _no_exams_left(item: Item, case: Case) -> bool:
    if find(item, "boolean", "noFurtherPublicExams") is not True:
        return False
    return bool(need(learner(case), "string", "yearGroup") == "11")


def _plan_for_less(case: Case, rule: Rule) -> bool:
    """Say whether the pupil has a plan that asks for less than full time."""
    for pupil in (part for part in case.components if part.kind == "learner"):
        most = find(pupil, "integer", "ehcPlan", "maxMinutesPerWeek")
        if most is not None and most < rule.thresholds["minutesPerWeek"]:
            return bool(need(pupil, "boolean", "ehcPlan", "hasPlan"))
    return False


def _long_enough(item: Item, case: Case, limit: int) -> bool:
    """Say whether there is a sixth day at all; a permanent exclusion has no end."""
    if need(item, "string", "exclusionType") == _PERMANENT:
        return True
    periods, place = _periods(item, case)
    last, days = periods[place][1], calendar(case)
    if last is None:
        raise Unseen(at(item.path, "exclusionPeriods"))
    return days.school_days_between(_counted_from(item, case), last) > limit


def _first_day(item: Item, case: Case) -> int:
    """Return on which school day education starts, or raise Unseen if it would start before the first."""
    start, since = need_day(item, "provisionStartDate"), _counted_from(item, case)
    if start < since:
        place = at(item.path, "provisionStartDate")
        raise Unseen(place, why="Education cannot start before the suspension or the exclusion.")
    return calendar(case).school_day_index(start, since)


def _nth_day(item: Item, case: Case, number: int) -> date:
    days = calendar(case)
    return days.add_school_days(days.next_school_day(_counted_from(item, case)), number - 1)


def _known_day(item: Item, case: Case, number: int) -> str:
    """Return that school day for a sentence, empty where the calendar does not reach so far."""
    try:
        return _nth_day(item, case, number).isoformat()
    except OutsideCalendar:
        return ""


def _counted_from(item: Item, case: Case) -> date:
    """Return the first day of the periods that run up to the last one without a school day in between."""
    (periods, last), days = _periods(item, case), calendar(case)
    since = periods[last][0]
    for place in range(last - 1, -1, -1):
        start, end = periods[place]
        if end is None or not _follows(days, end, since):
            break
        since = start
    return since


def _follows(days: SchoolCalendar, end: date, start: date) -> bool:
    return days.clear_school_days_between(end, start) == 0


def _of_period(item: Item, case: Case, fact: str, holds: Callable[[Item], bool]) -> bool:
    """Say whether something holds of any notice of the last period that a notice is about."""
    mine, latest = placement_of(item), _last_start(item)
    known = once(case, ("notices by start", mine), lambda: grouped(beside(case, item, _NOTICE), _last_start))
    return once(case, (fact, mine, latest), lambda: any(map(holds, known.get(latest, ()))))


def _last_start(item: Item) -> date:
    return max(start for start, _ in _own(item))


def _periods(item: Item, case: Case) -> tuple[Sequence[_Period], int]:
    """Return the periods of all notices of the placement in order, and which is this notice's last."""
    known = once(case, ("periods", placement_of(item)), lambda: _in_order(beside(case, item, _NOTICE)))
    return known, bisect_right(known, _last_start(item), key=lambda period: period[0]) - 1


def _in_order(notices: Sequence[Item]) -> list[_Period]:
    """Return the periods by their first day; of several with the same one, the one known to be longest."""
    longest: dict[date, date | None] = {}
    for start, end in (period for notice in notices for period in _own(notice)):
        before = longest.get(start)
        longest[start] = before if end is None or (before is not None and before > end) else end
    return sorted(longest.items(), key=lambda period: period[0])


def _own(item: Item) -> list[_Period]:
    found = [_period(entry) for entry in find(item, "array", "exclusionPeriods") or []]
    known = [period for period in found if period is not None]
    if not known or len(known) < len(found):
        raise Unseen(at(item.path, "exclusionPeriods"))
    return known


def _period(entry: object) -> _Period | None:
    if not isinstance(entry, dict):
        return None
    start, end = day_of(entry.get("start")), day_of(entry.get("end"))
    return None if start is None or (end is None and "end" in entry) else (start, end)


def _start(item: Item) -> datetime:
    day, times = need_day(item, "provisionStartDate"), _times(item)
    if times is None:
        raise Unseen(at(item.path, "provisionTimes"))
    return instant_of(day, times[0])


def _end_of_day_one(item: Item, case: Case) -> datetime:
    days = calendar(case)
    return instant_of(days.next_school_day(_counted_from(item, case)), days.afternoon_end)
