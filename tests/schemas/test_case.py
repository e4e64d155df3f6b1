"""The framework as a CASE 1.1 package, held against our own grammar of the part that is written."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from schemas import UnknownName, case
from schemas.framework import framework, frameworks

SCRIPT = Path(__file__).parents[1] / "check_samples.py"
FRAMEWORK = ("urn:ltp:framework:ap-framework", "1.0.0")
GRAMMAR = jsonschema_rs.validator_for(
    json.loads((Path(__file__).parent / "case-grammar.json").read_text("utf-8"))
)


@pytest.mark.parametrize("name", frameworks())
def test_every_registered_framework_is_a_valid_package(name: tuple[str, str]) -> None:
    assert [error.message for error in GRAMMAR.iter_errors(case.package(*name))] == []


def drop_creator(package: dict[str, Any]) -> None:
    del package["CFDocument"]["creator"]


def capital_identifier(package: dict[str, Any]) -> None:
    package["CFItems"][0]["identifier"] = package["CFItems"][0]["identifier"].upper()


def old_style_member(package: dict[str, Any]) -> None:
    package["CFItems"][0]["CFDocumentURI"] = package["CFDocument"]["uri"]


def number_as_text(package: dict[str, Any]) -> None:
    package["CFAssociations"][0]["sequenceNumber"] = "1"


def level_descriptor(package: dict[str, Any]) -> None:
    package["CFRubrics"] = []


@pytest.mark.parametrize(
    "spoil", [drop_creator, capital_identifier, old_style_member, number_as_text, level_descriptor]
)
def test_a_spoilt_package_is_refused(spoil: Callable[[dict[str, Any]], None]) -> None:
    package = copy.deepcopy(case.package(*FRAMEWORK))
    spoil(package)
    assert not GRAMMAR.is_valid(package)


def test_five_domains_and_eighteen_areas_become_items() -> None:
    items = case.package(*FRAMEWORK)["CFItems"]

    kinds = [item["CFItemType"] for item in items]
    assert (kinds.count("Domain"), kinds.count("Area"), len(kinds)) == (5, 18, 23)
    codes = [item["humanCodingScheme"] for item in items if item["CFItemType"] == "Area"]
    assert codes == list(framework(*FRAMEWORK).areas)


def test_every_item_hangs_on_its_parent_in_order() -> None:
    package = case.package(*FRAMEWORK)
    codes = {item["identifier"]: item["humanCodingScheme"] for item in package["CFItems"]}
    codes[package["CFDocument"]["identifier"]] = "document"

    placed = [
        (codes[link["destinationNodeURI"]["identifier"]], link["sequenceNumber"])
        for link in package["CFAssociations"]
    ]
    counts = {"document": 5, "esi": 5, "pmi": 3, "rc": 4, "ta": 4, "soc": 2}
    assert sorted(placed) == sorted(
        (parent, n) for parent, last in counts.items() for n in range(1, last + 1)
    )
    for link in package["CFAssociations"]:
        child = codes[link["originNodeURI"]["identifier"]]
        parent = codes[link["destinationNodeURI"]["identifier"]]
        assert parent == (child.split(".")[0] if "." in child else "document")


def test_no_two_nodes_share_an_identifier() -> None:
    package = case.package(*FRAMEWORK)
    nodes = [package["CFDocument"], *package["CFItems"], *package["CFAssociations"]]

    assert len({node["identifier"] for node in nodes}) == len(nodes) == 47
    assert all(node["uri"] == case.BASE + node["identifier"] for node in nodes)


def test_the_identifiers_are_the_same_on_every_machine() -> None:
    document = case.package(*FRAMEWORK)["CFDocument"]

    assert document["identifier"] == "ee3e69c9-c433-5321-b290-cab7ba6094c6"
    assert document["lastChangeDateTime"] == "2026-11-24T00:00:00Z"


def test_an_unknown_framework_has_no_package() -> None:
    with pytest.raises(UnknownName, match="framework"):
        case.package(FRAMEWORK[0], "9.9.9")


def check_samples(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("schema", "status", "words"),
    [({"type": "object"}, 0, ": 0 faults"), ({"required": ["CFRubrics"]}, 1, ": 1 faults")],
)
def test_the_check_against_an_official_schema_says_what_it_found(
    tmp_path: Path, schema: dict[str, Any], status: int, words: str
) -> None:
    (tmp_path / "case").mkdir()
    official = tmp_path / "case" / "official_case-v1p1-cfpackage.schema.json"
    official.write_text(json.dumps(schema), encoding="utf-8")

    code, said = check_samples(str(tmp_path))
    assert code == status
    assert words in said


def test_the_check_without_samples_says_how_to_call_it(tmp_path: Path) -> None:
    for arguments in ([], [""], [str(tmp_path)]):
        code, said = check_samples(*arguments)
        assert code == 2
        assert "SAMPLES=DIR" in said
