"""Who is who, and what would change: suggestions and differences, never a merge."""

from typing import Any

import pytest

from adapters import Draft, LossReport
from adapters.errors import CannotRead
from adapters.matching import apply, compared, diff, matches
from adapters.staging import as_bundles, stage
from schemas.findings import Finding

SAM: dict[str, Any] = {
    "upn": "Z999100119001",
    "legalName": {"forename": "Sam", "surname": "Okonkwo"},
    "dateOfBirth": "2012-02-29",
}


def verdicts(incoming: dict[str, Any], *known: dict[str, Any]) -> list[tuple[int, str]]:
    return [(match.key, match.verdict) for match in matches(incoming, enumerate(known))]


def without(*members: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in SAM.items() if name not in members} | more


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (SAM, [(0, "same")]),
        (without("dateOfBirth", upn=" z999100119001 "), [(0, "same")]),
        (without(dateOfBirth="2012-02-28"), [(0, "confirm")]),
        (without(legalName={"forename": "Samuel", "surname": "Okonkwo"}), [(0, "confirm")]),
        (without("upn"), [(0, "confirm")]),
        (without("upn", upn="K99910011900A"), [(0, "confirm")]),
        (without("upn", "dateOfBirth"), []),
        (without("upn", "legalName"), []),
        (without("upn", legalName={"surname": "Okonkwo"}), []),
        (without("upn", formerUpns=["Z999100119001"]), [(0, "confirm")]),
        ({}, []),
    ],
)
def test_only_a_upn_that_nothing_contradicts_is_certain(
    known: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    assert verdicts(SAM, known) == expected


def test_two_records_with_the_same_upn_are_for_a_person() -> None:
    assert verdicts(SAM, SAM, without()) == [(0, "confirm"), (1, "confirm")]
    assert verdicts(SAM, SAM, without("upn")) == [(0, "same")]


def test_names_are_compared_without_case_spaces_and_coding() -> None:
    assert compared("  O’NÉILL  ") == compared("o’ne\u0301ill")
    assert compared("O’Neill") != compared("O’Néill")


def test_a_difference_says_where_and_what() -> None:
    incoming = {**SAM, "dateOfBirth": "2012-03-01", "yearGroup": "10", "legalName": {"forename": "Samuel"}}
    assert [change.to_json() for change in diff(SAM, incoming)] == [
        {"pointer": "/legalName/forename", "action": "replace", "known": "Sam", "incoming": "Samuel"},
        {"pointer": "/dateOfBirth", "action": "replace", "known": "2012-02-29", "incoming": "2012-03-01"},
        {"pointer": "/yearGroup", "action": "add", "incoming": "10"},
    ]
    assert diff(SAM, SAM) == []


def test_contacts_are_shown_one_by_one_and_never_merged() -> None:
    ada = {"name": {"forename": "Ada", "surname": "Okonkwo"}, "phones": [{"number": "01632 960001"}]}
    moved = {**ada, "phones": [{"number": "01632 960002"}]}
    changes = diff({**SAM, "parentContacts": [ada]}, {**SAM, "parentContacts": [ada, moved]})
    assert [(change.pointer, change.action) for change in changes] == [("/parentContacts/1", "review")]
    assert apply({**SAM, "parentContacts": [ada]}, changes)["parentContacts"] == [ada, moved]


def test_only_what_was_accepted_is_applied_and_the_known_learner_stays_as_it_was() -> None:
    incoming = {**SAM, "dateOfBirth": "2012-03-01", "homeSchool": {"name": "Ash Vale School"}, "a/b": 1}
    kept = [change for change in diff(SAM, incoming) if change.pointer != "/dateOfBirth"]
    assert apply(SAM, kept) == {**SAM, "homeSchool": {"name": "Ash Vale School"}, "a/b": 1}
    assert "homeSchool" not in SAM


def test_a_file_that_breaks_gives_no_draft_at_all() -> None:
    fault = Finding("x.broken", "error", "", "Broken.", "Again.")

    def items() -> Any:
        yield Draft("learner", "row 2", SAM)
        raise CannotRead(fault)

    staged = stage(items())
    assert (staged.drafts, staged.findings, staged.clean) == ((), (fault,), False)
    whole = stage([Draft("learner", "row 2", SAM), LossReport()])
    assert whole.clean
    assert len(whole.to_json()["drafts"]) == 1


def test_documents_go_to_the_learner_whose_number_they_have() -> None:
    report = {"type": "final-report"}
    drafts = [
        Draft("learner", "row 2", SAM, {"localId": "42"}),
        Draft("final-report", "row 3", report, {"localId": "42"}),
        Draft("final-report", "row 4", report, {"name": "Sam Okonkwo"}),
        Draft("learner", "row 5", {"previousAttendance": {}}, {"localId": "42"}),
    ]
    assert as_bundles(drafts) == [{"learner": SAM, "documents": [report]}]
