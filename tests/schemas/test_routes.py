"""Who may send what to whom."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import UnknownName, routes, schema

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
DATA: dict[str, Any] = json.loads((V1 / "routes.json").read_text("utf-8"))
PROFILE, REPORT = "learner-transfer-profile", "final-report"
NOTIFICATION, CHRONOLOGY = "placement-notification", "safeguarding-chronology"
EVERY = frozenset(DATA["conditions"])
# The route table of the domain page, cell by cell, typed by itself: document, sender, receivers, condition.
SECOND = """
learner-transfer-profile HS.SEN AP.LEAD,RS.SEN,PAR,PUP -
learner-transfer-profile HS.APL AP.LEAD,PAR,PUP -
learner-transfer-profile AP.LEAD HS.SEN,HS.APL,PAR,PUP -
learner-transfer-profile HS.SEN LA.SEN ehcPlan
learner-transfer-profile AP.LEAD LA.SEN ehcPlan
learner-transfer-profile HS.SEN LA.INC requestedByAuthority
learner-transfer-profile AP.LEAD LA.INC requestedByAuthority
learner-transfer-profile HS.SEN MA.HEALTH,MA.EP,MA.CAMHS,MA.YJ,LA.VS,LA.SC namedProfessional
learner-transfer-profile AP.LEAD MA.HEALTH,MA.EP,MA.CAMHS,MA.YJ,LA.VS,LA.SC namedProfessional
learner-transfer-profile HS.SEN OAP.LEAD sectionsAgreed
learner-transfer-profile HS.APL OAP.LEAD sectionsAgreed
placement-notification HS.APL LA.INC -
final-report AP.LEAD HS.HT,PAR -
final-report HS.SEN RS.SEN,PAR -
final-report HS.APL PAR -
final-report HS.HT PAR -
final-report AP.LEAD LA.SEN ehcPlan
final-report HS.SEN LA.SEN ehcPlan
final-report AP.LEAD LA.INC authorityCommissions
safeguarding-chronology HS.DSL AP.DSL,RS.DSL,OAP.DSL -
safeguarding-chronology AP.DSL HS.DSL -
safeguarding-chronology HS.DSL LA.SC ownProcedure
safeguarding-chronology LA.SC AP.DSL authorityCommissions
receipt * * -
"""


def test_two_transcriptions_of_the_route_table_agree() -> None:
    expected = {
        (document, sender, receiver, None if condition == "-" else condition)
        for document, sender, receivers, condition in (line.split() for line in SECOND.split("\n") if line)
        for receiver in receivers.split(",")
    }
    found = [(r.document, r.from_role, r.to_role, r.condition) for r in routes.all_routes()]
    assert set(found) == expected
    assert len(found) == len(expected)


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
