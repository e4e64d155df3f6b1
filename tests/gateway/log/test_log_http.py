"""The log over HTTP: everything that a stranger needs to check it, in the published forms, and nothing more."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from gateway.log.folder import Found
from gateway.log.http import PREFIX, routes, witness_routes
from gateway.log.witnessing import WitnessService
from gateway.problems import GatewayError, Unauthenticated, problem_response
from signing.log.checkpoint import Unverified, verify, with_witness
from signing.log.merkle import Head, verify_consistency
from signing.log.proof import Proof, verify_entry
from signing.log.witness import Witness, request_body


async def problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    return problem_response(error)


async def admit(request: Request, limit: int) -> bytes:
    body = await request.body()
    if "signature" not in request.headers:
        raise Unauthenticated("hop.signature", "Not signed.")
    assert len(body) <= limit
    return body


@pytest.fixture
def service(shelf: Any, other: Any) -> WitnessService:
    logs = {shelf.book.origin: shelf.book.policy.log}
    return WitnessService(Witness("w3id.org/ltp/witness/north", other.book.key, logs), other.book)


@pytest.fixture
def client(shelf: Any, service: WitnessService) -> Iterator[TestClient]:
    listed = [*routes(shelf.book, lambda: shelf.now), *witness_routes(service, admit, lambda: shelf.now)]
    app = Starlette(routes=listed, exception_handlers={GatewayError: problem})
    with TestClient(app) as client:
        yield client


def get(client: TestClient, path: str, **query: object) -> Any:
    return client.get(PREFIX + path, params={name: str(value) for name, value in query.items()})


def refused(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_before_anything_is_signed_nothing_is_shown(client: TestClient, shelf: Any) -> None:
    shelf.add(3)
    assert get(client, "/checkpoint").status_code == 404
    assert get(client, "/tile/0/000.p/3").status_code == 404
    assert get(client, "/inclusion", index=0).status_code == 404
    assert get(client, "/consistency", old=1, size=2).status_code == 404
    assert get(client, "/find", digest=shelf.digest(0)).json() == {"indexes": []}


def test_a_stranger_gets_a_checkpoint_and_the_proof_of_an_entry(client: TestClient, shelf: Any) -> None:
    entries = shelf.add(9)
    shelf.book.sign(shelf.now)
    answer = get(client, "/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=5"
    checkpoint = verify(Unverified.parse(answer.content), shelf.book.policy, shelf.now)
    assert checkpoint.head.size == 9
    assert get(client, "/find", digest=shelf.digest(4)).json() == {"indexes": [4]}
    proof = Proof.parse(get(client, "/inclusion", index=4).content)
    assert verify_entry(entries[4], proof, shelf.book.policy, shelf.now).index == 4


def test_a_stranger_gets_the_proof_that_the_log_only_grew(client: TestClient, shelf: Any) -> None:
    heads: list[Head] = []
    for count in (3, 4, 5):
        shelf.add(count, heads[-1].size if heads else 0)
        heads.append(shelf.book.sign(shelf.now).head)
    answer = get(client, "/consistency", old=3, size=12).json()
    hashes = [base64.b64decode(one) for one in answer["hashes"]]
    assert (answer["old"], answer["size"]) == (3, 12)
    assert verify_consistency(heads[0], heads[2], hashes) == heads[2]
    old = Proof.parse(get(client, "/inclusion", index=1, size=7).content)
    assert Unverified.parse(old.note).head == heads[1]


def test_a_mirror_made_from_tiles_alone_is_good(client: TestClient, shelf: Any, tmp_path: Path) -> None:
    shelf.add(300)
    shelf.book.sign(shelf.now)
    shelf.add(5, 300)
    for path in (
        "tile/entries/000",
        "tile/entries/001.p/44",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    ):
        answer = get(client, f"/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
        assert "immutable" in answer.headers["cache-control"]
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.content)
    (tmp_path / "checkpoint").write_bytes(get(client, "/checkpoint").content)
    assert Found.read(tmp_path).verify(shelf.book.policy, shelf.now).head.size == 300


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/001",
        "/tile/0/001.p/45",
        "/tile/0/002.p/1",
        "/tile/1/000",
        "/tile/1/000.p/2",
        "/tile/2/000.p/1",
        "/tile/8/000",
        "/tile/x/000",
        "/tile/00/000",
        "/tile/0/0",
        "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/000.p/999",
        "/tile/0/x000/000",
        "/tile/entries/x999/999",
    ],
)
def test_what_is_not_signed_yet_or_no_tile_is_not_there(client: TestClient, shelf: Any, path: str) -> None:
    shelf.add(300)
    shelf.book.sign(shelf.now)
    shelf.add(300, 300)
    assert refused(get(client, path)) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/inclusion", {"index": 9}, (404, "log.bad-position")),
        ("/inclusion", {"index": 0, "size": 8}, (404, "log.bad-position")),
        ("/inclusion", {"index": "01"}, (422, "request.parameters")),
        ("/inclusion", {"index": "-1"}, (422, "request.parameters")),
        ("/inclusion", {"index": "9" * 19}, (422, "request.parameters")),
        ("/inclusion", {"index": 0, "size": "x"}, (422, "request.parameters")),
        ("/inclusion", {}, (422, "request.parameters")),
        ("/consistency", {"old": 4}, (422, "request.parameters")),
        ("/consistency", {"old": 4, "size": 10}, (404, "log.bad-position")),
        ("/consistency", {"old": 5, "size": 4}, (404, "log.bad-position")),
        ("/find", {}, (422, "request.parameters")),
        ("/find", {"digest": "a child's name"}, (422, "request.parameters")),
    ],
)
def test_what_cannot_be_answered_is_refused_without_an_echo(
    client: TestClient, shelf: Any, path: str, query: dict[str, object], expected: tuple[int, str]
) -> None:
    shelf.add(9)
    shelf.book.sign(shelf.now)
    shelf.add(1, 9)
    answer = get(client, path, **query)
    assert refused(answer) == expected
    assert "child" not in answer.text


# --- the witness -------------------------------------------------------------------------------------------------


def post(client: TestClient, body: bytes) -> Any:
    return client.post(f"{PREFIX}/add-checkpoint", content=body, headers={"Signature": "x"})


def asked(shelf: Any, old: int) -> bytes:
    signed = shelf.book.sign(shelf.now)
    with shelf.book.read() as read:
        return request_body(old, read.consistency(old, signed.head.size), signed.note)


def test_a_witness_answers_as_the_protocol_says(
    client: TestClient, shelf: Any, service: WitnessService
) -> None:
    shelf.add(3)
    answer = post(client, asked(shelf, 0))
    assert answer.status_code == 200
    policy = type(shelf.book.policy)(shelf.book.policy.log, (service.witness.identity,), 1)
    signed = with_witness(shelf.book.sign(shelf.now), answer.content, policy, shelf.now)
    assert list(signed.witnesses) == [service.witness.name]
    shelf.add(4, 3)
    stale = post(client, asked(shelf, 0))
    assert (stale.status_code, stale.content) == (409, b"3\n")
    assert stale.headers["content-type"] == "text/x.tlog.size"
    assert post(client, asked(shelf, 3)).status_code == 200


def test_a_witness_answers_nobody_who_is_not_admitted(client: TestClient, shelf: Any) -> None:
    shelf.add(3)
    body = asked(shelf, 0)
    answer = client.post(f"{PREFIX}/add-checkpoint", content=body)
    assert refused(answer) == (401, "hop.signature")
    assert post(client, body).status_code == 200


def test_a_witness_refuses_what_is_not_the_log_it_saw(client: TestClient, shelf: Any, other: Any) -> None:
    shelf.add(3)
    good = asked(shelf, 0)
    other.add(3)
    assert refused(post(client, b"x")) == (422, "log.bad-request")
    assert refused(post(client, asked(other, 0))) == (404, "log.unknown-log")
    lines = good.splitlines(keepends=True)
    # The second signature line is left away.
    assert refused(post(client, b"".join(lines[:-1]))) == (403, "log.bad-signature")
    assert post(client, good).status_code == 200
    shelf.tamper("DELETE FROM log_entry")
    shelf.tamper("DELETE FROM log_checkpoint")
    shelf.tamper("UPDATE log_head SET size = 0, edge = zeroblob(0)")
    shelf.add(4, 50)
    assert refused(post(client, asked(shelf, 3))) == (409, "log.split-view")
