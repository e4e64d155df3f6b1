"""The page and the rule call the same pairs comparable: what one shows as progress the other never refuses."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.pages.progress import Outcome, compare
from schemas import Scale, UnknownName, rules, scale

DAY = {"startingPoint": "2026-10-02", "final": "2026-12-11"}
SCALES = ("urn:ltp:scale:demo-5:1", "urn:ltp:scale:demo-5:2", "urn:ltp:scale:leuven-5:1")
CHOICES = [
    {"value": {"scaleRef": ref, "raw": 3}, "informant": informant}
    for ref, informant in itertools.product(SCALES, ("keyWorker", "parent"))
]


def registered(ref: str) -> Scale | None:
    """The scale, of whose version 2 the pages know as much as of version 1."""
    try:
        return scale(ref.replace("demo-5:2", "demo-5:1"))
    except UnknownName:
        return None


def judged(phase: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": phase, "areaRef": "rc.communication", "phase": phase, "assessedOn": DAY[phase], **choice}


@pytest.mark.parametrize("first", CHOICES)
@pytest.mark.parametrize("last", CHOICES)
def test_the_page_and_the_rule_agree_on_what_compares(first: dict[str, Any], last: dict[str, Any]) -> None:
    start, end = judged("startingPoint", first), judged("final", last)
    pair = {"areaRef": "rc.communication", "start": start, "end": end}
    report = {"type": "final-report", "frameworkProgress": [pair]}
    [result] = [r for r in rules.evaluate({"documents": [report]}) if r.rule == "PRF-03"]
    shown = compare(start, end, registered).outcome is not Outcome.NOT_COMPARABLE
    assert (result.outcome == "pass") is shown
    assert result.outcome in ("pass", "warning")
