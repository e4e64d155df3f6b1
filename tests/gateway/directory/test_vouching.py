"""An organisation without an identifier counts because a named school or authority vouches for it."""

import hashlib
from copy import deepcopy
from typing import Any

import pytest

from gateway.directory.errors import DirectoryRefused
from signing import SigningPair

HOUR, DAY = 3_600, 86_400
HOLLOW, NORTH = "urn:ltp:org:hollow-farm", "urn:ltp:org:northshire"
NAME = "orgs/hollow-farm.json"


def code_of(site: Any) -> str | None:
    return next(
        (note.code for note in site.client.load().resolved(site.now).notes if note.name == NAME), None
    )


def status(site: Any) -> str | None:
    found: str | None = site.refresh().directory(site.now).status(HOLLOW)
    return found


def test_it_is_visible_who_vouched_and_when(site: Any) -> None:
    hollow = site.refresh().directory(site.now).organisation(HOLLOW)
    assert hollow.active
    assert hollow.vouched_by["organisation"] == NORTH
    assert len(hollow.vouched_by["on"]) == 10


def test_without_a_voucher_nobody_joins_without_an_identifier(site: Any) -> None:
    site.documents["moor-edge"] = {
        **site.documents["hollow-farm"],
        "org": "urn:ltp:org:moor-edge",
        "name": "Moor Edge",
    }
    site.documents["moor-edge"]["keys"] = moor_keys(site)
    site.add("moor-edge")
    with pytest.raises(DirectoryRefused) as refused:
        site.publish()
    assert (refused.value.code, refused.value.where) == ("voucher_missing", "orgs/moor-edge.json")
    site.keeper.vouch("orgs/moor-edge.json", site.voucher("moor-edge", "ash-vale"))
    site.publish()
    directory = site.refresh().directory(site.now)
    assert (
        directory.organisation("urn:ltp:org:moor-edge").vouched_by["organisation"] == "urn:ltp:org:ash-vale"
    )


def moor_keys(site: Any) -> Any:
    seeds = [hashlib.sha256(f"moor-edge {kind}".encode()).digest() for kind in ("ed25519", "ml-dsa")]
    jwks = SigningPair.from_seeds(*seeds).public.jwks()
    return [{"jwk": jwk, "nbf": site.now - DAY, "exp": site.now + DAY} for jwk in jwks]


def test_a_gateway_takes_no_unvouched_organisation_from_a_careless_keeper(site: Any) -> None:
    entry = site.entry(NAME)
    voucher = entry.pop("voucher")
    site.hostile({NAME: entry})
    assert status(site) == "suspended"
    assert code_of(site) == "voucher_missing"
    site.hostile({NAME: {**entry, "voucher": voucher}})
    assert status(site) == "active"
    assert code_of(site) is None


@pytest.mark.parametrize("by", ["beacon", "hollow-farm", "nobody"])
def test_only_a_listed_school_or_authority_vouches(site: Any, by: str) -> None:
    entry = site.entry(NAME)
    site.hostile({NAME: {**entry, "voucher": site.voucher("hollow-farm", by)}})
    assert status(site) == "suspended"
    assert code_of(site) == "voucher_invalid"
    site.hostile({NAME: {**entry, "voucher": site.voucher("hollow-farm", "ash-vale")}})
    assert status(site) == "active"


def test_a_voucher_is_for_one_organisation_its_name_and_its_keys(site: Any) -> None:
    entry = site.entry(NAME)
    others = [site.voucher("beacon")]
    renamed = dict(site.documents)
    site.documents["hollow-farm"] = {**renamed["hollow-farm"], "name": "Ash Vale School"}
    others.append(site.voucher("hollow-farm"))
    site.documents["hollow-farm"] = {**renamed["hollow-farm"], "keys": renamed["beacon"]["keys"]}
    others.append(site.voucher("hollow-farm"))
    for other in others:
        site.hostile({NAME: {**entry, "voucher": other}})
        assert (status(site), code_of(site)) == ("suspended", "voucher_invalid")
    site.documents = renamed
    site.hostile({NAME: {**entry, "voucher": site.voucher("hollow-farm")}})
    assert status(site) == "active"


@pytest.mark.parametrize("text", ["", "x", "{}", '{"payload":"e30","signatures":[]}'])
def test_what_is_no_voucher_is_refused_by_the_keeper(site: Any, text: str) -> None:
    with pytest.raises(DirectoryRefused):
        site.keeper.vouch(NAME, text)
    site.keeper.vouch(NAME, site.voucher("hollow-farm"))


def test_a_document_never_says_itself_who_vouches(site: Any) -> None:
    entry = site.entry(NAME)
    entry["document"]["vouchedBy"] = {"organisation": NORTH, "on": "2026-09-01"}
    with site.refuses("voucher_invalid", NAME):
        site.hostile({NAME: entry})
    site.hostile({})
    assert status(site) == "active"


def test_when_the_voucher_is_suspended_the_vouched_counts_for_14_days_and_everybody_sees_it(
    site: Any,
) -> None:
    site.keeper.suspend("orgs/northshire.json", "under investigation", site.now)
    site.publish()
    assert (status(site), code_of(site)) == ("active", "voucher_suspended")
    began = site.now
    for _ in range(13):
        site.advance(DAY)
        site.publish()
        site.refresh()
    site.now = began + 14 * DAY - 1
    site.publish()
    assert (status(site), code_of(site)) == ("active", "voucher_suspended")
    site.now += 1
    assert (status(site), code_of(site)) == ("suspended", "voucher_over")
    # Somebody else may vouch, and then it counts again.
    site.keeper.vouch(NAME, site.voucher("hollow-farm", "ash-vale"))
    site.publish()
    assert (status(site), code_of(site)) == ("active", None)


def test_lifting_the_suspension_ends_the_14_days(site: Any) -> None:
    site.keeper.suspend("orgs/northshire.json", "under investigation", site.now)
    site.publish()
    assert code_of(site) is None
    assert (status(site), code_of(site)) == ("active", "voucher_suspended")
    site.keeper.suspend("orgs/northshire.json", "", site.now)
    site.publish()
    assert (status(site), code_of(site)) == ("active", None)


def test_a_voucher_signed_with_keys_that_were_revoked_before_does_not_hold(site: Any) -> None:
    late = deepcopy(site.documents["northshire"]["keys"])
    for key in late[:2]:
        key["revoked"] = {"revoked_at": site.now + HOUR, "reason": "lost"}
    site.change("northshire", keys=late)
    site.publish()
    assert status(site) == "active"
    earlier = deepcopy(late)
    for key in earlier[:2]:
        key["revoked"]["revoked_at"] = site.now - HOUR
    document = {**site.documents["northshire"], "ver": 3, "keys": earlier}
    site.documents["northshire"] = document
    site.keeper.add({"document": document}, site.now, recovery="keys were stolen")
    site.publish()
    site.now += 72 * HOUR
    site.publish()
    assert (status(site), code_of(site)) == ("suspended", "voucher_invalid")
