"""Private keys at rest: one encrypted JWK Set of seeds (LTP-1 §2.9). Bytes in, bytes out: no file is touched.

The set is encrypted with AES-256-GCM under a 32-byte key, or under one that Argon2id makes of a passphrase.
Whatever was tampered with, and whichever key is wrong, there is one error: `cannot_open`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from signing.algorithms import ED25519, ML_DSA_65, RECIPIENTS
from signing.encoding import b64u, canonical, parse, unb64u
from signing.errors import EncodingError, KeyFileError, KeyMaterialError
from signing.keys import EncryptionKey, HopKey, SigningPair

KEK_LENGTH: Final = 32
MAX_KEY_FILE: Final = 4 * 1024 * 1024  # bytes
MINIMUM_PASSPHRASE: Final = 12  # characters

_TYPE: Final = "ltp-keys"
_SALT_LENGTH: Final = 16
_IV_LENGTH: Final = 12
_WRITTEN: Final = {"m": 64 * 1024, "t": 3, "p": 4}  # memory in KiB, iterations, lanes
# A file says what it needs, but cannot make its reader weaker than what is written here, or exhaust it.
_BOUNDS: Final = {"m": (64 * 1024, 1024 * 1024), "t": (3, 12), "p": (1, 16)}

Kek = bytes | str
"""A key of 32 bytes, or a passphrase as text."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The private keys of one organisation or gateway."""

    signing: tuple[SigningPair, ...] = ()
    encryption: tuple[EncryptionKey, ...] = ()
    hop: tuple[HopKey, ...] = ()


@dataclass(frozen=True, slots=True)
class _KeyFile:
    head: dict[str, Any]
    iv: bytes
    salt: bytes | None
    ciphertext: bytes = field(repr=False)


def seal_keys(keys: KeySet, kek: Kek) -> bytes:
    """`keys` encrypted under `kek`. Raises `KeyFileError` when `kek` is neither 32 bytes nor a passphrase."""
    _check_kek(kek)
    iv, salt = secrets.token_bytes(_IV_LENGTH), secrets.token_bytes(_SALT_LENGTH)
    kdf = {"alg": "argon2id", "salt": b64u(salt), **_WRITTEN} if isinstance(kek, str) else {"alg": "none"}
    head = {"enc": "A256GCM", "iv": b64u(iv), "kdf": kdf, "typ": _TYPE, "v": 1}
    key = _content_key(kek, kdf, salt)
    sealed = AESGCM(key).encrypt(iv, canonical({"keys": _jwks(keys)}), canonical(head))
    return canonical({**head, "ciphertext": b64u(sealed)})


def open_keys(data: bytes, kek: Kek) -> KeySet:
    """The keys in the file `data`, which `seal_keys` made under the same `kek`. Raises `KeyFileError`."""
    _check_kek(kek)
    file = _read(data)
    if isinstance(kek, str) is not (file.salt is not None):
        raise KeyFileError("cannot_open")
    key = _content_key(kek, file.head["kdf"], file.salt)
    try:
        text = AESGCM(key).decrypt(file.iv, file.ciphertext, canonical(file.head))
    except InvalidTag:
        raise KeyFileError("cannot_open") from None
    return _key_set(text)


def _check_kek(kek: Kek) -> None:
    usable = len(kek) >= MINIMUM_PASSPHRASE if isinstance(kek, str) else len(kek) == KEK_LENGTH
    if not usable:
        raise KeyFileError("bad_kek")


def _content_key(kek: Kek, kdf: Mapping[str, Any], salt: bytes | None) -> bytes:
    if isinstance(kek, bytes):
        return kek
    derive = Argon2id(
        salt=salt or b"", length=KEK_LENGTH, iterations=kdf["t"], lanes=kdf["p"], memory_cost=kdf["m"]
    )
    return derive.derive(kek.encode())


def _read(data: bytes) -> _KeyFile:
    try:
        value = parse(data) if len(data) <= MAX_KEY_FILE else None
        if not isinstance(value, dict) or value.keys() != {"ciphertext", "enc", "iv", "kdf", "typ", "v"}:
            raise KeyFileError("bad_key_file")
        head = {name: value[name] for name in value if name != "ciphertext"}
        iv, ciphertext, salt = unb64u(value["iv"]), unb64u(value["ciphertext"]), _salt(value["kdf"])
    except EncodingError:
        raise KeyFileError("bad_key_file") from None
    if (head["enc"], head["typ"], head["v"]) != ("A256GCM", _TYPE, 1) or len(iv) != _IV_LENGTH:
        raise KeyFileError("bad_key_file")
    return _KeyFile(head, iv, salt, ciphertext)


def _salt(kdf: object) -> bytes | None:
    """The salt of a passphrase's key, or None when the file has a key of 32 bytes."""
    if kdf == {"alg": "none"}:
        return None
    if not isinstance(kdf, dict) or kdf.keys() != {"alg", "salt", *_BOUNDS} or kdf["alg"] != "argon2id":
        raise KeyFileError("bad_key_file")
    for name, (least, most) in _BOUNDS.items():
        if type(kdf[name]) is not int or not least <= kdf[name] <= most:
            raise KeyFileError("bad_key_file")
    salt = unb64u(kdf["salt"])
    if len(salt) != _SALT_LENGTH:
        raise KeyFileError("bad_key_file")
    return salt


def _jwks(keys: KeySet) -> list[dict[str, Any]]:
    """Private JWKs of RFC 7517 §7; `ltp` says what each is for, and which two make a pair."""
    jwks: list[dict[str, Any]] = []
    for number, pair in enumerate(keys.signing):
        for key in (pair.ed25519, pair.ml_dsa):
            member = "d" if key.public.alg == ED25519 else "priv"
            jwks.append({**key.public.jwk(), member: b64u(key.seed), "ltp": f"signing-{number}"})
    for desk_key in keys.encryption:
        jwks.append({**desk_key.public.jwk(), "priv": b64u(desk_key.seed), "ltp": "encryption"})
    for hop in keys.hop:
        jwks.append({**hop.public.jwk(), "d": b64u(hop.seed), "ltp": "hop"})
    return jwks


def _key_set(text: bytes) -> KeySet:
    try:
        value: Any = parse(text)
        return _build([(str(jwk["ltp"]), jwk["alg"], jwk["kid"], _seed(jwk)) for jwk in value["keys"]])
    except (EncodingError, KeyMaterialError, KeyError, TypeError, ValueError):
        pass
    # Only somebody who has the key can have written a set that is not one of ours.
    raise KeyFileError("bad_key_file")


def _seed(jwk: Mapping[str, Any]) -> bytes:
    return unb64u(jwk["d"] if "d" in jwk else jwk["priv"])


def _build(keys: list[tuple[str, str, str, bytes]]) -> KeySet:
    signing: dict[str, dict[str, bytes]] = {}
    for use, alg, _, seed in keys:
        if use.startswith("signing-"):
            signing.setdefault(use, {})[alg] = seed
    found = KeySet(
        signing=tuple(SigningPair.from_seeds(seeds[ED25519], seeds[ML_DSA_65]) for seeds in signing.values()),
        encryption=tuple(
            EncryptionKey.from_seed(seed, alg)
            for use, alg, _, seed in keys
            if use == "encryption" and alg in RECIPIENTS
        ),
        hop=tuple(HopKey.from_seed(seed) for use, _, _, seed in keys if use == "hop"),
    )
    if [jwk["kid"] for jwk in _jwks(found)] != [kid for _, _, kid, _ in keys]:
        raise KeyMaterialError("kid_mismatch")
    return found
