"""The physical limit of LTP-1: the same primitives on the raw claims, without JSON, base64 or padding.

Two signatures, one key wrap and one encryption on one side; their inverses on the other. Keys are parsed
beforehand, as they are for ``signing``.
"""

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing import EncryptionKey, SigningPair
from signing.algorithms import HPKE_INFO, RECIPIENTS


@dataclass(frozen=True, slots=True)
class RawSealed:
    """What the primitives make of a payload."""

    ed25519: bytes
    ml_dsa: bytes
    wrapped: bytes
    iv: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Primitives:
    """The primitives between one sender and one recipient."""

    sender: SigningPair
    recipient: EncryptionKey

    def seal(self, payload: bytes) -> RawSealed:
        """Both signatures over the payload, a fresh content key wrapped, the payload encrypted."""
        suite = RECIPIENTS[self.recipient.alg].suite
        key, iv = os.urandom(32), os.urandom(12)
        return RawSealed(
            ed25519=self.sender.ed25519.private.sign(payload),
            ml_dsa=self.sender.ml_dsa.private.sign(payload),
            wrapped=suite.encrypt(key, self.recipient.public.key, info=HPKE_INFO),
            iv=iv,
            ciphertext=AESGCM(key).encrypt(iv, payload, None),
        )

    def open(self, sealed: RawSealed) -> bytes:
        """The payload, after both signatures verified."""
        suite = RECIPIENTS[self.recipient.alg].suite
        key = suite.decrypt(sealed.wrapped, self.recipient.private, info=HPKE_INFO)
        payload = AESGCM(key).decrypt(sealed.iv, sealed.ciphertext, None)
        self.sender.ed25519.public.key.verify(sealed.ed25519, payload)
        self.sender.ml_dsa.public.key.verify(sealed.ml_dsa, payload)
        return payload
