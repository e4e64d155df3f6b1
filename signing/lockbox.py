"""Secrets at rest: bytes encrypted with AES-256-GCM under a 32-byte key, or under one made of a passphrase.

Every kind of file has a type of its own, which is authenticated: a backup is never taken for a set of keys.
Whatever was tampered with, and whichever key is wrong, there is one error: `cannot_open`. No file is touched.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from signing.encoding import b64u, canonical, parse, unb64u
from signing.errors import EncodingError, KeyFileError

KEK_LENGTH: Final = 32
MAX_KEY_FILE: Final = 4 * 1024 * 1024  # bytes
MINIMUM_PASSPHRASE: Final = 12  # characters

_SALT_LENGTH: Final = 16
_IV_LENGTH: Final = 12
_WRITTEN: Final = {"m": 64 * 1024, "t": 3, "p": 4}  # memory in KiB, iterations, lanes
# A file says what it needs, but cannot make its reader weaker than what is written here, or exhaust it.
_BOUNDS: Final = {"m": (64 * 1024, 1024 * 1024), "t": (3, 12), "p": (1, 16)}

Kek = bytes | str
"""A key of 32 bytes, or a passphrase as text."""


class HiddenText(str):
    """A passphrase that no `repr` shows, not even that of a traceback's local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


class HiddenBytes(bytes):
    """A key that no `repr` shows, not even that of a traceback's local variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"


@dataclass(frozen=True, slots=True)
class _Box:
    head: dict[str, Any]
    iv: bytes
    salt: bytes | None
    ciphertext: bytes = field(repr=False)


def lock(data: bytes, kek: Kek, typ: str) -> bytes:
    """`data` encrypted under `kek`. Raises `KeyFileError` when `kek` is neither 32 bytes nor a passphrase."""
    check_kek(kek)
    iv, salt = secrets.token_bytes(_IV_LENGTH), secrets.token_bytes(_SALT_LENGTH)
    kdf = {"alg": "argon2id", "salt": b64u(salt), **_WRITTEN} if isinstance(kek, str) else {"alg": "none"}
    head = {"enc": "A256GCM", "iv": b64u(iv), "kdf": kdf, "typ": typ, "v": 1}
    sealed = AESGCM(_content_key(kek, kdf, salt)).encrypt(iv, data, canonical(head))
    return canonical({**head, "ciphertext": b64u(sealed)})


def unlock(file: bytes, kek: Kek, typ: str, *, most: int = MAX_KEY_FILE) -> bytes:
    """What `lock` was given under the same `kek` and `typ`, from at most `most` bytes. Raises `KeyFileError`."""
    check_kek(kek)
    box = _read(file, typ, most)
    if isinstance(kek, str) is not (box.salt is not None):
        raise KeyFileError("cannot_open")
    # No local variable holds the key that a passphrase makes: tools that show a traceback's would show it.
    aead = AESGCM(_content_key(kek, box.head["kdf"], box.salt))
    try:
        return aead.decrypt(box.iv, box.ciphertext, canonical(box.head))
    except InvalidTag:
        raise KeyFileError("cannot_open") from None


def type_of(file: bytes) -> str | None:
    """The type that a file says it has, unverified; None when it is no such file."""
    try:
        value = parse(file)
    except EncodingError:
        return None
    typ = value.get("typ") if isinstance(value, dict) else None
    return typ if isinstance(typ, str) else None


def check_kek(kek: Kek) -> None:
    """Raise `KeyFileError` unless `kek` is 32 bytes or a passphrase that is long enough."""
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


def _read(file: bytes, typ: str, most: int) -> _Box:
    try:
        value = parse(file) if len(file) <= most else None
        if not isinstance(value, dict) or value.keys() != {"ciphertext", "enc", "iv", "kdf", "typ", "v"}:
            raise KeyFileError("bad_key_file")
        head = {name: value[name] for name in value if name != "ciphertext"}
        iv, ciphertext, salt = unb64u(value["iv"]), unb64u(value["ciphertext"]), _salt(value["kdf"])
    except EncodingError:
        raise KeyFileError("bad_key_file") from None
    if (head["enc"], head["typ"], head["v"]) != ("A256GCM", typ, 1) or len(iv) != _IV_LENGTH:
        raise KeyFileError("bad_key_file")
    return _Box(head, iv, salt, ciphertext)


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
