"""What each role sees: the matrix itself, and views of every valid example."""

import copy
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import disclosure, is_valid, routes, schema

HERE = Path(__file__).parent
V1 = HERE.parent.parent / "schemas" / "v1"
DATA: dict[str, Any] = json.loads((V1 / "disclosure.json").read_text("utf-8"))
KINDS = sorted(disclosure.kinds())
ROLES = sorted(routes.roles())
CELLS: dict[str, dict[str, Any]] = {
    "F": {"level": "full"},
    "S": {"level": "summary"},
    "K": {"level": "needToKnow"},
    "A": {"level": "accessible"},
    "N": {"level": "never"},
    "name only": {"level": "full", "projection": "name-only"},
    "emergency number": {"level": "full", "projection": "emergency-contact"},
    "days/site": {"level": "full", "projection": "days-and-site"},
    "own only": {"level": "never"},
    "F actions": {"level": "full", "projection": "actions"},
    "S what to do": {"level": "summary", "projection": "what-to-do"},
    "attendance": {"level": "full", "projection": "attendance"},
    "own sessions": {"level": "full", "projection": "own-sessions"},
    "S adjustments": {"level": "summary", "projection": "adjustments"},
    "flag plan": {"level": "flag", "projection": "ehc-plan-flag"},
    "flag LAC": {"level": "flag", "projection": "looked-after-flag"},
    "D": {"level": "flag", "projection": "safeguarding-flag"},
    "F emergency": {"level": "full", "projection": "emergency-action"},
    "DSL only": {"level": "never", "roles": {"OAP.DSL": {"level": "full"}}},
    "social worker F": {"level": "never", "roles": {"LA.SC": {"level": "full"}}},
    "own status": {"level": "full", "condition": "ownCareStatus"},
    "S risk actions": {"level": "summary", "projection": "risk-actions"},
    "own, redacted": {"level": "full", "condition": "thirdPartiesRedacted"},
    "F by preference": {"level": "full", "filter": "sharing-preference"},
    "if agreed": {"level": "full", "condition": "pupilAgreed"},
    "S if agreed": {"level": "summary", "condition": "pupilAgreed"},
    "A if agreed": {"level": "accessible", "condition": "pupilAgreed"},
    "meals": {"level": "full", "projection": "meal-arrangement"},
    "outcome code": {"level": "full", "projection": "outcome-code"},
}


def example(kind: str, name: str = "complete") -> dict[str, Any]:
    value: dict[str, Any] = json.loads((V1 / "examples" / kind / "valid" / f"{name}.json").read_text("utf-8"))
    return value


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in KINDS:
        for path in sorted((V1 / "examples" / kind / "valid").glob("*.json")):
            yield kind, json.loads(path.read_text("utf-8"))


def pointers(value: dict[str, Any]) -> dict[str, str]:
    return {entry["pointer"]: entry["reason"] for entry in value.get("withheld", [])}


PROFILE = example("learner-transfer-profile", "start-of-placement")


# --- the matrix -------------------------------------------------------------------------------------------


def second() -> dict[str, list[str]]:
    rows = [
        line.split("|") for line in runpy.run_path(str(HERE / "disclosure_second.py"))["ROWS"].split("\n")
    ]
    return {name.strip(): [cell.strip() for cell in cells] for name, *cells in rows if cells}


def test_two_transcriptions_of_the_matrix_agree() -> None:
    rows = second()
    columns = list(DATA["columns"])
    assert list(rows) == list(DATA["sections"])
    for section, cells in rows.items():
        published = DATA["sections"][section]["cells"]
        assert len(cells) == len(columns) == 15
        for column, text in zip(columns, cells, strict=True):
            found = {name: part for name, part in published[column].items() if name != "note"}
            assert found == CELLS[text], (section, column)


def test_the_matrix_has_24_sections_with_15_cells_each() -> None:
    assert len(DATA["sections"]) == 24
    assert all(list(row["cells"]) == list(DATA["columns"]) for row in DATA["sections"].values())


def all_cells() -> Iterator[dict[str, Any]]:
    for row in DATA["sections"].values():
        for cell in row["cells"].values():
            yield cell
            yield from cell.get("roles", {}).values()


def test_every_name_that_a_cell_uses_is_defined() -> None:
    for cell in all_cells():
        assert cell["level"] in DATA["levels"]
        assert cell.get("projection") is None or cell["projection"] in DATA["projections"]
        assert cell.get("condition") is None or cell["condition"] in DATA["conditions"]
        assert cell.get("filter") is None or cell["filter"] in DATA["filters"]
        assert set(cell.get("roles", {})) <= set(ROLES)


def test_every_projection_is_used_and_points_at_something_that_exists() -> None:
    used = {cell.get("projection") for cell in all_cells()}
    assert used - {None} == set(DATA["projections"])
    lists = [*DATA["projections"].values(), *(rule["members"] for rule in DATA["suppressions"].values())]
    for projection in lists:
        for kind, places in projection.items():
            if kind != "note":
                assert all(exists(kind, place) for place in places), (kind, places)


@pytest.mark.parametrize("kind", sorted(set(DATA["copies"]) - {"note"}))
def test_a_copy_of_some_facts_holds_no_other_member_for_whoever_gets_the_copy(kind: str) -> None:
    copy = DATA["copies"][kind]
    document = next(value for name, value in examples() if name == kind)
    members = set(document) & {place.removeprefix("/") for place in copy["members"]}
    assert all(exists(kind, place) for place in copy["members"])
    for role in (role for role in ROLES if routes.role(role).column in copy["columns"]):
        seen = disclosure.view(kind, document, [role])
        assert set(seen) & sectioned(kind) <= members
    assert members < set(disclosure.view(kind, document, ["HS.HT"])) & sectioned(kind)


def sectioned(kind: str) -> set[str]:
    from schemas._shape import root

    members = root(kind).members()
    return {name for name, node in members.items() if node.keyword("x-ltp-section")}


def exists(kind: str, place: str) -> bool:
    from schemas._shape import root

    node = root(kind)
    for step in place.split("/")[1:]:
        if step == "*":
            assert node.is_list()
        elif step in node.members():
            node = node.members()[step]
        else:
            return False
    return True


def test_every_section_of_the_schemas_is_a_row_of_the_matrix() -> None:
    named = {
        member["x-ltp-section"]
        for kind in KINDS
        for member in schema(kind)["properties"].values()
        if "x-ltp-section" in member
    }
    assert named <= set(DATA["sections"])


def test_every_role_reads_a_column_that_exists_or_none() -> None:
    assert {role.column for role in routes.roles().values()} - {None} == set(DATA["columns"])


def test_level_gives_the_cell_of_a_role_and_its_exception() -> None:
    assert disclosure.level("safeguarding", "AP.LEAD") == "flag"
    assert disclosure.level("safeguarding", "LA.SC") == "full"
    assert disclosure.level("safeguarding", "LA.VS") == "never"
    assert disclosure.level("strengths", "AUD") == "never"


@pytest.mark.parametrize(("section", "role"), [("hobbies", "AP.LEAD"), ("strengths", "AP.COOK")])
def test_level_refuses_what_the_matrix_does_not_have(section: str, role: str) -> None:
    with pytest.raises(disclosure.DisclosureError):
        disclosure.level(section, role)


# --- views ------------------------------------------------------------------------------------------------


def permitted() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every kind with the readers that some route brings it to."""
    for route in routes.all_routes():
        if route.to_role != "*":
            readers = (route.to_role, *route.readers)
            # A role without a column gets nothing about the learner, not even an empty view.
            about = ("learner", "placement") if routes.role(route.to_role).column else ("placement",)
            yield from ((kind, readers) for kind in (route.document, *about))


@pytest.mark.parametrize(("kind", "readers"), sorted(set(permitted())))
@pytest.mark.parametrize("reason", [None, "asked for by telephone"])
@pytest.mark.parametrize("conditions", [(), tuple(DATA["conditions"]), ("addressConfidential",)])
def test_every_permitted_view_of_every_valid_example_is_valid(
    kind: str, readers: tuple[str, ...], reason: str | None, conditions: tuple[str, ...]
) -> None:
    for found, value in examples():
        if found == kind:
            seen = disclosure.view(kind, value, readers, reason=reason, conditions=conditions)
            assert is_valid(kind, seen), readers


@pytest.mark.parametrize("role", ROLES)
def test_a_view_of_a_view_is_the_same_view(role: str) -> None:
    for kind, value in examples():
        once = disclosure.view(kind, value, [role])
        assert disclosure.view(kind, once, [role]) == once


@pytest.mark.parametrize("role", ROLES)
def test_what_is_withheld_does_not_depend_on_what_the_sender_has(role: str) -> None:
    for kind in KINDS:
        empty = pointers(disclosure.view(kind, {}, [role]))
        for found, value in examples():
            if found == kind:
                value.pop("withheld", None)
                assert pointers(disclosure.view(kind, value, [role])) == empty


@pytest.mark.parametrize("role", ROLES)
def test_a_member_that_differs_from_the_senders_is_listed_as_withheld(role: str) -> None:
    for kind, value in examples():
        seen = disclosure.view(kind, value, [role])
        changed = {f"/{name}" for name in value if name != "withheld" and seen.get(name) != value[name]}
        labelled = {"/chronologyEntries", "/knownVulnerabilities", "/contextualRisks"}
        assert changed - labelled <= set(pointers(seen))


def test_a_view_shares_nothing_with_its_source() -> None:
    before = copy.deepcopy(PROFILE)
    seen = disclosure.view("learner-transfer-profile", PROFILE, ["AP.LEAD"])
    seen["currentStrengths"][0]["provenance"]["basis"] = "changed"
    seen["withheld"][0]["reason"] = "changed"
    assert before == PROFILE
    again = disclosure.view("learner-transfer-profile", PROFILE, ["AP.LEAD"])
    assert again["withheld"][0]["reason"] != "changed"


def test_a_summary_keeps_codes_and_dates_and_no_narrative() -> None:
    need = disclosure.view("learner-transfer-profile", PROFILE, ["HS.TCH"])["barriersLeadingToPlacement"][0]
    assert set(need) <= set(PROFILE["barriersLeadingToPlacement"][0])
    assert {"id", "kind", "provenance"} <= set(need)
    assert "text" not in need


def test_a_statement_without_codes_is_left_out_of_a_summary() -> None:
    assert "placementRationale" in disclosure.view("learner-transfer-profile", PROFILE, ["AP.LEAD"])
    assert "placementRationale" not in disclosure.view("learner-transfer-profile", PROFILE, ["HS.TCH"])


def test_two_roles_see_the_union_of_what_each_sees() -> None:
    learner = example("learner")
    both = disclosure.view("learner", learner, ["AP.STF", "LA.INC"])
    assert both["ehcPlan"] == {"hasPlan": learner["ehcPlan"]["hasPlan"]}
    assert both["senDetails"].keys() == {"adjustments", "provenance"} & learner["senDetails"].keys()
    assert "parentContacts" in both
    assert both["dateOfBirth"] == learner["dateOfBirth"]


def test_front_line_staff_see_a_name_and_whom_to_ring() -> None:
    learner = example("learner")
    seen = disclosure.view("learner", learner, ["AP.STF"])
    assert seen["legalName"] == learner["legalName"]
    assert seen["parentContacts"][0].keys() <= {"name", "order", "relationship", "phones"}
    assert not {"dateOfBirth", "homeAddress", "lookedAfter", "upn"} & seen.keys()


def test_need_to_know_opens_with_a_reason_only() -> None:
    learner = example("learner") | {"homeAddress": {"lines": ["1 Elm Row"]}}
    assert "homeAddress" in disclosure.view("learner", learner, ["LA.INC"], reason="register")
    without = disclosure.view("learner", learner, ["LA.INC"])
    assert "homeAddress" not in without
    assert pointers(without)["/homeAddress"] == "needToKnow"
    assert disclosure.view("learner", learner, ["LA.INC"], reason="  ") == without


def test_a_named_condition_opens_and_an_unknown_one_does_not() -> None:
    opened = disclosure.view("learner-transfer-profile", PROFILE, ["PAR"], conditions={"pupilAgreed"})
    assert opened["pupilVoice"] == PROFILE["pupilVoice"]
    closed = disclosure.view("learner-transfer-profile", PROFILE, ["PAR"], conditions={"somethingElse"})
    assert "pupilVoice" not in closed
    assert pointers(closed)["/pupilVoice"] == "condition"


@pytest.mark.parametrize(
    ("preference", "shown"),
    [("everyoneInvolved", True), ("staffWhoWorkWithMe", True), ("namedPeopleOnly", False), (None, False)],
)
def test_the_pupils_own_choice_decides_over_each_item_of_their_voice(
    preference: str | None, shown: bool
) -> None:
    voice = {
        "id": "v1",
        "provenance": PROFILE["pupilVoice"][0]["provenance"],
        "sharingPreference": preference,
    }
    profile = PROFILE | {"pupilVoice": [voice]}
    assert ("pupilVoice" in disclosure.view("learner-transfer-profile", profile, ["AP.LEAD"])) is shown
    agreed = disclosure.view("learner-transfer-profile", profile, ["AP.LEAD"], conditions={"pupilAgreed"})
    assert agreed["pupilVoice"] == [voice]


def test_an_ambition_has_no_such_choice_and_stays() -> None:
    learner = example("learner")
    assert disclosure.view("learner", learner, ["AP.LEAD"])["futureAmbitions"] == learner["futureAmbitions"]


def test_extensions_stay_with_the_leads_and_with_nobody_else() -> None:
    profile = PROFILE | {"extensions": {"vendor": {"n": 1}}}
    assert "extensions" in disclosure.view("learner-transfer-profile", profile, ["AP.LEAD"])
    assert "extensions" not in disclosure.view("learner-transfer-profile", profile, ["LA.SEN"])
    assert "extensions" not in disclosure.view("learner-transfer-profile", profile, ["PAR"])


def test_a_member_that_the_schema_does_not_know_is_left_out() -> None:
    assert "diary" not in disclosure.view("learner-transfer-profile", PROFILE | {"diary": "x"}, ["AP.LEAD"])


def test_an_earlier_list_of_withheld_items_is_kept() -> None:
    earlier = [{"pointer": "/currentStrengths", "reason": "condition"}]
    seen = disclosure.view("learner-transfer-profile", PROFILE | {"withheld": earlier}, ["AP.LEAD"])
    assert seen["withheld"] == [*earlier, {"pointer": "/pupilVoice", "reason": "condition"}]


def test_nothing_is_listed_where_nothing_is_withheld() -> None:
    assert "withheld" not in disclosure.view("placement", example("placement"), ["AP.LEAD"])


@pytest.mark.parametrize("kind", ["bundle", "transfer", "diary", ""])
def test_a_kind_without_a_row_is_refused(kind: str) -> None:
    with pytest.raises(disclosure.DisclosureError):
        disclosure.view(kind, {}, ["AP.LEAD"])


def test_an_unknown_role_is_refused_and_no_role_sees_nothing() -> None:
    with pytest.raises(disclosure.DisclosureError):
        disclosure.view("learner", example("learner"), ["AP.LEAD", "AP.COOK"])
    assert disclosure.view("learner", example("learner"), []).keys() == {"withheld"}


# --- confidential addresses -------------------------------------------------------------------------------

SITE = ("attendancePattern", "provider", "sessionTimes", "transportArrangements")


@pytest.mark.parametrize("flag", [True, None, "no", 0, "false"])
def test_a_confidential_address_takes_home_and_site_from_a_parents_copy(flag: object) -> None:
    learner = example("learner") | {"addressConfidential": flag, "homeAddress": {"lines": ["1 Elm Row"]}}
    stated = disclosure.standing(learner)
    assert "addressConfidential" in stated
    seen = disclosure.view("learner", learner, ["PAR", "PUP"])
    assert not {"homeAddress", "parentContacts"} & seen.keys()
    placement = disclosure.view("placement", example("placement"), ["PAR"], conditions=stated)
    assert not set(SITE) & placement.keys()


@pytest.mark.parametrize("flag", [{}, {"addressConfidential": False}])
def test_an_address_is_not_confidential_when_the_flag_is_absent_or_false(flag: dict[str, bool]) -> None:
    learner = {
        name: part for name, part in example("learner").items() if name != "addressConfidential"
    } | flag
    assert "addressConfidential" not in disclosure.standing(learner)
    assert "parentContacts" in disclosure.view("learner", learner, ["PAR", "PUP"])
    placement = example("placement")
    seen = disclosure.view("placement", placement, ["PAR"], conditions=disclosure.standing(learner))
    assert seen["provider"] == placement["provider"]


def test_a_parents_list_of_withheld_items_does_not_tell_whether_an_address_is_confidential() -> None:
    open_, closed = (
        disclosure.view("placement", example("placement"), ["PAR"], conditions=conditions)
        for conditions in ((), ("addressConfidential",))
    )
    assert open_["withheld"] == closed["withheld"]
    assert "/provider" in pointers(open_)


def test_staff_still_see_a_confidential_address_and_that_it_is_one() -> None:
    learner = example("learner") | {"addressConfidential": True}
    seen = disclosure.view("learner", learner, ["AP.LEAD"])
    assert seen["addressConfidential"] is True
    assert "parentContacts" in seen
    assert disclosure.view("learner", learner, ["AP.STF"])["addressConfidential"] is True


def test_a_plan_of_care_is_a_condition_that_the_record_states() -> None:
    assert disclosure.standing({"ehcPlan": {"hasPlan": True}}) == {"ehcPlan"}
    assert disclosure.standing({"ehcPlan": {"hasPlan": False}}) == frozenset()


# --- labelled statements ----------------------------------------------------------------------------------

LEADS = {role for role in ROLES if disclosure.level("safeguarding", role) == "full"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("label", ["SG", "CR", "sg", "?", None, ["SG"]])
def test_no_labelled_statement_survives_in_a_view_for_the_general_desk(role: str, label: object) -> None:
    profile = copy.deepcopy(PROFILE)
    profile["currentStrengths"][0] |= {"sensitivity": label, "text": "MARKED"}
    profile["whatWorks"][0]["provenance"]["disputed"] = {"sensitivity": label, "note": "MARKED"}
    seen = disclosure.view("learner-transfer-profile", profile, [role], reason="x")
    if routes.role(role).desk != "dsl":
        assert "MARKED" not in json.dumps(seen)


def test_an_ordinary_label_survives() -> None:
    profile = copy.deepcopy(PROFILE)
    profile["currentStrengths"][0] |= {"sensitivity": "SC", "text": "MARKED"}
    assert "MARKED" in json.dumps(disclosure.view("learner-transfer-profile", profile, ["AP.LEAD"]))


@pytest.mark.parametrize("role", sorted(LEADS))
def test_a_safeguarding_reader_sees_the_whole_chronology(role: str) -> None:
    value = example("safeguarding-chronology", "entries")
    seen = disclosure.view("safeguarding-chronology", value, [role])
    assert seen["chronologyEntries"] == value["chronologyEntries"]


@pytest.mark.parametrize("role", sorted(set(ROLES) - LEADS))
def test_nobody_else_sees_any_of_the_chronology(role: str) -> None:
    value = example("safeguarding-chronology", "entries")
    seen = disclosure.view(
        "safeguarding-chronology", value, [role], reason="x", conditions=DATA["conditions"]
    )
    assert not {"chronologyEntries", "nilReturn", "knownVulnerabilities", "contextualRisks"} & seen.keys()


def test_a_lead_beside_another_reader_loses_labelled_statements() -> None:
    value = example("safeguarding-chronology", "entries")
    labelled = copy.deepcopy(value)
    labelled["chronologyEntries"][0]["sensitivity"] = "SG"
    alone = disclosure.view("safeguarding-chronology", labelled, ["AP.DSL"])
    assert alone["chronologyEntries"] == labelled["chronologyEntries"]
    beside = disclosure.view("safeguarding-chronology", labelled, ["AP.DSL", "AP.LEAD"])
    assert beside["chronologyEntries"] == labelled["chronologyEntries"][1:]


# --- excess -----------------------------------------------------------------------------------------------


def test_a_view_never_exceeds_what_its_role_could_see() -> None:
    for kind, value in examples():
        for role in ROLES:
            seen = disclosure.view(kind, value, [role], reason="x", conditions=DATA["conditions"])
            assert disclosure.excess(kind, seen, [role]) == ()


def test_a_full_record_exceeds_what_an_inclusion_officer_could_see() -> None:
    over = disclosure.excess("learner-transfer-profile", PROFILE, ["LA.INC"])
    assert "/startingPoints" in over
    assert "/frameworkId" not in over


# --- anything at all --------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["SG", "O", "/x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.just("sensitivity"), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), kind=st.sampled_from(KINDS), role=st.sampled_from(ROLES), part=JSON)
def test_a_view_survives_anything_in_any_member(data: st.DataObject, kind: str, role: str, part: Any) -> None:
    name = data.draw(st.sampled_from(sorted(schema(kind)["properties"])))
    before = copy.deepcopy(part)
    seen = disclosure.view(kind, {name: part}, [role])
    assert part == before
    withheld = [entry for entry in seen.get("withheld", []) if entry["pointer"] != "/x"]
    if name != "withheld":
        assert withheld == disclosure.view(kind, {}, [role]).get("withheld", [])


def test_numbers_and_depths_that_json_text_cannot_carry_do_not_stop_a_view() -> None:
    deep: Any = []
    for _ in range(3000):
        deep = [deep]
    profile = PROFILE | {"currentStrengths": [{"id": "s1", "text": deep, "areaRefs": [2**80]}]}
    seen = disclosure.view("learner-transfer-profile", profile, ["AP.LEAD"])
    assert seen["currentStrengths"][0]["areaRefs"] == [2**80]
    assert len(json.dumps(seen["currentStrengths"][0]["text"])) < 200
