"""Three gateways in one process, on a clock that only a test moves, joined without a network.

``ash`` serves Ash Vale School and hosts Brook End, ``hollow`` serves Hollow Farm, and ``north`` serves
Northshire and keeps a mailbox for Moor Edge, whose keys it does not have. Requests take the real way (signed
HTTP into the real application); only the socket is left out. Workers do not run: a test delivers by hand.
"""

import datetime
import http.client
import json
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx2
import orjson
import pytest
from starlette.testclient import TestClient

import signing
from gateway import admin, tokens
from gateway.app import create_app
from gateway.attachments.arrivals import work_off
from gateway.bootstrap import Gateway, build
from gateway.directory import repository
from gateway.directory.continuity import Step
from gateway.directory.keeper import Keeper
from gateway.directory.source import TrustedDirectory, open_client
from gateway.exchange import Address, Exchanges, open_connection
from gateway.files import Home
from gateway.peers import HttpPeers
from gateway.services import Clock, Services
from gateway.settings import Settings
from gateway.store.records import BundleRow
from gateway.transfer import LEASE_MS
from signing.encoding import canonical

DAY = 86_400
ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
NORTH, MOOR = "urn:ltp:org:northshire", "urn:ltp:org:moor-edge"
#: Gateway token to the organisations whose keys it has.
SERVED = {"ash": (ASH, BROOK), "hollow": (HOLLOW,), "north": (NORTH,)}
ORGANISATIONS = {
    ASH: ("Ash Vale School", "school", ["HS", "RS"], "ash", "own"),
    BROOK: ("Brook End", "ap", ["AP"], "ash", "host"),
    HOLLOW: ("Hollow Farm", "ap", ["AP"], "hollow", "own"),
    NORTH: ("Northshire", "la", ["LA"], "north", "own"),
    MOOR: ("Moor Edge", "ap", ["AP"], "north", "relay"),
}

Json = dict[str, Any]


def example(kind: str, name: str) -> Json:
    """A fresh copy of one of the published valid examples."""
    text = (resources.files("schemas") / "v1" / "examples" / kind / "valid" / f"{name}.json").read_text(
        "utf-8"
    )
    value: Json = json.loads(text)
    return value


class Time:
    """A clock that stands until a test moves it.

    It starts well before today, because the hop signature's library compares with the wall clock.
    """

    def __init__(self, value: float) -> None:
        self.value = value
        self.moved: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.value

    def advance(self, seconds: float) -> None:
        """Moves on; whoever keeps the directory goes on publishing meanwhile."""
        self.value += seconds
        self.moved()


@contextmanager
def read_by_tuf(clock: Callable[[], float]) -> Iterator[None]:
    """TUF's client reads the wall clock: within this block it reads the test's."""

    class Now(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Now":
            return cls.fromtimestamp(clock(), tz)

    module = SimpleNamespace(datetime=Now, timezone=datetime.timezone)
    with patch("tuf.ngclient._internal.trusted_metadata_set.datetime", module):
        yield


@dataclass
class Draft:
    """The directory as a test wants it: documents in files, published with no question asked about their past.

    What a keeper and a gateway ask about it is tested in tests/gateway/directory.
    """

    keeper: Keeper
    published_at: int = 0

    @property
    def folder(self) -> Path:
        return self.keeper.folder / "documents"

    def add(self, document: Json) -> None:
        kind, name = ("orgs", "org") if "org" in document else ("gateways", "gateway")
        path = self.folder / kind / f"{document[name].rpartition(':')[2]}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(document))

    def publish(self, now: int) -> None:
        before, online = self.keeper._published(), self.keeper._online()
        done = repository.publish(before, self.files(), online, now)
        self.keeper._publish_roots()
        self.keeper._write(done, self.files())
        self.published_at = now

    def files(self) -> dict[str, bytes]:
        found = self.folder.glob("*/*.json")
        return {
            path.relative_to(self.folder).as_posix(): self.entry(orjson.loads(path.read_bytes()))
            for path in found
        }

    @staticmethod
    def entry(document: Json) -> bytes:
        if "gateway" in document:
            return canonical({"document": document, "steps": []})
        # With an identifier nobody has to vouch, and a recovery of long ago needs no signature.
        document = {**document, "identifiers": document["identifiers"] or {"ukprn": "99900001"}}
        return canonical({"document": document, "steps": [Step.of(document, 0, "a test").members()]})


@dataclass
class Node:
    """One gateway: its files, what runs over them, and a client that calls it as a user would."""

    token: str
    settings: Settings
    time: Time
    wire: "Wire"
    running: Gateway = field(init=False)
    client: TestClient = field(init=False)

    def open(self) -> None:
        with patch("gateway.bootstrap.Exchanges", partial(Exchanges, connect=self.wire.connect)):
            self.running = build(self.settings, Clock(self.time))
        app = create_app(self.running.services)
        self.client = TestClient(app, f"https://{self.token}.example", raise_server_exceptions=False)

    def close(self) -> None:
        self.client.close()
        self.running.close()

    @property
    def services(self) -> Services:
        return self.running.services

    @property
    def host(self) -> str:
        return f"{self.token}.example"

    def bearer(self, scopes: str, roles: str = "", org: str | None = None, days: int = 365) -> dict[str, str]:
        """Headers with a new token; scopes and roles in words."""
        wanted = tokens.TokenRequest(
            org or SERVED[self.token][0], "a test", scopes.split(), roles.split(), days
        )
        return {
            "Authorization": f"Bearer {tokens.issue(self.services.store, wanted, self.services.clock.ms)}"
        }

    def send(self, transfer: Json, **headers: str) -> httpx2.Response:
        """Posts a transfer with a token that may send anything of its sender."""
        bearer = self.bearer("transfers dsl validate", "HS.SEN", transfer["from"]["organisation"])
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response: Any = self.client.post(
            "/api/v1/transfers", content=orjson.dumps(transfer), headers=bearer | named
        )
        assert isinstance(response, httpx2.Response)
        return response

    def sent(self, transfer: Json) -> dict[str, BundleRow]:
        """The bundles of a transfer by address."""
        rows = self.services.store.bundles_of(transfer["from"]["organisation"], transfer["transferId"])
        return {f"{row.peer}/{row.desk}": row for row in rows}

    def received(self, org: str | None = None) -> list[BundleRow]:
        """What is in the inbox of an organisation, content or not."""
        return self.services.store.inbox(org or SERVED[self.token][0], 0, 100)

    def deliver(self) -> int:
        """One attempt at everything that is due now."""
        claimed = self.services.store.claim(self.services.clock.ms, 100, LEASE_MS)
        for due in claimed:
            self.running.outbox.deliver(due)
        return len(claimed)

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Gives partners less time than any true one would need on a busy machine: only for silent ones."""
        usual = self.services.peers
        hasty = HttpPeers(self.services.signer, Exchanges(0.3, self.wire.connect))
        object.__setattr__(self.services, "peers", hasty)
        yield
        object.__setattr__(self.services, "peers", usual)
        hasty.close()

    def look_after_files(self) -> int:
        """One attempt at every attached file that is due now."""
        return work_off(self.services, 100)

    def rows(self, table: str) -> list[Any]:
        return self.services.store.rows(table)


class Wire:
    """Carries requests between the gateways of a world; ``answers`` replaces a host, a loopback goes out."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.answers: dict[str, Callable[[httpx2.Request], httpx2.Response]] = {}
        self.posts: list[tuple[str, bytes]] = []
        self.threads: list[threading.Thread] = []

    def connect(self, address: Address) -> http.client.HTTPConnection:
        return open_connection(address) if address.host == "127.0.0.1" else Line(self, address.host)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        self.posts.append((host, request.read()))
        if host in self.answers:
            return self.answers[host](request)
        return self.nodes[host].client._transport.handle_request(request)

    def end(self) -> None:
        """Waits for the other ends of lines that are closed by now."""
        for thread in self.threads:
            thread.join(10)


class Line(http.client.HTTPConnection):
    """A connection whose other end is in this very process."""

    def __init__(self, wire: Wire, host: str) -> None:
        super().__init__(host)
        self._wire = wire

    def connect(self) -> None:
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(self.timeout)
        self._wire.threads.append(threading.Thread(target=OtherEnd, args=(theirs, self.host, self._wire)))
        self._wire.threads[-1].start()


class OtherEnd(BaseHTTPRequestHandler):
    """Takes what comes over a line to whoever answers for its host."""

    protocol_version = "HTTP/1.1"

    def __init__(self, line: socket.socket, host: str, wire: Wire) -> None:
        self._host, self._wire = host, wire
        with line, suppress(OSError):
            super().__init__(line, ("", 0), None)  # type: ignore[arg-type]  # there is no server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        request = httpx2.Request(
            self.command, f"https://{self._host}{self.path}", headers=dict(self.headers), content=body
        )
        try:
            self._respond(self._wire.answer(request))
        except Exception:  # noqa: BLE001 - nobody there, or gone at the end of a test: the line goes dead
            self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def _respond(self, response: httpx2.Response) -> None:
        framing = {"transfer-encoding", "connection"}
        self.send_response_only(response.status_code)
        for name, value in response.headers.items():
            if name not in framing:
                self.send_header(name, value)
        if "content-length" not in response.headers:
            self.send_header("Connection", "close")
        self.end_headers()
        for part in response.iter_bytes():
            self.wfile.write(part)


class World:
    """The gateways, the directory that they share, and hands that can do what an honest gateway would not."""

    def __init__(self, base: Path, time: Time) -> None:
        self.base = base
        self.time = time
        self.wire = Wire()
        self.draft = Draft(Keeper(base / "directory"), int(time.value))
        self._tuf = ExitStack()
        self._tuf.enter_context(read_by_tuf(time))
        time.moved = self._keep_fresh
        self.nodes = {token: Node(token, home(base, token), time, self.wire) for token in SERVED}
        self.wire.nodes = {node.host: node for node in self.nodes.values()}
        for node in self.nodes.values():
            node.open()

    @property
    def ash(self) -> Node:
        return self.nodes["ash"]

    @property
    def hollow(self) -> Node:
        return self.nodes["hollow"]

    @property
    def north(self) -> Node:
        return self.nodes["north"]

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()
        self.wire.end()
        self._tuf.close()

    # --- the directory --------------------------------------------------------------------------------------

    def entry(self, kind: str, token: str) -> Json:
        value: Json = orjson.loads((self.draft.folder / kind / f"{token}.json").read_bytes())
        return value

    def change(self, kind: str, token: str, **members: Any) -> None:
        """Changes an entry and publishes; with no members it is taken out."""
        path = self.draft.folder / kind / f"{token}.json"
        if members:
            path.write_bytes(orjson.dumps({**self.entry(kind, token), **members}))
        else:
            path.unlink()
        self.publish()

    def put(self, entry: Json) -> None:
        self.draft.add(entry)
        self.publish()

    def publish(self) -> None:
        """Publishes, and every gateway takes it as if it had known nothing before."""
        self.draft.publish(int(self.time.value))
        for node in self.nodes.values():
            (node.settings.home / "trust" / "accepted.json").unlink(missing_ok=True)
            assert node.services.directory.refresh(), node.services.directory.state()

    def _keep_fresh(self) -> None:
        if self.time.value - self.draft.published_at > DAY / 2:
            self.publish()

    # --- what an honest gateway would not do ----------------------------------------------------------------

    def keys(self, org: str) -> signing.KeySet:
        token = next((token for token, orgs in SERVED.items() if org in orgs), "moor")
        settings = home(self.base, token)
        return Home(settings).keys(Home(settings).key_file(org))

    def seal(self, iss: str, aud: str, body: Mapping[str, Any], **more: Any) -> signing.Sealed:
        """A message of any content, sealed properly."""
        now = int(self.time.value)
        directory = self.ash.services.directory.current()
        members: Json = {"mt": "bundle", "sv": "ltp:bundle/1.0", "iat": now, "exp": now + 7 * DAY, **more}
        outgoing = signing.Outgoing(iss=iss, aud=aud, body=body, **members)
        return signing.seal(outgoing, self.keys(iss).signing[-1], directory.encryption_keys(aud, now))

    def post(self, to: Node, envelope: bytes, by: Node | None = None, **headers: str) -> httpx2.Response:
        """Posts an envelope with the hop signature of ``by`` (Ash Vale's gateway unless said otherwise)."""
        url = f"https://{to.host}/ltp/v1/messages"
        signer = (by or self.ash).services.signer
        signed = signer.request("POST", url, envelope, int(self.time.value))
        response: Any = to.client.post(url, content=envelope, headers=signed | headers)
        assert isinstance(response, httpx2.Response)
        return response

    def settle(self) -> None:
        """Delivers until nothing is due at this time of the clock."""
        while sum(node.deliver() + node.look_after_files() for node in self.nodes.values()):
            pass

    def until(self, true: Callable[[], bool]) -> None:
        """Waits, for ten seconds at most, for what running workers bring about."""
        pause = threading.Event()
        for _ in range(2_000):
            if true():
                return
            pause.wait(0.005)
        raise AssertionError("it did not come about within ten seconds")

    def example(self, kind: str, name: str) -> Json:
        """A fresh copy of one of the published valid examples."""
        return example(kind, name)

    def start(self) -> Json:
        """A profile and its companion for Hollow Farm, a notification for Northshire; a new transfer each time."""
        return renewed(example("transfer", "start-of-placement"))

    def report(self) -> Json:
        """A final report from Hollow Farm for Ash Vale."""
        transfer = renewed(example("transfer", "end-of-placement"))
        # A file has to be handed in first; the tests about files do that.
        transfer.pop("attachments", None)
        return transfer

    def bundle(self) -> Json:
        """A profile as Hollow Farm's general desk would get it from Ash Vale."""
        return {**example("bundle", "profile-to-provider"), "bundleId": str(uuid.uuid4()), "attachments": []}


def renewed(transfer: Json) -> Json:
    # The example's deadline is a day in the past of some reader.
    transfer.pop("deadline", None)
    return {**transfer, "transferId": str(uuid.uuid4())}


def home(base: Path, token: str) -> Settings:
    published = base / "directory" / "published"
    return Settings(home=base / token, gateway=f"urn:ltp:gw:{token}", directory=str(published))


@pytest.fixture(scope="session")
def began() -> int:
    """When every world starts: 90 days ago, so that a test may move forward by weeks."""
    return int(time.time()) - 90 * DAY


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, began: int) -> Path:
    """The files of a world before anything happened: made once, copied for each test."""
    base = tmp_path_factory.mktemp("template")
    draft = Draft(Keeper(base / "directory"))
    draft.keeper.init_alone(began)
    for token, organisations in [*SERVED.items(), ("moor", (MOOR,))]:
        settings = home(base, token)
        admin.make_home(settings)
        for org in organisations:
            admin.make_keys(settings, org, began)
            name, kind, families, gateway, how = ORGANISATIONS[org]
            new = admin.NewOrganisation(org, name, kind, families, f"urn:ltp:gw:{gateway}")
            entry = admin.organisation_entry(settings, new, began)
            entry["gateways"][0]["as"] = how
            draft.add(entry)
        if token in SERVED:
            draft.add(admin.gateway_entry(settings, f"https://{token}.example", began))
    draft.publish(began)
    for token in SERVED:
        shutil.copy(draft.keeper.anchor, base / token / "directory-root.json")
        with read_by_tuf(lambda: began):
            assert TrustedDirectory(open_client(home(base, token)), lambda: began).refresh()
    return base


def made(template: Path, base: Path, began: int) -> Iterator[World]:
    shutil.copytree(template, base)
    world = World(base, Time(began + 60.0))
    yield world
    world.close()


@pytest.fixture
def world(template: Path, tmp_path: Path, began: int) -> Iterator[World]:
    """A world of one's own."""
    yield from made(template, tmp_path / "world", began)


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory, began: int) -> Iterator[World]:
    """One world for all tests of a file that leave nothing behind in it."""
    yield from made(template, tmp_path_factory.mktemp("shared") / "world", began)
