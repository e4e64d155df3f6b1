"""Hop authentication: RFC 9421 signatures between gateways, through ``http-message-signatures``.

A request is signed over method, authority, path, query and the digest of its body with the calling gateway's
hop key; an answer over its status and the digest of its body. The tag ``ltp-1`` keeps these signatures from
being taken for another protocol's. This says which gateway calls, never what a message means: that is what
the signatures inside the envelope are for.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pybase64
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

from signing import Directory, DirectoryError, Gateway, HopKey

TAG = "ltp-1"
SKEW_S = 300
_LABEL = "ltp"
_REQUEST = ("@method", "@authority", "@path", "@query", "content-digest")
_ANSWER = ("@status", "content-digest")


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
    """Signs requests and answers of this gateway."""

    def __init__(self, key: HopKey) -> None:
        self._key = key
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519)

    def request(self, method: str, url: str, body: bytes, now: int) -> dict[str, str]:
        """The headers that sign a request."""
        message = Request(method, url, {"Content-Digest": self._signer.content_digest_class.create(body)})
        prepared = self._signer.prepare(
            message,
            key_id=self._key.kid,
            tag=TAG,
            label=_LABEL,
            nonce=secrets.token_urlsafe(16),
            created=datetime.fromtimestamp(now, UTC),
            covered_component_ids=_REQUEST,
            use_existing_digest=True,
        )
        # The library's `apply` would build all of it again, to see whether the message changed meanwhile; nobody
        # else holds this one, and the two headers are its own words and the signature.
        return message.headers | self._signed(prepared.signature_params, prepared.signature_base)

    def answer(self, status: int, body: bytes, now: int) -> dict[str, str]:
        """The headers that sign an answer.

        Every message that is taken gets one, and its base is always these three lines (RFC 9421 §2.5), so they
        are written here. Whoever verifies them does it through the library.
        """
        digest = self._signer.content_digest_class.create(body)
        parameters = (
            f'("@status" "content-digest");created={now};keyid="{self._key.kid}";alg="ed25519"'
            f';nonce="{secrets.token_urlsafe(16)}";tag="{TAG}"'
        )
        base = f'"@status": {status}\n"content-digest": {digest}\n"@signature-params": {parameters}'
        return {"Content-Digest": digest, **self._signed(parameters, base.encode("ascii"))}

    def _signed(self, parameters: str, base: bytes) -> dict[str, str]:
        signature = pybase64.b64encode_as_string(self._key.private.sign(base))
        return {"Signature-Input": f"{_LABEL}={parameters}", "Signature": f"{_LABEL}=:{signature}:"}


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
        results = verifier.verify(message, max_age=None, expect_tag=TAG, body=body)
    except (HTTPMessageSignaturesException, DirectoryError, ValueError, KeyError) as problem:
        raise HopRefused from problem
    result = results[0]
    signed = set(result.covered_components)
    if len(results) != 1 or not {f'"{name}"' for name in covered} <= signed:
        raise HopRefused
    if abs(_created(result.parameters) - now) > SKEW_S or keys.gateway is None:
        raise HopRefused
    return keys.gateway


def _created(parameters: Mapping[str, object]) -> int:
    created = parameters.get("created")
    if not isinstance(created, int):
        raise HopRefused
    return created
