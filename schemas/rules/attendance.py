"""Rules about attendance, absence and what the registers show (ATT)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from schemas.calendar import instant_of, legal_date
from schemas.rules._case import Case, Item, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    as_instant,
    beside,
    calendar,
    day_of,
    entries,
    find,
    judged,
    learner,
    need,
    need_day,
    need_instant,
    passed,
    placement,
    written_on,
)
from schemas.rules._look import text
from schemas.rules._placing import overdue, placed
from schemas.rules._running import (
    first_version,
    over_time,
    running,
    sessions_a_week,
    versions,
    written_before,
)
from schemas.rules._sessions import (
    NOTICE,
    Session,
    kind_of,
    mark_of,
    of_session,
    over_sessions,
    right,
    told,
    when,
)
from schemas.rules._sites import Sites, known_sites, resolves
from schemas.rules.register_codes import Arrangement, is_late, row_for, session_of

_SUMMARY = "attendance-summary"
_DUAL = ("dualMain", "dualSubsidiary")
_LOST = "The pupil was or is expected at a place that is no site with an address on record."
_FRIDAY = 4


def told_same_day(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-01: each absence has a notice, written on the day itself."""
    yield from judged(case, rule, NOTICE, _same_day)
    if case.form == "documents":
        yield from judged(case, rule, _SUMMARY, _noticed)


def _same_day(item: Item, case: Case, rule: Rule) -> Verdict:
    limit = _until(need_day(item, "date"), rule.thresholds["latestTime"])

    def in_time(notices: Iterable[Item]) -> bool:
        return any(written_before(case, notice, limit) for notice in notices)

    if of_session(item, case, "told in time", in_time):
        return passed(item, "createdAt")
    message = "The absence was notified later than the day on which it happened."
    return Verdict(rule.severity, (at(item.path, "createdAt"),), message)


def _noticed(item: Item, case: Case, rule: Rule) -> Verdict | None:
    notices, now = told(item, case), case.today or written_on(item)

    def fits(place: str, entry: Session) -> bool | None:
        day, session = when(place, entry)
        if day >= now or session_of(mark_of(place, entry)) != "absent":
            return None
        return (day, session) in notices

    message = "The provider marked the pupil absent and no absence notice is on record."
    return over_sessions(item, rule, message, fits)


def weekly_summary(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-02: a summary for each week with sessions, by a fixed time."""
    yield from judged(case, rule, _SUMMARY, _weekly)
    yield from over_time(case, rule, _weeks)


def _weekly(item: Item, case: Case, rule: Rule) -> Verdict:
    friday = _friday(need_day(item, "weekCommencing"))
    limit = _until(friday, rule.thresholds["latestTime"])
    others = _by_week(case, item)[friday]

    def in_time() -> bool:
        return any(written_before(case, other, limit) for other in others)

    if once(case, ("week in time", placement_of(item), friday), in_time):
        return passed(item, "createdAt")
    message = "The week's attendance summary came later than it should."
    return Verdict(rule.severity, (at(item.path, "createdAt"),), message)


def _weeks(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    """Yield the weeks that are over, had sessions, and have no summary at all."""
    booked, span, days = sessions_a_week(here), running(case, here), calendar(case)
    summaries = _by_week(case, here)
    expected = (day for day in days.school_days(span.start, span.end) if booked[day.weekday()])
    for friday in dict.fromkeys(_friday(day) for day in expected):
        if friday not in summaries and overdue(case, friday):
            message = f"There is no attendance summary for the week that ended on {friday.isoformat()}."
            yield Verdict(rule.severity, (at(here.path, "attendancePattern"),), message)


def _by_week(case: Case, item: Item) -> dict[date, list[Item]]:
    """Return the summaries of a placement by the Friday of their week, or raise Unseen."""

    def sorted_out() -> dict[date, list[Item]]:
        found: dict[date, list[Item]] = {}
        for other in beside(case, item, _SUMMARY):
            found.setdefault(_friday(need_day(other, "weekCommencing")), []).append(other)
        return found

    return once(case, ("summaries by week", placement_of(item)), sorted_out)


def code_fits(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-03: the home register's code is the one that the table has for such a placement."""
    yield from judged(case, rule, _SUMMARY, _codes)
    yield from judged(case, rule, "placement-notification", _announced)


def _codes(item: Item, case: Case, rule: Rule) -> Verdict | None:
    arrangement = _arrangement(item, case)

    def fits(place: str, entry: Session) -> bool | None:
        session = session_of(mark_of(place, entry))
        return right(place, entry, rule, arrangement, session or "")

    message = "The home register's code does not fit the kind of placement."
    return over_sessions(item, rule, message, fits)


def _announced(item: Item, case: Case, rule: Rule) -> Verdict | None:
    code, arrangement = find(item, "string", "attendanceCode"), _arrangement(item, case)
    row = row_for(arrangement, "attended")
    # A pupil may be registered at the provider's school only from the first day on.
    if code is None or row is None or (_at_school(item, case) and not arrangement.registered_there):
        return None
    if code in row.home:
        return passed(item, "attendanceCode")
    message = "The code that the authority is told does not fit the kind of placement."
    return Verdict(rule.severity, (at(item.path, "attendanceCode"),), message)


def dual_registered(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-04: a direction to a school means registration at both from the first day."""
    return placed(case, rule, _dual)


def _dual(here: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(here, "string", "placementBasis") != rule.thresholds["basis"]:
        return None
    if not need(here, "boolean", "provider", "registeredSchool", "registered"):
        return None
    pupil = learner(case)
    status, place = need(pupil, "string", "registrationStatus"), at(pupil.path, "registrationStatus")
    if status == rule.thresholds["status"]:
        return Verdict("pass", (place,))
    if case.today is None or case.today < need_day(here, "startDate"):
        return None
    message = "The placement has begun and the home school does not have the pupil as dual main."
    return Verdict(rule.severity, (place,), message)


def off_site_activity(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-05: the code for off-site activity needs an activity, a place and supervision, and is never remote."""
    return judged(case, rule, _SUMMARY, _off_site)


def _off_site(item: Item, case: Case, rule: Rule) -> Verdict | None:
    remote = need(placement(case, item), "string", "deliveryMode") == rule.thresholds["never"]

    def fits(_place: str, entry: Session) -> bool | None:
        if entry.get("homeRegisterCode") != rule.thresholds["code"]:
            return None
        named = text(entry, "activity") and text(entry, "site")
        return bool(named) and entry.get("supervised") is True and not remote

    message = (
        "A session is coded as off-site activity without its nature, place or supervision, or is remote."
    )
    return over_sessions(item, rule, message, fits)


def absence_shown(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-06: what a provider that is not a school reports as absence is absence in the home register."""
    return judged(case, rule, _SUMMARY, _shown)


def _shown(item: Item, case: Case, rule: Rule) -> Verdict | None:
    arrangement, notices = _arrangement(item, case), told(item, case)

    def fits(place: str, entry: Session) -> bool | None:
        if when(place, entry) not in notices and session_of(mark_of(place, entry)) != "absent":
            return None
        if is_late(str(entry.get("providerMark"))):
            return None
        return right(place, entry, rule, arrangement, "absent")

    message = "A session that the provider reported as absence is coded otherwise in the home register."
    return over_sessions(item, rule, message, fits)


def parent_contacted(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-07: the school speaks to the parent about each absence."""
    return judged(case, rule, NOTICE, _contacted)


def _contacted(item: Item, case: Case, rule: Rule) -> Verdict | None:
    last = calendar(case).add_school_days(need_day(item, "date"), rule.thresholds["schoolDays"])
    place = at(item.path, "parentContacted")
    if of_session(item, case, "rung in time", lambda notices: any(day <= last for day in _contacts(notices))):
        return Verdict("pass", (place,))
    message = "No contact with the parent about the absence is on record in time."
    late = overdue(case, last) or of_session(item, case, "rung", lambda notices: bool(_contacts(notices)))
    return Verdict(rule.severity, (place,), message) if late else None


def _contacts(notices: Iterable[Item]) -> list[date]:
    """Return the days on which somebody spoke to the parent, according to some notices."""
    contacted = [notice for notice in notices if find(notice, "object", "parentContacted")]
    return [legal_date(need_instant(notice, "parentContacted", "when")) for notice in contacted]


def below_target(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-08: attendance below the school's own target leads to an intervention."""
    return judged(case, rule, _SUMMARY, _below)


def _below(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    target, stated = rule.thresholds["targetTenths"], find(item, "boolean", "belowTarget", "below")
    if stated is None and not target:
        return None
    counted = target and need(item, "integer", "attended") * 1000 < target * need(item, "integer", "possible")
    place = at(item.path, "belowTarget", "interventionRef")
    if not (stated or counted) or find(item, "object", "belowTarget", "interventionRef"):
        return Verdict("pass", (place,))
    return Verdict(
        rule.severity, (place,), "Attendance is below the school's target and no intervention is named."
    )


def sums_up(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-09: the totals of a week add up; what the listed sessions allow is only a warning."""
    return judged(case, rule, _SUMMARY, _sums)


def _sums(item: Item, _case: Case, rule: Rule) -> Verdict:
    possible = need(item, "integer", "possible")
    parts = [need(item, "integer", name) for name in rule.thresholds["parts"]]
    places = tuple(at(item.path, name) for name in ("possible", *rule.thresholds["parts"]))
    if possible != sum(parts):
        message = "The possible sessions are not the attended, authorised and unauthorised ones together."
        return Verdict("error", places, message)
    kinds = [kind_of(entry) for _, entry in entries(item, "sessions")]
    certain = sum(kind in ("attended", "absent") for kind in kinds)
    unsure = kinds.count(None)
    if kinds and not certain <= possible <= certain + unsure:
        message = "The listed sessions are not as many as the possible sessions."
        return Verdict("warning", (at(item.path, "possible"), at(item.path, "sessions")), message)
    return Verdict("pass", places)


def site_known(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-10: everybody knows where the pupil is meant to be: a site with an address."""
    yield from placed(case, rule, _pattern)
    yield from judged(case, rule, NOTICE, _expected)
    yield from judged(case, rule, _SUMMARY, _attended)


def _pattern(here: Item, case: Case, rule: Rule) -> Verdict | None:
    if find(here, "string", "deliveryMode") == rule.thresholds["nowhere"]:
        return None
    sites, booked = known_sites(case, here), entries(here, "attendancePattern")
    lost = [place for place, entry in booked if not _is_known(entry.get("location"), sites)]
    if lost:
        places = tuple(f"{place}/location" for place in lost)
        return Verdict(rule.severity, places, _LOST)
    return passed(here, "attendancePattern") if booked else None


def _expected(item: Item, case: Case, rule: Rule) -> Verdict:
    sites = known_sites(case, placement(case, item))
    place, day = find(item, "string", "expectedLocation"), need_day(item, "date")
    if _is_known(place, sites, day):
        return passed(item, "expectedLocation")
    return Verdict(rule.severity, (at(item.path, "expectedLocation"),), _LOST)


def _attended(item: Item, case: Case, rule: Rule) -> Verdict | None:
    here = placement(case, item)
    if need(here, "string", "deliveryMode") == rule.thresholds["nowhere"]:
        return None
    sites = known_sites(case, here)
    remote = [day_of(entry.get("date")) for _, entry in entries(item, "remoteEngagementLog")]

    def fits(place: str, entry: Session) -> bool | None:
        day, _ = when(place, entry)
        return _is_known(entry.get("site"), sites, day) or (None if day in remote else False)

    return over_sessions(item, rule, _LOST, fits)


def escalated(case: Case, rule: Rule) -> Iterator[Verdict]:
    """ATT-11: an absence that nobody can explain is followed up within hours."""
    return judged(case, rule, NOTICE, _followed)


def _followed(item: Item, case: Case, rule: Rule) -> Verdict | None:
    first = first_version(case, item)
    if _explained(first):
        return None
    limit = need_instant(first, "createdAt") + timedelta(hours=rule.thresholds["hours"])
    answers = [as_instant(entry.get("when"), place) for place, entry in entries(item, "followUp")]
    answers += [need_instant(later, "createdAt") for later in versions(case, item) if _explained(later)]
    if answers and min(answers) <= limit:
        return passed(item, "followUp")
    message = "Nobody followed up an unexplained absence in time."
    late = answers or overdue(case, legal_date(limit))
    return Verdict(rule.severity, (at(item.path, "followUp"),), message) if late else None


def _explained(item: Item) -> bool:
    return find(item, "string", "reason", "code") not in (None, "unknown")


def _arrangement(item: Item, case: Case) -> Arrangement:
    here = placement(case, item)
    status = need(learner(case), "string", "registrationStatus") if _at_school(item, case) else ""
    role, mode = need(here, "string", "commissioner", "role"), need(here, "string", "deliveryMode")
    return Arrangement(role, status in _DUAL, mode)


def _at_school(item: Item, case: Case) -> bool:
    found: bool = need(placement(case, item), "boolean", "provider", "registeredSchool", "registered")
    return found


def _is_known(place: object, sites: Sites, day: date | None = None) -> bool:
    return isinstance(place, str) and resolves(place, sites, day)


def _friday(day: date) -> date:
    return day + timedelta(days=_FRIDAY - day.weekday())


def _until(day: date, clock: str) -> datetime:
    """Return the end of a minute on an English clock, so that the minute itself is in time."""
    return instant_of(day, time.fromisoformat(clock)) + timedelta(minutes=1)
