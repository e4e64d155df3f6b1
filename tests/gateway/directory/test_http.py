"""The directory over HTTP, from a real server on loopback."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gateway.directory.client import Client
from gateway.directory.errors import DirectoryRefused
from gateway.directory.source import client_of


class Server(ThreadingHTTPServer):
    """Serves the published folder; ``elsewhere`` redirects everything, ``broken`` cuts every answer short."""

    elsewhere = broken = False
    daemon_threads = True


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.server.elsewhere:
            self.send_response(302)
            self.send_header("Location", "/metadata/1.root.json")
            self.end_headers()
        elif self.server.broken:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def server(site: Any) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(site.served))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def client(site: Any, server: Server) -> Client:
    where = f"http://127.0.0.1:{server.server_port}/"
    return client_of(site.base / "over http", site.client.anchor, where, site.base)


def code_of(call: Any) -> str:
    with pytest.raises(DirectoryRefused) as refused:
        call()
    return refused.value.code


def test_it_is_fetched_and_followed_over_http(site: Any, server: Server) -> None:
    here = client(site, server)
    assert here.refresh(site.now).versions["snapshot"] == 1
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    assert here.refresh(site.now).directory(site.now).organisation("urn:ltp:org:ash-vale").version == 2


def test_redirects_are_not_followed_and_what_is_cut_short_is_not_taken(site: Any, server: Server) -> None:
    here = client(site, server)
    assert here.refresh(site.now)
    before = here.state.read_bytes()
    server.elsewhere = True
    assert code_of(lambda: here.refresh(site.now)) == "unreachable"
    server.elsewhere, server.broken = False, True
    assert code_of(lambda: here.refresh(site.now)) == "unreachable"
    assert here.state.read_bytes() == before
    server.broken = False
    assert here.refresh(site.now)


def test_nobody_there_is_one_code(site: Any, server: Server) -> None:
    here = client(site, server)
    assert here.refresh(site.now)
    gone = client_of(here.folder, here.anchor, "http://127.0.0.1:9/", site.base)
    assert code_of(lambda: gone.refresh(site.now)) == "unreachable"
