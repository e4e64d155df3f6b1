"""Sending: what is accepted, what is refused with every problem at once, and what each recipient gets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx2
import orjson
import pytest

from gateway.contents import body_of
from signing.message import MAX_CLAIMS

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, World

ASH, HOLLOW, NORTH = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm", "urn:ltp:org:northshire"
GENERAL, DSL, AUTHORITY = f"{HOLLOW}/general", f"{HOLLOW}/dsl", f"{NORTH}/general"


def problems(answer: httpx2.Response) -> set[tuple[str, str]]:
    """Code and pointer of every error in a refusal."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert all(finding["message"] and finding["fix"] for finding in answer.json()["findings"])
    return {(f["code"], f["pointer"]) for f in answer.json()["findings"] if f["severity"] == "error"}


def kept(world: World) -> int:
    return len(world.ash.rows("transfer")) + len(world.ash.rows("bundle")) + len(world.ash.rows("content"))


def contents(world: World, transfer: Json) -> dict[str, Json]:
    """The body of each bundle that a transfer became, by address."""
    store, vault = world.ash.services.store, world.ash.services.vault
    rows = world.ash.sent(transfer).items()
    return {address: body_of(vault, store.content(row.content_id)) for address, row in rows if row.content_id}


def test_the_published_example_is_accepted_and_split_by_recipient(world: World) -> None:
    transfer = world.start()
    answer = world.ash.send(transfer)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/transfers/{transfer['transferId']}"
    assert [finding for finding in answer.json()["findings"] if finding["severity"] == "error"] == []
    types = {
        address: [document["type"] for document in body["documents"]]
        for address, body in contents(world, transfer).items()
    }
    assert types == {
        GENERAL: ["learner-transfer-profile"],
        DSL: ["safeguarding-chronology"],
        AUTHORITY: ["placement-notification"],
    }


def test_a_final_report_is_accepted(world: World) -> None:
    assert world.hollow.send(world.report()).status_code == 202


def test_the_authority_gets_the_notification_and_neither_profile_nor_narrative(world: World) -> None:
    transfer = world.start()
    for recipient in transfer["recipients"]:
        recipient.pop("documents", None)  # everything is offered to everyone
    assert world.ash.send(transfer).status_code == 202
    body = contents(world, transfer)[AUTHORITY]
    assert [document["type"] for document in body["documents"]] == ["placement-notification"]
    text = orjson.dumps(body).decode()
    profile = next(one for one in transfer["documents"] if one["type"] == "learner-transfer-profile")
    assert profile["placementRationale"]["text"] not in text
    assert profile["placementRationale"]["text"] in orjson.dumps(contents(world, transfer)[GENERAL]).decode()
    assert {item["pointer"] for item in body["learner"]["withheld"]} >= {"/semhDetails", "/senDetails"}


def test_a_profile_and_its_companion_have_envelopes_of_one_size_class(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    sizes = {
        outgoing.aud: len(orjson.loads(row.envelope)["ciphertext"])
        for outgoing in world.ash.rows("outgoing")
        for row in world.ash.rows("sealed")
        if row.outgoing_id == outgoing.id
    }
    assert sizes[GENERAL] == sizes[DSL]
    assert sizes[AUTHORITY] < sizes[GENERAL]


def test_the_companion_is_marked_on_both_sides_and_on_no_other(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    bodies = contents(world, transfer)
    assert {address for address, body in bodies.items() if body.get("companion")} == {GENERAL, DSL}


# --- refused ---------------------------------------------------------------------------------------------------


def five_mistakes(transfer: Json) -> Json:
    profile = transfer["documents"][0]
    assessed = [one for one in profile["domainDevelopment"] if one["status"] == "assessed"]
    profile["domainDevelopment"][0]["areaRef"] = "esi.canary-area"
    assessed[0]["value"]["raw"] = 6
    profile["canary"] = "canary"
    profile["placementRationale"]["provenance"]["authoredOn"] = "2026-02-31"
    transfer["learner"]["upn"] = "Z99910011900199"
    return transfer


def test_every_problem_is_told_at_once_with_its_place_and_no_submitted_value(world: World) -> None:
    transfer = five_mistakes(world.start())
    answer = world.ash.send(transfer)
    found = problems(answer)
    profile = "/documents/0"
    value = next(
        place
        for place, one in enumerate(transfer["documents"][0]["domainDevelopment"])
        if one["status"] == "assessed"
    )
    assert {
        ("PRF-01", f"{profile}/domainDevelopment/0/areaRef"),
        ("PRF-05", f"{profile}/domainDevelopment/{value}/value/raw"),
        ("schema.unknown-property", f"{profile}/canary"),
        ("schema.format", f"{profile}/placementRationale/provenance/authoredOn"),
    } <= found
    assert {code for code, pointer in found if pointer == "/learner/upn"} & {
        "schema.pattern",
        "schema.max-length",
    }
    assert "canary-area" not in answer.text
    assert "2026-02-31" not in answer.text
    assert "Z99910011900199" not in answer.text
    assert kept(world) == 0


def test_validate_tells_the_same_and_keeps_nothing(world: World) -> None:
    transfer = five_mistakes(world.start())
    told = problems(world.ash.send(transfer))
    answer = world.ash.client.post(
        "/api/v1/validate", content=orjson.dumps(transfer), headers=world.ash.bearer("validate")
    )
    assert answer.status_code == 200
    assert answer.json()["sendable"] is False
    listed = {(f["code"], f["pointer"]) for f in answer.json()["findings"] if f["severity"] == "error"}
    assert listed == told
    good = world.ash.client.post(
        "/api/v1/validate", content=orjson.dumps(world.start()), headers=world.ash.bearer("validate")
    )
    assert good.json()["sendable"] is True
    assert kept(world) == 0


def grown(transfer: Json, size: int) -> Json:
    """The transfer with as much open content as is asked for, which every bundle carries."""
    transfer["documents"][0]["extensions"] = {"x": "a" * size}
    return transfer


def test_claims_over_the_limit_are_refused_with_advice_to_attach(world: World) -> None:
    answer = world.ash.send(grown(world.start(), MAX_CLAIMS))
    assert ("message.too-large", "/documents") in problems(answer)
    assert "attachments" in answer.text
    assert kept(world) == 0
    assert world.ash.send(grown(world.start(), MAX_CLAIMS - 60_000)).status_code == 202


@pytest.mark.parametrize(
    "extensions",
    [
        {"größe": 1},
        {"deep": {"é": [1]}},
        {"zero\u0000byte": 1},
        {"text": "with \u0000 in it"},
        {"text": "emoji 🦊 and combining é"},
    ],
)
def test_open_content_is_either_carried_or_refused_and_never_left_waiting(
    world: World, extensions: Json
) -> None:
    transfer = world.start() | {"extensions": extensions}
    answer = world.ash.send(transfer)
    assert answer.status_code in (202, 422), answer.text
    if answer.status_code == 202:
        world.settle()
        assert {row.state for row in world.ash.sent(transfer).values()} == {"delivered"}
    else:
        assert {pointer.split("/")[1] for _, pointer in problems(answer)} == {"extensions"}


def test_a_document_that_a_recipient_may_not_have_is_refused_when_it_is_named(world: World) -> None:
    transfer = world.start()
    profile = transfer["documents"][0]["documentId"]
    transfer["recipients"][2]["documents"].append(profile)
    assert ("DPX-02", "/recipients/2/documents") in problems(world.ash.send(transfer))
    assert kept(world) == 0


def test_a_recipient_who_may_have_nothing_is_refused(world: World) -> None:
    transfer = world.start()
    transfer["recipients"][2] = {"organisation": NORTH, "role": "LA.VS"}
    assert ("DPX-02", "/recipients/2") in problems(world.ash.send(transfer))


def test_what_a_recipient_may_not_have_is_said_once(world: World) -> None:
    transfer = world.start()
    transfer["recipients"][2]["role"] = "LA.VS"
    transfer["recipients"][2]["documents"] = [document["documentId"] for document in transfer["documents"]]
    said = [
        found["pointer"] for found in world.ash.send(transfer).json()["findings"] if found["code"] == "DPX-02"
    ]
    assert [pointer for pointer in said if "/recipients/2" in pointer] == ["/recipients/2/documents"]


def test_a_document_that_nobody_may_have_is_refused(world: World) -> None:
    transfer = world.start()
    del transfer["recipients"][2]
    assert ("DPX-02", "/documents/1") in problems(world.ash.send(transfer))


def test_a_profile_without_its_companion_is_refused(world: World) -> None:
    transfer = world.start()
    del transfer["recipients"][1]
    del transfer["documents"][2]
    assert ("transfer.companion-missing", "/recipients/0") in problems(world.ash.send(transfer))
    assert kept(world) == 0


def test_a_role_that_the_recipient_does_not_hold_is_refused(world: World) -> None:
    transfer = world.start()
    for recipient in transfer["recipients"][:2]:
        recipient["organisation"] = NORTH
    found = problems(world.ash.send(transfer))
    assert ("role.not-held", "/recipients/0/role") in found


def test_a_parent_has_no_desk_to_send_to(world: World) -> None:
    transfer = world.start()
    transfer["recipients"][2]["role"] = "PAR"
    assert ("transfer.no-desk", "/recipients/2") in problems(world.ash.send(transfer))


@pytest.mark.parametrize("label", ["SG", "CR"])
def test_a_labelled_statement_never_leaves_for_a_general_desk(world: World, label: str) -> None:
    transfer = world.start()
    transfer["documents"][0]["currentStrengths"][0]["sensitivity"] = label
    pointers = {pointer for code, pointer in problems(world.ash.send(transfer)) if code == "PRF-09"}
    assert len(pointers) == 1
    assert pointers.pop().startswith("/documents/0/currentStrengths/0")
    assert kept(world) == 0


def test_safeguarding_content_needs_the_dsl_scope_to_be_sent(world: World) -> None:
    transfer = orjson.dumps(world.start())
    bearer = world.ash.bearer("transfers", "HS.SEN")
    answer = world.ash.client.post("/api/v1/transfers", content=transfer, headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")
    assert kept(world) == 0
    bearer = world.ash.bearer("transfers dsl", "HS.SEN")
    assert world.ash.client.post("/api/v1/transfers", content=transfer, headers=bearer).status_code == 202


def test_a_transfer_from_another_organisation_is_refused(world: World) -> None:
    bearer = world.ash.bearer("transfers dsl", "HS.SEN")
    answer = world.ash.client.post("/api/v1/transfers", content=orjson.dumps(world.report()), headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "transfer.other-organisation")
    assert kept(world) == 0


def at(world: World, seconds: float) -> str:
    return datetime.fromtimestamp(world.time.value + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("seconds", "status"), [(-1, 422), (0, 422), (60, 202)])
def test_a_deadline_has_to_lie_ahead(world: World, seconds: int, status: int) -> None:
    answer = world.ash.send(world.start() | {"deadline": at(world, seconds)})
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "transfer.deadline-past"
        assert kept(world) == 0


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "json."),
        (b"{", "json."),
        (b'{"a": 1, "a": 2}', "json.duplicate-member"),
        (b'{"a": 1.5}', "json.not-an-integer"),
        (b"\xff\xfe", "json.encoding"),
        (b"[" * 100 + b"]" * 100, "json.too-deep"),
        (b"[]", "schema.type"),
        (b"null", "schema.type"),
        (b"{}", "schema.required"),
        (b'{"recipients": 5, "documents": {}, "from": []}', "schema."),
    ],
)
def test_what_is_no_transfer_is_refused_in_words(shared: World, body: bytes, word: str) -> None:
    bearer = shared.ash.bearer("transfers validate")
    for path in ("transfers", "validate"):
        answer = shared.ash.client.post(f"/api/v1/{path}", content=body, headers=bearer)
        assert answer.status_code == (422 if path == "transfers" else 200), answer.text
        assert any(finding["code"].startswith(word) for finding in answer.json()["findings"])


# --- the same request again --------------------------------------------------------------------------------------


def test_the_same_request_under_the_same_key_gets_the_same_answer(world: World) -> None:
    transfer = world.start()
    first = world.ash.send(transfer, Idempotency_Key="k1")
    again = world.ash.send(transfer, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == again.json()
    assert len(world.ash.rows("bundle")) == 3
    world.settle()
    assert len(world.hollow.received()) == 2


def test_the_same_key_for_another_body_is_a_conflict(world: World) -> None:
    world.ash.send(world.start(), Idempotency_Key="k1")
    other = world.ash.send(world.start(), Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "transfer.conflict")
    assert len(world.ash.rows("transfer")) == 1
    assert world.ash.send(world.start(), Idempotency_Key="k2").status_code == 202


def test_a_transfer_id_is_used_once(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer, Idempotency_Key="k1")
    assert world.ash.send(transfer, Idempotency_Key="k2").status_code == 200
    changed = transfer | {"extensions": {"x": 1}}
    answer = world.ash.send(changed, Idempotency_Key="k3")
    assert (answer.status_code, answer.json()["code"]) == (409, "transfer.conflict")
    assert len(world.ash.rows("transfer")) == 1


def test_two_organisations_on_one_host_may_use_the_same_key(world: World) -> None:
    assert world.ash.send(world.start(), Idempotency_Key="k1").status_code == 202
    hosted = orjson.loads(orjson.dumps(world.report()).replace(HOLLOW.encode(), b"urn:ltp:org:brook-end"))
    assert world.ash.send(hosted, Idempotency_Key="k1").status_code == 202


def test_a_repeated_request_is_answered_even_after_the_deadline(world: World) -> None:
    transfer = world.start() | {"deadline": at(world, 60)}
    assert world.ash.send(transfer, Idempotency_Key="k1").status_code == 202
    world.time.advance(120)
    assert world.ash.send(transfer, Idempotency_Key="k1").status_code == 200


@pytest.mark.parametrize("key", ["", "a" * 201, "tab\tin it", "é"])
def test_a_key_is_short_plain_text(shared: World, key: str) -> None:
    named = shared.ash.bearer("transfers dsl") | {"Idempotency-Key": key}
    headers = {name.encode(): value.encode("latin-1") for name, value in named.items()}
    answer = shared.ash.client.post("/api/v1/transfers", content=b"{}", headers=headers)
    assert answer.json()["code"] == "idempotency-key.invalid"
