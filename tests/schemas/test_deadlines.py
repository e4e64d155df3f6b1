"""Deadlines: what will be late, and the last day on which it is not."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas import UnknownName, rules
from schemas.calendar import SchoolCalendar

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
CALENDAR = SchoolCalendar.parse(json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text("utf-8")))


def untold() -> dict[str, Any]:
    """A placement that was confirmed on Friday 11 September and that nobody told the authority of."""
    cases = json.loads((V1 / "vectors" / "rules" / "LA-01.json").read_text("utf-8"))["cases"]
    subject: dict[str, Any] = next(
        case["subject"] for case in cases if case["name"] == "not told on the fifth school day"
    )
    return subject


def due(today: str, days: int) -> dict[str, date]:
    found = rules.deadlines(untold(), calendar=CALENDAR, today=date.fromisoformat(today), days=days)
    return {deadline.result.rule: deadline.due for deadline in found}


@pytest.mark.parametrize("today", ["2026-09-12", "2026-09-15", "2026-09-18"])
def test_a_deadline_is_the_last_day_on_which_it_is_not_late(today: str) -> None:
    assert due(today, 14)["LA-01"] == date(2026, 9, 18)


def test_the_horizon_ends_with_its_last_day() -> None:
    assert "LA-01" not in due("2026-09-12", 6)
    assert due("2026-09-12", 9)["LA-01"] == date(2026, 9, 18)


def test_what_is_late_already_is_a_finding_and_no_deadline() -> None:
    assert "LA-01" not in due("2026-09-21", 14)
    late = rules.evaluate(untold(), calendar=CALENDAR, today=date(2026, 9, 21))
    assert "LA-01" in {result.rule for result in late if result.outcome == "error"}


def test_deadlines_come_in_the_order_of_their_days() -> None:
    found = rules.deadlines(untold(), calendar=CALENDAR, today=date(2026, 9, 12), days=120)
    assert [deadline.due for deadline in found] == sorted(deadline.due for deadline in found)


def test_a_subject_without_anything_has_no_deadlines() -> None:
    assert rules.deadlines({"documents": []}, calendar=CALENDAR, today=date(2026, 9, 12), days=60) == ()


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(UnknownName):
        rules.deadlines({"documents": []}, "nowhere", calendar=CALENDAR, today=date(2026, 9, 12))
