"""The only file that calls another gateway.

One method: hand an envelope to the gateway of a URL and come back with that gateway's signed word that it
holds it. Everything else that can happen is a DeliveryFailed with a stable reason that people are shown.
"""

from http.client import HTTPException
from typing import Protocol

import orjson

from gateway.exchange import Exchanges, TooLong
from gateway.hop import Answer, HopRefused, HopSigner, verify_answer
from signing import Directory, Gateway


class DeliveryFailed(Exception):
    """An attempt did not end with the other gateway holding the message. ``reason`` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Peers(Protocol):
    """Delivers an envelope to another gateway, or raises DeliveryFailed."""

    def deliver(self, gateway: Gateway, envelope: bytes, expected: "Expected") -> None:
        """Returns only when ``gateway`` itself acknowledged this very envelope."""

    def close(self) -> None:
        """Gives connections back."""


class Expected:
    """What a true acknowledgement says, and the trust and time to check it by."""

    __slots__ = ("directory", "envelope_sha256", "now")

    def __init__(self, envelope_sha256: str, directory: Directory, now: int) -> None:
        self.envelope_sha256 = envelope_sha256
        self.directory = directory
        self.now = now


class HttpPeers:
    """Peers over HTTP, by ``exchanges``. Safe to use from several threads."""

    def __init__(self, signer: HopSigner, exchanges: Exchanges) -> None:
        self._signer = signer
        self._exchanges = exchanges

    def close(self) -> None:
        """Closes the connections that are kept open."""
        self._exchanges.close()

    def deliver(self, gateway: Gateway, envelope: bytes, expected: Expected) -> None:
        """Posts the envelope and checks the signed acknowledgement. Raises DeliveryFailed."""
        if gateway.url is None:
            raise DeliveryFailed("gateway-only-collects")
        url = gateway.url.rstrip("/") + "/ltp/v1/messages"
        headers = self._signer.request("POST", url, envelope, expected.now)
        headers["Content-Type"] = "application/jose+json"
        try:
            answered = self._exchanges.post(url, envelope, headers)
        except TimeoutError:
            raise DeliveryFailed("gateway-slow") from None
        except TooLong:
            raise DeliveryFailed("gateway-answer-unreadable") from None
        except (OSError, HTTPException):
            raise DeliveryFailed("gateway-down") from None
        if answered.status != 202:
            raise DeliveryFailed(refusal(answered.status, answered.body))
        _check(gateway, Answer(202, dict(answered.headers), url), answered.body, expected)


def refusal(status: int, body: bytes) -> str:
    """Why another gateway said no, as a word that people may be shown."""
    if status >= 500:
        return "gateway-error"
    try:
        code = orjson.loads(body)["code"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "gateway-refused"
    # A peer's text is shown to people: only a word of our own shape is taken over.
    tame = (
        isinstance(code, str)
        and len(code) <= 60
        and code.replace(".", "").replace("-", "").replace("_", "").isalnum()
    )
    return f"refused:{code}" if tame and code.isascii() else "gateway-refused"


def _check(gateway: Gateway, answer: Answer, body: bytes, expected: Expected) -> None:
    try:
        signer = verify_answer(answer, body, expected.directory, expected.now)
        acknowledged = orjson.loads(body)["envelope_sha256"]
    except (HopRefused, orjson.JSONDecodeError, KeyError, TypeError):
        raise DeliveryFailed("gateway-answer-unverified") from None
    if signer.urn != gateway.urn or acknowledged != expected.envelope_sha256:
        raise DeliveryFailed("gateway-answer-unverified")
