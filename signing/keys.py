"""Keys: made from 32-byte seeds, shown as JWKs, named by their RFC 7638 thumbprint.

A parsed key is kept inside its value, so that nothing is parsed twice. No `repr` shows a seed.
One key has one algorithm and one purpose.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signing.algorithms import (
    ED25519,
    HPKE_9_KE,
    HPKE_INFO,
    ML_DSA_65,
    RECIPIENTS,
    SEED_LENGTH,
    SIGNATURES,
    HpkePrivate,
    HpkePublic,
    SignatureAlgorithm,
    SigningPrivate,
    SigningPublic,
)
from signing.encoding import b64u, canonical, sha256, unb64u
from signing.errors import EncodingError, KeyMaterialError

_THUMBPRINT_MEMBERS: Final = {"OKP": ("crv", "kty", "x"), "AKP": ("alg", "kty", "pub")}

_PRIVATE_MEMBERS: Final = frozenset({"d", "priv", "k", "p", "q"})

Jwk = dict[str, str]
Loaded = TypeVar("Loaded")


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The RFC 7638 SHA-256 thumbprint; for `AKP` keys over `alg`, `kty`, `pub` (RFC 9964 §6)."""
    return sha256(canonical({name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}))


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """The public half of a signing or hop key."""

    alg: str
    kid: str
    raw: bytes = field(repr=False)
    key: SigningPublic = field(repr=False, compare=False)

    @classmethod
    def from_raw(cls, alg: str, raw: bytes) -> Self:
        """The key of algorithm `alg` with these public bytes."""
        algorithm = SIGNATURES[alg]
        key = _load(algorithm.load_public, raw, algorithm.public_length)
        return cls(alg, thumbprint(_signature_jwk(algorithm, raw)), raw, key)

    @classmethod
    def from_jwk(cls, jwk: object) -> Self:
        """The key of a public JWK; recomputes its `kid`. Raises `KeyMaterialError`."""
        algorithm = SIGNATURES.get(_algorithm_of(jwk))
        if algorithm is None:
            raise KeyMaterialError("bad_key")
        raw = _public_bytes(jwk, algorithm.public_member)
        key = cls.from_raw(algorithm.name, raw)
        _same_jwk(jwk, key.jwk())
        return key

    def jwk(self) -> Jwk:
        """The public JWK."""
        return {**_signature_jwk(SIGNATURES[self.alg], self.raw), "kid": self.kid}

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise `InvalidSignature`, of the `cryptography` package, unless this key signed `data`."""
        # Asked here because a wrong length is a different exception in the library.
        if len(signature) != SIGNATURES[self.alg].signature_length:
            raise InvalidSignature
        self.key.verify(signature, data)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One private signing key; see `SigningPair` and `HopKey` for their uses."""

    public: VerificationKey
    private: SigningPrivate = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, alg: str, seed: bytes) -> Self:
        """The key of algorithm `alg` that this 32-byte seed makes."""
        private = _load(SIGNATURES[alg].load_seed, seed, SEED_LENGTH)
        return cls(VerificationKey.from_raw(alg, private.public_key().public_bytes_raw()), private)

    def sign(self, data: bytes) -> bytes:
        """The raw signature over `data`."""
        return self.private.sign(data)

    @property
    def seed(self) -> bytes:
        """The secret seed, for the key file only."""
        return self.private.private_bytes_raw()


@dataclass(frozen=True, slots=True)
class PublicPair:
    """The public halves of a `SigningPair`; both must verify."""

    ed25519: VerificationKey
    ml_dsa: VerificationKey

    def __post_init__(self) -> None:
        if (self.ed25519.alg, self.ml_dsa.alg) != (ED25519, ML_DSA_65):
            raise KeyMaterialError("bad_key")

    @classmethod
    def from_jwks(cls, jwks: object) -> Self:
        """The pair of a list of two public JWKs, Ed25519 first."""
        if not isinstance(jwks, list | tuple) or len(jwks) != 2:
            raise KeyMaterialError("bad_key")
        return cls(VerificationKey.from_jwk(jwks[0]), VerificationKey.from_jwk(jwks[1]))

    def jwks(self) -> tuple[Jwk, Jwk]:
        """The two public JWKs, Ed25519 first."""
        return self.ed25519.jwk(), self.ml_dsa.jwk()


@dataclass(frozen=True, slots=True)
class SigningPair:
    """The Ed25519 and the ML-DSA-65 key that sign every message of an organisation together."""

    ed25519: SigningKey
    ml_dsa: SigningKey

    @classmethod
    def from_seeds(cls, ed25519: bytes, ml_dsa: bytes) -> Self:
        """The pair that two 32-byte seeds make."""
        return cls(SigningKey.from_seed(ED25519, ed25519), SigningKey.from_seed(ML_DSA_65, ml_dsa))

    @classmethod
    def generate(cls) -> Self:
        """A new pair from the system's randomness."""
        return cls.from_seeds(secrets.token_bytes(SEED_LENGTH), secrets.token_bytes(SEED_LENGTH))

    @property
    def public(self) -> PublicPair:
        """Both public halves."""
        return PublicPair(self.ed25519.public, self.ml_dsa.public)


@dataclass(frozen=True, slots=True)
class HopKey:
    """The Ed25519 key with which a gateway signs its HTTP requests (RFC 9421)."""

    public: VerificationKey
    private: Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key that this 32-byte seed makes."""
        private = _load(Ed25519PrivateKey.from_private_bytes, seed, SEED_LENGTH)
        return cls(VerificationKey.from_raw(ED25519, private.public_key().public_bytes_raw()), private)

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's randomness."""
        return cls.from_seed(secrets.token_bytes(SEED_LENGTH))

    @property
    def kid(self) -> str:
        """The thumbprint of the public half."""
        return self.public.kid

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The public half as the `cryptography` package has it."""
        return self.private.public_key()

    @property
    def seed(self) -> bytes:
        """The secret seed, for the key file only."""
        return self.private.private_bytes_raw()


@dataclass(frozen=True, slots=True)
class EncryptionPublicKey:
    """The public half of an `EncryptionKey`: what a message is sealed to."""

    alg: str
    kid: str
    raw: bytes = field(repr=False)
    key: HpkePublic = field(repr=False, compare=False)

    @classmethod
    def from_raw(cls, alg: str, raw: bytes) -> Self:
        """The key of algorithm `alg` with these public bytes."""
        key = _load(RECIPIENTS[alg].load_public, raw, RECIPIENTS[alg].public_length)
        return cls(alg, thumbprint(_encryption_jwk(alg, raw)), raw, key)

    @classmethod
    def from_jwk(cls, jwk: object) -> Self:
        """The key of a public JWK; recomputes its `kid`. Raises `KeyMaterialError`."""
        alg = _algorithm_of(jwk)
        if alg not in RECIPIENTS:
            raise KeyMaterialError("bad_key")
        key = cls.from_raw(alg, _public_bytes(jwk, "pub"))
        _same_jwk(jwk, key.jwk())
        return key

    def jwk(self) -> Jwk:
        """The public JWK."""
        return {**_encryption_jwk(self.alg, self.raw), "kid": self.kid}

    def wrap(self, content_key: bytes) -> tuple[bytes, bytes]:
        """HPKE's encapsulation and the wrapped `content_key`; `KeyMaterialError` for a key of low order."""
        algorithm = RECIPIENTS[self.alg]
        try:
            sealed = algorithm.suite.encrypt(content_key, self.key, info=HPKE_INFO)
        except ValueError:
            raise KeyMaterialError("bad_key") from None
        return sealed[: algorithm.enc_length], sealed[algorithm.enc_length :]


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """The private key of a desk, with which messages to that desk are opened."""

    public: EncryptionPublicKey
    seed: bytes = field(repr=False, compare=False)
    private: HpkePrivate = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes, alg: str = HPKE_9_KE) -> Self:
        """The key of algorithm `alg` that this 32-byte seed makes."""
        private, raw = _load(RECIPIENTS[alg].load_seed, seed, SEED_LENGTH)
        return cls(EncryptionPublicKey.from_raw(alg, raw), seed, private)

    @classmethod
    def generate(cls, alg: str = HPKE_9_KE) -> Self:
        """A new key from the system's randomness."""
        return cls.from_seed(secrets.token_bytes(SEED_LENGTH), alg)

    @property
    def alg(self) -> str:
        """The one recipient algorithm of this key."""
        return self.public.alg

    @property
    def kid(self) -> str:
        """The thumbprint of the public half."""
        return self.public.kid

    def unwrap(self, encapsulation: bytes, wrapped: bytes) -> bytes:
        """The content key; raises whatever the library raises when it cannot be had."""
        return RECIPIENTS[self.alg].suite.decrypt(encapsulation + wrapped, self.private, info=HPKE_INFO)


def _load(load: Callable[[bytes], Loaded], raw: bytes, length: int) -> Loaded:
    """What `load` makes of `raw`, with one clean error for every way in which it can fail."""
    loaded: Loaded | None = None
    if len(raw) == length:
        with suppress(ValueError):
            loaded = load(raw)
    if loaded is None:
        raise KeyMaterialError("bad_key")
    return loaded


def _signature_jwk(algorithm: SignatureAlgorithm, raw: bytes) -> Jwk:
    jwk = {"alg": algorithm.name, "kty": algorithm.kty, "use": "sig", algorithm.public_member: b64u(raw)}
    return jwk if algorithm.crv is None else {**jwk, "crv": algorithm.crv}


def _encryption_jwk(alg: str, raw: bytes) -> Jwk:
    return {"alg": alg, "kty": "AKP", "use": "enc", "pub": b64u(raw)}


def _members(jwk: object) -> Mapping[str, object]:
    if not isinstance(jwk, Mapping):
        raise KeyMaterialError("bad_key")
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise KeyMaterialError("private_key")
    return jwk


def _algorithm_of(jwk: object) -> str:
    alg = _members(jwk).get("alg")
    return alg if type(alg) is str else ""


def _public_bytes(jwk: object, member: str) -> bytes:
    try:
        return unb64u(_members(jwk).get(member))
    except EncodingError:
        raise KeyMaterialError("bad_key") from None


def _same_jwk(given: object, own: Jwk) -> None:
    """Refuse a JWK that has any member or value that the key itself does not give."""
    members = _members(given)
    if members.get("kid") != own["kid"]:
        raise KeyMaterialError("kid_mismatch")
    if members != own:
        raise KeyMaterialError("bad_key")
