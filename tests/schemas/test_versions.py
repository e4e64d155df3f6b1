"""A minor version breaks nothing: what may change in one, and how everything else is named.

No minor version exists yet, so the fixture `minor` is one: 1.1, with what a minor version may add. Each thing that
it may not do is done to it and must be named.
"""

import copy
import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from schemas import versions
from schemas.registry import SchemaSet, current
from schemas.versions import compare

Edit = Callable[[dict[str, dict[str, Any]]], object]
Later = Callable[..., SchemaSet]

V1 = Path(str(resources.files("schemas"))) / "v1"
NAMES = [name for name in schemas.names() if name not in ("common", "document")]
EXAMPLES = sorted(V1.glob("examples/*/valid/*.json"))


# --- a minor version --------------------------------------------------------------------------------------


def test_a_minor_version_is_compatible_and_the_other_way_round_lists_what_it_adds(minor: SchemaSet) -> None:
    assert compare(current(), minor) == ()

    added = {f"{change.schema}{change.pointer}" for change in compare(minor, current())}

    assert {
        "common/$defs/evidence/type",
        "common/$defs/need/status",
        "common/$defs/support/cost",
        "final-report/nextStep",
        "learner/languages",
        "pupil-diary",
        "document/type",
    } <= added
    assert all(
        place.endswith("/schemaVersion")
        for place in added
        if place.split("/")[0] in ("placement-end", "visit-record")
    )


def test_every_example_is_valid_under_the_minor_version(minor: SchemaSet) -> None:
    for path in EXAMPLES:
        value = json.loads(path.read_text("utf-8"))
        assert minor.validator(path.parent.parent.name).is_valid(value), path


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_valid_document_is_valid_under_every_later_version(
    name: str, minor: SchemaSet, valid: Any, data: st.DataObject
) -> None:
    released = [versions.schema_set(release.version) for release in versions.releases()]
    for old, new in [(current(), minor), *((old, current()) for old in released)]:
        value = data.draw(valid(name, old))

        assert new.validator(name).is_valid(value)


# --- what a minor version may not do ----------------------------------------------------------------------


def inside(*steps: str) -> Callable[[dict[str, dict[str, Any]]], Any]:
    def find(every: dict[str, dict[str, Any]]) -> Any:
        node: Any = every
        for step in steps:
            node = node[step]
        return node

    return find


REPORT = inside("final-report")
LEARNER = inside("learner", "properties")
DEFS = inside("common", "$defs")

BREAKING: dict[str, tuple[Edit, str]] = {
    "a member goes": (
        lambda every: REPORT(every)["properties"].pop("achievements"),
        "final-report/achievements: was there and is there no more (properties)",
    ),
    "a schema goes": (
        lambda every: every.pop("visit-record"),
        "visit-record: was there and is there no more (schema)",
    ),
    "a definition goes": (
        lambda every: LEARNER(every).update(uln={"title": "ULN", **DEFS(every).pop("uln")}),
        "common/$defs/uln: was there and is there no more ($defs)",
    ),
    "a member becomes required": (
        lambda every: REPORT(every)["required"].append("pupilVoice"),
        "final-report/pupilVoice: is required and was not (required)",
    ),
    "a new member is required": (
        lambda every: DEFS(every)["contact"]["required"].append("phone"),
        "common/$defs/contact/phone: is required and was not (required)",
    ),
    "a value leaves a list": (
        lambda every: LEARNER(every)["registrationStatus"]["enum"].remove("notOnRoll"),
        "learner/registrationStatus: takes less than it did (enum)",
    ),
    "a constant changes": (
        lambda every: every["offsite-direction-notice"]["properties"]["notAnExclusionStatement"].update(
            const=False
        ),
        "offsite-direction-notice/notAnExclusionStatement: takes less than it did (const)",
    ),
    "a pattern changes": (
        lambda every: DEFS(every)["uln"].update(pattern=r"^[1-9][0-9]{8}[1-9](?![\s\S])"),
        "common/$defs/uln: takes less than it did (pattern)",
    ),
    "a text gets shorter": (
        lambda every: DEFS(every)["text"].update(maxLength=3999),
        "common/$defs/text: takes less than it did (maxLength)",
    ),
    "a number gets a higher least value": (
        lambda every: DEFS(every)["version"].update(minimum=2),
        "common/$defs/version: takes less than it did (minimum)",
    ),
    "a list gets shorter": (
        lambda every: LEARNER(every)["languages"].update(maxItems=9),
        "learner/languages: takes less than it did (maxItems)",
    ),
    "an empty list is refused": (
        lambda every: LEARNER(every)["languages"].update(minItems=1),
        "learner/languages: takes less than it did (minItems)",
    ),
    "a list takes no repeated entry": (
        lambda every: LEARNER(every)["languages"].update(uniqueItems=True),
        "learner/languages: takes less than it did (uniqueItems)",
    ),
    "an entry of a list changes": (
        lambda every: LEARNER(every)["formerUpns"]["items"].update({"$ref": "common.schema.json#/$defs/uln"}),
        "learner/formerUpns/*: takes less than it did (pattern)",
    ),
    "a type changes": (
        lambda every: LEARNER(every)["fsmEligible"].update(type="string"),
        "learner/fsmEligible: takes less than it did (type)",
    ),
    "another definition is meant": (
        lambda every: LEARNER(every)["preferredName"].update({"$ref": "common.schema.json#/$defs/token"}),
        "learner/preferredName: takes less than it did (pattern)",
    ),
    "an open object is closed": (
        lambda every: DEFS(every)["extensions"].update(additionalProperties=False),
        "common/$defs/extensions: takes no unknown members and did (additionalProperties)",
    ),
    "a default changes": (
        lambda every: DEFS(every)["sensitivity"].update(default="SC"),
        "common/$defs/sensitivity: reads differently when it is left out (default)",
    ),
    "a combination is forbidden": (
        lambda every: REPORT(every).update({"not": {"required": ["pupilVoice"]}}),
        "final-report: changed in a way that cannot be judged (not)",
    ),
    "one of several is demanded": (
        lambda every: REPORT(every).update(
            anyOf=[{"required": ["pupilVoice"]}, {"required": ["achievements"]}]
        ),
        "final-report: changed in a way that cannot be judged (anyOf)",
    ),
    "a choice between branches changes": (
        lambda every: DEFS(every)["assessment"]["oneOf"].pop(),
        "common/$defs/assessment: changed in a way that cannot be judged (oneOf)",
    ),
    "a condition brings a demand": (
        lambda every: every["receipt"]["allOf"][0]["then"].update(required=["log"]),
        "receipt/log: is required and was not (required)",
    ),
    "another condition is made": (
        lambda every: every["receipt"]["allOf"].append(
            {
                "if": {"properties": {"status": {"const": "opened"}}, "required": ["status"]},
                "then": {"required": ["by"]},
            }
        ),
        "receipt/by: is required and was not (required)",
    ),
    "a type of document reads another schema": (
        lambda every: inside("document", "allOf")(every)[0]["then"].update(
            {"$ref": "visit-record.schema.json"}
        ),
        "document/type: takes less than it did (const)",
    ),
    "a keyword that is not known": (
        lambda every: REPORT(every).update(minProperties=9),
        "final-report: changed in a way that cannot be judged (minProperties)",
    ),
    "the version before is refused": (
        lambda every: REPORT(every)["properties"]["schemaVersion"].update(enum=["1.1"]),
        "final-report/schemaVersion: takes less than it did (enum)",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_named(name: str, later: Later) -> None:
    edit, expected = BREAKING[name]

    assert expected in [str(change) for change in compare(current(), later(edit))]


def test_every_breaking_change_at_once_gives_the_whole_list(later: Later) -> None:
    apart = [BREAKING[name] for name in BREAKING if name not in ("a schema goes", "a definition goes")]

    found = {str(change) for change in compare(current(), later(*(edit for edit, _ in apart)))}

    assert {expected for _, expected in apart} <= found


DEMANDS: tuple[dict[str, Any], ...] = (
    {"type": "object"},
    {"enum": ["a"]},
    {"maxLength": 3},
    {"minItems": 1},
    {"allOf": [{"maxItems": 0}]},
    {"required": ["id", "text"]},
    {"properties": {"id": {"const": "q"}}},
    {"additionalProperties": False},
    {"not": {"required": ["id"]}},
    {"if": {"required": ["id"]}, "then": {"required": ["text"]}},
)


@pytest.mark.parametrize("name", ["common", "final-report", "learner", "placement"])
@given(data=st.data())
def test_a_demand_on_any_member_is_named_or_refuses_nothing(
    name: str, later: Later, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(list(_members(schemas.schema(name)))) - 1))
    demand = data.draw(st.sampled_from(DEMANDS))
    new = later(lambda every: list(_members(every[name]))[at].update(copy.deepcopy(demand)))

    if not compare(current(), new):
        for path in EXAMPLES:
            if path.parent.parent.name in (
                "final-report",
                "learner",
                "learner-transfer-profile",
                "placement",
            ):
                value = json.loads(path.read_text("utf-8"))
                assert new.validator(path.parent.parent.name).is_valid(value), path


def _members(node: Any) -> Iterator[dict[str, Any]]:
    """Every member of every object that a schema describes."""
    if isinstance(node, dict):
        if "x-ltp-card" in node:
            yield node
        for part in node.values():
            yield from _members(part)


def test_a_reference_that_leads_nowhere_is_named(later: Later) -> None:
    new = later(lambda every: LEARNER(every)["upn"].update({"$ref": "common.schema.json#/$defs/gone"}))

    assert [str(change) for change in compare(current(), new)] == [
        "learner/upn: changed in a way that cannot be judged ($ref)"
    ]


HARMLESS: dict[str, Edit] = {
    "a member is added": lambda every: REPORT(every)["properties"].update(more={"type": "boolean"}),
    "a demand is dropped": lambda every: REPORT(every)["required"].remove("author"),
    "a value joins a list": lambda every: LEARNER(every)["registrationStatus"]["enum"].append("guest"),
    "a constant becomes a list": lambda every: inside("bundle", "properties", "companion")(every).pop(
        "const"
    ),
    "a text gets longer": lambda every: DEFS(every)["text"].update(maxLength=5000),
    "a pattern goes": lambda every: DEFS(every)["codeSource"].pop("pattern"),
    "a list may repeat": lambda every: LEARNER(every)["formerUpns"].update(uniqueItems=False),
    "a closed object opens": lambda every: DEFS(every)["contact"].pop("additionalProperties"),
    "a condition goes": lambda every: every["receipt"].pop("allOf"),
    "another branch is permitted": lambda every: inside(
        "information-request", "properties", "requestedItems", "items"
    )(every)["anyOf"].append({"required": ["answer"]}),
    "a title changes": lambda every: REPORT(every).update(title="Report at the end", description="Another."),
    "a definition is moved": lambda every: (
        DEFS(every).update(familiarName=copy.deepcopy(DEFS(every)["shortText"])),
        LEARNER(every)["preferredName"].update({"$ref": "common.schema.json#/$defs/familiarName"}),
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_is_not_named(name: str, later: Later) -> None:
    assert compare(current(), later(HARMLESS[name])) == ()
