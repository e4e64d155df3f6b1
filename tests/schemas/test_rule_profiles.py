"""What a local profile may set otherwise in a rule, and that it sets nothing else."""

import json
from importlib import resources
from typing import Any

import pytest

from schemas import rules
from schemas.rules import _catalogue
from schemas.rules._catalogue import overridden, rules_of

DATA: dict[str, Any] = json.loads((resources.files("schemas") / "v1" / "rules.json").read_text("utf-8"))
OVERRIDES = [
    (profile, rule, change)
    for profile, row in DATA["profiles"].items()
    for rule, change in row.get("overrides", {}).items()
]
UNVISITED = {
    "documents": [
        {
            "type": "placement-notification",
            "documentId": "3f0e6b1e-0001-4000-8000-000000000304",
            "version": 1,
            "placementId": "7b1d5a52-91d7-4c1c-9a6e-0c6f1d8a3b10",
            "proposedStartDate": "2026-09-21",
        }
    ]
}


@pytest.mark.parametrize(
    ("profile", "outcome"),
    [("national", "warning"), ("trust-policy", "warning"), ("leicestershire", "error")],
)
def test_a_missing_visit_is_worse_where_the_profile_says_so(profile: str, outcome: str) -> None:
    results = [result for result in rules.evaluate(UNVISITED, profile) if result.rule == "PLC-09"]
    assert [(result.outcome, result.rejects) for result in results] == [(outcome, False)]


def test_the_catalogue_keeps_the_national_severity() -> None:
    [local] = [rule for rule in rules_of("leicestershire") if rule.id == "PLC-09"]
    assert (local.severity, rules.catalogue()["PLC-09"].severity) == ("error", "warning")


def test_a_profile_sets_one_threshold_and_the_others_stay() -> None:
    rule = rules.catalogue()["PLC-05"]
    local = overridden(rule, {"thresholds": {"minutesPerWeek": 1440}})
    assert local.thresholds == {"minutesPerWeek": 1440, "minutesPerHalfDay": 150}
    assert local.severity == rule.severity
    assert rule.thresholds["minutesPerWeek"] == 1500


def test_a_rule_without_an_override_stays_as_it_is() -> None:
    national = {rule.id: rule for rule in rules_of("national")}
    changed = {rule.id for rule in rules_of("leicestershire") if national.get(rule.id, rule) != rule}
    assert changed == {rule for profile, rule, _ in OVERRIDES if profile == "leicestershire"}


@pytest.mark.parametrize(("profile", "rule", "change"), OVERRIDES)
def test_an_override_is_of_a_rule_that_the_profile_runs_and_that_does_not_reject(
    profile: str, rule: str, change: dict[str, Any]
) -> None:
    assert faults(profile, rule, change) == []


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("PLC-16", {"severity": "warning"}),
        ("OSD-05", {"severity": "error"}),
        ("PLC-09", {"mode": "R"}),
        ("PLC-05", {"thresholds": {"minutes": 1440}}),
        ("PLC-99", {"severity": "error"}),
    ],
    ids=["rejects", "of another profile", "sets the mode", "unknown threshold", "unknown rule"],
)
def test_a_planted_override_that_goes_too_far_is_caught(rule: str, change: dict[str, Any]) -> None:
    assert faults("leicestershire", rule, change)


def faults(profile: str, name: str, change: dict[str, Any]) -> list[str]:
    """What an override may not do; a sender and a receiver must refuse the same things."""
    rule = _catalogue.catalogue().get(name)
    if rule is None or rule.profile not in rules.profiles()[profile]:
        return ["the profile does not run this rule"]
    found = {
        "a rule of mode R is the same everywhere": rule.mode == "R",
        "only the severity and the thresholds": not {*change} <= {"severity", "thresholds"},
        "only thresholds that the rule has": not {*change.get("thresholds", {})} <= {*rule.thresholds},
    }
    return [fault for fault, there in found.items() if there]
