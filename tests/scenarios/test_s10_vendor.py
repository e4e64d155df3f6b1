"""S10: what a vendor's product must refuse, at the level of documents and findings.

"Level" is replaced by role statements. Deferred, because it belongs to the conformance suite or to an adapter:
the verdicts and the signed report, the common transfer file with the same pupil twice, the very large
attachment, the formula in a CSV. An altered byte, an expired and a replayed message stand in tests/signing and
tests/gateway, the external entity in tests/adapters.
"""

import copy
from typing import Any

import pytest

import schemas

PROFILE = "learner-transfer-profile"


def profile(story: Any) -> Any:
    return story.tell(PROFILE, "HS.SEN", "2026-09-14T09:00:00Z", like="start-of-placement")


def first_assessment(document: Any) -> Any:
    return document["startingPoints"][0]


@pytest.mark.parametrize(
    "area", ["sed.juggling", "esi.self-management"], ids=["no such area", "wrong domain"]
)
def test_an_area_outside_the_eighteen_or_under_another_domain_is_refused(story: Any, area: str) -> None:
    document = profile(story)
    assert not story.rejects("PRF-01")
    first_assessment(document)["areaRef"] = area
    assert story.rejects("PRF-01")


def test_a_value_outside_its_scale_is_refused(story: Any) -> None:
    document = profile(story)
    assert not story.rejects("PRF-05")
    first_assessment(document)["value"] = {"scaleRef": "urn:ltp:scale:demo-5:1", "raw": 6}
    assert story.rejects("PRF-05")


def test_the_wording_of_a_licensed_instrument_is_refused(story: Any) -> None:
    document = profile(story)
    assert not story.rejects("PRF-10")
    judged = first_assessment(document)
    judged["value"] = {"scaleRef": "urn:ltp:scale:sdq-teacher:1", "raw": 3}
    judged["extensions"] = {"itemResponses": [1, 2, 0]}
    assert story.rejects("PRF-10") or schemas.validate(PROFILE, document)


def test_a_bundle_to_a_role_outside_the_matrix_is_refused(story: Any) -> None:
    profile(story)
    story.evidence["recipients"] = [{"organisation": "urn:ltp:org:northshire", "role": "LA.INC"}]
    assert story.rejects("DPX-02")
    story.evidence["recipients"] = [{"organisation": "urn:ltp:org:hollow-farm", "role": "AP.LEAD"}]
    assert not story.rejects("DPX-02")


def test_safeguarding_text_in_a_profile_is_refused(story: Any) -> None:
    document = profile(story)
    assert not story.rejects("PRF-09")
    document["currentStrengths"][0]["sensitivity"] = "CR"
    assert story.rejects("PRF-09")


@pytest.mark.parametrize(
    ("kind", "change", "place"),
    [
        (PROFILE, {"readinessScore": 7}, "/readinessScore"),
        ("learner", {"dateOfBirth": "2013-02-31"}, "/dateOfBirth"),
        ("learner", {"upn": "Z99910011900100"}, "/upn"),
    ],
)
def test_the_schema_refuses_and_names_the_place(story: Any, kind: str, change: Any, place: str) -> None:
    value = profile(story) if kind == PROFILE else story.learner
    assert schemas.validate(kind, value) == ()
    [finding] = schemas.validate(kind, {**copy.deepcopy(value), **change})
    assert finding.pointer == place


def test_two_sessions_with_two_times_are_refused(story: Any) -> None:
    times = {"morningStart": "09:15", "breakStart": "12:00", "breakEnd": "12:45", "afternoonEnd": "15:00"}
    notice = story.tell(
        "offsite-direction-notice", "HS.HT", "2026-09-16T13:00:00Z", sessionsPerDay=2, sessionTimes=times
    )
    assert not story.rejects("OSD-02")
    notice["sessionTimes"] = {"morningStart": "09:15", "afternoonEnd": "15:00"}
    assert story.rejects("OSD-02")
