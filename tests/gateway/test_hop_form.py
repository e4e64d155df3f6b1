"""The usual written form of a hop signature and the general library say the same of every message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from http_message_signatures import HTTPMessageSigner, algorithms

from gateway import hop, hop_form
from gateway.hop import Answer, HopRefused, HopSigner, Request, verify_answer, verify_request
from signing import HopKey

if TYPE_CHECKING:
    from tests.gateway.conftest import World

BODY = b'{"a": "message"}'
URLS = [
    "https://hollow.example/ltp/v1/messages",
    "https://hollow.example/ltp/v1/messages?part=1&of=2",
    "https://hollow.example:443/ltp/v1/messages",
    "http://127.0.0.1:8701/ltp/v1/messages?",
    "https://hollow.example:8443/",
]
UNUSUAL_URLS = [
    "https://Hollow.Example/ltp/v1/messages",
    "https://hollow.example/ltp/%7Ev1",
    "https://hollow.example",
]


def by_library(request: Request, world: World, now: int) -> str:
    directory = world.hollow.services.directory.current()
    return hop._verify(request, hop._REQUEST, BODY, (directory, now)).urn


@pytest.mark.parametrize("url", [*URLS, *UNUSUAL_URLS])
def test_the_library_verifies_what_is_signed_here(shared: World, url: str) -> None:
    now = int(shared.time.value)
    headers = shared.ash.services.signer.request("POST", url, BODY, now)
    assert by_library(Request("POST", url, headers), shared, now) == "urn:ltp:gw:ash"


@pytest.mark.parametrize("url", URLS)
def test_what_is_signed_here_is_in_the_usual_form(shared: World, url: str) -> None:
    headers = shared.ash.services.signer.request("POST", url, BODY, int(shared.time.value))
    lower = {name.lower(): value for name, value in headers.items()}
    assert hop_form.read(lower, hop._REQUEST) is not None
    assert hop_form.request_values("POST", url) is not None


@pytest.mark.parametrize("url", UNUSUAL_URLS)
def test_an_unusual_url_goes_the_general_way_and_verifies(shared: World, url: str) -> None:
    now = int(shared.time.value)
    directory = shared.hollow.services.directory.current()
    assert hop_form.request_values("POST", url) is None
    request = Request("POST", url, shared.ash.services.signer.request("POST", url, BODY, now))
    assert verify_request(request, BODY, directory, now).urn == "urn:ltp:gw:ash"


def test_an_answer_that_is_signed_here_verifies_by_the_library(shared: World) -> None:
    now = int(shared.time.value)
    answer = Answer(202, shared.ash.services.signer.answer(202, BODY, now))
    directory = shared.hollow.services.directory.current()
    assert hop._verify(answer, hop._ANSWER, BODY, (directory, now)).urn == "urn:ltp:gw:ash"
    assert verify_answer(answer, BODY, directory, now).urn == "urn:ltp:gw:ash"


def signed_by_library(world: World, covered: tuple[str, ...], **more: object) -> Request:
    signer = world.ash.services.signer
    library = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=hop._Own(signer._key))
    request = Request("POST", URLS[1], {})
    library.sign(
        request,
        key_id=signer._key.kid,
        tag=hop_form.TAG,
        covered_component_ids=covered,
        body=BODY,
        **more,  # type: ignore[arg-type]
    )
    return request


@pytest.mark.parametrize(
    ("covered", "more"),
    [
        (hop._REQUEST, {}),
        (hop._REQUEST, {"include_alg": False, "label": "sig1"}),
        (tuple(reversed(hop._REQUEST)), {}),
        ((*hop._REQUEST, "@scheme"), {"nonce": "once"}),
    ],
)
def test_what_the_library_signs_is_taken_in_any_of_its_forms(
    shared: World, covered: tuple[str, ...], more: dict[str, object]
) -> None:
    request = signed_by_library(shared, covered, **more)
    created = int(request.headers["Signature-Input"].partition("created=")[2].partition(";")[0])
    directory = shared.hollow.services.directory.current()
    assert verify_request(request, BODY, directory, created).urn == "urn:ltp:gw:ash"


@pytest.mark.parametrize("name", ["@method", "@authority", "@path", "@query", "content-digest"])
def test_every_component_must_be_signed(shared: World, name: str) -> None:
    now = int(shared.time.value)
    covered = tuple(part for part in hop._REQUEST if part != name)
    signer = HopSigner(shared.ash.services.signer._key)
    values = hop_form.request_values("POST", URLS[0])
    assert values is not None
    directory = shared.hollow.services.directory.current()
    whole = Request("POST", URLS[0], signer._sign(values, hop._REQUEST, BODY, now))
    assert verify_request(whole, BODY, directory, now).urn == "urn:ltp:gw:ash"
    part = Request("POST", URLS[0], signer._sign(values, covered, BODY, now))
    with pytest.raises(HopRefused):
        verify_request(part, BODY, directory, now)


@pytest.mark.parametrize(
    "change",
    [
        (";alg=", ";created=1;alg="),
        ('"ltp-1"', '"ltp-2"'),
        ('alg="ed25519"', 'alg="rsa-v1_5-sha256"'),
        (";created=", ";expires="),
        (";nonce=", ";other="),
        ('"@query"', '"@scheme"'),
        ("ltp=", "another="),
    ],
)
def test_a_changed_parameter_is_refused_whichever_way_it_is_read(
    shared: World, change: tuple[str, str]
) -> None:
    now = int(shared.time.value)
    headers = shared.ash.services.signer.request("POST", URLS[0], BODY, now)
    directory = shared.hollow.services.directory.current()
    assert verify_request(Request("POST", URLS[0], headers), BODY, directory, now).urn == "urn:ltp:gw:ash"
    headers["Signature-Input"] = headers["Signature-Input"].replace(*change)
    with pytest.raises(HopRefused):
        verify_request(Request("POST", URLS[0], headers), BODY, directory, now)


def test_a_stranger_in_the_usual_form_is_refused(shared: World) -> None:
    now = int(shared.time.value)
    directory = shared.hollow.services.directory.current()
    known = Request("POST", URLS[0], shared.ash.services.signer.request("POST", URLS[0], BODY, now))
    assert verify_request(known, BODY, directory, now).urn == "urn:ltp:gw:ash"
    stranger = Request("POST", URLS[0], HopSigner(HopKey.generate()).request("POST", URLS[0], BODY, now))
    with pytest.raises(HopRefused):
        verify_request(stranger, BODY, directory, now)
