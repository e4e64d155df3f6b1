"""The row ``relay_accept``: how fast a relay durably keeps sealed messages, beside what the machine allows.

Three things run in turns: the gateway, the null server, and the floor: the same rows written by one thread in
groups of 64 through the bare driver. What the machine allows is the harmonic sum of the last two, since a
relay has to do both for every message.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gateway.admin import NewOrganisation
from gateway.bench.figure import BenchError, Figure, figure
from gateway.bench.floor import Floor, count_held
from gateway.bench.posts import per_second, post
from gateway.bench.process import free_port, running
from gateway.bench.site import Site
from gateway.bench.subject import RECEIVER, SENDER, bundle, outgoing, transfer
from gateway.files import Home
from gateway.hop import HopSigner
from signing import seal

_PATH = "/ltp/v1/messages"
_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Load:
    """Sealed messages and the signed requests that carry them, all made beforehand."""

    envelopes: Sequence[bytes]
    requests: Sequence[bytes]


def measure_relay(rounds: int, messages: int, progress: Callable[[str], None]) -> Figure:
    """Messages accepted in a second; its ratio is the share of what the machine allows."""
    with tempfile.TemporaryDirectory(prefix="ltp-bench-") as folder:
        site = _site(Path(folder))
        progress(f"relay_accept: sealing and signing {rounds * messages} messages of 20 kB")
        loads = [_load(site, count) for count in (_CONNECTIONS, *[messages] * rounds)]
        with _servers(site) as (relay_port, null_port), Floor(Path(folder) / "floor.sqlite") as floor:
            per_second(relay_port, loads[0].requests, _CONNECTIONS)
            achieved: list[float] = []
            null: list[float] = []
            bare: list[float] = []
            for number, load in enumerate(loads[1:], 1):
                progress(f"relay_accept: round {number} of {rounds}")
                null.append(per_second(null_port, load.requests, _CONNECTIONS))
                achieved.append(per_second(relay_port, load.requests, _CONNECTIONS))
                bare.append(floor.per_second(floor.prepare(load.envelopes, site.now)))
        _check_held(site, sum(len(load.requests) for load in loads))
    allowed = 1 / (1 / median(null) + 1 / median(bare))
    return figure("relay_accept", median(achieved), "messages/s", median(achieved) / allowed)


def _site(folder: Path) -> Site:
    """A sender with its own gateway, and a receiver that collects from a relay without its keys."""
    site = Site(folder)
    relay, sender, receiver = (site.gateway(token) for token in ("northshire", "hollow-farm", "ash-vale"))
    farm = NewOrganisation(SENDER, "Hollow Farm", "ap", ["AP"], sender.gateway, {"ukprn": "99900001"})
    school = NewOrganisation(RECEIVER, "Ash Vale School", "school", ["HS"], relay.gateway, {"urn": "999001"})
    site.organisation(farm, sender)
    site.organisation(school, receiver, (relay.gateway, "relay"))
    site.publish()
    return site


@contextmanager
def _servers(site: Site) -> Iterator[tuple[int, int]]:
    relay, null_port = site.homes["northshire"], free_port()
    with (
        running(["gateway", str(relay.home)], relay.port),
        running(["null", str(null_port)], null_port),
    ):
        yield relay.port, null_port


def _load(site: Site, count: int) -> Load:
    sender, relay = Home(site.homes["hollow-farm"]), site.homes["northshire"]
    receiver = Home(site.homes["ash-vale"])
    pair = sender.keys(sender.key_file(SENDER)).signing[-1]
    keys = [receiver.keys(receiver.key_file(RECEIVER)).encryption[0].public]
    message = outgoing(bundle(transfer()), site.now)
    envelopes = [seal(message, pair, keys).envelope for _ in range(count)]
    signer = HopSigner(sender.keys(sender.hop_file()).hop[-1])
    url = f"http://{relay.host}:{relay.port}{_PATH}"
    now = int(time.time())
    requests = [
        post(_PATH, signer.request("POST", url, envelope, now), envelope, relay.port)
        for envelope in envelopes
    ]
    return Load(envelopes, requests)


def _check_held(site: Site, expected: int) -> None:
    if count_held(Home(site.homes["northshire"]).store) != expected:
        raise BenchError("The relay did not keep every message that it said it holds.")
