"""The data dictionary's own cardinalities, checked in the sender's record (REC).

The wire schema requires only what every permitted view holds; what the dictionary requires stands in
`x-ltp-card`, and a few items are required only where another item says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from schemas._shape import Node, root
from schemas.disclosure import kinds
from schemas.rules._case import Case, Item, Path, Verdict, at
from schemas.rules._catalogue import Rule, catalogue
from schemas.rules._look import Look, follow, look

_REQUIRED = ("1", "1..*")
_MARKS = ("withheld", "extensions")


@dataclass(frozen=True, slots=True)
class Need:
    """An item that the dictionary requires in an object: its name, its title and its JSON type."""

    name: str
    title: str
    type: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What an object must hold, and what its members must hold where they are there."""

    title: str
    own: tuple[Need, ...]
    inner: tuple[tuple[str, "Needs"], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """An item that is required when another item says so, or unless it does."""

    steps: tuple[str, ...]
    need: Need
    holder: str
    unless: bool
    other: Mapping[str, Any]

    def applies(self, value: Mapping[str, Any]) -> bool:
        """Say whether the item is required in this value."""
        found = follow(value, self.other["pointer"].split("/")[1:])
        return self._says(found) is not self.unless

    def _says(self, found: object) -> bool:
        if "present" in self.other:
            return found not in (None, "", [], {})
        if "startsWith" in self.other:
            return isinstance(found, str) and found.startswith(self.other["startsWith"])
        return type(found) is type(self.other["is"]) and found == self.other["is"]


_Found = tuple[Path, str, Need, Look]


def complete(case: Case, _rule: Rule) -> Iterator[Verdict]:
    """REC-01: one error for each required item that is missing; withheld items are not judged."""
    for item in case.items():
        if item.kind in kinds():
            yield from _item(item)


def _item(item: Item) -> Iterator[Verdict]:
    unsure = False
    missing = False
    for path, holder, need, seen in _looks(item):
        if seen is Look.MISSING:
            missing = True
            message = f"'{need.title}' is missing from '{holder}'."
            yield Verdict("error", (at(path, need.name),), message)
        unsure = unsure or seen is not Look.PRESENT
    if not missing and (unsure or item.marks.too_deep):
        message = "A required item was withheld or is not in the right form, so the record cannot be judged."
        yield Verdict("notEvaluable", (at(item.path),), message)
    elif not missing:
        yield Verdict("pass", (at(item.path),))


def _looks(item: Item) -> Iterator[_Found]:
    """Yield every required item that is not plainly there."""
    needs = needs_of(item.kind)
    for need in needs.own:
        seen = Look.WITHHELD if need.name in item.withheld else look(item.value.get(need.name), need.type)
        if seen is not Look.PRESENT:
            yield item.path, needs.title, need, seen
    for name, inner in needs.inner:
        if name not in item.withheld and name in item.value:
            yield from _inside(item.value[name], inner, (item.path, name))
    for condition in conditions_of(item.kind):
        if condition.applies(item.value):
            yield from _conditional(item, condition)


def _inside(value: object, needs: Needs, path: Path) -> Iterator[_Found]:
    if isinstance(value, list):
        for index, entry in enumerate(value):
            if isinstance(entry, dict):
                yield from _inside(entry, needs, (path, index))
    elif isinstance(value, dict):
        for need in needs.own:
            seen = look(value.get(need.name), need.type)
            if seen is not Look.PRESENT:
                yield path, needs.title, need, seen
        for name, inner in needs.inner:
            if name in value:
                yield from _inside(value[name], inner, (path, name))


def _conditional(item: Item, condition: Condition) -> Iterator[_Found]:
    withheld = condition.steps[0] in item.withheld
    found = follow(item.value, list(condition.steps))
    seen = Look.WITHHELD if withheld else look(found, condition.need.type)
    if seen is not Look.PRESENT:
        path = item.path
        for step in condition.steps[:-1]:
            path = (path, step)
        yield path, condition.holder, condition.need, seen


@cache
def needs_of(kind: str) -> Needs:
    """Return what the dictionary requires of a kind of value, compiled from its schema."""
    return _needs(root(kind))


def _needs(node: Node) -> Needs:
    members = {name: part for name, part in node.members().items() if name not in _MARKS}
    own = tuple(
        _need(name, part) for name, part in members.items() if part.keyword("x-ltp-card") in _REQUIRED
    )
    inner = ((name, _needs(part)) for name, part in members.items() if part.members())
    return Needs(_title(node), own, tuple((name, needs) for name, needs in inner if needs.own or needs.inner))


def _need(name: str, node: Node) -> Need:
    kind = "array" if node.is_list() else node.keyword("type")
    return Need(name, _title(node), kind if isinstance(kind, str) else "string")


def _title(node: Node) -> str:
    title = node.keyword("title")
    return title if isinstance(title, str) else "the record"


@lru_cache
def conditions_of(kind: str) -> tuple[Condition, ...]:
    """Return the items of a kind that are required only where another item says so."""
    rows = catalogue()["REC-01"].thresholds["conditional"]
    return tuple(_condition(kind, row) for row in rows if row["kind"] == kind)


def _condition(kind: str, row: Mapping[str, Any]) -> Condition:
    steps = tuple(row["pointer"].split("/")[1:])
    holder = root(kind)
    for step in steps[:-1]:
        holder = holder.members()[step]
    need = _need(steps[-1], holder.members()[steps[-1]])
    unless = "unless" in row
    return Condition(steps, need, _title(holder), unless, row["unless" if unless else "when"])
