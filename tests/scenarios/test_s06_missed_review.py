"""S6: a half-termly review that was missed, and a placement that ended.

Deferred, because it belongs to a console: closing the record although it is not complete.
"""

from typing import Any

import pytest

WEEK = [{"weekday": day, "session": half, "location": "Hollow Farm"} for day in
        ("monday", "tuesday", "wednesday", "thursday", "friday") for half in ("AM", "PM")]  # fmt: skip


def placed(story: Any) -> None:
    story.placed(startDate="2026-09-07", plannedEndDate="2027-03-25", attendancePattern=WEEK)


def review(story: Any, day: str, kind: str = "halfTermly", **members: Any) -> Any:
    number = members.pop("formalReviewNumber", None)
    own = {"reviewType": kind, "reviewDate": day, "formalReviewNumber": number, "requestedBy": None}
    return story.tell("placement-review", "HS.APL", f"{day}T15:00:00Z", **{**own, **members})


def ended(story: Any, **members: Any) -> Any:
    nothing = {"progress": True, "achievements": False, "destination": False, "pupilAssessment": False}
    own = {"endDate": "2027-01-29", "endReason": "insufficientProgress", "recordComplete": nothing}
    return story.tell("placement-end", "HS.APL", "2027-01-29T15:00:00Z", **{**own, **members})


def test_the_first_half_of_autumn_passed_without_a_review(story: Any) -> None:
    placed(story)
    review(story, "2026-11-09")
    assert story.says("REV-01", today="2026-11-10") == "error"


def test_a_review_in_each_half_term_passes(story: Any) -> None:
    placed(story)
    review(story, "2026-10-12")
    review(story, "2026-11-09")
    assert story.says("REV-01", today="2026-11-10") == "pass"


def test_the_first_review_is_due_on_the_last_day_before_the_half_term(story: Any) -> None:
    placed(story)
    [day] = story.due("REV-01", "2026-10-12")
    assert "2026-10-23" <= day < "2026-11-02"


def test_ten_sessions_are_one_week_of_five_days(story: Any) -> None:
    placed(story)
    for day in ("2026-09-21", "2026-10-19"):
        story.tell("visit-record", "HS.APL", f"{day}T15:00:00Z", visitDate=day)
    assert story.says("REV-03", today="2026-10-20", profile="trust-policy") == "warning"


def test_a_visit_every_week_passes(story: Any) -> None:
    placed(story)
    for day in ("2026-09-11", "2026-09-18", "2026-09-25"):
        story.tell("visit-record", "HS.APL", f"{day}T15:00:00Z", visitDate=day)
    assert story.says("REV-03", today="2026-09-28", profile="trust-policy") == "pass"


def test_the_termly_report_is_due_on_the_last_day_of_term(story: Any) -> None:
    placed(story)
    assert story.due("REV-02", "2026-12-14") == ["2026-12-18"]


def test_a_termly_report_meets_it(story: Any) -> None:
    placed(story)
    period = {"periodStart": "2026-09-01", "periodEnd": "2026-12-18"}
    story.tell("termly-report", "AP.LEAD", "2026-12-17T15:00:00Z", **period)
    assert story.says("REV-02", today="2027-01-04", profile="trust-policy") == "pass"


@pytest.mark.parametrize(("formal", "outcome"), [(2, "warning"), (3, "pass")])
def test_an_end_for_insufficient_progress_follows_three_formal_reviews(
    story: Any, formal: int, outcome: str
) -> None:
    placed(story)
    for number, day in enumerate(("2026-11-30", "2027-01-11", "2027-01-25")[:formal], 1):
        review(story, day, "formal", formalReviewNumber=number)
    ended(story)
    assert story.says("REV-07", profile="trust-policy") == outcome


def test_an_end_for_safeguarding_needs_none(story: Any) -> None:
    placed(story)
    ended(story, endReason="safeguarding")
    assert story.says("REV-07", profile="trust-policy") in {"pass", "notApplicable"}


def test_an_end_without_the_pupils_own_assessment_is_an_error(story: Any) -> None:
    placed(story)
    ended(story)
    assert story.says("REV-11") == "error"


@pytest.mark.parametrize("declined", [True, False])
def test_the_pupils_own_assessment_or_the_day_on_which_it_was_declined_meets_it(
    story: Any, declined: bool
) -> None:
    placed(story)
    voice: dict[str, Any] = {"date": "2027-01-27", "occasion": "end"}
    if declined:
        voice |= {"ownAssessmentOfPlacement": None, "declinedOn": "2027-01-27"}
    else:
        words = {"id": "v1", "text": "I liked the horses.", "ownWords": True, "provenance": spoken()}
        voice |= {"ownAssessmentOfPlacement": words, "declinedOn": None}
    story.tell("pupil-voice", "AP.KEY", "2027-01-27T15:00:00Z", **voice)
    ended(story)
    assert story.says("REV-11") == "pass"


def spoken() -> Any:
    return {
        "authorRole": "PUP",
        "authorOrg": "urn:ltp:org:hollow-farm",
        "authoredOn": "2027-01-27",
        "basis": "reported",
    }


def test_an_ended_placement_without_a_destination_is_an_error(story: Any) -> None:
    placed(story)
    ended(story)["destinationRef"] = None
    assert story.says("REI-07", today="2027-02-01") == "error"


def test_the_record_may_be_closed_and_names_what_it_lacks(story: Any) -> None:
    placed(story)
    ended(story)
    [result] = [found for found in story.results("LA-06") if found.outcome == "error"]
    assert not result.rejects
    assert [place.rsplit("/", 1)[1] for place in sorted(result.pointers)] == [
        "achievements", "destination", "pupilAssessment"
    ]  # fmt: skip


@pytest.mark.parametrize(("last", "outcome"), [("2027-01-12", "pass"), ("2026-11-02", "warning")])
def test_a_parents_request_is_met_by_a_review_of_the_last_ten_weeks(
    story: Any, last: str, outcome: str
) -> None:
    """Twenty January is eight days after the one and more than ten weeks after the other."""
    placed(story)
    story.placed(placementBasis="offSiteDirection")
    review(story, last)
    asked = {"code": "parent", "date": "2027-01-20"}
    review(story, "2027-02-25", "onRequest", requestedBy=asked)
    story.documents[-1]["createdAt"] = "2027-02-25T15:00:00Z"
    assert story.says("OSD-11", today="2027-02-25", profile="trust-policy") == outcome
