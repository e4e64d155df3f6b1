"""S2: day six, suspensions counted together, and forty-eight hours.

Deferred, because it belongs to a running gateway or a console: that the text message reached the parent.
"""

from typing import Any

import pytest

from schemas import disclosure

NOTICE = "suspension-provision-notice"
PERIODS = [{"start": "2026-10-05", "end": "2026-10-08"}, {"start": "2026-10-09", "end": "2026-10-14"}]


def told(story: Any, start: str = "2026-10-12", at: str = "2026-10-10T10:00:00Z", **members: Any) -> Any:
    """Kiran's second notice; 11:00 on Saturday 10 October is 10:00 in UTC, as the clocks have not changed."""
    story.about(preferredName="Kiran", dateOfBirth="2012-01-20", yearGroup=members.pop("year", "10"))
    story.placed(placementBasis="suspensionDay6", startDate=start)
    own = {
        "exclusionType": "suspension",
        "exclusionPeriods": PERIODS,
        "noticeDateTime": at,
        "noticeStage": "subsequent",
        "notYetAscertainable": None,
        "provisionStartDate": start,
        "provisionTimes": {
            "morningStart": "09:15", "breakStart": "12:00", "breakEnd": "12:45", "afternoonEnd": "15:00"
        },
        "provisionAddress": {"lines": ["Beacon AP Academy", "Station Road"], "postcode": "ZZ99 4AB"},
        "reportToPerson": {"name": "Imran Vale", "role": "Lead"},
        "noticeChannel": "text",
        "shortNoticeParentConsent": None,
        "workSetAndMarked": True,
    }  # fmt: skip
    return story.tell(NOTICE, "HS.HT", at, **{**own, **members})


def test_the_two_suspensions_are_counted_together_and_day_six_is_the_twelfth(story: Any) -> None:
    told(story)
    assert story.says("SUS-02") == "pass"
    assert story.says("SUS-01") == "pass"


def test_one_school_day_later_is_day_seven(story: Any) -> None:
    told(story, start="2026-10-13")
    assert story.says("SUS-01") == "error"


def test_forty_six_hours_and_a_quarter_are_fewer_than_forty_eight(story: Any) -> None:
    told(story)
    assert story.says("SUS-05") == "error"
    assert not story.rejects("SUS-05")


def test_exactly_forty_eight_hours_are_enough(story: Any) -> None:
    told(story, at="2026-10-10T08:15:00Z")
    assert story.says("SUS-05") == "pass"


def test_consent_does_not_cure_it_on_day_six(story: Any) -> None:
    told(story, shortNoticeParentConsent={"consented": True, "date": "2026-10-10"})
    assert story.says("SUS-06") == "error"


def test_consent_cures_it_before_day_six(story: Any) -> None:
    consent = {"consented": True, "date": "2026-10-08"}
    told(story, start="2026-10-09", at="2026-10-08T08:15:00Z", shortNoticeParentConsent=consent)
    assert story.says("SUS-06") == "pass"


def test_a_looked_after_child_is_provided_for_from_day_one_and_the_plan_is_updated(story: Any) -> None:
    story.about(lookedAfter=True, careAuthority="999")
    told(story)
    assert story.says("SUS-03", profile="trust-policy") == "warning"


def test_a_looked_after_child_who_is_excluded_for_good_needs_an_updated_plan(story: Any) -> None:
    story.about(lookedAfter=True, careAuthority="999")
    told(story, exclusionType="permanent", pepUpdated=False)
    assert story.says("SUS-09", profile="trust-policy") == "warning"


@pytest.mark.parametrize(("year", "outcome"), [("11", "notApplicable"), ("10", "error")])
def test_the_duty_ends_for_year_eleven_without_examinations(story: Any, year: str, outcome: str) -> None:
    told(story, start="2026-10-13", year=year, noFurtherPublicExams=True)
    assert story.says("SUS-01") == outcome


def test_the_authoritys_copy_carries_nothing_about_the_incident(story: Any) -> None:
    document = told(story)
    seen = disclosure.view(NOTICE, document, ["LA.INC"])
    assert not {"reasons", "incidentsSummary"} & set(seen)
    assert seen["provisionStartDate"] == "2026-10-12"


@pytest.mark.parametrize(
    ("written", "outcome"),
    [("2026-10-19T09:00:00Z", "pass"), ("2026-10-20T09:00:00Z", "error")],
)
def test_a_plan_for_the_way_back_is_asked_for_within_five_school_days(
    story: Any, written: str, outcome: str
) -> None:
    told(story)
    story.tell("reintegration-plan", "AP.LEAD", written)
    assert story.says("REI-01") == outcome


def test_without_a_plan_the_last_day_for_it_is_named(story: Any) -> None:
    told(story)
    assert story.due("REI-01", "2026-10-13") == ["2026-10-19"]
