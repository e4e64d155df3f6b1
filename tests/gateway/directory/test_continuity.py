"""What a change needs: the former keys' signature, or 72 hours in which everybody can see that there is none."""

from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest

from gateway.directory.errors import DirectoryRefused

HOUR, DAY = 3_600, 86_400
ASH = "urn:ltp:org:ash-vale"


def notes(site: Any) -> dict[str, str]:
    return {note.name: note.code for note in site.client.load().resolved(site.now).notes}


def kids(site: Any) -> set[str]:
    return {key.key.kid for key in site.client.load().directory(site.now).organisation(ASH).signing_keys}


def refused(call: Any, *words: Any, **more: Any) -> str:
    with pytest.raises(DirectoryRefused) as problem:
        call(*words, **more)
    return problem.value.code


def test_a_pair_is_rotated_by_the_pair_before_it(site: Any) -> None:
    before = kids(site)
    site.rotate("ash-vale", "ash-vale 2027")
    site.publish()
    site.refresh()
    assert len(kids(site)) == 4
    assert before < kids(site)
    assert notes(site) == {}


def test_a_gateway_that_was_away_for_years_follows_every_rotation(site: Any) -> None:
    away = site.another("away")
    away.refresh(site.now)
    pairs = ["ash-vale", "ash-vale 2027", "ash-vale 2028", "ash-vale 2029"]
    for old, new in pairwise(pairs):
        new_keys = [k for k in site.documents["ash-vale"]["keys"] if "desk" not in k]
        site.rotate("ash-vale", new)
        # The next one is signed by the newest alone.
        assert len(new_keys) < len([k for k in site.documents["ash-vale"]["keys"] if "desk" not in k])
        site.publish()
        site.change("ash-vale", new, name=f"Ash Vale {old}")
        site.publish()
        site.refresh()
    assert away.refresh(site.now).directory(site.now).organisation(ASH).version == 7
    # Steps that changed no keys are not kept for ever.
    assert len(site.entry("orgs/ash-vale.json")["steps"]) < 7


def test_the_keeper_takes_no_document_that_former_keys_did_not_sign(site: Any) -> None:
    assert refused(site.change, "ash-vale", "beacon", name="Ash Vale in other hands") == "continuity_missing"
    # It was refused before anything was written down.
    site.documents["ash-vale"]["ver"] = 1
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale High School"


def test_a_newcomer_proves_that_it_has_the_keys_that_it_names(site: Any) -> None:
    moor = deepcopy(site.documents["beacon"]) | {"org": "urn:ltp:org:moor-edge", "name": "Moor Edge"}
    site.documents["moor-edge"] = moor
    assert refused(site.add, "moor-edge", "ash-vale") == "continuity_missing"
    assert refused(site.keeper.add, {"document": moor}, site.now, recovery="new") == "continuity_missing"


def recovered(site: Any, **members: Any) -> None:
    before = site.documents["ash-vale"]
    site.documents["ash-vale"] = {**before, "ver": before["ver"] + 1, **members}
    site.keeper.add({"document": site.documents["ash-vale"]}, site.now, recovery="all keys were lost")


def test_a_recovery_waits_72_hours_and_everybody_sees_it(site: Any) -> None:
    recovered(site, name="Ash Vale, recovered")
    # The 72 hours begin when it is published, not when it was written down.
    site.advance(5 * HOUR)
    site.publish()
    site.refresh()
    published = site.now
    assert site.client.load().directory(site.now).organisation(ASH).name == "Ash Vale"
    assert notes(site) == {"orgs/ash-vale.json": "recovery_pending"}
    (note,) = site.client.load().resolved(site.now).notes
    assert note.until == published + 72 * HOUR
    site.now = published + 72 * HOUR - 1
    site.publish()
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale"
    site.now += 1
    # Nothing new is published: the time alone decides.
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale, recovered"
    assert notes(site) == {}


def test_a_gateway_that_is_new_within_the_72_hours_sees_the_former_document_too(site: Any) -> None:
    recovered(site, name="Ash Vale, recovered")
    site.publish()
    known = site.another("newcomer").refresh(site.now)
    assert known.directory(site.now).organisation(ASH).name == "Ash Vale"
    assert known.directory(site.now + 72 * HOUR).organisation(ASH).name == "Ash Vale, recovered"


def test_within_the_72_hours_the_former_keys_can_stop_it(site: Any) -> None:
    before = site.documents["ash-vale"]
    recovered(site, name="Ash Vale in other hands")
    site.publish()
    site.refresh()
    site.documents["ash-vale"] = {**before, "ver": 3, "name": "Ash Vale, still here"}
    site.add("ash-vale")
    site.publish()
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale, still here"
    site.now += 73 * HOUR
    site.publish()
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale, still here"


def test_a_gateway_that_was_away_while_a_recovery_was_stopped_follows(site: Any) -> None:
    before = site.documents["ash-vale"]
    recovered(site, name="Ash Vale in other hands")
    site.publish()
    away = site.another("away")
    away.refresh(site.now)
    site.documents["ash-vale"] = {**before, "ver": 3, "name": "Ash Vale, still here"}
    site.add("ash-vale")
    site.publish()
    site.advance(10 * DAY)
    site.publish()
    assert away.refresh(site.now).directory(site.now).organisation(ASH).name == "Ash Vale, still here"


def test_new_keys_cannot_sign_on_before_their_recovery_counts(site: Any) -> None:
    before = deepcopy(site.documents["ash-vale"])
    stolen = deepcopy(site.documents["ash-vale"])
    for key in stolen["keys"][:2]:
        key["nbf"] -= 1
    recovered(site, keys=stolen["keys"])
    site.publish()
    site.refresh()
    site.rotate("ash-vale", "ash-vale other")
    assert before["ver"] == 1
    site.documents["ash-vale"]["ver"] = 3
    assert refused(site.change, "ash-vale", "ash-vale other", name="x") == "continuity_missing"


def test_what_takes_trust_away_does_not_wait(site: Any) -> None:
    document = deepcopy(site.documents["ash-vale"])
    keys_before = site.documents["ash-vale"]["keys"][:2]
    for key in document["keys"][:2]:
        key["revoked"] = {"revoked_at": site.now, "reason": "stolen"}
    recovered(site, keys=document["keys"])
    site.publish()
    directory = site.refresh().directory(site.now)
    assert all(key.revoked_at == site.now for key in directory.organisation(ASH).signing_keys)
    assert directory.status(ASH) == "active"
    # Whether the keys were stolen or the recovery is a lie, the keeper decides: the former keys can still stop it.
    site.change("ash-vale", keys=document["keys"][2:] + keys_before)
    site.publish()
    assert all(
        key.revoked_at is None for key in site.refresh().directory(site.now).organisation(ASH).signing_keys
    )


def test_a_recovery_while_a_gateway_was_away_counts_when_it_was_seen_by_all(site: Any) -> None:
    away = site.another("away")
    away.refresh(site.now)
    site.advance(DAY)
    recovered(site, name="Ash Vale, recovered")
    site.publish()
    site.advance(4 * DAY)
    site.publish()
    assert away.refresh(site.now).directory(site.now).organisation(ASH).name == "Ash Vale, recovered"


def test_a_suspension_is_the_keepers_own_word_and_can_be_lifted(site: Any) -> None:
    site.keeper.suspend("orgs/ash-vale.json", "keys stolen", site.now)
    site.publish()
    assert site.refresh().directory(site.now).status(ASH) == "suspended"
    assert notes(site) == {"orgs/ash-vale.json": "suspended"}
    site.keeper.suspend("orgs/ash-vale.json", "", site.now)
    site.publish()
    assert site.refresh().directory(site.now).status(ASH) == "active"
    assert refused(site.keeper.suspend, "orgs/nobody.json", "x", site.now) == "unknown"


BAD_TOKENS = ["../../evil", "..", "a/b", "/evil", "", "UPPER", "a\\b", "a\u0000", "a\n", "e" * 65]


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_a_document_whose_name_leads_elsewhere_is_not_taken(site: Any, token: str) -> None:
    def everything() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in site.base.rglob("*") if path.is_file()}

    before = everything()
    organisation = site.documents["ash-vale"] | {"org": f"urn:ltp:org:{token}"}
    gateway = site.entry("gateways/relay.json")["document"] | {"gateway": f"urn:ltp:gw:{token}"}
    for document in (organisation, gateway):
        with pytest.raises(DirectoryRefused):
            site.keeper.add({"document": document}, site.now)
    assert everything() == before
    site.keeper.add({"document": gateway | {"gateway": "urn:ltp:gw:new"}}, site.now)
    assert everything() != before
