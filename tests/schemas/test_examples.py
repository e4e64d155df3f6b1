"""The published examples: every valid one passes, every invalid one fails for its one stated reason."""

import json
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

import schemas

EXAMPLES = Path(str(resources.files("schemas"))) / "v1" / "examples"
DOCUMENTS = schemas.schema("document")["properties"]["type"]["enum"]
# The definitions have no form of their own, and an example of the union is one of its documents.
WITH_EXAMPLES = [name for name in schemas.names() if name not in ("common", "document")]


def _files(kind: str) -> list[Any]:
    found = sorted(EXAMPLES.glob(f"*/{kind}/*.json"))
    return [pytest.param(path, id=f"{path.parent.parent.name}/{path.stem}") for path in found]


def _second_opinion() -> dict[str, jsonschema.Draft202012Validator]:
    formats = jsonschema.FormatChecker(formats=("date", "uuid", "email"))
    formats.checks("date-time", raises=ValueError)(lambda value: bool(datetime.fromisoformat(str(value))))
    every = {name: dict(schemas.schema(name)) for name in schemas.names()}
    registry: Registry[Any] = Registry().with_resources(
        (node["$id"], Resource.from_contents(node)) for node in every.values()
    )
    return {
        name: jsonschema.Draft202012Validator(node, registry=registry, format_checker=formats)
        for name, node in every.items()
    }


SECOND = _second_opinion()


@pytest.mark.parametrize("path", _files("valid"))
def test_a_valid_example_passes_both_validators(path: Path) -> None:
    name, value = path.parent.parent.name, schemas.load(path.read_bytes())

    assert schemas.validate(name, value) == ()
    assert schemas.check(name, value) is value
    assert SECOND[name].is_valid(value)


@pytest.mark.parametrize("path", _files("invalid"))
def test_an_invalid_example_fails_for_its_one_reason_in_both_validators(path: Path) -> None:
    name, example = path.parent.parent.name, json.loads(path.read_text(encoding="utf-8"))

    found = schemas.validate(name, example["document"])

    assert [{"code": finding.code, "pointer": finding.pointer} for finding in found] == example["expect"]
    assert not schemas.is_valid(name, example["document"])
    assert not SECOND[name].is_valid(example["document"])
    assert example["why"]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_each_schema_has_enough_examples(name: str) -> None:
    assert len(list((EXAMPLES / name / "valid").glob("*.json"))) >= 3
    assert len(list((EXAMPLES / name / "invalid").glob("*.json"))) >= 8


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_invalid_examples_of_a_schema_fail_in_several_ways(name: str) -> None:
    files = (EXAMPLES / name / "invalid").glob("*.json")
    expected = [json.loads(path.read_text(encoding="utf-8"))["expect"] for path in files]

    assert all(len(faults) == 1 for faults in expected)
    assert len({faults[0]["code"] for faults in expected}) >= 4


@pytest.mark.parametrize("path", _files("valid"))
def test_a_document_passes_the_union_as_well_as_its_own_schema(path: Path) -> None:
    name, value = path.parent.parent.name, schemas.load(path.read_bytes())

    assert schemas.is_valid("document", value) == (name in DOCUMENTS)
