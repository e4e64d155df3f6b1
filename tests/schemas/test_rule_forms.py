"""Values of any form: however deep, whatever stands for a number, and names that no JSON could hold."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import rules

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
Json = dict[str, Any]


def vector(rule: str, name: str) -> Json:
    data = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))
    subject: Json = next(case["subject"] for case in data["cases"] if case["name"] == name)
    return subject


def example(kind: str, name: str) -> Json:
    value: Json = json.loads((V1 / "examples" / kind / "valid" / f"{name}.json").read_text("utf-8"))
    return value


def outcomes(subject: Json, rule: str = "") -> set[str]:
    return {result.outcome for result in rules.evaluate(subject) if rule in ("", result.rule)}


def nested(depth: int) -> Json:
    inner: Json = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({"x": nested(20_000)}, {"x": nested(20_000)}, set()),
        ({"x": nested(20_000)}, {"x": nested(20_001)}, {"error"}),
        ({"x": float("nan")}, {"x": float("nan")}, set()),
        ({"x": 1}, {"x": True}, {"error"}),
        ({"x": [1, 2]}, {"x": [1]}, {"error"}),
        ({"x": {}}, {"y": {}}, {"error"}),
    ],
    ids=["deep", "deeper", "no number", "one and true", "a longer list", "another name"],
)
def test_two_versions_are_compared_whatever_they_hold(first: Json, second: Json, found: set[str]) -> None:
    documents = [
        {"type": "termly-report", "documentId": "a", "version": 1, "extensions": part}
        for part in (first, second)
    ]
    results = rules.evaluate({"documents": documents})
    assert {r.outcome for r in results if r.rule == "DPX-05" and r.outcome == "error"} == found


def test_a_concern_whose_id_is_no_number_stops_nothing() -> None:
    concern = vector("SAF-02", "relayed by delivery")
    concern["documents"][0] |= {"documentId": float("nan"), "version": 2}
    found = [r.outcome for r in rules.evaluate(concern, "trust-policy") if r.rule == "SAF-02"]
    assert set(found) <= {"notEvaluable"}
    assert found


@pytest.mark.parametrize("name", [3, None, 1.5, True])
def test_what_no_json_could_name_is_not_evaluable(name: object) -> None:
    odd: Any = {name: ["x"]}
    profile = example("learner-transfer-profile", "start-of-placement")
    assert outcomes({"documents": [profile | {"extensions": odd}]}) == {"notEvaluable"}
    assert outcomes({"documents": [], "learner": odd}) == {"notEvaluable"}
    assert outcomes({"bundleId": "b", "documents": [], "extensions": odd}, "PRF-10") == {"notApplicable"}


def test_a_desk_of_the_wrong_form_stops_no_refusal() -> None:
    subject = example("bundle", "nil-return-to-dsl")
    subject["to"]["address"] = nested(20_000)
    subject["placement"] = {"placementTier": "2"}
    assert "PLC-01" in {result.rule for result in rules.refusals(subject)}
