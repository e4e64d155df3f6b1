"""Who may send what to whom."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from schemas import UnknownName, disclosure, routes, schema

HERE = Path(__file__).parent
V1 = HERE.parent.parent / "schemas" / "v1"
DATA: dict[str, Any] = json.loads((V1 / "routes.json").read_text("utf-8"))
PROFILE, REPORT = "learner-transfer-profile", "final-report"
NOTIFICATION, CHRONOLOGY = "placement-notification", "safeguarding-chronology"
CONCERN, CORRECTION = "safeguarding-concern", "correction-withdrawal"
EVERY = frozenset(DATA["conditions"])


def second() -> list[tuple[str, str, str, str | None]]:
    """The second transcription, row by row."""
    every = {"MA": [name for name, role in routes.roles().items() if role.family == "MA"]}
    lines = runpy.run_path(str(HERE / "routes_second.py"))["ROWS"].split("\n")
    typed = [
        (document, sender, receiver, None if condition == "-" else condition)
        for document, senders, receivers, condition in (line.split() for line in lines if line)
        for sender in senders.split(",")
        for name in receivers.split(",")
        for receiver in every.get(name, [name])
    ]
    pairs = {(sender, receiver) for _, sender, receiver, _ in typed if sender != "*"}
    return typed + [(CORRECTION, *pair, None) for pair in sorted(pairs)]


def test_two_transcriptions_of_the_route_table_agree() -> None:
    found = [(r.document, r.from_role, r.to_role, r.condition) for r in routes.all_routes()]
    assert set(found) == set(second())
    assert len(found) == len(second())


def test_a_correction_reaches_the_desk_of_what_it_corrects() -> None:
    for route in routes.all_routes():
        if route.document not in {CORRECTION, "receipt"}:
            correction = routes.find(CORRECTION, route.from_role, route.to_role)
            assert correction is not None
            assert correction.desk == route.desk


def test_an_agency_is_told_under_a_condition_only() -> None:
    for route in routes.all_routes():
        if route.to_role.startswith("MA.") and route.document != CORRECTION:
            assert route.condition is not None, route


def test_every_document_type_has_a_route() -> None:
    types = {*schema("document")["properties"]["type"]["enum"], "receipt"}
    assert {route.document for route in routes.all_routes()} == types


def test_every_role_and_condition_of_a_route_is_defined() -> None:
    for route in routes.all_routes():
        named = {route.from_role, route.to_role, *route.readers} - {"*"}
        assert named <= set(routes.roles())
        assert route.condition is None or route.condition in routes.conditions()
    assert {route.condition for route in routes.all_routes()} - {None} == EVERY


def test_the_desk_of_a_route_is_that_of_its_readers() -> None:
    for route in routes.all_routes():
        if route.to_role not in {"*", "LA.SC"}:
            assert {routes.role(name).desk for name in (route.to_role, *route.readers)} == {route.desk}


def test_a_social_worker_gets_a_chronology_at_the_safeguarding_desk_and_a_profile_at_the_general_one() -> (
    None
):
    chronology = routes.find(CHRONOLOGY, "HS.DSL", "LA.SC", EVERY)
    profile = routes.find(PROFILE, "HS.SEN", "LA.SC", EVERY)
    assert chronology is not None
    assert profile is not None
    assert (chronology.desk, profile.desk) == ("dsl", "general")


def test_either_of_two_conditions_opens_a_way() -> None:
    for stated in ("authorityCommissions", "notOnRoll"):
        assert routes.find("absence-notice", "AP.ADM", "LA.INC", frozenset({stated})) is not None
    assert routes.find("absence-notice", "AP.ADM", "LA.INC") is None


def test_a_concern_never_leaves_the_safeguarding_desk() -> None:
    assert routes.desk_of(CONCERN) == "dsl"
    assert {route.desk for route in routes.all_routes() if route.document == CONCERN} == {"dsl"}


def test_an_incident_reaches_the_safeguarding_lead_at_another_desk_than_the_lead() -> None:
    lead, protector = (routes.find("incident-report", "AP.LEAD", to) for to in ("HS.APL", "HS.DSL"))
    assert lead is not None
    assert protector is not None
    assert (lead.desk, protector.desk) == ("general", "dsl")


def test_a_profile_goes_to_the_provider_with_a_companion() -> None:
    route = routes.find(PROFILE, "HS.SEN", "AP.LEAD")
    assert route == routes.Route(PROFILE, "HS.SEN", "AP.LEAD", "general", (), None, True, "R1")


@pytest.mark.parametrize("to", ["LA.SEN", "LA.INC", "MA.EP", "PAR", "PUP"])
def test_a_profile_to_authority_agency_or_family_has_no_companion(to: str) -> None:
    route = routes.find(PROFILE, "HS.SEN", to, EVERY)
    assert route is not None
    assert not route.companion


def test_each_companion_has_its_own_way_between_the_safeguarding_leads() -> None:
    for route in routes.all_routes():
        if route.companion:
            sender, receiver = (f"{role.split('.')[0]}.DSL" for role in (route.from_role, route.to_role))
            companion = routes.find(CHRONOLOGY, sender, receiver)
            assert companion is not None
            assert (companion.desk, companion.condition) == ("dsl", None)


@pytest.mark.parametrize("to", ["PAR", "PUP"])
def test_a_family_gets_a_copy_and_has_no_desk(to: str) -> None:
    route = routes.find(PROFILE, "AP.LEAD", to)
    assert route is not None
    assert route.desk is None


def test_a_report_names_its_further_readers() -> None:
    route = routes.find(REPORT, "AP.LEAD", "HS.HT")
    assert route is not None
    assert route.readers == ("HS.SEN", "HS.APL")


def test_a_conditional_route_needs_its_own_condition() -> None:
    assert routes.find(PROFILE, "HS.SEN", "LA.SEN", frozenset({"ehcPlan"})) is not None
    assert routes.find(PROFILE, "HS.SEN", "LA.SEN") is None
    assert routes.find(PROFILE, "HS.SEN", "LA.SEN", frozenset({"sectionsAgreed", "unheardOf"})) is None


@pytest.mark.parametrize(
    ("document", "sender", "receiver"),
    [
        (NOTIFICATION, "HS.APL", "AP.LEAD"),
        (PROFILE, "HS.TCH", "AP.LEAD"),
        (PROFILE, "HS.SEN", "AP.DSL"),
        (CHRONOLOGY, "HS.DSL", "AP.LEAD"),
        (CHRONOLOGY, "HS.APL", "AP.DSL"),
        (CHRONOLOGY, "HS.DSL", "MA.EP"),
        (CHRONOLOGY, "HS.DSL", "PAR"),
        (REPORT, "AP.LEAD", "PUP"),
        (REPORT, "AP.LEAD", "HS.SEN"),
        (CONCERN, "AP.DSL", "HS.APL"),
        (CONCERN, "HS.DSL", "MA.CAMHS"),
        ("visit-record", "HS.APL", "PAR"),
        ("pupil-voice", "HS.SEN", "LA.INC"),
        ("placement-end", "OAP.LEAD", "HS.APL"),
        (CORRECTION, "AP.LEAD", "AP.DSL"),
        (CORRECTION, "HS.SEN", "HS.HT"),
        ("diary", "HS.SEN", "AP.LEAD"),
        (PROFILE, "HS.CAT", "AP.LEAD"),
        (PROFILE, "*", "*"),
    ],
)
def test_what_is_not_in_the_table_is_refused_whatever_is_stated(
    document: str, sender: str, receiver: str
) -> None:
    assert routes.find(document, sender, receiver, EVERY) is None


def test_a_receipt_goes_between_all_desks_and_to_nobody_without_one() -> None:
    route = routes.find("receipt", "AP.DSL", "HS.SEN")
    assert route is not None
    assert route.desk == "general"
    assert routes.find("receipt", "AP.DSL", "PAR") is None
    assert routes.find("receipt", "AP.COOK", "HS.SEN") is None


def test_a_role_knows_its_family_desk_and_column() -> None:
    assert routes.role("HS.HT") == routes.Role(
        "HS.HT", "Headteacher, home school", "HS", "general", "hs-lead"
    )
    assert routes.role("PAR").desk is None
    assert routes.role("AUD").column is None


def test_only_safeguarding_leads_sit_at_the_safeguarding_desk() -> None:
    for name, role in routes.roles().items():
        assert (role.desk == "dsl") == name.endswith(".DSL")
        assert role.family == name.split(".")[0]
        assert (role.desk is None) == (role.family in {"PAR", "PUP"})


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(UnknownName):
        routes.role("AP.COOK")


def test_the_desk_of_a_document_type() -> None:
    assert routes.desk_of(CHRONOLOGY) == "dsl"
    assert routes.desk_of(PROFILE) == "general"
    assert routes.desk_of("diary") is None


# About no pupil, or about another document.
SECTIONLESS = {"receipt", CORRECTION, "registration-concern"}


def says_something(kind: str, readers: tuple[str, ...]) -> bool:
    """Whether some valid example still has an item of a section when every condition holds."""
    stated = {*disclosure.conditions(), *routes.conditions()}
    members = schema(kind)["properties"]
    for path in (V1 / "examples" / kind / "valid").glob("*.json"):
        value = json.loads(path.read_text("utf-8"))
        seen = disclosure.view(kind, value, readers, reason="asked for by telephone", conditions=stated)
        if any("x-ltp-section" in members[name] for name in seen):
            return True
    return False


@pytest.mark.parametrize("route", [r for r in routes.all_routes() if r.document not in SECTIONLESS])
def test_no_way_brings_a_document_that_says_nothing(route: routes.Route) -> None:
    assert says_something(route.document, (route.to_role, *route.readers))


@pytest.mark.parametrize("kind", ["pupil-voice", "ehcp-review-contribution"])
def test_a_document_that_would_say_nothing_has_no_way(kind: str) -> None:
    assert not says_something(kind, ("MA.YJ",))
    assert routes.find(kind, "AP.LEAD", "MA.YJ", EVERY) is None
