"""Rules about reviews, reports, visits and what the pupil says (REV)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, time, timedelta

from schemas.calendar import OutsideCalendar, SchoolCalendar, Span, instant_of
from schemas.rules._case import Case, Item, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    as_day,
    beside,
    calendar,
    entries,
    find,
    find_day,
    judged,
    learner,
    need,
    need_day,
    passed,
    placement,
    written_on,
)
from schemas.rules._look import text
from schemas.rules._placing import overdue
from schemas.rules._running import (
    ending,
    first_version,
    half_terms,
    months_later,
    over_time,
    running,
    sessions_a_week,
    shared,
    terms,
    versions,
    written_before,
)

_REVIEW, _REPORT, _VISIT = "placement-review", "termly-report", "visit-record"
_END, _VOICE, _CONTRIBUTION = "placement-end", "pupil-voice", "ehcp-review-contribution"
_DAY = timedelta(days=1)
_ELSEWHERE = "What is not here may have gone in another transfer."


def each_half_term(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-01: a review in each half-term that has enough school days of the placement."""
    return over_time(case, rule, _half_termly)


def _half_termly(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    days, span = calendar(case), running(case, here)
    held = {need_day(review, "reviewDate"): review for review in beside(case, here, _REVIEW)}
    halves = half_terms(days)
    for part in shared(days, span, halves, rule.thresholds["schoolDays"]):
        inside = [review for day, review in held.items() if day in part]
        if inside:
            yield passed(inside[0], "reviewDate")
        elif overdue(case, part.end):
            half = next(half for half in halves if part.start in half)
            message = f"No review was held in the half-term that ends on {half.end.isoformat()}."
            yield Verdict(rule.severity, (at(here.path, "startDate"),), message)


def each_term(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-02: a report each term, with its three parts."""
    yield from judged(case, rule, _REPORT, _three_parts)
    yield from over_time(case, rule, _termly)


def _three_parts(item: Item, _case: Case, rule: Rule) -> Verdict:
    kinds = {"academicProgress": "array", "behaviour": "object", "welfare": "object"}
    lacking = [name for name, kind in kinds.items() if not find(item, kind, name)]
    if not lacking:
        return passed(item, *kinds)
    message = "The termly report lacks academic progress, behaviour or welfare."
    return Verdict(rule.severity, tuple(at(item.path, name) for name in lacking), message)


def _termly(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    days, span = calendar(case), running(case, here)
    about = {term for report in beside(case, here, _REPORT) for term in _about(report, case)}
    for part in shared(days, span, terms(days), rule.thresholds["schoolDays"]):
        term = next(term for term in terms(days) if part.start in term)
        if term not in about and overdue(case, term.end):
            message = f"There is no report for the term that ended on {term.end.isoformat()}."
            yield Verdict(rule.severity, (at(here.path, "startDate"),), message)


def _about(report: Item, case: Case) -> Iterator[Span]:
    """Yield the term at whose end, or in the holidays after it, the period of a report ends.

    A report that states no period is about the term in which a version of it was written.
    """
    end, every = find_day(report, "periodEnd"), terms(calendar(case))
    if end is None:
        days = [written_on(version) for version in versions(case, report)]
        yield from (term for term in every if any(day in term for day in days))
        return
    begun, since = [term for term in every if term.start <= end], find_day(report, "periodStart")
    yield from (term for term in begun[-1:] if since is None or since <= term.end)


def visited(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-03: a visit each month or every ten sessions, whichever comes first."""
    return over_time(case, rule, _visits)


def _visits(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    span = running(case, here)
    since = span.start
    made = {need_day(visit, "visitDate"): visit for visit in beside(case, here, _VISIT)}
    for day in sorted(day for day in made if day in span):
        last = _due(here, case, rule, since, span.end)
        place, since = at(made[day].path, "visitDate"), day
        late = f"The visit was due on {last.isoformat()} at the latest."
        yield Verdict(rule.severity, (place,), late) if day > last else Verdict("pass", (place,))
    if since < span.end:
        last = _due(here, case, rule, since, span.end)
        message = f"A visit was due by {last.isoformat()} and none is on record."
        if last < span.end and overdue(case, last):
            yield Verdict(rule.severity, (at(here.path, "attendancePattern"),), message)


def _due(here: Item, case: Case, rule: Rule, since: date, end: date) -> date:
    """Return the last day for the next visit: the earlier of a month later and the session after the tenth."""
    days, booked, total = calendar(case), sessions_a_week(here), 0
    month = months_later(since, rule.thresholds["months"])
    for day in days.school_days(since, min(month, end)):
        total += booked[day.weekday()]
        if total > rule.thresholds["sessions"]:
            return day
    return month if month > end else days.next_school_day(month)


def three_answers(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-04: whether objectives are met, the pupil attends, and the placement is safe and meets the needs."""
    return judged(case, rule, _REVIEW, _answers)


def _answers(item: Item, _case: Case, rule: Rule) -> Verdict:
    names: list[str] = rule.thresholds["answers"]
    lacking = [name for name in names if find(item, "string", name, "code") is None]
    if not lacking:
        return passed(item, *names)
    message = "The review leaves one of its three questions unanswered."
    return Verdict("error", tuple(at(item.path, name) for name in lacking), message)


def invited(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-05: everybody who belongs in a formal review was there, or the record says why not."""
    return judged(case, rule, _REVIEW, _attendees)


def _attendees(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "reviewType") != "formal":
        return None
    listed = entries(item, "attendees")
    roles = [entry.get("role") for _, entry in listed]
    place = at(item.path, "attendees")
    if not all(any(role in roles for role in wanted) for wanted in rule.thresholds["oneOfEach"]):
        message = "Somebody who belongs in a formal review was not invited."
        return Verdict(rule.severity, (place,), message)
    absent = [(where, entry) for where, entry in listed if entry.get("present") is not True]
    silent = tuple(where for where, entry in absent if text(entry, "reason") is None)
    if silent:
        message = "Somebody was not at the formal review and the record does not say why."
        return Verdict(rule.severity, silent, message)
    return Verdict("pass", (place,))


def after_concern(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-06: a concern about the safety of the placement opens a review at once."""
    return judged(case, rule, "safeguarding-concern", _opened)


def _opened(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not need(item, "boolean", "aboutPlacementSafety"):
        return None
    told = written_on(first_version(case, item))
    last = calendar(case).add_school_days(told, rule.thresholds["schoolDays"])
    days = _held(item, case, "safeguardingImmediate")
    held, place = next(iter(days[bisect_left(days, told) :]), None), at(item.path, "aboutPlacementSafety")
    if held is not None and held <= last:
        return Verdict("pass", (place,))
    if held is None and not overdue(case, last):
        return None
    if case.form != "documents":
        raise Unseen(place, why=_ELSEWHERE)
    message = f"The placement was to be reviewed by {last.isoformat()} and was not."
    return Verdict(rule.severity, (place,), message)


def _held(item: Item, case: Case, kind: str) -> list[date]:
    """Return the days of the reviews of one kind in the placement of a document, in order."""

    def days() -> list[date]:
        reviews = beside(case, item, _REVIEW)
        return sorted(need_day(review, "reviewDate") for review in reviews if _is(review, kind))

    return once(case, ("reviews held", kind, placement_of(item)), days)


def formal_reviews_first(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-07: three formal reviews before a placement ends for lack of progress."""
    return judged(case, rule, _END, _formal_first)


def _formal_first(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "endReason") != rule.thresholds["reason"]:
        return None
    end, place = need_day(item, "endDate"), at(item.path, "endReason")
    if bisect_right(_held(item, case, "formal"), end) >= rule.thresholds["reviews"]:
        return Verdict("pass", (place,))
    if case.form != "documents":
        raise Unseen(place, why=_ELSEWHERE)
    message = "The placement ended for lack of progress after fewer formal reviews than the policy asks for."
    return Verdict(rule.severity, (place,), message)


def agreement_reviewed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-08: the agreement is looked at again at least once a term."""
    return judged(case, rule, "placement-agreement", _each_term_planned)


def _each_term_planned(item: Item, case: Case, rule: Rule) -> Verdict | None:
    days, place = calendar(case), at(item.path, "reviewDates")
    planned = [as_day(day, place) for day in find(item, "array", "reviewDates") or []]
    parts = list(
        shared(days, running(case, placement(case, item)), terms(days), rule.thresholds["schoolDays"])
    )
    if not parts:
        return None
    if all(any(day in part for day in planned) for part in parts):
        return Verdict("pass", (place,))
    message = "The agreement has no review date in one of the terms of the placement."
    return Verdict(rule.severity, (place,), message)


def plan_contribution(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-09: the provider contributes to a review of the pupil's plan during the placement."""
    return over_time(case, rule, _contributed)


def _contributed(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    meeting = _meeting(here, case)
    if meeting is None:
        return
    given = [item for item in beside(case, here, _CONTRIBUTION) if _is_for(item, meeting)]
    if given:
        yield passed(given[0], "reviewMeetingDate")
    elif overdue(case, meeting):
        message = "The pupil's plan was reviewed during the placement without the provider's contribution."
        yield Verdict(rule.severity, (at(learner(case).path, "ehcPlan"),), message)


def plan_contribution_early(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-10: that contribution is sent two weeks before the meeting."""
    yield from judged(case, rule, _CONTRIBUTION, _early)
    yield from over_time(case, rule, _missing)


def _early(item: Item, case: Case, rule: Rule) -> Verdict:
    last = need_day(item, "reviewMeetingDate") - timedelta(days=rule.thresholds["days"])
    if written_before(case, item, instant_of(last + _DAY, time())):
        return passed(item, "createdAt")
    message = f"The contribution was due on {last.isoformat()}, two weeks before the meeting."
    return Verdict(rule.severity, (at(item.path, "createdAt"),), message)


def _missing(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    meeting = _meeting(here, case)
    if meeting is None or any(_is_for(item, meeting) for item in beside(case, here, _CONTRIBUTION)):
        return
    last = meeting - timedelta(days=rule.thresholds["days"])
    if overdue(case, last):
        message = f"The provider's contribution to the plan's review was due on {last.isoformat()}."
        yield Verdict(rule.severity, (at(learner(case).path, "ehcPlan"),), message)


def own_assessment(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-11: by the end, the pupil has said what the placement was like, or chosen not to."""
    return judged(case, rule, _END, _own)


def _own(item: Item, case: Case, rule: Rule) -> Verdict | None:
    end, place = need_day(item, "endDate"), at(item.path, "recordComplete", "pupilAssessment")
    said = once(case, ("first said", placement_of(item)), lambda: _first_said(item, case))
    if said is not None and said <= end:
        return Verdict("pass", (place,))
    if said is not None:
        message = "The pupil's own assessment was recorded only after the placement had ended."
        return Verdict("warning", (place,), message)
    if case.form != "documents":
        raise Unseen(place, why=_ELSEWHERE)
    if written_on(item) < end and not overdue(case, end):
        return None
    message = "The placement ended and the pupil's own assessment of it is not on record."
    return Verdict(rule.severity, (place,), message)


def _first_said(item: Item, case: Case) -> date | None:
    return min((day for day in map(_said, beside(case, item, _VOICE)) if day is not None), default=None)


def _said(voice: Item) -> date | None:
    """Return the day on which the pupil assessed the placement or declined to, None if neither is told."""
    if find(voice, "object", "ownAssessmentOfPlacement") is not None:
        return need_day(voice, "date")
    return find_day(voice, "declinedOn")


def next_review_set(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REV-12: each review sets the next one, before the end of the next half-term."""
    return judged(case, rule, _REVIEW, _next)


def _next(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if find(item, "string", "decision") == "end":
        return None
    held, following = need_day(item, "reviewDate"), find_day(item, "nextReviewDate")
    place = at(item.path, "nextReviewDate")
    if following is None:
        return Verdict(rule.severity, (place,), "The review sets no date for the next one.")
    if held < following <= _end_of_next_half(calendar(case), held, following):
        return Verdict("pass", (place,))
    message = "The next review is not before the end of the next half-term."
    return Verdict(rule.severity, (place,), message)


def _end_of_next_half(days: SchoolCalendar, held: date, following: date) -> date:
    """Return the last day of the half-term after a day; beyond the last one only this school year is certain."""
    days.is_school_day(held)  # raises where the calendar does not reach
    found = next((half.end for half in half_terms(days) if half.start > held), days.known.end)
    if found == days.known.end < following:
        raise OutsideCalendar("the next half-term is not known yet")
    return found


def _is(review: Item, kind: str) -> bool:
    found: bool = need(review, "string", "reviewType") == kind
    return found


def _meeting(here: Item, case: Case) -> date | None:
    """Return the day on which the pupil's plan is reviewed, None if it is not during the placement.

    Where the plan does not state it, the contributions that were made do.
    """
    pupil = learner(case)
    if not need(pupil, "boolean", "ehcPlan", "hasPlan"):
        return None
    stated = [need_day(item, "reviewMeetingDate") for item in beside(case, here, _CONTRIBUTION)]
    meeting = find_day(pupil, "ehcPlan", "reviewMeetingDate") or max(stated, default=None)
    if meeting is None:
        raise Unseen(at(pupil.path, "ehcPlan", "reviewMeetingDate"))
    end = ending(case, here)
    return meeting if need_day(here, "startDate") <= meeting and (end is None or meeting <= end) else None


def _is_for(item: Item, meeting: date) -> bool:
    return need_day(item, "reviewMeetingDate") == meeting
