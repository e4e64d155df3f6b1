"""Hop authentication: RFC 9421 signatures between gateways, through ``http-message-signatures``.

A request is signed over method, authority, path, query and the digest of its body with the calling gateway's
hop key; an answer over its status and the digest of its body. The tag ``ltp-1`` keeps these signatures from
being taken for another protocol's. This says which gateway calls, never what a message means: that is what
the signatures inside the envelope are for.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pybase64
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

from signing import Directory, DirectoryError, Gateway, HopKey

TAG = "ltp-1"
SKEW_S = 300
_LABEL = "ltp"
_DIGEST = "content-digest"
_REQUEST = ("@method", "@authority", "@path", "@query", _DIGEST)
_ANSWER = ("@status", _DIGEST)
_PARAMETERS = "@signature-params"

#: Left out of what is signed (RFC 9421 §2.2.3).
_USUAL_PORTS = {"https": ":443", "http": ":80"}


class HopRefused(Exception):
    """A hop signature is missing, wrong, stale or not by a known gateway. Never says which part."""


@dataclass(slots=True)
class Request:
    """The parts of a request that are signed, as the library wants them."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(slots=True)
class Answer:
    """The parts of an answer that are signed."""

    status_code: int
    headers: dict[str, str]
    url: str = ""


class _Listed(HTTPSignatureKeyResolver):
    """Finds the public key in the directory and remembers whose it was."""

    def __init__(self, directory: Directory, now: int) -> None:
        self._directory = directory
        self._now = now
        self.gateway: Gateway | None = None

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ANN401
        raise KeyError(key_id)

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        self.gateway, key = self._directory.hop_key(key_id, self._now)
        return key.public_key


class _Verifier(HTTPMessageVerifier):
    max_clock_skew = timedelta(seconds=SKEW_S)


class HopSigner:
    """Signs requests and answers of this gateway.

    What is signed is always the same few lines, so they are written here (RFC 9421 §2.5), in a third of the time
    that a general library takes. Whoever verifies them does it through the library.
    """

    def __init__(self, key: HopKey) -> None:
        self._key = key

    def request(self, method: str, url: str, body: bytes, now: int) -> dict[str, str]:
        """The headers that sign a request."""
        parts = urlsplit(url)
        lines = {
            "@method": method,
            "@authority": parts.netloc.lower().removesuffix(_USUAL_PORTS[parts.scheme]),
            "@path": parts.path or "/",
            "@query": f"?{parts.query}",
        }
        return self._signed(lines, body, now)

    def answer(self, status: int, body: bytes, now: int) -> dict[str, str]:
        """The headers that sign an answer."""
        return self._signed({"@status": str(status)}, body, now)

    def _signed(self, lines: Mapping[str, str], body: bytes, now: int) -> dict[str, str]:
        digest = ContentDigest.create(body)
        covered = {**lines, _DIGEST: digest}
        parameters = (
            f"({' '.join(map(_quoted, covered))});created={now};keyid={_quoted(self._key.kid)}"
            f';alg="ed25519";nonce={_quoted(secrets.token_urlsafe(16))};tag={_quoted(TAG)}'
        )
        base = "\n".join(f'"{name}": {value}' for name, value in {**covered, _PARAMETERS: parameters}.items())
        signature = pybase64.b64encode_as_string(self._key.private.sign(base.encode("ascii")))
        return {
            "Content-Digest": digest,
            "Signature-Input": f"{_LABEL}={parameters}",
            "Signature": f"{_LABEL}=:{signature}:",
        }


def _quoted(text: str) -> str:
    return f'"{text}"'


def verify_request(request: Request, body: bytes, directory: Directory, now: int) -> Gateway:
    """The gateway that signed this request. Raises HopRefused."""
    return _verify(request, _REQUEST, body, (directory, now))


def verify_answer(answer: Answer, body: bytes, directory: Directory, now: int) -> Gateway:
    """The gateway that signed this answer. Raises HopRefused."""
    return _verify(answer, _ANSWER, body, (directory, now))


def _verify(
    message: Request | Answer, covered: tuple[str, ...], body: bytes, trust: tuple[Directory, int]
) -> Gateway:
    directory, now = trust
    keys = _Listed(directory, now)
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    try:
        # The library reads the wall clock for "created in the future"; the gateway's own clock decides below.
        results = verifier.verify(message, max_age=None, expect_tag=TAG)
        result = results[0]
        signed = result.covered_components
        if len(results) != 1 or not {_quoted(name) for name in covered} <= signed.keys():
            raise HopRefused
        # What was signed is the header; here it is held against the body, without reading every name again.
        ContentDigest.verify(signed[_quoted(_DIGEST)], body)
    except (HTTPMessageSignaturesException, DirectoryError, ValueError, KeyError) as problem:
        raise HopRefused from problem
    if abs(_created(result.parameters) - now) > SKEW_S or keys.gateway is None:
        raise HopRefused
    return keys.gateway


def _created(parameters: Mapping[str, object]) -> int:
    created = parameters.get("created")
    if not isinstance(created, int):
        raise HopRefused
    return created
