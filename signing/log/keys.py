"""The keys of logs and witnesses: an Ed25519 and an ML-DSA-44 key side by side, shown as C2SP verifier keys.

A verifier key is `name+key id+base64(kind, public key)`, and its id the start of a hash over all three. A log
signs its checkpoints with a plain note signature and a cosignature, a witness with two cosignatures
(c2sp.org/signed-note, c2sp.org/tlog-cosignature). Whoever has two keys counts only when both have signed.
"""

import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from signing.algorithms import ED25519, SEED_LENGTH
from signing.encoding import b64u
from signing.errors import KeyMaterialError
from signing.keys import thumbprint
from signing.log.errors import LogError

ML_DSA_44: Final = "ML-DSA-44"
NOTE, COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44 = 0x01, 0x04, 0x06

NAME: Final = re.compile(r"[!-*,-~]{1,255}")
"""Names of logs and witnesses: printable ASCII without spaces and without `+`."""

_VKEY: Final = re.compile(rf"({NAME.pattern})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/]+=*)")
_TIMESTAMP: Final = 8  # bytes before every cosignature


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a kind byte says: how long key and signature are, and how a key is loaded."""

    public_length: int
    signature_length: int
    load: Callable[[bytes], Ed25519PublicKey | MLDSA44PublicKey]


_KINDS: Final = MappingProxyType(
    {
        NOTE: _Kind(32, 64, Ed25519PublicKey.from_public_bytes),
        COSIGNATURE_ED25519: _Kind(32, _TIMESTAMP + 64, Ed25519PublicKey.from_public_bytes),
        COSIGNATURE_ML_DSA_44: _Kind(1312, _TIMESTAMP + 2420, MLDSA44PublicKey.from_public_bytes),
    }
)
_ROLES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"log": (NOTE, COSIGNATURE_ML_DSA_44), "witness": (COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44)}
)


@dataclass(frozen=True, slots=True)
class NoteKey:
    """One public key with the name and the kind of signature that it stands for."""

    name: str
    kind: int
    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        kind = _KINDS.get(self.kind)
        if kind is None or len(self.raw) != kind.public_length or NAME.fullmatch(self.name) is None:
            raise LogError("bad_key")

    @classmethod
    def from_vkey(cls, vkey: object) -> Self:
        """The key of a verifier key. Raises `LogError`."""
        match = _VKEY.fullmatch(vkey) if type(vkey) is str else None
        data = b"" if match is None else unbase64(match[3])
        if match is None or not data:
            raise LogError("bad_key")
        key = cls(match[1], data[0], data[1:])
        if key.vkey() != vkey:
            raise LogError("bad_key")
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    def vkey(self) -> str:
        """The verifier key."""
        public = b64encode(bytes([self.kind]) + self.raw).decode()
        return f"{self.name}+{self.key_id.hex()}+{public}"

    def verify(self, signature: bytes, text: bytes) -> None:
        """Raise `LogError` unless this key made the raw `signature`, without its time, over `text`."""
        kind = _KINDS[self.kind]
        try:
            kind.load(self.raw).verify(signature, text)
        except (InvalidSignature, ValueError):
            raise LogError("bad_signature") from None

    def split(self, signature: bytes) -> tuple[int | None, bytes]:
        """The time in a signature of this kind, if it has one, and its raw part. Raises `LogError`."""
        if len(signature) != _KINDS[self.kind].signature_length:
            raise LogError("bad_signature")
        if self.kind == NOTE:
            return None, signature
        return int.from_bytes(signature[:_TIMESTAMP], "big"), signature[_TIMESTAMP:]


@dataclass(frozen=True, slots=True)
class Identity:
    """A log or a witness: a name, and the keys that must all have signed for its word to count."""

    name: str
    keys: tuple[NoteKey, ...]

    @classmethod
    def from_vkeys(cls, role: str, vkeys: object) -> Self:
        """The `log` or `witness` with these verifier keys.

        A log always has both keys. A witness of somebody else's may have one. Raises `LogError`.
        """
        if not isinstance(vkeys, list | tuple) or not vkeys:
            raise LogError("bad_key")
        keys = tuple(NoteKey.from_vkey(vkey) for vkey in vkeys)
        kinds = tuple(key.kind for key in keys)
        whole = _ROLES[role]
        allowed = [whole] if role == "log" else [whole, whole[:1], whole[1:]]
        if kinds not in allowed or len({key.name for key in keys}) != 1:
            raise LogError("bad_key")
        return cls(keys[0].name, keys)

    def vkeys(self) -> list[str]:
        """The verifier keys."""
        return [key.vkey() for key in self.keys]


@dataclass(frozen=True, slots=True)
class LogKey:
    """The two private keys of one log or of one witness; never of both, and never used for anything else."""

    ed25519: Ed25519PrivateKey = field(repr=False, compare=False)
    ml_dsa: MLDSA44PrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_seeds(cls, ed25519: bytes, ml_dsa: bytes) -> Self:
        """The keys that two 32-byte seeds make. Raises `KeyMaterialError`."""
        if len(ed25519) != SEED_LENGTH or len(ml_dsa) != SEED_LENGTH:
            raise KeyMaterialError("bad_key")
        return cls(Ed25519PrivateKey.from_private_bytes(ed25519), MLDSA44PrivateKey.from_seed_bytes(ml_dsa))

    @classmethod
    def generate(cls) -> Self:
        """New keys from the system's randomness."""
        return cls.from_seeds(secrets.token_bytes(SEED_LENGTH), secrets.token_bytes(SEED_LENGTH))

    def identity(self, role: str, name: str) -> Identity:
        """The public side, as the `log` or `witness` of this name. Raises `LogError`."""
        raws = (self.ed25519.public_key().public_bytes_raw(), self.ml_dsa.public_key().public_bytes_raw())
        keys = tuple(NoteKey(name, kind, raw) for kind, raw in zip(_ROLES[role], raws, strict=True))
        return Identity(name, keys)

    def private_jwks(self) -> tuple[dict[str, str], dict[str, str]]:
        """Both keys as private JWKs, for the key file only."""
        ed, ml = self.ed25519.public_key().public_bytes_raw(), self.ml_dsa.public_key().public_bytes_raw()
        first = {"alg": ED25519, "crv": ED25519, "kty": "OKP", "use": "sig", "x": b64u(ed)}
        second = {"alg": ML_DSA_44, "kty": "AKP", "use": "sig", "pub": b64u(ml)}
        return (
            {**first, "kid": thumbprint(first), "d": b64u(self.ed25519.private_bytes_raw())},
            {**second, "kid": thumbprint(second), "priv": b64u(self.ml_dsa.private_bytes_raw())},
        )


def unbase64(text: str) -> bytes:
    """The bytes of strict base64 (RFC 4648 §4), or none when `text` is something else."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return b""
    return data if b64encode(data).decode() == text else b""


def from_base64(lines: Sequence[str], length: int, code: str) -> list[bytes]:
    """The bytes of lines that each hold `length` bytes. Raises `LogError` with `code`."""
    found = [unbase64(line) for line in lines]
    if any(len(data) != length for data in found):
        raise LogError(code)
    return found
