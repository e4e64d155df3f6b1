"""Three running gateways with logs, each the witness of the others: from a transfer to a proof for strangers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from gateway import admin
from gateway.bootstrap import build
from gateway.cli import app
from gateway.files import Home, HomeError
from gateway.log.book import Book
from gateway.log.folder import Content, export
from gateway.log.keys import make_log_keys, public_keys
from gateway.log.receipts import Wanted, evidence
from gateway.log.running import witnessed_policy
from gateway.log.witnessing import collect
from gateway.settings import LogWitness
from gateway.store import log
from gateway.store.writer import each
from signing.log.checkpoint import Policy, Unverified, verify
from signing.log.errors import LogError
from signing.log.proof import Proof, verify_entry

ASH = "urn:ltp:org:ash-vale"


@pytest.fixture
def logged(world: Any) -> Any:
    """The world with a log at each gateway, in the directory, and every gateway the witness of the others."""
    for node in world.nodes.values():
        make_log_keys(Home(node.settings))
        node.close()
    for token, node in world.nodes.items():
        others = [other for other in world.nodes.values() if other is not node]
        witnesses = tuple(witness_of(other) for other in others)
        node.settings = node.settings.model_copy(update={"log_witnesses": witnesses})
        node.open()
        listed = world.entry("gateways", token)
        world.draft.add(listed | {"log": public_keys(Home(node.settings))["log"]})
    world.publish()
    return world


def witness_of(node: Any) -> LogWitness:
    keys = public_keys(Home(node.settings))["witness"]
    return LogWitness(gateway=node.settings.gateway, keys=tuple(keys))


def signed(node: Any, quorum: int = 2) -> Any:
    """What the gateway's timer does every ten minutes; raises when fewer witnesses signed."""
    node.services.log.timer._sign()
    policy = witnessed_policy(node.settings, node.services.log.book, quorum)
    now = node.services.clock.seconds
    note = node.client.get("/ltp/v1/log/checkpoint").content
    return verify(Unverified.parse(note), policy, now)


def carried(world: Any) -> str:
    """A transfer and its receipts; the id of the bundle that the provider's general desk got."""
    transfer = world.start()
    assert world.ash.send(transfer).status_code == 202
    world.settle()
    bundle: str = world.ash.sent(transfer)["urn:ltp:org:hollow-farm/general"].bundle_id
    return bundle


def test_the_gateway_names_its_log_and_the_directory_has_its_keys(logged: Any) -> None:
    said = logged.ash.client.get("/.well-known/ltp").json()["log"]
    assert said == {"origin": "w3id.org/ltp/log/ash", "checkpoint": "/ltp/v1/log/checkpoint"}
    entry = admin.gateway_entry(logged.ash.settings, "https://ash.example", 1_790_000_000)
    listed = logged.hollow.services.directory.current().gateway("urn:ltp:gw:ash")
    assert entry["log"] == listed.log.vkeys()


def test_a_gateway_without_a_log_says_so_by_saying_nothing(world: Any) -> None:
    assert "log" not in world.ash.client.get("/.well-known/ltp").json()
    assert world.ash.client.get("/ltp/v1/log/checkpoint").status_code == 404
    assert "log" not in admin.gateway_entry(world.ash.settings, "https://ash.example", 1_790_000_000)


def test_both_witnesses_sign_and_both_sides_prove_the_same_receipts_over_http(logged: Any) -> None:
    carried(logged)
    checkpoints = {token: signed(node) for token, node in logged.nodes.items()}
    assert checkpoints["ash"].witnesses.keys() == {
        "w3id.org/ltp/witness/hollow",
        "w3id.org/ltp/witness/north",
    }
    receipts = [orjson.loads(row.entry) for row in logged.ash.rows("log_entry")]
    digests = [entry["receipt_sha256"] for entry in receipts if entry["kind"] == "receipt"]
    assert len(digests) == 3
    for digest in digests:
        issuers = [node for node in (logged.hollow, logged.north) if found(node, digest)]
        assert len(issuers) == 1
        for node in (logged.ash, *issuers):
            assert proved(node, digest)["receipt_sha256"] == digest


def found(node: Any, digest: str) -> list[int]:
    indexes: list[int] = node.client.get("/ltp/v1/log/find", params={"digest": digest}).json()["indexes"]
    return indexes


def proved(node: Any, digest: str) -> dict[str, Any]:
    """The entry about a digest, proved with nothing but answers to a stranger and the directory's keys."""
    (index,) = found(node, digest)
    answer = node.client.get("/ltp/v1/log/inclusion", params={"index": index})
    entry: bytes = node.rows("log_entry")[index].entry
    listed = node.services.directory.current().gateway(node.settings.gateway).log
    included = verify_entry(entry, Proof.parse(answer.content), Policy(listed), node.services.clock.seconds)
    value: dict[str, Any] = orjson.loads(included.entry)
    return value


def test_the_log_goes_on_without_a_witness_that_is_away_or_not_listed(logged: Any) -> None:
    carried(logged)
    logged.wire.answers[logged.north.host] = _silent
    logged.change("gateways", "hollow", url=None)
    assert signed(logged.ash, 0).witnesses == {}
    del logged.wire.answers[logged.north.host]
    assert signed(logged.ash, 1).witnesses.keys() == {"w3id.org/ltp/witness/north"}


def _silent(_request: Any) -> Any:
    raise ConnectionError


def test_a_witness_answers_gateways_of_the_directory_only(logged: Any) -> None:
    url = f"https://{logged.north.host}/ltp/v1/log/add-checkpoint"
    carried(logged)
    book = logged.ash.services.log.book
    body = b"old 0\n\n" + book.sign(logged.ash.services.clock.seconds).note
    assert logged.north.client.post(url, content=body).status_code == 401
    now = logged.ash.services.clock.seconds
    for_another = logged.ash.services.signer.request("POST", url.replace("north", "hollow"), body, now)
    assert logged.north.client.post(url, content=body, headers=for_another).status_code == 401
    rightly = logged.ash.services.signer.request("POST", url, body, now)
    assert logged.north.client.post(url, content=body, headers=rightly).status_code == 200


def test_a_log_that_shows_two_histories_is_found_out_by_its_witness(logged: Any, tmp_path: Path) -> None:
    carried(logged)
    signed(logged.ash)
    tamper(logged.ash, lambda rows: rows[::-1])
    logged.time.advance(600)
    book = logged.ash.services.log.book
    with pytest.raises(LogError) as refused:
        book.sign(logged.ash.services.clock.seconds)
    assert refused.value.code == "edited"
    # Whoever runs the gateway can make it forget what it signed, but not the witness.
    forget(book)
    calls = witnessed_policy(logged.ash.settings, book), logged.ash.services.clock.seconds
    with pytest.raises(LogError) as refused:
        collect(book, [lambda body: asked(logged, body)], *calls)
    assert refused.value.code == "split_view"
    with pytest.raises(LogError) as refused:
        logged.ash.services.log.timer._sign()
    assert refused.value.code == "split_view"


def asked(world: Any, body: bytes) -> bytes:
    return world.north.services.log.witness.cosign(body, world.north.services.clock.seconds)  # type: ignore[no-any-return]


def tamper(node: Any, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Writes the whole log anew, with every hash as it has to be."""
    entries = [row.entry for row in node.rows("log_entry")]

    def rewrite(connection: Any, _nothing: None) -> None:
        connection.execute(log.entry.delete())
        connection.execute(log.head.update().values(size=0, edge=b""))
        log.append(connection, change(entries))

    node.services.store.writer.run(each(rewrite), None)


def forget(book: Book) -> None:
    def forgets(connection: Any, _nothing: None) -> None:
        connection.execute(log.checkpoint.delete())

    book.writer.run(each(forgets), None)


def test_a_row_that_was_changed_is_found_offline(logged: Any, tmp_path: Path) -> None:
    carried(logged)
    signed(logged.ash)
    exported(logged.ash, tmp_path / "before")
    assert CliRunner().invoke(app, ["log", "verify", str(tmp_path / "before")]).exit_code == 0

    def change(connection: Any, _nothing: None) -> None:
        second = log.entry.c.place == 1
        (row,) = connection.execute(log.entry.select().where(second)).all()
        changed = row.entry.replace(b'"kind":"sent"', b'"kind":"received"')
        connection.execute(log.entry.update().where(second).values(entry=changed))

    logged.ash.services.store.writer.run(each(change), None)
    exported(logged.ash, tmp_path / "after")
    result = CliRunner().invoke(app, ["log", "verify", str(tmp_path / "after"), "-o", "json"])
    said = orjson.loads(result.stdout)
    assert (result.exit_code, said["code"], said["where"]) == (1, "edited", 1)


def exported(node: Any, folder: Path) -> None:
    book = node.services.log.book
    with book.read() as read:
        keys = book.policy.log.vkeys()
        size = read.head().size
        export(Content(size, read.entries, read.hashes, read.checkpoints(), keys), folder)


def test_a_receipt_is_proved_from_one_file_and_the_root_of_the_directory(logged: Any, tmp_path: Path) -> None:
    bundle = carried(logged)
    signed(logged.ash)
    book = logged.ash.services.log.book
    made = evidence(Home(logged.ash.settings), book, Wanted(ASH, bundle, "delivered"))
    file, root = tmp_path / "receipt.json", logged.ash.settings.path("directory-root.json")
    file.write_bytes(made.file())
    result = CliRunner().invoke(app, ["receipt", "verify", str(file), "--roots", str(root), "-o", "json"])
    said = orjson.loads(result.stdout)
    assert (result.exit_code, said["good"], said["status"]) == (0, True, "delivered")
    assert said["signedBy"] == "urn:ltp:org:hollow-farm"
    assert said["messageChecked"] is True


def test_a_key_that_is_no_witness_s_is_refused_at_the_start_with_what_to_do(logged: Any) -> None:
    wrong = LogWitness(gateway="urn:ltp:gw:north", keys=("w3id.org/ltp/witness/north+00000000+AAAA",))
    settings = logged.ash.settings.model_copy(update={"log_witnesses": (wrong,)})
    with pytest.raises(HomeError, match="ltp log init"):
        build(settings)
