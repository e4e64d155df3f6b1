"""Attendance and reviews: the table of register codes, what falls due when, and anything at all."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import rules
from schemas.calendar import SchoolCalendar
from schemas.codes import code_list
from schemas.rules import attendance
from schemas.rules._case import case
from schemas.rules._running import months_later
from schemas.rules.register_codes import Arrangement, row_for, rows, session_of

Json = dict[str, Any]
V1 = resources.files("schemas") / "v1"
CALENDAR = SchoolCalendar.parse(json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text("utf-8")))
MINE = tuple(name for name in rules.catalogue() if name.startswith(("ATT-", "REV-")))
CODES = code_list("attendance-codes")
CURRENT = [code.code for code in CODES.codes.values() if code.status == "current"]
FREE = "zq-free-text-zq"
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    FREE,
    "2026-02-31",
    "0001-01-01",
    [],
    {},
    [None],
    [{}],
    {FREE: FREE},
)


def cases(rule: str) -> list[Json]:
    found: list[Json] = json.loads((V1 / "vectors" / "rules" / f"{rule}.json").read_text("utf-8"))["cases"]
    return found


def subject(rule: str, name: str) -> Json:
    found: Json = next(entry["subject"] for entry in cases(rule) if entry["name"] == name)
    return found


def said(value: Json, today: str | None = None) -> dict[str, list[rules.Result]]:
    """What my rules say of a subject, apart from passes."""
    day = None if today is None else date.fromisoformat(today)
    found: dict[str, list[rules.Result]] = {}
    for result in rules.evaluate(value, "trust-policy", calendar=CALENDAR, today=day):
        if result.rule in MINE and result.outcome in ("error", "warning"):
            found.setdefault(result.rule, []).append(result)
    return found


def due(rule: str, value: Json, today: str, days: int = 14) -> list[str]:
    """The last days on which a rule still has nothing to say."""
    start = date.fromisoformat(today)
    found = rules.deadlines(value, "trust-policy", calendar=CALENDAR, today=start, days=days)
    return [deadline.due.isoformat() for deadline in found if deadline.result.rule == rule]


# --- the table of register codes --------------------------------------------------------------------------


def test_the_table_names_only_codes_and_categories_of_the_list() -> None:
    for row in rows():
        assert row.home.codes <= CODES.codes.keys()
        assert row.home.categories <= CODES.categories.keys()
        assert row.home.codes or row.home.categories
        assert row.rule in rules.catalogue()


def test_each_row_decides_something() -> None:
    arrangements = [
        Arrangement(by, there, delivery)
        for by in ("school", "la", "specialistProvider")
        for there in (True, False)
        for delivery in ("onSite", "outreachInSchool", "remote", "workBased")
    ]
    kinds = ("attended", "absent", "elsewhere", "notRequired")
    used = {row_for(arrangement, kind) for arrangement in arrangements for kind in kinds}
    assert used - {None} == set(rows())


@pytest.mark.parametrize(
    ("arranged_by", "there", "delivery", "session", "right"),
    [
        ("school", True, "onSite", "attended", "D"),
        ("school", True, "onSite", "absent", "D"),
        ("la", True, "onSite", "attended", "D"),
        ("school", True, "onSite", "elsewhere", "/\\LCC1C2EIJ1MRSTGNOUPVW"),
        ("school", False, "onSite", "attended", "BPVW"),
        ("school", False, "workBased", "attended", "BPVW"),
        ("la", False, "onSite", "attended", "KW"),
        ("la", False, "onSite", "absent", "CC1C2EIJ1MRSTGNOU"),
        ("school", False, "onSite", "notRequired", "C2"),
        ("school", True, "remote", "attended", "CC1C2EIJ1MRSTGNOU"),
        ("school", False, "outreachInSchool", "attended", "/\\L"),
        ("specialistProvider", False, "onSite", "attended", None),
    ],
)
def test_the_decision_table(
    arranged_by: str, there: bool, delivery: str, session: str, right: str | None
) -> None:
    row = row_for(Arrangement(arranged_by, there, delivery), session)
    found = None if row is None else "".join(code for code in CURRENT if code in row.home)
    assert found is None if right is None else sorted(found or "") == sorted(right)


def test_each_current_code_says_one_thing_of_a_session_or_nothing() -> None:
    kinds = {code: session_of(code) for code in CURRENT}
    assert {code for code, kind in kinds.items() if kind == "attended"} == set("/\\LBKPVW")
    assert {code for code, kind in kinds.items() if kind == "elsewhere"} == {"D"}
    assert {code for code, kind in kinds.items() if kind == "notRequired"} == {"C2"}
    assert {code for code, kind in kinds.items() if kind is None} == {"Q", "X", "Z", "#"} | {
        f"Y{number}" for number in range(1, 8)
    }


# --- what is said and when --------------------------------------------------------------------------------


def test_only_totals_and_answers_refuse_a_document() -> None:
    refusing = {name for name in MINE if rules.catalogue()[name].mode == "R"}
    assert refusing == {"ATT-09", "REV-04", "REV-12"}
    assert rules.catalogue()["REV-12"].severity == "warning"
    [wrong] = said(subject("ATT-09", "nine is not ten"))["ATT-09"]
    [unlisted] = said(subject("ATT-09", "a session is missing from the list"))["ATT-09"]
    assert (wrong.rejects, unlisted.rejects) == (True, False)


def test_nothing_but_a_fact_is_late_without_today() -> None:
    for rule in MINE:
        for entry in cases(rule):
            without = said(entry["subject"]).get(rule, [])
            later = said(entry["subject"], "2027-07-22").get(rule, [])
            assert {result.pointers for result in without} <= {result.pointers for result in later}


def test_every_half_term_without_a_review_is_a_deadline_of_its_own() -> None:
    never = subject("REV-01", "no day given")
    assert due("REV-01", never, "2026-10-12") == ["2026-10-25"]
    assert due("REV-01", never, "2026-12-10") == ["2026-12-18"]
    assert len(said(never, "2026-12-19")["REV-01"]) == 2


@pytest.mark.parametrize(
    ("rule", "name", "today", "last"),
    [
        ("ATT-02", "nothing yet on Friday", "2026-09-09", "2026-09-11"),
        ("ATT-04", "single on the first day", "2026-09-15", "2026-09-20"),
        ("ATT-07", "nobody rang", "2026-10-01", "2026-10-02"),
        ("ATT-11", "not followed up, the day after", "2026-10-01", "2026-10-01"),
        ("REV-02", "the last day of term", "2026-12-14", "2026-12-18"),
        ("REV-03", "the day after", "2026-09-08", "2026-09-14"),
        ("REV-06", "no review on Thursday", "2026-11-17", "2026-11-18"),
        ("REV-09", "nothing the day after", "2027-03-01", "2027-03-10"),
        ("REV-10", "nothing the day after", "2027-02-20", "2027-02-24"),
        ("REV-11", "the announced end is over", "2027-01-20", "2027-01-29"),
    ],
)
def test_a_deadline_is_the_last_day_that_is_in_time(rule: str, name: str, today: str, last: str) -> None:
    assert due(rule, subject(rule, name), today)[0] == last


def test_messages_name_the_days_that_were_missed() -> None:
    [review] = said(subject("REV-01", "first review only after half-term"), "2026-11-10")["REV-01"]
    assert review.message == "No review was held in the half-term that ends on 2026-10-25."
    [visit] = said(subject("REV-03", "the day after"), "2026-09-15")["REV-03"]
    assert visit.message == "A visit was due by 2026-09-14 and none is on record."


@pytest.mark.parametrize(("attended", "outcomes"), [(189, ["info"]), (190, ["pass"])])
def test_a_school_may_set_a_target_of_its_own(attended: int, outcomes: list[str]) -> None:
    """Ninety-five per cent of 200 sessions are 190."""
    rule = replace(rules.catalogue()["ATT-08"], thresholds={"targetTenths": 950})
    summary = {"type": "attendance-summary", "attended": attended, "possible": 200}
    found = [verdict.outcome for verdict in attendance.below_target(case({"documents": [summary]}), rule)]
    assert found == outcomes


@pytest.mark.parametrize(
    ("day", "later"),
    [
        ("2026-09-21", "2026-10-21"),
        ("2027-01-31", "2027-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-31", "2027-01-31"),
    ],
)
def test_a_month_later(day: str, later: str) -> None:
    assert months_later(date.fromisoformat(day), 1) == date.fromisoformat(later)


# --- anything at all --------------------------------------------------------------------------------------

SUBJECTS = [(rule, entry["subject"]) for rule in MINE for entry in cases(rule)]


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from places(part, (*path, step))


@given(data=st.data())
def test_one_odd_value_anywhere_stops_nothing_and_is_never_echoed(data: st.DataObject) -> None:
    rule, known = data.draw(st.sampled_from(SUBJECTS))
    value = copy.deepcopy(known)
    *parents, last = data.draw(st.sampled_from([path for path in places(value) if path]))
    holder: Any = value
    for step in parents:
        holder = holder[step]
    holder[last] = data.draw(st.sampled_from(ODD))
    results = rules.evaluate(value, "trust-policy", calendar=CALENDAR, today=date(2027, 2, 1))
    for result in (result for result in results if result.rule == rule):
        assert result.message
        assert FREE not in json.dumps([result.pointers, result.message, result.fix])
