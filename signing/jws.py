"""The signed text: JWS General JSON with exactly two signatures, Ed25519 and then ML-DSA-65 (LTP-1 §2.3).

General libraries accept a text when any of its signatures verifies, or when one is missing. Here the set,
its order and every header member are fixed, and both must verify over the received characters.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidSignature

from signing.algorithms import SIGNATURES
from signing.encoding import b64u, b64u_length, canonical, cut, unb64u
from signing.errors import EncodingError, SigningError
from signing.keys import SigningPair, VerificationKey

MESSAGE_TYPE: Final = "ltp-msg+jws"
DIRECTORY_TYPE: Final = "ltp-directory+jws"

_ALGORITHMS: Final = tuple(SIGNATURES)


@dataclass(frozen=True, slots=True)
class SignedPart:
    """One of the two signatures, not yet verified."""

    alg: str
    kid: str
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedText:
    """A text of the right shape whose signatures nobody has verified yet; only `verify` may hand out its payload."""

    parts: tuple[SignedPart, ...]
    payload: bytes = field(repr=False)


class JwsError(SigningError):
    """The text, a key or a signature is refused; callers give it the class and step of their own."""


def _header(alg: str, kid: str, typ: str) -> dict[str, object]:
    return {"alg": alg, "crit": ["ltp"], "kid": kid, "ltp": 1, "typ": typ}


@cache
def _permitted(alg: str, typ: str) -> re.Pattern[bytes]:
    """The canonical text of the one permitted header, with any base64url text for its kid."""
    before, after = canonical(_header(alg, "?", typ)).split(b"?")
    return re.compile(re.escape(before) + rb"([A-Za-z0-9_-]{1,100})" + re.escape(after))


def sign(payload: bytes, pair: SigningPair, typ: str) -> bytes:
    """`payload` under both signatures of `pair`, in canonical form."""
    text = b64u(payload).encode()
    parts = []
    for key in (pair.ed25519, pair.ml_dsa):
        protected = b64u(canonical(_header(key.public.alg, key.public.kid, typ))).encode()
        signature = b64u(key.sign(protected + b"." + text)).encode()
        parts.append(b'{"protected":"%b","signature":"%b"}' % (protected, signature))
    return b'{"payload":"%b","signatures":[%b]}' % (text, b",".join(parts))


def signed_length(payload_length: int, typ: str = MESSAGE_TYPE) -> int:
    """How long the text of `sign` is, which does not depend on the keys."""
    # A thumbprint always has 43 characters, and so has this stand-in.
    headers = (b64u(canonical(_header(alg, "-" * 43, typ))) for alg in SIGNATURES)
    framing = len('{"payload":"","signatures":[,]}') + 2 * len('{"protected":"","signature":""}')
    signatures = sum(b64u_length(algorithm.signature_length) for algorithm in SIGNATURES.values())
    return framing + sum(map(len, headers)) + signatures + b64u_length(payload_length)


def read(jws: bytes, typ: str) -> SignedText:
    """The parts of `jws`, with the set, order and headers checked but no signature verified."""
    try:
        value, characters, payload = cut(jws, b"payload")
        return SignedText(_parts(value, characters, typ), payload)
    except EncodingError:
        raise JwsError("bad_jws") from None


def _parts(value: object, payload: bytes, typ: str) -> tuple[SignedPart, ...]:
    if not isinstance(value, dict) or value.keys() != {"payload", "signatures"}:
        raise JwsError("bad_jws")
    signatures = value["signatures"]
    if type(signatures) is not list or len(signatures) != len(_ALGORITHMS):
        raise JwsError("bad_jws")
    pairs = zip(_ALGORITHMS, signatures, strict=True)
    return tuple(_part(item, payload, alg, typ) for alg, item in pairs)


def _part(item: object, payload: bytes, alg: str, typ: str) -> SignedPart:
    if not isinstance(item, dict) or item.keys() != {"protected", "signature"}:
        raise JwsError("bad_jws")
    # The permitted header is fully known but for its kid: one pattern refuses everything else.
    header = _permitted(alg, typ).fullmatch(unb64u(item["protected"]))
    if header is None:
        raise JwsError("bad_jws")
    kid = header[1].decode("ascii")
    signing_input = item["protected"].encode() + b"." + payload
    return SignedPart(alg, kid, signing_input, unb64u(item["signature"]))


def verify(text: SignedText, find: Callable[[str], VerificationKey | None]) -> bytes:
    """The payload of `text`, after both signatures verified with the keys that `find` gives."""
    for part in text.parts:
        key = find(part.kid)
        if key is None or key.alg != part.alg:
            raise JwsError("unknown_key")
        _verify_part(part, key)
    return text.payload


def _verify_part(part: SignedPart, key: VerificationKey) -> None:
    try:
        key.verify(part.signature, part.signing_input)
    except InvalidSignature:
        raise JwsError("bad_signature") from None
