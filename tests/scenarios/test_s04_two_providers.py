"""S4: two providers, a chronology and a new concern.

What the scenario says of keys means that only the `dsl` scope with a named lead or deputy reads. Deferred,
because it belongs to a running gateway or a console: the logged attempt of a key worker, the deputy who opens
while the lead is away, and that a relay's receipt is kept.
"""

from typing import Any

import pytest

from schemas import disclosure

FARM, BEACON = "urn:ltp:org:hollow-farm", "urn:ltp:org:beacon"
# Beacon writes on Tuesday 22 September at 10:00, when England is an hour ahead of UTC.
CONCERN = "2026-09-22T09:00:00Z"


def provider(token: str, base: Any) -> Any:
    """Beacon, which is a school, or Hollow Farm, which is not."""
    if token == "hollow-farm":
        return {**base, "organisation": FARM, "providerName": "Hollow Farm"}
    lead = {"name": "Imran Vale", "role": "Safeguarding lead"}
    deputy = {"name": "Ruth Salter", "role": "Deputy safeguarding lead"}
    beacon: Any = {"organisation": BEACON, "providerName": "Beacon AP Academy", "settingType": "apAcademy"}
    beacon |= {"registeredSchool": {"registered": True, "urn": "999001"}}
    return {**beacon, "designatedSafeguardingLead": lead, "deputySafeguardingLead": deputy}


def at_two(story: Any, here: str = "beacon") -> str:
    """Amir is at Beacon from Monday to Wednesday and at Hollow Farm on Thursdays; each has its own record."""
    there = "hollow-farm" if here == "beacon" else "beacon"
    farm = story.placement["provider"]
    story.placed(provider=provider(here, farm), startDate="2026-09-14", plannedEndDate="2026-12-18")
    other = {**story.placement, "placementId": "5c81d0a7-3e42-4b96-8f15-00000000c002"}
    story.evidence |= {"otherPlacements": [{**other, "provider": provider(there, farm)}], "deliveries": []}
    return there


def chronology(story: Any, to: str, at: str | None = "2026-09-11T10:00:00Z") -> None:
    entry = story.tell("safeguarding-chronology", "HS.DSL", "2026-09-11T09:00:00Z")
    if at is not None:
        story.sent(entry, to, "AP.DSL", at, delivered=at)


def told_of_the_other(story: Any, here: str, there: str) -> None:
    other = {"provider": {"organisation": f"urn:ltp:org:{there}", "providerName": "The other one"}}
    entry = {**other, "days": ["thursday"]}
    written, sent = "2026-09-11T09:30:00Z", "2026-09-11T10:00:00Z"
    notice = story.tell("multi-provider-awareness", "HS.APL", written, otherProviders=[entry])
    story.sent(notice, here, "AP.LEAD", sent, delivered=sent)


def concern(story: Any, **members: Any) -> Any:
    own = {"concernDateTime": "2026-09-22T08:30:00Z", "aboutPlacementSafety": True, "relayedTo": None}
    author = {"role": "AP.DSL", "organisation": BEACON, "name": "Imran Vale"}
    return story.tell("safeguarding-concern", "AP.DSL", CONCERN, **{**own, "author": author, **members})


@pytest.mark.parametrize("here", ["beacon", "hollow-farm"])
def test_each_provider_has_the_chronology_by_the_start(story: Any, here: str) -> None:
    at_two(story, here)
    chronology(story, here)
    assert story.says("SAF-01", today="2026-09-16", profile="trust-policy") == "pass"


@pytest.mark.parametrize("here", ["beacon", "hollow-farm"])
@pytest.mark.parametrize("at", [None, "2026-09-15T09:00:00Z"])
def test_a_provider_without_it_at_the_start_is_an_error(story: Any, here: str, at: str | None) -> None:
    at_two(story, here)
    chronology(story, here, at)
    assert story.says("SAF-01", today="2026-09-16", profile="trust-policy") == "error"


@pytest.mark.parametrize("here", ["beacon", "hollow-farm"])
def test_each_provider_knows_of_the_other(story: Any, here: str) -> None:
    there = at_two(story, here)
    told_of_the_other(story, here, there)
    assert story.says("SAF-03", today="2026-09-16", profile="trust-policy") == "pass"


@pytest.mark.parametrize("here", ["beacon", "hollow-farm"])
def test_a_provider_that_was_not_told_of_the_other_is_an_error(story: Any, here: str) -> None:
    at_two(story, here)
    assert story.says("SAF-03", today="2026-09-16", profile="trust-policy") == "error"


def test_a_concern_has_to_be_relayed_to_the_other_provider_within_a_day(story: Any) -> None:
    at_two(story)
    concern(story)
    assert story.says("SAF-02", today="2026-09-22", profile="trust-policy") != "error"
    assert story.says("SAF-02", today="2026-09-24", profile="trust-policy") == "error"


@pytest.mark.parametrize(
    ("at", "outcome"), [("2026-09-23T08:59:00Z", "pass"), ("2026-09-23T09:31:00Z", "error")]
)
def test_a_relay_is_in_time_for_twenty_four_hours(story: Any, at: str, outcome: str) -> None:
    at_two(story)
    concern(story, relayedTo=[{"provider": FARM, "dateTime": at}])
    assert story.says("SAF-02", today="2026-09-24", profile="trust-policy") == outcome


def test_a_placement_that_ended_gets_no_later_relays(story: Any) -> None:
    at_two(story)
    [other] = story.evidence["otherPlacements"]
    story.evidence["otherPlacements"] = [{**other, "plannedEndDate": "2026-09-18"}]
    concern(story)
    assert story.says("SAF-02", today="2026-09-24", profile="trust-policy") != "error"


@pytest.mark.parametrize(("day", "outcome"), [("2026-09-23", "pass"), ("2026-09-24", "error")])
def test_a_concern_about_the_placement_opens_a_review_by_the_next_school_day(
    story: Any, day: str, outcome: str
) -> None:
    at_two(story)
    concern(story)
    review = {"reviewType": "safeguardingImmediate", "reviewDate": day}
    story.tell("placement-review", "HS.APL", f"{day}T12:00:00Z", **review)
    assert story.says("REV-06", today="2026-09-24") == outcome


def test_the_review_is_due_on_wednesday(story: Any) -> None:
    at_two(story)
    concern(story)
    assert story.due("REV-06", "2026-09-22") == ["2026-09-23"]


def test_a_key_worker_sees_the_profile_and_nothing_of_the_safeguarding_part(story: Any) -> None:
    at_two(story)
    profile = story.tell("learner-transfer-profile", "HS.SEN", "2026-09-11T09:00:00Z", "start-of-placement")
    entry = story.tell("safeguarding-chronology", "HS.DSL", "2026-09-11T09:00:00Z")
    assert "whatWorks" in disclosure.view("learner-transfer-profile", profile, ["AP.KEY"])
    seen = disclosure.view("safeguarding-chronology", entry, ["AP.KEY"])
    assert not {"chronologyEntries", "nilReturn", "socialCareStatus"} & set(seen)


def test_a_statement_of_the_profile_that_is_labelled_as_safeguarding_is_refused(story: Any) -> None:
    profile = story.tell("learner-transfer-profile", "HS.SEN", "2026-09-11T09:00:00Z", "start-of-placement")
    assert story.says("PRF-09") == "pass"
    profile["currentStrengths"][0]["sensitivity"] = "SG"
    assert story.rejects("PRF-09")


def test_a_provider_without_a_deputy_is_refused(story: Any) -> None:
    at_two(story)
    assert story.says("SAF-08") == "pass"
    story.placement["provider"].pop("deputySafeguardingLead")
    assert story.rejects("SAF-08")


def test_only_leads_and_social_care_read_a_chronology(story: Any) -> None:
    entry = story.tell(
        "safeguarding-chronology", "HS.DSL", "2026-09-11T09:00:00Z", like="two-entries-one-criminal"
    )
    for role in ("AP.DSL", "HS.DSL", "LA.SC"):
        assert disclosure.view("safeguarding-chronology", entry, [role])["chronologyEntries"]
    for role in ("AP.LEAD", "HS.APL", "LA.INC", "PAR"):
        assert "chronologyEntries" not in disclosure.view("safeguarding-chronology", entry, [role])
