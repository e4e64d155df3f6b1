"""Hop authentication: RFC 9421 signatures between gateways.

A request is signed over method, authority, path, query and the digest of its body with the calling gateway's
hop key; an answer over its status and the digest of its body. The tag ``ltp-1`` keeps these signatures from
being taken for another protocol's. This says which gateway calls, never what a message means: that is what
the signatures inside the envelope are for.

The usual form of a signature is read and written by ``gateway.hop_form``, at a third of the cost; whatever is
written otherwise goes through the library. Both ways end in the same checks.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pybase64
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

from gateway import hop_form
from gateway.hop_form import TAG
from signing import Directory, DirectoryError, Gateway, HopKey

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


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, key: HopKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ANN401 - the library's own type
        return self._key.private

    def resolve_public_key(self, key_id: str) -> Any:  # noqa: ANN401
        raise KeyError(key_id)


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
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Own(key))

    def request(self, method: str, url: str, body: bytes, now: int) -> dict[str, str]:
        """The headers that sign a request."""
        values = hop_form.request_values(method, url)
        if values is not None:
            return self._sign(values, _REQUEST, body, now)
        message = Request(method, url, {"Content-Digest": hop_form.digest(body)})
        self._signer.sign(
            message,
            key_id=self._key.kid,
            tag=TAG,
            label=_LABEL,
            nonce=_nonce(),
            created=datetime.fromtimestamp(now, UTC),
            covered_component_ids=_REQUEST,
            use_existing_digest=True,
        )
        return message.headers

    def answer(self, status: int, body: bytes, now: int) -> dict[str, str]:
        """The headers that sign an answer."""
        return self._sign({"@status": str(status)}, _ANSWER, body, now)

    def _sign(
        self, values: Mapping[str, str], covered: tuple[str, ...], body: bytes, now: int
    ) -> dict[str, str]:
        digest = hop_form.digest(body)
        written = hop_form.write(covered, self._key.kid, _nonce(), now)
        text = hop_form.base({**values, "content-digest": digest}, covered, written)
        signature = pybase64.b64encode_as_string(self._key.private.sign(text))
        return {
            "Content-Digest": digest,
            "Signature-Input": f"{_LABEL}={written}",
            "Signature": f"{_LABEL}=:{signature}:",
        }


def _nonce() -> str:
    return secrets.token_urlsafe(16)


def verify_request(request: Request, body: bytes, directory: Directory, now: int) -> Gateway:
    """The gateway that signed this request. Raises HopRefused."""
    values = hop_form.request_values(request.method, request.url)
    usual = _verify_usual((request.headers, values), _REQUEST, body, (directory, now))
    return usual or _verify(request, _REQUEST, body, (directory, now))


def verify_answer(answer: Answer, body: bytes, directory: Directory, now: int) -> Gateway:
    """The gateway that signed this answer. Raises HopRefused."""
    values = {"@status": str(answer.status_code)}
    usual = _verify_usual((answer.headers, values), _ANSWER, body, (directory, now))
    return usual or _verify(answer, _ANSWER, body, (directory, now))


def _verify_usual(
    message: tuple[Mapping[str, str], dict[str, str] | None],
    covered: tuple[str, ...],
    body: bytes,
    trust: tuple[Directory, int],
) -> Gateway | None:
    """The gateway that signed a message in the usual form; None for any other form. Raises HopRefused."""
    given, values = message
    headers = {name.lower(): value for name, value in given.items()}
    written = hop_form.read(headers, covered) if values is not None and len(headers) == len(given) else None
    if written is None or values is None or written.digest != hop_form.digest(body):
        return None
    directory, now = trust
    if abs(written.created - now) > SKEW_S:
        raise HopRefused
    text = hop_form.base({**values, "content-digest": written.digest}, covered, written.input)
    try:
        gateway, key = directory.hop_key(written.key_id, now)
        key.public_key.verify(written.signature, text)
    except (DirectoryError, InvalidSignature) as problem:
        raise HopRefused from problem
    return gateway


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
