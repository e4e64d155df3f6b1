"""The rows ``seal…`` and ``open…``: ``signing`` beside its own primitives, on one core, in three sizes."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.bench.figure import Figure, figure
from gateway.bench.primitives import Primitives
from gateway.bench.rounds import Pair, paired
from gateway.bench.subject import ADDRESS, CLAIMS_BYTES, SENDER, claims, of_size
from signing import EncryptionKey, Recipient, SigningPair, TrustedKey, seal, unseal

Progress = Callable[[str], None]

#: Bytes of claims in each row.
SIZES: Mapping[str, int] = MappingProxyType(
    {
        "seal_5k": 5_180,
        "seal": CLAIMS_BYTES,
        "seal_60k": 60_204,
        "open_5k": 5_180,
        "open": CLAIMS_BYTES,
        "open_60k": 60_204,
    }
)


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


def measure_seal(row: str, rounds: int, repeats: int, progress: Progress) -> Figure:
    """CPU of ``signing.seal`` for one message of the row's size, beside the raw primitives."""
    pair, key = SigningPair.generate(), EncryptionKey.generate()
    message = of_size(SIZES[row], int(time.time()))
    raw, payload = Primitives(pair, key), claims(message)
    measured = paired(lambda: seal(message, pair, [key.public]), lambda: raw.seal(payload), rounds, repeats)
    return _figure(row, measured, progress)


def measure_open(row: str, rounds: int, repeats: int, progress: Progress) -> Figure:
    """CPU of ``signing.unseal`` for one message of the row's size, beside the raw primitives."""
    pair, key, now = SigningPair.generate(), EncryptionKey.generate(), int(time.time())
    message = of_size(SIZES[row], now)
    raw, me, trust = (
        Primitives(pair, key),
        Recipient(frozenset({ADDRESS}), {key.kid: key}),
        OneSender(pair, now),
    )
    envelope, bare = seal(message, pair, [key.public]).envelope, raw.seal(claims(message))
    measured = paired(lambda: unseal(envelope, me, trust, now), lambda: raw.open(bare), rounds, repeats)
    return _figure(row, measured, progress)


def _figure(row: str, measured: Pair, progress: Progress) -> Figure:
    low, high = measured.interval
    rounds = len(measured.ours_us)
    progress(f"{row}: ratio {measured.ratio:.3f}, 95 % interval {low:.3f} to {high:.3f}, {rounds:,} rounds")
    return figure(row, measured.ours, "us", measured.ratio)
