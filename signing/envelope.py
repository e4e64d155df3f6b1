"""The envelope: JWE General JSON as LTP-1 §2.2 allows it, and what can be checked of it without keys.

Steps 1 to 4 of §2.4 are here, because a relay takes them too.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from signing.algorithms import RECIPIENTS
from signing.claims import are_times, is_audience, is_future, is_id, is_lifetime, is_over
from signing.encoding import b64u, cut, parse, unb64u
from signing.errors import EncodingError, UnsealError
from signing.message import MAX_ENVELOPE, MAX_RECIPIENTS, VERSION, Header
from signing.names import ORGANISATION, is_name

IV_LENGTH: Final = 12
TAG_LENGTH: Final = 16
CONTENT_KEY_LENGTH: Final = 32

FIXED_HEADER: Final[dict[str, Any]] = {
    "crit": ["ltp"],
    "cty": "ltp-msg+jws",
    "enc": "A256GCM",
    "ltp": VERSION,
    "typ": "ltp-msg+jwe",
}
"""The members of the protected header that are the same in every message."""

_HEADER_MEMBERS: Final = FIXED_HEADER.keys() | {"aud", "exp", "iat", "iss", "jti"}
_ENVELOPE_MEMBERS: Final = frozenset({"ciphertext", "iv", "protected", "recipients", "tag"})


@dataclass(frozen=True, slots=True)
class Entry:
    """The content key, wrapped for one recipient key."""

    alg: str
    kid: str
    encapsulation: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope of the right form; nothing in it is proved yet."""

    header: Header
    entries: tuple[Entry, ...]
    protected: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    tag: bytes = field(repr=False)


def peek(envelope: bytes, now: int | None = None) -> Header:
    """What a relay may know of `envelope`: steps 1 to 4, without keys or directory.

    Without `now` the times are checked against each other but not against a clock. Nothing that is returned
    is proved; only the addressee can do that.
    """
    return read(envelope, now).header


def digest(protected: str, iv: str, ciphertext: bytes, tag: str) -> str:
    """`envelope_sha256`: over the received characters, whatever recipient entries a relay left in."""
    hashed = hashlib.sha256(f"{protected}.{iv}.".encode("ascii"))
    hashed.update(ciphertext)
    hashed.update(f".{tag}".encode("ascii"))
    return b64u(hashed.digest())


def read(envelope: bytes, now: int | None) -> Envelope:
    """Steps 1 to 4 of LTP-1 §2.4. Raises `UnsealError`."""
    # Step 1: size, before anything reads the bytes.
    if len(envelope) > MAX_ENVELOPE:
        raise UnsealError("too_large", 1)
    # Step 2: JSON, in canonical form; its bulk is decoded on the way.
    try:
        value, characters, ciphertext = cut(envelope, b"ciphertext")
    except EncodingError as error:
        step = 3 if error.code == "not_base64url" else 2
        raise UnsealError("bad_envelope" if step == 3 else error.code, step) from None
    # Step 3: exactly the permitted members, types, version and recipients.
    opened = _envelope(value, characters, ciphertext)
    # Step 4: time.
    _check_time(opened.header, now)
    return opened


def _envelope(value: object, characters: bytes, ciphertext: bytes) -> Envelope:
    if not isinstance(value, dict) or value.keys() != _ENVELOPE_MEMBERS:
        raise UnsealError("bad_envelope", 3)
    try:
        protected = unb64u(value["protected"])
        iv, tag = unb64u(value["iv"]), unb64u(value["tag"])
    except EncodingError:
        raise UnsealError("bad_envelope", 3) from None
    if len(iv) != IV_LENGTH or len(tag) != TAG_LENGTH:
        raise UnsealError("bad_envelope", 3)
    members = _header_members(protected)
    header = Header(
        members["iss"],
        members["aud"][0],
        members["jti"],
        members["iat"],
        members["exp"],
        digest(value["protected"], value["iv"], characters, value["tag"]),
    )
    aad = value["protected"].encode("ascii")
    return Envelope(header, _entries(value["recipients"]), aad, iv, ciphertext, tag)


def _header_members(protected: bytes) -> dict[str, Any]:
    try:
        members = parse(protected)
    except EncodingError:
        raise UnsealError("bad_header", 3) from None
    if not isinstance(members, dict):
        raise UnsealError("bad_header", 3)
    if type(members.get("ltp")) is int and members["ltp"] != VERSION:
        raise UnsealError("unsupported_version", 3)
    # `is int` above and here: Python takes true for 1.
    if members.keys() != _HEADER_MEMBERS or type(members["ltp"]) is not int:
        raise UnsealError("bad_header", 3)
    if any(members[name] != fixed for name, fixed in FIXED_HEADER.items()) or not _is_named(members):
        raise UnsealError("bad_header", 3)
    return members


def _is_named(members: dict[str, Any]) -> bool:
    return (
        is_name(ORGANISATION, members["iss"])
        and is_audience(members["aud"])
        and is_id(members["jti"])
        and are_times(members["iat"], members["exp"])
    )


def _entries(value: object) -> tuple[Entry, ...]:
    if type(value) is not list or not 1 <= len(value) <= MAX_RECIPIENTS:
        raise UnsealError("bad_recipients", 3)
    try:
        entries = tuple(_entry(item) for item in value)
    except EncodingError:
        raise UnsealError("bad_recipients", 3) from None
    if len({entry.kid for entry in entries}) != len(entries):
        raise UnsealError("bad_recipients", 3)
    return entries


def _entry(item: object) -> Entry:
    if not isinstance(item, dict) or item.keys() != {"encrypted_key", "header"}:
        raise UnsealError("bad_recipients", 3)
    header = item["header"]
    if not isinstance(header, dict) or header.keys() != {"alg", "ek", "kid"}:
        raise UnsealError("bad_recipients", 3)
    alg, kid = header["alg"], header["kid"]
    # Every recipient's algorithm must be permitted, mine or not: one weak wrap would open the message to all.
    if type(alg) is not str or alg not in RECIPIENTS or len(unb64u(kid)) != hashlib.sha256().digest_size:
        raise UnsealError("bad_recipients", 3)
    entry = Entry(alg, kid, unb64u(header["ek"]), unb64u(item["encrypted_key"]))
    lengths = (RECIPIENTS[alg].enc_length, CONTENT_KEY_LENGTH + TAG_LENGTH)
    if (len(entry.encapsulation), len(entry.wrapped)) != lengths:
        raise UnsealError("bad_recipients", 3)
    return entry


def _check_time(header: Header, now: int | None) -> None:
    if not is_lifetime(header.iat, header.exp):
        raise UnsealError("bad_lifetime", 4)
    if now is None:
        return
    if is_over(header.exp, now):
        raise UnsealError("expired", 4)
    if is_future(header.iat, now):
        raise UnsealError("not_yet_valid", 4)
