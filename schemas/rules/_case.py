"""What a rule is given: the subject taken apart once, without trusting the form of any part of it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, TypeVar

from schemas.calendar import SchoolCalendar
from schemas.disclosure import standing
from schemas.pointers import pointer

Outcome = Literal["pass", "info", "warning", "error", "notApplicable", "notEvaluable"]
Form = Literal["transfer", "bundle", "documents"]
# A path grows by one link per step, so that a pointer is only written for what is reported.
Path = tuple["Path", str | int] | None
_MAX_DEPTH = 64
_NOT_YET, _PLACE = object(), object()
_HOLDERS = (dict, list)
_AREA_LISTS = ("areaRefs", "targetAreaRefs")
_ASIDE = frozenset({"extensions", "withheld"})
_MARKED = frozenset({"sensitivity", "areaRef", "value", *_AREA_LISTS})
_Key = TypeVar("_Key", bound=Hashable)
_Member = TypeVar("_Member")
_Work = TypeVar("_Work")


class Unseen(Exception):
    """Something that a rule needs was withheld, is missing or is not in the right form."""

    def __init__(self, *places: str, why: str = "") -> None:
        self.places = places
        self.why = why or "Something that this rule needs is missing, withheld or not in the right form."
        super().__init__("a fact is not there")


class Verdict(NamedTuple):
    """What a rule found at one place; the pointers are relative to the subject."""

    outcome: Outcome
    pointers: tuple[str, ...] = ()
    message: str = ""
    fix: str = ""


class Mark(NamedTuple):
    """A value that rules look for wherever it stands; `construct` is the code beside a measured value."""

    path: Path
    value: object
    construct: object = None


class Marks(NamedTuple):
    """Everything that one walk through a document found."""

    areas: tuple[Mark, ...]
    values: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    names: frozenset[str]
    too_deep: bool


class _Found(NamedTuple):
    """What a walk has met so far."""

    areas: list[Mark]
    values: list[Mark]
    labels: list[Mark]
    names: set[str]


class Item(NamedTuple):
    """A document, the learner or the placement: its place in the subject and what was withheld from it.

    `kept` holds what several rules look for in it, by where that is.
    """

    kind: str
    path: Path
    value: Mapping[str, Any]
    withheld: frozenset[str]
    marks: Marks
    kept: dict[Hashable, Any]

    @property
    def place(self) -> str:
        """The pointer of its path: written once, because most of what is said names it."""
        found: str = self.kept.get(_PLACE) or self.kept.setdefault(_PLACE, at(self.path))
        return found


@dataclass(frozen=True, slots=True)
class Case:
    """One subject, taken apart."""

    form: Form
    subject: Mapping[str, Any]
    documents: tuple[Item, ...]
    components: tuple[Item, ...]
    conditions: frozenset[str]
    malformed: tuple[Path, ...]
    calendar: SchoolCalendar | None = None
    today: date | None = None
    # The newest version of each document, by type, and by type and placement: made once, read by each rule.
    newest: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    placed: Mapping[tuple[str, str | None], tuple[Item, ...]] = field(default_factory=dict)
    # What several rules ask of the same subject: see `once`. Nothing in it depends on the calendar or the day.
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def items(self) -> tuple[Item, ...]:
        """Return the documents and the components."""
        return (*self.documents, *self.components)


def case(subject: object) -> Case:
    """Take a transfer, a bundle or `{"documents": [...]}` apart; what is of the wrong type is set aside."""
    known: Mapping[str, Any] = subject if isinstance(subject, dict) else {}
    documents, malformed = _documents(known.get("documents", []))
    parts = [(kind, known[kind]) for kind in ("learner", "placement") if kind in known]
    held = [part(kind, (None, kind), value) for kind, value in parts if isinstance(value, dict)]
    components = tuple(item for item in held if _named(item))
    malformed += [(None, kind) for kind, _ in parts if kind not in {item.kind for item in components}]
    newest = _newest(documents)
    return Case(
        _form(known),
        known,
        tuple(documents),
        components,
        _conditions(known),
        tuple(malformed),
        newest=grouped(newest, lambda item: item.kind),
        placed=grouped(newest, lambda item: (item.kind, placement_of(item))),
    )


def part(kind: str, path: Path, value: Mapping[str, Any]) -> Item:
    """Return a document, a component or a piece of evidence with what one walk through it finds."""
    return Item(kind, path, value, frozenset(_withheld(value.get("withheld"))), _marks(value, path), {})


def once(case: Case, name: Hashable, work: Callable[[], _Work]) -> _Work:
    """Return what some work gives, done once for each subject; the calendar and the day must not matter.

    That something cannot be seen is kept as well: each further call raises the same Unseen.
    """
    found = case.kept.get(name, _NOT_YET)
    if found is _NOT_YET:
        try:
            found = work()
        except Unseen as unseen:
            found = unseen
        case.kept[name] = found
    if isinstance(found, Unseen):
        raise found.with_traceback(None)
    known: _Work = found
    return known


def grouped(items: Iterable[_Member], key: Callable[[_Member], _Key]) -> dict[_Key, tuple[_Member, ...]]:
    """Return things by something that they share, in their order."""
    groups: dict[_Key, list[_Member]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in groups.items()}


def placement_of(item: Item) -> str | None:
    """Return the id of the placement that something belongs to, None if it names none."""
    named = item.value.get("placementId")
    return named if isinstance(named, str) else None


def _newest(documents: list[Item]) -> list[Item]:
    """Return the documents without those of which a newer version is there, in their order."""
    newest: dict[object, tuple[int, Item]] = {}
    for item in documents:
        key, version = item.value.get("documentId"), item.value.get("version")
        number = version if isinstance(version, int) else 0
        name = (item.kind, key) if isinstance(key, str) else item.path
        if name not in newest or newest[name][0] < number:
            newest[name] = (number, item)
    return [item for _, item in newest.values()]


def _documents(values: object) -> tuple[list[Item], list[Path]]:
    if not isinstance(values, list):
        return [], [(None, "documents")]
    found: list[Item] = []
    malformed: list[Path] = []
    for index, value in enumerate(values):
        path: Path = ((None, "documents"), index)
        named = isinstance(value, dict) and isinstance(value.get("type"), str)
        item = part(value["type"], path, value) if named else None
        if item is not None and _named(item):
            found.append(item)
        else:
            malformed.append(path)
    return found, malformed


def _named(item: Item) -> bool:
    """Say whether every member has a text for its name, as in all that was JSON once."""
    return {str}.issuperset(map(type, item.marks.names))


def at(path: Path, *steps: str | int) -> str:
    """Return the JSON Pointer of a path, without any member name that may be a person's own words."""
    found: list[str | int] = [*steps[::-1]]
    while path is not None:
        path, step = path
        found.append(step)
    found.reverse()
    return pointer(found)


def _form(subject: Mapping[str, Any]) -> Form:
    if "bundleId" in subject or "to" in subject:
        return "bundle"
    return "transfer" if "transferId" in subject or "recipients" in subject else "documents"


def _conditions(subject: Mapping[str, Any]) -> frozenset[str]:
    stated, learner = subject.get("conditions"), subject.get("learner")
    named = {name for name in (stated if isinstance(stated, list) else ()) if isinstance(name, str)}
    return frozenset(named) | (standing(learner) if isinstance(learner, dict) else frozenset())


def _withheld(entries: object) -> Iterator[str]:
    """Yield the member that each entry of the list is about: its pointer's first step."""
    for entry in entries if isinstance(entries, list) else ():
        place = entry.get("pointer") if isinstance(entry, dict) else None
        if isinstance(place, str) and place.startswith("/"):
            yield place.split("/")[1]


def _marks(value: Mapping[str, Any], path: Path) -> Marks:
    found = _Found([], [], [], set())
    plain = _ASIDE.isdisjoint(value)
    inside = value if plain else {name: part for name, part in value.items() if name not in _ASIDE}
    too_deep = _walk(inside, path, found)
    if "extensions" in value:
        # What an extension calls an area or a value is its own affair; a safeguarding label is not.
        beside = _Found([], [], found.labels, found.names)
        too_deep |= _walk({"extensions": value["extensions"]}, path, beside)
    areas, values, labels = tuple(found.areas), tuple(found.values), tuple(found.labels)
    return Marks(areas, values, labels, frozenset(found.names), too_deep)


def _walk(start: object, path: Path, found: _Found) -> bool:
    """Collect the marks of a value without recursion; say whether part of it lies too deep to look at."""
    waiting: list[tuple[Any, Path, int]] = [(start, path, 0)]
    too_deep = False
    while waiting:
        value, here, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            too_deep = True
            continue
        if isinstance(value, dict):
            found.names.update(value)
            if not _MARKED.isdisjoint(value):
                _collect(value, here, found)
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(part, _HOLDERS):
                waiting.append((part, (here, step), depth + 1))
    return too_deep


def _collect(value: Mapping[str, Any], here: Path, found: _Found) -> None:
    if "sensitivity" in value:
        found.labels.append(Mark(here, value["sensitivity"]))
    if "areaRef" in value:
        found.areas.append(Mark((here, "areaRef"), value["areaRef"]))
    for name in _AREA_LISTS:
        if name in value:
            found.areas.extend(_each(value[name], (here, name)))
    measured = value.get("value")
    if isinstance(measured, dict):
        construct = value.get("construct")
        code = construct.get("code") if isinstance(construct, dict) else None
        found.values.append(Mark((here, "value"), measured, code))


def _each(value: object, path: Path) -> Iterator[Mark]:
    if not isinstance(value, list):
        yield Mark(path, value)
        return
    for index, part in enumerate(value):
        yield Mark((path, index), part)
