"""Rules about the profile's own integrity: its framework, its scales, and what must not be in it (PRF)."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from schemas import routes
from schemas._shape import Node, root
from schemas.findings import UnknownName
from schemas.framework import Area, Scale, areas, constructs, scale
from schemas.rules._case import Case, Item, Mark, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import each, find, need, passed
from schemas.rules._judgements import reached

_UNSURE = "Part of this was withheld or is not in the right form, so the check is not complete."


def known_areas(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-01: the framework is a published one, and every area is one of its areas."""
    for item in case.documents:
        if item.kind in rule.inputs:
            yield _areas_of(item, rule)


def _areas_of(item: Item, rule: Rule) -> Verdict:
    known = _framework(item, rule)
    if isinstance(known, Verdict):
        return known
    text = [mark for mark in item.marks.areas if isinstance(mark.value, str)]
    wrong = _places(text, lambda mark: mark.value not in known)
    if wrong:
        return Verdict("error", wrong, "An area mentioned here is not part of the framework.")
    unsure = len(text) < len(item.marks.areas) or hidden(item, ("areaRef", "areaRefs", "targetAreaRefs"))
    return _passed(item, unsure)


def _framework(item: Item, rule: Rule) -> Mapping[str, Area] | Verdict:
    """Return the framework's areas, or why they cannot be looked up; a report states no framework."""
    if item.kind == "learner-transfer-profile":
        stated, version = item.value.get("frameworkId"), item.value.get("frameworkVersion")
    else:
        stated, version = (rule.thresholds["unstatedFramework"][name] for name in ("id", "version"))
    if not (isinstance(stated, str) and isinstance(version, str)):
        message = "The profile does not name its framework and version."
        return Verdict("notEvaluable", (at(item.path, "frameworkId"),), message)
    try:
        return areas(stated, version)
    except UnknownName:
        message = "The framework, or this version of it, is not one that the standard knows."
        return Verdict("error", (at(item.path, "frameworkId"),), message)


def values_on_scale(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-05: every value lies on the scale that it names and measures what that scale measures, never a composite."""
    for item in case.documents:
        if item.kind in rule.inputs:
            yield _values_of(item, frozenset(rule.thresholds["composites"]))


def _values_of(item: Item, composites: frozenset[str]) -> Verdict:
    foreign = tuple(_construct_of(mark) for mark in item.marks.values if _is_foreign(mark, composites))
    judged = [(mark, _on_scale(mark)) for mark in item.marks.values]
    wrong = tuple(at(mark.path, "raw") for mark, holds in judged if holds is False)
    if foreign or wrong:
        return Verdict("error", tuple(sorted((*foreign, *wrong))), _FOREIGN if foreign else _OFF_SCALE)
    unknown = tuple(sorted(at(mark.path, "scaleRef") for mark, holds in judged if holds is None))
    if any(_is_unregistered(mark) for mark, _ in judged):
        return Verdict("warning", unknown, _UNREGISTERED)
    if unknown:
        return Verdict(
            "notEvaluable", unknown, "There is nothing on record that a value here could be held against."
        )
    return _passed(item, hidden(item, ("value",)))


_OFF_SCALE = "A value here does not lie on the scale that it names."
_UNREGISTERED = "A value here names a scale that is not registered, so nobody can say whether it lies on it."
_FOREIGN = (
    "What is measured here is nothing that the named scale measures. Totals, averages, rankings and readiness scores "
    "of our own making are not exchanged."
)


def _construct_of(mark: Mark) -> str:
    """Return the pointer of the code beside a measured value."""
    beside = mark.path[0] if mark.path else None
    return at(beside, "construct", "code")


def _ref(mark: Mark) -> tuple[object, object]:
    value = mark.value if isinstance(mark.value, dict) else {}
    return value.get("scaleRef"), value.get("raw")


def _is_unregistered(mark: Mark) -> bool:
    """Whether a value names a scale that nobody registered; one without a range on record is registered too."""
    ref, _ = _ref(mark)
    if not isinstance(ref, str):
        return False
    try:
        constructs(ref)
    except UnknownName:
        return True
    return False


def _is_foreign(mark: Mark, composites: frozenset[str]) -> bool:
    """Whether a measured value stands for something that its scale does not measure, or for a composite of others."""
    ref, code = _ref(mark)[0], mark.construct
    if not isinstance(ref, str) or not isinstance(code, str):
        return False
    try:
        known = constructs(ref)
    except UnknownName:
        return not composites.isdisjoint(code.split("-"))
    if code in known.codes:
        return False
    return known.complete or not composites.isdisjoint(code.split("-"))


def _on_scale(mark: Mark) -> bool | None:
    ref, raw = _ref(mark)
    if not isinstance(ref, str) or not isinstance(raw, int) or isinstance(raw, bool):
        return None
    try:
        known = scale(ref)
    except UnknownName:
        return None
    return known.holds(raw) and _in_construct(known, mark.construct, raw)


def _in_construct(known: Scale, code: object, raw: int) -> bool:
    if not isinstance(code, str) or code not in known.constructs:
        return True
    low, high = known.constructs[code]
    return low <= raw <= high


def no_safeguarding(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-09: no statement labelled SG or CR in a document of the general desk.

    Withheld parts do not matter here: what did not travel cannot be in it, and what did keeps its label.
    """
    for item in case.documents:
        if routes.desk_of(item.kind) != "dsl":
            yield _labels_of(item, rule.thresholds["labels"])


def _labels_of(item: Item, banned: list[str]) -> Verdict:
    wrong = _places(item.marks.labels, lambda mark: mark.value in banned)
    if wrong:
        message = "A statement here is labelled as safeguarding or criminal-offence data."
        return Verdict("error", wrong, message)
    return _passed(item, not all(isinstance(mark.value, str) for mark in item.marks.labels))


def strategies_told(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-07: something that works, how each strategy is delivered, and what does not work."""
    return each(case, rule, _strategies)


def _strategies(item: Item, _case: Case, rule: Rule) -> Verdict:
    works, fails = (reached(item, f"/{name}/*") for name in ("whatWorks", "whatDoesNotWork"))
    lacking = [at(entry.path, "delivery") for entry in works + fails if not _delivered(entry)]
    if not any(find(entry, "string", "effect") in rule.thresholds["effects"] for entry in works):
        lacking.append(at(item.path, "whatWorks"))
    # An empty list says that nobody knows of anything; a list left out says nothing.
    if find(item, "array", "whatDoesNotWork") is None:
        lacking.append(at(item.path, "whatDoesNotWork"))
    message = "The profile does not say what works, what does not work, and how each strategy is delivered."
    return Verdict("warning", tuple(lacking), message) if lacking else passed(item)


def _delivered(strategy: Item) -> bool:
    return find(strategy, "string", "delivery", "how") is not None


def triggers_answered(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-08: each trigger is tied to a sign that it is near and to a strategy that answers it."""
    return each(case, rule, _triggers)


def _triggers(item: Item, _case: Case, _rule: Rule) -> Verdict | None:
    found = reached(item, "/triggersAndRisks/*")
    triggers = [entry for entry in found if need(entry, "string", "kind") == "trigger"]
    signs, strategies = (reached(item, f"/{name}/*") for name in ("earlyWarningSigns", "whatWorks"))
    lacking = [
        at(entry.path, name)
        for entry in triggers
        for name, tied in (
            ("warningSignRefs", _names(entry, "warningSignRefs", signs) or _named_by(entry, signs)),
            ("strategyRefs", _names(entry, "strategyRefs", strategies)),
        )
        if not tied
    ]
    message = "A trigger is not tied to an early warning sign, or not to a strategy that works."
    if lacking:
        return Verdict("warning", tuple(lacking), message)
    return passed(item, "triggersAndRisks") if triggers else None


def _names(entry: Item, name: str, others: list[Item]) -> bool:
    refs = find(entry, "array", name) or []
    return any(find(other, "string", "id") in refs for other in others)


def _named_by(trigger: Item, signs: list[Item]) -> bool:
    own = find(trigger, "string", "id")
    return own is not None and any(own in (find(sign, "array", "triggerRefs") or []) for sign in signs)


def _passed(item: Item, unsure: bool) -> Verdict:
    if unsure or item.marks.too_deep:
        return Verdict("notEvaluable", (item.place,), _UNSURE)
    return Verdict("pass", (item.place,))


def _places(marks: "tuple[Mark, ...] | list[Mark]", wrong: Callable[[Mark], bool]) -> tuple[str, ...]:
    return tuple(sorted(at(mark.path) for mark in marks if wrong(mark)))


def hidden(item: Item, names: tuple[str, ...]) -> bool:
    """Say whether something was withheld that may have held one of these members."""
    return bool(item.withheld & _holding(item.kind, names))


@cache
def _holding(kind: str, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name, node in root(kind).members().items() if _holds(node, names))


def _holds(node: Node, names: tuple[str, ...]) -> bool:
    members = node.members()
    return any(name in members for name in names) or any(_holds(part, names) for part in members.values())
