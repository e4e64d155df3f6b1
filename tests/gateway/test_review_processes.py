"""What a security review asked about running gateways: a partner that drips, and a port that is taken."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.exchange import Exchanges
from gateway.outbox import Outbox
from gateway.peers import DeliveryFailed, Expected, HttpPeers
from gateway.transfer import LEASE_MS

if TYPE_CHECKING:
    from signing import Gateway
    from tests.gateway.conftest import Json, World

LTP = Path(sys.executable).with_name("ltp")
GENERAL, DSL = "urn:ltp:org:hollow-farm/general", "urn:ltp:org:hollow-farm/dsl"
AUTHORITY = "urn:ltp:org:northshire/general"


class Dripper:
    """A partner that begins to answer and then sends a byte of a header now and then, for ever."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self.port = self._listening.getsockname()[1]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                caller, _ = self._listening.accept()
                self._threads.append(threading.Thread(target=self._drip, args=(caller,)))
                self._threads[-1].start()

    def _drip(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.settimeout(5)
            caller.sendall(b"HTTP/1.1 202 Accepted\r\nX-Slow: ")
            while not self._over.wait(0.02):
                caller.sendall(b"x")

    def close(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()


@pytest.fixture
def dripper() -> Iterator[Dripper]:
    """A partner that drips, until the test is over."""
    made = Dripper()
    yield made
    made.close()


class ByAddress:
    """The world's own wire for its gateways, and a true socket for the address of a test."""

    def __init__(self, inner: HttpPeers, outer: HttpPeers) -> None:
        self._inner, self._outer = inner, outer

    def deliver(self, gateway: Gateway, envelope: bytes, expected: Expected) -> None:
        there = self._outer if "127.0.0.1" in str(gateway.url) else self._inner
        there.deliver(gateway, envelope, expected)

    def close(self) -> None:
        self._outer.close()
        self._inner.close()


def outcomes(world: World, transfer: Json) -> dict[str, tuple[str, str]]:
    return {address: (str(row.state), row.reason) for address, row in world.ash.sent(transfer).items()}


def test_a_partner_that_drips_headers_is_slow_and_gives_its_worker_back(
    world: World, dripper: Dripper
) -> None:
    listed = world.entry("gateways", "hollow")
    world.change("gateways", "hollow", url=f"http://127.0.0.1:{dripper.port}")
    services = world.ash.services
    assert isinstance(services.peers, HttpPeers)
    peers = ByAddress(services.peers, HttpPeers(services.signer, Exchanges(0.3)))
    object.__setattr__(services, "peers", peers)
    # One worker has to serve everybody: a partner that kept it would be seen at once.
    world.ash.running.outbox = Outbox(services, workers=1)
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.running.start()
    slow, served = ("queued", "gateway-slow"), ("sent", "")
    wanted = {GENERAL: slow, DSL: slow, AUTHORITY: served}
    world.until(lambda: outcomes(world, transfer) == wanted)
    world.ash.running.outbox.stop()
    # The same partner, in good health, is served over the same worker.
    world.put(listed)
    world.time.advance(601)
    world.settle()
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}


def test_one_exchange_ends_in_time_however_its_answer_drips(world: World, dripper: Dripper) -> None:
    world.change("gateways", "hollow", url=f"http://127.0.0.1:{dripper.port}")
    directory = world.ash.services.directory.current()
    peers = HttpPeers(world.ash.services.signer, Exchanges(0.3))
    began = time.monotonic()
    with pytest.raises(DeliveryFailed) as failed:
        peers.deliver(
            directory.gateway("urn:ltp:gw:hollow"), b"{}", Expected("", directory, int(world.time.value))
        )
    assert failed.value.reason == "gateway-slow"
    assert time.monotonic() - began < 5
    peers.close()


def serve(world: World, port: int) -> subprocess.Popen[str]:
    words = [str(LTP), "gateway", "serve", "--home", str(world.ash.settings.home), "--port", str(port)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Asks a process to end once the block is over, whether the block was content or not."""
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_a_second_gateway_on_the_port_says_so_and_leaves_the_deliveries_of_the_first_alone(
    world: World,
) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    world.ash.services.store.claim(world.ash.services.clock.ms, 100, LEASE_MS)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = serve(world, port)
        _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert len(said.strip().splitlines()) == 1
    assert f"port {port}" in said
    assert "Traceback" not in said
    assert {row.state for row in world.ash.sent(transfer).values()} == {"delivering"}
    # On a free port the gateway starts, and takes back what a former process had claimed.
    with ended(serve(world, port)) as alone:
        assert alone.stderr is not None
        # What it says of the directory, which is out of date by the true clock, may come first.
        assert any("gateway.started" in line for line in alone.stderr)
    assert "delivering" not in {row.state for row in world.ash.sent(transfer).values()}
