"""Rules about the pupil's age (AGE) and the school's calendar (CAL)."""

from collections.abc import Iterator
from datetime import date, timedelta

from schemas.calendar import legal_date
from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    calendar,
    find,
    judged,
    learner,
    need,
    need_day,
    need_instant,
    one,
    passed,
    written_on,
)
from schemas.rules.direction import age

_NOTICE = "offsite-direction-notice"
_ADULT = 18
_SEPTEMBER = 9
_FRIDAY = 4


def school_age(case: Case, rule: Rule) -> Iterator[Verdict]:
    """AGE-01: compulsory school age, worked out from the date of birth."""
    for item in case.components:
        if item.kind == "learner":
            verdict = one(item, case, rule, _school_age)
            yield from (verdict,) if verdict else ()


def _school_age(item: Item, case: Case, _rule: Rule) -> Verdict:
    born, day = need_day(item, "dateOfBirth"), _as_of(case)
    first, last = compulsory(born)
    within, stated = first <= day <= last, find(item, "boolean", "compulsorySchoolAge")
    if stated is not None and stated is not within:
        message = "The record states the compulsory school age otherwise than the date of birth gives it."
        return Verdict("info", (at(item.path, "compulsorySchoolAge"),), message)
    if not within:
        message = "The pupil is not of compulsory school age."
        return Verdict("info", (at(item.path, "dateOfBirth"),), message)
    return passed(item, "dateOfBirth")


def compulsory(born: date) -> tuple[date, date]:
    """Return the first and the last day of compulsory school age."""
    return _first(born), _last(born)


def _first(born: date) -> date:
    """The next of three days of the year on or after the fifth birthday."""
    day = (born.month, born.day)
    for month, end in ((3, 31), (8, 31), (12, 31)):
        if day <= (month, end):
            return date(born.year + 5, month, end)
    raise AssertionError("every day of a year comes before its end")


def _last(born: date) -> date:
    """The last Friday in June of the school year in which the pupil is sixteen."""
    year = born.year + 16 + (born.month >= _SEPTEMBER)
    june = date(year, 6, 30)
    return june - timedelta(days=(june.weekday() - _FRIDAY) % 7)


def _as_of(case: Case) -> date:
    """Return the day to judge: today, or else the day of the newest document."""
    if case.today is not None:
        return case.today
    if not case.documents:
        raise Unseen(why="Nothing here says for which day the age is wanted.")
    return max(written_on(item) for item in case.documents)


def notice_to_adult(case: Case, rule: Rule) -> Iterator[Verdict]:
    """AGE-02: from eighteen the pupil gets the notice, before that the parent."""
    return judged(case, rule, _NOTICE, _adult)


def _adult(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    recipient = need(item, "string", "recipientType")
    notice = legal_date(need_instant(item, "noticeDateTime"))
    wrong = "parent" if age(need_day(learner(case), "dateOfBirth"), notice) >= _ADULT else "pupil18Plus"
    if recipient != wrong:
        return passed(item, "recipientType")
    message = "The notice is addressed to the pupil before eighteen, or to the parent from eighteen on."
    return Verdict("error", (at(item.path, "recipientType"),), message)


def calendar_known(case: Case, rule: Rule) -> Iterator[Verdict]:
    """CAL-01: school days are counted by the home school's own calendar."""
    for kind in rule.inputs:
        yield from judged(case, rule, kind, _calendar)


def _calendar(item: Item, case: Case, rule: Rule) -> Verdict | None:
    names = [place.split("/")[1] for place in rule.inputs[item.kind]]
    days = [_day_of(item, name) for name in names if find(item, "string", name) is not None]
    if not days:
        return None
    known, school = calendar(case), need(learner(case), "string", "homeSchool", "organisation")
    if school not in known.schools:
        message = "The school calendar is not that of the pupil's home school."
        return Verdict("error", (at((None, "learner"), "homeSchool"),), message)
    for day in days:
        known.is_school_day(day)  # raises where the calendar does not reach
    return passed(item, *names)


def _day_of(item: Item, name: str) -> date:
    return legal_date(need_instant(item, name)) if name.endswith("DateTime") else need_day(item, name)
