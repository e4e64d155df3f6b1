"""What is remembered of a key beside the key: what it is for, its times, what became of it. Nothing secret.

A record outlives the private half of its key: the public half still verifies what was signed, and a list can say
what is gone. A signing pair has one record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from signing.errors import KeyMaterialError
from signing.keys import EncryptionPublicKey, Jwk, VerificationKey
from signing.names import DESKS

PURPOSES: Final = ("signing", "encryption", "recovery")
"""A recovery key is an encryption key whose private half is kept apart, on paper or on another medium."""

_REQUIRED: Final = {"purpose", "public", "created", "nbf", "exp"}
_OPTIONAL: Final = {"desk", "replaced", "revoked", "reason", "destroyed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """The life of one key or signing pair; all times are epoch seconds."""

    purpose: str
    public: tuple[VerificationKey | EncryptionPublicKey, ...]
    created: int
    not_before: int
    expires: int
    desk: str | None = None
    replaced: int | None = None
    revoked: int | None = None
    reason: str | None = None
    destroyed: int | None = None

    @property
    def kids(self) -> tuple[str, ...]:
        """The thumbprints; a signing pair has two."""
        return tuple(key.kid for key in self.public)

    @property
    def for_desk(self) -> bool:
        """Whether messages are sealed to it."""
        return self.desk is not None

    def jwks(self) -> tuple[Jwk, ...]:
        """The public JWKs."""
        return tuple(key.jwk() for key in self.public)

    def members(self) -> dict[str, Any]:
        """The record as JSON; `from_members` reads it."""
        said = {
            "purpose": self.purpose,
            "public": list(self.jwks()),
            "created": self.created,
            "nbf": self.not_before,
            "exp": self.expires,
            "desk": self.desk,
            "replaced": self.replaced,
            "revoked": self.revoked,
            "reason": self.reason,
            "destroyed": self.destroyed,
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_members(cls, members: object) -> Self:
        """The record that `members` wrote. Raises `KeyMaterialError`."""
        if not isinstance(members, Mapping) or not _REQUIRED <= members.keys() <= _REQUIRED | _OPTIONAL:
            raise KeyMaterialError("bad_key")
        purpose, desk = members["purpose"], members.get("desk")
        sealed_to = purpose in ("encryption", "recovery")
        if purpose not in PURPOSES or sealed_to is not (desk in DESKS) or not _are_times(members):
            raise KeyMaterialError("bad_key")
        read = EncryptionPublicKey.from_jwk if sealed_to else VerificationKey.from_jwk
        return cls(
            purpose=purpose,
            public=tuple(read(jwk) for jwk in members["public"]),
            created=members["created"],
            not_before=members["nbf"],
            expires=members["exp"],
            desk=desk,
            replaced=members.get("replaced"),
            revoked=members.get("revoked"),
            reason=members.get("reason"),
            destroyed=members.get("destroyed"),
        )


def _are_times(members: Mapping[str, Any]) -> bool:
    named = ("created", "nbf", "exp", "replaced", "revoked", "destroyed")
    return all(type(members[name]) is int for name in named if name in members)
