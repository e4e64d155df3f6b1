"""Whether one set of schemas accepts everything that another one did, keyword by keyword.

What the new schemas demand must already have been demanded by the old ones at the same place. Only the part of
JSON Schema that the standard uses is understood; anything that cannot be decided is reported as breaking.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from schemas.findings import UnknownName
from schemas.registry import SchemaSet

Part = tuple[str, Mapping[str, Any]]

_SAYS_NOTHING = {"$schema", "$id", "$defs", "title", "description", "default", "then"}
_AT_LEAST = ("minimum", "minLength", "minItems")
_AT_MOST = ("maximum", "maxLength", "maxItems", "maxProperties")
_WORDS = {
    "removed": "was there and is there no more",
    "required": "is required and was not",
    "closed": "takes no unknown members and did",
    "default": "reads differently when it is left out",
    "narrowed": "takes less than it did",
    "undecided": "changed in a way that cannot be judged",
}


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One place where the new schemas refuse, or read differently, what the old ones took.

    The pointer goes into values, with an asterisk for every entry of a list; below a definition it starts
    with `/$defs/` and the definition's name.
    """

    schema: str
    pointer: str
    what: str
    keyword: str

    def __str__(self) -> str:
        """Return the change as one line."""
        return f"{self.schema}{self.pointer}: {_WORDS[self.what]} ({self.keyword})"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the comparison stands, and everything that the old schemas say there."""

    old: SchemaSet
    new: SchemaSet
    schema: str
    pointer: str
    said: tuple[Part, ...]

    def below(self, step: str, said: list[Part]) -> "_Place":
        return replace(
            self,
            pointer=f"{self.pointer}/{step}",
            said=tuple(p for part in said for p in _expanded(self.old, part)),
        )

    def values(self, keyword: str) -> list[Any]:
        return [node[keyword] for _, node in self.said if keyword in node]

    def change(self, what: str, keyword: str, step: str = "") -> Change:
        return Change(self.schema, f"{self.pointer}{step}", what, keyword)


def breaking(old: SchemaSet, new: SchemaSet) -> Iterator[Change]:
    """Yield every change after which something that the old schemas accept may be refused by the new ones."""
    for name in old.names():
        if name not in new.names():
            yield Change(name, "", "removed", "schema")
            continue
        was, now = old.schema(name), new.schema(name)
        yield from _compared(_start(old, new, (name, was), ""), (name, now))
        for key, definition in was.get("$defs", {}).items():
            place = _start(old, new, (name, definition), f"/$defs/{key}")
            if key in now.get("$defs", {}):
                yield from _compared(place, (name, now["$defs"][key]))
            else:
                yield place.change("removed", "$defs")


def _start(old: SchemaSet, new: SchemaSet, part: Part, pointer: str) -> _Place:
    return _Place(old, new, part[0], pointer, tuple(_expanded(old, part)))


def _compared(place: _Place, part: Part) -> Iterator[Change]:
    """Compare one place: everything that the old schemas say there with the new schema's node."""
    before, after = (
        place.values("default"),
        [node["default"] for _, node in _expanded(place.new, part) if "default" in node],
    )
    if before[:1] != after[:1]:
        yield place.change("default", "default")
    yield from _demands(place, part)


def _demands(place: _Place, part: Part) -> Iterator[Change]:
    """Yield the demands of one new node that the old schemas did not make."""
    for keyword in part[1]:
        if keyword not in _SAYS_NOTHING and not keyword.startswith("x-"):
            yield from _KEYWORDS.get(keyword, _same)(place, part, keyword)


def _expanded(known: SchemaSet, part: Part) -> Iterator[Part]:
    """Yield a node with what always stands beside it: its reference and its parts."""
    name, node = part
    yield part
    for target in _referred(known, part):
        yield from _expanded(known, target)
    for beside in node.get("allOf", ()):
        yield from _expanded(known, (name, beside))


def _referred(known: SchemaSet, part: Part) -> Iterator[Part]:
    """Yield what a node refers to: nothing where there is no reference, or none that leads anywhere."""
    name, node = part
    if "$ref" in node:
        with suppress(UnknownName, KeyError):
            yield known.resolve(name, node["$ref"])


def _value(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    """Judge a demand on one value: by trying the values, where the old schemas list them."""
    demand = {keyword: part[1][keyword]}
    listed = _listed(place)
    if listed is not None:
        implied = all(jsonschema_rs.is_valid(demand, value, validate_formats=True) for value in listed)
    else:
        implied = any(
            _at_least_as_strict(keyword, before, demand[keyword]) for before in place.values(keyword)
        )
    if not implied and demand != {"uniqueItems": False}:
        yield place.change("narrowed", keyword)


def _at_least_as_strict(keyword: str, before: object, now: object) -> bool:
    if isinstance(before, int) and isinstance(now, int) and keyword in (*_AT_LEAST, *_AT_MOST):
        return before >= now if keyword in _AT_LEAST else before <= now
    return before == now


def _listed(place: _Place) -> list[Any] | None:
    """Return the only values that the old schemas take at a place, or None where they list none."""
    lists = [*place.values("enum"), *([value] for value in place.values("const"))]
    return [value for value in lists[0] if all(value in others for others in lists)] if lists else None


def _required(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    before = {name for names in place.values("required") for name in names}
    yield from (
        place.change("required", keyword, f"/{name}") for name in part[1]["required"] if name not in before
    )


def _properties(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    name, node = part
    for member, schema in node["properties"].items():
        said = _members(place, member)
        if said:
            yield from _compared(place.below(member, said), (name, schema))
        elif schema and not _is_closed(place):
            yield place.change("narrowed", keyword, f"/{member}")


def _members(place: _Place, member: str) -> list[Part]:
    return [
        (name, node["properties"][member])
        for name, node in place.said
        if member in node.get("properties", {})
    ]


def _is_closed(place: _Place) -> bool:
    return False in place.values("additionalProperties")


def _closing(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    if part[1][keyword] is True:
        return
    if part[1][keyword] is not False:
        yield place.change("undecided", keyword)
        return
    if not _is_closed(place):
        yield place.change("closed", keyword)
    before = {member for _, node in place.said for member in node.get("properties", {})}
    for member in sorted(before - part[1].get("properties", {}).keys()):
        yield place.change("removed", "properties", f"/{member}")


def _items(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    said = [(name, node["items"]) for name, node in place.said if "items" in node]
    if said:
        yield from _compared(place.below("*", said), (part[0], part[1]["items"]))
    else:
        yield place.change("narrowed", keyword)


def _reference(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    """A reference to where the old schemas referred too is judged once, at the definition itself."""
    target = _target(part)
    if target in [_target(before) for before in place.said if keyword in before[1]]:
        return
    referred = list(_referred(place.new, part))
    for found in referred:
        yield from _demands(place, found)
    if not referred:
        yield place.change("undecided", keyword)


def _target(part: Part) -> tuple[str, str]:
    file, _, fragment = part[1]["$ref"].partition("#")
    return file.removesuffix(".schema.json") or part[0], fragment


def _parts(place: _Place, part: Part, _keyword: str) -> Iterator[Change]:
    for beside in part[1]["allOf"]:
        yield from _demands(place, (part[0], beside))


def _conditional(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    """What follows from a condition is new only where the condition could hold and nothing followed before."""
    name, node = part
    if "else" in node:
        yield place.change("undecided", keyword)
    if _never_held(place, node["if"]):
        return
    before = [
        (there, was["then"]) for there, was in place.said if "then" in was and _like(was["if"], node["if"])
    ]
    then = tuple(p for beside in before for p in _expanded(place.old, beside))
    yield from _demands(replace(place, said=(*place.said, *then)), (name, node.get("then", {})))


def _never_held(place: _Place, condition: Mapping[str, Any]) -> bool:
    """Say whether a condition needs a value of a member that the old schemas do not list for it."""
    for member in condition.get("required", ()):
        listed = _listed(place.below(member, _members(place, member)))
        wanted = condition.get("properties", {}).get(member, {})
        if listed is not None and not any(jsonschema_rs.is_valid(wanted, value) for value in listed):
            return True
    return False


def _any_of(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    """Another branch takes more; a branch that changed cannot be judged."""
    branches = part[1]["anyOf"]
    if not any(
        all(any(_like(was, branch) for branch in branches) for was in before)
        for before in place.values("anyOf")
    ):
        yield place.change("undecided", keyword)


def _same(place: _Place, part: Part, keyword: str) -> Iterator[Change]:
    if not any(_like(before, part[1][keyword]) for before in place.values(keyword)):
        yield place.change("undecided", keyword)


def _like(one: object, other: object) -> bool:
    """Say whether two pieces of schema say the same; one with a reference in it may not, whatever it says."""
    return one == other and "$ref" not in str(one)


_KEYWORDS: Mapping[str, Callable[[_Place, Part, str], Iterator[Change]]] = {
    **dict.fromkeys(
        ("type", "const", "enum", "pattern", "format", "uniqueItems", *_AT_LEAST, *_AT_MOST), _value
    ),
    "required": _required,
    "properties": _properties,
    "additionalProperties": _closing,
    "items": _items,
    "$ref": _reference,
    "allOf": _parts,
    "if": _conditional,
    "anyOf": _any_of,
}
