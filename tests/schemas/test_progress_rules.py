"""What may be said about progress, and that nobody reads a text who should not."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas import rules
from schemas.calendar import SchoolCalendar

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
VECTORS = V1 / "vectors" / "rules"
CALENDAR = SchoolCalendar.parse(
    json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text(encoding="utf-8"))
)
Json = dict[str, Any]


def subject(rule: str, name: str) -> Json:
    data = json.loads((VECTORS / f"{rule}.json").read_text(encoding="utf-8"))
    found: Json = next(case["subject"] for case in data["cases"] if case["name"] == name)
    return copy.deepcopy(found)


def judged(rule: str, value: Json, **how: Any) -> rules.Result:
    results = [result for result in rules.evaluate(value, **how) if result.rule == rule]
    return min(results, key=lambda result: ("error", "warning", "info").index(result.outcome))


def said(rule: str, value: Json, **how: Any) -> set[str]:
    return {result.outcome for result in rules.evaluate(value, **how) if result.rule == rule}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("start on version 1, end on version 2", "different scales, or versions of one"),
        ("one scale, two kinds of informant", "different kinds of informant"),
    ],
)
def test_a_report_that_cannot_be_compared_travels_and_says_why(name: str, why: str) -> None:
    result = judged("PRF-03", subject("PRF-03", name))
    assert (result.outcome, result.rejects) == ("warning", False)
    assert "not comparable" in result.message
    assert why in result.message


def test_the_same_pair_is_refused_once_somebody_claims_progress() -> None:
    result = judged("PRF-03", subject("PRF-03", "an impact measured between two versions of a scale"))
    assert (result.outcome, result.rejects) == ("error", True)


def test_scored_again_on_the_first_version_it_compares() -> None:
    assert said("PRF-03", subject("PRF-03", "scored again on version 1")) == {"pass"}


def test_a_missing_start_is_refused_in_a_final_report_and_only_flagged_during_the_placement() -> None:
    report = subject("PRF-02", "an end without a start in a final report")
    profile = subject("PRF-02", "a current judgement without a starting point during the placement")
    assert judged("PRF-02", report).rejects
    assert judged("PRF-02", profile).outcome == "warning"


def test_a_text_that_is_hard_to_read_is_shown_by_its_place_alone() -> None:
    value = subject("PRF-14", "one long sentence of long words")
    result = judged("PRF-14", value)
    assert result.pointers == ("/documents/0/placementRationale/text",)
    words = set(value["documents"][0]["placementRationale"]["text"].split())
    assert not words & set(f"{result.message} {result.fix}".split())
    assert not result.rejects


@pytest.mark.parametrize("more", [{"deliveries": []}, {"placement": {}}, {"to": {}}, {"recipients": []}])
def test_no_text_is_read_in_anything_but_documents_by_themselves(more: Json) -> None:
    value = subject("PRF-14", "one long sentence of long words")
    assert said("PRF-14", value) == {"info"}
    assert said("PRF-14", value | more) == {"notApplicable"}


def test_what_a_text_says_changes_no_other_result() -> None:
    value = subject("PRF-13", "names of other people in a text")
    other = copy.deepcopy(value)
    other["documents"][0]["placementRationale"]["text"] = "Sits well beside another pupil in the room."
    first, second = (
        {(result.rule, result.outcome) for result in rules.evaluate(found) if result.rule != "PRF-14"}
        for found in (value, other)
    )
    assert first == second


def test_a_receipt_that_does_not_come_is_never_a_reason_to_refuse() -> None:
    value = subject("DPX-04", "on the day after the last day")
    assert not any(r.rejects for r in rules.evaluate(value, today=date(2026, 11, 21)) if r.rule == "DPX-04")
    replayed = subject("DPX-04", "received before")
    assert judged("DPX-04", replayed).rejects


@pytest.mark.parametrize(
    ("rule", "name", "today", "due"),
    [
        ("DPX-05", "not sent yet on the next day", date(2026, 10, 7), date(2026, 10, 8)),
        ("DPX-05", "not confirmed on the last day for it", date(2026, 10, 7), date(2026, 10, 10)),
        ("DPX-04", "on the last day for a receipt", date(2026, 11, 18), date(2026, 11, 20)),
        ("PRF-12", "on the day of the review", date(2026, 11, 18), date(2026, 11, 20)),
    ],
)
def test_what_will_be_overdue_is_foreseen(rule: str, name: str, today: date, due: date) -> None:
    found = rules.deadlines(subject(rule, name), calendar=CALENDAR, today=today)
    assert [deadline.due for deadline in found if deadline.result.rule == rule] == [due]
