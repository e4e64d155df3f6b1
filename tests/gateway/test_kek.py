"""What the master key lies under: a file, a passphrase, a key management service; and what is said when it is away."""

import base64
import socketserver
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import boto3  # type: ignore[import-untyped]
import pytest
from moto.kms.models import kms_backends
from moto.kms.responses import KmsResponse
from werkzeug import Request

from gateway import admin
from gateway.files import Home, HomeError
from gateway.keys.kek import Kek, KekError, LocalKek
from gateway.keys.kms import KmsKek
from gateway.settings import Settings

GATEWAY = "urn:ltp:gw:ash-vale"
MASTER = bytes(range(100, 132))
REGION = "eu-west-2"
JSON = {"Content-Type": "application/x-amz-json-1.1"}


class Asked(Request):
    # What moto's own server adds to a request.
    from_wsgi_server = True
    raw_path = "/"


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Kms:
    """A service on loopback over real HTTP, moto's engine inside: one key, and every request that it got."""

    endpoint: str
    requests: list[bytes] = field(default_factory=list)
    key: str = ""

    @property
    def key_id(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def client(self) -> Any:
        return boto3.client("kms", endpoint_url=self.endpoint, region_name=REGION)

    def answer(self, environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        request = Asked(environ)
        self.requests.append(request.get_data())
        status, headers, body = self._disabled(request) or KmsResponse.dispatch(
            request, request.url, request.headers
        )
        data = body.encode() if isinstance(body, str) else body
        named = {str(n): str(v) for n, v in headers.items() if n.lower() != "content-length"}
        start(f"{status} -", [*named.items(), ("Content-Length", str(len(data)))])
        return [data]

    def _disabled(self, request: Request) -> tuple[int, dict[str, str], str] | None:
        """Moto lets a disabled key work; the service that it stands for does not."""
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        if operation not in ("Encrypt", "Decrypt") or not self.key:
            return None
        keys = kms_backends["123456789012"][REGION].keys
        if keys[self.key_id].key_state == "Enabled":
            return None
        return 400, JSON, '{"__type": "DisabledException", "message": "is disabled"}'


@contextmanager
def running_kms() -> Iterator[Kms]:
    """The service with one key, until the block ends."""
    kms = Kms("")
    with make_server("127.0.0.1", 0, kms.answer, Server, Quiet) as server:
        kms.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            kms.key = kms.client.create_key()["KeyMetadata"]["Arn"]
            yield kms
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with running_kms() as running:
        yield running


@pytest.fixture(params=["file", "passphrase", "kms"])
def kek(request: pytest.FixtureRequest) -> Kek:
    if request.param == "kms":
        kms = request.getfixturevalue("kms")
        return KmsKek(kms.key, GATEWAY, REGION, kms.endpoint)
    return LocalKek("a test", bytes(32) if request.param == "file" else "correct horse battery")


def test_every_kek_gives_back_what_it_wrapped_and_shows_it_to_nobody(kek: Kek) -> None:
    wrapped = kek.wrap(MASTER)
    assert kek.unwrap(wrapped) == MASTER
    assert not any(form in wrapped for form in forms(MASTER))
    assert kek.wrap(MASTER) != wrapped


def test_what_was_changed_or_is_of_another_kind_does_not_unwrap(kek: Kek) -> None:
    wrapped = kek.wrap(MASTER)
    assert kek.unwrap(wrapped)
    for bad in (wrapped[:-3], b"", MASTER, wrapped.replace(b'"v":1', b'"v":2', 1) + b" ", b'{"typ":"x"}'):
        with pytest.raises(KekError):
            kek.unwrap(bad)


@pytest.mark.parametrize("secret", [bytes(31) + b"1", "incorrect horse battery"])
def test_another_local_key_does_not_unwrap_and_the_text_says_what_to_do(secret: bytes | str) -> None:
    right = LocalKek("a test", bytes(32) if isinstance(secret, bytes) else "correct horse battery")
    wrapped = right.wrap(MASTER)
    assert right.unwrap(wrapped) == MASTER
    with pytest.raises(KekError, match=r"a test.*ltp keys restore"):
        LocalKek("a test", secret).unwrap(wrapped)


@pytest.mark.parametrize("secret", [bytes(31), "too short"])
def test_a_weak_secret_wraps_nothing(secret: bytes | str) -> None:
    with pytest.raises(KekError, match="cannot be used"):
        LocalKek("a test", secret).wrap(MASTER)


# --- a key management service -----------------------------------------------------------------------------------


def refusal(kek: KmsKek, wrapped: bytes) -> str:
    with pytest.raises(KekError) as refused:
        kek.unwrap(wrapped)
    assert refused.value.__suppress_context__
    return str(refused.value)


def test_a_disabled_key_is_said_and_works_again_when_enabled(kms: Kms) -> None:
    kek = KmsKek(kms.key, GATEWAY, REGION, kms.endpoint)
    wrapped = kek.wrap(MASTER)
    kms.client.disable_key(KeyId=kms.key_id)
    assert "disabled. Ask whoever keeps it" in refusal(kek, wrapped)
    kms.client.enable_key(KeyId=kms.key_id)
    assert kek.unwrap(wrapped) == MASTER


def test_another_key_and_another_gateway_do_not_unwrap(kms: Kms) -> None:
    wrapped = KmsKek(kms.key, GATEWAY, REGION, kms.endpoint).wrap(MASTER)
    assert KmsKek(kms.key, GATEWAY, REGION, kms.endpoint).unwrap(wrapped) == MASTER
    stranger = KmsKek(kms.key, "urn:ltp:gw:hollow-farm", REGION, kms.endpoint)
    assert "not wrapped by this key for this gateway" in refusal(stranger, wrapped)
    unknown = KmsKek("no-such-key", GATEWAY, REGION, kms.endpoint)
    assert "knows no such key" in refusal(unknown, wrapped)


def test_a_service_that_is_down_is_one_sentence(kms: Kms) -> None:
    wrapped = KmsKek(kms.key, GATEWAY, REGION, kms.endpoint).wrap(MASTER)
    down = KmsKek(kms.key, GATEWAY, REGION, "http://127.0.0.1:9")
    assert "cannot be asked (EndpointConnectionError)" in refusal(down, wrapped)
    nowhere = KmsKek(kms.key, GATEWAY, REGION, "not a url")
    assert "cannot be asked (ValueError)" in refusal(nowhere, wrapped)


def test_a_missing_extra_is_said(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    kek = KmsKek(kms.key, GATEWAY, REGION, kms.endpoint)
    wrapped = kek.wrap(MASTER)
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "[gateway,kms]" in refusal(kek, wrapped)


def test_what_is_no_master_key_is_refused(kms: Kms) -> None:
    kek = KmsKek(kms.key, GATEWAY, REGION, kms.endpoint)
    short = kek.wrap(b"short")
    with pytest.raises(KekError, match="32 bytes"):
        kek.unwrap(short)
    assert kek.unwrap(kek.wrap(MASTER)) == MASTER


# --- a home ------------------------------------------------------------------------------------------------------


def forms(secret: bytes) -> list[bytes]:
    """A secret as it could lie about: raw, in hexadecimal, in both kinds of base64."""
    plain, url = base64.b64encode(secret), base64.urlsafe_b64encode(secret)
    return [secret, secret.hex().encode(), plain.rstrip(b"="), url.rstrip(b"=")]


def contents(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def made(tmp_path: Path, **given: Any) -> Home:
    settings = Settings(home=tmp_path / "home", gateway=GATEWAY, **given)
    admin.make_home(settings)
    admin.make_keys(settings, "urn:ltp:org:ash-vale", 0)
    # As the next command reads it: from the folder alone.
    return Home(Settings(home=tmp_path / "home"))


def under_kms(kms: Kms) -> dict[str, str]:
    return {"kms_key": kms.key, "kms_region": REGION, "kms_endpoint": kms.endpoint}


def test_a_home_under_a_service_works_and_its_master_key_lies_nowhere(tmp_path: Path, kms: Kms) -> None:
    home = made(tmp_path, **under_kms(kms))
    assert home.cabinet().organisations() == ("urn:ltp:org:ash-vale",)
    master = home.master()
    assert len(master) == 32
    lies = contents(home.settings.home)
    assert b"ltp-master-kms" in lies
    assert not any(form in lies for form in forms(master))


def test_a_service_is_asked_once_for_a_home(tmp_path: Path, kms: Kms) -> None:
    home = made(tmp_path, **under_kms(kms))
    before = len(kms.requests)
    for _ in range(3):
        home.cabinet(), home.vault_key(), home.kek()
    assert len(kms.requests) == before + 1


def test_a_gateway_does_not_start_without_its_service(tmp_path: Path, kms: Kms) -> None:
    home = made(tmp_path, **under_kms(kms))
    assert home.cabinet()
    kms.client.disable_key(KeyId=kms.key_id)
    with pytest.raises(KekError, match="disabled"):
        Home(home.settings).cabinet()


def test_a_home_under_a_key_in_a_file_elsewhere_needs_that_file(tmp_path: Path) -> None:
    kek = tmp_path / "kek"
    kek.write_bytes(bytes(range(32)))
    kek.chmod(0o600)
    home = made(tmp_path, kek_file=kek)
    assert not any(form in contents(home.settings.home) for form in forms(home.master()))
    again = Home(home.settings)
    kek.chmod(0o640)
    with pytest.raises(HomeError, match="chmod 600"):
        again.master()
    kek.chmod(0o600)
    kek.write_bytes(bytes(32))
    with pytest.raises(KekError, match="does not open"):
        again.master()
    kek.unlink()
    with pytest.raises(HomeError, match="cannot be read"):
        again.master()


def test_a_passphrase_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_bytes(b"correct horse battery")
    home = made(tmp_path, passphrase_file=secret)
    assert home.master()
    secret.write_bytes(b"canary \xff staple")
    with pytest.raises(HomeError, match="UTF-8") as refused:
        Home(home.settings).master()
    assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_a_master_key_that_lies_otherwise_than_the_settings_say_is_not_used(tmp_path: Path) -> None:
    kek = tmp_path / "kek"
    kek.write_bytes(bytes(range(32)))
    kek.chmod(0o600)
    plain = made(tmp_path)
    other = Home(plain.settings.model_copy(update={"kek_file": kek}))
    with pytest.raises(HomeError, match=r"unwrapped.*ltp keys rewrap"):
        other.master()
    master = plain.master()
    plain.rewrap(other)
    assert other.master() == master
    with pytest.raises(HomeError, match=r"is wrapped.*kms_key"):
        plain.master()


def test_the_same_master_key_moves_from_file_to_service_and_back(tmp_path: Path, kms: Kms) -> None:
    plain = made(tmp_path)
    service = Home(plain.settings.model_copy(update=under_kms(kms)))
    master = plain.master()
    # The settings may have been changed before: what lies unwrapped is taken as it is.
    service.rewrap(service)
    assert Home(service.settings).master() == master
    assert not any(form in contents(plain.settings.home) for form in forms(master))
    Home(service.settings).rewrap(plain)
    assert plain.master() == master
    assert plain.cabinet().organisations()
