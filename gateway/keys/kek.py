"""The key-encryption key: what wraps the one 32-byte master key on which everything stored by a gateway hangs.

The seam is ``Kek``: it wraps 32 bytes and gives them back. Here are a key in a file and a passphrase; a key
management service is ``gateway.keys.kms``. What a hardware module needs is in docs/adr/0018.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from signing import KeyFileError
from signing.lockbox import KEK_LENGTH, HiddenBytes, lock, unlock

MASTER: Final = "ltp-master"
"""The type of a master key that is wrapped under a key or a passphrase."""


class KekError(RuntimeError):
    """The master key cannot be wrapped or unwrapped; the text says what to do and never holds a key."""


class Kek(Protocol):
    """Whoever keeps the key-encryption key, which itself never leaves."""

    def wrap(self, key: bytes) -> bytes:
        """``key`` so that only this Kek gives it back; what comes out is no secret. Raises KekError."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """The 32 bytes that ``wrap`` was given. Raises KekError."""


@dataclass(frozen=True, slots=True)
class LocalKek:
    """A key of 32 bytes, or a passphrase through Argon2id, which is read from ``source``."""

    source: str
    secret: bytes | str = field(repr=False)

    def wrap(self, key: bytes) -> bytes:
        """See ``Kek``."""
        try:
            return lock(key, self.secret, MASTER)
        except KeyFileError as problem:
            raise KekError(f"{self.source} cannot be used: {problem}") from None

    def unwrap(self, wrapped: bytes) -> bytes:
        """See ``Kek``."""
        try:
            return checked(HiddenBytes(unlock(wrapped, self.secret, MASTER)))
        except KeyFileError as problem:
            raise KekError(
                f"The master key does not open with {self.source}: {problem} "
                "Put back what the key was wrapped with, or restore a backup: ltp keys restore."
            ) from None


def checked(key: bytes) -> bytes:
    """A master key, if it can be one. Raises KekError."""
    if len(key) != KEK_LENGTH:
        raise KekError("What was unwrapped is no master key: it is not exactly 32 bytes long.")
    return key
