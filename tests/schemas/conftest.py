"""Valid values of any schema, generated from the schema itself, and a version 1.1 to try versions on.

Only the part of JSON Schema that the standard uses is understood (`KEYWORDS` in test_schema_lint.py). What a
keyword such as `not` forbids is left to the validator, which has the last word on every value.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import strategies as st

from schemas import registry
from schemas.registry import SchemaSet

Part = tuple[SchemaSet, str, Mapping[str, Any]]
Edit = Callable[[dict[str, dict[str, Any]]], object]
Values = Callable[..., st.SearchStrategy[Any]]

END = r"(?![\s\S])"
CURRENT = registry.current()
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
    """Give the strategy of the valid values of a schema, of this version or of another one."""
    return values


@cache
def values(name: str, known: SchemaSet = CURRENT) -> st.SearchStrategy[Any]:
    """Return the strategy of the valid values of a schema, of this version or of the one given."""
    return _value([(known, name, known.schema(name))]).filter(known.validator(name).is_valid)


@st.composite
def _value(draw: st.DrawFn, parts: list[Part]) -> Any:
    """Draw a value that meets all the parts, which stand at one place of a schema."""
    reached = [found for part in parts for found in _reached(draw, *part)]
    said: dict[str, Any] = {}
    for *_, node in reversed(reached):
        said |= node
    if "const" in said:
        return said["const"]
    if "enum" in said:
        return draw(st.sampled_from(said["enum"]))
    return draw(_BY_TYPE[said["type"]](reached, said))


def _reached(draw: st.DrawFn, known: SchemaSet, name: str, node: Mapping[str, Any]) -> Iterator[Part]:
    """Yield a node with what its references, its parts and the branches drawn for it add."""
    if "$id" in node and name == "document":
        name = draw(st.sampled_from(node["properties"]["type"]["enum"]))
        node = known.schema(name)
    yield known, name, node
    if "$ref" in node:
        yield from _reached(draw, known, *known.resolve(name, node["$ref"]))
    for part in node.get("allOf", ()):
        yield from _reached(draw, known, name, part)
    for branches in (node[word] for word in ("oneOf", "anyOf") if word in node):
        yield from _reached(draw, known, name, draw(st.sampled_from(branches)))
    # Where the consequence holds the condition does not matter; where it need not, the validator decides.
    if "then" in node and draw(st.booleans()):
        yield from _reached(draw, known, name, node["then"])


def _object(parts: list[Part], said: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if said.get("additionalProperties") is True:
        return st.dictionaries(st.text(max_size=12), ANYTHING, max_size=3)
    members: dict[str, list[Part]] = {}
    for known, name, node in parts:
        for member, schema in node.get("properties", {}).items():
            members.setdefault(member, []).append((known, name, schema))
    required = [member for *_, node in parts for member in node.get("required", ())]
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
    entry = _value([(known, name, node["items"]) for known, name, node in parts if "items" in node])
    least = max(node.get("minItems", 0) for *_, node in parts)
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


@pytest.fixture(scope="session")
def later() -> Callable[..., SchemaSet]:
    """Give the maker of a later version: this one's schemas with some edits."""
    return _later


@pytest.fixture(scope="session")
def minor() -> SchemaSet:
    """Give a version 1.1 that adds what a minor version may add."""
    return _later()


def _later(*edits: Edit) -> SchemaSet:
    every = {name: copy.deepcopy(dict(CURRENT.schema(name))) for name in CURRENT.names()}
    for name, node in every.items():
        node["$id"] = f"https://w3id.org/ltp/1.1/{name}.schema.json"
        stamp = node.get("properties", {}).get("schemaVersion")
        if stamp is not None and stamp.pop("const", None):
            stamp["enum"] = ["1.0", "1.1"]
    for edit in (_add_what_a_minor_may, *edits):
        edit(every)
    return SchemaSet("1.1", every)


def _add_what_a_minor_may(every: dict[str, dict[str, Any]]) -> None:
    """Add optional members, values of lists, a higher limit and another type of document."""
    note = {"title": "Note on the next step", "$ref": "common.schema.json#/$defs/text"}
    every["final-report"]["properties"]["nextStep"] = note
    every["common"]["$defs"]["support"]["properties"]["cost"] = {
        "title": "Cost in pence",
        "type": "integer",
        "minimum": 0,
        "maximum": 10_000_000,
    }
    every["common"]["$defs"]["need"]["properties"]["status"]["enum"].append("paused")
    every["common"]["$defs"]["evidence"]["properties"]["type"]["enum"].append("video")
    every["learner"]["properties"]["languages"]["maxItems"] = 12
    _add_a_type(every)


def _add_a_type(every: dict[str, dict[str, Any]]) -> None:
    diary = copy.deepcopy(every["pupil-voice"])
    diary["$id"] = diary["$id"].replace("pupil-voice", "pupil-diary")
    diary["properties"]["type"]["const"] = "pupil-diary"
    every["pupil-diary"] = diary
    union = every["document"]
    union["properties"]["type"]["enum"].append("pupil-diary")
    branch = {"required": ["type"], "properties": {"type": {"const": "pupil-diary"}}}
    union["allOf"].append({"if": branch, "then": {"$ref": "pupil-diary.schema.json"}})
