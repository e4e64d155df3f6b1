"""Rules about education during a suspension or after a permanent exclusion (SUS)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from schemas.calendar import SchoolCalendar, instant_of
from schemas.rules._case import Case, Item, Verdict, at
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
    seen_placement,
)

_NOTICE = "suspension-provision-notice"
_SUSPENSION, _PERMANENT = "suspension", "permanent"
_Period = tuple[date, date | None]


def by_day_six(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-01: education starts on the sixth school day at the latest, arranged by whoever must."""
    return judged(case, rule, _NOTICE, _day_six)


def _day_six(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if _exempt(item, case) or not _long_enough(item, case, rule.thresholds["schoolDay"] - 1):
        return None
    here, kind = seen_placement(case, item), need(item, "string", "exclusionType")
    wrong = {_SUSPENSION: "la", _PERMANENT: "school"}.get(kind)
    if here is not None and wrong is not None and find(here, "string", "commissioner", "role") == wrong:
        message = "The school arranges education in a suspension, the authority after a permanent exclusion."
        return Verdict("error", (at(here.path, "commissioner", "role"),), message)
    return _started(item, case, rule.thresholds["schoolDay"])


def _started(item: Item, case: Case, limit: int) -> Verdict:
    days, since = calendar(case), _counted_from(item, case)
    due = days.add_school_days(days.next_school_day(since), limit - 1)
    start, places = find_day(item, "provisionStartDate"), (at(item.path, "provisionStartDate"),)
    if start is None and not (case.today is not None and case.today > due):
        raise Unseen(*places)
    if start is not None and days.school_day_index(start, since) <= limit:
        return Verdict("pass", places)
    fix = f"Education was due on {due.isoformat()}, the sixth school day: start it without delay."
    return Verdict("error", places, "Education starts later than the sixth school day.", fix)


def counted_together(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-02: periods without a school day in between are one period."""
    return judged(case, rule, _NOTICE, _together)


def _together(item: Item, case: Case, rule: Rule) -> Verdict | None:
    periods = _periods(item, case)
    last, since, days = periods[-1][0], _counted_from(item, case), calendar(case)
    if last == since:
        return None
    start, limit = need_day(item, "provisionStartDate"), rule.thresholds["schoolDay"]
    due = days.add_school_days(days.next_school_day(since), limit - 1)
    places = (at(item.path, "exclusionPeriods"),)
    if days.school_day_index(start, since) <= limit:
        return Verdict("pass", places, f"The periods count together: the sixth day is {due.isoformat()}.")
    if days.school_day_index(start, last) > limit:
        return Verdict("pass", places, "The periods count together; the start is late by either count.")
    fix = f"Counted together, the sixth school day is {due.isoformat()}."
    return Verdict("error", places, "Day six was counted from the last period alone.", fix)


def from_day_one(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-03: for a looked-after child, education from the first day."""
    return judged(case, rule, _NOTICE, _day_one)


def _day_one(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not need(learner(case), "boolean", "lookedAfter"):
        return None
    start, days = need_day(item, "provisionStartDate"), calendar(case)
    place = at(item.path, "provisionStartDate")
    if days.school_day_index(start, _counted_from(item, case)) <= rule.thresholds["schoolDay"]:
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
    given = need_instant(item, "noticeDateTime")
    on_day_one = given <= _end_of_day_one(item, case)
    if need(item, "string", "noticeStage") == "initial" and on_day_one:
        # What is not known yet is for the further notice, which is judged on its own.
        return passed(item, "noticeDateTime")
    places = (at(item.path, "noticeDateTime"), at(item.path, "provisionStartDate"))
    start, hours = _start(item), rule.thresholds["hours"]
    if start - given >= timedelta(hours=hours) or _consented(item, case, rule.thresholds["schoolDay"]):
        return Verdict("pass", places)
    fix = "Give the notice without delay and start when 48 hours have passed, or ask the parents' consent"
    message = "The notice comes less than 48 hours before education starts."
    return Verdict("error", places, message, f"{fix} to an earlier start than the sixth day.")


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
    limit, since = rule.thresholds["schoolDay"], _counted_from(item, case)
    if calendar(case).school_day_index(need_day(item, "provisionStartDate"), since) >= limit:
        message = "Consent cannot shorten the notice here: education does not start before the sixth day."
        return Verdict("error", (at(item.path, "provisionStartDate"),), message)
    if _consented(item, case, limit):
        return passed(item, "shortNoticeParentConsent")
    message = "The parents' consent to the short notice is not on record."
    return Verdict("error", (at(item.path, "shortNoticeParentConsent"),), message)


def _consented(item: Item, case: Case, limit: int) -> bool:
    start, said = need_day(item, "provisionStartDate"), find_day(item, "shortNoticeParentConsent", "date")
    agreed = find(item, "boolean", "shortNoticeParentConsent", "consented")
    early = calendar(case).school_day_index(start, _counted_from(item, case)) < limit
    return agreed is True and said is not None and said <= start and early


def duty_applies(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-07: whether the duty to arrange education is lifted."""
    return judged(case, rule, _NOTICE, _duty)


def _duty(item: Item, case: Case, _rule: Rule) -> Verdict:
    if _no_exams_left(item, case):
        message = "No duty: a Year 11 pupil with no further public examination to sit."
        return Verdict("info", (at(item.path, "noFurtherPublicExams"),), message)
    if _plan_for_less(case):
        message = "No duty to arrange full-time education: the pupil's plan specifies fewer hours."
        return Verdict("info", ("/learner/ehcPlan/maxMinutesPerWeek",), message)
    return passed(item)


def work_set(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SUS-08: until education starts elsewhere, work is set and marked."""
    return judged(case, rule, _NOTICE, _work)


def _work(item: Item, case: Case, _rule: Rule) -> Verdict:
    set_and_marked = find(item, "boolean", "workSetAndMarked")
    place = at(item.path, "workSetAndMarked")
    start = find_day(item, "provisionStartDate")
    first_day = start is not None and calendar(case).school_day_index(start, _counted_from(item, case)) <= 1
    if set_and_marked is True or first_day:
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


def _exempt(item: Item, case: Case) -> bool:
    """Say whether the duty to arrange full-time education is lifted."""
    return _no_exams_left(item, case) or _plan_for_less(case)


def _no_exams_left(item: Item, case: Case) -> bool:
    if find(item, "boolean", "noFurtherPublicExams") is not True:
        return False
    return bool(need(learner(case), "string", "yearGroup") == "11")


def _plan_for_less(case: Case) -> bool:
    pupils = [part for part in case.components if part.kind == "learner"]
    return any(find(pupil, "integer", "ehcPlan", "maxMinutesPerWeek") is not None for pupil in pupils)


def _long_enough(item: Item, case: Case, limit: int) -> bool:
    """Say whether there is a sixth day at all; a permanent exclusion has no end."""
    if need(item, "string", "exclusionType") == _PERMANENT:
        return True
    last, days = _periods(item, case)[-1][1], calendar(case)
    if last is None:
        raise Unseen(at(item.path, "exclusionPeriods"))
    return days.school_days_between(_counted_from(item, case), last) > limit


def _counted_from(item: Item, case: Case) -> date:
    """Return the first day of the periods that run up to the last one without a school day in between."""
    periods, days = _periods(item, case), calendar(case)
    since = periods[-1][0]
    for start, end in reversed(periods[:-1]):
        if end is None or not _follows(days, end, since):
            break
        since = start
    return since


def _follows(days: SchoolCalendar, end: date, start: date) -> bool:
    return days.clear_school_days_between(end, start) == 0


def _periods(item: Item, case: Case) -> list[_Period]:
    """Return the periods of all notices of the placement up to this one's last, in order."""
    mine = _own(item)
    latest = max(start for start, _ in mine)
    others = {period for other in beside(case, item, _NOTICE) for period in _own(other)}
    return sorted({*mine, *others} - {p for p in others if p[0] > latest}, key=lambda period: period[0])


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
