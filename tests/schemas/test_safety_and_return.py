"""Safeguarding and the way back to school: what falls due when, and what may hold up a message."""

import json
from datetime import date
from importlib import resources
from typing import Any

import pytest

from schemas import disclosure, rules
from schemas.calendar import SchoolCalendar

Json = dict[str, Any]
V1 = resources.files("schemas") / "v1"
CALENDAR = SchoolCalendar.parse(json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text("utf-8")))


def subject(rule: str, name: str) -> Json:
    cases = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))["cases"]
    found: Json = next(entry["subject"] for entry in cases if entry["name"] == name)
    return found


def due(rule: str, name: str, today: str, days: int = 30) -> list[str]:
    """The last days on which a rule has nothing to say yet."""
    start, value = date.fromisoformat(today), subject(rule, name)
    found = rules.deadlines(value, "trust-policy", calendar=CALENDAR, today=start, days=days)
    return [deadline.due.isoformat() for deadline in found if deadline.result.rule == rule]


@pytest.mark.parametrize(
    ("rule", "name", "today", "last"),
    [
        ("SAF-01", "nothing sent on the day of the start", "2026-09-10", "2026-09-21"),
        ("SAF-02", "not relayed, on the day after", "2026-10-06", "2026-10-07"),
        ("SAF-03", "not told on the first day", "2026-09-10", "2026-09-21"),
        ("SAF-05", "no assurance on the day of the start", "2026-09-10", "2026-09-21"),
        ("SAF-06", "no assurance on the day of the start", "2026-09-10", "2026-09-21"),
        ("SAF-07", "not confirmed again, on the fourteenth day", "2026-10-07", "2026-10-20"),
        ("SAF-09", "no assurance on the day of the start", "2026-09-10", "2026-09-21"),
        ("SAF-10", "not told, the day before", "2026-10-07", "2026-10-14"),
        ("SAF-12", "not told, on the day", "2026-11-12", "2026-11-12"),
        ("SAF-13", "parents not told, a day later", "2026-09-22", "2026-09-23"),
        ("SAF-14", "not sent, on the fifth day", "2026-11-09", "2026-11-14"),
        ("REI-01", "day six of a suspension, no plan yet", "2026-10-12", "2026-10-19"),
        ("REI-01", "no plan, half-term left out", "2026-10-22", "2026-11-05"),
        ("REI-02", "nothing written, the day before", "2026-12-18", "2027-01-03"),
        ("REI-04", "not heard, on the day", "2026-12-18", "2027-01-04"),
        ("REI-05", "no meeting, on the first day back", "2026-12-18", "2027-01-04"),
        ("REI-06", "before the first half-term is over", "2026-10-12", "2026-10-25"),
        ("REI-08", "no plan, the day before the leaving date", "2027-06-01", "2027-06-24"),
        ("REI-10", "no discussion, on the day of the return", "2026-12-18", "2027-01-04"),
        ("CTF-01", "not sent, on the fifteenth school day", "2026-09-21", "2026-10-12"),
    ],
)
def test_it_falls_due_on_the_last_day_on_which_it_is_not_late(
    rule: str, name: str, today: str, last: str
) -> None:
    assert due(rule, name, today) == [last]


def test_each_half_term_without_a_review_has_a_deadline_of_its_own() -> None:
    assert due("REI-06", "before the first half-term is over", "2026-10-12", 90) == [
        "2026-10-25",
        "2026-12-18",
    ]


def rejecting(value: Json) -> set[str]:
    return {result.rule for result in rules.evaluate(value) if result.rejects}


def test_a_provider_is_refused_without_a_deputy_and_not_with_one() -> None:
    assert "SAF-08" in rejecting(subject("SAF-08", "no deputy in the assurance"))
    assert "SAF-08" not in rejecting(subject("SAF-08", "lead and deputy assured"))


def test_no_missing_deputy_holds_up_a_concern() -> None:
    assert "SAF-08" not in rejecting(subject("SAF-08", "a concern travels with it"))
    assert "SAF-08" not in rejecting(subject("SAF-08", "a placement in a message"))


def test_a_concern_is_refused_only_where_it_is_not_for_the_school() -> None:
    assert "SAF-11" in rejecting(subject("SAF-11", "received by the wrong school"))
    assert "SAF-11" not in rejecting(subject("SAF-11", "received by the school's safeguarding lead"))


def test_nothing_late_is_refused() -> None:
    for rule in ("SAF-01", "SAF-02", "SAF-12", "REI-02", "REI-05", "CTF-01"):
        cases = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))["cases"]
        late = [entry["subject"] for entry in cases if entry["expect"]["outcome"] == "error"]
        assert late
        assert not any(rule in rejecting(value) for value in late)


def test_a_return_held_up_for_absent_parents_is_flagged_with_what_to_do() -> None:
    held = rules.evaluate(subject("REI-05", "held up because the parents do not come"))
    [result] = [result for result in held if result.rule == "REI-05"]
    assert (result.outcome, result.rejects) == ("error", False)
    assert "returns as planned" in result.fix


def test_another_provider_is_not_shown_the_consistent_identifier() -> None:
    value = json.loads(
        (V1 / "examples" / "learner" / "valid" / "consistent-identifier.json").read_text("utf-8")
    )
    assert "consistentIdentifier" not in disclosure.view("learner", value, ["OAP.LEAD"])
    assert (
        disclosure.view("learner", value, ["HS.SEN"])["consistentIdentifier"] == value["consistentIdentifier"]
    )
