"""A running gateway and its directory: what it shows, when it stops sending, what a refresh changes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.directory.source import Refresher

if TYPE_CHECKING:
    from tests.gateway.conftest import World

DAY = 86_400
ASH, GENERAL = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm/general"


def shown(world: World) -> Any:
    return world.ash.client.get("/.well-known/ltp").json()["directory"]


def test_everybody_can_see_how_fresh_a_gateways_directory_is(world: World) -> None:
    before = shown(world)
    assert (before["sending"], before["refused"]) == (True, None)
    world.publish()
    assert shown(world)["verifiedAt"] == int(world.time.value)
    world.time.value = before["sendUntil"]
    world.publish()
    world.time.value += 2 * DAY
    assert shown(world)["sending"] is False
    assert not world.ash.services.directory.refresh()
    assert shown(world)["refused"] == "expired"


def test_a_gateway_that_stopped_sending_says_why_and_carries_on_after_a_refresh(world: World) -> None:
    arrived = world.seal(ASH, GENERAL, world.bundle())
    world.time.value = world.draft.published_at + 2 * DAY
    transfer = world.start()
    assert world.ash.send(transfer).status_code == 202
    world.settle()
    assert {row.reason for row in world.ash.sent(transfer).values()} == {"directory-too-old"}
    # What comes in meanwhile is verified with the keys that are known, and kept.
    assert world.post(world.hollow, arrived.envelope).status_code == 202
    world.publish()
    world.time.advance(DAY / 4)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}


def test_a_revoked_key_is_refused_after_the_next_refresh_without_a_restart(world: World) -> None:
    sealed = [world.seal(ASH, GENERAL, world.bundle()) for _ in range(2)]
    assert world.post(world.hollow, sealed[0].envelope).status_code == 202
    keys = world.entry("orgs", "ash-vale")["keys"]
    now = int(world.time.value)
    revoked = [
        key if "desk" in key else {**key, "revoked": {"revoked_at": now, "reason": "stolen"}} for key in keys
    ]
    world.change("orgs", "ash-vale", keys=revoked)
    answer = world.post(world.hollow, sealed[1].envelope)
    assert (answer.status_code, answer.json()["code"]) == (422, "message.key_revoked")


def test_a_running_gateway_refreshes_again_and_again(world: World) -> None:
    directory: Any = world.ash.services.directory
    refresher = Refresher(directory, 0.01)
    refresher.start()
    world.draft.publish(int(world.time.value))
    newest = world.draft.keeper._published()
    assert newest is not None

    def taken() -> bool:
        text = (world.ash.settings.home / "trust" / "tuf" / "timestamp.json").read_text("utf-8")
        return text == newest.timestamp.to_bytes().decode()

    world.until(taken)
    refresher.stop()
