"""The values that go into and come out of LTP-1, with the limits of the profile."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import Any, Final, Protocol

from signing.encoding import sha256
from signing.keys import EncryptionKey, VerificationKey

VERSION: Final = 1
MAX_ENVELOPE: Final = 2 * 1024 * 1024  # bytes
MAX_CLAIMS: Final = 780_000  # bytes of canonical JSON
MAX_LIFETIME: Final = 14 * 86_400  # seconds
DEFAULT_LIFETIME: Final = 7 * 86_400  # seconds
CLOCK_SKEW: Final = 300  # seconds
MAX_RECIPIENTS: Final = 32
SMALLEST_CLASS: Final = 32 * 1024  # bytes; class k is this times 2^k
LARGEST_CLASS: Final = 5  # 1 MiB: the next one would not fit an envelope
ID_LENGTH: Final = 16  # bytes of randomness in `jti` and `nonce`

MESSAGE_TYPES: Final = ("bundle", "receipt")

_MADE_HERE: Final = object()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to seal. `exp` is seven days after `iat` unless given; `jti` and `nonce` are made if absent.

    `body` is JSON of text, integers, true, false and null with ASCII member names. It is not checked against
    any schema.
    """

    iss: str
    aud: str
    mt: str
    sv: str
    body: Mapping[str, Any] = field(repr=False)
    iat: int
    exp: int | None = None
    jti: str | None = None
    nonce: str | None = field(default=None, repr=False)
    irt: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed message with what its sender keeps: `jws` is the evidence, `envelope` goes on the wire."""

    jti: str
    content_sha256: str
    envelope_sha256: str
    size_class: int
    envelope: bytes = field(repr=False)
    jws: bytes = field(repr=False)
    body_text: bytes = field(repr=False)

    @property
    def body_sha256(self) -> str:
        """SHA-256 of the canonical body, by which a duplicate is known; taken when it is asked for."""
        return sha256(self.body_text)


@dataclass(frozen=True, slots=True)
class Header:
    """What a relay can see of a message. Nothing of it is proved: the signatures are inside."""

    iss: str
    aud: str
    jti: str
    iat: int
    exp: int
    envelope_sha256: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who opens: the addresses served here and the private keys, by `kid`."""

    addresses: frozenset[str]
    keys: Mapping[str, EncryptionKey] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A signing key with its owner and the times, in epoch seconds, between which it counts."""

    organisation: str
    key: VerificationKey
    not_before: int
    expires: int
    revoked_at: int | None = None


class Trust(Protocol):
    """What `unseal` asks of a directory."""

    def status(self, organisation: str) -> str | None:
        """`active`, `suspended` or `closed`; None when the organisation is unknown."""

    def signing_key(self, kid: str) -> TrustedKey | None:
        """The signing key with this thumbprint, current or not; None when nobody has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Signed content whose two signatures were verified; only this package can make one.

    Not checked: the schema of `body`, and whether the same `jti` came before.
    """

    iss: str
    aud: str
    jti: str
    iat: int
    exp: int
    mt: str
    sv: str
    irt: str | None
    content_sha256: str
    body: Mapping[str, Any] = field(repr=False)
    body_text: bytes = field(repr=False)
    jws: bytes = field(repr=False)
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        _only_here(made_by)

    @property
    def body_sha256(self) -> str:
        """SHA-256 of the canonical body, by which a duplicate is known; taken when it is asked for."""
        return sha256(self.body_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A message that passed steps 1 to 11; only `unseal` can make one.

    Not checked: the schema of `body`, and whether the same `jti` came before.
    """

    iss: str
    aud: str
    jti: str
    iat: int
    exp: int
    mt: str
    sv: str
    irt: str | None
    content_sha256: str
    envelope_sha256: str
    body: Mapping[str, Any] = field(repr=False)
    body_text: bytes = field(repr=False)
    jws: bytes = field(repr=False)
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        _only_here(made_by)

    @property
    def body_sha256(self) -> str:
        """SHA-256 of the canonical body, by which a duplicate is known; taken when it is asked for."""
        return sha256(self.body_text)


def _only_here(made_by: object) -> None:
    if made_by is not _MADE_HERE:
        raise TypeError("only signing.unseal and signing.verify_jws can make this value")
