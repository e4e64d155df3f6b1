"""Findings of validation: the place, plain words from the schema, and never a submitted value."""

import copy
import datetime
import json
from importlib import resources
from typing import Any

import pytest

import schemas
from schemas import Finding, InvalidDocument, UnknownName

CANARY = "Qx7canary"


def _example(name: str, example: str) -> Any:
    file = resources.files("schemas") / "v1" / "examples" / name / "valid" / f"{example}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def _one(name: str, value: object) -> Finding:
    found = schemas.validate(name, value)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def learner() -> Any:
    return _example("learner", "complete")


@pytest.fixture
def bundle() -> Any:
    return _example("bundle", "notification-to-local-authority")


def test_a_upn_of_fifteen_digits_is_explained(learner: Any) -> None:
    assert schemas.validate("learner", learner) == ()
    learner["upn"] = "999100119001123"

    found = _one("learner", learner)

    assert (found.code, found.severity, found.pointer) == ("schema.pattern", "error", "/upn")
    assert found.message == "'Unique pupil number (UPN)' is not written in the form that is needed."
    assert found.fix.startswith("A UPN has 13 characters: ")


def test_a_missing_item_is_named_at_its_own_place(bundle: Any) -> None:
    del bundle["documents"][0]["author"]

    found = _one("bundle", bundle)

    assert (found.code, found.pointer) == ("schema.required", "/documents/0/author")
    assert found.message == "'Author' is missing."
    assert found.fix == "Add the item to 'Placement notification'."


def test_a_day_that_does_not_exist_is_explained(bundle: Any) -> None:
    bundle["documents"][0]["pupilDateOfBirth"] = "2012-02-31"

    found = _one("bundle", bundle)

    assert found.pointer == "/documents/0/pupilDateOfBirth"
    assert found.message == "'Pupil's date of birth' is not a date that exists."
    assert "2026-09-07" in found.fix


def test_an_unknown_document_type_gives_one_finding(bundle: Any) -> None:
    bundle["documents"] = [{"type": CANARY, "anything": 1}]

    found = _one("bundle", bundle)

    assert (found.code, found.pointer) == ("schema.enum", "/documents/0/type")
    assert found.fix.startswith("Use one of: placement-referral, ")


@pytest.mark.parametrize("wrong", [3, "text", None, [], True])
def test_a_document_that_is_no_object_gives_one_finding(bundle: Any, wrong: object) -> None:
    bundle["documents"] = [wrong]

    assert _one("bundle", bundle).code == "schema.type"


def test_an_unknown_member_is_named_only_when_it_reads_like_a_name_of_the_standard(learner: Any) -> None:
    assert _one("learner", learner | {"hobby": 1}).pointer == "/hobby"
    assert _one("learner", learner | {"Zoë Smith": 1}).pointer == ""
    assert _one("learner", learner | {"Zoë Smith": 1, "Jo Smith": 2}).code == "schema.unknown-property"


def test_the_extensions_object_is_open(learner: Any) -> None:
    assert schemas.validate("learner", learner | {"extensions": {"any name": {"at": ["all", 1]}}}) == ()


def test_findings_are_sorted_by_place_and_told_once() -> None:
    profile = _example("learner-transfer-profile", "start-of-placement")
    for entry in (10, 9):
        profile["domainDevelopment"][entry]["id"] = ""

    found = schemas.validate("learner-transfer-profile", profile)

    assert [finding.pointer for finding in found] == ["/domainDevelopment/9/id", "/domainDevelopment/10/id"]


@pytest.mark.parametrize("name", ["bundle", "transfer", "learner", "final-report", "receipt", "placement"])
def test_no_submitted_value_is_ever_repeated(name: str) -> None:
    examples = resources.files("schemas") / "v1" / "examples" / name / "valid"
    for file in examples.iterdir():
        value = json.loads(file.read_text(encoding="utf-8"))
        for spoilt in _spoilt(value):
            found = schemas.validate(name, spoilt)
            assert CANARY not in repr(found)
            assert CANARY not in str(InvalidDocument(found))


def _spoilt(value: Any) -> list[Any]:
    """Return three copies: canaries as texts, as numbers and lists, as members of objects."""
    canary = f"\n{CANARY} " * 900
    texts = _replaced(value, str, canary)
    rest = _replaced(value, int | bool | list, canary)
    members = copy.deepcopy(value)
    _add_members(members, f"{CANARY} is a child's name")
    return [texts, rest, members]


def _replaced(value: Any, kind: Any, canary: str) -> Any:
    if isinstance(value, dict):
        return {
            name: child if name == "type" else _replaced(child, kind, canary) for name, child in value.items()
        }
    if isinstance(value, kind):
        return canary
    if isinstance(value, list):
        return [_replaced(child, kind, canary) for child in value]
    return value


def _add_members(value: Any, name: str) -> None:
    for child in list(value.values() if isinstance(value, dict) else value):
        if isinstance(child, dict | list):
            _add_members(child, name)
    if isinstance(value, dict):
        value[name] = 1


def test_check_returns_the_value_or_raises_every_finding(learner: Any) -> None:
    assert schemas.check("learner", learner) is learner
    learner |= {"upn": CANARY, "dateOfBirth": CANARY}

    with pytest.raises(InvalidDocument) as caught:
        schemas.check("learner", learner)

    assert [finding.pointer for finding in caught.value.findings] == ["/dateOfBirth", "/upn"]
    assert str(caught.value) == "2 finding(s): schema.pattern"


def _nested(levels: int) -> Any:
    return json.loads("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    "odd",
    [
        {1: 2},
        {"a": {1, 2}},
        object(),
        datetime.date(2026, 9, 7),
        {"upn": "\ud800"},
        {"extensions": _nested(400)},
    ],
)
def test_what_is_not_json_gives_a_finding_and_no_traceback(odd: object) -> None:
    assert not schemas.is_valid("learner", odd)
    assert _one("learner", odd).code == "schema.not-json"


def test_a_flood_of_problems_is_cut_off() -> None:
    report = _example("final-report", "end-of-placement")
    report["achievements"] = [{"id": "", "text": ""} for _ in range(500)]

    assert 0 < len(schemas.validate("final-report", report)) <= 1000


def test_a_schema_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    for call in (schemas.validate, schemas.check, schemas.is_valid):
        with pytest.raises(UnknownName):
            call("report-card", {})
    with pytest.raises(UnknownName):
        schemas.schema("report-card")


def test_a_finding_is_shown_as_json() -> None:
    finding = Finding("schema.type", "error", "/upn", "It is wrong.", "Put it right.")

    assert finding.to_json() == {
        "code": "schema.type",
        "severity": "error",
        "pointer": "/upn",
        "message": "It is wrong.",
        "fix": "Put it right.",
    }


def test_a_receipt_says_why_it_rejects() -> None:
    receipt = _example("receipt", "rejected")
    assert schemas.validate("receipt", receipt) == ()

    found = _one("receipt", receipt | {"codes": []})

    assert (found.code, found.pointer) == ("schema.min-items", "/codes")


def test_a_chronology_has_entries_or_a_nil_return() -> None:
    entries = _example("safeguarding-chronology", "entries")
    nil = _example("safeguarding-chronology", "nil-return")
    assert schemas.validate("safeguarding-chronology", nil) == ()

    both = _one("safeguarding-chronology", entries | {"nilReturn": True})
    neither = _one("safeguarding-chronology", nil | {"nilReturn": False})

    assert both.fix.startswith("A nil return has no entries")
    assert neither.fix.startswith("Give at least one entry")
