"""The assessments of a document: what each is about, whether it was made, and whether two are like for like."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas.rules._case import Item, Marks, Path, at
from schemas.rules._facts import Unseen, find, need

_PAIRED = ("/frameworkProgress/*",)
_SCALES, _INFORMANTS = "different scales, or versions of one", "different kinds of informant"
_UNLIKE = {
    _SCALES: ("value", "scaleRef"),
    "different parts of a scale": ("construct", "code"),
    _INFORMANTS: ("informant",),
}
_NOTHING_MARKED = Marks((), (), (), frozenset(), too_deep=False)


class Judgement(NamedTuple):
    """One assessment, and the area of the framework or the part of an instrument that it is about."""

    about: str
    facts: Item

    @property
    def place(self) -> str:
        """Return the place of the assessment in the subject."""
        return self.facts.place


def reached(item: Item, place: str) -> list[Item]:
    """Return each object at a place of a document, `*` being every entry of a list, or raise Unseen."""
    steps = place.split("/")[1:]
    if steps[0] in item.withheld:
        raise Unseen(at(item.path, steps[0]), why="Something that this rule needs was withheld.")
    if place not in item.kept:
        item.kept[place] = tuple(_reached(item.value, steps, item.path))
    return list(item.kept[place])


def bare(path: Path, value: Mapping[str, Any]) -> Item:
    """Return a part of a document as something whose members can be asked for."""
    return Item("part", path, value, frozenset(), _NOTHING_MARKED, {})


def judgements(item: Item, places: tuple[str, ...]) -> list[Judgement]:
    """Return the assessments at some places of a document; a pair of start and end gives both of them."""
    if places not in item.kept:
        taken = [(_halves if place in _PAIRED else _whole, reached(item, place)) for place in places]
        item.kept[places] = tuple(
            found for take, entries in taken for entry in entries for found in take(entry)
        )
    return list(item.kept[places])


def phase(judgement: Judgement) -> str:
    """Return at which point of the placement somebody judged, or raise Unseen."""
    known: str = need(judgement.facts, "string", "phase")
    return known


def made(judgement: Judgement) -> bool:
    """Say whether somebody judged at all, rather than saying why not."""
    return (find(judgement.facts, "string", "status") or "assessed") == "assessed"


def unlike(start: Judgement, end: Judgement) -> str:
    """Return why two judgements are not like for like, empty if they are, or raise Unseen.

    Like for like: the same area or part, the same scale and version, the same kind of informant. Who judged
    and in which setting does not matter.
    """
    first, last = _traits(start.facts), _traits(end.facts)
    for why in _UNLIKE:
        if first[why] and last[why] and first[why] != last[why]:
            return why
    if start.about != end.about:
        return "different areas"
    for judgement, traits in ((start, first), (end, last)):
        if not (traits[_SCALES] and traits[_INFORMANTS]):
            raise Unseen(judgement.place)
    return ""


def _traits(facts: Item) -> dict[str, str | None]:
    return {why: find(facts, "string", *steps) for why, steps in _UNLIKE.items()}


def _halves(entry: Item) -> Iterator[Judgement]:
    area = need(entry, "string", "areaRef")
    for name in ("start", "end"):
        if find(entry, "object", name) is not None:
            yield Judgement(area, _object(entry.value[name], (entry.path, name)))


def _whole(entry: Item) -> Iterator[Judgement]:
    found = find(entry, "string", "areaRef") or find(entry, "string", "construct", "code")
    if not found:
        raise Unseen(at(entry.path), why="It is not said which area an assessment is about.")
    yield Judgement(str(found), entry)


def _reached(value: Any, steps: list[str], path: Path) -> Iterator[Item]:  # noqa: ANN401 - any JSON value
    if not steps:
        yield _object(value, path)
    elif steps[0] == "*":
        if not isinstance(value, list):
            raise Unseen(at(path))
        for index, entry in enumerate(value):
            yield from _reached(entry, steps[1:], (path, index))
    elif not isinstance(value, dict):
        raise Unseen(at(path))
    elif value.get(steps[0]) is not None:
        yield from _reached(value[steps[0]], steps[1:], (path, steps[0]))


def _object(value: object, path: Path) -> Item:
    if not isinstance(value, dict):
        raise Unseen(at(path))
    return bare(path, value)
