"""School days, clear days, and the day that an instant falls on in England."""

import copy
import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from schemas.calendar import (
    BadCalendar,
    OutsideCalendar,
    SchoolCalendar,
    Span,
    instant_of,
    legal_date,
)

FOLDER = Path(__file__).parent.parent.parent / "schemas" / "v1" / "calendars"
DATA: dict[str, Any] = json.loads((FOLDER / "northshire-2026-27.json").read_text("utf-8"))
A = SchoolCalendar.parse(DATA)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_the_example_is_valid_against_its_schema_and_a_term_without_an_end_is_not() -> None:
    schema = json.loads((FOLDER / "school-calendar.schema.json").read_text("utf-8"))
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid(DATA)
    bad = copy.deepcopy(DATA)
    del bad["terms"][0]["end"]
    assert not validator.is_valid(bad)
    with pytest.raises(BadCalendar):
        SchoolCalendar.parse(bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-01", True),  # the first day of term
        ("2026-09-05", False),  # a Saturday
        ("2026-10-23", True),  # the Friday before half-term
        ("2026-10-26", False),  # half-term
        ("2026-11-02", True),
        ("2026-12-18", True),
        ("2026-12-21", False),  # the Christmas holidays
        ("2027-03-26", False),  # Good Friday
        ("2027-05-03", False),  # the early May bank holiday, in term
        ("2027-05-04", True),
        ("2027-07-22", False),
    ],
)
def test_a_school_day_is_a_weekday_in_term_that_is_no_holiday(text: str, expected: bool) -> None:
    assert A.is_school_day(day(text)) is expected


def test_inset_days_and_closures_are_not_school_days() -> None:
    closed = SchoolCalendar.parse({**DATA, "insetDays": ["2026-09-01"], "closures": ["2026-09-02"]})
    assert closed.first_school_day() == day("2026-09-03")
    assert A.first_school_day() == day("2026-09-01")


@pytest.mark.parametrize("text", ["2026-08-31", "2027-09-01"])
def test_a_day_outside_the_calendar_is_never_guessed(text: str) -> None:
    with pytest.raises(OutsideCalendar):
        A.is_school_day(day(text))
    with pytest.raises(OutsideCalendar):
        A.clear_school_days_between(day("2026-10-01"), day(text))
    with pytest.raises(OutsideCalendar):
        A.term_of(day(text))
    assert A.known.start == day("2026-09-01")


def test_counting_past_the_end_of_the_calendar_stops_with_an_error() -> None:
    assert A.add_school_days(day("2027-07-19"), 2) == day("2027-07-21")
    with pytest.raises(OutsideCalendar):
        A.add_school_days(day("2027-07-21"), 1)


@pytest.mark.parametrize(
    ("notice", "clear", "looser"),
    [("2026-09-16", 2, 3), ("2026-09-17", 1, 2), ("2026-09-18", 0, 1), ("2026-09-21", 0, 0)],
)
def test_clear_days_leave_out_both_ends(notice: str, clear: int, looser: int) -> None:
    start = day("2026-09-21")
    assert A.clear_school_days_between(day(notice), start) == clear
    assert A.school_days_back(start, day(notice)) == looser


def test_half_term_does_not_count_towards_clear_days() -> None:
    assert A.clear_school_days_between(day("2026-10-22"), day("2026-11-02")) == 1
    assert A.clear_school_days_between(day("2026-10-22"), day("2026-11-03")) == 2


def test_day_six_is_counted_over_school_days_only() -> None:
    since = day("2026-10-05")
    counted = {text: A.school_day_index(day(text), since) for text in ("2026-10-05", "2026-10-12")}
    assert counted == {"2026-10-05": 1, "2026-10-12": 6}
    assert A.school_day_index(day("2026-11-03"), day("2026-10-22")) == 4
    assert A.school_day_index(day("2026-10-12"), day("2026-10-10")) == 1
    assert A.add_school_days(since, 5) == day("2026-10-12")


def test_reversed_days_count_nothing() -> None:
    assert A.school_days_between(day("2026-10-09"), day("2026-10-05")) == 0
    assert A.school_days_between(day("2026-10-05"), day("2026-10-09")) == 5


def test_terms_and_halves_of_terms() -> None:
    term = A.term_of(day("2026-10-28"))
    assert term is not None
    assert term.name == "autumn"
    assert A.term_of(day("2026-12-25")) is None
    assert A.half_term_of(day("2026-09-21")) == Span(day("2026-09-01"), day("2026-10-25"))
    assert A.half_term_of(day("2026-11-03")) == Span(day("2026-10-31"), day("2026-12-18"))
    assert A.half_term_of(day("2026-10-28")) is None


def test_a_term_without_a_holiday_in_it_is_one_half() -> None:
    plain = copy.deepcopy(DATA)
    del plain["terms"][0]["halfTerm"]
    whole = SchoolCalendar.parse(plain).half_term_of(day("2026-10-28"))
    assert whole == Span(day("2026-09-01"), day("2026-12-18"))


def test_the_school_days_of_a_week() -> None:
    assert len(A.week_of(day("2026-09-20"))) == 5
    assert A.week_of(day("2027-05-05"))[0] == day("2027-05-04")
    assert A.week_of(day("2026-10-28")) == ()
    assert A.week_of(day("2026-09-02"))[0] == day("2026-09-01")


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 10, 24, 22, 59, tzinfo=UTC), "2026-10-24"),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), "2026-10-25"),  # still summer time: midnight
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), "2026-10-25"),  # the clocks went back
        (datetime(2026, 10, 26, 0, 0, tzinfo=UTC), "2026-10-26"),
        (datetime(2027, 3, 27, 23, 59, tzinfo=UTC), "2027-03-27"),
        (datetime(2027, 3, 28, 0, 0, tzinfo=UTC), "2027-03-28"),  # the clocks go forward at one
        (datetime(2027, 3, 28, 22, 59, tzinfo=UTC), "2027-03-28"),
        (datetime(2027, 3, 28, 23, 0, tzinfo=UTC), "2027-03-29"),
    ],
)
def test_the_legal_day_is_the_day_in_england(instant: datetime, expected: str) -> None:
    assert legal_date(instant) == day(expected)


def test_an_instant_without_an_offset_has_no_legal_day() -> None:
    with pytest.raises(ValueError, match="offset"):
        legal_date(datetime(2026, 10, 24, 23, 0))  # noqa: DTZ001 - this is what is refused
    assert legal_date(datetime(2026, 10, 24, 23, 0, tzinfo=UTC)) == day("2026-10-25")


def test_local_times_on_the_nights_when_the_clocks_change() -> None:
    nine = time(9, 0)
    before = instant_of(day("2026-10-24"), nine)
    assert (instant_of(day("2026-10-25"), nine) - before).total_seconds() == 25 * 3600
    spring = instant_of(day("2027-03-27"), nine)
    assert (instant_of(day("2027-03-28"), nine) - spring).total_seconds() == 23 * 3600
    assert instant_of(day("2026-10-25"), time(1, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"terms": []},
        {"terms": [*DATA["terms"][1:], DATA["terms"][0]]},
        {"from": "2026-09-02"},
        {"to": "2026-08-01"},
        {"afternoonEnd": "tea time"},
        {"terms": [{"name": "t", "start": "2026-10-01", "end": "2026-09-01"}]},
        {"terms": ["autumn"]},
        {"schools": None},
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadCalendar):
        SchoolCalendar.parse(DATA | change)
    assert SchoolCalendar.parse(DATA) == A
