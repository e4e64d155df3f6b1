"""Sealing what the gateway sends, and keeping it: signing on one side, the vault on the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.cabinet import NoPair
from gateway.services import Services
from gateway.store.records import Content, Envelope
from gateway.transfer import MESSAGE_LIFE_S
from gateway.vault import DataKey
from schemas import VERSION
from signing import DirectoryError, EncryptionPublicKey, Outgoing, Sealed, SealError, SigningPair, seal

#: Purposes keep a blob from being opened as something else.
BODY, JWS = "body", "jws"


class CannotSeal(Exception):
    """Not now: the directory has no key to seal to. ``reason`` is a stable word that people are shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to send: a bundle or a receipt, from an organisation of ours to one address."""

    iss: str
    aud: str
    mt: str
    body: Mapping[str, Any]
    minimum_class: int = 0

    def outgoing(self, now: int) -> Outgoing:
        """The message as ``signing`` wants it."""
        return Outgoing(
            iss=self.iss,
            aud=self.aud,
            mt=self.mt,
            sv=f"ltp:{self.mt}/{VERSION}",
            body=self.body,
            iat=now,
            exp=now + MESSAGE_LIFE_S,
        )


def recipient_keys(services: Services, aud: str) -> tuple[EncryptionPublicKey, ...]:
    """The current keys of an address. Raises CannotSeal with the reason."""
    try:
        return tuple(services.directory.current().encryption_keys(aud, services.clock.seconds))
    except DirectoryError as problem:
        raise CannotSeal(_REASONS.get(problem.code, "directory-unusable")) from None


def _signing_pair(services: Services, organisation: str, now: int) -> SigningPair:
    """The pair that whoever has today's directory accepts. Raises CannotSeal: the letter waits until there is one."""
    try:
        return services.cabinet.signing_pair(organisation, services.directory.current(), now)
    except DirectoryError as problem:
        raise CannotSeal(_REASONS.get(problem.code, "directory-unusable")) from None
    except NoPair:
        raise CannotSeal("own-signing-keys-not-listed") from None


_REASONS = {
    "unknown_organisation": "recipient-unknown",
    "unknown_address": "recipient-has-no-such-desk",
    "inactive": "recipient-suspended",
    "no_encryption_key": "recipient-has-no-key",
    "directory_expired": "directory-too-old",
}


def sealed_letter(services: Services, letter: Letter, key: DataKey) -> tuple[Sealed, Envelope]:
    """The letter sealed to its address's current keys, and what the store keeps of it. Raises CannotSeal."""
    keys = recipient_keys(services, letter.aud)
    now = services.clock.seconds
    pair = _signing_pair(services, letter.iss, now)
    try:
        sealed = seal(letter.outgoing(now), pair, keys, minimum_class=letter.minimum_class)
    except SealError as problem:
        raise CannotSeal(f"cannot-be-sealed:{problem.code}") from None
    envelope = Envelope(
        iss=letter.iss,
        jti=sealed.jti,
        content_sha256=sealed.content_sha256,
        envelope_sha256=sealed.envelope_sha256,
        exp=now + MESSAGE_LIFE_S,
        envelope=sealed.envelope,
        jws=Content(key.key_id, JWS, key.seal(sealed.jws, JWS)),
    )
    return sealed, envelope


def kept_body(body: bytes, key: DataKey) -> Content:
    """A canonical body that waits for a key to be sealed to."""
    return Content(key.key_id, BODY, key.seal(body, BODY))


def canonical(body: Mapping[str, Any]) -> bytes:
    """The canonical form of a body: RFC 8785, which this is for integers and ASCII member names."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
