"""A document of a newer minor version as an older one would write it, with what that loses."""

import copy
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from schemas import versions
from schemas.findings import InvalidDocument, UnknownName
from schemas.registry import SchemaSet, current
from schemas.versions import convert

Lower = Callable[[str, dict[str, Any]], tuple[Any, dict[str, str]]]

V1 = Path(str(resources.files("schemas"))) / "v1"
NAMES = [name for name in schemas.names() if name not in ("common", "document")]
EXAMPLES = sorted(V1.glob("examples/*/valid/*.json"))
PROVENANCE = {
    "authorRole": "AP.KEY",
    "authorOrg": "urn:ltp:org:hollow-farm",
    "authoredOn": "2026-12-14",
    "basis": "observed",
}


def example(name: str, stem: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((V1 / "examples" / name / "valid" / f"{stem}.json").read_text("utf-8"))
    return value


@pytest.fixture
def lowered(minor: SchemaSet) -> Lower:
    """Write a document of 1.1 as 1.0; the findings as pointer to message."""

    def lower(name: str, value: dict[str, Any]) -> tuple[Any, dict[str, str]]:
        assert minor.validator(name).is_valid(value)
        older, findings = convert(name, value, minor, current())
        assert schemas.validate(name, older) == ()
        assert {(finding.code, finding.severity) for finding in findings} <= {("version.left-out", "warning")}
        return older, {finding.pointer: finding.message for finding in findings}

    return lower


def test_what_an_older_version_does_not_know_is_left_out_and_named(lowered: Lower) -> None:
    before = example("final-report", "end-of-placement")
    value = copy.deepcopy(before) | {"schemaVersion": "1.1", "nextStep": "Visit the college."}
    value["recommendedSupport"][0]["cost"] = 4500

    older, lost = lowered("final-report", value)

    assert older == before
    assert lost == {
        "/nextStep": "'Note on the next step' cannot be said in version 1.0 of the standard and is left out.",
        "/recommendedSupport/0/cost": "'Cost in pence' cannot be said in version 1.0 of the standard and is left out.",
    }
    assert "nextStep" in value


def test_a_value_that_an_older_version_does_not_know_goes_with_what_cannot_be_without_it(
    lowered: Lower,
) -> None:
    value = example("final-report", "end-of-placement") | {"schemaVersion": "1.1"}
    first = value["behaviourChangeEvidence"][0]
    filmed = [first | {"id": "f1", "type": "video"}, first, first | {"id": "f2", "type": "video"}]
    value["behaviourChangeEvidence"] = filmed

    older, lost = lowered("final-report", value)

    # The kind of evidence is required, so evidence of a kind that is not known goes as a whole.
    assert older["behaviourChangeEvidence"] == [first]
    assert sorted(lost) == ["/behaviourChangeEvidence/0", "/behaviourChangeEvidence/2"]


def test_a_value_that_may_be_missing_goes_alone(lowered: Lower) -> None:
    need = {"id": "n1", "status": "paused", "provenance": PROVENANCE}
    value = example("learner-transfer-profile", "start-of-placement")
    value |= {"schemaVersion": "1.1", "areasOfNeed": [need]}

    older, lost = lowered("learner-transfer-profile", value)

    assert older["areasOfNeed"] == [{"id": "n1", "provenance": PROVENANCE}]
    assert list(lost) == ["/areasOfNeed/0/status"]


def test_nothing_is_reported_where_nothing_is_lost(minor: SchemaSet) -> None:
    for path in EXAMPLES:
        value = json.loads(path.read_text("utf-8"))
        assert convert(path.parent.parent.name, value, minor, current()) == (value, ())


def test_a_document_of_this_version_stays_as_it_is() -> None:
    value = example("learner", "complete")

    assert versions.down_convert("learner", value, schemas.VERSION) == (value, ())


def test_the_documents_of_a_bundle_are_written_in_the_older_version_too(lowered: Lower) -> None:
    value = example("bundle", "notification-to-local-authority")
    value["documents"][0]["schemaVersion"] = "1.1"

    older, lost = lowered("bundle", value)

    assert older["documents"][0]["schemaVersion"] == "1.0"
    assert lost == {}


def test_a_type_of_document_that_an_older_version_does_not_have_is_refused(minor: SchemaSet) -> None:
    value = example("pupil-voice", "end-of-placement") | {
        "type": "pupil-diary",
        "schemaVersion": "1.1",
    }
    assert minor.validator("pupil-diary").is_valid(value)

    with pytest.raises(InvalidDocument, match=r"version\.unknown-type"):
        convert("pupil-diary", value, minor, current())


def test_a_bundle_of_which_nothing_would_be_left_is_refused(minor: SchemaSet) -> None:
    value = example("bundle", "notification-to-local-authority")
    diary = example("pupil-voice", "end-of-placement") | {
        "type": "pupil-diary",
        "schemaVersion": "1.1",
    }
    value["documents"] = [diary]
    assert minor.validator("bundle").is_valid(value)

    with pytest.raises(InvalidDocument, match=r"version\.not-convertible"):
        convert("bundle", value, minor, current())


def test_a_version_that_nobody_knows_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(UnknownName):
        versions.down_convert("learner", example("learner", "complete"), "0.9")


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_document_of_a_minor_version_is_written_in_the_one_before_or_refused(
    name: str, minor: SchemaSet, valid: Any, data: st.DataObject
) -> None:
    value = data.draw(valid(name, minor))
    try:
        older, findings = convert(name, value, minor, current())
    except InvalidDocument as refusal:
        codes = {finding.code for finding in refusal.findings}
    else:
        codes = {finding.code for finding in findings}
        assert schemas.validate(name, older) == ()
        assert bool(findings) == (older != _as_1_0(value))
    assert codes in (set(), {"version.left-out"}, {"version.not-convertible"})


def _as_1_0(value: dict[str, Any]) -> dict[str, Any]:
    """The value with nothing but the version changed."""
    documents = {"documents": [part | {"schemaVersion": "1.0"} for part in value.get("documents", ())]}
    stamp = {"schemaVersion": "1.0"} if "schemaVersion" in value else {}
    return value | stamp | (documents if "documents" in value else {})
