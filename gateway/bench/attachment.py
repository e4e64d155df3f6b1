"""The row ``attachment``: how much memory a file of 100 MB takes on its whole way through two gateways.

The file is handed in to the provider's gateway over its local API, sent with a final report, fetched by the school's
gateway over the wire API, verified, scanned by a command, and read there over the local API, block by block. A file
of one byte goes the same way first, so that everything is loaded. The figure is by how much the larger of the two
processes grew from then on, by the most that it ever held; its ratio is to 60 MB.
"""

import contextlib
import hashlib
import http.client
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.admin import NewOrganisation
from gateway.bench.figure import BenchError, Figure, figure
from gateway.bench.process import running
from gateway.bench.site import Site
from gateway.bench.subject import RECEIVER, SENDER, fresh, transfer
from gateway.files import Home
from gateway.settings import Settings
from gateway.store import Store
from gateway.tokens import TokenRequest, issue

#: 100 MB, and what may be used for it beside what is used for one byte.
FILE_BYTES = 100_000_000
ALLOWED_MB = 60.0

_BLOCK = bytes(65_536)
_PATIENCE_S = 120.0
#: A scanner that reads to the end and finds nothing.
_SCANNER = "import sys\nwhile sys.stdin.buffer.read(65536):\n    pass\n"


def measure_attachment(length: int, progress: Callable[[str], None]) -> Figure:
    """Megabytes of growth for a file of ``length`` bytes; its ratio is to what is allowed."""
    with tempfile.TemporaryDirectory(prefix="ltp-bench-") as folder:
        site = _site(Path(folder))
        sender, receiver = site.homes["hollow-farm"], site.homes["ash-vale"]
        ends = (
            _End(sender, _token(sender, SENDER, "AP.LEAD")),
            _End(receiver, _token(receiver, RECEIVER, "HS.HT")),
        )
        with contextlib.ExitStack() as stack:
            pids = [
                stack.enter_context(running(["gateway", str(end.home.home)], end.home.port)) for end in ends
            ]
            _carry(ends, 1)
            before = [_most_kb(pid) for pid in pids]
            progress(f"attachment: carrying {length:,} bytes")
            _carry(ends, length)
            grown = max(_most_kb(pid) - was for pid, was in zip(pids, before, strict=True))
    megabytes = max(grown, 1) / 1000
    return figure("attachment", megabytes, "MB", megabytes / ALLOWED_MB)


def _site(folder: Path) -> Site:
    site = Site(folder)
    sender, receiver = site.gateway("hollow-farm"), site.gateway("ash-vale")
    site.organisation(
        NewOrganisation(SENDER, "Hollow Farm", "ap", ["AP"], sender.gateway, {"ukprn": "99900001"}), sender
    )
    school = NewOrganisation(
        RECEIVER, "Ash Vale School", "school", ["HS"], receiver.gateway, {"urn": "999001"}
    )
    site.organisation(school, receiver)
    site.publish()
    for home in (sender, receiver):
        with home.path("gateway.toml").open("a") as file:
            file.write(f"scan_command = {orjson.dumps([sys.executable, '-c', _SCANNER]).decode()}\n")
    return site


def _token(home: Settings, organisation: str, role: str) -> str:
    store = Store(Home(home).store)
    try:
        wanted = TokenRequest(organisation, "bench", ["transfers", "inbox"], [role], days=1)
        return issue(store, wanted, int(time.time() * 1000))
    finally:
        store.close()


_Body = bytes | Iterator[bytes] | None


@dataclass(frozen=True, slots=True)
class _End:
    """One gateway's local API, as a system of its organisation calls it."""

    home: Settings
    token: str

    @contextlib.contextmanager
    def ask(
        self, method: str, path: str, body: _Body = None, **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self.home.host, self.home.port, timeout=_PATIENCE_S)
        try:
            sent = {"Authorization": f"Bearer {self.token}"} | {
                k.replace("_", "-"): v for k, v in headers.items()
            }
            connection.request(method, f"/api/v1{path}", body, sent)
            answer = connection.getresponse()
            if answer.status >= 400:
                raise BenchError("A gateway refused what the bench asked of it.")
            yield answer
        finally:
            connection.close()

    def json(self, method: str, path: str, body: _Body = None, **headers: str) -> dict[str, Any]:
        """The JSON of an answer."""
        with self.ask(method, path, body, **headers) as answer:
            found: dict[str, Any] = orjson.loads(answer.read())
            return found


def _carry(ends: tuple[_End, _End], length: int) -> None:
    """Takes a file the whole way and checks what came out."""
    sender, receiver = ends
    file_id = str(uuid.uuid4())
    told = sender.json("PUT", f"/attachments/{file_id}", _content(length), Content_Length=str(length))
    entry = {"id": file_id, "title": "A recording", "mediaType": "audio/mpeg"}
    entry |= {"size": told["size"], "sha256": told["sha256"]}
    sender.json("POST", "/transfers", orjson.dumps({**fresh(transfer()), "attachments": [entry]}))
    bundle_id = _awaited(receiver, file_id)
    digest = hashlib.sha256()
    with receiver.ask("GET", f"/inbox/{bundle_id}/attachments/{file_id}") as answer:
        while block := answer.read(len(_BLOCK)):
            digest.update(block)
    if digest.hexdigest() != told["sha256"]:
        raise BenchError("Another file came out than was handed in.")


def _awaited(receiver: _End, file_id: str) -> str:
    """The bundle that brought the file, once the file is available."""
    ends = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends:
        for listed in receiver.json("GET", "/inbox")["bundles"]:
            body = receiver.json("GET", f"/inbox/{listed['bundleId']}")["body"]
            if _available(body, file_id):
                return str(listed["bundleId"])
        time.sleep(0.1)
    raise BenchError("The file did not arrive.")


def _available(body: Mapping[str, Any], file_id: str) -> bool:
    return any((e["id"], e.get("state")) == (file_id, "available") for e in body["attachments"])


def _content(length: int) -> Iterator[bytes]:
    for start in range(0, length, len(_BLOCK)):
        yield _BLOCK[: length - start]


def _most_kb(pid: int) -> int:
    """The most memory that a process ever held, in kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise BenchError("This system does not say how much memory a process held.")
