"""The life of keys, pure: a set of keys and a time in, a set of keys or what is to be said about it out.

A key is *active* until another one takes its place; then it is *overlapping*: it stays in the directory and its
private half here, because messages sealed to it are still on their way. After its last day it is *retired*, and
*destroyed* once nothing can need it any more. ``expires`` is a promise made when the key is first published:
whatever directory a sender holds, nobody seals to a key after it. So nothing ever changes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from signing import EncryptionKey, KeySet, SigningPair
from signing.message import MAX_LIFETIME
from signing.names import DESKS
from signing.records import KeyRecord

DAY_S: Final = 86_400

#: How long keys of each purpose live, and how long before their end they are replaced (LTP-1 §2.6).
LIFE_DAYS: Final = MappingProxyType({"signing": 365, "encryption": 60, "recovery": 60})
RENEW_DAYS: Final = MappingProxyType({"signing": 30, "encryption": 14, "recovery": 14})

#: Days before its end on which a key that was not replaced is warned about, more loudly each time.
WARN_DAYS: Final = (30, 14, 7)

#: How long after its last day a message sealed to a key may still arrive: its whole life, and a day for clocks.
ARRIVAL_S: Final = MAX_LIFETIME + DAY_S

#: Keys that nothing of ours vouches for count only after this time, in which everybody can see them.
RECOVERY_DELAY_S: Final = 72 * 3_600

#: How long after its end the public half of a signing key stays in the directory, to verify what it signed.
EVIDENCE_S: Final = 7 * 366 * DAY_S

Json = dict[str, Any]


class NoSuchKey(RuntimeError):
    """No key with this id is remembered here."""


class KeyState(StrEnum):
    """Where a key is in its life."""

    WAITING = "waiting"
    ACTIVE = "active"
    OVERLAPPING = "overlapping"
    RETIRED = "retired"
    REVOKED = "revoked"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known outside a set of keys and bears on whether a key is still needed.

    ``listed`` are the ids that the directory in force gives for use now, ``waiting`` the numbers of undelivered
    messages in this gateway's database by the id they are sealed to, ``unknown`` the number of stored items of which
    this version cannot say that they do without the key.
    """

    listed: frozenset[str] = frozenset()
    waiting: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0


# --- making -------------------------------------------------------------------------------------------------


def made(now: int, delay_s: int = 0) -> KeySet:
    """The first keys of an organisation: a signing pair and an encryption key for each desk."""
    pair = SigningPair.generate()
    desks = [EncryptionKey.generate() for _ in DESKS]
    records = [_record("signing", (pair.ed25519.public, pair.ml_dsa.public), now, delay_s)]
    for desk, key in zip(DESKS, desks, strict=True):
        records.append(replace(_record("encryption", (key.public,), now, delay_s), desk=desk))
    return KeySet(signing=(pair,), encryption=tuple(desks), records=tuple(records))


def with_recovery(keys: KeySet, now: int) -> tuple[KeySet, EncryptionKey]:
    """``keys`` that know of a new second key of the DSL desk, and that key, whose private half is kept apart."""
    key = EncryptionKey.generate()
    record = replace(_record("recovery", (key.public,), now, 0), desk="dsl")
    older = tuple(_replaced(r, now) if r.purpose == "recovery" else r for r in keys.records)
    return replace(keys, records=(*older, record)), key


def _record(purpose: str, public: Sequence[Any], now: int, delay_s: int) -> KeyRecord:
    starts = now + delay_s
    return KeyRecord(
        purpose=purpose,
        public=tuple(public),
        created=now,
        not_before=starts,
        expires=starts + LIFE_DAYS[purpose] * DAY_S,
    )


def _replaced(record: KeyRecord, now: int) -> KeyRecord:
    return record if record.replaced is not None else replace(record, replaced=now)


# --- looking ------------------------------------------------------------------------------------------------


def find(keys: KeySet, kid: str) -> KeyRecord:
    """The record of the key, or of the signing pair, with this id. Raises NoSuchKey."""
    for record in keys.records:
        if kid in record.kids:
            return record
    raise NoSuchKey("No key with this id is remembered here. See ltp keys list.")


def second_key(keys: KeySet) -> KeyRecord | None:
    """The DSL desk's second key, if it has one that nothing took the place of."""
    found = [
        r for r in keys.records if r.purpose == "recovery" and r.replaced is None and r.destroyed is None
    ]
    return found[-1] if found else None


def state(record: KeyRecord, now: int) -> KeyState:
    """Where a key is in its life."""
    if record.destroyed is not None:
        return KeyState.DESTROYED
    if record.revoked is not None:
        return KeyState.REVOKED
    if now >= record.expires:
        return KeyState.RETIRED
    if record.replaced is not None:
        return KeyState.OVERLAPPING
    return KeyState.ACTIVE if now >= record.not_before else KeyState.WAITING


def holds(keys: KeySet, record: KeyRecord) -> bool:
    """Whether the private half is in this set."""
    return not private_kids(keys).isdisjoint(record.kids)


def private_kids(keys: KeySet) -> frozenset[str]:
    """The ids of all private keys in a set."""
    pairs = [key.public.kid for pair in keys.signing for key in (pair.ed25519, pair.ml_dsa)]
    return frozenset([*pairs, *(key.kid for key in keys.encryption)])


def days_left(record: KeyRecord, now: int) -> int:
    """Whole days until the key ends; negative afterwards."""
    return (record.expires - now) // DAY_S


def warning(record: KeyRecord, now: int) -> int | None:
    """The lowest of WARN_DAYS that the key has reached without being replaced; None when there is time."""
    if record.replaced is not None or record.destroyed is not None:
        return None
    left = days_left(record, now)
    return min((days for days in WARN_DAYS if left < days), default=None)


def is_due(record: KeyRecord, now: int) -> bool:
    """Whether a key is to be replaced now: it nears its end, or is revoked, and nothing took its place yet."""
    if record.replaced is not None:
        return False
    return record.revoked is not None or now >= record.expires - RENEW_DAYS[record.purpose] * DAY_S


def version(keys: KeySet) -> int:
    """The version of what the directory says of these keys: one more for every time at which it changed."""
    times = [time for r in keys.records for time in (r.created, r.replaced, r.revoked)]
    return len({time for time in times if time is not None})


def directory_keys(keys: KeySet, now: int) -> list[Json]:
    """What the directory lists: keys to seal to until they end, signing keys for as long as evidence may need them."""
    return [
        entry
        for record in keys.records
        if now < record.expires + (0 if record.for_desk else EVIDENCE_S)
        for entry in _entries(record)
    ]


def _entries(record: KeyRecord) -> list[Json]:
    said: Json = {"nbf": record.not_before, "exp": record.expires}
    if record.desk is not None:
        said["desk"] = record.desk
    if record.revoked is not None:
        said["revoked"] = {"revoked_at": record.revoked, "reason": record.reason}
    return [{"jwk": jwk, **said} for jwk in record.jwks()]


# --- changing -----------------------------------------------------------------------------------------------


def rotated(keys: KeySet, kid: str, now: int) -> KeySet:
    """``keys`` with a new key in the place of ``kid``; unchanged when something took its place already.

    The old key stays as it was, for what was sealed to it or signed by it. A recovery key has its own way:
    ``with_recovery``, because its private half goes elsewhere. Raises NoSuchKey.
    """
    old = find(keys, kid)
    if old.replaced is not None:
        return keys
    keys = replace(keys, records=tuple(_replaced(r, now) if r is old else r for r in keys.records))
    if old.purpose == "signing":
        pair = SigningPair.generate()
        public: tuple[Any, ...] = (pair.ed25519.public, pair.ml_dsa.public)
        keys = replace(keys, signing=(*keys.signing, pair))
    else:
        key = EncryptionKey.generate()
        public, keys = (key.public,), replace(keys, encryption=(*keys.encryption, key))
    record = replace(_record(old.purpose, public, now, 0), desk=old.desk)
    return replace(keys, records=(*keys.records, record))


def revoked(keys: KeySet, kid: str, at: int, reason: str) -> KeySet:
    """``keys`` with the key, or the whole signing pair, revoked from ``at`` on. The first revocation stands."""
    found = find(keys, kid)
    if found.revoked is not None:
        return keys
    gone = replace(found, revoked=at, reason=reason)
    return replace(keys, records=tuple(gone if record is found else record for record in keys.records))


def needed_for(keys: KeySet, record: KeyRecord, now: int, facts: Facts) -> tuple[str, ...]:
    """Why the private half of a key must stay; nothing when it is to be destroyed."""
    if record.destroyed is not None:
        return ()
    if record.for_desk:
        return tuple(_to_open(record, now, facts))
    if record.revoked is not None or now >= record.expires:
        # It may not sign any more, and what it signed is verified by its public half.
        return ()
    others = [r for r in keys.records if r.purpose == "signing" and r.created >= record.created]
    newer = any(facts.listed.issuperset(r.kids) for r in others if r is not record)
    if record.replaced is not None and newer:
        return ()
    return ("it signs until the directory lists a newer one",)


def _to_open(record: KeyRecord, now: int, facts: Facts) -> list[str]:
    needs = []
    if now < record.expires + ARRIVAL_S:
        needs.append(f"messages sealed to it may arrive until {_day(record.expires + ARRIVAL_S)}")
    if not facts.listed.isdisjoint(record.kids):
        needs.append("the directory in force lists it")
    waiting = sum(facts.waiting.get(kid, 0) for kid in record.kids)
    if waiting:
        needs.append(f"messages kept here undelivered are sealed to it: {waiting}")
    if facts.unknown:
        needs.append(f"stored items of a form that this version does not know: {facts.unknown}")
    return needs


def without(keys: KeySet, gone: Sequence[KeyRecord], now: int) -> KeySet:
    """``keys`` without the private halves of these records, which stay and say since when."""
    kids = {kid for record in gone for kid in record.kids}
    return replace(
        keys,
        signing=tuple(pair for pair in keys.signing if pair.ed25519.public.kid not in kids),
        encryption=tuple(key for key in keys.encryption if key.kid not in kids),
        records=tuple(replace(r, destroyed=now) if r in gone else r for r in keys.records),
    )


def _day(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
