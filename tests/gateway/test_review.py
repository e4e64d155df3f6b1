"""What a security review asked about: each attack, and beside it the honest use that stays possible."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest

from gateway import admin
from gateway.contents import body_of
from gateway.disclosure import split
from gateway.store.records import TokenRow
from gateway.tokens import Rights

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, Node, World

ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
NORTH = "urn:ltp:org:northshire"
GENERAL, DSL, AUTHORITY = f"{HOLLOW}/general", f"{HOLLOW}/dsl", f"{NORTH}/general"
LONG_ENOUGH = 601.0
CANARY = "canary-of-the-review"


def code(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def call(node: Node, method: str, path: str, **more: Any) -> httpx2.Response:
    answer: Any = node.client.request(method, f"/api/v1/{path}", **more)
    assert isinstance(answer, httpx2.Response)
    return answer


def errors(answer: httpx2.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(f["code"], f["pointer"]) for f in answer.json()["findings"] if f["severity"] == "error"}


def no_answer(_request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody there")


def chronology(world: World, organisation: str, role: str, *conditions: str) -> Json:
    """A transfer of nothing but a chronology, to one role."""
    transfer = world.start()
    documents = [one for one in transfer["documents"] if one["type"] == "safeguarding-chronology"]
    return transfer | {
        "documents": documents,
        "recipients": [{"organisation": organisation, "role": role}],
        "conditions": list(conditions),
    }


def states(world: World, transfer: Json) -> dict[str, str]:
    return {address: str(row.state) for address, row in world.ash.sent(transfer).items()}


# --- social care at the authority --------------------------------------------------------------------------------


def test_a_chronology_for_social_care_goes_to_the_authoritys_dsl_desk(world: World) -> None:
    transfer = chronology(world, NORTH, "LA.SC", "ownProcedure")
    assert world.ash.send(transfer).status_code == 202
    world.settle()
    assert states(world, transfer) == {f"{NORTH}/dsl": "delivered"}
    assert [row.desk for row in world.north.received()] == ["dsl"]


def test_without_the_condition_social_care_gets_no_chronology(world: World) -> None:
    assert ("DPX-02", "/recipients/0") in errors(world.ash.send(chronology(world, NORTH, "LA.SC")))
    assert world.ash.rows("bundle") == []


@pytest.mark.parametrize(
    ("scopes", "roles", "status"),
    [
        ("inbox dsl", "LA.SC", 200),
        ("inbox", "LA.SC", 404),
        ("inbox dsl", "AP.LEAD", 404),
        ("inbox dsl", "LA.INC", 404),
        ("inbox dsl", "AP.DSL", 404),
        ("inbox dsl", "", 404),
    ],
)
def test_social_care_reads_it_with_the_dsl_scope_and_nobody_else_does(
    world: World, scopes: str, roles: str, status: int
) -> None:
    world.ash.send(chronology(world, NORTH, "LA.SC", "ownProcedure"))
    world.settle()
    [row] = world.north.received()
    bearer = world.north.bearer(scopes, roles)
    answer = call(world.north, "GET", f"inbox/{row.bundle_id}", headers=bearer)
    listed = call(world.north, "GET", "inbox", headers=bearer).json()["bundles"]
    assert answer.status_code == status
    assert [one["bundleId"] for one in listed] == ([row.bundle_id] if status == 200 else [])
    assert ("chronologyEntries" in answer.text or "nilReturn" in answer.text) is (status == 200)


@pytest.mark.parametrize(
    ("roles", "reads"),
    [("LA.SC", True), ("AP.DSL", True), ("AP.LEAD LA.SC", True), ("AP.LEAD", False), ("LA.INC HS.HT", False)],
)
def test_only_a_role_that_a_route_names_at_the_dsl_desk_reads_there(roles: str, reads: bool) -> None:
    row = TokenRow("", NORTH, frozenset({"inbox", "dsl"}), frozenset(roles.split()), "a test", 0, None)
    assert Rights(row).reads_dsl() is reads


# --- what a token without the dsl scope is told ------------------------------------------------------------------


@pytest.mark.parametrize("scopes", ["transfers", "transfers dsl"])
def test_a_transfer_for_a_dsl_alone_exists_for_the_dsl_scope_alone(world: World, scopes: str) -> None:
    secret, open_to_all = chronology(world, HOLLOW, "AP.DSL"), world.start()
    for transfer in (secret, open_to_all):
        assert world.ash.send(transfer).status_code == 202
    bearer = world.ash.bearer(scopes, "HS.SEN")
    listed = call(world.ash, "GET", "transfers", headers=bearer).json()["transfers"]
    shown = call(world.ash, "GET", f"transfers/{secret['transferId']}", headers=bearer)
    ids = {one["transferId"] for one in listed}
    assert open_to_all["transferId"] in ids
    if "dsl" in scopes:
        assert secret["transferId"] in ids
        assert shown.status_code == 200
    else:
        assert secret["transferId"] not in ids
        assert code(shown) == (404, "not-found")
        stranger = call(world.ash, "GET", f"transfers/{uuid.uuid4()}", headers=bearer)
        assert stranger.json()["code"] == shown.json()["code"]
        assert stranger.json()["detail"] == shown.json()["detail"]


def test_findings_are_told_to_the_sender_and_kept_nowhere(world: World) -> None:
    answer = world.ash.send(chronology(world, HOLLOW, "AP.DSL"))
    told = [finding["message"] for finding in answer.json()["findings"]]
    assert told
    tables = ("transfer", "idempotency", "bundle", "outgoing", "sealed", "content", "audit", "receipt")
    kept = repr([tuple(row) for table in tables for row in world.ash.rows(table)])
    assert answer.json()["transferId"] in kept
    assert not [message for message in told if message in kept]
    assert "transfer.goes-to" not in kept


# --- new keys while a message waits ------------------------------------------------------------------------------


def waiting(world: World) -> Json:
    """A transfer that Hollow Farm's gateway did not answer to."""
    world.wire.answers["hollow.example"] = no_answer
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    assert states(world, transfer)[GENERAL] == "queued"
    world.time.advance(LONG_ENOUGH)
    return transfer


def sealed_for(world: World, aud: str) -> list[Any]:
    [outgoing] = [row for row in world.ash.rows("outgoing") if row.aud == aud]
    return sorted(
        (row for row in world.ash.rows("sealed") if row.outgoing_id == outgoing.id), key=lambda row: row.exp
    )


def rekey_hollow(world: World) -> None:
    """Hollow Farm lost its keys and made new ones; the directory has them."""
    settings = world.hollow.settings
    (settings.home / "keys" / "hollow-farm.keys").unlink()
    admin.make_keys(settings, HOLLOW, int(world.time.value))
    new = admin.NewOrganisation(HOLLOW, "Hollow Farm", "ap", ["AP"], settings.gateway)
    world.put(admin.organisation_entry(settings, new, int(world.time.value)))
    world.hollow.close()
    world.hollow.open()


def test_a_message_that_waited_is_sealed_afresh_to_new_keys(world: World) -> None:
    transfer = waiting(world)
    [old] = sealed_for(world, GENERAL)
    rekey_hollow(world)
    del world.wire.answers["hollow.example"]
    world.settle()
    assert states(world, transfer)[GENERAL] == "delivered"
    assert len(sealed_for(world, GENERAL)) == 2
    # Somebody who had opened the first envelope, with the keys of then, may still say so.
    body = {
        "codes": [],
        "content_sha256": old.content_sha256,
        "envelope_sha256": old.envelope_sha256,
        "of": {"iss": ASH, "jti": old.jti},
        "received": int(world.time.value),
        "status": "opened",
        "by": {"role": "AP.LEAD"},
    }
    receipt = world.seal(HOLLOW, f"{ASH}/general", body, mt="receipt", sv="ltp:receipt/1.0")
    assert world.post(world.ash, receipt.envelope, world.hollow).status_code == 202
    assert states(world, transfer)[GENERAL] == "opened"


def test_a_message_that_waited_is_not_sealed_again_when_the_keys_are_the_same(world: World) -> None:
    transfer = waiting(world)
    first = sealed_for(world, GENERAL)
    del world.wire.answers["hollow.example"]
    world.settle()
    assert states(world, transfer)[GENERAL] == "delivered"
    assert [row.jti for row in sealed_for(world, GENERAL)] == [row.jti for row in first]


# --- what a transfer cannot carry --------------------------------------------------------------------------------


def test_a_transfer_with_files_that_are_not_here_is_refused_whole_and_goes_without_them(world: World) -> None:
    files = world.example("transfer", "end-of-placement")["attachments"]
    transfer = world.report()
    refused = world.hollow.send(transfer | {"attachments": files})
    assert ("attachment.not-uploaded", "/attachments/0/id") in errors(refused)
    assert files[0]["title"] not in refused.text
    assert world.hollow.rows("transfer") == world.hollow.rows("bundle") == []
    assert world.hollow.send(transfer).status_code == 202


def test_a_transfers_own_extensions_stay_and_a_documents_travel_by_the_matrix(world: World) -> None:
    transfer = world.start() | {"extensions": {"own": CANARY}}
    kinds = {}
    for document in transfer["documents"]:
        kinds[document["type"]] = document["extensions"] = {"for-the-desk": f"of {document['type']}"}
    answer = world.ash.send(transfer)
    said = {f["pointer"]: f["severity"] for f in answer.json()["findings"] if "extensions" in f["code"]}
    assert said == {"/extensions": "info"}
    store, vault = world.ash.services.store, world.ash.services.vault
    bodies = {
        address: body_of(vault, store.content(row.content_id))
        for address, row in world.ash.sent(transfer).items()
        if row.content_id
    }
    assert len(bodies) == 3
    assert CANARY not in orjson.dumps(list(bodies.values())).decode()
    # The matrix opens them to a provider's lead and DSL, and to inclusion officers of the authority.
    for address in (GENERAL, DSL, AUTHORITY):
        [document] = bodies[address]["documents"]
        assert document["extensions"] == kinds[document["type"]]


@pytest.mark.parametrize(
    ("organisation", "role", "condition", "sees"),
    [(HOLLOW, "AP.DSL", [], True), (NORTH, "LA.SC", ["ownProcedure"], False)],
)
def test_extensions_of_a_document_go_only_to_the_columns_of_the_matrix(
    world: World, organisation: str, role: str, condition: list[str], sees: bool
) -> None:
    transfer = chronology(world, organisation, role, *condition)
    transfer["documents"][0]["extensions"] = {"for-the-desk": CANARY}
    assert world.ash.send(transfer).status_code == 202
    [row] = world.ash.sent(transfer).values()
    assert row.content_id is not None
    body = body_of(world.ash.services.vault, world.ash.services.store.content(row.content_id))
    assert (CANARY in orjson.dumps(body).decode()) is sees
    assert len(body["documents"]) == 1


@pytest.mark.parametrize("role", ["PAR", "PUP"])
def test_a_family_is_no_recipient(world: World, role: str) -> None:
    transfer = world.start()
    family = {"organisation": ASH, "role": role}
    with_family = transfer | {"recipients": [*transfer["recipients"], family]}
    assert ("transfer.no-desk", "/recipients/3") in errors(world.ash.send(with_family))
    assert world.ash.rows("transfer") == []
    assert world.ash.send(transfer).status_code == 202


def test_a_second_key_for_the_same_transfer_is_remembered_too(world: World) -> None:
    transfer = world.start()
    assert world.ash.send(transfer, Idempotency_Key="first").status_code == 202
    for _ in range(2):
        assert world.ash.send(transfer, Idempotency_Key="second").status_code == 200
    for key in ("first", "second"):
        assert code(world.ash.send(world.start(), Idempotency_Key=key)) == (409, "transfer.conflict")
    assert len(world.ash.rows("transfer")) == 1
    assert world.ash.send(world.start(), Idempotency_Key="third").status_code == 202


# --- roles of the sender ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "held"), [("HS.SEN", True), ("LA.SEN", False), ("AP.LEAD", False)])
def test_a_role_that_the_sender_does_not_hold_is_refused_on_both_sides(
    world: World, role: str, held: bool
) -> None:
    transfer = world.start()
    transfer["from"]["role"] = role
    answer = world.ash.send(transfer)
    assert answer.status_code == (202 if held else 422), answer.text
    if not held:
        assert ("role.not-held", "/from/role") in errors(answer)
        assert world.ash.rows("bundle") == []
    # A sender's gateway that lets it pass meets the receiver's.
    body = world.bundle()
    body["from"]["role"] = role
    assert world.post(world.hollow, world.seal(ASH, GENERAL, body).envelope).status_code == 202
    [receipt] = world.hollow.rows("receipt")
    assert receipt.status == ("delivered" if held else "rejected")
    assert ("role.not-held" in receipt.codes) is not held
    assert len(world.hollow.received()) == (1 if held else 0)


# --- one message, two organisations of one host ------------------------------------------------------------------


def report_for(world: World, organisation: str) -> Json:
    """Hollow Farm's report, as the bundle that a home school gets."""
    [part] = split(world.report()).parts
    created = datetime.fromtimestamp(world.time.value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = part.body | {"bundleId": str(uuid.uuid4()), "createdAt": created}
    body["to"] = {**body["to"], "address": f"{organisation}/general"}
    return body


@pytest.mark.parametrize("readdressed", [True, False])
def test_one_message_id_for_two_organisations_of_a_host_is_two_messages(
    world: World, readdressed: bool
) -> None:
    world.change("orgs", "brook-end", families=["HS", "AP"])
    body = report_for(world, ASH)
    first = world.seal(HOLLOW, f"{ASH}/general", body)
    assert world.post(world.ash, first.envelope, world.hollow).status_code == 202
    copy = body | {"to": {**body["to"], "address": f"{BROOK}/general"}} if readdressed else body
    second = world.seal(HOLLOW, f"{BROOK}/general", copy, jti=first.jti)
    assert world.post(world.ash, second.envelope, world.hollow).status_code == 202
    bundles = {row.id: row for row in world.ash.rows("bundle")}
    assert sorted(row.org for row in bundles.values()) == [ASH, BROOK]
    receipts = {bundles[row.bundle_row].org: (row.status, row.codes) for row in world.ash.rows("receipt")}
    assert receipts == {ASH: ("delivered", ""), BROOK: ("delivered", "") if readdressed else _NOT_FOR_BROOK}
    assert {row.iss for row in world.ash.rows("outgoing")} == {ASH, BROOK}
    assert len(world.ash.received(ASH)) == 1
    assert len(world.ash.received(BROOK)) == (1 if readdressed else 0)


#: The very same body names Ash Vale inside, so Brook End takes it for misdirected.
_NOT_FOR_BROOK = ("rejected", "misdirected")


# --- reading ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", [False, True])
def test_a_record_stays_readable_without_its_sender_and_says_what_cannot_be_verified(
    world: World, gone: bool
) -> None:
    world.hollow.send(world.report())
    world.settle()
    [row] = world.ash.received()
    if gone:
        world.change("orgs", "hollow-farm")
    bearer = world.ash.bearer("inbox", "HS.HT")
    path = f"inbox/{row.bundle_id}"
    assert call(world.ash, "GET", path, headers=bearer).status_code == 200
    page = call(world.ash, "GET", path, headers=bearer | {"Accept": "text/html"})
    assert page.status_code == 200
    assert (NOT_VERIFIED in page.text) is gone
    assert (VERIFIED in page.text) is not gone


#: What the page says of the signatures.
NOT_VERIFIED, VERIFIED = "Not verified.", "Signatures checked: valid."


def test_asking_for_a_page_that_there_is_not_opens_nothing_and_json_does(world: World) -> None:
    transfer = world.start()
    world.ash.send(transfer)
    world.settle()
    [row] = [row for row in world.hollow.received() if row.desk == "general"]
    bearer, path = world.hollow.bearer("inbox", "AP.LEAD"), f"inbox/{row.bundle_id}"
    answer = call(world.hollow, "GET", path, headers=bearer | {"Accept": "text/html"})
    assert code(answer) == (422, "page.none")
    world.settle()
    assert {one.status for one in world.hollow.rows("receipt")} == {"delivered"}
    assert states(world, transfer)[GENERAL] == "delivered"
    assert call(world.hollow, "GET", path, headers=bearer).status_code == 200
    world.settle()
    assert states(world, transfer)[GENERAL] == "opened"
