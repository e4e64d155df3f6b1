"""Rules about free school meals during a placement (FSM)."""

from collections.abc import Iterator

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    beside,
    find,
    judged,
    learner,
    need,
    need_day,
    one,
    passed,
    placement,
    written_on,
)
from schemas.rules._running import first_version, versions

_ARRANGEMENT = "fsm-arrangement"


def arranged(case: Case, rule: Rule) -> Iterator[Verdict]:
    """FSM-01: a pupil who is eligible gets a meal, food or a voucher."""
    yield from judged(case, rule, _ARRANGEMENT, _arranged)
    if case.form == "documents":
        for item in case.components:
            verdict = one(item, case, rule, _nothing) if item.kind == "placement" else None
            yield from (verdict,) if verdict else ()


def _nothing(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    """Judge a placement that has begun without any arrangement on record."""
    if case.today is None or beside(case, item, _ARRANGEMENT):
        return None
    if not need(learner(case), "boolean", "fsmEligible") or need_day(item, "startDate") > case.today:
        return None
    message = "The placement has begun, and no arrangement for free school meals is on record."
    return Verdict("error", (at(item.path, "startDate"),), message)


def _arranged(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if not _eligible(item, case):
        return None
    if find(item, "string", "arrangement") in rule.thresholds["arrangements"]:
        return passed(item, "arrangement")
    message = "The pupil is eligible for free school meals and has no arrangement for them."
    return Verdict("error", (at(item.path, "arrangement"),), message)


def _eligible(item: Item, case: Case) -> bool:
    """Take the document's word, or else the pupil's record: either is enough to be eligible."""
    if find(item, "boolean", "fsmEligible") is True:
        return True
    known = any(part.kind == "learner" for part in case.components)
    if known and find(learner(case), "boolean", "fsmEligible") is True:
        return True
    return bool(need(item, "boolean", "fsmEligible"))


def duty_recorded(case: Case, rule: Rule) -> Iterator[Verdict]:
    """FSM-02: before the placement, whether the provider has the statutory duty is on record."""
    return judged(case, rule, _ARRANGEMENT, _recorded)


def _recorded(item: Item, case: Case, _rule: Rule) -> Verdict:
    place = at(item.path, "providerUnderEducationAct1996")
    if not _says_whether(item):
        message = "It is not recorded whether the provider has the statutory duty to provide meals."
        return Verdict("warning", (place,), message)
    here = placement(case, item)
    start = need_day(here, "startDate")
    known = [version for version in versions(case, item) if _says_whether(version)]
    if any(written_on(version) <= start for version in known):
        return Verdict("pass", (place,))
    first_version(case, item)  # without it nobody knows since when this was recorded
    return Verdict("warning", (place,), "This was recorded only after the placement began.")


def _says_whether(item: Item) -> bool:
    return find(item, "boolean", "providerUnderEducationAct1996") is not None


def considered(case: Case, rule: Rule) -> Iterator[Verdict]:
    """FSM-03: at a setting that is no state-funded school, the authority thought about a meal."""
    return judged(case, rule, _ARRANGEMENT, _considered)


def _considered(item: Item, case: Case, rule: Rule) -> Verdict | None:
    here = placement(case, item)
    registered = need(here, "boolean", "provider", "registeredSchool", "registered")
    if registered and need(here, "string", "provider", "settingType") not in rule.thresholds["private"]:
        return None
    place = at(item.path, "laConsideredMeal")
    if find(item, "boolean", "laConsideredMeal", "considered") is True:
        return Verdict("pass", (place,))
    return Verdict("info", (place,), "It is not recorded that the authority considered a meal.")
