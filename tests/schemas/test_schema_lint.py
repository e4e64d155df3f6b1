"""What every published schema keeps to, so that every language's validator gives the same verdict."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

import schemas
from schemas import registry

END = r"(?![\s\S])"
CARDS = {"1", "0..1", "1..*", "0..*"}
CLASSES = {"O", "SC", "SG", "CR"}
SOURCES = {"000", "001", "002", "003", "gap"}
SECTIONS = {
    "identity",
    "contacts",
    "placement-facts",
    "rationale",
    "domain-assessments",
    "strengths",
    "needs",
    "triggers",
    "warning-signs",
    "strategies",
    "sensitivities",
    "readiness-social",
    "interventions",
    "attainment-attendance",
    "send",
    "medical",
    "care-status",
    "safeguarding",
    "incidents",
    "pupil-voice",
    "parent-voice",
    "fsm",
    "agencies",
    "final-report",
}
ENVELOPE = {
    "type",
    "schemaVersion",
    "documentId",
    "version",
    "supersedes",
    "placementId",
    "createdAt",
    "author",
    "withheld",
    "extensions",
    "frameworkId",
    "frameworkVersion",
}
# A correction and a registration concern say nothing about a pupil.
SECTIONED = (
    "learner",
    "placement",
    *sorted(
        {*schemas.schema("document")["properties"]["type"]["enum"]}
        - {"correction-withdrawal", "registration-concern"}
    ),
)
# These stand beside other nodes and only narrow them: the nodes that they narrow are closed and annotated.
NARROWING = {"if", "then", "not", "anyOf", "oneOf", "allOf"}
# The part of JSON Schema that the standard uses. Every tool beside the schemas knows these, and needs no other.
KEYWORDS = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "default"),
    *("type", "const", "enum", "pattern", "format", "minLength", "maxLength", "minimum", "maximum"),
    *("items", "minItems", "maxItems", "uniqueItems"),
    *("required", "properties", "maxProperties", "additionalProperties", "unevaluatedProperties"),
    *NARROWING,
}
ANNOTATIONS = json.loads((resources.files("schemas") / "v1" / "annotations.json").read_text("utf-8"))[
    "keywords"
]


def faults(node: Any, where: str = "") -> Iterator[str]:
    """Yield what is wrong with a schema node and everything in it."""
    if isinstance(node, list):
        for index, part in enumerate(node):
            yield from faults(part, f"{where}/{index}")
    if not isinstance(node, Mapping):
        return
    yield from (f"{where}: {fault}" for fault in _node_faults(node, where))
    for name, member in node.get("properties", {}).items():
        if not _narrows(where):
            yield from (f"{where}/{name}: {fault}" for fault in _member_faults(member))
        yield from faults(member, f"{where}/properties/{name}")
    for name, part in node.items():
        # What an annotation holds is no schema; its own form is for test_conditions.py.
        if name != "properties" and name not in ANNOTATIONS:
            yield from faults(part, f"{where}/{name}")


def _narrows(where: str) -> bool:
    return not NARROWING.isdisjoint(where.split("/"))


def _node_faults(node: Mapping[str, Any], where: str) -> Iterator[str]:
    if not _inside_a_map(where):
        yield from (f"the keyword {word}" for word in node.keys() - KEYWORDS - ANNOTATIONS.keys())
    pattern = node.get("pattern")
    if isinstance(pattern, str):
        body = pattern.removesuffix(END)
        if body == pattern:
            yield "the pattern has no end anchor"
        if re.search(r"\\[dDwWsSpPbB]|\$", body):
            yield "the pattern uses a class or an anchor that languages read differently"
        if not pattern.startswith("^"):
            yield "the pattern has no start anchor"
    if "format" in node and "pattern" not in node:
        yield "a format without a pattern"
    if node.get("type") == "number":
        yield "a number that need not be whole"
    if node.get("type") == "integer" and not {"minimum", "maximum"} <= node.keys():
        yield "an integer without bounds"
    if node.get("type") == "string" and "maxLength" not in node and "format" not in node:
        yield "text without a limit"
    if node.get("type") == "array" and not {"items", "maxItems"} <= node.keys() and not _narrows(where):
        yield "a list without a limit or a kind of entry"
    if node.get("type") == "object" and not _narrows(where) and not _is_closed(node, where):
        yield "an open object"


def _inside_a_map(where: str) -> bool:
    """Say whether the node maps names of definitions to schemas, and is no schema itself."""
    return where.endswith("/$defs")


def _is_closed(node: Mapping[str, Any], where: str) -> bool:
    if where.endswith("/$defs/extensions"):
        return node["additionalProperties"] is True
    # The union is closed by the schema that it picks.
    return (
        "allOf" in node and "properties" in node
        if where == "/document"
        else (node.get("additionalProperties") is False or node.get("unevaluatedProperties") is False)
    )


def _member_faults(member: Mapping[str, Any]) -> Iterator[str]:
    if not member.get("title"):
        yield "no title"
    if member.get("x-ltp-card") not in CARDS:
        yield "no cardinality"
    if not member.get("x-ltp-class") or not CLASSES.issuperset(member["x-ltp-class"]):
        yield "no class"
    if member.get("x-ltp-source") not in SOURCES:
        yield "no source"
    if member.get("x-ltp-section", "identity") not in SECTIONS:
        yield "no such section"
    if member.get("x-ltp-summary", True) is not True:
        yield "the summary mark is true or absent"


@pytest.mark.parametrize("name", schemas.names())
def test_a_published_schema_has_no_fault(name: str) -> None:
    assert list(faults(schemas.schema(name), f"/{name}" if name == "document" else "")) == []


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        ({"type": "string", "maxLength": 9, "pattern": "^[0-9]+$"}, "the pattern has no end anchor"),
        ({"type": "string", "maxLength": 9, "pattern": r"^\d+" + END}, "read differently"),
        ({"type": "string", "format": "date"}, "a format without a pattern"),
        ({"type": "number"}, "a number that need not be whole"),
        ({"type": "object", "properties": {}}, "an open object"),
        ({"properties": {"upn": {"type": "boolean"}}}, "no title"),
        ({"type": "integer"}, "an integer without bounds"),
        ({"type": "object", "patternProperties": {}}, "the keyword patternProperties"),
        ({"x-ltp-colour": "red"}, "the keyword x-ltp-colour"),
    ],
)
def test_the_lint_sees_each_fault(node: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults(node))


def test_every_annotation_of_the_list_is_used() -> None:
    text = "".join(json.dumps(schemas.schema(name)) for name in schemas.names())

    assert [word for word in ANNOTATIONS if f'"{word}"' not in text] == []


@pytest.mark.parametrize("name", SECTIONED)
def test_each_item_outside_the_envelope_names_its_section(name: str) -> None:
    members = schemas.schema(name)["properties"]

    without = {member for member in members if "x-ltp-section" not in members[member]}

    assert without <= ENVELOPE


@pytest.mark.parametrize("name", schemas.names())
def test_what_the_wire_requires_is_in_every_summary(name: str) -> None:
    for node in _objects(schemas.schema(name)):
        members = node.get("properties", {})
        # An object without any summary member is never shown in a summary at all.
        if any("x-ltp-summary" in member for member in members.values()):
            required = node.get("required", [])
            assert [item for item in required if "x-ltp-summary" not in members[item]] == []


def _objects(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, list):
        for part in node:
            yield from _objects(part)
    if isinstance(node, Mapping):
        if node.get("type") == "object":
            yield node
        for part in node.values():
            yield from _objects(part)


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_named_by_its_file_and_refers_only_to_its_neighbours(name: str) -> None:
    node = schemas.schema(name)

    assert node["$id"] == f"https://w3id.org/ltp/1.0/{name}.schema.json"
    for reference in re.findall(r'"\$ref": "([^"]+)"', str(node).replace("'", '"')):
        registry.resolve(name, reference)


def test_the_types_of_the_union_are_its_branches() -> None:
    union = schemas.schema("document")

    branches = [branch["if"]["properties"]["type"]["const"] for branch in union["allOf"]]

    assert union["properties"]["type"]["enum"] == branches
    assert [branch["then"]["$ref"] for branch in union["allOf"]] == [
        f"{kind}.schema.json" for kind in branches
    ]


def test_every_role_of_the_standard_has_the_form_of_a_role() -> None:
    pattern = schemas.schema("common")["$defs"]["role"]["pattern"]
    roles = json.loads((resources.files("schemas") / "v1" / "roles.json").read_text(encoding="utf-8"))[
        "roles"
    ]

    assert [role for role in roles if not re.match(pattern, role)] == []
    assert not re.match(pattern, "hs.sen")
