"""Files put together to placement records: by their ids, by what they travelled in, and never by a guess."""

import copy
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import calendar_form
from schemas.assembly import assemble, kind_of

V1 = Path(str(resources.files("schemas"))) / "v1"
FIRST = "4d2f6c1a-8b3e-4f57-9a60-1c7e52d0b9a1"
SECOND = "8a35c1d0-6e1b-4f0a-9a55-2b7c9d10e402"
ROBIN = {"upn": "Z999100119001", "legalName": {"forename": "Robin", "surname": "Marsh"}}
SAM = {"upn": "R999100120014", "legalName": {"forename": "Sam", "surname": "Reed"}}


def document(number: int, placement: object = FIRST, version: int = 1, **more: object) -> dict[str, Any]:
    known = f"3f0e6b1e-0000-4000-8000-{number:012}"
    return {
        "type": "absence-notice",
        "documentId": known,
        "version": version,
        "placementId": placement,
        **more,
    }


def transfer(learner: Mapping[str, Any], *documents: Mapping[str, Any]) -> dict[str, Any]:
    return {"transferId": "x", "learner": learner, "documents": [*documents], "recipients": []}


def codes(files: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(file, finding.code) for file, finding in assemble(files).findings]


@pytest.mark.parametrize(
    "name", ["transfer", "bundle", "placement-record", "learner", "placement", "receipt"]
)
def test_every_valid_example_says_what_it_is(name: str) -> None:
    for path in (V1 / "examples" / name / "valid").glob("*.json"):
        assert kind_of(json.loads(path.read_text(encoding="utf-8"))) == name


def test_documents_and_calendars_say_what_they_are_and_other_values_nothing() -> None:
    calendar = json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text(encoding="utf-8"))
    assert kind_of(document(1)) == "document"
    assert kind_of(calendar) == "school-calendar"
    others: list[object] = [{"recipe": 1}, {}, [], "learner", None, 7]
    assert [kind_of(value) for value in others] == [None] * 6


def test_what_carries_the_same_placement_is_one_record() -> None:
    files = {"a": document(1), "b": document(2), "c": {"placementId": FIRST}, "d": ROBIN}
    (record,) = assemble(files).records
    assert record.subject == {
        "documents": [files["a"], files["b"]],
        "placement": files["c"],
        "learner": ROBIN,
    }
    assert codes(files) == []


def test_a_pointer_into_a_record_leads_to_its_file() -> None:
    files = {"a": document(1), "t": transfer(ROBIN, document(2), document(3)), "p": {"placementId": FIRST}}
    (record,) = assemble(files).records
    assert record.place("/documents/0/createdAt") == ("a", "/createdAt")
    assert record.place("/documents/2/reason/code") == ("t", "/documents/1/reason/code")
    assert record.place("/learner/dateOfBirth") == ("t", "/learner/dateOfBirth")
    assert record.place("/placement") == ("p", "")
    assert record.place("/deliveries") == (None, "/deliveries")
    assert set(record.files()) == {"a", "t", "p"}


def test_two_placements_are_two_records_and_each_has_the_learner_it_travelled_with() -> None:
    files = {"a": transfer(ROBIN, document(1)), "b": transfer(SAM, document(2, SECOND))}
    learners = [record.subject["learner"] for record in assemble(files).records]
    assert learners == [ROBIN, SAM]
    assert codes(files) == [("a", "check.no-placement"), ("b", "check.no-placement")]


def test_a_learner_alone_beside_two_placements_belongs_to_neither() -> None:
    files = {"a": document(1), "b": document(2, SECOND), "l": ROBIN}
    assert ("l", "check.learner-ambiguous") in codes(files)
    assert all("learner" not in record.subject for record in assemble(files).records)


def test_a_learner_alone_beside_two_placements_belongs_where_the_same_pupil_number_is() -> None:
    fuller = {**ROBIN, "dateOfBirth": "2012-03-04"}
    files = {"a": transfer(ROBIN, document(1)), "b": document(2, SECOND), "l": fuller}
    first, second = assemble(files).records
    assert first.subject["learner"] == fuller
    assert "learner" not in second.subject


def test_two_learners_for_one_placement_contradict_each_other_and_none_is_taken() -> None:
    files = {"a": transfer(ROBIN, document(1)), "l": SAM}
    (record,) = assemble(files).records
    assert "learner" not in record.subject
    assert ("l", "check.learner-conflict") in codes(files)
    assert "check.no-learner" not in {code for _, code in codes(files)}


def test_a_former_pupil_number_is_the_same_learner() -> None:
    later = {**ROBIN, "upn": "A999100119002", "formerUpns": [ROBIN["upn"]]}
    assert ("l", "check.learner-conflict") not in codes({"a": transfer(ROBIN, document(1)), "l": later})


def test_the_fullest_of_several_views_is_judged() -> None:
    view = document(1, withheld=[{"pointer": "/reason", "reason": "summary"}])
    whole = document(1, reason={"code": "illness"})
    (record,) = assemble({"a": view, "b": whole}).records
    assert record.subject["documents"] == [whole]
    assert codes({"a": view, "b": whole}) == codes({"b": whole, "a": view})


def test_the_same_version_with_other_content_is_said_and_a_new_version_is_not() -> None:
    one, other = document(1, session="AM"), document(1, session="PM")
    assert ("b", "check.document-conflict") in codes({"a": one, "b": other})
    newer = document(1, version=2, session="PM")
    assert ("b", "check.document-conflict") not in codes({"a": one, "b": newer})
    assert ("b", "check.document-conflict") not in codes({"a": one, "b": copy.deepcopy(one)})


def test_two_descriptions_of_one_placement_are_not_chosen_between() -> None:
    one, other = {"placementId": FIRST, "minutesPerWeek": 600}, {"placementId": FIRST, "minutesPerWeek": 900}
    (record,) = assemble({"a": one, "b": other}).records
    assert "placement" not in record.subject
    assert ("b", "check.placement-conflict") in codes({"a": one, "b": other})


def test_what_a_record_proves_goes_with_its_placement() -> None:
    held = {"placement": {"placementId": FIRST}, "documents": [], "deliveries": [], "otherPlacements": []}
    held |= {"message": {"verified": True, "expired": False, "replayed": False}}
    (record,) = assemble({"r": held, "d": document(1)}).records
    assert record.subject["deliveries"] == []
    assert record.subject["otherPlacements"] == []
    assert record.subject["message"] == held["message"]
    assert "providerPlacements" not in record.subject


@pytest.mark.parametrize("wrong", ["none", 7, None, [1], {"a": []}])
def test_a_list_of_proofs_in_the_wrong_form_proves_nothing(wrong: object) -> None:
    held = {"placement": {"placementId": FIRST}, "documents": [], "deliveries": wrong}
    (record,) = assemble({"r": held}).records
    assert "deliveries" not in record.subject


@pytest.mark.parametrize(
    "value",
    [
        document(1, placement=7),
        {"documents": "none", "recipients": []},
        {"documents": [1, None, []], "to": {}},
        {"documents": [], "learner": [], "placement": "x"},
        {"placementId": {"a": 1}},
        {"legalName": 7, "formerUpns": 3},
        document(1, withheld=3),
    ],
)
def test_nothing_of_the_wrong_form_is_too_much(value: object) -> None:
    assembled = assemble({"a": value, "b": document(2), "l": ROBIN})
    assert assembled.records


NAMES = (
    *("documents", "learner", "placement", "placementId", "documentId", "version", "type", "upn"),
    *("formerUpns", "withheld", "deliveries", "message", "recipients", "to", "legalName", "terms"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([FIRST, SECOND, "", "absence-notice"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abcd"), ANYTHING, max_size=4))
def test_whatever_the_files_hold_each_pointer_leads_back_to_one_of_them(files: dict[str, Any]) -> None:
    for record in assemble(files).records:
        assert set(record.files()) <= set(files)
        for where in record.parts:
            file, _ = record.place(where)
            assert file in files


def test_a_learner_alone_is_a_record_of_its_own() -> None:
    (record,) = assemble({"l": ROBIN}).records
    assert record.subject == {"documents": [], "learner": ROBIN}
    assert codes({"l": ROBIN}) == []


CALENDAR = json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text(encoding="utf-8"))


def test_a_school_calendar_in_order_has_no_findings() -> None:
    assert calendar_form.findings(CALENDAR) == ()


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"terms": []}, "schema.min-items", "/terms"),
        ({"from": "1 September 2026"}, "schema.pattern", "/from"),
        ({"halfTerms": []}, "schema.unknown-property", "/halfTerms"),
        ({"schools": "urn:ltp:org:ash-vale"}, "schema.type", "/schools"),
        ({"to": "2026-08-31"}, "calendar.contradiction", ""),
        ({"terms": [{"name": "autumn", "start": "2026-09-01"}]}, "schema.required", "/terms/0/end"),
    ],
)
def test_each_problem_of_a_school_calendar_is_found(change: dict[str, Any], code: str, pointer: str) -> None:
    found = {(finding.code, finding.pointer) for finding in calendar_form.findings({**CALENDAR, **change})}
    assert (code, pointer) in found


def test_a_calendar_without_a_member_says_which() -> None:
    short = {name: value for name, value in CALENDAR.items() if name != "afternoonEnd"}
    (finding,) = calendar_form.findings(short)
    assert (finding.code, finding.pointer) == ("schema.required", "/afternoonEnd")
