"""The data dictionary's own cardinalities, checked in the sender's record (REC).

The wire schema requires only what every permitted view holds; what the dictionary requires stands in
`x-ltp-card`, and what it requires only under a condition in `x-ltp-when` and `x-ltp-unless`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import jsonschema_rs

from schemas._shape import Node, root
from schemas.disclosure import kinds
from schemas.rules._case import Case, Item, Path, Verdict, at, once
from schemas.rules._catalogue import Rule
from schemas.rules._facts import Unseen, day_of, written_on
from schemas.rules._look import MISSING, PRESENT, Look, follow, look

_REQUIRED = ("1", "1..*")
_MARKS = ("withheld", "extensions")
Base = Literal["beside", "document", "learner"]


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of the dictionary: a place (in the same object, the document or the learner), what of it."""

    base: Base
    steps: tuple[str, ...]
    name: str
    wanted: object


@dataclass(frozen=True, slots=True)
class Need:
    """An item that the dictionary requires: where a `when` holds (if there is any) and no `unless` does."""

    name: str
    title: str
    type: str
    when: tuple[Test, ...] = ()
    unless: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What an object must hold, and what its members must hold where they are there."""

    title: str
    own: tuple[Need, ...]
    inner: tuple[tuple[str, "Needs"], ...]


@dataclass(frozen=True, slots=True)
class _Around:
    """What a condition may look at besides the object itself."""

    item: Item
    learner: Item | None


_Found = tuple[Path, str, Need, Look]

# Stricter than `look` where a schema cannot say the same: what is not met here is looked at again.
_FULL: Mapping[str, dict[str, Any]] = {
    "string": {"type": "string", "pattern": "[!-~]"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "array": {"type": "array", "minItems": 1},
    "object": {"type": "object", "minProperties": 1},
}


@dataclass(frozen=True, slots=True)
class _Search:
    """What a walk through one item looks at, and what it found so far."""

    around: _Around
    found: list[_Found]


def complete(case: Case, _rule: Rule) -> Iterator[Verdict]:
    """REC-01: one error for each required item that is missing; withheld items are not judged."""
    for item in case.items():
        if item.kind in kinds():
            yield from _item(item, case)


def _item(item: Item, case: Case) -> Iterator[Verdict]:
    unsure = False
    missing = False
    for path, holder, need, seen in lacking(item, case):
        if seen is MISSING:
            missing = True
            message = f"'{need.title}' is missing from '{holder}'."
            yield Verdict("error", (at(path, need.name),), message)
        unsure = unsure or seen is not PRESENT
    if not missing and (unsure or item.marks.too_deep):
        message = "A required item was withheld or is not in the right form, so the record cannot be judged."
        yield Verdict("notEvaluable", (item.place,), message)
    elif not missing:
        yield Verdict("pass", (item.place,))


def lacking(item: Item, case: Case) -> list[_Found]:
    """Return every required item that is not plainly there; the learner decides a few of them."""
    return once(case, ("lacking", item.path), lambda: _lacking(item, case))


def _lacking(item: Item, case: Case) -> list[_Found]:
    whole = not item.withheld and _holds_the_rest(item)
    needs = _conditional_of(item.kind) if whole else needs_of(item.kind)
    pupil = next((part for part in case.components if part.kind == "learner"), None)
    found: list[_Found] = []
    _inside(item.value, needs, item.path, _Search(_Around(item, pupil), found))
    return found


def _holds_the_rest(item: Item) -> bool:
    """Say at once, of most documents, that they hold all but what is required under a condition.

    False only means that everything has to be looked at.
    """
    try:
        return _whole(item.kind).is_valid(item.value)
    except ValueError:
        return False


@cache
def _whole(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_form(needs_of(kind)))


@cache
def _conditional_of(kind: str) -> Needs:
    """Return what the dictionary requires of a kind of value only under a condition."""
    return _conditional(needs_of(kind))


def _conditional(needs: Needs) -> Needs:
    inner = ((name, _conditional(part)) for name, part in needs.inner)
    own = tuple(need for need in needs.own if need.when or need.unless)
    return Needs(needs.title, own, tuple((name, part) for name, part in inner if part.own or part.inner))


def _form(needs: Needs) -> dict[str, Any]:
    """Return a schema of what holds every item that is always required."""
    always = [need for need in needs.own if not need.when and not need.unless]
    members = {need.name: dict(_FULL[need.type]) for need in always}
    for name, inner in needs.inner:
        form = _form(inner)
        members[name] = {**members.get(name, {}), **form, "items": form}
    return {"required": [need.name for need in always], "properties": members}


def _inside(value: object, needs: Needs, path: Path, search: "_Search") -> None:
    if isinstance(value, list):
        for index, entry in enumerate(value):
            if isinstance(entry, dict):
                _inside(entry, needs, (path, index), search)
    elif isinstance(value, dict):
        # What was withheld is named by the member of the document that it stands in.
        item = search.around.item
        withheld = item.withheld if value is item.value else frozenset()
        for need in needs.own:
            seen = Look.WITHHELD if need.name in withheld else look(value.get(need.name), need.type)
            if seen is not PRESENT and (asked := _asked(need, value, search.around)) is not False:
                search.found.append((path, needs.title, need, seen if asked else Look.WITHHELD))
        for name, inner in needs.inner:
            if name in value and name not in withheld:
                _inside(value[name], inner, (path, name), search)


def _asked(need: Need, holder: Mapping[str, Any], around: _Around) -> bool | None:
    """Say whether an item is required here; None if what decides it cannot be seen."""
    wanted = _any(need.when, holder, around) if need.when else True
    excused = _any(need.unless, holder, around)
    if wanted is False or excused is True:
        return False
    return None if wanted is None or excused is None else True


def _any(tests: tuple[Test, ...], holder: Mapping[str, Any], around: _Around) -> bool | None:
    found = [_holds(test, holder, around) for test in tests]
    return True if True in found else None if None in found else False


def _holds(test: Test, holder: Mapping[str, Any], around: _Around) -> bool | None:
    item = around.learner if test.base == "learner" else around.item
    value = holder if test.base == "beside" else item.value if item is not None else None
    if item is None or value is None or (value is item.value and test.steps[0] in item.withheld):
        return None
    found = follow(value, list(test.steps))
    try:
        return _SAYS[test.name](found, test.wanted, item)
    except Unseen:
        return None


def _past(found: object, _wanted: object, item: Item) -> bool:
    day = day_of(found)
    return day is not None and day <= written_on(item)


_SAYS = {
    "is": lambda found, wanted, _: type(found) is type(wanted) and found == wanted,
    "startsWith": lambda found, wanted, _: isinstance(found, str) and found.startswith(wanted),
    "present": lambda found, wanted, _: (found not in (None, "", [], {})) is wanted,
    "lacks": lambda found, wanted, _: wanted not in (found if isinstance(found, list) else ()),
    "past": _past,
}


@cache
def needs_of(kind: str) -> Needs:
    """Return what the dictionary requires of a kind of value, compiled from its schema."""
    return _needs(root(kind))


def _needs(node: Node) -> Needs:
    members = {name: part for name, part in node.members().items() if name not in _MARKS}
    own = [_need(name, part) for name, part in members.items()]
    inner = ((name, _needs(part)) for name, part in members.items() if part.members())
    return Needs(
        _title(node),
        tuple(need for need in own if need is not None),
        tuple((name, needs) for name, needs in inner if needs.own or needs.inner),
    )


def _need(name: str, node: Node) -> Need | None:
    """Return what is required of a member, None if it never is."""
    when, unless = (_tests(node, keyword) for keyword in ("x-ltp-when", "x-ltp-unless"))
    if not when and not unless and node.keyword("x-ltp-card") not in _REQUIRED:
        return None
    kind = "array" if node.is_list() else node.keyword("type")
    return Need(name, _title(node), kind if isinstance(kind, str) else "string", when, unless)


def _tests(node: Node, keyword: str) -> tuple[Test, ...]:
    rows = node.keyword(keyword)
    return tuple(_test(row) for row in rows) if isinstance(rows, list) else ()


def _test(row: Mapping[str, Any]) -> Test:
    """Return one row of an annotation: one key names the place, the other what is asked of it."""
    bases: tuple[Base, ...] = ("beside", "document", "learner")
    base = next(base for base in bases if base in row)
    [name] = row.keys() - {base}
    return Test(base, tuple(row[base].split("/")[1:]), name, row[name])


def _title(node: Node) -> str:
    title = node.keyword("title")
    return title if isinstance(title, str) else "the record"
