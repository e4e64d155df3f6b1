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
DOCUMENTS = (*schemas.schema("document")["properties"]["type"]["enum"], "receipt")


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


@pytest.mark.parametrize("name", [*DOCUMENTS, "bundle", "transfer"])
def test_each_document_has_enough_examples(name: str) -> None:
    assert len(list((EXAMPLES / name / "valid").glob("*.json"))) >= 2
    assert len(list((EXAMPLES / name / "invalid").glob("*.json"))) >= 5
