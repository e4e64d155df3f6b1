"""S9: an authority's inclusion officer: oversight, part-time timetables, Year 11.

Deferred, because it belongs to a running gateway or a console: the batch with its row-level messages and the
duplicate in it, the queue by keyboard, small numbers, the labelled export.
"""

from typing import Any

import pytest

import schemas
from schemas import disclosure, routes

SHEET = "placement-notification"
LEAVING_DAY = "2027-06-25"


def ella(story: Any, **members: Any) -> None:
    plan = {"hasPlan": True, "maintainingLa": "999", "reviewMeetingDate": "2027-03-09"}
    own = {"preferredName": "Ella", "dateOfBirth": "2010-12-05", "yearGroup": "11", "ehcPlan": plan}
    story.about(**{**own, **members})
    story.placed(startDate="2026-09-07", plannedEndDate=LEAVING_DAY)


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ({}, "pass"),
        ({"exitStrategyInPlace": {"inPlace": False}}, "warning"),
        ({"prePlacementVisitStaff": {}}, "warning"),
    ],
)
def test_no_exit_strategy_or_no_visit_is_flagged(story: Any, members: Any, outcome: str) -> None:
    plain = {"exitStrategyInPlace": {"inPlace": True, "text": "Back part-time from January."}}
    plain |= {"prePlacementVisitStaff": {"name": "Mr D. Ainsley", "visitDate": "2026-09-02"}}
    story.tell(SHEET, "HS.APL", "2026-09-10T09:00:00Z", **{**plain, **members})
    assert story.says("LA-03", profile="leicestershire") == outcome


@pytest.mark.parametrize(
    ("told", "outcome"), [("2026-09-18T15:00:00Z", "pass"), ("2026-09-21T09:00:00Z", "error")]
)
def test_a_notification_after_the_fifth_school_day_is_late(story: Any, told: str, outcome: str) -> None:
    accepted = {"decision": "accepted", "date": "2026-09-11"}
    story.placed(commissioner={"organisation": "urn:ltp:org:ash-vale", "role": "school"})
    story.tell("placement-referral", "HS.APL", "2026-09-08T09:00:00Z", referralDecision=accepted)
    story.tell(SHEET, "HS.APL", told)
    assert story.says("LA-01") == outcome


def test_time_at_home_is_told_to_the_authority(story: Any) -> None:
    notice = story.tell(
        "part-time-timetable-notice", "HS.APL", "2026-09-10T09:00:00Z", timeAtHome={"minutesPerWeek": 300}
    )
    story.evidence["recipients"] = [{"organisation": "urn:ltp:org:hollow-farm", "role": "AP.LEAD"}]
    assert story.says("LA-05", profile="leicestershire") == "error"
    assert notice["timeAtHome"]
    story.evidence["recipients"].append({"organisation": "urn:ltp:org:northshire", "role": "LA.INC"})
    assert story.says("LA-05", profile="leicestershire") == "pass"


@pytest.mark.parametrize(("sent", "outcome"), [("2027-02-23", "pass"), ("2027-02-24", "warning")])
def test_a_contribution_goes_two_weeks_before_the_review_of_the_plan(
    story: Any, sent: str, outcome: str
) -> None:
    ella(story)
    meeting = {"reviewMeetingDate": "2027-03-09"}
    document = story.tell("ehcp-review-contribution", "AP.LEAD", f"{sent}T09:00:00Z", **meeting)
    story.sent(document, "ash-vale", "HS.SEN", f"{sent}T09:01:00Z", delivered=f"{sent}T09:01:10Z")
    assert story.says("REV-10") == outcome


def test_the_contribution_is_due_two_weeks_before(story: Any) -> None:
    ella(story)
    assert story.due("REV-10", "2027-02-15") == ["2027-02-23"]


def test_a_pupil_who_will_not_return_has_a_plan_with_an_owner_before_leaving(story: Any) -> None:
    ella(story)
    assert story.due("REI-08", "2027-06-14") == ["2027-06-24"]
    assert story.says("REI-08", today=LEAVING_DAY) == "error"
    owner = {"role": "HS.APL", "organisation": "urn:ltp:org:ash-vale", "name": "Mr D. Ainsley"}
    author = {"authorRole": "HS.APL", "authorOrg": "urn:ltp:org:ash-vale"}
    author |= {"authoredOn": "2027-06-10", "basis": "document"}
    plan = {"id": "dp1", "text": "College, catering.", "owner": owner, "provenance": author}
    support = {"id": "ws1", "text": "Calls from her key adult in July.", "provenance": author}
    story.tell(
        "destination-record", "HS.APL", "2027-06-10T09:00:00Z", destinationPlan=plan, wellbeingSupport=support
    )
    assert story.says("REI-08", today=LEAVING_DAY) == "pass"


def test_a_pupil_entitled_to_meals_has_an_arrangement(story: Any) -> None:
    ella(story, fsmEligible=True)
    assert story.says("FSM-01", today="2026-09-21", profile="trust-policy") == "error"
    duty = {"providerUnderEducationAct1996": True}
    story.tell(
        "fsm-arrangement", "HS.APL", "2026-09-02T09:00:00Z", fsmEligible=True, arrangement="meal", **duty
    )
    assert story.says("FSM-01", today="2026-09-21", profile="trust-policy") == "pass"


def test_each_authority_that_is_entitled_is_addressed(story: Any) -> None:
    ella(story, ehcPlan={"hasPlan": True, "maintainingLa": "998"})
    story.tell(SHEET, "HS.APL", "2026-09-10T09:00:00Z")
    story.evidence["recipients"] = [{"organisation": "urn:ltp:org:northshire", "role": "LA.INC"}]
    assert story.says("LA-07") in {"warning", "notEvaluable"}


def test_an_inclusion_officer_gets_no_profile_without_having_asked_and_then_only_a_summary(
    story: Any,
) -> None:
    profile, officer = "learner-transfer-profile", "LA.INC"
    assert routes.find(SHEET, "HS.APL", officer) is not None
    assert routes.find(profile, "HS.SEN", officer) is None
    assert routes.find(profile, "HS.SEN", officer, frozenset({"requestedByAuthority"})) is not None
    document = story.tell(profile, "HS.SEN", "2026-09-14T09:00:00Z", like="start-of-placement")
    seen = disclosure.view(profile, document, [officer])
    assert "startingPoints" not in seen
    assert all("text" not in strength for strength in seen.get("currentStrengths", []))


def test_a_sheet_without_a_date_of_birth_is_refused(story: Any) -> None:
    sheet = story.tell(SHEET, "HS.APL", "2026-09-10T09:00:00Z")
    assert not story.rejects("LA-02")
    del sheet["pupilDateOfBirth"]
    assert story.rejects("LA-02")


def test_the_list_of_children_not_in_school_is_watched_only_where_chosen(story: Any) -> None:
    story.placed(commissioner={"organisation": "urn:ltp:org:ash-vale", "role": "school"})
    watched = schemas.names()
    assert SHEET in watched
    assert story.results("POL-02") == []
    assert {result.outcome for result in story.results("POL-02", profile="policy-watch")} <= {
        "info",
        "notEvaluable",
    }
