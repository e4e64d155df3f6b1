"""Filling a transfer from a class file: only an identifier says who somebody is."""

from typing import Any

from adapters import Draft
from gateway.prepare import prepare

ZOE = {"upn": "Z999100119001", "legalName": {"forename": "Zoë", "surname": "O’Brien"}, "yearGroup": "9"}
JUDE = {"upn": "R999100120014", "legalName": {"forename": "Jude", "surname": "Okonkwo"}, "yearGroup": "10"}


def _drafts(*values: dict[str, Any]) -> list[Draft]:
    return [Draft("learner", f"Pupil {number}", value) for number, value in enumerate(values, 1)]


def test_the_learner_named_by_upn_is_filled_in_and_the_other_is_left_out() -> None:
    done = prepare({"learner": {"upn": "Z999100119001"}}, _drafts(JUDE, ZOE))
    assert done.transfer["learner"] == ZOE
    assert [finding.code for finding in done.findings] == ["prepare.not-sent"]
    assert "1 other learner" in done.findings[0].message


def test_case_and_outer_blanks_of_a_upn_do_not_matter() -> None:
    done = prepare({"learner": {"upn": " z999100119001 "}}, _drafts(ZOE))
    assert done.transfer["learner"]["legalName"] == ZOE["legalName"]
    assert done.findings == ()


def test_what_the_transfer_says_is_kept_and_a_difference_is_shown_without_its_value() -> None:
    done = prepare({"learner": {"upn": "Z999100119001", "yearGroup": "8"}}, _drafts(ZOE))
    assert done.transfer["learner"]["yearGroup"] == "8"
    assert [(f.code, f.severity, f.pointer) for f in done.findings] == [
        ("prepare.differs", "warning", "/learner/yearGroup")
    ]


def test_a_learner_who_is_not_in_the_file_is_an_error_and_nothing_is_filled_in() -> None:
    draft = {"learner": {"upn": "K99910011900A"}}
    done = prepare(draft, _drafts(ZOE, JUDE))
    assert done.transfer == draft
    assert [(f.code, f.severity) for f in done.findings] == [("prepare.no-match", "error")]


def test_a_upn_that_stands_twice_is_an_error() -> None:
    done = prepare({"learner": {"upn": "Z999100119001"}}, _drafts(ZOE, ZOE))
    assert [(f.code, f.severity) for f in done.findings] == [("prepare.no-match", "error")]


def test_equal_names_never_stand_in_for_an_identifier() -> None:
    done = prepare({"learner": {"legalName": ZOE["legalName"]}}, _drafts(ZOE))
    assert [(f.code, f.severity) for f in done.findings] == [("prepare.no-upn", "error")]
