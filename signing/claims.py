"""The signed claims object (LTP-1 §2.3): its members, and the rules that both sides check."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from signing.encoding import canonical, check_content, parse_any, sha256
from signing.errors import EncodingError
from signing.message import CLOCK_SKEW, MAX_LIFETIME, MESSAGE_TYPES
from signing.names import ADDRESS, ORGANISATION, is_name

_MEMBERS: Final = frozenset({"aud", "body", "exp", "iat", "iss", "jti", "mt", "nonce", "sv"})
_SCHEMA_VERSION: Final = re.compile(r"ltp:(bundle|receipt)/[1-9][0-9]{0,3}\.(?:0|[1-9][0-9]{0,3})")
"""Any version is let through: whether it is one that the reader knows is for step 13 to say."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
"""Sixteen bytes: of the last character only the first two bits are used, and the others are zero."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims in their canonical form, with the digest of the whole and the text of the body."""

    members: dict[str, Any] = field(repr=False)
    content_sha256: str
    body_text: bytes = field(repr=False)


def is_id(value: object) -> bool:
    """Whether `value` is 128 bits in base64url."""
    return type(value) is str and _ID.fullmatch(value) is not None


def are_times(iat: object, exp: object) -> bool:
    """Whether both are integers (and not booleans, which Python counts as integers)."""
    return type(iat) is int and type(exp) is int


def is_lifetime(iat: int, exp: int) -> bool:
    """Whether a message from `iat` to `exp` lives longer than nothing and at most fourteen days."""
    return 0 < exp - iat <= MAX_LIFETIME


def is_over(exp: int, now: int) -> bool:
    """Whether `exp` has passed, with the clock skew that is allowed."""
    return now > exp + CLOCK_SKEW


def is_future(iat: int, now: int) -> bool:
    """Whether `iat` has not come yet, with the clock skew that is allowed."""
    return iat > now + CLOCK_SKEW


def is_audience(value: object) -> bool:
    """Whether `value` is a list of exactly one address."""
    return type(value) is list and len(value) == 1 and is_name(ADDRESS, value[0])


def is_well_formed(claims: dict[str, Any]) -> bool:
    """Whether the members and their forms are the permitted ones; the body is only an object here."""
    schema = _SCHEMA_VERSION.fullmatch(claims["sv"]) if type(claims.get("sv")) is str else None
    return (
        claims.keys() - {"irt"} == _MEMBERS
        and is_name(ORGANISATION, claims["iss"])
        and is_audience(claims["aud"])
        and are_times(claims["iat"], claims["exp"])
        and is_lifetime(claims["iat"], claims["exp"])
        and is_id(claims["jti"])
        and is_id(claims["nonce"])
        and ("irt" not in claims or is_id(claims["irt"]))
        and claims["mt"] in MESSAGE_TYPES
        and schema is not None
        and schema[1] == claims["mt"]
        and type(claims["body"]) is dict
    )


def write(members: dict[str, Any]) -> tuple[bytes, Claims]:
    """The payload of claims and what is known of it; raises `EncodingError` for content that is not allowed."""
    body = canonical(members["body"])
    check_content(members["body"], body)
    # The body is written once and set in as it is.
    payload = canonical({**members, "body": orjson.Fragment(body)})
    return payload, Claims(members, sha256(payload), body)


def read(payload: bytes) -> Claims:
    """The claims in `payload`; raises `EncodingError` when they are not canonical or not well formed."""
    members = parse_any(payload)
    if not isinstance(members, dict):
        raise EncodingError("malformed")
    body = canonical(members.get("body"))
    check_content(members.get("body"), body)
    # Setting the written body in saves writing it twice for the comparison.
    if canonical({**members, "body": orjson.Fragment(body)}) != payload:
        raise EncodingError("not_canonical")
    if not is_well_formed(members):
        raise EncodingError("malformed")
    return Claims(members, sha256(payload), body)
