"""Hop signatures: each signed part changed once; the unchanged request of the same test verifies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gateway.hop import SKEW_S, Answer, HopRefused, HopSigner, Request, verify_answer, verify_request
from signing import HopKey

if TYPE_CHECKING:
    from tests.gateway.conftest import World

URL = "https://hollow.example/ltp/v1/messages?part=1"
BODY = b'{"a": "message"}'


def signed(world: World) -> Request:
    return Request("POST", URL, world.ash.services.signer.request("POST", URL, BODY, int(world.time.value)))


def verify(world: World, request: Request, body: bytes = BODY, later: int = 0) -> str:
    directory = world.hollow.services.directory.current()
    return verify_request(request, body, directory, int(world.time.value) + later).urn


def test_a_signed_request_tells_which_gateway_calls(shared: World) -> None:
    assert verify(shared, signed(shared)) == "urn:ltp:gw:ash"


@pytest.mark.parametrize(
    "url",
    [
        "https://hollow.example",
        "https://hollow.example:443/ltp/v1/messages",
        "https://Hollow.Example:8443/ltp/v1/messages?part=1&part=2",
        "http://127.0.0.1:80/ltp/v1/messages?",
        "http://[::1]:8700/a%20path/ltp/v1/messages",
    ],
)
def test_what_is_signed_for_any_address_is_what_a_general_library_verifies(shared: World, url: str) -> None:
    headers = shared.ash.services.signer.request("POST", url, BODY, int(shared.time.value))
    assert verify(shared, Request("POST", url, headers)) == "urn:ltp:gw:ash"
    with pytest.raises(HopRefused):
        verify(shared, Request("POST", url.replace("//", "//x"), headers))


def header(name: str, change: Callable[[str], str]) -> Callable[[Request], None]:
    def alter(request: Request) -> None:
        found = next(key for key in request.headers if key.lower() == name)
        request.headers[found] = change(request.headers[found])

    return alter


def drop(name: str) -> Callable[[Request], None]:
    def alter(request: Request) -> None:
        del request.headers[next(key for key in request.headers if key.lower() == name)]

    return alter


def set_to(member: str, value: str) -> Callable[[Request], None]:
    return lambda request: setattr(request, member, value)


@pytest.mark.parametrize(
    "alter",
    [
        set_to("method", "PUT"),
        set_to("url", "https://hollow.example/ltp/v1/mailbox?part=1"),
        set_to("url", "https://hollow.example/ltp/v1/messages?part=2"),
        set_to("url", "https://hollow.example/ltp/v1/messages"),
        set_to("url", "https://north.example/ltp/v1/messages?part=1"),
        drop("signature"),
        drop("signature-input"),
        drop("content-digest"),
        header("signature", lambda text: text[:20] + ("B" if text[20] == "A" else "A") + text[21:]),
        header("signature", lambda _text: ""),
        header("signature-input", lambda text: text.replace('"@query" ', "")),
        header("signature-input", lambda text: text.replace('"content-digest"', '"@method"')),
        header("signature-input", lambda text: text.replace("ltp-1", "other")),
        header("signature-input", lambda text: text.replace("keyid=", "nokey=")),
        header("signature-input", lambda text: "(" * 40 + text),
        header("content-digest", lambda text: text.replace("sha-256", "sha-512")),
        header("content-digest", lambda _text: "sha-256=:AAAA:"),
    ],
)
def test_a_request_that_was_altered_is_refused(shared: World, alter: Callable[[Request], None]) -> None:
    request = signed(shared)
    alter(request)
    with pytest.raises(HopRefused):
        verify(shared, request)


def test_another_body_is_refused(shared: World) -> None:
    with pytest.raises(HopRefused):
        verify(shared, signed(shared), BODY + b" ")


@pytest.mark.parametrize(("later", "good"), [(SKEW_S, True), (SKEW_S + 1, False), (-SKEW_S - 1, False)])
def test_a_signature_counts_for_the_clock_skew_only(shared: World, later: int, good: bool) -> None:
    request = signed(shared)
    if good:
        assert verify(shared, request, later=later)
        return
    with pytest.raises(HopRefused):
        verify(shared, request, later=later)


def test_a_key_that_is_in_no_directory_is_refused(shared: World) -> None:
    stranger = HopSigner(HopKey.generate())
    request = Request("POST", URL, stranger.request("POST", URL, BODY, int(shared.time.value)))
    with pytest.raises(HopRefused):
        verify(shared, request)


def test_a_key_of_another_gateway_is_taken_for_that_gateway_and_no_other(shared: World) -> None:
    north = shared.north.services.signer
    request = Request("POST", URL, north.request("POST", URL, BODY, int(shared.time.value)))
    assert verify(shared, request) == "urn:ltp:gw:north"


def test_a_suspended_gateway_is_refused(world: World) -> None:
    request = signed(world)
    assert verify(world, request)
    world.change("gateways", "ash", status="suspended")
    with pytest.raises(HopRefused):
        verify(world, request)


def test_a_revoked_hop_key_is_refused(world: World) -> None:
    [key] = world.entry("gateways", "ash")["keys"]
    revoked = {**key, "revoked": {"revoked_at": int(world.time.value), "reason": "lost"}}
    world.change("gateways", "ash", keys=[revoked])
    with pytest.raises(HopRefused):
        verify(world, signed(world))


def test_an_answer_tells_who_answers_what(shared: World) -> None:
    now = int(shared.time.value)
    directory = shared.ash.services.directory.current()
    headers = shared.hollow.services.signer.answer(202, BODY, now)
    assert verify_answer(Answer(202, dict(headers)), BODY, directory, now).urn == "urn:ltp:gw:hollow"


@pytest.mark.parametrize(
    ("status", "body", "dropped", "later"),
    [
        (200, BODY, "", 0),
        (202, BODY + b" ", "", 0),
        (202, BODY, "Signature", 0),
        (202, BODY, "Content-Digest", 0),
        (202, BODY, "", SKEW_S + 1),
    ],
)
def test_an_answer_that_was_altered_is_refused(
    shared: World, status: int, body: bytes, dropped: str, later: int
) -> None:
    now = int(shared.time.value)
    headers = dict(shared.hollow.services.signer.answer(202, BODY, now))
    headers.pop(dropped, None)
    directory = shared.ash.services.directory.current()
    with pytest.raises(HopRefused):
        verify_answer(Answer(status, headers), body, directory, now + later)


def test_a_request_is_no_answer(shared: World) -> None:
    now = int(shared.time.value)
    headers = dict(shared.hollow.services.signer.request("POST", URL, BODY, now))
    with pytest.raises(HopRefused):
        verify_answer(Answer(202, headers, URL), BODY, shared.ash.services.directory.current(), now)


# --- requests for another gateway --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed_for", "host", "status"),
    [
        ("hollow.example", "hollow.example", 202),
        ("hollow.example", "127.0.0.1:8700", 202),  # behind a proxy
        ("north.example", "north.example", 401),
        ("north.example", "hollow.example", 401),
        ("north.example", "north.example/ltp/v1/messages?", 401),
    ],
)
def test_a_request_counts_for_the_gateway_that_it_was_signed_for_whatever_its_host(
    world: World, signed_for: str, host: str, status: int
) -> None:
    envelope = world.seal("urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm/general", world.bundle()).envelope
    url, now = f"https://{signed_for}/ltp/v1/messages", int(world.time.value)
    headers = world.ash.services.signer.request("POST", url, envelope, now) | {"Host": host}
    answer = world.hollow.client.post("/ltp/v1/messages", content=envelope, headers=headers)
    assert answer.status_code == status
    assert len(world.hollow.received()) == (1 if status == 202 else 0)


def test_a_gateway_that_only_collects_takes_no_posts(world: World) -> None:
    envelope = world.seal("urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm/general", world.bundle()).envelope
    listed = world.entry("gateways", "hollow")["url"]
    world.change("gateways", "hollow", url=None)
    assert world.post(world.hollow, envelope).status_code == 401
    world.change("gateways", "hollow", url=listed)
    assert world.post(world.hollow, envelope).status_code == 202
