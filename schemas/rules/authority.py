"""Rules about what a local authority is told (LA)."""

from collections.abc import Iterator

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._look import Look, follow, look

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
