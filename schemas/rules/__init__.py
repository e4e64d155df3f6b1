"""The rules of the standard that need more than one document's own form: `v1/rules.json` made to run.

`evaluate` never raises over what it is given: a part of the wrong form is not evaluated, and what is
missing, withheld or of the wrong form is never a pass. Free text is never inspected.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from schemas.calendar import SchoolCalendar
from schemas.rules import (
    assurance,
    attendance,
    authority,
    destination,
    direction,
    exchange,
    meals,
    placement_setup,
    placement_shape,
    profile,
    progress,
    protection,
    pupil,
    record,
    registration,
    reintegration,
    reports,
    review,
    safety,
    suspension,
    transfer_file,
    watch,
    wording,
)
from schemas.rules._case import Case, Outcome, Verdict, at, case
from schemas.rules._catalogue import Rule, catalogue, profiles, rules_of
from schemas.rules._due import appearing
from schemas.rules._result import Result

__all__ = [
    "Deadline",
    "Outcome",
    "Result",
    "Rule",
    "catalogue",
    "deadlines",
    "evaluate",
    "profiles",
    "refusals",
    "rules_of",
]

_RULES: Mapping[str, Callable[[Case, Rule], Iterable[Verdict]]] = {
    "PRF-01": profile.known_areas,
    "PRF-02": progress.starting_points,
    "PRF-03": progress.like_for_like,
    "PRF-04": progress.evidenced,
    "PRF-05": profile.values_on_scale,
    "PRF-06": progress.dates_in_order,
    "PRF-07": profile.strategies_told,
    "PRF-08": profile.triggers_answered,
    "PRF-09": profile.no_safeguarding,
    "PRF-10": wording.no_item_responses,
    "PRF-11": progress.impact_stated,
    "PRF-12": progress.cycle_in_order,
    "PRF-13": wording.statements_signed,
    "PRF-14": wording.readable,
    "REI-01": reintegration.planned_early,
    "REI-02": reintegration.report_received,
    "REI-03": reintegration.report_complete,
    "REI-04": reintegration.views_heard,
    "REI-05": reintegration.met_first,
    "REI-06": reintegration.plan_reviewed,
    "REI-07": destination.recorded,
    "REI-08": destination.leaver_planned_for,
    "REI-09": destination.monitored,
    "REI-10": reintegration.ended_together,
    "OSD-01": direction.notice_in_time,
    "OSD-02": direction.notice_complete,
    "OSD-03": direction.right_recipients,
    "OSD-04": direction.in_writing,
    "OSD-05": direction.not_from_first_day,
    "OSD-06": direction.officer_consulted,
    "OSD-07": direction.tried_before,
    "OSD-08": direction.within_maximum,
    "OSD-09": direction.explained_first,
    "OSD-10": direction.agreement_recorded,
    "OSD-11": direction.review_on_request,
    "OSD-12": direction.agencies_told,
    "SUS-01": suspension.by_day_six,
    "SUS-02": suspension.counted_together,
    "SUS-03": suspension.from_day_one,
    "SUS-04": suspension.notice_complete,
    "SUS-05": suspension.notice_in_time,
    "SUS-06": suspension.short_notice,
    "SUS-07": suspension.duty_applies,
    "SUS-08": suspension.work_set,
    "SUS-09": suspension.plan_updated,
    "LA-01": authority.told_in_time,
    "LA-02": authority.questions_answered,
    "LA-03": authority.exit_and_visit,
    "LA-04": authority.asked_early,
    "LA-05": authority.told_of_time_at_home,
    "LA-06": authority.record_complete,
    "LA-07": authority.every_authority,
    "FSM-01": meals.arranged,
    "FSM-02": meals.duty_recorded,
    "FSM-03": meals.considered,
    "SAF-01": safety.chronology_sent,
    "SAF-02": safety.relayed,
    "SAF-03": safety.others_known,
    "SAF-04": protection.addressed_to_lead,
    "SAF-05": assurance.checks_confirmed,
    "SAF-06": assurance.changes_promised,
    "SAF-07": assurance.renewed,
    "SAF-08": assurance.leads_named,
    "SAF-09": assurance.policy_received,
    "SAF-10": assurance.told_before_use,
    "SAF-11": reports.to_commissioner,
    "SAF-12": reports.reported_at_once,
    "SAF-13": reports.risks_shared,
    "SAF-14": safety.file_moved,
    "DPX-01": protection.lawful_basis,
    "DPX-02": protection.allowed,
    "DPX-03": exchange.retention_stated,
    "DPX-04": exchange.sealed,
    "DPX-05": exchange.errors_reach_all,
    "REC-01": record.complete,
    "AGE-01": pupil.school_age,
    "AGE-02": pupil.notice_to_adult,
    "CAL-01": pupil.calendar_known,
    "POL-01": watch.limits,
    "POL-02": watch.register,
    "POL-03": watch.identifier,
    "PLC-01": placement_shape.planned_end,
    "PLC-02": placement_shape.coherent,
    "PLC-03": placement_shape.full_time_reason,
    "PLC-04": placement_shape.day_at_school,
    "PLC-05": placement_shape.week_covered,
    "PLC-06": placement_shape.tier_fits,
    "PLC-07": placement_setup.purpose_stated,
    "PLC-08": placement_setup.people_asked,
    "PLC-09": placement_setup.visited_first,
    "PLC-10": placement_setup.kept_on_register,
    "PLC-11": placement_setup.told_before_start,
    "PLC-12": placement_setup.baseline_taken,
    "PLC-13": placement_setup.plan_complete,
    "PLC-14": placement_setup.plans_linked,
    "PLC-15": placement_shape.not_past_end,
    "PLC-16": placement_shape.part_time_limited,
    "PLC-17": placement_shape.return_planned,
    "PLC-18": placement_setup.remote_last_resort,
    "PLC-19": placement_setup.school_commissions,
    "REG-01": registration.five_full_time,
    "REG-02": registration.one_protected,
    "REG-03": registration.over_the_line,
    "REG-04": registration.near_the_line,
    "REG-05": registration.identity_coherent,
    "ATT-01": attendance.told_same_day,
    "ATT-02": attendance.weekly_summary,
    "ATT-03": attendance.code_fits,
    "ATT-04": attendance.dual_registered,
    "ATT-05": attendance.off_site_activity,
    "ATT-06": attendance.absence_shown,
    "ATT-07": attendance.parent_contacted,
    "ATT-08": attendance.below_target,
    "ATT-09": attendance.sums_up,
    "ATT-10": attendance.site_known,
    "ATT-11": attendance.escalated,
    "REV-01": review.each_half_term,
    "REV-02": review.each_term,
    "REV-03": review.visited,
    "REV-04": review.three_answers,
    "REV-05": review.invited,
    "REV-06": review.after_concern,
    "REV-07": review.formal_reviews_first,
    "REV-08": review.agreement_reviewed,
    "REV-09": review.plan_contribution,
    "REV-10": review.plan_contribution_early,
    "REV-11": review.own_assessment,
    "REV-12": review.next_review_set,
    "CTF-01": transfer_file.sent_in_time,
}
_NOTHING = Verdict("notApplicable", (), "Nothing here is what this rule is about.")


def evaluate(
    subject: Mapping[str, Any],
    profile: str = "national",
    *,
    calendar: SchoolCalendar | None = None,
    today: date | None = None,
) -> tuple[Result, ...]:
    """Run every rule of a profile over a transfer, a bundle or `{"documents": [...]}`.

    `calendar` is the home school's; what counts school days is not evaluable without it. `today` lets what
    has not been done yet be judged as overdue; nothing here looks at a clock.

    Each rule gives at least one result, `notApplicable` where it concerns nothing in the subject. Raises
    UnknownName for an unknown profile, and nothing else.
    """
    chosen = rules_of(profile)
    taken = replace(case(subject), calendar=calendar, today=today)
    return tuple(result for rule in chosen for result in _run(rule, taken, profile))


def refusals(subject: Mapping[str, Any]) -> tuple[Result, ...]:
    """Return why a gateway must refuse a bundle or a transfer; empty where nothing stands in its way.

    Only the rules that can refuse are run. They are national and need neither a calendar nor a day, so that
    sender and receiver refuse the same things. What is found in the learner or the placement never refuses a
    bundle for a safeguarding desk. What has to be checked about the message itself is not checked here.
    """
    taken = case(subject)
    chosen = (rule for rule in rules_of("national") if rule.may_reject)
    found = (result for rule in chosen for result in _run(rule, taken, "national") if result.rejects)
    return tuple(result for result in found if not (_for_safeguarding(subject) and _about_components(result)))


def _for_safeguarding(subject: Mapping[str, Any]) -> bool:
    to = subject.get("to") if isinstance(subject, Mapping) else None
    address = to.get("address") if isinstance(to, Mapping) else None
    return isinstance(address, str) and address.endswith("/dsl")


def _about_components(result: Result) -> bool:
    places = [place.split("/")[1:2] for place in result.pointers]
    return bool(places) and all(place in (["learner"], ["placement"]) for place in places)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which a rule still has nothing to say, and what it says from the day after."""

    due: date
    result: Result


def deadlines(
    subject: Mapping[str, Any],
    profile: str = "national",
    *,
    calendar: SchoolCalendar,
    today: date,
    days: int = 14,
) -> tuple[Deadline, ...]:
    """Return what will be late within some days if nothing more is done, the earliest first.

    A deadline is a warning or an error that is not there today and is there on a later day. What is late
    already is not among them: `evaluate` says it. Raises UnknownName for an unknown profile.
    """
    chosen = rules_of(profile)
    taken = replace(case(subject), calendar=calendar)

    def late(day: date) -> dict[Hashable, Result]:
        at_day = replace(taken, today=day)
        results = (result for rule in chosen for result in _run(rule, at_day, profile))
        found = (result for result in results if result.outcome in ("warning", "error"))
        return {(result.rule, result.pointers, result.outcome, result.message): result for result in found}

    due = appearing(late, today, today + timedelta(days=days))
    return tuple(Deadline(day, result) for day, result in sorted(due, key=lambda pair: pair[0]))


def _run(rule: Rule, taken: Case, profile: str) -> list[Result]:
    verdicts = [*_RULES[rule.id](taken, rule), *_malformed(taken)]
    return [Result(rule, verdict, profile) for verdict in verdicts or [_NOTHING]]


def _malformed(taken: Case) -> tuple[Verdict, ...]:
    if not taken.malformed:
        return ()
    message = "A part of this has no type or is not an object, so it could not be checked."
    return (Verdict("notEvaluable", tuple(at(path) for path in taken.malformed), message),)
