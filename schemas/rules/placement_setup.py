"""Rules about setting a placement up: what is said, asked, seen and delivered before and as it starts (PLC)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.rules._case import Case, Item, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    as_day,
    beside,
    calendar,
    current,
    day_of,
    delivered,
    deliveries,
    entries,
    find,
    find_day,
    judged,
    learner,
    need,
    need_day,
    passed,
    placement,
    seen_placement,
)
from schemas.rules._look import text
from schemas.rules._placing import AGREEMENT, agreed, ended, lacking, overdue, placed
from schemas.rules._timeline import received_on

_REFERRAL = "placement-referral"
_NOTIFICATION = "placement-notification"
_ASSURANCE = "provider-assurance"
_PROFILE = "learner-transfer-profile"
_PLAN = "learning-plan"
_SUMMARY = "attendance-summary"
_DAY = timedelta(days=1)


def purpose_stated(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-07: what the placement is for, by when, what success looks like and what is done towards it."""
    yield from judged(case, rule, _REFERRAL, _referred_for)
    yield from judged(case, rule, AGREEMENT, _agreed_to)


def _referred_for(item: Item, _case: Case, _rule: Rule) -> Verdict:
    return _stated(item, "successLooksLike", "intendedObjectives", "targetDate")


def _agreed_to(item: Item, _case: Case, _rule: Rule) -> Verdict:
    return _stated(item, "natureOfIntervention", "objectivesAndTimeline", "dueDate")


def _stated(item: Item, words: str, objectives: str, day: str) -> Verdict:
    missing = list(lacking(item, (("array", (objectives,)), ("string", (words, "text")))))
    for place, entry in entries(item, objectives):
        missing += [f"{place}/{name}" for name in ("objective", day) if not entry.get(name)]
    if missing:
        message = "What the placement is for, by when, what is done or what success looks like is left open."
        return Verdict("error", tuple(missing), message)
    return passed(item)


def people_asked(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-08: pupil, parents and the relevant teacher were spoken to before the decision."""
    return judged(case, rule, _REFERRAL, _asked)


def _asked(item: Item, _case: Case, rule: Rule) -> Verdict:
    found, place = entries(item, "consultedBeforeDecision"), at(item.path, "consultedBeforeDecision")
    wanted = {*rule.thresholds["parties"]}
    if not wanted <= {text(entry, "party") for _, entry in found}:
        message = "The pupil, the parents and a relevant teacher are not all among those spoken to."
        return Verdict(rule.severity, (place,), message)
    decided = need_day(item, "decisionDate")
    in_time = {text(entry, "party") for where, entry in found if as_day(entry.get("date"), where) <= decided}
    if wanted <= in_time:
        return Verdict("pass", (place,))
    return Verdict(rule.severity, (place,), "Somebody was spoken to only after the decision.")


def visited_first(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-09: somebody with a name visited the provider before the start."""
    if current(case, _NOTIFICATION):
        return judged(case, rule, _NOTIFICATION, _visited)
    return placed(case, rule, _visited)


def _visited(item: Item, case: Case, rule: Rule) -> Verdict | None:
    start, visits = (
        _start(item, case),
        once(case, ("visits", placement_of(item)), lambda: _visits(item, case)),
    )
    if visits.first is not None and visits.first <= start:
        return Verdict("pass", visits.places)
    if visits.undated:
        raise Unseen(*visits.undated, why="A visit is recorded without its date.")
    if visits.first is not None:
        message = "The visit to the provider came only after the start."
        return Verdict(rule.severity, visits.places, message)
    if item.kind != _NOTIFICATION and not overdue(case, start):
        return None
    place = at(item.path, "prePlacementVisitStaff" if item.kind == _NOTIFICATION else "startDate")
    return Verdict(rule.severity, (place,), "No visit to the provider before the placement is on record.")


def _start(item: Item, case: Case) -> date:
    here = seen_placement(case, item)
    return need_day(item, "proposedStartDate") if here is None else need_day(here, "startDate")


@dataclass(frozen=True, slots=True)
class _Visits:
    """When somebody with a name first visited a provider, where that stands, and the visits without a day."""

    first: date | None
    places: tuple[str, ...]
    undated: tuple[str, ...]


def _visits(item: Item, case: Case) -> _Visits:
    found: list[tuple[str, date | None]] = []
    for kind, member, who, when in (
        (_NOTIFICATION, "prePlacementVisitStaff", "name", "visitDate"),
        (_ASSURANCE, "prePlacementVisit", "by", "date"),
    ):
        for note in beside(case, item, kind):
            if find(note, "string", member, who) is not None:
                found.append((at(note.path, member), find_day(note, member, when)))
    first = min((day for _, day in found if day is not None), default=None)
    places = tuple(place for place, day in found if day is not None and day == first)
    return _Visits(first, places, tuple(place for place, day in found if day is None))


def kept_on_register(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-10: a pupil whom a school places stays on its register."""
    return placed(case, rule, _on_register)


def _on_register(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "commissioner", "role") != "school" or ended(case, item):
        return None
    pupil = learner(case)
    if need(pupil, "string", "registrationStatus") != "notOnRoll":
        return passed(pupil, "registrationStatus")
    message = "The pupil is on no register, though the school's placement is open."
    return Verdict(rule.severity, (at(pupil.path, "registrationStatus"),), message)


def told_before_start(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-11: the provider has the profile and the attainment before the first day."""
    if case.form == "documents":
        yield from placed(case, rule, _told)


def _told(item: Item, case: Case, rule: Rule) -> Verdict | None:
    start, arrived = need_day(item, "startDate"), _arrivals(item, case)
    pupil = learner(case)
    lacks = not find(pupil, "array", "attainmentData")
    if arrived and min(arrived) < start and not lacks:
        return passed(item, "startDate")
    late = bool(arrived) and min(arrived) >= start
    if not late and not overdue(case, start - _DAY):
        return None
    if lacks:
        message = "The provider had no attainment data before the placement started."
        return Verdict(rule.severity, (at(pupil.path, "attainmentData"),), message)
    message = "The profile did not reach the provider before the placement started."
    return Verdict(rule.severity, (at(item.path, "startDate"),), message)


def _arrivals(item: Item, case: Case) -> list[date]:
    """Return the days on which a profile reached the provider, or raise Unseen if nothing is known."""
    deliveries(case)
    provider = need(item, "string", "provider", "organisation")
    sent = [entry for profile in beside(case, item, _PROFILE) for entry in delivered(case, profile)]
    mine = [entry for entry in sent if need(entry, "string", "to", "organisation") == provider]
    days = [received_on(entry) for entry in mine if find(entry, "string", "rejected") is None]
    return [day for day in days if day is not None]


def baseline_taken(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-12: soon after the start there is a baseline, and the attendance before it."""
    return placed(case, rule, _baseline)


def _baseline(item: Item, case: Case, rule: Rule) -> Verdict | None:
    last = calendar(case).add_school_days(need_day(item, "startDate"), rule.thresholds["schoolDays"])
    taken = _starting_points(item, case)
    in_time = tuple(place for place, day in taken if day <= last)
    attendance = find(learner(case), "object", "previousAttendance")
    if in_time and attendance:
        return Verdict("pass", in_time)
    late = bool(taken) and not in_time
    if not late and not overdue(case, last):
        return None
    if not in_time:
        places = tuple(place for place, _ in taken) or (at(item.path, "startDate"),)
        return Verdict(rule.severity, places, "No baseline was taken soon after the placement started.")
    message = "The baseline lacks the pupil's attendance before the placement."
    return Verdict(rule.severity, ("/learner/previousAttendance",), message)


def _starting_points(item: Item, case: Case) -> list[tuple[str, date]]:
    """Return the place and the day of each starting point that was really assessed."""
    plans = [(plan, "baseline") for plan in beside(case, item, _PLAN)]
    profiles = [(profile, "startingPoints") for profile in beside(case, item, _PROFILE)]
    found = [
        (place, day_of(entry.get("assessedOn")))
        for document, name in (*plans, *profiles)
        for place, entry in entries(document, name)
        if entry.get("phase") == "startingPoint" and entry.get("status", "assessed") == "assessed"
    ]
    undated = [place for place, day in found if day is None]
    if undated:
        raise Unseen(*undated, why="A starting point does not say when it was assessed.")
    return [(place, day) for place, day in found if day is not None]


def plan_complete(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-13: a learning plan has everything that it needs to be followed and measured."""
    return judged(case, rule, _PLAN, _complete)


def _complete(item: Item, _case: Case, _rule: Rule) -> Verdict:
    wanted = (
        ("array", ("objectives",)),
        ("array", ("timeframes",)),
        ("string", ("transitionArrangements", "start", "text")),
        ("string", ("transitionArrangements", "end", "text")),
        ("string", ("monitoringArrangements", "text")),
        ("array", ("baseline",)),
    )
    missing = lacking(item, wanted)
    message = "The learning plan lacks a part that it must have."
    return Verdict("error", missing, message) if missing else passed(item)


def plans_linked(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-14: a learning plan is linked to the pupil's other plans."""
    return judged(case, rule, _PLAN, _linked)


def _linked(item: Item, case: Case, rule: Rule) -> Verdict | None:
    pupil = learner(case)
    implied = {
        "EHCP": need(pupil, "boolean", "ehcPlan", "hasPlan"),
        "IHCP": find(pupil, "array", "disabilityOrMedicalNeed")
        or find(pupil, "string", "individualHealthCarePlanRef"),
        "PEP": need(pupil, "boolean", "lookedAfter"),
    }
    wanted = {kind for kind, there in implied.items() if there}
    if not wanted:
        return None
    if wanted <= {text(entry, "type") for _, entry in entries(item, "linkedPlans")}:
        return passed(item, "linkedPlans")
    message = "The learning plan is not linked to each plan that the pupil has or needs."
    return Verdict(rule.severity, (at(item.path, "linkedPlans"),), message)


def remote_last_resort(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-18: remote education has a reason and a log, and is not marked as attending."""
    yield from placed(case, rule, _remote_reason)
    yield from judged(case, rule, _SUMMARY, _remote_marks)


def _remote_reason(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "deliveryMode") != "remote":
        return None
    agreement = agreed(case, item)[0]
    wanted = (("string", ("remoteEducationReason", "text")), ("string", ("remoteEngagementLog",)))
    missing = lacking(agreement, wanted)
    message = "Remote education has no reason on record, or nothing says how engagement is logged."
    return Verdict(rule.severity, missing, message) if missing else passed(agreement)


def _remote_marks(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(placement(case, item), "string", "deliveryMode") != "remote":
        return None
    codes = [(place, entry.get("homeRegisterCode")) for place, entry in entries(item, "sessions")]
    wrong = tuple(place for place, code in codes if code in rule.thresholds["attendingCodes"])
    if wrong:
        return Verdict(rule.severity, wrong, "A remote session is marked as if the pupil had attended.")
    unsure = [place for place, code in codes if not isinstance(code, str)]
    if unsure or not codes:
        raise Unseen(*(unsure or [at(item.path, "sessions")]))
    if entries(item, "remoteEngagementLog"):
        return passed(item, "sessions")
    message = "The week has remote sessions and no log of engagement."
    return Verdict(rule.severity, (at(item.path, "remoteEngagementLog"),), message)


def school_commissions(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PLC-19: where the authority tops up a plan, the school is still the commissioner."""
    return placed(case, rule, _commissioner)


def _commissioner(item: Item, case: Case, rule: Rule) -> Verdict | None:
    pupil = learner(case)
    if not need(pupil, "boolean", "ehcPlan", "hasPlan") or not need(pupil, "boolean", "ehcPlan", "topUp"):
        return None
    place = at(item.path, "commissioner", "role")
    if need(item, "string", "commissioner", "role") == "school":
        return Verdict("pass", (place,))
    message = "The authority only tops up the plan: the school stays the commissioner."
    return Verdict(rule.severity, (place,), message)
