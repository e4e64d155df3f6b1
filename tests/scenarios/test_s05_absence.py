"""S5: an absence at a site that nobody was told of, and a wrong code in the register.

Deferred, because it belongs to a running gateway, to an adapter or to a console: the task for the attendance
officer, the weekly summary's way to the head, and the round trip into the school's own system.
"""

from typing import Any

import pytest

THURSDAY = "2026-09-24"


def placed(story: Any, **members: Any) -> None:
    story.placed(**{"startDate": "2026-09-07", "plannedEndDate": "2026-12-18", **members})


def absent(story: Any, **members: Any) -> Any:
    """The notice of 09:40 on a Thursday in September, when England is an hour ahead of UTC."""
    own = {"date": THURSDAY, "session": "AM", "expectedLocation": "Hollow Farm workshop"}
    silent = {"parentContacted": None, "followUp": None}
    return story.tell("absence-notice", "AP.ADM", f"{THURSDAY}T08:40:00Z", **{**own, **silent, **members})


def week(story: Any, sessions: list[Any], **members: Any) -> Any:
    own = {"weekCommencing": "2026-09-21", "sessions": sessions, "remoteEngagementLog": None}
    totals = {"possible": 10, "attended": 9, "authorised": 0, "unauthorised": 1, "belowTarget": None}
    return story.tell("attendance-summary", "AP.ADM", "2026-09-25T14:00:00Z", **{**own, **totals, **members})


def session(home: str, mark: str = "/", **members: Any) -> Any:
    own = {"date": THURSDAY, "session": "AM", "providerMark": mark, "homeRegisterCode": home}
    known = {**own, "site": "Hollow Farm", "activity": "Woodwork", "supervised": True, **members}
    return {name: member for name, member in known.items() if member is not None}


def test_a_session_at_an_unknown_site_is_an_error(story: Any) -> None:
    pattern = [{"weekday": "thursday", "session": "AM", "location": "Workshop at Nether Vale"}]
    placed(story, attendancePattern=pattern)
    assert story.says("ATT-10") == "error"


def test_a_session_at_a_site_with_an_address_passes(story: Any) -> None:
    address = {"lines": ["Unit 4", "Nether Vale"], "postcode": "ZZ99 7QX"}
    sites = [{"siteName": "Workshop at Nether Vale", "address": address, "activity": "Woodwork"}]
    provider = {**story.placement["provider"], "subcontractedSites": sites}
    pattern = [{"weekday": "thursday", "session": "AM", "location": "Workshop at Nether Vale"}]
    placed(story, attendancePattern=pattern, provider=provider)
    assert story.says("ATT-10") == "pass"


@pytest.mark.parametrize(
    ("told", "outcome"), [("2026-09-16T09:00:00Z", "pass"), ("2026-09-25T09:00:00Z", "error")]
)
def test_a_new_site_is_told_of_before_it_is_used(story: Any, told: str, outcome: str) -> None:
    placed(story)
    address = {"lines": ["Unit 4", "Nether Vale"], "postcode": "ZZ99 7QX"}
    site = {"siteName": "Workshop", "address": address, "effectiveFrom": "2026-09-17"}
    change = {"changeKind": "satelliteSite", "newSatelliteSite": [site], "newAddress": None}
    notice = story.tell("provision-change", "AP.LEAD", told, **change, staffChange=None)
    story.sent(notice, "ash-vale", "HS.APL", told, delivered=told)
    assert story.says("SAF-10") == outcome


def test_an_absence_asks_for_a_call_to_the_parents_within_a_school_day(story: Any) -> None:
    placed(story)
    absent(story)
    assert story.says("ATT-07", today="2026-09-25", profile="trust-policy") != "warning"
    assert story.says("ATT-07", today="2026-09-28", profile="trust-policy") == "warning"


def test_an_absence_told_on_the_same_day_passes(story: Any) -> None:
    placed(story)
    absent(story)
    assert story.says("ATT-01") == "pass"


@pytest.mark.parametrize(("at", "outcome"), [("10:40:00Z", "pass"), ("10:41:00Z", "warning")])
def test_an_unexplained_absence_is_followed_up_within_two_hours(story: Any, at: str, outcome: str) -> None:
    placed(story)
    unknown = {"id": "r1", "code": "unknown", "provenance": provenance()}
    follow = {"id": "f1", "action": "Called the home school.", "when": f"{THURSDAY}T{at}"}
    absent(story, reason=unknown, followUp=[{**follow, "provenance": provenance()}])
    assert story.says("ATT-11", today="2026-09-25") == outcome


def provenance() -> Any:
    return {
        "authorRole": "AP.ADM",
        "authorOrg": "urn:ltp:org:hollow-farm",
        "authoredOn": THURSDAY,
        "basis": "observed",
    }


@pytest.mark.parametrize(("home", "outcome"), [("B", "error"), ("O", "pass")])
def test_absent_at_a_provider_that_is_no_school_is_absent_in_the_home_register(
    story: Any, home: str, outcome: str
) -> None:
    placed(story)
    absent(story)
    week(story, [session(home, mark="O")])
    assert story.says("ATT-06") == outcome


@pytest.mark.parametrize(("code", "outcome"), [("B", "error"), ("D", "pass")])
def test_at_a_registered_school_the_home_register_says_d(story: Any, code: str, outcome: str) -> None:
    beacon: Any = {"organisation": "urn:ltp:org:beacon", "providerName": "Beacon AP Academy"}
    beacon |= {"settingType": "apAcademy", "registeredSchool": {"registered": True, "urn": "999001"}}
    placed(story, provider=beacon)
    story.about(registrationStatus="dualMain")
    week(story, [session(code)])
    assert story.says("ATT-03") == outcome


@pytest.mark.parametrize(("code", "outcome"), [("B", "error"), ("K", "pass")])
def test_tuition_that_the_authority_arranged_is_coded_k(story: Any, code: str, outcome: str) -> None:
    placed(story, commissioner={"organisation": "urn:ltp:org:northshire", "role": "la"})
    week(story, [session(code)])
    assert story.says("ATT-03") == outcome


def test_an_online_tutor_is_never_coded_b(story: Any) -> None:
    placed(story, deliveryMode="remote")
    log = [{"id": "l1", "date": THURSDAY, "minutes": 50, "provenance": provenance()}]
    week(story, [session("B", site=None, supervised=False)], remoteEngagementLog=log)
    assert story.says("ATT-05") == "warning"
    assert story.says("PLC-18") == "warning"


def test_a_supervised_activity_at_a_place_is_rightly_coded_b(story: Any) -> None:
    placed(story)
    week(story, [session("B")])
    assert story.says("ATT-03") == "pass"
    assert story.says("ATT-05") == "pass"


@pytest.mark.parametrize(("attended", "rejected"), [(9, False), (8, True)])
def test_sessions_that_do_not_add_up_are_refused(story: Any, attended: int, rejected: bool) -> None:
    placed(story)
    week(story, [session("B")], attended=attended)
    assert story.rejects("ATT-09") is rejected


def test_a_correction_to_a_mark_is_a_new_version_and_the_old_one_no_longer_counts(story: Any) -> None:
    placed(story)
    absent(story)
    wrong = week(story, [session("B", mark="O")])
    assert story.says("ATT-06") == "error"
    own = {"documentId": wrong["documentId"], "version": 2}
    own |= {"supersedes": {"documentId": wrong["documentId"], "version": 1}}
    week(story, [session("O", mark="O")], **own)
    assert story.says("ATT-06") == "pass"
