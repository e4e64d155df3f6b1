"""The row ``transfer_cycle``: one final report from clear text at one gateway to its verified receipt back.

A report is posted to the provider's gateway; it validates, splits, seals and delivers; the school's gateway
opens, validates and keeps it and sends its receipt; the provider's verifies that. One report at a time, the
worst case for a store that commits in groups. What is compared is the CPU of both processes.
"""

import contextlib
import http.client
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from gateway.admin import NewOrganisation
from gateway.bench.figure import BenchError, Figure, figure
from gateway.bench.floor import connect
from gateway.bench.primitives import Primitives
from gateway.bench.process import cpu_seconds, running
from gateway.bench.site import Site
from gateway.bench.subject import RECEIVER, SENDER, bundle, claims, fresh, outgoing, receipt, transfer
from gateway.bench.validation import bare_validator
from gateway.files import Home
from gateway.settings import Settings
from gateway.store import Store
from gateway.tokens import TokenRequest, issue
from signing import EncryptionKey, SigningPair

_PATIENCE_S = 30.0


def measure_cycle(rounds: int, cycles: int, progress: Callable[[str], None]) -> Figure:
    """CPU of one cycle in milliseconds, beside the primitives that it cannot do without."""
    with tempfile.TemporaryDirectory(prefix="ltp-bench-") as folder:
        site = _site(Path(folder))
        sender, receiver = site.homes["hollow-farm"], site.homes["ash-vale"]
        token = _token(sender)
        limit = _Limit(site.now)
        ours: list[float] = []
        bare: list[float] = []
        with _gateways(sender, receiver) as pids, _poster(sender, token) as post:
            _cycles(post, sender, max(2, cycles // 4))
            for number in range(1, rounds + 1):
                progress(f"transfer_cycle: round {number} of {rounds}")
                before = sum(map(cpu_seconds, pids))
                _cycles(post, sender, cycles)
                ours.append((sum(map(cpu_seconds, pids)) - before) / cycles * 1000)
                bare.append(limit.run(cycles) * 1000)
    return figure("transfer_cycle", median(ours), "ms", median(ours) / median(bare))


class _Limit:
    """The primitives of one cycle: raw seal and open of bundle and receipt, one bare validation at each end."""

    def __init__(self, now: int) -> None:
        self._transfer = transfer()
        self._bundle = bundle(self._transfer)
        self._payloads = (claims(outgoing(self._bundle, now)), claims(receipt(now)))
        self._primitives = Primitives(SigningPair.generate(), EncryptionKey.generate())
        self._transfers, self._bundles = bare_validator("transfer"), bare_validator("bundle")

    def run(self, cycles: int) -> float:
        """Seconds of CPU for one cycle's primitives, the mean of ``cycles`` of them."""
        start = time.thread_time()
        for _ in range(cycles):
            self._transfers.is_valid(self._transfer)
            for payload in self._payloads:
                self._primitives.open(self._primitives.seal(payload))
            self._bundles.is_valid(self._bundle)
        return (time.thread_time() - start) / cycles


def _site(folder: Path) -> Site:
    site = Site(folder)
    sender, receiver = site.gateway("hollow-farm"), site.gateway("ash-vale")
    farm = NewOrganisation(SENDER, "Hollow Farm", "ap", ["AP"], sender.gateway, {"ukprn": "99900001"})
    school = NewOrganisation(
        RECEIVER, "Ash Vale School", "school", ["HS"], receiver.gateway, {"urn": "999001"}
    )
    site.organisation(farm, sender)
    site.organisation(school, receiver)
    site.publish()
    return site


def _token(settings: Settings) -> str:
    store = Store(Home(settings).store)
    try:
        wanted = TokenRequest(SENDER, "bench", ["transfers"], ["AP.LEAD"], days=1)
        return issue(store, wanted, int(time.time() * 1000))
    finally:
        store.close()


@contextmanager
def _gateways(*homes: Settings) -> Iterator[list[int]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(running(["gateway", str(s.home)], s.port)) for s in homes]


Post = Callable[[dict[str, Any]], None]


@contextmanager
def _poster(settings: Settings, token: str) -> Iterator[Post]:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=_PATIENCE_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(value: dict[str, Any]) -> None:
        connection.request("POST", "/api/v1/transfers", orjson.dumps(value), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 202:
            raise BenchError("The gateway did not accept the report.")

    try:
        yield post
    finally:
        connection.close()


def _cycles(post: Post, sender: Settings, cycles: int) -> None:
    """Posts one report after the other, each when the receipt of the one before is there and verified."""
    # The sender's own file says when: asking the gateway would cost CPU that is no part of a transfer.
    database = connect(Home(sender).store)
    try:
        for _ in range(cycles):
            value = fresh(transfer())
            post(value)
            _await_receipt(database, value["transferId"])
    finally:
        database.close()


def _await_receipt(database: Any, transfer_id: str) -> None:  # noqa: ANN401 - the bare driver's connection
    query = "SELECT count(*) FROM bundle WHERE transfer_id = ? AND state = 'delivered'"
    ends = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends:
        if database.execute(query, (transfer_id,)).fetchone()[0]:
            return
        time.sleep(0.001)
    raise BenchError("A receipt did not come back.")
