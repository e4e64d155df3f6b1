"""Parts of encrypted files between gateways: the only file here that calls another one.

The bytes need no trust in whoever serves them: they are the right ones exactly when their SHA-256 is the address
that the signed bundle names. So any gateway that has them will do, and answers are not signed.
"""

from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Protocol

from gateway.exchange import MOST_ANSWER, Answered, Asked, Exchanges, TooLong
from gateway.hop import HopSigner
from gateway.peers import refusal
from signing import Gateway

PATH = "/ltp/v1/attachments/"


class FetchFailed(Exception):
    """The file is not here after this attempt. ``reason`` is a stable word that people are shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a file: from ``start`` to before ``stop`` of ``total`` bytes."""

    address: str
    start: int
    stop: int
    total: int

    @property
    def content_range(self) -> str:
        """As the header of that name says it."""
        return f"bytes {self.start}-{self.stop - 1}/{self.total}"


class Carrier(Protocol):
    """Carries parts of files between gateways, or raises FetchFailed."""

    def get(self, gateway: Gateway, span: Span, now: int) -> bytes:
        """That part of a file that another gateway has."""

    def put(self, gateway: Gateway, span: Span, what: "Brought") -> bool:
        """Brings a part to a gateway that keeps it for an organisation; says whether the file is whole there."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A part that is brought: its bytes, and the organisation that is to fetch the file."""

    data: bytes = field(repr=False)
    reader: str
    now: int


class HttpCarrier:
    """Over HTTP, each request signed with this gateway's hop key."""

    def __init__(self, signer: HopSigner, exchanges: Exchanges) -> None:
        self._signer = signer
        self._exchanges = exchanges

    def get(self, gateway: Gateway, span: Span, now: int) -> bytes:
        """With a Range; the answer has to be exactly that part of a file of the right length."""
        url = _url(gateway, span.address)
        headers = self._signer.request("GET", url, b"", now) | {
            "Range": f"bytes={span.start}-{span.stop - 1}"
        }
        answered = self._ask(Asked("GET", url, b"", headers, span.stop - span.start + MOST_ANSWER))
        if answered.status != 206:
            raise FetchFailed(refusal(answered.status, answered.body))
        if answered.headers.get("content-range") != span.content_range:
            raise FetchFailed("file_length")
        if len(answered.body) != span.stop - span.start:
            raise FetchFailed("gateway-answer-unreadable")
        return answered.body

    def put(self, gateway: Gateway, span: Span, what: Brought) -> bool:
        """With a Content-Range; done when the gateway says that it has that part."""
        url = _url(gateway, span.address) + f"?for={what.reader}"
        headers = self._signer.request("PUT", url, what.data, what.now)
        headers |= {"Content-Range": span.content_range, "Content-Type": "application/octet-stream"}
        answered = self._ask(Asked("PUT", url, what.data, headers))
        if answered.status not in (200, 201):
            raise FetchFailed(refusal(answered.status, answered.body))
        return answered.status == 201

    def _ask(self, asked: Asked) -> Answered:
        try:
            return self._exchanges.ask(asked)
        except TimeoutError:
            raise FetchFailed("gateway-slow") from None
        except TooLong:
            raise FetchFailed("gateway-answer-unreadable") from None
        except (OSError, HTTPException):
            raise FetchFailed("gateway-down") from None


def _url(gateway: Gateway, address: str) -> str:
    if gateway.url is None:
        raise FetchFailed("gateway-only-collects")
    return gateway.url.rstrip("/") + PATH + address
