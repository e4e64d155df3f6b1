"""One exchange with a partner's server: connections that are used again, answers that end, certificates."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway import exchange
from gateway.exchange import MOST_ANSWER, Exchanges, TooLong


class Partner(ThreadingHTTPServer):
    """A server that says 202 and counts its callers."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.callers = 0
        self.header = "short"
        self.hangs_up = False
        self.scheme = "http"
        self.gone = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/ltp/v1/messages"

    def handle_error(self, *_: object) -> None:
        """A caller who trusts us not hangs up; that is no fault."""


class Answering(BaseHTTPRequestHandler):
    """Answers with the length of what was posted."""

    protocol_version = "HTTP/1.1"
    server: Partner

    def setup(self) -> None:
        super().setup()
        self.server.callers += 1

    def do_POST(self) -> None:
        body = b"%d" % len(self.rfile.read(int(self.headers["content-length"])))
        self.send_response_only(202)
        self.send_header("X-Said", self.server.header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.hangs_up

    def finish(self) -> None:
        super().finish()
        self.server.shutdown_request(self.request)
        self.server.gone.set()


@pytest.fixture
def partner() -> Iterator[Partner]:
    with Partner() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def exchanges(partner: Partner) -> Iterator[Exchanges]:
    made = Exchanges(5.0)
    yield made
    made.close()


def test_an_answer_has_its_status_headers_and_body(partner: Partner, exchanges: Exchanges) -> None:
    answered = exchanges.post(partner.url, b"four", {"X-Ours": "1"})
    assert (answered.status, answered.headers["x-said"], answered.body) == (202, "short", b"4")


def test_a_connection_is_used_again(partner: Partner, exchanges: Exchanges) -> None:
    for _ in range(3):
        exchanges.post(partner.url, b"x", {})
    assert partner.callers == 1


def test_one_that_rested_too_long_is_not(
    partner: Partner, exchanges: Exchanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_REST_S", 0.0)
    for _ in range(3):
        exchanges.post(partner.url, b"x", {})
    assert partner.callers == 3


def test_one_that_the_partner_closed_at_rest_is_not(partner: Partner, exchanges: Exchanges) -> None:
    partner.hangs_up = True
    for count in (1, 2):
        partner.gone.clear()
        assert exchanges.post(partner.url, b"x", {}).status == 202
        assert partner.callers == count
        assert partner.gone.wait(10)


def test_connections_at_rest_do_not_pile_up(
    partner: Partner, exchanges: Exchanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_MOST_RESTING", 0)
    exchanges.post(partner.url, b"x", {})
    assert partner.gone.wait(10)


@pytest.mark.parametrize("length", [MOST_ANSWER, 10 * MOST_ANSWER])
def test_an_answer_that_is_too_long_is_not_heard_to_the_end(
    partner: Partner, exchanges: Exchanges, length: int
) -> None:
    partner.header = "x" * (MOST_ANSWER - 1_000)
    assert exchanges.post(partner.url, b"x", {}).status == 202
    partner.header = "x" * length
    with pytest.raises(TooLong):
        exchanges.post(partner.url, b"x", {})
    partner.header = "short"
    assert exchanges.post(partner.url, b"x", {}).status == 202


# --- certificates -----------------------------------------------------------------------------------------------


def certificate(folder: Path, host: x509.GeneralName) -> Path:
    """A server's key and the certificate that it signed itself, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a partner")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "partner.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def over_tls(partner: Partner, path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    partner.socket = context.wrap_socket(partner.socket, server_side=True)
    partner.scheme = "https"


HERE = x509.IPAddress(IPv4Address("127.0.0.1"))
ELSEWHERE = x509.DNSName("elsewhere.example")


@pytest.mark.parametrize(("host", "trusted"), [(HERE, True), (HERE, False), (ELSEWHERE, True)])
def test_a_certificate_has_to_be_trusted_and_the_partners_own(
    partner: Partner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: x509.GeneralName,
    *,
    trusted: bool,
) -> None:
    path = certificate(tmp_path, host)
    over_tls(partner, path)
    if trusted:
        # Where OpenSSL looks for the authorities that the machine trusts.
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    exchange._tls.cache_clear()
    exchanges = Exchanges(5.0)
    if trusted and host is HERE:
        assert exchanges.post(partner.url, b"x", {}).status == 202
        assert exchanges.post(partner.url, b"x", {}).status == 202
        assert partner.callers == 1
    else:
        with pytest.raises(ssl.SSLCertVerificationError):
            exchanges.post(partner.url, b"x", {})
    exchanges.close()
    exchange._tls.cache_clear()
