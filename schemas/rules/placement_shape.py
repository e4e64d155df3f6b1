"""Rules about the shape of a placement: how long, how much of the week and where (PLC)."""

from collections import Counter
from collections.abc import Iterator

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    beside,
    calendar,
    entries,
    find,
    find_day,
    judged,
    need,
    need_day,
    others,
    passed,
    placement,
)
from schemas.rules._placing import (
    AGREEMENT,
    END,
    WEEKDAYS,
    agreed,
    ended,
    half_days,
    in_hours,
    lacking,
    minutes_of,
    overdue,
    placed,
    session_times,
)
from schemas.rules._running import ending

_PART_TIME = "part-time-timetable-notice"
_PERMANENT = "permanentExclusion"
_HALF_DAYS = tuple((day, half) for day in WEEKDAYS[:5] for half in ("AM", "PM"))


def planned_end(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-01: a placement away from school has a planned end, or a review after a permanent exclusion."""
    return placed(case, rule, _planned_end)


def _planned_end(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    tier = need(item, "string", "placementTier")
    if tier not in rule.thresholds["tiers"]:
        return None
    if find_day(item, "plannedEndDate") is not None:
        return passed(item, "plannedEndDate")
    after_exclusion = find(item, "string", "placementBasis") == _PERMANENT
    if tier == rule.thresholds["reviewTier"] and after_exclusion and find_day(item, "reviewBy") is not None:
        return passed(item, "reviewBy")
    message = "The placement has no planned end date."
    return Verdict("error", (at(item.path, "plannedEndDate"),), message)


def coherent(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-02: dates, hours and pattern agree with each other and with the school's terms."""
    return placed(case, rule, _dates_in_order, _some_hours, _hours_match, _days_in_term)


def _dates_in_order(item: Item, _case: Case, _rule: Rule) -> Verdict | None:
    start, end = need_day(item, "startDate"), find_day(item, "plannedEndDate")
    if end is None:
        return None
    if start <= end:
        return passed(item, "startDate", "plannedEndDate")
    places = (at(item.path, "startDate"), at(item.path, "plannedEndDate"))
    return Verdict("error", places, "The placement ends before it starts.")


def _some_hours(item: Item, _case: Case, _rule: Rule) -> Verdict:
    if need(item, "integer", "minutesPerWeek") > 0:
        return passed(item, "minutesPerWeek")
    return Verdict("error", (at(item.path, "minutesPerWeek"),), "The placement has no time in the week.")


def _hours_match(item: Item, _case: Case, rule: Rule) -> Verdict:
    lengths = [minutes_of(start, end) for start, end in session_times(item)]
    stated, place = need(item, "integer", "minutesPerWeek"), at(item.path, "attendancePattern")
    if min(lengths) <= 0:
        return Verdict("error", (place,), "A session of the attendance pattern ends before it starts.")
    places = (place, at(item.path, "minutesPerWeek"))
    if abs(sum(lengths) - stated) <= rule.thresholds["minutes"]:
        return Verdict("pass", places)
    message = "The hours a week are not those of the sessions in the attendance pattern."
    fix = f"The sessions add up to {in_hours(sum(lengths))} a week: correct the hours or the sessions."
    return Verdict("error", places, message, fix)


def _days_in_term(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    start, end = need_day(item, "startDate"), need_day(item, "plannedEndDate")
    wanted = {day for day, _ in half_days(item, "attendancePattern")}
    if end < start:
        return None
    for day in calendar(case).school_days(start, end):
        wanted.discard(WEEKDAYS[day.weekday()])
        if not wanted:
            return passed(item, "attendancePattern")
    message = "The attendance pattern has a day on which the school is never open during the placement."
    return Verdict("error", (at(item.path, "attendancePattern"),), message)


def full_time_reason(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-03: a full-time placement of tier 2 is an exception with a reason and an end."""
    return placed(case, rule, _exception)


def _exception(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "placementTier") not in rule.thresholds["tiers"]:
        return None
    if need(item, "string", "fullOrPartTime") != "full":
        return None
    if find_day(item, "plannedEndDate") is None:
        message = "A full-time placement of this tier needs a planned end date."
        return Verdict(rule.severity, (at(item.path, "plannedEndDate"),), message)
    documents = agreed(case, item)
    if any(find(found, "string", "exceptionalReason", "text") for found in documents):
        return passed(item, "fullOrPartTime")
    message = "No exceptional reason is recorded for a full-time placement of this tier."
    return Verdict(rule.severity, (at(documents[0].path, "exceptionalReason"),), message)


def day_at_school(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-04: the pupil keeps a day a week at the home school, unless there is a known reason."""
    return placed(case, rule, _day_at_school)


def _day_at_school(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "placementTier") not in rule.thresholds["tiers"]:
        return None
    if find(item, "string", "placementBasis") == _PERMANENT:
        return None
    documents = agreed(case, item)
    exempt = [find(found, "string", "baseSchoolExemption") for found in documents]
    home = half_days(documents[0], "homeTimetable")
    if len(home) >= rule.thresholds["halfDays"] or set(exempt) & {*rule.thresholds["exemptions"]}:
        return passed(documents[0])
    message = "The pupil spends less than a day a week at the home school, and no exemption is recorded."
    return Verdict(rule.severity, (at(documents[0].path, "homeTimetable"),), message)


def week_covered(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-05: each half day has one place, and together they are full time."""
    return placed(case, rule, _week)


def _week(item: Item, case: Case, rule: Rule) -> Verdict:
    home, place = _at_home_school(item, case), at(item.path, "attendancePattern")
    away = [half for here in (item, *others(case)) for half in _expected(here)]
    total = _total(item, case, rule, home)
    counted = Counter([*home, *away])
    if max(counted.values(), default=0) > 1:
        message = f"The pupil is expected in two places at once. The week adds up to {in_hours(total)}."
        return Verdict(rule.severity, (place,), message)
    whole = total >= rule.thresholds["minutesPerWeek"] and all(half in counted for half in _HALF_DAYS)
    if whole or _medical(item) or _part_time(item, case):
        return Verdict("pass", (place,), f"The week adds up to {in_hours(total)}.")
    full = in_hours(rule.thresholds["minutesPerWeek"])
    message = f"The week adds up to {in_hours(total)}; full time is {full}, with a place for each half day."
    return Verdict(rule.severity, (place,), message)


def _expected(here: Item) -> list[tuple[str, str]]:
    """Return the half days of a placement, or raise Unseen if none are stated."""
    found = half_days(here, "attendancePattern")
    if not found:
        raise Unseen(at(here.path, "attendancePattern"), why="The days of a placement are not stated.")
    return found


def _at_home_school(item: Item, case: Case) -> list[tuple[str, str]]:
    """Return the half days at the home school, or raise Unseen, saying what is known of the week."""
    agreements = beside(case, item, AGREEMENT)
    if agreements:
        return half_days(agreements[0], "homeTimetable")
    known = in_hours(_away(item, case))
    why = f"The placements add up to {known} a week; the half days at school stand in the agreement."
    raise Unseen(at(item.path), why=f"{why} It is not here.")


def _total(item: Item, case: Case, rule: Rule, home: list[tuple[str, str]]) -> int:
    return _away(item, case) + len(home) * int(rule.thresholds["minutesPerHalfDay"])


def _away(item: Item, case: Case) -> int:
    return sum(int(need(here, "integer", "minutesPerWeek")) for here in (item, *others(case)))


def _medical(item: Item) -> bool:
    return bool(find(item, "string", "placementBasis") == "medicalOrMentalHealth")


def _part_time(item: Item, case: Case) -> bool:
    """Say whether a part-time timetable is recorded that has not run out."""
    limits = [need_day(notice, "timeLimitDate") for notice in beside(case, item, _PART_TIME)]
    return any(case.today is None or case.today <= limit for limit in limits)


def tier_fits(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-06: the tier is the one that the share of the day and the site belong to."""
    return judged(case, rule, AGREEMENT, _tier_fits)


def _tier_fits(item: Item, case: Case, rule: Rule) -> Verdict:
    tier = need(placement(case, item), "string", "placementTier")
    if need(item, "string", "site") != rule.thresholds["site"].get(tier):
        message = "The tier of the placement does not belong to this kind of site."
        return Verdict(rule.severity, (at(item.path, "site"),), message)
    band = rule.thresholds["shareOfDay"].get(tier)
    if band is None:
        return passed(item, "site")
    if band[0] <= need(item, "integer", "shareOfDay") <= band[1]:
        return passed(item, "site", "shareOfDay")
    message = "The tier of the placement does not belong to this share of the school day."
    return Verdict(rule.severity, (at(item.path, "shareOfDay"),), message)


def not_past_end(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-15: no placement runs on after its planned end without a change or an end on record."""
    return placed(case, rule, _not_past_end)


def _not_past_end(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if beside(case, item, END):
        return passed(item, "plannedEndDate")
    last = ending(case, item)
    if last is None and find(item, "string", "placementBasis") != _PERMANENT:
        raise Unseen(at(item.path, "plannedEndDate"))
    if last is None or case.today is None or case.today <= last:
        return None
    place = at(item.path, "plannedEndDate")
    if not overdue(case, last):
        raise Unseen(place, why="A change or the end may have been sent in another transfer.")
    message = "The planned end has passed, and neither a new end nor the end of the placement is on record."
    return Verdict(rule.severity, (place,), message)


def part_time_limited(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-16: a part-time timetable has an end, reviews and a reason other than managing behaviour."""
    return judged(case, rule, _PART_TIME, _limited)


def _limited(item: Item, _case: Case, rule: Rule) -> Verdict:
    wanted = (
        ("string", ("timeLimitDate",)),
        ("array", ("reviewArrangements",)),
        ("string", ("reason", "code")),
    )
    missing = lacking(item, wanted)
    if missing:
        message = "The part-time timetable lacks its time limit, its reviews or its reason."
        return Verdict("error", missing, message)
    need_day(item, "timeLimitDate")
    if need(item, "string", "reason", "code") in rule.thresholds["neverReasons"]:
        message = "A part-time timetable may not be used to manage behaviour."
        return Verdict("error", (at(item.path, "reason", "code"),), message)
    return passed(item)


def return_planned(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-17: who is educated part-time has a plan, with a date, for the return to full time."""
    yield from judged(case, rule, _PART_TIME, _return_plan)
    yield from placed(case, rule, _no_return_plan)


def _return_plan(item: Item, _case: Case, rule: Rule) -> Verdict:
    place = at(item.path, "returnPlan")
    if find(item, "string", "returnPlan", "text") is None:
        return Verdict(rule.severity, (place,), "There is no plan for the return to full time.")
    dated = any(entry.get("date") for _, entry in entries(item, "returnPlan", "milestones"))
    if dated or find_day(item, "timeLimitDate") is not None:
        return Verdict("pass", (place,))
    return Verdict(rule.severity, (place,), "The plan for the return to full time has no date.")


def _no_return_plan(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "fullOrPartTime") != "part" or _part_time(item, case) or ended(case, item):
        return None
    total, place = _total(item, case, rule, _at_home_school(item, case)), at(item.path, "minutesPerWeek")
    if total >= rule.thresholds["minutesPerWeek"]:
        return Verdict("pass", (place,))
    if not overdue(case, need_day(item, "startDate")):
        return None
    message = f"The week adds up to {in_hours(total)}, and no plan for the return to full time is on record."
    return Verdict(rule.severity, (place,), message)
