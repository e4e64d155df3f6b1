"""The rows ``seal`` and ``open``: ``signing`` beside its own primitives, on one core."""

import time

from gateway.bench.figure import Figure, figure
from gateway.bench.primitives import Primitives
from gateway.bench.rounds import paired
from gateway.bench.subject import ADDRESS, SENDER, bundle, claims, outgoing, transfer
from signing import EncryptionKey, Recipient, SigningPair, TrustedKey, seal, unseal


class OneSender:
    """Trust in exactly one organisation."""

    def __init__(self, pair: SigningPair, now: int) -> None:
        halves = (pair.ed25519.public, pair.ml_dsa.public)
        self._keys = {key.kid: TrustedKey(SENDER, key, now - 60, now + 86_400) for key in halves}

    def status(self, organisation: str) -> str | None:
        """Active, for the one sender."""
        return "active" if organisation == SENDER else None

    def signing_key(self, kid: str) -> TrustedKey | None:
        """One of the sender's two keys."""
        return self._keys.get(kid)


def measure_seal(rounds: int, repeats: int) -> Figure:
    """CPU of ``signing.seal`` for one message of 20 kB, beside the raw primitives."""
    pair, key = SigningPair.generate(), EncryptionKey.generate()
    message = outgoing(bundle(transfer()), int(time.time()))
    raw, payload = Primitives(pair, key), claims(message)
    measured = paired(lambda: seal(message, pair, [key.public]), lambda: raw.seal(payload), rounds, repeats)
    return figure("seal", measured.ours, "us", measured.ratio)


def measure_open(rounds: int, repeats: int) -> Figure:
    """CPU of ``signing.unseal`` for one message of 20 kB, beside the raw primitives."""
    pair, key, now = SigningPair.generate(), EncryptionKey.generate(), int(time.time())
    message = outgoing(bundle(transfer()), now)
    raw, me, trust = (
        Primitives(pair, key),
        Recipient(frozenset({ADDRESS}), {key.kid: key}),
        OneSender(pair, now),
    )
    envelope, bare = seal(message, pair, [key.public]).envelope, raw.seal(claims(message))
    measured = paired(lambda: unseal(envelope, me, trust, now), lambda: raw.open(bare), rounds, repeats)
    return figure("open", measured.ours, "us", measured.ratio)
