"""Three gateways as three processes on loopback, with a directory that names them; ended whatever happens."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from gateway import tokens
from gateway.admin import (
    NewOrganisation,
    gateway_entry,
    make_home,
    make_keys,
    organisation_entry,
    submission,
)
from gateway.client import LocalApi
from gateway.directory.keeper import Keeper
from gateway.directory.source import TrustedDirectory, open_client
from gateway.directory.vouching import sign_voucher
from gateway.files import CONFIG, Home
from gateway.log.keys import WITNESS, make_log_keys, public_keys
from gateway.settings import Settings
from gateway.store import Store

#: A gateway imports its libraries in one to two seconds; a busy machine takes longer.
_START_S = 30.0


@dataclass(frozen=True, slots=True)
class Party:
    """One organisation of the demonstration."""

    token: str
    name: str
    kind: str
    families: tuple[str, ...]
    identifiers: dict[str, str] = field(default_factory=dict)
    vouched_by: str | None = None

    @property
    def organisation(self) -> str:
        """Its name on the wire."""
        return f"urn:ltp:org:{self.token}"


SCHOOL = Party("ash-vale", "Ash Vale School", "school", ("HS", "RS"), {"urn": "999001", "laEstab": "9991001"})
PROVIDER = Party("hollow-farm", "Hollow Farm", "ap", ("AP",), {}, "urn:ltp:org:northshire")
AUTHORITY = Party("northshire", "Northshire Council", "la", ("LA",), {"laCode": "999"})
PARTIES = (SCHOOL, PROVIDER, AUTHORITY)


class Node:
    """One gateway process and its folder."""

    def __init__(self, folder: Path, party: Party) -> None:
        self.party = party
        self.settings = Settings(
            home=folder / party.token,
            gateway=f"urn:ltp:gw:{party.token}",
            port=_free_port(),
            directory=str(Path("..") / "directory" / "published"),
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{self.settings.host}:{self.settings.port}"

    def start(self) -> None:
        """Starts the process; ``wait_ready`` says when it answers."""
        command = [
            sys.executable,
            "-P",
            "-m",
            "gateway.cli",
            "gateway",
            "serve",
            "--home",
            str(self.settings.home),
        ]
        with (self.settings.home / "gateway.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603

    def wait_ready(self) -> None:
        """Returns when the gateway answers. Raises RuntimeError when it ended or takes too long."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(
                    f"The gateway of {self.party.name} did not start; see gateway.log in its folder."
                )
            try:
                if httpx2.get(f"{self.url}/healthz", timeout=1, trust_env=False).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise RuntimeError(f"The gateway of {self.party.name} did not answer in {_START_S:.0f} seconds.")

    def freeze(self) -> None:
        """SIGSTOP: the process hangs, its connections stay open."""
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        """SIGKILL: no time to tidy anything up."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def api(self, holder: str, scopes: tuple[str, ...], roles: tuple[str, ...]) -> LocalApi:
        """A person's or system's access to this gateway, with a token made for it."""
        store = Store(Home(self.settings).store)
        wanted = tokens.TokenRequest(self.party.organisation, holder, scopes, roles, days=1)
        try:
            return LocalApi(self.url, tokens.issue(store, wanted, int(time.time() * 1000)))
        finally:
            store.close()


@dataclass(frozen=True, slots=True)
class Network:
    """The three gateways, running."""

    school: Node
    provider: Node
    authority: Node

    @property
    def nodes(self) -> tuple[Node, Node, Node]:
        """All of them."""
        return self.school, self.provider, self.authority


def set_up(folder: Path) -> Network:
    """Makes three homes with keys, and one published directory that all three trust. Nothing runs yet."""
    now = int(time.time())
    network = Network(*(Node(folder, party) for party in PARTIES))
    keeper = Keeper(folder / "directory")
    keeper.init_alone(now)
    for node in network.nodes:
        make_home(node.settings)
        make_keys(node.settings, node.party.organisation, now)
        make_log_keys(Home(node.settings))
    for node in network.nodes:
        _name_witnesses(node, [other for other in network.nodes if other is not node])
        keeper.add(gateway_entry(node.settings, node.url, now), now)
        said, voucher = _listed(network, node, now)
        keeper.add(said, now, voucher=voucher)
    keeper.publish(now)
    for node in network.nodes:
        node.settings.path(node.settings.directory_root).write_bytes(keeper.anchor.read_bytes())
        if not TrustedDirectory(open_client(node.settings), lambda: now).refresh():
            raise RuntimeError("The directory of the demonstration was not accepted.")
    return network


def _name_witnesses(node: Node, others: list[Node]) -> None:
    """Says in a gateway's settings that the others are witnesses of its log, and that it is signed every second."""
    lines = ["log_sign_s = 1"]
    for other in others:
        keys = public_keys(Home(other.settings))[WITNESS]
        lines += [
            "[[log_witnesses]]",
            f"gateway = {json.dumps(other.settings.gateway)}",
            f"keys = {json.dumps(keys)}",
        ]
    with node.settings.path(CONFIG).open("a") as config:
        config.write("\n".join(lines) + "\n")


def _listed(network: Network, node: Node, now: int) -> tuple[dict[str, Any], str]:
    """What the keeper takes about an organisation: its signed document, and the voucher of whoever vouches."""
    party = node.party
    new = NewOrganisation(
        party.organisation, party.name, party.kind, party.families, node.settings.gateway, party.identifiers
    )
    said = submission(node.settings, organisation_entry(node.settings, new, now), None, now)
    if party.vouched_by is None:
        return said, ""
    by = next(one for one in network.nodes if one.party.organisation == party.vouched_by)
    pair = Home(by.settings).cabinet().keys(party.vouched_by).signing[-1]
    return said, sign_voucher(said["document"], party.vouched_by, pair, now)


@contextmanager
def running(network: Network) -> Iterator[Network]:
    """The network with all three processes answering; none of them outlives the block."""
    try:
        for node in network.nodes:
            node.start()
        for node in network.nodes:
            node.wait_ready()
        yield network
    finally:
        for node in network.nodes:
            node.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
