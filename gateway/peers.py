"""The only file that calls another gateway.

One method: hand an envelope to the gateway of a URL and come back with that gateway's signed word that it
holds it. Everything else that can happen is a DeliveryFailed with a stable reason that people are shown.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

import httpx2
import orjson

from gateway.hop import Answer, HopRefused, HopSigner, verify_answer
from signing import Directory, Gateway

#: An acknowledgement is small; a peer that answers with more is not read to the end.
_MOST_ANSWER = 16_384


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
    """Peers over HTTP, or over ``transport`` where one is given. Safe to use from several threads.

    An exchange as a whole has to end in time: the client's own limit is for each read, so a partner that
    answers one byte now and then, headers included, could hold a worker for hours. Each thread has a client of
    its own, which the watch closes when its exchange is overdue.
    """

    def __init__(
        self, signer: HopSigner, timeout_s: float, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._signer = signer
        self._timeout_s = timeout_s
        self._transport = transport
        self._local = threading.local()
        self._lock = threading.Lock()
        self._clients: set[httpx2.Client] = set()
        self._running: dict[httpx2.Client, float] = {}
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._close_overdue, name="peers-watch", daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Closes the connections that are kept open."""
        self._closed.set()
        self._watch.join()
        with self._lock:
            for client in self._clients:
                client.close()

    def _close_overdue(self) -> None:
        while not self._closed.wait(min(self._timeout_s, 1.0)):
            with self._lock:
                # Under the lock, so that it is still the overdue exchange that is cut off, and not the next one.
                for client, until in self._running.items():
                    if time.monotonic() > until:
                        client.close()

    def _client(self) -> httpx2.Client:
        """This thread's client; a new one in the place of one that was closed under an overdue exchange."""
        known: httpx2.Client | None = getattr(self._local, "client", None)
        if known is None or known.is_closed:
            made = httpx2.Client(
                timeout=self._timeout_s, transport=self._transport, follow_redirects=False, trust_env=False
            )
            with self._lock:
                self._clients = {client for client in self._clients if not client.is_closed} | {made}
            self._local.client = known = made
        return known

    @contextmanager
    def _watched(self) -> Iterator[httpx2.Client]:
        client = self._client()
        with self._lock:
            self._running[client] = time.monotonic() + self._timeout_s
        try:
            yield client
        finally:
            with self._lock:
                del self._running[client]

    def deliver(self, gateway: Gateway, envelope: bytes, expected: Expected) -> None:
        """Posts the envelope and checks the signed acknowledgement. Raises DeliveryFailed."""
        if gateway.url is None:
            raise DeliveryFailed("gateway-only-collects")
        url = gateway.url.rstrip("/") + "/ltp/v1/messages"
        if urlsplit(url).scheme not in ("http", "https"):
            raise DeliveryFailed("gateway-address-unusable")
        headers = self._signer.request("POST", url, envelope, expected.now)
        headers["Content-Type"] = "application/jose+json"
        began = time.monotonic()
        try:
            with (
                self._watched() as client,
                client.stream("POST", url, content=envelope, headers=headers) as response,
            ):
                body = _read(response, began + self._timeout_s)
        except httpx2.TimeoutException:
            raise DeliveryFailed("gateway-slow") from None
        except (httpx2.HTTPError, OSError, RuntimeError):
            # Whatever a connection closed under it raises, an overdue exchange is a slow gateway.
            overdue = time.monotonic() > began + self._timeout_s
            raise DeliveryFailed("gateway-slow" if overdue else "gateway-down") from None
        if response.status_code != 202:
            raise DeliveryFailed(_reason(response.status_code, body))
        _check(gateway, Answer(202, dict(response.headers), url), body, expected)


def _read(response: httpx2.Response, until: float) -> bytes:
    body = b""
    for part in response.iter_bytes():
        body += part
        if time.monotonic() > until:
            raise DeliveryFailed("gateway-slow")
        if len(body) > _MOST_ANSWER:
            raise DeliveryFailed("gateway-answer-unreadable")
    return body


def _reason(status: int, body: bytes) -> str:
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
