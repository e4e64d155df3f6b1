"""Rules about a direction to be educated off site (OSD)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from schemas.calendar import OutsideCalendar, SchoolCalendar, legal_date
from schemas.rules._case import Case, Item, Outcome, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Judge,
    Unseen,
    as_day,
    beside,
    calendar,
    current,
    entries,
    find,
    find_day,
    is_time,
    judged,
    learner,
    need,
    need_day,
    need_instant,
    one,
    passed,
    placement,
)
from schemas.rules._look import text
from schemas.rules._placing import overdue
from schemas.rules._recipients import roles_for
from schemas.rules._running import planned
from schemas.rules._timeline import of_placement

_NOTICE = "offsite-direction-notice"
_REFERRAL = "placement-referral"
_ADULT = 18
_DAY = timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIMES = {
    1: ("singleSessionStart", "singleSessionEnd"),
    2: ("morningStart", "breakStart", "breakEnd", "afternoonEnd"),
}
_CONTENT = (
    ("array", ("provisionAddress", "lines")),
    ("string", ("reportToPerson", "name")),
    ("integer", ("numberOfDays",)),
    ("string", ("reasons", "text")),
    ("array", ("objectives",)),
    ("integer", ("sessionsPerDay",)),
)


def notice_in_time(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-01: two clear school days between notice and start; the looser count is only a warning."""
    yield from judged(case, rule, _NOTICE, _in_time)
    yield from of_placement(case, rule, _not_given)


def _not_given(here: Item, case: Case, rule: Rule) -> Verdict | None:
    """Judge a direction of which no notice is on record; the looser count is only a warning here too."""
    if find(here, "string", "placementBasis") != rule.thresholds["basis"] or beside(case, here, _NOTICE):
        return None
    strict, loose = _last_days(calendar(case), need_day(here, "startDate"), rule.thresholds["schoolDays"])
    if not overdue(case, strict):
        return None
    message = "The placement is by direction, and no notice of the direction is on record."
    fix = "Give the notice now, and let the education begin when two clear school days have passed."
    found: Outcome = "error" if overdue(case, loose) else "warning"
    return Verdict(found, (at(here.path, "startDate"),), message, fix)


def _last_days(days: SchoolCalendar, start: date, wanted: int) -> tuple[date, date]:
    """Return the last days for a notice by the strict and by the looser count."""
    before = days.school_days(days.known.start, start - _DAY)
    if len(before) < wanted:
        raise OutsideCalendar("the calendar begins too late to count back")
    return before[-wanted] - _DAY, before[-wanted]


def _in_time(item: Item, case: Case, rule: Rule) -> Verdict:
    notice, start = legal_date(need_instant(item, "noticeDateTime")), need_day(item, "startDate")
    days, wanted = calendar(case), rule.thresholds["schoolDays"]
    places = (at(item.path, "noticeDateTime"), at(item.path, "startDate"))
    if days.clear_school_days_between(notice, start) >= wanted:
        return Verdict("pass", places)
    fix = _earliest(days, notice, wanted)
    if days.school_days_back(start, notice) >= wanted:
        message = "There are fewer clear school days between the notice and the start than the strict count."
        return Verdict("warning", places, message, fix)
    return Verdict("error", places, "The notice is later than the law allows.", fix)


def _earliest(days: SchoolCalendar, notice: date, clear: int) -> str:
    """Name the earliest start that a notice allows, nothing where the calendar does not reach so far."""
    try:
        day = days.add_school_days(notice, clear + 1)
    except OutsideCalendar:
        return ""
    weekday = _WEEKDAYS[day.weekday()].title()
    return f"The earliest start that this notice allows is {weekday} {day.isoformat()}."


def notice_complete(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-02: everything that the notice must say, with session times in order."""
    return judged(case, rule, _NOTICE, _complete)


def _complete(item: Item, _case: Case, _rule: Rule) -> Verdict:
    hidden: list[str] = []
    missing: list[str] = []
    for kind, steps in _CONTENT:
        try:
            if not find(item, kind, *steps):
                missing.append(at(item.path, *steps))
        except Unseen as unseen:
            hidden += unseen.places
    for name in _wanted_times(item):
        if "sessionTimes" not in item.withheld and find(item, "string", "sessionTimes", name) is None:
            missing.append(at(item.path, "sessionTimes", name))
    if missing:
        return Verdict("error", tuple(missing), "The notice lacks something that it must say.")
    if hidden:
        raise Unseen(*hidden)
    return _ordered(item)


def _wanted_times(item: Item) -> tuple[str, ...]:
    """Return the times that the notice must give; with any other number of sessions, none are known."""
    if "sessionsPerDay" in item.withheld:
        return ()
    sessions = item.value.get("sessionsPerDay")
    return _TIMES.get(sessions, ()) if isinstance(sessions, int) else ()


def _ordered(item: Item) -> Verdict:
    names = _wanted_times(item)
    if not names:
        message = "The number of sessions a day can only be one or two."
        return Verdict("error", (at(item.path, "sessionsPerDay"),), message)
    times = [need(item, "string", "sessionTimes", name) for name in names]
    if not all(is_time(found) for found in times):
        raise Unseen(at(item.path, "sessionTimes"))
    if any(first >= second for first, second in pairwise(times)):
        return Verdict("error", (at(item.path, "sessionTimes"),), "The session times are not in order.")
    return passed(item)


def right_recipients(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-03: parent or adult pupil, and the authority if there is a plan; all notices count together.

    One message cannot show who else was told: what it shows is wrong only if it goes to the parent of an
    adult, or to a younger pupil, in the place of the other.
    """
    return judged(case, rule, _NOTICE, _recipients)


def _recipients(item: Item, case: Case, _rule: Rule) -> Verdict:
    pupil = learner(case)
    notice = legal_date(need_instant(item, "noticeDateTime"))
    adult = age(need_day(pupil, "dateOfBirth"), notice) >= _ADULT
    right, other = ("pupil18Plus", "parent") if adult else ("parent", "pupil18Plus")
    plan = {"localAuthorityEhcp"} if need(pupil, "boolean", "ehcPlan", "hasPlan") else set()
    addressed = once(case, ("addressed", placement_of(item)), lambda: _addressed(item, case))
    if {right, *plan} <= addressed:
        return passed(item, "recipientType")
    instead = case.form == "transfer" and other in addressed and right not in addressed
    if case.form != "documents" and not instead:
        raise Unseen(at(item.path), why="Whoever else was told cannot be seen here.")
    message = "Somebody who must have this notice is not among its recipients."
    return Verdict("error", (at(item.path, "recipientType"),), message)


def _addressed(item: Item, case: Case) -> set[str]:
    notices = beside(case, item, _NOTICE)
    found = {need(notice, "string", "recipientType") for notice in notices}
    families = {role.split(".")[0] for notice in notices for role in roles_for(case, notice)}
    named = {"PAR": "parent", "PUP": "pupil18Plus", "LA": "localAuthorityEhcp"}
    return found | {named[family] for family in families & named.keys()}


def age(born: date, on: date) -> int:
    """Return somebody's age on a day; who was born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def in_writing(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-04: on paper or by message, and stating that it is not an exclusion."""
    return judged(case, rule, _NOTICE, _writing)


def _writing(item: Item, _case: Case, rule: Rule) -> Verdict:
    channel = find(item, "string", "noticeChannel")
    stated = find(item, "boolean", "notAnExclusionStatement")
    wrong = [
        at(item.path, name)
        for name, bad in (
            ("noticeChannel", channel not in rule.thresholds["channels"]),
            ("notAnExclusionStatement", stated is not True),
        )
        if bad
    ]
    message = "The notice is not in writing, or does not say that it is not an exclusion."
    return Verdict("error", tuple(wrong), message) if wrong else passed(item)


def not_from_first_day(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-05: not from the first school day of the year."""
    return judged(case, rule, _NOTICE, _first_day)


def _first_day(item: Item, case: Case, _rule: Rule) -> Verdict:
    start, days = need_day(item, "startDate"), calendar(case)
    if start == days.first_school_day():
        message = "The direction starts on the first school day of the year."
        return Verdict("warning", (at(item.path, "startDate"),), message)
    days.is_school_day(start)  # a start in another year says nothing about this year's first day
    return passed(item, "startDate")


def officer_consulted(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-06: with a plan, the authority's SEN officer was asked before the decision."""
    return judged(case, rule, _REFERRAL, _direction_only(consulted_first))


def consulted_first(item: Item, case: Case, rule: Rule) -> Verdict | None:
    """Judge one referral: for a pupil with a plan, was the authority asked on or before the decision day."""
    if not need(learner(case), "boolean", "ehcPlan", "hasPlan"):
        return None
    asked = [
        as_day(entry.get("date"), place)
        for place, entry in entries(item, "servicesConsulted")
        if entry.get("service") == rule.thresholds["service"]
    ]
    place = at(item.path, "servicesConsulted")
    if not asked:
        return Verdict("warning", (place,), "No SEN officer of the authority is among those consulted.")
    if min(asked) <= need_day(item, "decisionDate"):
        return Verdict("pass", (place,))
    return Verdict("warning", (place,), "The SEN officer was consulted only after the decision.")


def tried_before(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-07: something was tried in school first, and its outcome is on record."""
    return judged(case, rule, _REFERRAL, _direction_only(_tried))


def _tried(item: Item, _case: Case, _rule: Rule) -> Verdict:
    found = entries(item, "priorInterventions")
    if not found:
        place = at(item.path, "priorInterventions")
        return Verdict("warning", (place,), "Nothing that was tried in school before is recorded.")
    lacking = tuple(place for place, entry in found if not (entry.get("start") and entry.get("outcome")))
    if lacking:
        message = "Something that was tried before lacks its dates or its outcome."
        return Verdict("warning", lacking, message)
    return passed(item, "priorInterventions")


def _direction_only(judge: Judge) -> Judge:
    """Restrict a judgement to referrals that lead to a direction off site."""

    def only(item: Item, case: Case, rule: Rule) -> Verdict | None:
        if need(item, "string", "reasonForReferral", "code") != "offSiteDirection":
            return None
        return judge(item, case, rule)

    return only


def within_maximum(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-08: a longest period is agreed, and the days of the notice fit into it and before the end."""
    return judged(case, rule, _NOTICE, _maximum)


def _maximum(item: Item, case: Case, _rule: Rule) -> Verdict:
    here, days = placement(case, item), need(item, "integer", "numberOfDays")
    maximum, place = find(here, "integer", "maximumPeriodDays"), at(item.path, "numberOfDays")
    if maximum is None:
        where = at(here.path, "maximumPeriodDays")
        return Verdict("error", (where,), "No longest period is agreed for the placement.")
    if days > maximum:
        return Verdict("error", (place,), "The notice is for more days than the longest period agreed.")
    last = planned(case, here)
    if last is None:
        raise Unseen(at(here.path, "plannedEndDate"))
    if days > _possible(here, calendar(case), need_day(item, "startDate"), last):
        message = "The days of the notice do not fit between the start and the planned end."
        return Verdict("error", (place, at(here.path, "plannedEndDate")), message)
    return Verdict("pass", (place, at(here.path, "maximumPeriodDays")))


def _possible(here: Item, days: SchoolCalendar, first: date, last: date) -> int:
    """Count the school days of a period on which the pattern of the placement has a session."""
    pattern = [entry.get("weekday") for _, entry in entries(here, "attendancePattern")]
    if not pattern:
        raise Unseen(at(here.path, "attendancePattern"))
    return sum(_WEEKDAYS[day.weekday()] in pattern for day in days.school_days(first, last))


def explained_first(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-09: a meeting explained the direction before it began."""
    return judged(case, rule, _NOTICE, _explained)


def _explained(item: Item, _case: Case, _rule: Rule) -> Verdict:
    meeting, start = find_day(item, "explanationMeetingDate"), need_day(item, "startDate")
    if meeting is None or meeting > start:
        message = "No meeting that explained the direction before its start is recorded."
        return Verdict("warning", (at(item.path, "explanationMeetingDate"),), message)
    return passed(item, "explanationMeetingDate")


def agreement_recorded(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-10: what the parents said is on record; a refusal with its date."""
    return judged(case, rule, _NOTICE, _agreement)


def _agreement(item: Item, _case: Case, _rule: Rule) -> Verdict:
    said = find(item, "string", "parentalAgreement")
    if said is None:
        place = at(item.path, "parentalAgreement")
        return Verdict("error", (place,), "It is not recorded whether the parents agree.")
    if said == "refused" and find_day(item, "refusalRecord", "date") is None:
        place = at(item.path, "refusalRecord", "date")
        return Verdict("error", (place,), "A refusal needs a record with its date.")
    return passed(item, "parentalAgreement")


def review_on_request(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-11: who may ask for a review gets one soon, unless there was one not long before."""
    return judged(case, rule, "placement-review", _reviewed)


def _reviewed(item: Item, case: Case, rule: Rule) -> Verdict | None:
    asked = find_day(item, "requestedBy", "date")
    if asked is None:
        return None
    if need(placement(case, item), "string", "placementBasis") != rule.thresholds["basis"]:
        return None
    held = once(case, ("reviews", placement_of(item)), lambda: _review_days(item, case))
    since = asked - timedelta(days=rule.thresholds["recentDays"])
    if bisect_left(held, since) < bisect_right(held, asked):
        return passed(item, "requestedBy")
    last = calendar(case).add_school_days(asked, rule.thresholds["schoolDays"])
    following = next(iter(held[bisect_left(held, asked) :]), None)
    if following is not None and following <= last:
        return passed(item, "requestedBy", "reviewDate")
    if following is None and not overdue(case, last):
        return None
    places = (at(item.path, "requestedBy", "date"), at(item.path, "reviewDate"))
    if case.form != "documents":
        raise Unseen(*places, why="An earlier review may have been told in another transfer.")
    return Verdict(rule.severity, places, "The review that was asked for was not held in time.")


def _review_days(item: Item, case: Case) -> list[date]:
    """Return the days of the reviews of a placement in order; a request alone has none yet."""
    days = [find_day(review, "reviewDate") for review in beside(case, item, "placement-review")]
    return sorted(day for day in days if day is not None)


def agencies_told(case: Case, rule: Rule) -> Iterator[Verdict]:
    """OSD-12: each agency that works with the pupil was told of the direction."""
    about = [*current(case, _NOTICE)][:1]
    for item in about:
        verdict = one(item, case, rule, _told)
        yield from (verdict,) if verdict else ()


def _told(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    active = entries(learner(case), "involvedAgencies")
    if not active:
        return None
    notes = beside(case, item, "agency-notification")
    told = {need(note, "string", "agency", "agencyRole") for note in notes}
    left = tuple(place for place, entry in active if text(entry, "practitionerRole") not in told)
    if left and case.form != "documents":
        raise Unseen(*left, why="Agencies may have been told in another transfer.")
    if left:
        return Verdict("info", left, "No notification to an agency that works with the pupil is on record.")
    return Verdict("pass", (at(item.path),))
