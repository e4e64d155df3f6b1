"""The rules about a placement and its provider, beyond their vectors."""

import copy
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas import disclosure, routes, rules
from schemas.calendar import SchoolCalendar
from schemas.rules._catalogue import overridden

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
OURS = ("PLC", "REG")
Json = dict[str, Any]


def read(*steps: str) -> Json:
    value: Json = json.loads(V1.joinpath(*steps).read_text("utf-8"))
    return value


def vector(rule: str, name: str) -> Json:
    cases = read("vectors", "rules", f"{rule}.json")["cases"]
    subject: Json = next(case["subject"] for case in cases if case["name"] == name)
    return subject


def said(subject: Json, rule: str, profile: str = "national") -> list[rules.Result]:
    return [result for result in rules.evaluate(subject, profile) if result.rule == rule]


CALENDAR = SchoolCalendar.parse(read("calendars", "northshire-2026-27.json"))
PLACEMENT = read("examples", "transfer", "valid", "start-of-placement.json")["placement"]
DOCUMENTS = [
    pytest.param(json.loads(path.read_text("utf-8")), id=f"{kind}: {path.stem}")
    for kind in (
        "placement-referral",
        "placement-agreement",
        "learning-plan",
        "part-time-timetable-notice",
        "provider-assurance",
    )
    for path in sorted((V1 / "examples" / kind / "valid").glob("*.json"))
]


def refusals(subject: Json) -> set[str]:
    found = rules.evaluate(subject, calendar=CALENDAR)
    return {result.rule for result in found if result.rejects and result.rule[:3] in OURS}


def placement_of(document: Json) -> Json:
    """A placement that the document can be about, with the provider that it speaks of."""
    registered = document.get("registrationAssurance", {"registered": False})
    school = {"providerName": "Beacon AP Academy", "settingType": "apAcademy"}
    number = {name: registered[name] for name in ("registered", "urn") if name in registered}
    own = {"provider": {**school, "registeredSchool": number}} if registered["registered"] else {}
    return {**PLACEMENT, "placementId": document["placementId"], **own}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_sender_may_send_no_receiver_refuses_for_what_was_withheld(document: Json) -> None:
    kind, placement = document["type"], placement_of(document)
    assert refusals({"documents": [document], "placement": placement}) == set()
    for route in (route for route in routes.all_routes() if route.document == kind):
        readers = [route.to_role, *route.readers]
        seen = disclosure.view(kind, document, readers)
        place = disclosure.view("placement", placement, readers)
        bundle = {"bundleId": "b", "to": {"role": route.to_role}, "documents": [seen], "placement": place}
        assert refusals(bundle) == set(), route


@pytest.mark.parametrize(
    ("rule", "name", "count"),
    [
        ("REG-01", "four full-time and one of 18.5 hours", "at least 5 full-time pupils"),
        ("REG-04", "18 hours beside four full-time", "at least 4 full-time pupils"),
        ("REG-04", "one with a plan, 18.5 hours", "at least 1 full-time pupil with"),
    ],
)
def test_a_count_is_said_to_be_what_one_gateway_saw(rule: str, name: str, count: str) -> None:
    [result] = said(vector(rule, name), rule)
    assert result.message.startswith(f"Seen through this gateway: {count}")


def test_no_count_is_given_where_nobody_is_full_time() -> None:
    [result] = said(vector("REG-04", "15 hours"), "REG-04")
    assert result.message == "A pupil is just below full time with an unregistered provider."


def test_the_week_is_added_up_over_all_providers() -> None:
    [result] = said(vector("PLC-05", "two providers, 12 and 8 hours"), "PLC-05")
    assert result.message.startswith("The week adds up to 20 hours; full time is 25 hours")


def test_without_the_agreement_the_hours_that_are_known_are_still_said() -> None:
    [result] = said(vector("PLC-05", "no agreement"), "PLC-05")
    assert result.outcome == "notEvaluable"
    assert result.message.startswith("The placements add up to 15 hours a week")


def test_hours_that_do_not_match_are_told_what_the_sessions_add_up_to() -> None:
    fixes = {
        result.fix
        for result in said(vector("PLC-02", "an hour and a minute more than the sessions"), "PLC-02")
    }
    assert any(fix.startswith("The sessions add up to 13 hours 30 minutes a week") for fix in fixes)


def test_full_time_is_one_figure() -> None:
    week, way_back = (rules.catalogue()[rule].thresholds for rule in ("PLC-05", "PLC-17"))
    assert week == way_back
    lines = {rule: rules.catalogue()[rule].thresholds for rule in ("REG-01", "REG-02", "REG-03", "REG-04")}
    assert {line["minutesPerWeek"] for line in lines.values()} == {1080}
    assert lines["REG-01"]["pupils"] == lines["REG-03"]["pupils"]


@pytest.mark.parametrize("odd", [None, "x", 3, [], {}, [None], [3], [{}], [{"minutesPerWeek": "many"}]])
@pytest.mark.parametrize("member", ["providerPlacements", "otherPlacements", "deliveries"])
def test_evidence_of_the_wrong_form_is_never_a_pass(member: str, odd: Any) -> None:
    rule, name = {
        "providerPlacements": ("REG-01", "four full-time and one of 18 hours"),
        "otherPlacements": ("PLC-05", "three days there, two at school"),
        "deliveries": ("PLC-11", "delivered before"),
    }[member]
    subject = copy.deepcopy(vector(rule, name))
    assert {result.outcome for result in said(subject, rule)} == {"pass"}
    subject[member] = odd
    wanted = {"pass"} if odd == [] and member != "deliveries" else {"notEvaluable", "notApplicable"}
    assert {result.outcome for result in said(subject, rule)} <= wanted


@pytest.mark.parametrize(
    ("rule", "name", "member", "inner", "outcome"),
    [
        ("PLC-08", "all asked before", "consultedBeforeDecision", "party", "warning"),
        ("PLC-14", "EHC plan linked", "linkedPlans", "type", "warning"),
    ],
)
def test_a_list_with_something_odd_in_it_is_never_a_pass(
    rule: str, name: str, member: str, inner: str, outcome: str
) -> None:
    subject = copy.deepcopy(vector(rule, name))
    assert {result.outcome for result in said(subject, rule, "leicestershire")} == {"pass"}
    subject["documents"][0][member][0][inner] = {"code": []}
    assert {result.outcome for result in said(subject, rule, "leicestershire")} == {outcome}


FLAGS = [rule for rule in rules.catalogue().values() if rule.id[:3] in OURS and rule.mode == "F"]


@pytest.mark.parametrize("rule", FLAGS, ids=lambda rule: rule.id)
def test_what_a_profile_makes_of_the_severity_is_what_the_rule_says(
    rule: rules.Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = read("vectors", "rules", f"{rule.id}.json")["cases"]
    worst = next(case for case in cases if case["expect"]["outcome"] == rule.severity)
    other: Any = "warning" if rule.severity == "error" else "error"
    monkeypatch.setattr(rules, "rules_of", lambda _profile: (overridden(rule, {"severity": other}),))
    today = date.fromisoformat(worst["today"]) if "today" in worst else None
    found = rules.evaluate(worst["subject"], calendar=CALENDAR, today=today)
    outcomes = {result.outcome for result in found}
    assert other in outcomes
    assert rule.severity not in outcomes


@pytest.mark.parametrize(
    ("rule", "name", "profile", "due"),
    [
        ("PLC-05", "part-time timetable, last day", "national", "2026-11-27"),
        ("PLC-09", "nothing on record on the first day", "national", "2026-09-21"),
        ("PLC-11", "not delivered, the day before", "national", "2026-09-20"),
        ("PLC-12", "none yet, tenth school day", "leicestershire", "2026-10-05"),
        ("PLC-15", "on the planned last day", "trust-policy", "2026-12-18"),
        ("PLC-15", "extended, on the new last day", "trust-policy", "2027-02-12"),
        ("PLC-17", "short week, on the first day", "national", "2026-09-21"),
    ],
)
@pytest.mark.parametrize("before", [0, 9])
def test_what_must_be_done_is_named_with_its_last_day(
    rule: str, name: str, profile: str, due: str, before: int
) -> None:
    last = date.fromisoformat(due)
    today = last - timedelta(days=before)
    found = rules.deadlines(vector(rule, name), profile, calendar=CALENDAR, today=today)
    assert [deadline.due for deadline in found if deadline.result.rule == rule] == [last]
    late = rules.deadlines(vector(rule, name), profile, calendar=CALENDAR, today=last + timedelta(days=1))
    assert rule not in {deadline.result.rule for deadline in late}
