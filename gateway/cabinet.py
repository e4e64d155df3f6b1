"""The private keys of the organisations that this gateway serves, read again when their key files change.

Keys are replaced, revoked and destroyed while the gateway runs: what ``ltp keys`` wrote counts from the next
message on. A key file that cannot be used any more is not taken; what was read before stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from signing import Directory, KeySet, Recipient, SigningPair, TrustedKey
from signing.names import DESKS

_log = structlog.get_logger("cabinet")


class KeyFiles(Protocol):
    """Where the sets of keys come from."""

    def organisations(self) -> Sequence[str]:
        """Every organisation that has a set."""

    def stamp(self, organisation: str) -> object | None:
        """Something that differs whenever the set does; None when there is none."""

    def keys(self, organisation: str) -> KeySet:
        """The set. Raises RuntimeError with what to do when it cannot be used."""


class NoPair(RuntimeError):
    """The organisation has no signing pair that the directory in force lists for use now."""


@dataclass(frozen=True, slots=True)
class _Drawer:
    stamp: object
    keys: KeySet = field(repr=False)
    recipient: Recipient = field(repr=False)


class Cabinet:
    """The sets of keys of all organisations that are served here."""

    def __init__(self, files: KeyFiles) -> None:
        """Opens every set once, so that one that cannot be used is known before anything is received."""
        self._files = files
        self._drawers: dict[str, _Drawer] = {}
        for organisation in files.organisations():
            self._drawers[organisation] = self._open(organisation, files.stamp(organisation))

    def serves(self, organisation: str) -> bool:
        """Whether this gateway holds the organisation's own keys."""
        return organisation in self._drawers or self._files.stamp(organisation) is not None

    def organisations(self) -> tuple[str, ...]:
        """Everybody who is served here."""
        return tuple(sorted({*self._drawers, *self._files.organisations()}))

    def keys(self, organisation: str) -> KeySet:
        """The organisation's keys as they are now."""
        return self._drawer(organisation).keys

    def recipient(self, organisation: str) -> Recipient:
        """The organisation's desks and the keys that open what is sent to them."""
        return self._drawer(organisation).recipient

    def signing_pair(self, organisation: str, directory: Directory, now: int) -> SigningPair:
        """The newest pair that the directory lists for use at ``now``. Raises NoPair.

        A pair that the directory does not list yet would only be refused: until then the former one signs.
        """
        for pair in reversed(self.keys(organisation).signing):
            kids = (pair.ed25519.public.kid, pair.ml_dsa.public.kid)
            if all(_counts(directory.signing_key(kid), organisation, now) for kid in kids):
                return pair
        raise NoPair

    def _drawer(self, organisation: str) -> _Drawer:
        known, stamp = self._drawers.get(organisation), self._files.stamp(organisation)
        if known is None or (stamp is not None and stamp != known.stamp):
            try:
                known = self._open(organisation, stamp)
            except RuntimeError as problem:
                if known is None:
                    raise
                _log.error("keys.unusable", error=type(problem).__name__)
                known = _Drawer(stamp, known.keys, known.recipient)
            self._drawers[organisation] = known
        return known

    def _open(self, organisation: str, stamp: object) -> _Drawer:
        keys = self._files.keys(organisation)
        desks = frozenset(f"{organisation}/{desk}" for desk in DESKS)
        return _Drawer(stamp, keys, Recipient(desks, {key.kid: key for key in keys.encryption}))


def _counts(key: TrustedKey | None, organisation: str, now: int) -> bool:
    if key is None or key.organisation != organisation or key.revoked_at is not None:
        return False
    return key.not_before <= now < key.expires
