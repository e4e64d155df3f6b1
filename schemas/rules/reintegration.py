"""Rules about the way back to school (REI)."""

from collections.abc import Iterator
from datetime import date, timedelta

from schemas.calendar import Span
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
    need,
    need_day,
    written_on,
)
from schemas.rules._look import Look, look
from schemas.rules._placing import overdue
from schemas.rules._running import half_terms, over_time, running, shared
from schemas.rules._timeline import every_version, in_time, of_placement, received_on, said, sendings

_PLAN = "reintegration-plan"
_DAY = timedelta(days=1)
_PARTS = {
    "academicAttainmentAndProgress": "array",
    "attendanceRecord": "object",
    "behaviourChangeEvidence": "array",
}
_ALSO = ("frameworkProgress", "interventionsAndImpact", "whatWorks", "whatDoesNotWork")


def planned_early(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-01: a direction or a day-six placement begins with a plan for the way back."""
    return of_placement(case, rule, _planned)


def _planned(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "placementBasis") not in rule.thresholds["bases"]:
        return None
    last = calendar(case).add_school_days(need_day(item, "startDate"), rule.thresholds["schoolDays"])
    plans = every_version(case, item, _PLAN)
    ready = [written_on(plan) for plan in plans if find(plan, "object", "readinessMethod") is not None]
    first = min(ready, default=None)
    if first is not None and first > last and not any(plan.value.get("version") == 1 for plan in plans):
        raise Unseen(*(at(plan.path) for plan in plans), why="The first version of the plan is not here.")
    message = "No plan for the way back, with a way to tell readiness, was there when the placement began."
    return said(rule, in_time(case, first, last), (at(item.path, "startDate"),), message)


def report_received(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-02: the final report is with the school before the pupil returns."""
    if case.form == "documents":
        yield from judged(case, rule, _PLAN, _received)


def _received(item: Item, case: Case, rule: Rule) -> Verdict | None:
    back = find_day(item, "returnDate")
    if back is None:
        return None
    first = once(case, ("report received", placement_of(item)), lambda: _first_received(item, case, rule))
    message = "The final report was not received before the pupil's return."
    done = in_time(case, first, back - _DAY)
    return said(rule, done, (at(item.path, "returnDate"),), message)


def _first_received(item: Item, case: Case, rule: Rule) -> date | None:
    sent = sendings(case, beside(case, item, "final-report"), rule.thresholds["roles"])
    return min((day for entry in sent if (day := received_on(entry)) is not None), default=None)


def views_heard(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-04: what the pupil thinks of the placement is on record before the return."""
    if case.form == "documents":
        yield from judged(case, rule, _PLAN, _heard)


def _heard(item: Item, case: Case, rule: Rule) -> Verdict | None:
    back = find_day(item, "returnDate")
    if back is None:
        return None
    first = once(case, ("views heard", placement_of(item)), lambda: _first_heard(item, case))
    done = in_time(case, first, back)
    message = "The pupil's views on the placement were not recorded before the return."
    return said(rule, done, (at(item.path, "returnDate"),), message)


def _first_heard(item: Item, case: Case) -> date | None:
    voices = every_version(case, item, "pupil-voice")
    return min(
        (need_day(voice, "date") for voice in voices if find(voice, "object", "viewsOnSuccess")), default=None
    )


def met_first(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-05: school and family meet by the first day back; the return does not wait for the parents."""
    return judged(case, rule, _PLAN, _met)


def _met(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if find(item, "string", "holdReason") == "parentNonAttendance":
        message = "The return must not be held up because the parents do not come to the meeting."
        fix = "Take the hold away: the pupil returns as planned, and the meeting may follow without it."
        return Verdict(rule.severity, (at(item.path, "holdReason"),), message, fix)
    back = find_day(item, "returnDate")
    if back is None:
        return None
    meeting = at(item.path, "reintegrationMeeting", "date")
    done = in_time(case, find_day(item, "reintegrationMeeting", "date"), back)
    if done is False:
        return Verdict(rule.severity, (meeting,), "There is no meeting on or before the first day back.")
    if done and need(item, "boolean", "reintegrationMeeting", "parentsInvited") is False:
        place = at(item.path, "reintegrationMeeting", "parentsInvited")
        return Verdict(rule.severity, (place,), "The parents were not invited to the meeting.")
    return Verdict("pass", (meeting,)) if done else None


def plan_reviewed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-06: the plan is reviewed in each half-term of the placement, and after the return."""
    return over_time(case, rule, _reviewed)


def _reviewed(here: Item, case: Case, rule: Rule) -> Iterator[Verdict]:
    plans = every_version(case, here, _PLAN)
    if not plans:
        return
    place = at(max(plans, key=written_on).path, "planReviews")
    held = [day for plan in plans for day in _review_days(plan)]
    back = _return(here, case)
    for span in _to_review(here, case, rule, min(written_on(plan) for plan in plans)):
        if any(day in span for day in held):
            yield Verdict("pass", (place,))
        elif overdue(case, span.end):
            when = _half_of(span, case) + ("" if back is None or span.start < back else ", after the return")
            yield Verdict(rule.severity, (place,), f"The plan for the way back was not reviewed {when}.")


def _to_review(here: Item, case: Case, rule: Rule, made: date) -> Iterator[Span]:
    """Yield the half-terms of the placement since there is a plan, and the rest of the one of the return."""
    days, span, least = calendar(case), running(case, here), rule.thresholds["schoolDays"]
    back = _return(here, case)
    last = span.end if back is None else min(span.end, back - _DAY)
    yield from shared(days, Span(max(span.start, made), last), half_terms(days), least)
    if back is not None:
        half = days.half_term_of(days.next_school_day(back))
        yield from shared(days, Span(back, days.known.end), [half] if half else [], least)


def _return(here: Item, case: Case) -> date | None:
    days = [find_day(plan, "returnDate") for plan in beside(case, here, _PLAN)]
    return min((day for day in days if day is not None), default=None)


def _half_of(span: Span, case: Case) -> str:
    """Name a half-term by its own last day: where a span begins or ends may be what somebody submitted."""
    half = calendar(case).half_term_of(span.start) or span
    return f"in the half-term that ends on {half.end.isoformat()}"


def _review_days(plan: Item) -> list[date]:
    place = at(plan.path, "planReviews")
    return [as_day(value, place) for value in find(plan, "array", "planReviews") or []]


def ended_together(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-10: everybody talks at the end, and each support names who gives it."""
    return judged(case, rule, _PLAN, _together)


def _together(item: Item, case: Case, rule: Rule) -> Verdict | None:
    nobody = [
        f"{place}/whoProvides"
        for place, entry in entries(item, "supportPackage")
        if not entry.get("whoProvides")
    ]
    if nobody:
        return Verdict(rule.severity, tuple(nobody), "It is not stated who provides this support.")
    parties, place = (
        find(item, "array", "endDiscussion", "parties"),
        at(item.path, "endDiscussion", "parties"),
    )
    if parties is not None:
        message = "School, provider and parents did not all take part in the discussion at the end."
        return said(rule, set(rule.thresholds["parties"]) <= set(map(str, parties)), (place,), message)
    ended = once(case, ("ended", placement_of(item)), lambda: _ended(case, item))
    over = [day for day in (find_day(item, "returnDate"), ended) if day is not None]
    done = in_time(case, None, min(over)) if over else None
    return said(rule, done, (place,), "No discussion at the end of the placement is recorded.")


def _ended(case: Case, item: Item) -> date | None:
    return min((need_day(end, "endDate") for end in beside(case, item, "placement-end")), default=None)


def report_complete(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REI-03: the three parts are an error when missing; what the framework adds is a warning."""
    for item in case.documents:
        if item.kind in rule.inputs:
            yield _parts(item) or _additions(item) or Verdict("pass", (at(item.path),))


def _parts(item: Item) -> Verdict | None:
    found = {name: _seen(item, name, kind) for name, kind in _PARTS.items()}
    missing = tuple(at(item.path, name) for name, seen in found.items() if seen is Look.MISSING)
    if missing:
        return Verdict("error", missing, "The final report lacks a part that every report must have.")
    unsure = tuple(at(item.path, name) for name, seen in found.items() if seen is not Look.PRESENT)
    if unsure:
        message = "A part of the final report was withheld or is not in the right form."
        return Verdict("notEvaluable", unsure, message)
    return None


def _additions(item: Item) -> Verdict | None:
    found = {name: _seen(item, name, "array") for name in _ALSO}
    strategies = {found[name] for name in ("whatWorks", "whatDoesNotWork")}
    lacking = ["whatWorks"] if strategies == {Look.MISSING} else []
    pairs = {"frameworkProgress": ("start", "end"), "interventionsAndImpact": ("impact",)}
    lacking += [name for name, wanted in pairs.items() if not _each_has(item, name, wanted)]
    if lacking:
        message = "The report does not show all of: start and end of each area, impact, strategies."
        return Verdict("warning", tuple(at(item.path, name) for name in lacking), message)
    unsure = [name for name, seen in found.items() if seen in (Look.WRONG, Look.WITHHELD)]
    if unsure:
        message = "A part of the final report was withheld or is not in the right form."
        return Verdict("notEvaluable", tuple(at(item.path, name) for name in unsure), message)
    return None


def _each_has(item: Item, name: str, wanted: tuple[str, ...]) -> bool:
    """Say whether all entries have these members; what cannot be seen is not lacking."""
    seen = _seen(item, name, "array")
    if seen is not Look.PRESENT:
        return seen is not Look.MISSING
    entries = [entry for entry in item.value[name] if isinstance(entry, dict)]
    return all(look(entry.get(part), "object") is not Look.MISSING for entry in entries for part in wanted)


def _seen(item: Item, name: str, kind: str) -> Look:
    return Look.WITHHELD if name in item.withheld else look(item.value.get(name), kind)
