"""Attached files from the hand that sends to the eye that reads: over three gateways, with every way to go wrong."""

import asyncio
import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.attachments import clearing, fetch, reading
from gateway.attachments.blobs import Folder, stream
from gateway.attachments.carrier import FetchFailed, HttpCarrier, Span
from gateway.attachments.ledger import Arrival, FileState
from gateway.attachments.outward import Outward
from gateway.attachments.scan import Command, Verdict
from gateway.bootstrap import build
from gateway.contents import body_of as kept_body
from gateway.exchange import Answered, Asked
from gateway.problems import Conflict, NotFound
from gateway.services import Clock
from signing.stream import CHUNK, SEALED_CHUNK

DAY = 86_400
ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
NORTH, MOOR = "urn:ltp:org:northshire", "urn:ltp:org:moor-edge"
GENERAL = f"{ASH}/general"
PLAN = hashlib.sha256(b"an invented plan").digest() * 98_304  # 3 MiB
Json = dict[str, Any]


@dataclass
class Finds:
    """A scanner that says what a test tells it, and remembers what it saw."""

    says: Verdict | Exception = Verdict.CLEAN
    seen: list[bytes] = field(default_factory=list)

    def scan(self, blocks: Iterable[bytes]) -> Verdict:
        self.seen.append(b"".join(blocks))
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def scanner_of(node: Any, says: Verdict | Exception) -> Finds:
    finds = Finds(says)
    services = replace(node.services, files=replace(node.services.files, scanner=finds))
    object.__setattr__(node.running, "services", services)
    node.running.outbox._services = services
    return finds


def client_of(node: Any) -> TestClient:
    """A client of the gateway with the services that it has now."""
    return TestClient(create_app(node.services), f"https://{node.host}")


def put(node: Any, data: bytes, file_id: str | None = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    bearer = node.bearer("transfers", org=named.pop("org", None))
    return node.client.put(
        f"/api/v1/attachments/{file_id or uuid.uuid4()}", content=data, headers=bearer | named
    )


def handed_in(node: Any, data: bytes = PLAN, *, org: str = "", **members: Any) -> Json:
    """A file that was handed in, as a transfer names it."""
    answer = put(node, data, **({"org": org} if org else {}))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    entry = {"id": told["id"], "mediaType": "application/pdf", "size": told["size"], "sha256": told["sha256"]}
    return entry | {"title": "An invented plan"} | members


def sent(world: Any, data: bytes = PLAN) -> Json:
    """A report from Hollow Farm to Ash Vale with one file, accepted at Hollow Farm's gateway."""
    transfer: Json = world.report() | {"attachments": [handed_in(world.hollow, data)]}
    answer = world.hollow.send(transfer)
    assert answer.status_code == 202, answer.text
    return transfer


def inbox_of(world: Any) -> tuple[str, dict[str, str]]:
    bearer = world.ash.bearer("inbox", "HS.HT")
    (entry,) = world.ash.client.get("/api/v1/inbox", headers=bearer).json()["bundles"]
    return entry["bundleId"], bearer


def body_of(world: Any) -> Json:
    bundle_id, bearer = inbox_of(world)
    found: Json = world.ash.client.get(f"/api/v1/inbox/{bundle_id}", headers=bearer).json()["body"]
    return found


def file_of(world: Any, method: str = "GET", **headers: str) -> Any:
    bundle_id, bearer = inbox_of(world)
    (entry,) = body_of(world)["attachments"]
    path = f"/api/v1/inbox/{bundle_id}/attachments/{entry['id']}"
    return world.ash.client.request(method, path, headers=bearer | headers)


def refused_before_it_was_opened(world: Any) -> str:
    """The code with which a file is not given, to a reader who asks for it without having read the bundle."""
    file, (row,) = only_file(world.ash), world.ash.received()
    path = f"/api/v1/inbox/{file.bundle_id}/attachments/{file.attachment_id}"
    answer = world.ash.client.get(path, headers=world.ash.bearer("inbox", "HS.HT"))
    assert [row.state for row in world.ash.received()] == [row.state]
    assert row.state != "opened"
    code: str = answer.json()["code"]
    return code


def how_it_fares(world: Any, transfer: Json) -> Json:
    answer = world.hollow.client.get(
        f"/api/v1/transfers/{transfer['transferId']}", headers=world.hollow.bearer("transfers")
    )
    (bundle,) = answer.json()["bundles"]
    found: Json = bundle
    return found


def codes(world: Any, transfer: Json) -> dict[str, list[str]]:
    return {receipt["status"]: receipt["codes"] for receipt in how_it_fares(world, transfer)["receipts"]}


def only_file(node: Any) -> Arrival:
    (found,) = node.services.files.ledger.all_arrivals()
    assert isinstance(found, Arrival)
    return found


def blob_of(node: Any) -> Path:
    (address, _), *others = node.services.files.blobs.listed()
    assert not others
    folder = node.services.files.blobs
    assert isinstance(folder, Folder)
    found: Path = folder.root / address[:2] / address
    return found


# --- it arrives -----------------------------------------------------------------------------------------------


def test_a_file_of_three_megabytes_arrives_is_scanned_and_is_read(world: Any) -> None:
    finds = scanner_of(world.ash, Verdict.CLEAN)
    transfer = sent(world)
    world.settle()

    answer = file_of(world)
    assert (answer.status_code, answer.content == PLAN) == (200, True)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["ltp-scan"] == "clean"
    assert answer.headers["content-disposition"] == "attachment"
    assert finds.seen == [PLAN]
    (told,) = body_of(world)["attachments"]
    assert (told["state"], told["scan"], told["code"]) == ("available", "clean", "")
    assert "sealed" not in told
    assert codes(world, transfer)["delivered"] == []
    assert how_it_fares(world, transfer)["state"] != "rejected"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
        ("bytes=3145720-", 3145720, len(PLAN)),
    ],
)
def test_a_range_of_a_file_can_be_read(world: Any, asked: str, start: int, stop: int) -> None:
    sent(world)
    world.settle()

    answer = file_of(world, Range=asked)

    assert (answer.status_code, answer.content == PLAN[start:stop]) == (206, True)
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(PLAN)}"
    head = file_of(world, "HEAD", Range=asked)
    assert (head.status_code, head.content, head.headers["content-length"]) == (206, b"", str(stop - start))
    assert file_of(world, Range="bytes=9999999-").json()["code"] == "attachment.range"
    assert file_of(world, Range="bytes=0-1,5-6").status_code == 422


def test_without_a_scanner_it_is_said_that_nothing_was_scanned(world: Any) -> None:
    sent(world, b"short")
    world.settle()

    assert file_of(world).headers["ltp-scan"] == "notScanned"
    assert body_of(world)["attachments"][0]["scan"] == "notScanned"


def test_what_lies_on_either_disk_and_what_travels_is_ciphertext_alone(world: Any) -> None:
    sent(world)
    world.settle()

    homes = [node.settings.home for node in (world.hollow, world.ash)]
    for path in (path for home in homes for path in home.rglob("*") if path.is_file()):
        assert PLAN[:32] not in path.read_bytes()
    assert blob_of(world.hollow).read_bytes() == blob_of(world.ash).read_bytes()
    assert not any(PLAN[:32] in body for _, body in world.wire.posts)


def test_a_neighbour_on_the_same_gateway_gets_a_file_without_the_network(world: Any) -> None:
    text = json.dumps(world.report()).replace(HOLLOW, BROOK)
    transfer = json.loads(text) | {"attachments": [handed_in(world.ash, org=BROOK)]}
    assert world.ash.send(transfer).status_code == 202
    world.settle()

    assert file_of(world).content == PLAN
    assert world.wire.posts == []


def test_a_file_that_the_disk_changed_afterwards_is_not_given_out(world: Any) -> None:
    sent(world)
    world.settle()
    path = blob_of(world.ash)
    data = bytearray(path.read_bytes())
    data[SEALED_CHUNK + 5] ^= 1
    path.write_bytes(data)

    assert file_of(world, Range=f"bytes=0-{CHUNK - 1}").content == PLAN[:CHUNK]
    answer = file_of(world)
    assert len(answer.content) <= CHUNK
    assert answer.headers["content-length"] == str(len(PLAN))


def test_an_interrupted_fetch_goes_on_where_it_broke_off(world: Any) -> None:
    transfer = sent(world)
    world.hollow.deliver()
    asked: list[str] = []

    def breaks(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers["range"])
        if len(asked) == 2:
            raise httpx2.ConnectError("gone")
        return world.nodes["hollow"].client._transport.handle_request(request)  # type: ignore[no-any-return]

    world.wire.answers["hollow.example"] = breaks
    world.ash.look_after_files()
    assert only_file(world.ash).code == "attachment.gateway-down"
    assert refused_before_it_was_opened(world) == "attachment.waiting"
    world.time.advance(10)
    world.ash.look_after_files()

    assert asked == [f"bytes={a}-{b}" for a, b in ((0, CHUNK - 1), *[(CHUNK, 2 * CHUNK - 1)] * 2, *RESTS)]
    assert file_of(world).content == PLAN
    del world.wire.answers["hollow.example"]
    world.settle()
    assert "rejected" not in codes(world, transfer)


RESTS = ((2 * CHUNK, 3 * CHUNK - 1), (3 * CHUNK, 3 * CHUNK + 47))


def test_a_crash_between_the_note_and_the_bundle_loses_nothing(world: Any) -> None:
    note = Arrival(ASH, str(uuid.uuid4()), str(uuid.uuid4()), "a" * 64, FileState.WAITING, "", "", 0, 0, 0)
    note = replace(note, created_ms=world.ash.services.clock.ms)
    world.ash.services.files.ledger.expect([note])

    assert world.ash.look_after_files() == 1
    assert only_file(world.ash).state == "waiting"
    world.time.advance(2 * DAY)
    world.ash.look_after_files()
    assert world.ash.services.files.ledger.all_arrivals() == []


def test_a_file_of_which_nothing_is_noted_any_more_is_not_given_out(world: Any) -> None:
    sent(world, b"short")
    world.settle()
    world.ash.services.files.ledger.forget(only_file(world.ash))

    assert "state" not in body_of(world)["attachments"][0]
    assert file_of(world).status_code == 404


def test_a_note_about_a_file_that_the_bundle_does_not_name_is_dropped(world: Any) -> None:
    sent(world)
    world.settle()
    good = only_file(world.ash)
    world.ash.services.files.ledger.expect(
        [replace(good, address="b" * 64, due_ms=0, state=FileState.WAITING)]
    )

    world.ash.look_after_files()

    assert only_file(world.ash) == good


# --- it is refused --------------------------------------------------------------------------------------------


def tampered(world: Any, change: Any) -> Json:
    """A transfer whose file is changed on the sender's disk after it was accepted."""
    transfer = sent(world)
    path = blob_of(world.hollow)
    path.write_bytes(change(path.read_bytes()))
    for _ in range(5):
        world.settle()
        world.time.advance(3_600)
    return transfer


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:-1], "attachment.file_length"),
        (lambda data: data[:SEALED_CHUNK], "attachment.file_length"),
        (lambda data: data + b"x", "attachment.file_length"),
        (lambda data: bytes(len(data)), "attachment.file_address"),
        (lambda data: data[SEALED_CHUNK:] + data[:SEALED_CHUNK], "attachment.file_address"),
        (lambda data: data[:99] + b"?" + data[100:], "attachment.file_address"),
    ],
    ids=["cut-by-a-byte", "cut-to-a-chunk", "longer", "substituted", "reordered", "changed"],
)
def test_a_changed_file_is_refused_and_the_transfer_shows_why(world: Any, change: Any, code: str) -> None:
    transfer = tampered(world, change)

    assert codes(world, transfer)["rejected"] == [code]
    assert how_it_fares(world, transfer)["state"] == "rejected"
    assert (only_file(world.ash).state, only_file(world.ash).code) == ("refused", code)
    answer = file_of(world)
    assert (answer.status_code, answer.json()["code"]) == (404, "attachment.not-available")
    assert list(world.ash.services.files.blobs.listed()) == []
    # The documents are not held back: they were delivered before.
    assert codes(world, transfer)["delivered"] == []
    assert body_of(world)["documents"]


def test_an_unchanged_file_is_taken_the_same_way(world: Any) -> None:
    transfer = tampered(world, lambda data: data)

    assert "rejected" not in codes(world, transfer)
    assert file_of(world).content == PLAN


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"sha256": "0" * 64}, "attachment.file_digest"),
        ({"size": len(PLAN) - CHUNK}, "attachment.file_length"),
        ({"sealed": {"key": "A" * 43}}, "attachment.file_unreadable"),
        ({"sealed": None}, "attachment.bad_manifest"),
    ],
    ids=["digest", "length", "key", "no-key-at-all"],
)
def test_a_sender_whose_entry_does_not_fit_the_file_is_told_so(world: Any, entry: Json, code: str) -> None:
    transfer = sent(world)
    (row,) = world.hollow.sent(transfer).values()
    services = world.hollow.services
    body = kept_body(services.vault, services.store.content(row.content_id))
    (file,) = body["attachments"]
    sealed = entry.pop("sealed", {})
    changed = {**file, **entry, "sealed": {**file["sealed"], **(sealed or {})}}
    if sealed is None:
        del changed["sealed"]
    message = world.seal(HOLLOW, GENERAL, {**body, "bundleId": str(uuid.uuid4()), "attachments": [changed]})
    assert world.post(world.ash, message.envelope, by=world.hollow).status_code == 202

    for _ in range(4):
        world.ash.look_after_files()
        world.time.advance(3_600)

    assert (only_file(world.ash).state, only_file(world.ash).code) == ("refused", code)


def test_a_file_that_nobody_gives_out_is_asked_for_for_two_weeks(world: Any) -> None:
    transfer = sent(world)
    world.hollow.deliver()
    blob_of(world.hollow).unlink()
    for _ in range(13):
        world.time.advance(DAY)
        world.settle()
    assert (only_file(world.ash).state, only_file(world.ash).code) == (
        "waiting",
        "attachment.refused:attachment.unknown",
    )

    world.time.advance(2 * DAY)
    world.settle()

    assert codes(world, transfer)["rejected"] == ["attachment.not-fetched"]


def test_a_bundle_is_not_accepted_before_its_files_are_settled(world: Any) -> None:
    sent(world)
    world.hollow.deliver()
    bundle_id, bearer = inbox_of(world)
    path = f"/api/v1/inbox/{bundle_id}/accept"

    assert world.ash.client.post(path, headers=bearer).json()["code"] == "attachments.waiting"
    world.settle()
    assert world.ash.client.post(path, headers=bearer).status_code == 200


# --- it is kept back ------------------------------------------------------------------------------------------


def test_an_infected_file_is_quarantined_and_both_sides_see_the_code(world: Any) -> None:
    scanner_of(world.ash, Verdict.INFECTED)
    transfer = sent(world)
    world.settle()

    assert codes(world, transfer)["rejected"] == ["attachment.infected"]
    answer = file_of(world)
    assert (answer.status_code, answer.json()["code"]) == (403, "attachment.quarantined")
    (told,) = body_of(world)["attachments"]
    assert (told["state"], told["code"], told["scan"]) == ("quarantined", "attachment.infected", "infected")
    assert world.ash.services.files.ledger.quarantine(ASH) == [only_file(world.ash)]


@pytest.mark.parametrize(
    "says", [Verdict.FAILED, RuntimeError("broke"), TimeoutError()], ids=["failed", "broke", "late"]
)
def test_a_scan_that_does_not_work_keeps_the_file_back_and_is_tried_again(world: Any, says: Any) -> None:
    finds = scanner_of(world.ash, says)
    transfer = sent(world)
    world.settle()
    assert file_of(world).status_code == 403
    assert "rejected" not in codes(world, transfer)

    finds.says = Verdict.CLEAN
    world.time.advance(3_600)
    world.settle()

    assert file_of(world).content == PLAN
    assert "rejected" not in codes(world, transfer)


def test_a_scan_that_never_works_ends_in_quarantine_and_the_sender_is_told(world: Any) -> None:
    scanner_of(world.ash, Verdict.FAILED)
    transfer = sent(world)
    for _ in range(4):
        world.settle()
        world.time.advance(3_600)

    assert codes(world, transfer)["rejected"] == ["attachment.scan-failed"]
    assert only_file(world.ash).state == "quarantined"


def test_an_operator_releases_a_file_or_destroys_it(world: Any) -> None:
    scanner_of(world.ash, Verdict.INFECTED)
    sent(world)
    world.settle()
    file = only_file(world.ash)
    which = (ASH, file.bundle_id, file.attachment_id)

    reading.release(world.ash.services, *which)
    assert file_of(world).content == PLAN
    with pytest.raises(Conflict):
        reading.destroy(world.ash.services, *which)
    with pytest.raises(NotFound):
        reading.release(world.ash.services, NORTH, *which[1:])

    world.ash.services.files.ledger.move(file)
    reading.destroy(world.ash.services, *which)
    assert file_of(world).status_code == 404
    assert list(world.ash.services.files.blobs.listed()) == []


def test_an_infected_file_is_refused_when_it_is_handed_in(world: Any) -> None:
    finds = scanner_of(world.hollow, Verdict.INFECTED)
    client = client_of(world.hollow)
    file_id = str(uuid.uuid4())
    bearer = world.hollow.bearer("transfers")
    path = f"/api/v1/attachments/{file_id}"

    assert client.put(path, content=b"bad", headers=bearer).json()["code"] == "attachment.infected"
    assert client.get(path, headers=bearer).status_code == 404
    finds.says = Verdict.FAILED
    assert client.put(path, content=b"bad", headers=bearer).status_code == 503
    finds.says = Verdict.CLEAN
    again = client.put(path, headers=bearer | {"Content-Range": "bytes */3"})
    assert (again.status_code, again.json()["sha256"]) == (201, hashlib.sha256(b"bad").hexdigest())
    client.close()


# --- who gets it ----------------------------------------------------------------------------------------------


def errors(answer: Any) -> set[tuple[str, str]]:
    return {(f["code"], f["pointer"]) for f in answer.json()["findings"] if f["severity"] == "error"}


def test_a_transfer_names_only_files_that_were_handed_in_and_as_they_are(world: Any) -> None:
    entry = handed_in(world.hollow, b"short")
    for change, pointer in (
        ({"id": str(uuid.uuid4())}, ("attachment.not-uploaded", "/attachments/0/id")),
        ({"size": 6}, ("attachment.differs", "/attachments/0")),
        ({"sha256": "0" * 64}, ("attachment.differs", "/attachments/0")),
    ):
        refused = world.hollow.send(world.report() | {"attachments": [entry | change]})
        assert (refused.status_code, errors(refused)) == (422, {pointer})
    assert world.hollow.rows("bundle") == []
    # Another organisation's file is not there either.
    other = world.start() | {"attachments": [entry]}
    assert world.ash.send(other).status_code == 422
    assert world.hollow.send(world.report() | {"attachments": [entry]}).status_code == 202


def test_the_same_request_again_gets_its_answer_even_when_the_file_is_gone(world: Any) -> None:
    transfer = sent(world)
    world.hollow.services.files.ledger.drop_upload(HOLLOW, transfer["attachments"][0]["id"])

    assert world.hollow.send(transfer).status_code == 200


def test_a_file_that_nothing_names_goes_to_nobody_who_gets_only_a_part(world: Any) -> None:
    transfer = world.start() | {"attachments": [handed_in(world.ash, b"short")]}

    refused = world.ash.send(transfer)

    assert errors(refused) == {("attachment.nobody", "/attachments/0")}


def test_a_file_follows_the_document_that_names_it(world: Any) -> None:
    transfer = world.start()
    entry = handed_in(world.ash, b"short")
    profile = next(d for d in transfer["documents"] if d["type"] == "learner-transfer-profile")
    need = profile.setdefault("extensions", {})
    need["file"] = entry["id"]
    assert errors(world.ash.send(transfer | {"attachments": [entry]})) == {
        ("attachment.nobody", "/attachments/0")
    }

    del profile["extensions"]
    transfer["learner"]["individualHealthCarePlanRef"] = entry["id"]
    answer = world.ash.send(transfer | {"attachments": [entry]})
    assert answer.status_code == 202, answer.text
    said = [f for f in answer.json()["findings"] if f["pointer"] == "/attachments/0"]
    assert [f["code"] for f in said] == ["transfer.goes-to"]


def test_a_file_that_is_not_here_holds_no_safeguarding_document_back(world: Any) -> None:
    transfer = world.start()
    lead = [d for d in transfer["documents"] if d["type"] == "safeguarding-chronology"]
    others = [r for r in transfer["recipients"] if r["role"] != "AP.LEAD"]
    notice = [d for d in transfer["documents"] if d["type"] == "placement-notification"]
    entry = handed_in(world.ash, b"short") | {"id": str(uuid.uuid4())}
    transfer |= {"documents": lead + notice, "recipients": others}

    answer = world.ash.send(transfer | {"attachments": [entry]})

    told = {code for code, _ in errors(answer)}
    assert told == {"attachment.nobody", "attachment.not-uploaded", "transfer.partly-sent"}
    assert [*world.ash.sent(transfer)] == [f"{HOLLOW}/dsl"]


def test_a_file_labelled_safeguarding_never_goes_to_the_general_desk(world: Any) -> None:
    entry = handed_in(world.hollow, b"short", sensitivity="SG")

    assert errors(world.hollow.send(world.report() | {"attachments": [entry]})) == {
        ("attachment.nobody", "/attachments/0")
    }


def test_a_reader_without_a_role_of_the_bundle_gets_nothing(world: Any) -> None:
    sent(world, b"short")
    world.settle()
    bundle_id, _ = inbox_of(world)
    (entry,) = body_of(world)["attachments"]
    path = f"/api/v1/inbox/{bundle_id}/attachments/{entry['id']}"

    assert world.ash.client.get(path, headers=world.ash.bearer("inbox", "HS.DSL")).status_code == 404
    assert world.ash.client.get(path, headers=world.ash.bearer("transfers", "HS.HT")).status_code == 403
    assert world.ash.client.get(path).status_code == 401
    assert world.ash.client.get(path, headers=world.ash.bearer("inbox", "HS.SEN")).content == b"short"
    unknown = f"/api/v1/inbox/{bundle_id}/attachments/{uuid.uuid4()}"
    assert world.ash.client.get(unknown, headers=world.ash.bearer("inbox", "HS.SEN")).status_code == 404


# --- handing in -----------------------------------------------------------------------------------------------


def piece(node: Any, file_id: str, data: bytes, start: int, stop: int) -> Any:
    return put(node, data[start:stop], file_id, Content_Range=f"bytes {start}-{stop - 1}/{len(data)}")


def test_a_file_is_handed_in_in_pieces_and_goes_on_after_one_that_broke_off(world: Any) -> None:
    node, file_id = world.hollow, str(uuid.uuid4())
    path, bearer = f"/api/v1/attachments/{file_id}", world.hollow.bearer("transfers")

    assert piece(node, file_id, PLAN, 0, CHUNK).json() == {
        "id": file_id,
        "received": CHUNK,
        "size": len(PLAN),
    }
    # Half a chunk more came before this one broke off; it is asked for again.
    assert piece(node, file_id, PLAN, CHUNK, 2 * CHUNK + 7).json()["received"] == 2 * CHUNK
    head = node.client.head(path, headers=bearer)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == (str(2 * CHUNK), str(len(PLAN)))
    wrong = piece(node, file_id, PLAN, CHUNK, 2 * CHUNK)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "attachment.offset")
    node.close()
    node.open()
    done = piece(node, file_id, PLAN, 2 * CHUNK, len(PLAN))

    assert (done.status_code, done.json()["sha256"]) == (201, hashlib.sha256(PLAN).hexdigest())
    assert node.client.get(path, headers=bearer).json()["received"] == len(PLAN)
    assert put(node, b"again", file_id).json()["code"] == "attachment.complete"


def broken_off(node: Any, file_id: str, blocks: list[bytes], length: int) -> Json:
    """Hands a file in over a connection that goes away after these blocks, and gives what was answered."""
    coming: list[Json] = [{"type": "http.request", "body": block, "more_body": True} for block in blocks]
    coming.append({"type": "http.disconnect"})
    answered: list[Json] = []

    async def receive() -> Json:
        return coming.pop(0)

    async def send(message: Json) -> None:
        answered.append(message)

    headers = node.bearer("transfers") | {"Content-Length": str(length)}
    scope = {
        "type": "http",
        "method": "PUT",
        "path": f"/api/v1/attachments/{file_id}",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(create_app(node.services)(scope, receive, send))  # type: ignore[arg-type]
    found: Json = json.loads(answered[1]["body"])
    return found


def test_what_came_before_a_connection_broke_is_kept(world: Any) -> None:
    node, file_id = world.hollow, str(uuid.uuid4())

    told = broken_off(node, file_id, [PLAN[: CHUNK + 5], PLAN[CHUNK + 5 : CHUNK + 9]], len(PLAN))

    assert told["code"] == "body.incomplete"
    assert piece(node, file_id, PLAN, CHUNK, len(PLAN)).status_code == 201


def test_a_part_that_is_gone_is_begun_anew(world: Any) -> None:
    file_id = str(uuid.uuid4())
    piece(world.hollow, file_id, PLAN, 0, CHUNK)
    (part,) = world.hollow.services.files.parts.root.iterdir()
    part.unlink()
    path, bearer = f"/api/v1/attachments/{file_id}", world.hollow.bearer("transfers")

    assert world.hollow.client.head(path, headers=bearer).headers["upload-offset"] == "0"
    assert put(world.hollow, PLAN, file_id).status_code == 201


def test_a_file_keeps_the_length_with_which_it_was_begun(world: Any) -> None:
    file_id = str(uuid.uuid4())
    piece(world.hollow, file_id, PLAN, 0, CHUNK)

    assert put(world.hollow, b"x", file_id, Content_Range="bytes 0-0/1").json()["code"] == "attachment.size"


def test_a_part_that_was_damaged_here_is_thrown_away(world: Any) -> None:
    file_id = str(uuid.uuid4())
    piece(world.hollow, file_id, PLAN, 0, CHUNK)
    (part,) = world.hollow.services.files.parts.root.iterdir()
    part.write_bytes(bytes(SEALED_CHUNK))

    answer = piece(world.hollow, file_id, PLAN, CHUNK, len(PLAN))

    assert (answer.status_code, answer.json()["code"]) == (503, "attachment.damaged")
    assert put(world.hollow, PLAN, file_id).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Range": "bytes 0-3/4"}, 201),
        ({"Content_Range": "bytes 0-9/10"}, 200),
        ({"Content_Range": "bytes 0-2/4"}, 422),
        ({"Content_Range": "bytes 3-1/4"}, 422),
        ({"Content_Range": "bytes 0-4/4"}, 422),
        ({"Content_Range": "bytes 0-3/*"}, 422),
        ({"Content_Range": "bytes 0-3/209715201"}, 413),
        ({"Content_Range": "anything"}, 422),
        ({"Content_Range": "bytes */4"}, 409),
    ],
)
def test_the_headers_say_which_bytes_come(world: Any, headers: dict[str, str], status: int) -> None:
    assert put(world.hollow, b"four", **headers).status_code == status


def test_an_empty_file_one_without_a_length_or_with_an_odd_id_is_refused(world: Any) -> None:
    def endless() -> Iterator[bytes]:
        yield b"x"

    assert put(world.hollow, b"").status_code == 422
    assert put(world.hollow, endless()).status_code == 422  # type: ignore[arg-type]
    assert put(world.hollow, b"x", "NOT-A-UUID").json()["code"] == "attachment.id"
    path = f"/api/v1/attachments/{uuid.uuid4()}"
    assert world.hollow.client.get(path, headers=world.hollow.bearer("transfers")).status_code == 404
    assert (
        world.hollow.client.put(path, content=b"x", headers=world.hollow.bearer("inbox")).status_code == 403
    )


def test_a_folder_that_is_full_takes_no_more(world: Any) -> None:
    files = world.hollow.services.files
    small = replace(files, parts=replace(files.parts, quota=10_000_000))
    object.__setattr__(world.hollow.running, "services", replace(world.hollow.services, files=small))
    client = client_of(world.hollow)
    bearer = world.hollow.bearer("transfers")
    full = client.put(f"/api/v1/attachments/{uuid.uuid4()}", content=bytes(10_000_000), headers=bearer)
    assert (full.status_code, full.json()["code"]) == (503, "attachments.full")
    assert client.put(f"/api/v1/attachments/{uuid.uuid4()}", content=b"x", headers=bearer).status_code == 201
    client.close()


def test_one_writer_at_a_time(world: Any) -> None:
    parts = world.hollow.services.files.parts

    with parts.appending("a-part") as file:
        file.write(b"one")
        with pytest.raises(Conflict), parts.appending("a-part"):
            pass
    with parts.appending("a-part") as file:
        file.write(b"two")
    assert parts.path("a-part").read_bytes() == b"onetwo"


# --- between gateways -----------------------------------------------------------------------------------------


def ask(world: Any, address: str, by: Any, method: str = "GET", **headers: str) -> Any:
    url = f"https://hollow.example/ltp/v1/attachments/{address}"
    signed = by.services.signer.request(method, url, b"", int(world.time.value))
    return world.hollow.client.request(method, url, headers=signed | headers)


def test_only_the_gateway_of_the_recipient_gets_a_file_and_only_signed(world: Any) -> None:
    sent(world)
    address = blob_of(world.hollow).name
    sealed = blob_of(world.hollow).read_bytes()

    assert ask(world, address, world.ash).content == sealed
    assert ask(world, address, world.ash, Range="bytes=5-9").content == sealed[5:10]
    head = ask(world, address, world.ash, "HEAD")
    assert (head.headers["content-length"], head.content) == (str(len(sealed)), b"")
    assert ask(world, address, world.ash, Range="bytes=9-5").status_code == 422
    assert ask(world, address, world.north).status_code == 404
    assert ask(world, "a" * 64, world.ash).status_code == 404
    assert ask(world, "not-an-address", world.ash).status_code == 404
    unsigned = world.hollow.client.get(f"https://hollow.example/ltp/v1/attachments/{address}")
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "hop.signature")
    world.time.advance(90 * DAY)
    world.publish()
    assert ask(world, address, world.ash).status_code == 404


def test_a_gateway_that_nobody_can_call_brings_its_files_and_goes_on_where_it_was(world: Any) -> None:
    sent(world)
    address = blob_of(world.hollow).name
    to = world.hollow.services.directory.current().gateway("urn:ltp:gw:north")
    began = [0]

    def breaks(request: httpx2.Request) -> httpx2.Response:
        began[0] += 1
        if began[0] == 3:
            raise httpx2.ConnectError("gone")
        return world.nodes["north"].client._transport.handle_request(request)  # type: ignore[no-any-return]

    world.wire.answers["north.example"] = breaks
    with pytest.raises(FetchFailed, match="gateway-down"):
        fetch.bring(world.hollow.services, to, address, MOOR)
    fetch.bring(world.hollow.services, to, address, MOOR)

    assert blob_of(world.north).read_bytes() == blob_of(world.hollow).read_bytes()
    assert world.north.services.files.ledger.readers(address, world.north.services.clock.ms) == {MOOR}
    with pytest.raises(FetchFailed, match="refused:attachment"):
        fetch.bring(world.hollow.services, to, address, ASH)
    with pytest.raises(FetchFailed, match="nobody-has-it"):
        fetch.bring(world.hollow.services, to, "a" * 64, MOOR)


def test_files_of_a_gateway_without_an_address_reach_their_receiver(world: Any) -> None:
    transfer = sent(world)
    world.hollow.deliver()
    outward = Outward()
    assert outward.work_off(world.hollow.services) == 0
    world.change("gateways", "hollow", url=None)
    world.settle()
    assert only_file(world.ash).code == "attachment.nobody-has-it"

    world.wire.answers["ash.example"] = lambda _: httpx2.Response(503)
    assert outward.work_off(world.hollow.services) == 0
    del world.wire.answers["ash.example"]
    assert outward.work_off(world.hollow.services) == 0
    world.time.advance(10)
    assert outward.work_off(world.hollow.services) == 1
    assert outward.work_off(world.hollow.services) == 0
    world.settle()

    assert file_of(world).content == PLAN
    posts = len(world.wire.posts)
    assert Outward().work_off(world.hollow.services) == 1
    assert len(world.wire.posts) == posts + 1
    assert "rejected" not in codes(world, transfer)


def test_a_gateway_does_not_bring_files_to_itself_or_without_a_directory(world: Any) -> None:
    world.change("gateways", "hollow", url=None)
    world.hollow.services.files.ledger.may_travel(["a" * 64], HOLLOW, 2**53)

    assert Outward().work_off(world.hollow.services) == 0
    world.time.advance(60 * DAY)
    assert Outward().work_off(world.hollow.services) == 0


def bring(world: Any, data: bytes, address: str, header: str, reader: str = NORTH) -> Any:
    url = f"https://north.example/ltp/v1/attachments/{address}?for={reader}"
    signed = world.hollow.services.signer.request("PUT", url, data, int(world.time.value))
    return world.north.client.put(url, content=data, headers=signed | {"Content-Range": header})


def test_what_is_brought_must_be_what_its_address_says(world: Any) -> None:
    address = hashlib.sha256(b"sealed").hexdigest()

    assert bring(world, b"SEALED", address, "bytes 0-5/6").json()["code"] == "attachment.file_address"
    assert bring(world, b"led", address, "bytes 3-5/6").json()["code"] == "attachment.offset"
    assert bring(world, b"sea", address, "bytes 0-2/6").json() == {"held": 3, "size": 6}
    assert bring(world, b"sealed", address, "bytes 0-5/6").status_code == 201
    assert bring(world, b"sealed", address, "bytes 0-5/6").status_code == 201
    for header in ("", "bytes 0-6/6", "bytes 0-5/5", "bytes 0-5/999999999"):
        assert bring(world, b"sealed", address, header).json()["code"] == "attachment.range"
    assert bring(world, b"sealed", address, "bytes 0-5/6", "urn:ltp:org:nobody").status_code == 403
    url = f"https://north.example/ltp/v1/attachments/{address}?for={NORTH}"
    assert world.north.client.put(url, content=b"sealed").status_code == 401
    assert bring(world, bytes(5_000_000), address, "bytes 0-4999999/5000000").status_code == 413


def test_a_fetch_says_what_went_wrong(world: Any) -> None:
    services, here = world.ash.services, world.ash.services.directory.current()
    gateways = fetch.sources(here, HOLLOW, ASH, "urn:ltp:gw:ash")
    assert [gateway.urn for gateway in gateways] == ["urn:ltp:gw:hollow"]
    assert [gateway.urn for gateway in fetch.sources(here, HOLLOW, MOOR, "")] == [
        "urn:ltp:gw:hollow",
        "urn:ltp:gw:north",
    ]

    def answers(status: int, content: bytes, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        world.wire.answers["hollow.example"] = lambda _: httpx2.Response(
            status, content=content, headers=named
        )
        with pytest.raises(FetchFailed) as caught:
            fetch.fetch(services, "a" * 64, 4, gateways)
        return caught.value.reason

    assert answers(500, b"") == "gateway-error"
    assert answers(200, b"four") == "gateway-refused"
    assert answers(206, b"four", Content_Range="bytes 0-3/5") == "file_length"
    assert answers(206, b"fou", Content_Range="bytes 0-3/4") == "gateway-answer-unreadable"
    assert answers(206, bytes(40_000), Content_Range="bytes 0-3/4") == "gateway-answer-unreadable"
    assert answers(206, b"four", Content_Range="bytes 0-3/4") == "file_address"
    with pytest.raises(FetchFailed, match="nobody-has-it"):
        fetch.fetch(services, "a" * 64, 4, [])
    with pytest.raises(FetchFailed, match="gateway-only-collects"):
        fetch.fetch(services, "a" * 64, 4, [replace(gateways[0], url=None)])
    full = replace(services, files=replace(services.files, parts=replace(services.files.parts, quota=3)))
    with pytest.raises(FetchFailed, match="attachments"):
        fetch.fetch(full, "a" * 64, 4, gateways)


def test_a_gateway_that_takes_too_long_is_called_slow(world: Any) -> None:
    class Slow:
        def ask(self, asked: Asked) -> Answered:
            raise TimeoutError

    carrier: Any = HttpCarrier(world.ash.services.signer, Slow())  # type: ignore[arg-type]
    gateway = world.ash.services.directory.current().gateway("urn:ltp:gw:hollow")

    with pytest.raises(FetchFailed, match="gateway-slow"):
        carrier.get(gateway, Span("a" * 64, 0, 1, 1), 0)


def test_a_part_that_is_longer_than_the_file_is_begun_anew(world: Any) -> None:
    sent(world)
    world.hollow.deliver()
    with world.ash.services.files.parts.appending(f"in-{only_file(world.ash).address}") as file:
        file.write(bytes(4 * SEALED_CHUNK))

    world.settle()

    assert file_of(world).content == PLAN


def test_an_address_that_is_not_here_is_said_before_the_first_block(world: Any) -> None:
    with pytest.raises(NotFound):
        stream(world.ash.services.files.blobs, "a" * 64)


def test_the_longer_of_two_times_to_fetch_holds(world: Any) -> None:
    ledger = world.ash.services.files.ledger
    for until in (50, 90, 70):
        ledger.may_travel(["a" * 64], HOLLOW, until)

    assert (ledger.readers("a" * 64, 89), ledger.readers("a" * 64, 90)) == ({HOLLOW}, frozenset())


# --- what is left over ----------------------------------------------------------------------------------------


def aged(world: Any, node: Any) -> None:
    for path in (node.settings.home / "attachments").rglob("*"):
        os.utime(path, (world.time.value, world.time.value))


def test_what_no_message_refers_to_is_removed_and_nothing_else(world: Any) -> None:
    transfer = sent(world, b"short")
    world.settle()
    piece(world.hollow, str(uuid.uuid4()), PLAN, 0, CHUNK)
    handed_in(world.hollow, b"waits for a transfer")
    for node in (world.hollow, world.ash):
        aged(world, node)
        assert clearing.clear(node.services) == 0
    world.time.advance(8 * DAY)

    # The waiting file goes, and the part with it; the one that was sent stays for its receiver.
    assert clearing.clear(world.hollow.services) == 1
    assert world.hollow.services.files.ledger.upload(HOLLOW, transfer["attachments"][0]["id"]) is None
    assert not list(world.hollow.services.files.parts.root.iterdir())
    assert clearing.clear(world.ash.services) == 0
    world.time.advance(80 * DAY)
    assert clearing.clear(world.hollow.services) == 1
    assert clearing.clear(world.ash.services) == 0
    assert file_of(world).content == b"short"


def test_the_file_of_an_erased_bundle_goes_too(world: Any) -> None:
    sent(world, b"short")
    world.settle()
    ledger = world.ash.services.files.ledger
    gone = replace(only_file(world.ash), bundle_id=str(uuid.uuid4()))
    ledger.forget(only_file(world.ash))
    ledger.expect([gone])
    aged(world, world.ash)
    world.time.advance(2 * DAY)

    assert clearing.clear(world.ash.services) == 1
    assert ledger.all_arrivals() == []


def test_an_abandoned_part_of_a_fetch_is_removed(world: Any) -> None:
    with world.ash.services.files.parts.appending("in-part") as file:
        file.write(b"x")
    (world.ash.services.files.blobs.root / "zz").mkdir()
    (world.ash.services.files.blobs.root / "zz" / "not-ours").write_bytes(b"x")
    aged(world, world.ash)
    world.time.advance(15 * DAY)

    assert clearing.clear(world.ash.services) == 1


def test_the_worker_fetches_by_itself_and_survives_a_fault(world: Any) -> None:
    sent(world, b"short")
    world.hollow.deliver()
    # Long enough for the folder to be cleared as well.
    world.time.advance(2 * 3_600)
    ledger, step = world.ash.services.files.ledger, []
    worker = world.ash.running.files
    due = ledger.due

    def fails_once(now_ms: int, limit: int) -> list[Arrival]:
        step.append(limit)
        if len(step) == 1:
            raise OSError("away")
        found: list[Arrival] = due(now_ms, limit)
        return found

    ledger.due = fails_once
    clearing_idle, clearing._IDLE_S = clearing._IDLE_S, 0.01
    try:
        worker.start()
        world.until(lambda: only_file(world.ash).state == "available")
    finally:
        worker.stop()
        clearing._IDLE_S = clearing_idle
        del ledger.due
    assert file_of(world).content == b"short"


def test_a_path_from_outside_is_never_used(world: Any) -> None:
    blobs = world.ash.services.files.blobs

    for odd in ("../../../etc/passwd", "", "A" * 64, "a" * 63):
        assert blobs.size("a" * 64) is None
        with pytest.raises(NotFound):
            blobs.size(odd)
        with pytest.raises(NotFound):
            blobs.read(odd, 0, 1)
    with pytest.raises(NotFound):
        blobs.read("a" * 64, 0, 1)


def test_the_settings_name_the_scanner_and_the_room(world: Any) -> None:
    settings = world.ash.settings.model_copy(update={"scan_command": ("scanner", "-"), "attachments_mb": 3})
    world.ash.running.close()
    world.ash.running = build(settings, Clock(world.time))

    files = world.ash.services.files
    assert (files.scanner, files.parts.quota) == (Command(("scanner", "-"), 120.0), 3_000_000)
