"""The life of keys, on a clock of its own: who replaces whom, what is listed, and when a private half may go."""

from dataclasses import replace

import pytest

from gateway.keys import life
from gateway.keys.life import DAY_S, Facts, KeyState
from signing import KeySet
from signing.records import KeyRecord

BEGAN = 1_795_340_000


@pytest.fixture(scope="module")
def keys() -> KeySet:
    return life.made(BEGAN)


def desk_key(keys: KeySet, desk: str = "general") -> KeyRecord:
    return [record for record in keys.records if record.desk == desk][-1]


def pair(keys: KeySet) -> KeyRecord:
    return [record for record in keys.records if record.purpose == "signing"][-1]


def after(days: float) -> int:
    return BEGAN + int(days * DAY_S)


def listed_now(keys: KeySet) -> Facts:
    return Facts(frozenset(kid for record in keys.records for kid in record.kids))


def test_new_keys_live_for_as_long_as_the_profile_says(keys: KeySet) -> None:
    lives = [(r.purpose, r.desk, (r.expires - r.not_before) // DAY_S) for r in keys.records]
    assert lives == [("signing", None, 365), ("encryption", "general", 60), ("encryption", "dsl", 60)]
    assert {life.state(record, BEGAN) for record in keys.records} == {KeyState.ACTIVE}


def test_keys_after_a_loss_count_later(keys: KeySet) -> None:
    late = life.made(BEGAN, life.RECOVERY_DELAY_S)
    assert {life.state(record, BEGAN + 72 * 3600 - 1) for record in late.records} == {KeyState.WAITING}
    assert {life.state(record, BEGAN + 72 * 3600) for record in late.records} == {KeyState.ACTIVE}


def test_a_replaced_key_overlaps_until_its_promised_end(keys: KeySet) -> None:
    old = desk_key(keys)
    new = life.rotated(keys, old.kids[0], after(50))
    found = life.find(new, old.kids[0])
    assert (found.expires, found.replaced) == (old.expires, after(50))
    states = [life.state(found, after(days)) for days in (50, 59.9, 60)]
    assert states == [KeyState.OVERLAPPING, KeyState.OVERLAPPING, KeyState.RETIRED]
    assert len(new.encryption) == 3
    assert (desk_key(new).desk, desk_key(new).not_before) == ("general", after(50))


def test_replacing_twice_is_replacing_once(keys: KeySet) -> None:
    for kid in (*pair(keys).kids, *desk_key(keys).kids):
        once = life.rotated(keys, kid, after(50))
        assert once != keys
        assert life.rotated(once, kid, after(51)) is once


def test_a_pair_is_found_and_replaced_by_either_of_its_ids(keys: KeySet) -> None:
    for kid in pair(keys).kids:
        new = life.rotated(keys, kid, after(340))
        assert len(new.signing) == 2
        assert life.find(new, kid).replaced == after(340)


def test_a_key_that_is_not_known_is_refused(keys: KeySet) -> None:
    assert life.find(keys, desk_key(keys).kids[0])
    for change in (
        lambda: life.find(keys, "AAAA"),
        lambda: life.rotated(keys, "AAAA", BEGAN),
        lambda: life.revoked(keys, "AAAA", BEGAN, "stolen"),
    ):
        with pytest.raises(life.NoSuchKey, match="ltp keys list"):
            change()


@pytest.mark.parametrize(
    ("days", "due"), [(45.9, []), (46, ["encryption", "encryption"]), (335, ["signing"] + ["encryption"] * 2)]
)
def test_keys_are_due_before_they_end(keys: KeySet, days: float, due: list[str]) -> None:
    assert [record.purpose for record in keys.records if life.is_due(record, after(days))] == due


def test_what_took_its_place_is_due_in_its_turn(keys: KeySet) -> None:
    new = life.rotated(keys, desk_key(keys).kids[0], after(46))
    due = [record.kids for record in new.records if life.is_due(record, after(46))]
    assert due == [desk_key(keys, "dsl").kids]


@pytest.mark.parametrize(
    ("left", "said"), [(31, None), (30, None), (29.9, 30), (14, 30), (13.9, 14), (7, 14), (6.9, 7), (-3, 7)]
)
def test_a_key_that_nears_its_end_is_warned_about_three_times(
    keys: KeySet, left: float, said: int | None
) -> None:
    old = desk_key(keys)
    now = old.expires - int(left * DAY_S)
    assert life.warning(old, now) == said
    assert life.warning(life.find(life.rotated(keys, old.kids[0], BEGAN), old.kids[0]), now) is None


# --- the directory ----------------------------------------------------------------------------------------------


def test_the_directory_lists_old_and_new_until_the_old_one_ends(keys: KeySet) -> None:
    old = desk_key(keys)
    new = life.rotated(keys, old.kids[0], after(50))

    def general(days: float) -> list[str]:
        return [e["jwk"]["kid"] for e in life.directory_keys(new, after(days)) if e.get("desk") == "general"]

    assert general(50) == general(59.9) == [*old.kids, *desk_key(new).kids]
    assert general(60) == [*desk_key(new).kids]


def test_the_directory_keeps_old_signing_keys_for_seven_years(keys: KeySet) -> None:
    new = life.rotated(keys, pair(keys).kids[0], after(340))

    def listed(days: float) -> set[str]:
        return {entry["jwk"]["kid"] for entry in life.directory_keys(new, after(days))}

    assert set(pair(keys).kids) <= listed(365 + 7 * 366 - 1)
    assert not set(pair(keys).kids) & listed(365 + 7 * 366)


def test_a_revocation_is_in_every_entry_of_the_pair_and_the_first_one_stands(keys: KeySet) -> None:
    gone = life.revoked(keys, pair(keys).kids[1], after(3), "stolen")
    entries = [e["revoked"] for e in life.directory_keys(gone, after(4)) if "revoked" in e]
    assert entries == [{"revoked_at": after(3), "reason": "stolen"}] * 2
    assert life.revoked(gone, pair(keys).kids[0], after(9), "lost") is gone
    assert life.is_due(pair(gone), after(3))
    assert life.state(pair(gone), after(3)) is KeyState.REVOKED


def test_the_version_rises_with_every_change_that_the_directory_shows(keys: KeySet) -> None:
    assert life.version(keys) == 1
    rotated = life.rotated(keys, desk_key(keys).kids[0], after(50))
    assert life.version(rotated) == 2
    assert life.version(life.revoked(rotated, pair(keys).kids[0], after(51), "lost")) == 3
    assert life.version(life.without(rotated, [desk_key(keys)], after(90))) == 2


# --- destruction ------------------------------------------------------------------------------------------------


def test_a_desk_key_is_needed_until_nothing_sealed_to_it_can_arrive(keys: KeySet) -> None:
    old = desk_key(keys)
    assert life.needed_for(keys, old, after(74.99), Facts())
    assert life.needed_for(keys, old, after(75), Facts()) == ()


@pytest.mark.parametrize("what", ["listed", "waiting", "unknown"])
def test_a_desk_key_is_kept_while_anything_else_needs_it(keys: KeySet, what: str) -> None:
    old = desk_key(keys)
    facts = {
        "listed": Facts(listed=frozenset(old.kids)),
        "waiting": Facts(waiting={old.kids[0]: 2}),
        "unknown": Facts(unknown=1),
    }
    assert life.needed_for(keys, old, after(75), facts[what])
    assert life.needed_for(keys, old, after(75), Facts(waiting={"another": 2})) == ()


def test_a_pair_signs_until_the_directory_lists_a_newer_one(keys: KeySet) -> None:
    new = life.rotated(keys, pair(keys).kids[0], after(340))
    old = life.find(new, pair(keys).kids[0])
    assert life.needed_for(new, old, after(341), listed_now(keys))
    assert life.needed_for(new, old, after(341), listed_now(new)) == ()
    assert life.needed_for(new, pair(new), after(341), listed_now(new))
    # Half a pair signs nothing.
    half = Facts(frozenset(pair(new).kids[:1]))
    assert life.needed_for(new, old, after(341), half)


def test_a_revoked_pair_is_not_needed_at_all(keys: KeySet) -> None:
    assert life.needed_for(keys, pair(keys), after(1), Facts())
    gone = life.revoked(keys, pair(keys).kids[0], after(1), "stolen")
    assert life.needed_for(gone, pair(gone), after(1), Facts()) == ()


def test_what_is_destroyed_leaves_its_record_and_nothing_secret(keys: KeySet) -> None:
    old = desk_key(keys)
    gone = life.without(keys, [old, pair(keys)], after(75))
    assert life.private_kids(gone) == frozenset(desk_key(keys, "dsl").kids)
    assert [record.kids for record in gone.records] == [record.kids for record in keys.records]
    assert life.state(life.find(gone, old.kids[0]), after(75)) is KeyState.DESTROYED
    assert life.needed_for(gone, life.find(gone, old.kids[0]), after(75), Facts()) == ()


# --- the second key of the DSL desk ----------------------------------------------------------------------------


def test_a_second_dsl_key_is_listed_and_its_private_half_is_not_here(keys: KeySet) -> None:
    both, key = life.with_recovery(keys, after(1))
    record = life.find(both, key.kid)
    assert (record.desk, record.purpose) == ("dsl", "recovery")
    assert not life.holds(both, record)
    assert life.holds(both, desk_key(keys))
    assert key.kid in {entry["jwk"]["kid"] for entry in life.directory_keys(both, after(1))}
    assert life.second_key(both) == record
    assert life.second_key(keys) is None


def test_a_second_dsl_key_takes_the_place_of_the_one_before(keys: KeySet) -> None:
    both, first = life.with_recovery(keys, after(1))
    again, second = life.with_recovery(both, after(50))
    assert life.find(again, first.kid).replaced == after(50)
    assert life.second_key(again) == life.find(again, second.kid)
    assert life.find(again, desk_key(keys, "dsl").kids[0]).replaced is None


def test_a_record_says_the_same_after_it_was_written(keys: KeySet) -> None:
    full = replace(desk_key(keys), replaced=1, revoked=2, reason="lost", destroyed=3)
    for record in (*keys.records, full):
        assert KeyRecord.from_members(record.members()) == record
