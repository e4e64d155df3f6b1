"""Rules about what a local authority is told (LA)."""

from collections.abc import Iterator
from datetime import date

from schemas.rules._case import Case, Item, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    beside,
    calendar,
    delivered,
    find,
    judged,
    learner,
    need,
    need_day,
    passed,
    placement,
    written_on,
)
from schemas.rules._look import Look, follow, look, text
from schemas.rules._recipients import roles_for
from schemas.rules._running import first_version, written_by
from schemas.rules._timeline import in_time, said
from schemas.rules.direction import consulted_first

_AUTHORITY = "LA."
_TYPES = {"minutesPerWeek": "integer", "inPlace": "boolean"}


def questions_answered(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-02: each question of the placement sheet has an answer; whether it is a good one is not checked."""
    for item in case.documents:
        if item.kind in rule.inputs:
            yield _answers(item, rule.inputs[item.kind])


def _answers(item: Item, questions: tuple[str, ...]) -> Verdict:
    paths = [question.split("/")[1:] for question in questions]
    found = [(at(item.path, *path), _answer(item, path)) for path in paths]
    missing = tuple(place for place, seen in found if seen is Look.MISSING)
    if missing:
        message = "The notification leaves a question of the placement sheet unanswered."
        return Verdict("error", missing, message)
    unsure = tuple(place for place, seen in found if seen is not Look.PRESENT)
    if unsure:
        return Verdict("notEvaluable", unsure, "An answer was withheld or is not in the right form.")
    return Verdict("pass", (at(item.path),))


def _answer(item: Item, path: list[str]) -> Look:
    if path[0] in item.withheld:
        return Look.WITHHELD
    if len(path) > 1 and look(item.value.get(path[0]), "object") is Look.WRONG:
        return Look.WRONG
    return look(follow(item.value, path), _TYPES.get(path[-1], "string"))


def told_in_time(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-01: the authority hears of a placement soon after it is confirmed."""
    yield from judged(case, rule, "placement-notification", _in_time)
    if case.form == "documents":
        yield from judged(case, rule, "placement-referral", _untold)


def _untold(item: Item, case: Case, rule: Rule) -> Verdict | None:
    """Judge an accepted referral that no notification follows; without today nothing can be overdue."""
    if beside(case, item, "placement-notification") or case.today is None:
        return None
    if need(placement(case, item), "string", "commissioner", "role") != "school":
        return None
    if find(item, "string", "referralDecision", "decision") != "accepted":
        return None
    confirmed = need_day(item, "referralDecision", "date")
    last = calendar(case).add_school_days(confirmed, rule.thresholds["schoolDays"])
    message = "The placement was confirmed and the authority has not been told of it."
    place = at(item.path, "referralDecision")
    return Verdict("error", (place,), message) if case.today > last else None


def _in_time(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(placement(case, item), "string", "commissioner", "role") != "school":
        return None
    confirmed = once(case, ("confirmed", placement_of(item)), lambda: _confirmed(item, case))
    if written_by(case, item, calendar(case).add_school_days(confirmed, rule.thresholds["schoolDays"])):
        return passed(item, "createdAt")
    message = "The authority was told of the placement later than it should have been."
    return Verdict("error", (at(item.path, "createdAt"),), message)


def _confirmed(item: Item, case: Case) -> date:
    """Return the day on which the provider accepted the pupil, or raise Unseen."""
    for referral in beside(case, item, "placement-referral"):
        if find(referral, "string", "referralDecision", "decision") == "accepted":
            return need_day(referral, "referralDecision", "date")
    raise Unseen(at(item.path), why="The day on which the placement was confirmed is not here.")


def exit_and_visit(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-03: an exit strategy is in place and somebody has visited."""
    return judged(case, rule, "placement-notification", _exit)


def _exit(item: Item, _case: Case, _rule: Rule) -> Verdict:
    lacking = []
    if need(item, "boolean", "exitStrategyInPlace", "inPlace") is False:
        lacking.append(at(item.path, "exitStrategyInPlace"))
    if find(item, "string", "prePlacementVisitStaff", "name") is None:
        lacking.append(at(item.path, "prePlacementVisitStaff"))
    message = "There is no exit strategy, or nobody visited before the placement."
    return Verdict("warning", tuple(lacking), message) if lacking else passed(item)


def asked_early(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-04: with a plan, the authority is contacted while a placement is only thought of."""
    return judged(case, rule, "placement-referral", consulted_first)


def told_of_time_at_home(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-05: a part-time timetable with time at home goes to the authority."""
    return judged(case, rule, "part-time-timetable-notice", _time_at_home)


def _time_at_home(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not find(item, "integer", "timeAtHome", "minutesPerWeek"):
        return None
    if any(role.startswith(_AUTHORITY) for role in roles_for(case, item)):
        return passed(item, "timeAtHome")
    message = "The timetable includes time at home, and the authority is not among the recipients."
    if case.form == "transfer":
        return Verdict("error", (at(item.path, "timeAtHome"), "/recipients"), message)
    if case.form == "bundle":
        raise Unseen(at(item.path), why="To whom else this went cannot be seen here.")
    return said(rule, _authority_told(item, case, rule), (at(item.path, "timeAtHome"),), message)


def _authority_told(item: Item, case: Case, rule: Rule) -> bool | None:
    """Say whether a timetable went to an authority, None while there is still time for it.

    When it went does not matter: the guidance gives no limit, and the one of this standard is for what is
    still not done.
    """
    sent = [entry for entry in delivered(case, item) if find(entry, "string", "rejected") is None]
    if any(need(entry, "string", "to", "role").startswith(_AUTHORITY) for entry in sent):
        return True
    written = written_on(first_version(case, item))
    return in_time(case, None, calendar(case).add_school_days(written, rule.thresholds["schoolDays"]))


def record_complete(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-06: what a placement achieved is on record when it closes; closing is allowed without it."""
    return judged(case, rule, "placement-end", _record)


def _record(item: Item, _case: Case, rule: Rule) -> Verdict:
    parts = [(part, find(item, "boolean", "recordComplete", part)) for part in rule.thresholds["parts"]]
    lacking = tuple(at(item.path, "recordComplete", part) for part, there in parts if not there)
    message = "The placement closes with a record that is not complete."
    return Verdict("error", lacking, message) if lacking else passed(item, "recordComplete")


def every_authority(case: Case, rule: Rule) -> Iterator[Verdict]:
    """LA-07: where several authorities are concerned, each is told."""
    if case.form == "transfer":
        yield from judged(case, rule, "placement-notification", _authorities)


def _authorities(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    pupil = learner(case)
    school = find(pupil, "string", "homeSchool", "laEstab")
    codes = {school[:3]} if school else set()
    codes |= {find(pupil, "string", "ehcPlan", "maintainingLa"), find(pupil, "string", "careAuthority")}
    wanted = len(codes - {None})
    if wanted <= 1:
        return None
    named = case.subject.get("recipients")
    entries = [entry for entry in (named if isinstance(named, list) else ()) if isinstance(entry, dict)]
    told = {text(entry, "organisation") for entry in entries if str(entry.get("role")).startswith("LA.")}
    if len(told - {None}) >= wanted:
        return Verdict("pass", ("/recipients",))
    message = "More local authorities are concerned with this pupil than are told."
    return Verdict("warning", ("/recipients",), message)
