"""One HTTP exchange with another gateway: asked, answered, over in time; connections are used again.

The standard library's client, because it takes a third of the CPU of the general ones and has nothing that would
have to be switched off: no redirects, no proxies, no cookies, no decompression.
"""

import http.client
import io
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import NamedTuple
from urllib.parse import urlsplit

#: An acknowledgement is small, its headers included; a partner that says more is not heard to the end.
MOST_ANSWER = 16_384

#: Most servers close a connection that rests for five seconds; one that is used again has rested for less.
_REST_S = 4.0

#: Connections kept open in all. More partners than that are rarely written to within a few seconds.
_MOST_RESTING = 32


class TooLong(Exception):
    """The answer is longer than any acknowledgement."""


class Address(NamedTuple):
    """Whom a connection leads to."""

    scheme: str
    host: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sent, and how long an answer, its headers included, is heard to the end."""

    method: str
    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    most: int = MOST_ANSWER


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class _Limits(NamedTuple):
    """Until when an answer is waited for, and how much of it is taken."""

    until: float
    most: int


class _Bounded(io.RawIOBase):
    """What a partner sends back, headers included, until it has taken too long or said too much."""

    def __init__(self, inner: io.RawIOBase, line: socket.socket, limits: "_Limits") -> None:
        self._inner, self._line, self._until = inner, line, limits.until
        self._left = limits.most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        # The limit of a socket is for each read: a partner that sends a byte now and then would never reach it.
        self._line.settimeout(_left(self._until))
        size = self._inner.readinto(buffer) or 0
        self._left -= size
        if self._left < 0:
            raise TooLong
        return size

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that is read through ``_Bounded``."""

    def __init__(self, line: socket.socket, limits: _Limits, method: str | None = None) -> None:
        super().__init__(line, method=method)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), line, limits))


def _left(until: float) -> float:
    """The seconds that are left. Raises TimeoutError when none are."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def open_connection(address: Address) -> http.client.HTTPConnection:
    """A connection that is still to be made; over TLS the partner's certificate is checked, as browsers do."""
    if address.scheme == "https":
        return http.client.HTTPSConnection(address.host, address.port, context=_tls())
    return http.client.HTTPConnection(address.host, address.port)


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Exchanges:
    """Exchanges, each within ``timeout_s`` as a whole. Safe to use from several threads."""

    def __init__(
        self, timeout_s: float, connect: Callable[[Address], http.client.HTTPConnection] = open_connection
    ) -> None:
        self._timeout_s = timeout_s
        self._connect = connect
        self._lock = threading.Lock()
        #: Connections at rest, and since when; the one that rested least is taken first.
        self._resting: list[tuple[Address, http.client.HTTPConnection, float]] = []

    def close(self) -> None:
        """Closes the connections that are kept open."""
        with self._lock:
            while self._resting:
                self._resting.pop()[1].close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """A post with a small answer; raises as ``ask`` does."""
        return self.ask(Asked("POST", url, body, headers))

    def ask(self, asked: Asked) -> Answered:
        """Raises TimeoutError, TooLong, or OSError or HTTPException for whatever else can go wrong on the way."""
        until = time.monotonic() + self._timeout_s
        parts = urlsplit(asked.url)
        address = Address(parts.scheme, parts.hostname or "", parts.port)
        connection = self._taken(address)
        try:
            answered = _exchange(connection, until, asked)
        except BaseException:
            connection.close()
            raise
        self._give_back(address, connection)
        return answered

    def _taken(self, address: Address) -> http.client.HTTPConnection:
        with self._lock:
            place = next((i for i, kept in enumerate(self._resting) if kept[0] == address), None)
            kept = None if place is None else self._resting.pop(place)
        if kept is not None:
            if time.monotonic() - kept[2] < _REST_S and _silent(kept[1]):
                return kept[1]
            kept[1].close()
        return self._connect(address)

    def _give_back(self, address: Address, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None:
            return
        with self._lock:
            self._resting.insert(0, (address, connection, time.monotonic()))
            over = self._resting[_MOST_RESTING:]
            del self._resting[_MOST_RESTING:]
        for _, rested_longest, _ in over:
            rested_longest.close()


def _exchange(connection: http.client.HTTPConnection, until: float, asked: Asked) -> Answered:
    parts = urlsplit(asked.url)
    connection.timeout = _left(until)
    if connection.sock is None:
        connection.connect()
    connection.sock.settimeout(_left(until))
    connection.response_class = partial(_Answer, limits=_Limits(until, asked.most))  # type: ignore[assignment]  # called like the class
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(asked.method, target, asked.body, dict(asked.headers))
    answer = connection.getresponse()
    given = answer.headers
    named = {name.lower(): ", ".join(given.get_all(name, ())) for name in given}
    return Answered(answer.status, named, answer.read())


def _silent(connection: http.client.HTTPConnection) -> bool:
    """Whether nothing came on a connection at rest: a partner that closed it, or says more, is not asked again."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return not selector.select(0)
