"""Rules about the profile's own integrity: its framework, its scales, and what must not be in it (PRF)."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from schemas import routes
from schemas._shape import Node, root
from schemas.findings import UnknownName
from schemas.framework import Area, Scale, areas, scale
from schemas.rules._case import Case, Item, Mark, Verdict, at
from schemas.rules._catalogue import Rule

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
    unsure = len(text) < len(item.marks.areas) or _hidden(item, ("areaRef", "areaRefs", "targetAreaRefs"))
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
    """PRF-05: every value lies on the scale that it names; a scale that is not registered is not judged."""
    for item in case.documents:
        if item.kind in rule.inputs:
            yield _values_of(item)


def _values_of(item: Item) -> Verdict:
    judged = [(mark, _on_scale(mark)) for mark in item.marks.values]
    wrong = tuple(sorted(at(mark.path, "raw") for mark, holds in judged if holds is False))
    if wrong:
        return Verdict("error", wrong, "A value here does not lie on the scale that it names.")
    unknown = tuple(sorted(at(mark.path, "scaleRef") for mark, holds in judged if holds is None))
    if unknown:
        message = (
            "A value here names a scale that is not registered, so nobody can say whether it lies on it."
        )
        return Verdict("notEvaluable", unknown, message)
    return _passed(item, _hidden(item, ("value",)))


def _on_scale(mark: Mark) -> bool | None:
    value = mark.value if isinstance(mark.value, dict) else {}
    ref, raw = value.get("scaleRef"), value.get("raw")
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


def _passed(item: Item, unsure: bool) -> Verdict:
    if unsure or item.marks.too_deep:
        return Verdict("notEvaluable", (at(item.path),), _UNSURE)
    return Verdict("pass", (at(item.path),))


def _places(marks: "tuple[Mark, ...] | list[Mark]", wrong: Callable[[Mark], bool]) -> tuple[str, ...]:
    return tuple(sorted(at(mark.path) for mark in marks if wrong(mark)))


def _hidden(item: Item, names: tuple[str, ...]) -> bool:
    """Say whether something was withheld that may have held one of these members."""
    return bool(item.withheld & _holding(item.kind, names))


@cache
def _holding(kind: str, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name, node in root(kind).members().items() if _holds(node, names))


def _holds(node: Node, names: tuple[str, ...]) -> bool:
    members = node.members()
    return any(name in members for name in names) or any(_holds(part, names) for part in members.values())
