"""S1: an off-site direction notice that is sent too late.

Deferred, because it belongs to a running gateway or a console: the receipt that shows when the notice was
opened.
"""

from typing import Any

import pytest

from schemas import disclosure

START = "2026-09-21"
NOTICE = "offsite-direction-notice"


def notice(story: Any, day: str, **members: Any) -> Any:
    story.about(preferredName="Jay", dateOfBirth="2013-02-14", yearGroup="9")
    story.placed(
        placementBasis="offSiteDirection", startDate=START, plannedEndDate="2026-11-20", maximumPeriodDays=24
    )
    own = {"noticeDateTime": f"{day}T13:00:00Z", "startDate": START, "numberOfDays": 24}
    agreed = {"parentalAgreement": "agreed", "refusalRecord": None, "recipientType": "parent"}
    return story.tell(NOTICE, "HS.HT", f"{day}T13:00:00Z", **{**own, **agreed, **members})


@pytest.mark.parametrize(
    ("day", "outcome"), [("2026-09-18", "error"), ("2026-09-17", "warning"), ("2026-09-16", "pass")]
)
def test_two_clear_school_days_two_days_and_fewer(story: Any, day: str, outcome: str) -> None:
    notice(story, day)
    assert story.says("OSD-01") == outcome


def test_a_notice_that_is_too_late_names_the_earliest_lawful_start(story: Any) -> None:
    notice(story, "2026-09-18")
    [result] = story.results("OSD-01")
    assert "Wednesday 2026-09-23" in result.fix


def test_a_late_notice_is_delivered_and_flagged_and_not_blocked(story: Any) -> None:
    notice(story, "2026-09-18")
    assert not story.rejects("OSD-01")


def test_one_session_time_missing_is_refused_and_named(story: Any) -> None:
    two = {"morningStart": "09:15", "afternoonEnd": "15:00", "breakStart": "12:00"}
    notice(story, "2026-09-16", sessionsPerDay=2, sessionTimes=two)
    [result] = [result for result in story.results("OSD-02") if result.rejects]
    assert result.pointers == ("/documents/0/sessionTimes/breakEnd",)


def test_all_four_session_times_pass(story: Any) -> None:
    two = {"morningStart": "09:15", "breakStart": "12:00", "breakEnd": "12:45", "afternoonEnd": "15:00"}
    notice(story, "2026-09-16", sessionsPerDay=2, sessionTimes=two)
    assert story.says("OSD-02") == "pass"


def test_a_refusal_without_its_record_is_refused(story: Any) -> None:
    notice(story, "2026-09-16", parentalAgreement="refused")
    assert story.rejects("OSD-10")


def test_a_refusal_with_its_record_passes(story: Any) -> None:
    refused = {"text": "Her mother declined at the meeting.", "date": "2026-09-15"}
    notice(story, "2026-09-16", parentalAgreement="refused", refusalRecord=refused)
    assert story.says("OSD-10") == "pass"


def test_a_notice_that_does_not_say_that_it_is_no_exclusion_is_refused(story: Any) -> None:
    document = notice(story, "2026-09-16")
    assert story.says("OSD-04") == "pass"
    document["notAnExclusionStatement"] = False
    assert story.rejects("OSD-04")


@pytest.mark.parametrize(("status", "outcome"), [("dualMain", "pass"), ("single", "error")])
def test_at_a_registered_school_the_pupil_is_dual_registered_from_the_first_day(
    story: Any, status: str, outcome: str
) -> None:
    notice(story, "2026-09-16")
    beacon = {
        "organisation": "urn:ltp:org:beacon",
        "providerName": "Beacon AP Academy",
        "registeredSchool": {"registered": True, "urn": "999001"},
        "settingType": "apAcademy",
    }
    story.placed(provider=beacon)
    story.about(registrationStatus=status)
    assert story.says("ATT-04", today=START) == outcome


def test_the_provider_sees_the_facts_of_the_notice_and_not_the_parents_refusal(story: Any) -> None:
    refused = {"text": "Her mother declined at the meeting.", "date": "2026-09-15"}
    document = notice(story, "2026-09-16", parentalAgreement="refused", refusalRecord=refused)
    seen = disclosure.view(NOTICE, document, ["AP.LEAD"])
    assert seen["startDate"] == START
    assert seen["reportToPerson"] == document["reportToPerson"]
    assert "refusalRecord" not in seen
