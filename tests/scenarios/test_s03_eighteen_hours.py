"""S3: an unregistered setting and the line of eighteen hours a week.

Deferred, because it belongs to a running gateway or a console: raising the concern with the authority in one
step, and who is shown which count.
"""

import json
from typing import Any

import pytest

HOUR = 60


def mia(story: Any, minutes: int, full_time_already: int = 4, **about: Any) -> None:
    """A pupil for whom a place at Hollow Farm is proposed, beside others whom the same gateway saw there."""
    story.about(**{"preferredName": "Mia", "dateOfBirth": "2013-11-02", "yearGroup": "8", **about})
    story.placed(minutesPerWeek=minutes)
    story.evidence["providerPlacements"] = [
        {
            "placementId": f"5c81d0a7-3e42-4b96-8f15-00000000b{number:03}",
            "minutesPerWeek": 20 * HOUR,
            "compulsorySchoolAge": True,
            "ehcPlan": False,
            "lookedAfter": False,
            "startDate": "2026-09-07",
        }
        for number in range(full_time_already)
    ]


def test_eighteen_hours_are_not_more_than_eighteen_but_near(story: Any) -> None:
    mia(story, 18 * HOUR)
    assert story.says("REG-01") == "pass"
    assert story.says("REG-03", profile="trust-policy") == "pass"
    [near] = [r for r in story.results("REG-04", profile="leicestershire") if r.outcome == "warning"]
    assert "at least 4" in near.message


def test_half_an_hour_more_makes_the_fifth_pupil(story: Any) -> None:
    mia(story, 18 * HOUR + 30)
    assert story.says("REG-01") == "error"
    assert story.says("REG-03", profile="trust-policy") == "error"


def test_four_pupils_in_all_are_below_the_line(story: Any) -> None:
    mia(story, 18 * HOUR + 30, full_time_already=3)
    assert story.says("REG-01") == "pass"


def test_one_pupil_with_a_plan_is_enough(story: Any) -> None:
    plan = {"hasPlan": True, "maintainingLa": "999"}
    mia(story, 18 * HOUR + 30, full_time_already=0, preferredName="Tom", ehcPlan=plan)
    assert story.says("REG-02") == "error"


def test_a_pupil_without_a_plan_who_is_not_looked_after_is_not(story: Any) -> None:
    mia(story, 18 * HOUR + 30, full_time_already=0)
    assert story.says("REG-02") == "pass"


def test_hours_at_two_providers_are_not_added_for_registration_but_are_for_the_school_week(
    story: Any,
) -> None:
    mia(story, 12 * HOUR, full_time_already=0)
    elsewhere = {**story.placement, "minutesPerWeek": 8 * HOUR}
    elsewhere |= {"placementId": "5c81d0a7-3e42-4b96-8f15-00000000c001"}
    story.evidence["otherPlacements"] = [elsewhere]
    assert story.says("REG-01") == "pass"
    assert story.says("REG-02") == "pass"
    assert any("20" in result.message for result in story.results("PLC-05", profile="leicestershire"))


@pytest.mark.parametrize(
    ("registered", "setting", "outcome"),
    [
        ({"registered": False}, "unregistered", "pass"),
        ({"registered": True, "urn": "999001"}, "apAcademy", "pass"),
        ({"registered": False, "urn": "999001"}, "unregistered", "error"),
        ({"registered": True}, "apAcademy", "error"),
    ],
)
def test_a_provider_is_either_a_school_with_its_number_or_none(
    story: Any, registered: Any, setting: str, outcome: str
) -> None:
    listed = {"listed": True, "listName": "Northshire directory"}
    provider = {**story.placement["provider"], "registeredSchool": registered, "settingType": setting}
    story.placed(provider={**provider, "onLocalDirectory": listed})
    assert story.says("REG-05") == outcome


def test_no_result_names_another_pupil_or_placement(story: Any) -> None:
    mia(story, 18 * HOUR + 30)
    said = json.dumps([str(result) for rule in ("REG-01", "REG-03") for result in story.results(rule)])
    assert "00000000b0" not in said
    assert "Mia" not in said


def test_the_concern_that_the_school_raises_carries_counts_and_says_that_they_are_a_lower_bound(
    story: Any,
) -> None:
    counts = {"pupilsFullTime": 5, "maxMinutesPerWeek": 1200, "ehcpOrLacPupils": 0, "lowerBound": True}
    concern = story.tell("registration-concern", "HS.APL", "2026-10-01T09:00:00Z", evidence=counts)
    assert concern["evidence"]["lowerBound"] is True
