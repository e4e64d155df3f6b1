"""The scale registry: what a scale may say, and what no scale can say."""

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import schemas
from schemas import UnknownName, rules
from schemas.framework import licence, scales

ROOT = Path(__file__).parents[2] / "schemas" / "v1"
FILES = sorted((ROOT / "scales").glob("*.json"))
COMMON: Mapping[str, Any] = schemas.schema("common")["$defs"]
DIRECTIONS = ["higherIsBetter", "lowerIsBetter", "targetRange", "none"]
SHORT = {"type": "string", "minLength": 1, "maxLength": 90, "pattern": "^[^?\\n]+(?![\\s\\S])"}
WHOLE = {"type": "integer"}


def closed(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An object that holds these members and no other: the wording of a question has nowhere to go."""
    return {
        "type": "object",
        "required": list(required),
        "properties": dict(required) | dict(optional or {}),
        "additionalProperties": False,
    }


POINT = closed({"value": WHOLE, "order": WHOLE}, {"label": SHORT})
CONSTRUCT = closed(
    {
        "code": {"type": "string", "pattern": COMMON["token"]["pattern"], "maxLength": 30},
        "label": SHORT | {"maxLength": 40},
        "direction": {"enum": DIRECTIONS},
    },
    {"min": WHOLE, "max": WHOLE},
)
LICENCE = closed(
    {"status": {"enum": ["open", "permitted", "restricted", "unknown"]}, "holder": SHORT}, {"note": SHORT}
)
GRAMMAR = closed(
    {
        "id": {"type": "string", "pattern": COMMON["scaleRef"]["pattern"]},
        "version": WHOLE | {"minimum": 1},
        "title": SHORT,
        "publisher": SHORT,
        "note": {"type": "string", "maxLength": 500, "pattern": "^[^?\\n]+(?![\\s\\S])"},
        "kind": {"enum": ["ordinal", "interval", "percentile", "band", "count", "binary", "narrative"]},
        "direction": {"enum": DIRECTIONS},
        "decimals": WHOLE | {"minimum": 0, "maximum": 6},
        "points": {"type": "array", "items": POINT},
        "labelsIncluded": {"type": "boolean"},
        "licence": LICENCE,
        "informants": {
            "type": "array",
            "minItems": 1,
            "items": {"enum": COMMON["assessment"]["properties"]["informant"]["enum"]},
        },
        "constructs": {"type": "array", "items": CONSTRUCT},
    },
    {"min": WHOLE, "max": WHOLE, "step": WHOLE | {"minimum": 1}, "constructsComplete": {"const": False}},
)
VALIDATOR = jsonschema_rs.validator_for(GRAMMAR)


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def faults(data: Mapping[str, Any]) -> list[str]:
    """What a scale file says that it may not say."""
    found = [error.message for error in VALIDATOR.iter_errors(data)]
    if found:
        return found
    held = data["licence"]["status"] not in {"open", "permitted"}
    if held and (data["labelsIncluded"] or any("label" in point for point in data["points"])):
        found.append("a label of an instrument whose licence does not allow it")
    if not data["id"].endswith(f":{data['version']}"):
        found.append("an id of another version")
    ranged = [part for part in (data, *data["constructs"]) if {"min", "max"} & set(part)]
    found += ["a range with one end" for part in ranged if not {"min", "max"} <= set(part)]
    found += ["a range upside down" for part in ranged if part.get("min", 0) >= part.get("max", 1)]
    if "min" in data and "step" not in data:
        found.append("a range without a step")
    codes = [entry["code"] for entry in data["constructs"]]
    return found + ["a construct twice"] * (len(codes) - len(set(codes)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_keeps_to_the_form_of_the_registry(path: Path) -> None:
    data = read(path)
    assert faults(data) == []
    assert f"urn:ltp:scale:{path.stem.rpartition('-')[0]}:{path.stem.rpartition('-')[2]}" == data["id"]


SPOILT: list[tuple[str, dict[str, Any]]] = [
    ("items", {"items": ["wording"]}),
    (
        "item text in a construct",
        {"constructs": [{"code": "a", "label": "A", "direction": "none", "item": 1}]},
    ),
    ("a question for a label", {"constructs": [{"code": "a", "label": "Is it?", "direction": "none"}]}),
    ("long text for a label", {"constructs": [{"code": "a", "label": "a " * 30, "direction": "none"}]}),
    ("labels of a restricted instrument", {"points": [{"value": 1, "order": 1, "label": "often"}]}),
    ("labels said to be included", {"labelsIncluded": True}),
    ("a composite", {"composite": {"of": ["a", "b"]}}),
    ("a formula", {"constructs": [{"code": "a", "label": "A", "direction": "none", "sumOf": ["b"]}]}),
    ("weights", {"weights": {"a": 2}}),
    ("a ranking", {"ranking": ["a"]}),
    ("bands", {"bands": [{"from": 0, "to": 11}]}),
    ("a readiness threshold", {"readyFrom": 3}),
    ("answers to items", {"itemResponses": [1, 2]}),
    ("a fraction", {"min": 0.5}),
    ("half a range", {"constructs": [{"code": "a", "label": "A", "direction": "none", "min": 0}]}),
    ("an unknown direction", {"direction": "up"}),
]


@pytest.mark.parametrize("change", [change for _, change in SPOILT], ids=[name for name, _ in SPOILT])
def test_no_file_can_hold_item_text_a_composite_or_a_ranking(change: Mapping[str, Any]) -> None:
    data = copy.deepcopy(read(ROOT / "scales" / "sdq-teacher-1.json"))
    assert faults(data) == []
    assert faults(data | change) != []


def names_of(node: Any) -> set[str]:
    """Every member name in a schema's properties, however deep."""
    found: set[str] = set()
    if isinstance(node, Mapping):
        found |= set(node.get("properties", {}))
        for part in node.values():
            found |= names_of(part)
    elif isinstance(node, list):
        for part in node:
            found |= names_of(part)
    return found


def test_no_document_has_a_member_for_a_composite_a_ranking_or_an_item() -> None:
    banned = re.compile(
        r"average|composite|ranking|readinessScore|totalScore|overallScore|itemResponse|itemText"
    )
    names = {name for schema in schemas.names() for name in names_of(schemas.schema(schema))}
    assert {"readinessChecklist", "frameworkProgress"} <= names
    assert [name for name in names if banned.search(name)] == []


def test_each_construct_says_its_own_direction() -> None:
    scale = schemas.scale("urn:ltp:scale:sdq-teacher:1")

    assert scale.better("total-difficulties") == "lowerIsBetter"
    assert scale.better("prosocial") == "higherIsBetter"
    assert scale.better() == scale.direction == "none"


def test_a_construct_never_borrows_the_direction_of_its_scale() -> None:
    scale = schemas.scale("urn:ltp:scale:demo-5:1")

    assert scale.better() == "higherIsBetter"
    assert scale.better("something") == "none"


def test_the_ranges_of_the_questionnaire_are_those_on_record() -> None:
    for form in ("teacher", "parent", "self"):
        scale = schemas.scale(f"urn:ltp:scale:sdq-{form}:1")
        assert scale.constructs["total-difficulties"] == (0, 40)
        assert {scale.constructs[part] for part in ("emotional", "conduct", "prosocial")} == {(0, 10)}
        assert "impact" not in scale.constructs
        assert (scale.licence, scale.labels) == ("restricted", {})


@pytest.mark.parametrize("ref", ["urn:ltp:scale:boxall-profile:1", "urn:ltp:scale:standardised-score:1"])
def test_a_scale_without_a_range_on_record_is_registered_but_not_judged(ref: str) -> None:
    assert ref in scales()
    with pytest.raises(UnknownName, match="scale"):
        schemas.scale(ref)


def test_the_licence_of_an_instrument_is_known_even_without_a_range() -> None:
    assert licence("urn:ltp:scale:boxall-profile:1") == "restricted"
    assert licence("urn:ltp:scale:demo-5:1") == "open"
    with pytest.raises(UnknownName, match="scale"):
        licence("urn:ltp:scale:nobodys:1")


def outcome(ref: str, code: str, raw: int) -> set[str]:
    measured = {"construct": {"scaleRef": ref, "code": code}, "value": {"scaleRef": ref, "raw": raw}}
    subject = {"documents": [{"type": "final-report", "frameworkProgress": [{"start": measured}]}]}
    return {result.outcome for result in rules.evaluate(subject) if result.rule == "PRF-05"}


@pytest.mark.parametrize(
    ("ref", "code", "raw", "expected"),
    [
        ("urn:ltp:scale:sdq-teacher:1", "total-difficulties", 40, "pass"),
        ("urn:ltp:scale:sdq-teacher:1", "total-difficulties", 41, "error"),
        ("urn:ltp:scale:sdq-teacher:1", "prosocial", 10, "pass"),
        ("urn:ltp:scale:sdq-teacher:1", "prosocial", 11, "error"),
        ("urn:ltp:scale:pass-percentile:1", "factor-9", 100, "pass"),
        ("urn:ltp:scale:pass-percentile:1", "factor-9", 101, "error"),
        ("urn:ltp:scale:leuven-5:1", "involvement", 5, "pass"),
        ("urn:ltp:scale:leuven-5:1", "involvement", 6, "error"),
        ("urn:ltp:scale:boxall-profile:1", "diagnostic-profile", 9999, "notEvaluable"),
    ],
)
def test_a_value_is_judged_only_against_a_range_on_record(
    ref: str, code: str, raw: int, expected: str
) -> None:
    assert outcome(ref, code, raw) == {expected}
