"""S7: coming back: the final report, readiness, and the wobble afterwards.

Deferred, because it belongs to a running gateway or a console: opening and accepting the report, the arrow on
the printed page (its own tests hold it), and alerting the provider's adviser.
"""

from typing import Any

import pytest

import schemas
from schemas import disclosure

REPORT = "final-report"
RETURN = "2027-01-04"
AREA = "pmi.self-management"
DEMO_1, DEMO_2 = "urn:ltp:scale:demo-5:1", "urn:ltp:scale:demo-5:2"
SDQ_TEACHER, SDQ_PARENT = "urn:ltp:scale:sdq-teacher:1", "urn:ltp:scale:sdq-parent:1"


def provenance(day: str) -> Any:
    farm = "urn:ltp:org:hollow-farm"
    return {"authorRole": "AP.LEAD", "authorOrg": farm, "authoredOn": day, "basis": "observed"}


def judged(phase: str, scale: str, raw: int, informant: str = "teacher") -> Any:
    day = "2026-09-14" if phase == "startingPoint" else "2026-12-14"
    return {
        "id": f"a-{phase.lower()}",
        "areaRef": AREA,
        "phase": phase,
        "status": "assessed",
        "value": {"scaleRef": scale, "raw": raw},
        "assessedOn": day,
        "assessor": {"role": "AP.LEAD", "organisation": "urn:ltp:org:hollow-farm", "name": "Bryony Tate"},
        "informant": informant,
        "setting": "ap",
        "evidence": [{"type": "observation", "date": day, "summary": "Seen in four lessons."}],
        "provenance": provenance(day),
    }


def report(story: Any, start: Any, end: Any, at: str = "2026-12-17T15:00:00Z") -> Any:
    story.about(preferredName="Leah", dateOfBirth="2012-06-20", yearGroup="9")
    story.placed(startDate="2026-09-07", plannedEndDate="2026-12-18")
    pair = {"areaRef": AREA, "start": start, "end": end}
    return story.tell(
        REPORT, "AP.LEAD", at, like="end-of-placement", frameworkProgress=[pair], interventionsAndImpact=None
    )


def plan(story: Any, **members: Any) -> Any:
    meeting = {"date": "2026-12-16", "parentsInvited": True}
    own = {"returnDate": RETURN, "reintegrationMeeting": meeting, "holdReason": None}
    return story.tell(
        "reintegration-plan",
        "AP.LEAD",
        "2026-12-16T10:00:00Z",
        "finalised-before-return",
        **{**own, **members},
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (judged("startingPoint", DEMO_1, 2), judged("final", DEMO_2, 4)),
        (judged("startingPoint", SDQ_TEACHER, 21), judged("final", SDQ_PARENT, 15, "parent")),
    ],
    ids=["two versions of a scale", "teacher and parent"],
)
def test_what_cannot_be_compared_is_said_and_the_report_still_travels(
    story: Any, start: Any, end: Any
) -> None:
    report(story, start, end)
    assert story.says("PRF-03") in {"info", "warning"}
    assert not story.rejects("PRF-03")


def test_after_scoring_again_on_the_first_version_it_can_be_compared(story: Any) -> None:
    report(story, judged("startingPoint", DEMO_1, 2), judged("final", DEMO_1, 4))
    assert story.says("PRF-03") == "pass"


def test_seven_of_ten_readiness_statements_hold_nothing_up_and_make_no_score(story: Any) -> None:
    items = [
        {"statementId": f"mr{number}", "status": "met" if number <= 7 else "notYet"}
        for number in range(1, 11)
    ]
    checklist = {"id": "rc1", "items": items, "date": "2026-12-10", "provenance": provenance("2026-12-10")}
    document = plan(story, readinessChecklist=checklist)
    assert not any(story.rejects(rule) for rule in ("REI-01", "REI-05", "REI-06"))
    scored = {**document, "readinessChecklist": {**checklist, "score": 7}}
    assert [finding.pointer for finding in schemas.validate("reintegration-plan", scored)] == [
        "/readinessChecklist/score"
    ]


def test_class_staff_see_the_strategies_with_their_delivery(story: Any) -> None:
    document = report(story, judged("startingPoint", DEMO_1, 2), judged("final", DEMO_1, 4))
    seen = disclosure.view(REPORT, document, ["HS.TCH"])
    assert [entry["id"] for entry in seen["whatWorks"]] == [entry["id"] for entry in document["whatWorks"]]
    assert all("delivery" in entry for entry in seen["whatWorks"])


@pytest.mark.parametrize(
    ("arrives", "outcome"), [("2026-12-18T09:00:00Z", "pass"), ("2027-01-05T09:00:00Z", "error")]
)
def test_the_report_arrives_before_the_return(story: Any, arrives: str, outcome: str) -> None:
    document = report(story, judged("startingPoint", DEMO_1, 2), judged("final", DEMO_1, 4))
    plan(story)
    story.sent(document, "ash-vale", "HS.HT", arrives, delivered=arrives)
    assert story.says("REI-02", today="2027-01-06") == outcome


def test_a_report_without_evidence_of_behaviour_is_refused(story: Any) -> None:
    document = report(story, judged("startingPoint", DEMO_1, 2), judged("final", DEMO_1, 4))
    assert not story.rejects("REI-03")
    document["behaviourChangeEvidence"] = []
    assert story.rejects("REI-03")


def test_nobody_holds_a_return_up_because_the_parents_stayed_away(story: Any) -> None:
    plan(story)
    assert story.says("REI-05") == "pass"


def test_whoever_does_is_told(story: Any) -> None:
    plan(story, holdReason="parentNonAttendance")
    assert story.says("REI-05") == "error"
    assert not story.rejects("REI-05")


def test_a_reduced_timetable_without_an_end_is_refused(story: Any) -> None:
    notice = story.tell("part-time-timetable-notice", "HS.APL", "2027-01-04T09:00:00Z")
    assert not story.rejects("PLC-16")
    del notice["timeLimitDate"]
    assert story.rejects("PLC-16")


@pytest.mark.parametrize(("day", "outcome"), [("2027-01-04", "pass"), ("2027-01-05", "error")])
def test_the_pupils_views_are_recorded_before_the_return(story: Any, day: str, outcome: str) -> None:
    plan(story)
    words = {"id": "v1", "text": "I know who to go to now.", "ownWords": True, "provenance": provenance(day)}
    story.tell(
        "pupil-voice", "HS.HT", f"{day}T08:00:00Z", date=day, viewsOnSuccess=words, occasion="beforeReturn"
    )
    assert story.says("REI-04", today="2027-01-06", profile="trust-policy") == outcome


def test_the_authority_sees_only_the_outcome_of_the_monitoring(story: Any) -> None:
    document = story.tell("post-reintegration-monitoring", "HS.SEN", "2027-01-25T15:00:00Z")
    document["sustainedProgress"] = {"outcome": "wobble"}
    seen = disclosure.view("post-reintegration-monitoring", document, ["LA.INC"])
    assert seen["sustainedProgress"] == {"outcome": "wobble"}
    assert not {"adjustment", "emergingDifficulties", "settlingIn"} & set(seen)


def test_an_early_warning_sign_names_the_sign_of_the_profile_that_it_matches(story: Any) -> None:
    sign = {"id": "e1", "sign": "Left two lessons early.", "date": "2027-01-22", "warningSignRefs": ["w1"]}
    document = story.tell(
        "post-reintegration-monitoring",
        "HS.SEN",
        "2027-01-25T15:00:00Z",
        emergingDifficulties=[{**sign, "provenance": provenance("2027-01-22")}],
    )
    assert document["emergingDifficulties"][0]["warningSignRefs"] == ["w1"]
