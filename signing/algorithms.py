"""The algorithms of LTP-1, as records in two tables; nothing else may sign, verify, wrap or unwrap.

LTP-1 negotiates nothing: the profile's version fixes the two signatures, and a recipient's key carries the
one algorithm that it can be used with.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    MLKEM1024P384PrivateKey,
    MLKEM1024P384PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEED_LENGTH: Final = 32
"""Every private key is kept as a seed of this many bytes (RFC 9964 §4; draft-ietf-jose-hpke-pq-pqt)."""

ED25519: Final = "Ed25519"
ML_DSA_65: Final = "ML-DSA-65"
HPKE_9_KE: Final = "HPKE-9-KE"
HPKE_10_KE: Final = "HPKE-10-KE"

SigningPrivate = Ed25519PrivateKey | MLDSA65PrivateKey
SigningPublic = Ed25519PublicKey | MLDSA65PublicKey
HpkePrivate = MLKEM768X25519PrivateKey | MLKEM1024P384PrivateKey
HpkePublic = MLKEM768X25519PublicKey | MLKEM1024P384PublicKey


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """How keys of one signature algorithm look in a JWK, and how they are loaded."""

    name: str
    kty: str
    crv: str | None
    public_member: str
    seed_member: str
    public_length: int
    signature_length: int
    load_public: Callable[[bytes], SigningPublic]
    load_seed: Callable[[bytes], SigningPrivate]


@dataclass(frozen=True, slots=True)
class RecipientAlgorithm:
    """One HPKE suite with its key encryption (`…-KE`); the content is always A256GCM."""

    name: str
    suite: Suite
    public_length: int
    enc_length: int
    load_public: Callable[[bytes], HpkePublic]
    load_seed: Callable[[bytes], tuple[HpkePrivate, bytes]]


SIGNATURES: Final = MappingProxyType(
    {
        ED25519: SignatureAlgorithm(
            name=ED25519,
            kty="OKP",
            crv="Ed25519",
            public_member="x",
            seed_member="d",
            public_length=32,
            signature_length=64,
            load_public=Ed25519PublicKey.from_public_bytes,
            load_seed=Ed25519PrivateKey.from_private_bytes,
        ),
        ML_DSA_65: SignatureAlgorithm(
            name=ML_DSA_65,
            kty="AKP",
            crv=None,
            public_member="pub",
            seed_member="priv",
            public_length=1952,
            signature_length=3309,
            load_public=MLDSA65PublicKey.from_public_bytes,
            load_seed=MLDSA65PrivateKey.from_seed_bytes,
        ),
    }
)
"""The two signature algorithms, in the order in which their signatures stand in a message."""


def _x_wing_public(raw: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(raw[:1184]),
        x25519.X25519PublicKey.from_public_bytes(raw[1184:]),
    )


def _x_wing_private(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, bytes]:
    expanded = hashlib.shake_256(seed).digest(64 + 32)
    pq = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    classical = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    public = pq.public_key().public_bytes_raw() + classical.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(pq, classical), public


def _p384_public(raw: bytes) -> MLKEM1024P384PublicKey:
    return MLKEM1024P384PublicKey(
        mlkem.MLKEM1024PublicKey.from_public_bytes(raw[:1568]),
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), raw[1568:]),
    )


def _p384_private(seed: bytes) -> tuple[MLKEM1024P384PrivateKey, bytes]:
    expanded = hashlib.shake_256(seed).digest(64 + 48)
    pq = mlkem.MLKEM1024PrivateKey.from_seed_bytes(expanded[:64])
    # A scalar outside the group's order (odds below 2^-190) is refused by the library as a bad seed.
    classical = ec.derive_private_key(int.from_bytes(expanded[64:], "big"), ec.SECP384R1())
    point = classical.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return MLKEM1024P384PrivateKey(pq, classical), pq.public_key().public_bytes_raw() + point


RECIPIENTS: Final = MappingProxyType(
    {
        HPKE_9_KE: RecipientAlgorithm(
            name=HPKE_9_KE,
            suite=Suite(KEM.MLKEM768_X25519, KDF.SHAKE256, AEAD.AES_256_GCM),
            public_length=1184 + 32,
            enc_length=KEM.MLKEM768_X25519.enc_length(),
            load_public=_x_wing_public,
            load_seed=_x_wing_private,
        ),
        HPKE_10_KE: RecipientAlgorithm(
            name=HPKE_10_KE,
            suite=Suite(KEM.MLKEM1024_P384, KDF.SHAKE256, AEAD.AES_256_GCM),
            public_length=1568 + 97,
            enc_length=KEM.MLKEM1024_P384.enc_length(),
            load_public=_p384_public,
            load_seed=_p384_private,
        ),
    }
)
"""The permitted recipient algorithms; every one is post-quantum and classical at once."""

HPKE_INFO: Final = b"JOSE-HPKE rcpt\xffA256GCM\xff"
"""Binds a wrapped key to its use; the recipient's extra info is empty so any HPKE library can open it."""
