"""S8: a mistake, a dispute and a family's request.

Deferred, because it belongs to a running gateway or a console: the copy that becomes unreadable, the clock of
the breach checklist, the export with others' names taken out, the Polish shell, the page that lists who has
the profile.
"""

import copy
from typing import Any

import schemas
from schemas import disclosure

PROFILE = "learner-transfer-profile"
WITHDRAWAL = "correction-withdrawal"


def sent_to_the_wrong_provider(story: Any) -> Any:
    story.about(preferredName="Noah")
    profile = story.tell(PROFILE, "HS.SEN", "2026-09-14T09:00:00Z")
    story.sent(profile, "beacon", "AP.LEAD", "2026-09-14T09:01:00Z", delivered="2026-09-14T09:01:10Z")
    story.sent(profile, "hollow-farm", "AP.LEAD", "2026-09-14T09:01:00Z", delivered="2026-09-14T09:01:12Z")
    return profile


def withdrawn(story: Any, profile: Any, *organisations: str) -> Any:
    notice = story.tell(
        WITHDRAWAL,
        "HS.SEN",
        "2026-09-14T11:00:00Z",
        targetMessageId=profile["documentId"],
        targetVersion=1,
        action="withdraw",
        statementIds=None,
        reason="Sent to the wrong provider.",
    )
    for token in organisations:
        story.sent(notice, token, "AP.LEAD", "2026-09-14T11:01:00Z", delivered="2026-09-14T11:01:10Z")
    return notice


def test_a_withdrawal_reaches_everybody_who_had_the_profile(story: Any) -> None:
    withdrawn(story, sent_to_the_wrong_provider(story), "beacon", "hollow-farm")
    assert story.says("DPX-05") == "pass"


def test_a_withdrawal_that_missed_one_of_them_is_an_error(story: Any) -> None:
    withdrawn(story, sent_to_the_wrong_provider(story), "beacon")
    assert story.says("DPX-05", today="2026-09-16") == "error"


def test_a_newer_version_that_names_no_older_one_is_an_error(story: Any) -> None:
    profile = sent_to_the_wrong_provider(story)
    story.tell(PROFILE, "HS.SEN", "2026-09-15T09:00:00Z", documentId=profile["documentId"], version=2)
    assert story.says("DPX-05", today="2026-09-16") == "error"


def test_a_newer_version_that_says_what_it_replaces_is_none(story: Any) -> None:
    profile = sent_to_the_wrong_provider(story)
    old = {"documentId": profile["documentId"], "version": 1}
    newer = story.tell(
        PROFILE, "HS.SEN", "2026-09-15T09:00:00Z", documentId=old["documentId"], version=2, supersedes=old
    )
    for token in ("beacon", "hollow-farm"):
        story.sent(newer, token, "AP.LEAD", "2026-09-15T09:01:00Z", delivered="2026-09-15T09:01:10Z")
    assert story.says("DPX-05", today="2026-09-16") != "error"


def test_a_disputed_statement_shows_both_views_and_who_said_what(story: Any) -> None:
    profile = story.tell(PROFILE, "HS.SEN", "2026-09-14T09:00:00Z", like="start-of-placement")
    disputed = copy.deepcopy(profile)
    [statement, *_] = disputed["currentStrengths"]
    note = {"by": "PAR", "note": "His mother sees this differently.", "on": "2026-09-20"}
    statement["provenance"]["disputed"] = note
    schemas.check(PROFILE, disputed)
    seen = disclosure.view(PROFILE, disputed, ["AP.LEAD"])
    assert seen["currentStrengths"][0]["text"] == statement["text"]
    assert seen["currentStrengths"][0]["provenance"]["disputed"] == note


def test_a_fathers_view_never_holds_an_address(story: Any) -> None:
    """Neither the home's, which no parent is sent, nor where the child can be met on a weekday."""
    story.about(addressConfidential=True, homeAddress={"lines": ["4 Orchard Row"], "postcode": "ZZ99 1AA"})
    standing = disclosure.standing(story.learner)
    assert not {"homeAddress", "parentContacts"} & set(
        disclosure.view("learner", story.learner, ["PAR"], conditions=standing)
    )
    seen = disclosure.view("placement", story.placement, ["PAR"], conditions=standing)
    assert not {"provider", "attendancePattern", "sessionTimes"} & set(seen)
    assert "provider" in disclosure.view("placement", story.placement, ["PAR"])


def bundle(**members: Any) -> Any:
    own = {"bundleId": "5c81d0a7-3e42-4b96-8f15-00000000d001", "documents": []}
    to = {"address": "urn:ltp:org:hollow-farm/general", "role": "AP.LEAD", "readers": []}
    return {**own, "to": to, **members}


def worst(subject: Any, rule: str) -> set[str]:
    from schemas import rules

    return {result.outcome for result in rules.evaluate(subject) if result.rule == rule}


def test_a_bundle_that_was_withdrawn_and_comes_again_is_refused() -> None:
    fine = {"verified": True, "expired": False, "replayed": False}
    assert "error" not in worst(bundle(message=fine), "DPX-04")
    assert "error" in worst(bundle(message={**fine, "replayed": True}), "DPX-04")


def test_a_missing_retention_is_flagged() -> None:
    kept = {"trigger": "endOfPlacement", "months": 12}
    assert "warning" not in worst(bundle(retention=kept), "DPX-03")
    assert "warning" in worst(bundle(), "DPX-03")
