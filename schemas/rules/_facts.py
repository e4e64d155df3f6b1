"""What a rule may rely on: a fact that is there and in the right form, or the reason why nobody can tell.

A rule reads through these functions and never looks for itself: `find` gives None for what is missing,
`need` does not go on without it. Both raise Unseen for what was withheld or is not in the right form, and
`judged` turns that into `notEvaluable`, so that no rule can pass on something that it did not see.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from schemas.calendar import OutsideCalendar, SchoolCalendar, legal_date
from schemas.rules._case import Case, Item, Path, Verdict, at, grouped, once, part, placement_of
from schemas.rules._case import Unseen as Unseen
from schemas.rules._catalogue import Rule
from schemas.rules._look import MISSING, PRESENT, look

Judge = Callable[[Item, Case, Rule], Verdict | None]

_DATE = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_DATE_LENGTH = len("2026-09-01")
_INSTANT = re.compile(_DATE.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_NO_CALENDAR = "Without the home school's calendar nobody can count school days."
_OUTSIDE = "The school calendar does not cover a day that this rule needs."


def judged(case: Case, rule: Rule, kind: str, judge: Judge) -> Iterator[Verdict]:
    """Judge the current version of each document of a type; None means that the rule is not about it."""
    for item in current(case, kind):
        verdict = one(item, case, rule, judge)
        if verdict is not None:
            yield verdict


def each(case: Case, rule: Rule, judge: Judge) -> Iterator[Verdict]:
    """Judge the current version of each document of the types that a rule reads."""
    return (verdict for kind in rule.inputs for verdict in judged(case, rule, kind, judge))


def one(item: Item, case: Case, rule: Rule, judge: Judge) -> Verdict | None:
    """Judge one thing; what is not there to be seen makes it not evaluable."""
    try:
        return judge(item, case, rule)
    except Unseen as unseen:
        return Verdict("notEvaluable", unseen.places or (item.place,), unseen.why)
    except OutsideCalendar:
        return Verdict("notEvaluable", (item.place,), _OUTSIDE)


def passed(item: Item, *names: str) -> Verdict:
    """Return a pass on a document, or on some of its members."""
    return Verdict("pass", tuple([f"{item.place}/{name}" for name in names]) or (item.place,))


def current(case: Case, kind: str) -> tuple[Item, ...]:
    """Return the documents of a type, without those of which a newer version is there."""
    return case.newest.get(kind, ())


def beside(case: Case, item: Item, kind: str) -> tuple[Item, ...]:
    """Return the documents of a type that belong to the same placement as an item."""
    return case.placed.get((kind, placement_of(item)), ())


def deliveries(case: Case) -> tuple[Item, ...]:
    """Return what the gateway can prove of sending and receipt, or raise Unseen if it says nothing of it."""
    return _evidence(case, "deliveries")


def delivered(case: Case, document: Item) -> tuple[Item, ...]:
    """Return the deliveries of one document, of any version, or raise Unseen."""
    return delivered_as(case, need(document, "string", "documentId"))


def delivered_as(case: Case, name: str) -> tuple[Item, ...]:
    """Return the deliveries of the document with some id, of any version, or raise Unseen."""
    return once(case, "deliveries by document", lambda: _by_document(case)).get(name, ())


def others(case: Case) -> tuple[Item, ...]:
    """Return the pupil's other placements that run at the same time, or raise Unseen if nobody said."""
    return _evidence(case, "otherPlacements")


def at_provider(case: Case) -> tuple[Item, ...]:
    """Return what is known of other pupils' placements at the provider, or raise Unseen.

    One gateway sees only what passes through it, so that a count of these is a lower bound.
    """
    return _evidence(case, "providerPlacements")


def learner(case: Case) -> Item:
    """Return the pupil, or raise Unseen."""
    return _component(case, "learner")


def placement(case: Case, item: Item | None = None) -> Item:
    """Return the placement (that the item belongs to), or raise Unseen."""
    found = _component(case, "placement")
    if item is not None and item.value.get("placementId") != found.value.get("placementId"):
        raise Unseen("/placement", why="The placement of this document is not here.")
    return found


def seen_placement(case: Case, item: Item | None = None) -> Item | None:
    """Return the placement if it is here."""
    try:
        return placement(case, item)
    except Unseen:
        return None


def calendar(case: Case) -> SchoolCalendar:
    """Return the home school's calendar, or raise Unseen."""
    if case.calendar is None:
        raise Unseen(why=_NO_CALENDAR)
    return case.calendar


def find(item: Item, kind: str, *steps: str) -> Any:  # noqa: ANN401 - what `kind` says
    """Return the value at some place, None if it is missing; raise Unseen if it cannot be seen."""
    if steps[0] in item.withheld:
        raise Unseen(at(item.path, *steps), why="Something that this rule needs was withheld.")
    value: Any = item.value
    left = len(steps)
    for step in steps:
        left -= 1
        value = value.get(step)
        seen = look(value, "object" if left else kind)
        if seen is PRESENT:
            continue
        if seen is not MISSING:
            raise Unseen(at(item.path, *steps))
        return [] if kind == "array" and value == [] else None
    return value


def need(item: Item, kind: str, *steps: str) -> Any:  # noqa: ANN401 - what `kind` says
    """Return the value at some place, or raise Unseen."""
    value = find(item, kind, *steps)
    if value is None:
        raise Unseen(at(item.path, *steps))
    return value


def find_day(item: Item, *steps: str) -> date | None:
    """Return the day at some place, None if it is missing."""
    text = find(item, "string", *steps)
    return None if text is None else _day(text, item, steps)


def need_day(item: Item, *steps: str) -> date:
    """Return the day at some place, or raise Unseen."""
    return _day(need(item, "string", *steps), item, steps)


def _day(text: str, item: Item, steps: tuple[str, ...]) -> date:
    found = day_of(text)
    if found is None:
        raise Unseen(at(item.path, *steps))
    return found


def need_instant(item: Item, *steps: str) -> datetime:
    """Return the instant at some place, or raise Unseen."""
    found = _instant(need(item, "string", *steps))
    if found is None:
        raise Unseen(at(item.path, *steps))
    return found


def written_on(item: Item) -> date:
    """Return the day, in England, on which a document was written, or raise Unseen."""
    return legal_date(need_instant(item, "createdAt"))


def as_day(value: object, place: str) -> date:
    """Return the day that a text names, or raise Unseen."""
    found = day_of(value)
    if found is None:
        raise Unseen(place)
    return found


def as_instant(value: object, place: str) -> datetime:
    """Return the instant that a text names, or raise Unseen."""
    found = _instant(value) if isinstance(value, str) else None
    if found is None:
        raise Unseen(place)
    return found


def day_of(value: object) -> date | None:
    """Return the day that a text names, None if it names none."""
    return _day_named(value) if isinstance(value, str) and len(value) == _DATE_LENGTH else None


@lru_cache(maxsize=4096)
def _day_named(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def is_time(value: object) -> bool:
    """Say whether a value is a time of day."""
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def entries(item: Item, *steps: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the objects of a list with their places, none if it is missing; raise Unseen if one is odd."""
    found = find(item, "array", *steps)
    if not found:
        return []
    place = "/".join((item.place, *steps))
    known = [(f"{place}/{index}", entry) for index, entry in enumerate(found) if isinstance(entry, dict)]
    if len(known) < len(found):
        raise Unseen(place)
    return known


def _by_document(case: Case) -> dict[str, tuple[Item, ...]]:
    return grouped(deliveries(case), lambda entry: need(entry, "string", "documentId"))


def _evidence(case: Case, name: str) -> tuple[Item, ...]:
    """Return the entries of a list that only a placement record has, or raise Unseen."""
    return once(case, ("evidence", name), lambda: _entries_of(case, name))


def _entries_of(case: Case, name: str) -> tuple[Item, ...]:
    known = case.subject.get(name)
    if not isinstance(known, list) or not all(isinstance(entry, dict) for entry in known):
        raise Unseen(f"/{name}")
    paths: list[Path] = [((None, name), index) for index in range(len(known))]
    return tuple(part(name, path, entry) for path, entry in zip(paths, known, strict=True))


def _component(case: Case, kind: str) -> Item:
    for item in case.components:
        if item.kind == kind:
            return item
    raise Unseen(f"/{kind}", why=f"The {kind} is not here.")


def _instant(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if _INSTANT.fullmatch(value) else None
    except ValueError:
        return None
