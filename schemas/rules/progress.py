"""Rules about judgements over time: starting points, like for like, evidence, dates and impact (PRF).

Progress is never stored and never worked out here: two judgements either may be compared or may not.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from schemas.rules._case import Case, Item, Path, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    beside,
    calendar,
    each,
    find,
    find_day,
    need,
    need_day,
    passed,
    placement,
    written_on,
)
from schemas.rules._judgements import Judgement, judgements, made, phase, reached, unlike

_START, _TARGET = "startingPoint", "target"


class _Pair(NamedTuple):
    """Two judgements set against each other, and whether somebody says that this shows progress."""

    path: Path
    start: Judgement | None
    end: Judgement | None
    claimed: bool

    @property
    def place(self) -> str:
        """Return where in the subject they are set against each other."""
        return at(self.path)

    @property
    def judgements(self) -> tuple[Path, Path]:
        """Return where the two stand; None for one that is not here."""
        return self.start and self.start.facts.path, self.end and self.end.facts.path


def starting_points(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-02: every area that was judged again has a starting point."""
    return each(case, rule, _started)


def _started(item: Item, case: Case, rule: Rule) -> Verdict | None:
    found = judgements(item, rule.inputs[item.kind])
    later = [entry for entry in found if phase(entry) in rule.thresholds["phases"] and made(entry)]
    if not later:
        return None
    starts = [entry for entry in (*found, *_baselines(item, case, rule)) if phase(entry) == _START]
    judged = {entry.about for entry in starts if made(entry)}
    excused = {entry.about for entry in starts if find(entry.facts, "string", "reason")} - judged
    lacking = tuple(entry.place for entry in later if entry.about not in judged | excused)
    if lacking:
        message = "An area was judged again here and has no starting point, so nobody can see progress."
        return Verdict("error" if item.kind in rule.thresholds["errorIn"] else "warning", lacking, message)
    unknown = tuple(entry.place for entry in later if entry.about in excused)
    message = "An area was judged again here, and why it has no starting point is said: no progress shows."
    return Verdict("warning", unknown, message) if unknown else passed(item)


def _baselines(item: Item, case: Case, rule: Rule) -> list[Judgement]:
    """Return what the learning plans beside a profile hold; a final report has to stand on its own."""
    if item.kind in rule.thresholds["errorIn"]:
        return []
    return once(case, ("baselines", placement_of(item)), lambda: _in_plans(item, case, rule))


def _in_plans(item: Item, case: Case, rule: Rule) -> list[Judgement]:
    """Return the starting points in the learning plans of a placement, the first of each area and reason."""
    plans = beside(case, item, "learning-plan")
    found = [entry for plan in plans for entry in judgements(plan, rule.inputs[plan.kind])]
    starts = [entry for entry in found if phase(entry) == _START]
    known = {
        (entry.about, made(entry), bool(find(entry.facts, "string", "reason"))): entry for entry in starts
    }
    return list(known.values())


def like_for_like(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-03: progress is claimed only between judgements on one scale from one kind of informant."""
    return each(case, rule, _alike)


def _alike(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    pairs = [*_claims(item, rule), *_side_by_side(item)]
    # Many interventions may rest on the same two judgements.
    told = {key: _difference(pair) for key, pair in {pair.judgements: pair for pair in pairs}.items()}
    differences = [(pair, told[pair.judgements]) for pair in pairs]
    wrong = [(pair, why) for pair, why in differences if why and pair.claimed]
    if wrong:
        message = f"Progress is claimed between judgements that are not comparable: {wrong[0][1]}."
        return Verdict("error", tuple(pair.place for pair, _ in wrong), message)
    apart = [(pair, why) for pair, why in differences if why]
    if apart:
        message = f"Start and end stand side by side as not comparable, without progress: {apart[0][1]}."
        return Verdict("warning", tuple(pair.place for pair, _ in apart), message)
    unsure = tuple(pair.place for pair, why in differences if why is None)
    if unsure:
        raise Unseen(*unsure, why="The scale, the value or the informant of a judgement is not here.")
    return passed(item) if pairs else None


def _difference(pair: _Pair) -> str | None:
    """Return why a pair is not like for like, empty if it is, None if nobody can tell."""
    try:
        return unlike(pair.start, pair.end) if pair.start and pair.end else None
    except Unseen:
        return None


def _claims(item: Item, rule: Rule) -> Iterator[_Pair]:
    """Yield every pair between which the document says that there was progress."""
    impacts = [place for place in rule.inputs[item.kind] if place.endswith("/impact")]
    known = judgements(item, tuple(place for place in rule.inputs[item.kind] if place not in impacts))
    by_id = {find(entry.facts, "string", "id"): entry for entry in known}
    for entry in known:
        ref = find(entry.facts, "string", "baselineRef")
        if ref is not None and phase(entry) != _TARGET and made(entry):
            yield _Pair(entry.facts.path, by_id.get(ref), entry, claimed=True)
    yield from _achieved(item, [entry for entry in known if phase(entry) == _START and made(entry)])
    for impact in (impact for place in impacts for impact in reached(item, place)):
        claims = find(impact, "string", "judgement") in rule.thresholds["claims"]
        if claims and find(impact, "object", "measure") is not None:
            before, after = (find(impact, "string", "measure", name) for name in ("beforeRef", "afterRef"))
            yield _Pair((impact.path, "measure"), by_id.get(before), by_id.get(after), claimed=True)


def _achieved(item: Item, starts: list[Judgement]) -> Iterator[_Pair]:
    """Pair each entry of the progress achieved with the starting point of its area that fits it best."""
    for entry in judgements(item, ("/progressAchieved/*",)):
        own = [start for start in starts if start.about == entry.about]
        if own and made(entry) and find(entry.facts, "string", "baselineRef") is None:
            pairs = [_Pair(entry.facts.path, start, entry, claimed=True) for start in own]
            yield next((pair for pair in pairs if _difference(pair) == ""), pairs[0])


def _side_by_side(item: Item) -> Iterator[_Pair]:
    """Yield the start and the end of each area of a final report: a table, which claims nothing yet."""
    for entry in reached(item, "/frameworkProgress/*"):
        if find(entry, "object", "start") and find(entry, "object", "end"):
            about = need(entry, "string", "areaRef")
            halves = [reached(entry, f"/{name}")[0] for name in ("start", "end")]
            start, end = (Judgement(about, half) for half in halves)
            if made(start) and made(end):
                yield _Pair(entry.path, start, end, claimed=False)


def evidenced(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-04: who judged, when and on what evidence; or why nobody did."""
    return each(case, rule, _evidenced)


def _evidenced(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    found = [entry for entry in judgements(item, rule.inputs[item.kind]) if phase(entry) != _TARGET]
    lacking = tuple(place for entry in found for place in _missing(entry))
    message = "A judgement does not say who judged, when or on what evidence, or why it was not made."
    if lacking:
        return Verdict("warning", lacking, message)
    return passed(item) if found else None


def _missing(entry: Judgement) -> Iterator[str]:
    facts = entry.facts
    there = {
        ("assessor", "role"): find(facts, "string", "assessor", "role"),
        ("assessor", "organisation"): find(facts, "string", "assessor", "organisation"),
        ("assessedOn",): find_day(facts, "assessedOn"),
        ("evidence",): find(facts, "array", "evidence"),
    }
    wanted = there if made(entry) else {("reason",): find(facts, "string", "reason")}
    return (at(facts.path, *steps) for steps, value in wanted.items() if not value)


def dates_in_order(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-06: start before current before final, none in the future, the start near the entry."""
    return each(case, rule, _in_order)


def _in_order(item: Item, case: Case, rule: Rule) -> Verdict | None:
    found = judgements(item, rule.inputs[item.kind])
    dated = [entry for entry in found if made(entry) and phase(entry) != _TARGET]
    wrong = sorted({*_before_their_time(dated, rule), *_in_future(dated, item)})
    if wrong:
        message = "A judgement is dated before one that it should follow, or after the document was written."
        return Verdict("warning", tuple(wrong), message)
    far = tuple(_far_from_entry(dated, item, case, rule))
    if far:
        limit = rule.thresholds["schoolDays"]
        message = f"A starting point lies more than {limit} school days from the start of the placement."
        return Verdict("warning", far, message)
    return passed(item) if dated else None


def _before_their_time(dated: list[Judgement], rule: Rule) -> Iterator[str]:
    order = rule.thresholds["order"]
    rows = [(entry, order.get(phase(entry), 0), find_day(entry.facts, "assessedOn")) for entry in dated]
    known = [(entry, rank, day) for entry, rank, day in rows if day is not None]
    for entry, rank, day in known:
        first = [then for other, before, then in known if other.about == entry.about and before < rank]
        if any(then > day for then in first):
            yield at(entry.facts.path, "assessedOn")


def _in_future(dated: list[Judgement], item: Item) -> Iterator[str]:
    days = [(entry, find_day(entry.facts, "assessedOn")) for entry in dated]
    written = written_on(item) if any(day for _, day in days) else None
    for entry, day in days:
        if day is not None and written is not None and day > written:
            yield at(entry.facts.path, "assessedOn")


def _far_from_entry(dated: list[Judgement], item: Item, case: Case, rule: Rule) -> Iterator[str]:
    """Yield the starting points too far from the first day; by now every date has to be there."""
    for entry in dated:
        day = need_day(entry.facts, "assessedOn")
        if phase(entry) == _START:
            first = need_day(placement(case, item), "startDate")
            early, late = min(day, first), max(day, first)
            if calendar(case).school_days_back(late, early) > rule.thresholds["schoolDays"]:
                yield at(entry.facts.path, "assessedOn")


def impact_stated(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-11: a completed intervention says what it achieved, when that was seen and how it was measured."""
    return each(case, rule, _stated)


def _stated(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    entries = [entry for place in rule.inputs[item.kind] for entry in reached(item, place)]
    if not entries:
        return None
    written = written_on(item)
    done = [entry for entry in entries if _completed(entry, written)]
    lacking = tuple(place for entry in done for place in _unstated(entry, rule))
    if lacking:
        message = "An intervention is over and its impact is not stated with its date and its measure."
        return Verdict("warning", lacking, message)
    return passed(item) if done else None


def _completed(entry: Item, written: date) -> bool:
    end = find_day(entry, "end")
    return end is not None and end <= written


def _unstated(entry: Item, rule: Rule) -> list[str]:
    if find(entry, "object", "impact") is None:
        return [at(entry.path, "impact")]
    paths = [("impact", *place.split("/")[1:]) for place in rule.thresholds["parts"]]
    return [at(entry.path, *path) for path in paths if find(entry, "string", *path) is None]


def cycle_in_order(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-12: assess, plan, do, review in this order, and no review overdue."""
    return each(case, rule, _cycles)


def _cycles(item: Item, case: Case, rule: Rule) -> Verdict | None:
    cycles = [cycle for place in rule.inputs[item.kind] for cycle in reached(item, place)]
    wrong = tuple(at(cycle.path) for cycle in cycles if _disordered(cycle))
    if wrong:
        return Verdict(
            "warning", wrong, "The dates of a cycle are not in the order assess, plan, do, review."
        )
    overdue = tuple(at(cycle.path, "review", "due") for cycle in cycles if _overdue(cycle, case))
    if overdue:
        return Verdict("warning", overdue, "The review of a cycle was due and is not recorded.")
    return passed(item) if cycles else None


def _disordered(cycle: Item) -> bool:
    need_day(cycle, "assess", "date")
    steps = (("assess", "date"), ("plan", "date"), ("do", "start"))
    days = [day for step in steps if (day := find_day(cycle, *step)) is not None]
    reviews = [day for name in ("due", "date") if (day := find_day(cycle, "review", name)) is not None]
    return any(first > then for first, then in pairwise([*days, min(reviews, default=days[-1])]))


def _overdue(cycle: Item, case: Case) -> bool:
    due = find_day(cycle, "review", "due")
    return (
        case.today is not None
        and due is not None
        and find_day(cycle, "review", "date") is None
        and case.today >= due + timedelta(days=1)
    )
