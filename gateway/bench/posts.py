"""A bare-socket client: sends prepared requests over a few connections that stay open, and counts answers."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.bench.figure import BenchError

_WAIT_S = 30.0


@dataclass(slots=True)
class _Line:
    """One connection with the answer that it waits for."""

    connection: socket.socket
    answer: bytearray = field(default_factory=bytearray)

    def complete(self) -> bool:
        """Whether the whole answer is here. Raises BenchError for any answer but 202."""
        head, found, body = bytes(self.answer).partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 202"):
            raise BenchError("A server that is measured refused a request.")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return len(body) >= int(length)


def post(url_path: str, headers: dict[str, str], body: bytes, port: int) -> bytes:
    """The bytes of one request."""
    lines = [f"POST {url_path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def per_second(port: int, requests: Sequence[bytes], connections: int) -> float:
    """How many of the requests a server answers with 202 in a second, all of them sent."""
    lines = [_Line(_connect(port)) for _ in range(connections)]
    try:
        start = time.perf_counter()
        _exchange(lines, iter(requests), len(requests))
        return len(requests) / (time.perf_counter() - start)
    finally:
        for line in lines:
            line.connection.close()


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), _WAIT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _exchange(lines: Sequence[_Line], requests: Iterator[bytes], waiting: int) -> None:
    with selectors.DefaultSelector() as selector:
        for line, request in zip(lines, requests, strict=False):
            selector.register(line.connection, selectors.EVENT_READ, line)
            line.connection.sendall(request)
        while waiting:
            ready = selector.select(_WAIT_S)
            if not ready:
                raise BenchError("A server that is measured stopped answering.")
            for key, _ in ready:
                waiting -= _heard(key.data, requests)


def _heard(line: _Line, requests: Iterator[bytes]) -> bool:
    """Takes what came; once the answer is whole, sends the next request. Says whether it was whole."""
    part = line.connection.recv(65_536)
    if not part:
        raise BenchError("A server that is measured closed a connection.")
    line.answer += part
    if not line.complete():
        return False
    line.answer.clear()
    request = next(requests, None)
    if request is not None:
        line.connection.sendall(request)
    return True
