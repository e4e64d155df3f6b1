"""Valid values of any schema, generated from the schema itself.

Only the part of JSON Schema that the standard uses is understood (`KEYWORDS` in test_schema_lint.py). What a
keyword such as `not` forbids is left to the validator, which has the last word on every value.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import strategies as st

import schemas
from schemas import registry

Part = tuple[str, Mapping[str, Any]]
Values = Callable[[str], st.SearchStrategy[Any]]

END = r"(?![\s\S])"
LARGEST = 2**53 - 1
DAYS = (date(1900, 1, 1), date(2199, 12, 31))
MOST_OPTIONAL = 6
MOST_ENTRIES = 2
AWKWARD = (
    "Zoë O’Brien-Šmíd",
    "𝒜 👩‍👩‍👧 ‮",
    "a\nb\tc",
    "e\u0301",
    "<b>&amp;'\"",
    "=1+1",
    "\u2028",
    "x" * 200,
    "x" * 4000,
)

# What an `extensions` object may hold: anything that JSON and whole numbers can say.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="session")
def valid() -> Values:
    """Give the strategy of the valid values of a schema."""
    return values


@cache
def values(name: str) -> st.SearchStrategy[Any]:
    """Return the strategy of the valid values of a schema."""
    return _value([(name, schemas.schema(name))]).filter(lambda value: schemas.is_valid(name, value))


@st.composite
def _value(draw: st.DrawFn, parts: list[Part]) -> Any:
    """Draw a value that meets all the parts, which stand at one place of a schema."""
    reached = [part for name, node in parts for part in _reached(draw, name, node)]
    said: dict[str, Any] = {}
    for _, node in reversed(reached):
        said |= node
    if "const" in said:
        return said["const"]
    if "enum" in said:
        return draw(st.sampled_from(said["enum"]))
    return draw(_BY_TYPE[said["type"]](reached, said))


def _reached(draw: st.DrawFn, name: str, node: Mapping[str, Any]) -> Iterator[Part]:
    """Yield a node with what its references, its parts and the branches drawn for it add."""
    if "$id" in node and name == "document":
        name = draw(st.sampled_from(node["properties"]["type"]["enum"]))
        node = schemas.schema(name)
    yield name, node
    if "$ref" in node:
        yield from _reached(draw, *registry.resolve(name, node["$ref"]))
    for part in node.get("allOf", ()):
        yield from _reached(draw, name, part)
    for branches in (node[word] for word in ("oneOf", "anyOf") if word in node):
        yield from _reached(draw, name, draw(st.sampled_from(branches)))
    # Where the consequence holds the condition does not matter; where it need not, the validator decides.
    if "then" in node and draw(st.booleans()):
        yield from _reached(draw, name, node["then"])


def _object(parts: list[Part], said: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if said.get("additionalProperties") is True:
        return st.dictionaries(st.text(max_size=12), ANYTHING, max_size=3)
    members: dict[str, list[Part]] = {}
    for name, node in parts:
        for member, schema in node.get("properties", {}).items():
            members.setdefault(member, []).append((name, schema))
    required = [member for _, node in parts for member in node.get("required", ())]
    optional = [member for member in members if member not in required]
    return _members(members, list(dict.fromkeys(required)), optional)


@st.composite
def _members(
    draw: st.DrawFn, members: dict[str, list[Part]], required: list[str], optional: list[str]
) -> Any:
    some = (
        st.lists(st.sampled_from(optional), unique=True, max_size=MOST_OPTIONAL) if optional else st.just([])
    )
    return {member: draw(_value(members[member])) for member in (*required, *draw(some))}


def _array(parts: list[Part], said: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    entry = _value([(name, node["items"]) for name, node in parts if "items" in node])
    least = max(node.get("minItems", 0) for _, node in parts)
    most = min(said["maxItems"], least + MOST_ENTRIES)
    same = json.dumps if said.get("uniqueItems") else None
    return st.lists(entry, min_size=least, max_size=most, unique_by=same)


def _string(_parts: list[Part], said: Mapping[str, Any]) -> st.SearchStrategy[str]:
    wanted = ("type", "pattern", "format", "minLength", "maxLength")
    return _text(json.dumps({word: said[word] for word in wanted if word in said}))


@cache
def _text(schema: str) -> st.SearchStrategy[str]:
    said = json.loads(schema)
    fits = jsonschema_rs.Draft202012Validator(said, validate_formats=True).is_valid
    if said.get("format") == "date":
        return st.dates(*DAYS).map(str)
    if said.get("format") == "date-time":
        return st.tuples(st.dates(*DAYS), st.times()).map(lambda at: f"{at[0]}T{at[1]:%H:%M:%S}Z")
    body = said["pattern"].removeprefix("^").removesuffix(END)
    found = st.from_regex(body, fullmatch=True).filter(fits)
    awkward = [text for text in AWKWARD if fits(text)]
    return found | st.sampled_from(awkward) if awkward else found


_BY_TYPE: Mapping[str, Callable[[list[Part], Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": lambda _, said: st.integers(said["minimum"], said["maximum"]),
    "boolean": lambda _parts, _said: st.booleans(),
}
