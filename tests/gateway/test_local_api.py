"""The local API: who may do what, what each reader sees, and that nothing submitted is ever repeated."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx2
import orjson
import pytest
import structlog

from gateway import inbox, tokens
from gateway.problems import NotFound
from gateway.serve import quiet
from gateway.transfer import State

if TYPE_CHECKING:
    from tests.gateway.conftest import Node, World

ASH, BROOK, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end", "urn:ltp:org:hollow-farm"
GENERAL, DSL = f"{HOLLOW}/general", f"{HOLLOW}/dsl"
LEAD, SAFEGUARDING = ("inbox", "AP.LEAD"), ("inbox dsl", "AP.DSL")
DAY = 86_400
CANARY = "Zoë-the-canary"


def code(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    return answer.status_code, problem["code"]


def call(node: Node, method: str, path: str, **more: Any) -> httpx2.Response:
    answer: Any = node.client.request(method, f"/api/v1/{path}", **more)
    assert isinstance(answer, httpx2.Response)
    return answer


def arrived(world: World) -> dict[str, str]:
    """A transfer that was delivered; the bundle ids at Hollow Farm by desk."""
    world.ash.send(world.start())
    world.settle()
    return {row.desk: row.bundle_id for row in world.hollow.received()}


def states(world: World) -> dict[str, str]:
    """How the sender sees the bundles of its only transfer."""
    [transfer] = world.ash.rows("transfer")
    rows = world.ash.services.store.bundles_of(ASH, transfer.transfer_id)
    return {f"{row.peer}/{row.desk}": str(row.state) for row in rows}


# --- tokens -----------------------------------------------------------------------------------------------------

PLACES = [
    ("POST", "validate", "validate"),
    ("POST", "transfers", "transfers"),
    ("GET", "transfers", "transfers"),
    ("GET", f"transfers/{uuid.UUID(int=0)}", "transfers"),
    ("GET", "inbox", "inbox"),
    ("GET", f"inbox/{uuid.UUID(int=0)}", "inbox"),
    ("POST", f"inbox/{uuid.UUID(int=0)}/accept", "inbox"),
    ("POST", f"inbox/{uuid.UUID(int=0)}/reject", "inbox"),
]


@pytest.mark.parametrize(("method", "path", "scope"), PLACES)
def test_each_place_asks_for_a_token_with_its_own_scope(
    shared: World, method: str, path: str, scope: str
) -> None:
    node = shared.hollow
    without = call(node, method, path)
    assert code(without) == (401, "token.invalid")
    assert without.headers["www-authenticate"] == "Bearer"
    others = " ".join({"validate", "transfers", "inbox", "dsl"} - {scope})
    assert code(call(node, method, path, headers=node.bearer(others))) == (403, "token.scope")
    allowed = call(node, method, path, headers=node.bearer(scope), content=b'{"code": "duplicate"}')
    assert allowed.status_code in (200, 404, 422)


def test_the_organisations_can_be_seen_with_any_token_and_not_without(shared: World) -> None:
    assert code(call(shared.ash, "GET", "organisations")) == (401, "token.invalid")
    answer = call(shared.ash, "GET", "organisations", headers=shared.ash.bearer("validate"))
    assert {one["organisation"] for one in answer.json()["organisations"]} >= {ASH, HOLLOW}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer ltp_",
        "Bearer ltp_wrong",
        "Basic {}",
        "{}",
        "Bearer  {}",
        "Bearer {}x",
    ],
)
def test_a_header_that_is_no_token_of_this_gateway_is_refused(shared: World, header: str) -> None:
    good = shared.ash.bearer("inbox")["Authorization"].removeprefix("Bearer ")
    headers = {"Authorization": header.format(good)}
    assert code(call(shared.ash, "GET", "inbox", headers=headers)) == (401, "token.invalid")
    assert call(shared.ash, "GET", "inbox", headers={"Authorization": f"bearer {good}"}).status_code == 200


def test_a_token_ends_with_its_time(world: World) -> None:
    bearer = world.ash.bearer("inbox", days=1)
    assert call(world.ash, "GET", "inbox", headers=bearer).status_code == 200
    world.time.advance(DAY)
    assert code(call(world.ash, "GET", "inbox", headers=bearer)) == (401, "token.invalid")


def test_a_token_that_was_taken_back_is_refused_and_the_others_stay(world: World) -> None:
    lost, kept = world.ash.bearer("inbox"), world.ash.bearer("inbox")
    first = world.ash.rows("token")[0]
    tokens.revoke(world.ash.services.store, ASH, first.token_id, world.ash.services.clock.ms)
    assert code(call(world.ash, "GET", "inbox", headers=lost)) == (401, "token.invalid")
    assert call(world.ash, "GET", "inbox", headers=kept).status_code == 200


def test_a_token_can_only_be_taken_back_where_it_belongs(world: World) -> None:
    bearer = world.ash.bearer("inbox")
    [row] = world.ash.rows("token")
    with pytest.raises(NotFound):
        tokens.revoke(world.ash.services.store, BROOK, row.token_id, world.ash.services.clock.ms)
    assert call(world.ash, "GET", "inbox", headers=bearer).status_code == 200


def test_a_token_of_another_gateway_is_worth_nothing_here(shared: World) -> None:
    assert code(call(shared.hollow, "GET", "inbox", headers=shared.ash.bearer("inbox"))) == (
        401,
        "token.invalid",
    )


# --- the desk of the safeguarding lead ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "sees"),
    [
        (LEAD, {"general"}),
        (SAFEGUARDING, {"dsl"}),
        (("inbox dsl", "AP.LEAD AP.DSL"), {"general", "dsl"}),
        (("inbox", "AP.LEAD AP.DSL"), {"general"}),  # the role without the scope
        (("inbox dsl", "AP.LEAD"), {"general"}),  # the scope without the role
        (("inbox dsl", "HS.DSL"), set()),  # a lead, but not this one
        (("inbox dsl", ""), set()),
    ],
)
def test_each_reader_lists_and_opens_what_is_for_their_role(
    world: World, rights: tuple[str, str], sees: set[str]
) -> None:
    ids = arrived(world)
    bearer = world.hollow.bearer(*rights)
    listed = call(world.hollow, "GET", "inbox", headers=bearer).json()["bundles"]
    assert {bundle["desk"] for bundle in listed} == sees
    for desk, bundle_id in ids.items():
        answer = call(world.hollow, "GET", f"inbox/{bundle_id}", headers=bearer)
        if desk in sees:
            assert answer.status_code == 200
        else:
            assert code(answer) == (404, "not-found")
            assert code(call(world.hollow, "POST", f"inbox/{bundle_id}/accept", headers=bearer)) == (
                404,
                "not-found",
            )
    outcomes = {(row.desk, row.outcome) for row in world.hollow.rows("access")}
    assert outcomes == {(desk, "read" if desk in sees else "refused") for desk in ids}


def test_every_attempt_to_read_is_written_down(world: World) -> None:
    ids = arrived(world)
    reader, stranger = world.hollow.bearer(*SAFEGUARDING), world.hollow.bearer(*LEAD)
    for bearer in (reader, stranger, reader):
        call(world.hollow, "GET", f"inbox/{ids['dsl']}", headers=bearer)
    call(
        world.hollow, "POST", f"inbox/{ids['dsl']}/reject", headers=stranger, content=b'{"code":"duplicate"}'
    )
    attempts = [(row.bundle_id, row.outcome) for row in world.hollow.rows("access")]
    assert [outcome for _, outcome in attempts] == ["read", "refused", "read", "refused"]
    assert {bundle_id for bundle_id, _ in attempts} == {ids["dsl"]}
    assert len({row.token_id for row in world.hollow.rows("access")}) == 2


def test_a_refused_reader_tells_the_sender_nothing(world: World) -> None:
    ids = arrived(world)
    call(world.hollow, "GET", f"inbox/{ids['dsl']}", headers=world.hollow.bearer(*LEAD))
    world.settle()
    assert states(world)[DSL] == "delivered"


def test_only_a_token_with_the_scope_is_told_how_safeguarding_content_fares(world: World) -> None:
    arrived(world)
    [transfer] = world.ash.rows("transfer")
    seen = {}
    for scopes in ("transfers", "transfers dsl"):
        answer = call(
            world.ash, "GET", f"transfers/{transfer.transfer_id}", headers=world.ash.bearer(scopes, "HS.SEN")
        )
        seen[scopes] = {bundle["to"]["address"] for bundle in answer.json()["bundles"]}
    assert DSL not in seen["transfers"]
    assert seen["transfers dsl"] == seen["transfers"] | {DSL}


# --- opening and deciding ----------------------------------------------------------------------------------------


def test_opening_tells_the_sender_once_in_which_role(world: World) -> None:
    ids = arrived(world)
    bearer = world.hollow.bearer("inbox", "AP.LEAD")
    first = call(world.hollow, "GET", f"inbox/{ids['general']}", headers=bearer)
    assert first.json()["body"]["documents"][0]["type"] == "learner-transfer-profile"
    again = call(world.hollow, "GET", f"inbox/{ids['general']}", headers=bearer)
    assert [r["status"] for r in again.json()["receipts"]] == ["delivered", "opened"]
    world.settle()
    [transfer] = world.ash.rows("transfer")
    shown = call(
        world.ash, "GET", f"transfers/{transfer.transfer_id}", headers=world.ash.bearer("transfers")
    ).json()
    [general] = [bundle for bundle in shown["bundles"] if bundle["to"]["address"] == GENERAL]
    assert general["state"] == "opened"
    assert general["receipts"][1]["by"] == {"role": "AP.LEAD"}
    assert "by" not in general["receipts"][0]


def test_listing_is_not_opening(world: World) -> None:
    arrived(world)
    call(world.hollow, "GET", "inbox", headers=world.hollow.bearer(*LEAD))
    world.settle()
    assert states(world)[GENERAL] == "delivered"


def test_accepting_tells_the_sender_and_can_be_repeated(world: World) -> None:
    ids = arrived(world)
    bearer = world.hollow.bearer(*LEAD)
    for _ in range(2):
        answer = call(world.hollow, "POST", f"inbox/{ids['general']}/accept", headers=bearer)
        assert answer.json()["state"] == "accepted"
    world.settle()
    assert states(world)[GENERAL] == "accepted"
    assert len([row for row in world.hollow.rows("receipt") if row.status == "accepted"]) == 1


def reject(world: World, bundle_id: str, body: bytes) -> httpx2.Response:
    headers = world.hollow.bearer(*LEAD)
    return call(world.hollow, "POST", f"inbox/{bundle_id}/reject", headers=headers, content=body)


def test_rejecting_tells_the_sender_the_published_code(world: World) -> None:
    ids = arrived(world)
    assert reject(world, ids["general"], b'{"code": "wrong-learner"}').json()["state"] == "rejected"
    world.settle()
    assert states(world)[GENERAL] == "rejected"
    [row] = [row for row in world.ash.rows("receipt") if row.status == "rejected"]
    assert row.codes == "wrong-learner"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (f'{{"code": "{CANARY}"}}'.encode(), "receipt.code"),
        (b'{"code": 5}', "receipt.code"),
        (b"{}", "receipt.code"),
        (b"[]", "receipt.code"),
        (b"", "document.unreadable"),
        (CANARY.encode(), "document.unreadable"),
    ],
)
def test_a_rejection_without_a_published_code_changes_nothing(
    world: World, body: bytes, problem: str
) -> None:
    ids = arrived(world)
    answer = reject(world, ids["general"], body)
    assert code(answer) == (422, problem)
    assert CANARY not in answer.text
    assert [row.state for row in world.hollow.received() if row.desk == "general"] == ["delivered"]


def test_a_long_rejection_is_not_read(world: World) -> None:
    ids = arrived(world)
    assert code(reject(world, ids["general"], b" " * 1025)) == (413, "body.too-large")


@pytest.mark.parametrize(("first", "second"), [("accept", "reject"), ("reject", "accept")])
def test_what_was_decided_stays_decided(world: World, first: str, second: str) -> None:
    ids = arrived(world)
    bearer = world.hollow.bearer(*LEAD)
    paths = {name: f"inbox/{ids['general']}/{name}" for name in (first, second)}
    body = b'{"code": "duplicate"}'
    assert call(world.hollow, "POST", paths[first], headers=bearer, content=body).status_code == 200
    answer = call(world.hollow, "POST", paths[second], headers=bearer, content=body)
    assert code(answer) == (409, "bundle.decided")
    assert [row.state for row in world.hollow.received() if row.desk == "general"] == [f"{first}ed"]


def test_of_two_decisions_at_once_the_slower_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = arrived(world)
    bearer = world.hollow.bearer(*LEAD)
    true, path = inbox.answer, f"inbox/{ids['general']}"

    def overtaken(services: Any, row: Any, status: State, **more: Any) -> bool:
        monkeypatch.setattr(inbox, "answer", true)
        assert call(world.hollow, "POST", f"{path}/accept", headers=bearer).status_code == 200
        return true(services, row, status, **more)

    monkeypatch.setattr(inbox, "answer", overtaken)
    slower = call(world.hollow, "POST", f"{path}/reject", headers=bearer, content=b'{"code": "duplicate"}')
    assert code(slower) == (409, "bundle.decided")


def test_what_was_received_can_be_read_after_its_sender_changed_keys(world: World) -> None:
    ids = arrived(world)
    entry = world.entry("orgs", "ash-vale")
    for key in entry["keys"]:
        key["revoked"] = {"revoked_at": int(world.time.value) + 60, "reason": "rotation"}
    world.time.advance(120)
    world.put(entry)
    answer = call(world.hollow, "GET", f"inbox/{ids['general']}", headers=world.hollow.bearer(*LEAD))
    assert answer.status_code == 200


def test_what_was_received_can_be_read_with_an_old_directory_and_with_none(world: World) -> None:
    ids = arrived(world)
    bearer = world.hollow.bearer(*LEAD)
    world.time.value += 31 * DAY
    assert call(world.hollow, "GET", f"inbox/{ids['general']}", headers=bearer).status_code == 200
    assert call(world.hollow, "GET", "organisations", headers=bearer).status_code == 200
    (world.hollow.settings.home / "trust" / "accepted.json").unlink()
    world.hollow.close()
    world.hollow.open()
    assert call(world.hollow, "GET", f"inbox/{ids['general']}", headers=bearer).status_code == 200
    assert code(call(world.hollow, "GET", "organisations", headers=bearer)) == (503, "directory.unusable")


# --- pages of results --------------------------------------------------------------------------------------------


def test_the_inbox_comes_in_pages_without_gaps_or_doubles(world: World) -> None:
    for _ in range(3):
        arrived(world)
    bearer = world.hollow.bearer(*LEAD)
    seen: list[str] = []
    after = 0
    while True:
        page = call(world.hollow, "GET", f"inbox?after={after}&limit=2", headers=bearer).json()
        assert len(page["bundles"]) <= 2
        if not page["bundles"]:
            assert page["after"] == after
            break
        seen += [bundle["bundleId"] for bundle in page["bundles"]]
        after = page["after"]
    assert seen == [row.bundle_id for row in world.hollow.received() if row.desk == "general"]


def test_transfers_come_in_pages_even_when_many_are_from_one_moment(world: World) -> None:
    sent = []
    for _ in range(5):
        transfer = world.start()
        world.ash.send(transfer)
        sent.append(transfer["transferId"])
    world.time.advance(1)
    last = world.start()
    world.ash.send(last)
    bearer = world.ash.bearer("transfers")
    seen: list[str] = []
    query = "limit=2"
    for _ in range(10):
        page = call(world.ash, "GET", f"transfers?{query}", headers=bearer).json()
        seen += [one["transferId"] for one in page["transfers"]]
        if page["before"] is None:
            break
        query = f"limit=2&before={page['before']}"
    assert seen[0] == last["transferId"]
    assert sorted(seen[1:]) == sorted(sent)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("inbox?limit=0", 200),
        ("inbox?limit=-5", 200),
        (f"inbox?limit={10**30}", 200),
        (f"inbox?after={10**30}", 422),
        (f"inbox?after=-{10**30}", 422),
        (f"inbox?after={CANARY}", 422),
        (f"inbox?limit={CANARY}", 422),
        (f"transfers?before={CANARY}", 422),
        (f"transfers?before={10**30}", 422),
        (f"transfers?limit={CANARY}", 422),
        ("transfers?before=", 422),
    ],
)
def test_parameters_of_another_kind_are_refused_without_repeating_them(
    shared: World, path: str, status: int
) -> None:
    answer = call(shared.ash, "GET", path, headers=shared.ash.bearer("inbox transfers"))
    assert answer.status_code == status, answer.text
    assert CANARY not in answer.text
    if status == 422:
        assert code(answer) == (422, "request.parameters")


# --- one host, many organisations ---------------------------------------------------------------------------------


def test_organisations_on_one_host_see_nothing_of_each_other(world: World) -> None:
    ids = arrived(world)
    [transfer] = world.ash.rows("transfer")
    other = world.ash.bearer("transfers inbox dsl", "HS.SEN HS.DSL AP.LEAD AP.DSL", BROOK)
    assert code(call(world.ash, "GET", f"transfers/{transfer.transfer_id}", headers=other)) == (
        404,
        "not-found",
    )
    assert call(world.ash, "GET", "transfers", headers=other).json()["transfers"] == []
    report = world.report()
    assert world.hollow.send(report).status_code == 202
    world.settle()
    [row] = world.ash.received()
    assert call(world.ash, "GET", "inbox", headers=other).json()["bundles"] == []
    for method, path in (("GET", ""), ("POST", "/accept"), ("POST", "/reject")):
        answer = call(
            world.ash, method, f"inbox/{row.bundle_id}{path}", headers=other, content=b'{"code":"duplicate"}'
        )
        assert code(answer) == (404, "not-found")
    assert ids
    mine = world.ash.bearer("inbox", "HS.HT")
    assert call(world.ash, "GET", f"inbox/{row.bundle_id}", headers=mine).status_code == 200


# --- the final report --------------------------------------------------------------------------------------------


@pytest.fixture
def reported(world: World) -> tuple[World, str]:
    world.hollow.send(world.report())
    world.settle()
    [row] = world.ash.received()
    return world, row.bundle_id


@pytest.mark.parametrize("role", ["HS.HT", "HS.SEN", "HS.APL"])
def test_the_addressed_role_and_its_readers_open_the_report(reported: tuple[World, str], role: str) -> None:
    world, bundle_id = reported
    answer = call(world.ash, "GET", f"inbox/{bundle_id}", headers=world.ash.bearer("inbox", role))
    assert [document["type"] for document in answer.json()["body"]["documents"]] == ["final-report"]


def test_another_role_at_the_same_desk_is_not_a_reader(reported: tuple[World, str]) -> None:
    world, bundle_id = reported
    bearer = world.ash.bearer("inbox dsl", "HS.DSL HS.MHL")
    assert code(call(world.ash, "GET", f"inbox/{bundle_id}", headers=bearer)) == (404, "not-found")


def test_the_report_can_be_had_as_a_page(reported: tuple[World, str]) -> None:
    world, bundle_id = reported
    headers = world.ash.bearer("inbox", "HS.HT") | {"Accept": "text/html,application/xhtml+xml;q=0.9"}
    answer = call(world.ash, "GET", f"inbox/{bundle_id}", headers=headers)
    assert answer.headers["content-type"].startswith("text/html")
    assert "Hollow Farm" in answer.text
    assert "<script" not in answer.text
    world.settle()
    assert [str(row.state) for row in world.hollow.services.store.bundles_of(HOLLOW, transfer_of(world))] == [
        "opened"
    ]


def transfer_of(world: World) -> str:
    [row] = world.hollow.rows("transfer")
    return str(row.transfer_id)


def test_what_has_no_page_says_so(world: World) -> None:
    ids = arrived(world)
    headers = world.hollow.bearer(*LEAD) | {"Accept": "text/html"}
    answer = call(world.hollow, "GET", f"inbox/{ids['general']}", headers=headers)
    assert code(answer) == (422, "page.none")


# --- no echo -----------------------------------------------------------------------------------------------------


def filled(value: Any) -> Any:
    """A document with every text replaced by a canary."""
    if isinstance(value, dict):
        return {name: filled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member) for member in value]
    return CANARY if isinstance(value, str) else value


def one_by_one(value: Any, whole: Any) -> Iterator[bytes]:
    """The whole document once for each of its texts, which is then a canary."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in list(members):
        if isinstance(member, dict | list):
            yield from one_by_one(member, whole)
        elif isinstance(member, str):
            value[name] = CANARY
            yield orjson.dumps(whole)
            value[name] = member


def test_no_submitted_value_of_any_field_is_ever_repeated(shared: World) -> None:
    bearer = shared.ash.bearer("validate transfers dsl", "HS.SEN")
    whole = shared.start()
    bodies = [orjson.dumps(filled(whole)), orjson.dumps({CANARY: whole}), orjson.dumps([CANARY])]
    # Every tenth keeps the test short; a prime number meets fields of every kind.
    bodies += list(one_by_one(whole, whole))[::11]
    bodies += [orjson.dumps(whole | {CANARY: 1}), orjson.dumps(whole | {"transferId": CANARY})]
    for body in bodies:
        answer = call(shared.ash, "POST", "validate", headers=bearer, content=body)
        assert answer.status_code == 200
        assert CANARY not in answer.text
        assert "canary" not in answer.text
    for body in bodies[:3]:
        answer = call(shared.ash, "POST", "transfers", headers=bearer, content=body)
        assert answer.status_code == 422
        assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "problem"),
    [
        ("GET", f"/api/v1/inbox/{CANARY}", (404, "not-found")),
        ("GET", f"/api/v1/transfers/{CANARY}", (404, "not-found")),
        ("POST", f"/api/v1/inbox/{CANARY}/accept", (404, "not-found")),
        ("GET", f"/api/v1/{CANARY}", (404, "not-found")),
        ("GET", f"/{CANARY}?q={CANARY}", (404, "not-found")),
        ("GET", f"/api/v1/inbox/?q={CANARY}", (404, "not-found")),
        ("DELETE", f"/api/v1/inbox?q={CANARY}", (405, "request.method")),
        ("PUT", "/api/v1/transfers", (405, "request.method")),
        ("GET", "/api/v1/validate", (405, "request.method")),
        ("GET", "/ltp/v1/messages", (405, "request.method")),
        ("POST", "/.well-known/ltp", (405, "request.method")),
        ("POST", "/healthz", (405, "request.method")),
    ],
)
def test_unknown_paths_and_methods_are_problems_without_an_echo(
    shared: World, method: str, path: str, problem: tuple[int, str]
) -> None:
    headers = shared.ash.bearer("inbox transfers") | {"X-Canary": "canary"}
    answer: Any = shared.ash.client.request(
        method, path, headers=headers, content=CANARY.encode(), follow_redirects=False
    )
    assert code(answer) == problem
    assert "canary" not in answer.text
    assert "canary" not in str(answer.headers)


def test_the_gateway_says_that_it_is_healthy(shared: World) -> None:
    assert shared.ash.client.get("/healthz").json() == {"status": "ok"}


def test_a_fault_of_the_gateway_tells_nothing_of_what_it_was_about(
    shared: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("gateway.send.examine", broken)
    bearer = shared.ash.bearer("validate")
    answer = call(shared.ash, "POST", "validate", headers=bearer, content=orjson.dumps({"x": CANARY}))
    assert code(answer) == (500, "internal")
    assert "anary" not in answer.text
    heard = capfd.readouterr()
    assert "anary" not in heard.out + heard.err
    assert "RuntimeError" in heard.out + heard.err


def test_the_server_is_given_no_exception_to_print(capfd: pytest.CaptureFixture[str]) -> None:
    async def broken(*_call: Any) -> None:
        raise RuntimeError(CANARY)

    async def nothing(*_call: Any) -> None:
        raise AssertionError("not called")

    with structlog.testing.capture_logs() as lines:
        asyncio.run(quiet(broken)({}, nothing, nothing))  # type: ignore[arg-type]
    assert lines == [{"event": "request.aborted", "error": "RuntimeError", "log_level": "error"}]
    assert "anary" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("path", ["transfers", "validate"])
def test_a_long_body_is_not_read_for_somebody_without_a_token(
    shared: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    long = b" " * (64 * 1024 + 1)
    with_token = shared.ash.bearer("transfers validate")
    assert call(shared.ash, "POST", path, content=long, headers=with_token).status_code in (200, 422)
    monkeypatch.setattr("gateway.local.read_limited", lambda *_: pytest.fail("the body was read"))
    assert call(shared.ash, "POST", path, content=long).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("DELETE", "/api/v1/transfers", {"GET", "POST"}),
        ("GET", "/ltp/v1/messages", {"POST"}),
        ("POST", "/.well-known/ltp", {"GET", "HEAD"}),
    ],
)
def test_an_address_says_which_methods_it_takes(
    shared: World, method: str, path: str, takes: set[str]
) -> None:
    answer: Any = shared.ash.client.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) <= takes
