"""Rules about the way back to school (REI)."""

from collections.abc import Iterator

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._look import Look, look

_PARTS = {
    "academicAttainmentAndProgress": "array",
    "attendanceRecord": "object",
    "behaviourChangeEvidence": "array",
}
_ALSO = ("frameworkProgress", "interventionsAndImpact", "whatWorks", "whatDoesNotWork")


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
