"""What is to be said of every key of a gateway, and what is done with those whose time is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gateway.directory.errors import DirectoryRefused
from gateway.directory.source import open_client
from gateway.files import Home, HomeError
from gateway.keys import dependants, life, shelf
from gateway.keys.life import Facts, KeyState
from signing import Directory, KeySet, Organisation
from signing.records import KeyRecord

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expired:
    """What came of destroying what nothing needs any more."""

    destroyed: tuple[str, ...]
    apart: tuple[str, ...]
    """Recovery keys whose files are to be destroyed by whoever keeps them."""


def directory_in_force(home: Home, now: int) -> Directory | None:
    """The directory that this gateway would use now; None without one."""
    try:
        known = open_client(home.settings).load()
        return None if known is None else known.directory(now)
    except (HomeError, DirectoryRefused):
        return None


def facts(home: Home, organisations: Sequence[str], now: int) -> dict[str, Facts]:
    """What directory and database, each read once, say that bears on the keys of these organisations."""
    directory, stored = directory_in_force(home, now), dependants.facts(home.store, now)
    known = directory.organisations if directory else {}
    return {
        name: replace(stored, listed=_usable(known[name], now) if name in known else frozenset())
        for name in organisations
    }


def _usable(listed: Organisation, now: int) -> frozenset[str]:
    """The ids of the keys that the directory gives for use at ``now``."""
    signing = [
        k.key.kid for k in listed.signing_keys if k.revoked_at is None and k.not_before <= now < k.expires
    ]
    desks = [k.key.kid for k in listed.desk_keys if k.revoked_at is None and k.not_before <= now < k.expires]
    return frozenset(signing + desks)


def rows(home: Home, now: int) -> list[Json]:
    """One row for every key of every organisation, newest last, without anything secret."""
    cabinet = home.cabinet()
    known = facts(home, cabinet.organisations(), now)
    return [row for name in known for row in _rows_of(name, cabinet.keys(name), now, known[name])]


def _rows_of(organisation: str, keys: KeySet, now: int, facts: Facts) -> list[Json]:
    return [
        {
            "organisation": organisation,
            "purpose": record.purpose,
            "desk": record.desk,
            "alg": key.alg,
            "kid": key.kid,
            "state": life.state(record, now).value,
            "created": _instant(record.created),
            "nbf": _instant(record.not_before),
            "exp": _instant(record.expires),
            "daysLeft": life.days_left(record, now),
            "private": _private(keys, record),
            "neededFor": list(life.needed_for(keys, record, now, facts)),
            "warning": life.warning(record, now),
        }
        for record in keys.records
        for key in record.public
    ]


def _private(keys: KeySet, record: KeyRecord) -> str:
    if record.destroyed is not None:
        return "destroyed"
    return "here" if life.holds(keys, record) else "apart"


def expire(home: Home, now: int) -> dict[str, Expired]:
    """Destroys the private halves of all keys that nothing needs any more; the rest stays."""
    organisations = home.cabinet().organisations()
    return {name: _expire(home, name, now, one) for name, one in facts(home, organisations, now).items()}


def _expire(home: Home, organisation: str, now: int, known: Facts) -> Expired:
    apart: list[KeyRecord] = []
    gone: list[KeyRecord] = []

    def step(keys: KeySet) -> KeySet:
        over = [r for r in keys.records if r.destroyed is None and not life.needed_for(keys, r, now, known)]
        gone.extend(r for r in over if life.holds(keys, r))
        apart.extend(r for r in over if not life.holds(keys, r))
        return life.without(keys, gone, now)

    shelf.change(home, organisation, step)
    return Expired(_kids(gone), _kids(apart))


def _kids(records: list[KeyRecord]) -> tuple[str, ...]:
    return tuple(kid for record in records for kid in record.kids)


def owner_of(home: Home, kid: str) -> tuple[str, KeyRecord]:
    """The organisation whose key this is, and its record. Raises life.NoSuchKey."""
    cabinet = home.cabinet()
    for organisation in cabinet.organisations():
        for record in cabinet.keys(organisation).records:
            if kid in record.kids:
                return organisation, record
    raise life.NoSuchKey("No key with this id is remembered here. See ltp keys list.")


def due(home: Home, now: int) -> list[tuple[str, KeyRecord]]:
    """Every key of this gateway that is to be replaced now."""
    cabinet = home.cabinet()
    return [
        (organisation, record)
        for organisation in cabinet.organisations()
        for record in cabinet.keys(organisation).records
        if life.is_due(record, now) and life.state(record, now) is not KeyState.WAITING
    ]


def _instant(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
