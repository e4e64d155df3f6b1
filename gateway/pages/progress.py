"""Progress from a start and an end assessment: derived, never stored, and like for like only (PRF-03).

There is no average and no total here, and there must not be one: areas are not the same kind of thing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gateway.pages.reference import FindScale
from gateway.pages.wording import count, mapping, scaled, text
from schemas import Scale


class Outcome(Enum):
    """What became of one area between start and end."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    CHANGED = "changed"  # the scale does not say which way is better
    NOT_COMPARABLE = "notComparable"


@dataclass(frozen=True, slots=True)
class Progress:
    """The outcome, the same in words, and for a pair that cannot be compared the reason why."""

    outcome: Outcome
    words: str
    reason: str = ""
    lower_is_better: bool = False


def compare(start: Mapping[str, Any], end: Mapping[str, Any], find: FindScale) -> Progress:
    """The progress between two assessments of one area.

    Same scale, version, construct and informant, both assessed, both on the scale; anything else is
    `NOT_COMPARABLE` with its reason. Who assessed, and in which setting, is shown but does not forbid it.
    """
    scale = find(scale_of(start))
    reason = _unlike(start, end) or _off(scale, start, end)
    if reason or scale is None:
        return Progress(Outcome.NOT_COMPARABLE, "not comparable", reason)
    # The registry states bounds for a construct but not which way is better: it may differ from its scale's.
    direction = "none" if construct_of(start) else scale.direction
    return _moved(raw_of(end) - raw_of(start), scale.decimals, direction)


def bounds(scale: Scale, construct: str) -> tuple[int, int]:
    """The lowest and the highest value of a construct, or of the scale where the construct has none."""
    return scale.constructs.get(construct, (scale.minimum, scale.maximum))


def scale_of(assessment: Mapping[str, Any]) -> str:
    """The scale an assessment names, or nothing."""
    return text(mapping(assessment.get("value")).get("scaleRef"))


def construct_of(assessment: Mapping[str, Any]) -> str:
    """The construct of the scale that was measured, or nothing for the scale as a whole."""
    return text(mapping(assessment.get("construct")).get("code"))


def raw_of(assessment: Mapping[str, Any]) -> int:
    """The value on the scale; the caller knows that there is one (`has_value`)."""
    raw: int = mapping(assessment["value"])["raw"]
    return raw


def has_value(assessment: Mapping[str, Any]) -> bool:
    """Whether the assessment was made and carries a whole number."""
    raw = mapping(assessment.get("value")).get("raw")
    return assessment.get("status", "assessed") == "assessed" and type(raw) is int


def summary(name: str, areas: Mapping[str, Iterable[Progress]]) -> str:
    """One sentence that counts areas; an area measured twice counts only where both measures agree."""
    if not areas:
        return ""
    found = {area: tuple(measures) for area, measures in areas.items()}
    inverted = any(p.lower_is_better for measures in found.values() for p in measures)
    tally = [_of_area(measures) for measures in found.values()]
    total = count(len(tally), "area", "areas")
    clauses = [
        words.format(number)
        for outcome, words in _clauses(total, inverted)
        if (number := tally.count(outcome)) or outcome is Outcome.BETTER
    ]
    apart = tally.count(Outcome.NOT_COMPARABLE)
    if apart == len(tally):
        return f"{name} has no change that can be compared, like for like, in {total}."
    rest = f" In {apart} no change can be compared, like for like." if apart else ""
    return f"{name} has {_listed(clauses)}.{rest}"


def _clauses(total: str, inverted: bool) -> tuple[tuple[Outcome, str], ...]:
    # "up" would mislead where a lower score is the better one.
    better, worse = ("improved", "got worse") if inverted else ("moved up", "gone down")
    return (
        (Outcome.BETTER, f"{better} in {{}} of {total}"),
        (Outcome.SAME, "stayed the same in {}"),
        (Outcome.WORSE, f"{worse} in {{}}"),
        (Outcome.CHANGED, "changed, with neither way known to be better, in {}"),
    )


def _of_area(measures: tuple[Progress, ...]) -> Outcome:
    outcomes = {progress.outcome for progress in measures}
    return outcomes.pop() if len(outcomes) == 1 else Outcome.NOT_COMPARABLE


def _unlike(start: Mapping[str, Any], end: Mapping[str, Any]) -> str:
    if not (has_value(start) and has_value(end)):
        return "not assessed at both times"
    first, last = scale_of(start), scale_of(end)
    if first != last:
        same_family = first.rpartition(":")[0] == last.rpartition(":")[0]
        return "different versions of the scale" if same_family else "different scales"
    if construct_of(start) != construct_of(end):
        return "different things measured"
    answered = {text(start.get("informant")), text(end.get("informant"))}
    if "" in answered or len(answered) > 1:
        return "not known who answered" if "" in answered else "different people answered"
    return "different areas" if text(start.get("areaRef")) != text(end.get("areaRef")) else ""


def _off(scale: Scale | None, start: Mapping[str, Any], end: Mapping[str, Any]) -> str:
    if scale is None:
        return "measured on a scale not known here"
    lowest, highest = bounds(scale, construct_of(start))
    inside = all(lowest <= raw_of(found) <= highest for found in (start, end))
    return "" if inside else "a value is not on the scale"


def _moved(difference: int, decimals: int, direction: str) -> Progress:
    lower = direction == "lowerIsBetter"
    if difference == 0:
        return Progress(Outcome.SAME, "same", lower_is_better=lower)
    words = f"{'up' if difference > 0 else 'down'} {scaled(abs(difference), decimals)}"
    if direction not in ("higherIsBetter", "lowerIsBetter"):
        return Progress(Outcome.CHANGED, words, "neither way is known to be better")
    better = (difference > 0) != lower
    reason = f"{'better' if better else 'worse'}: on this scale lower is better" if lower else ""
    return Progress(Outcome.BETTER if better else Outcome.WORSE, words, reason, lower)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
