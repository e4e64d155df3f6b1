"""The vault: content opens under its own key and purpose only, and lies nowhere in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select

from gateway.store.engine import open_engine
from gateway.vault import Vault, VaultError, _data_key
from schemas import routes

if TYPE_CHECKING:
    from tests.gateway.conftest import World

MASTER = bytes(range(32))
ASH, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm"
SECRET = "Zoë leaves the room".encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "datakeys.sqlite"


@pytest.fixture
def vault(path: Path) -> Iterator[Vault]:
    opened = Vault(path, MASTER)
    yield opened
    opened.close()


def test_content_opens_under_its_key_and_purpose(vault: Vault) -> None:
    key = vault.key_for(ASH, "a placement", "general")
    blob = key.seal(SECRET, "body")
    assert SECRET not in blob
    assert vault.key(key.key_id).open(blob, "body") == SECRET
    with pytest.raises(VaultError):
        key.open(blob, "jws")


@pytest.mark.parametrize(
    "other", [(HOLLOW, "a placement", "general"), (ASH, "another", "general"), (ASH, "a placement", "dsl")]
)
def test_each_organisation_subject_and_desk_has_a_key_of_its_own(
    vault: Vault, other: tuple[str, str, str]
) -> None:
    first = vault.key_for(ASH, "a placement", "general")
    assert vault.key_for(ASH, "a placement", "general") is first
    second = vault.key_for(*other)
    assert second.key_id != first.key_id
    with pytest.raises(VaultError):
        second.open(first.seal(SECRET, "body"), "body")


def test_one_changed_byte_anywhere_does_not_open(vault: Vault) -> None:
    key = vault.key_for(ASH, "a placement", "general")
    blob = key.seal(SECRET, "body")
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(VaultError):
            key.open(bytes(changed), "body")
    for cut in (0, 5, 12, len(blob) - 1):
        with pytest.raises(VaultError):
            key.open(blob[:cut], "body")


def test_the_same_content_is_never_sealed_to_the_same_bytes(vault: Vault) -> None:
    key = vault.key_for(ASH, "a placement", "general")
    assert key.seal(SECRET, "body") != key.seal(SECRET, "body")


def test_keys_survive_a_restart(vault: Vault, path: Path) -> None:
    key = vault.key_for(ASH, "a placement", "general")
    blob = key.seal(SECRET, "body")
    vault.close()
    again = Vault(path, MASTER)
    try:
        assert again.key(key.key_id).open(blob, "body") == SECRET
        assert again.key_for(ASH, "a placement", "general").key_id == key.key_id
    finally:
        again.close()


def test_another_master_key_opens_nothing(vault: Vault, path: Path) -> None:
    key = vault.key_for(ASH, "a placement", "general")
    vault.close()
    other = Vault(path, bytes(32))
    try:
        with pytest.raises(VaultError, match="master key"):
            other.key(key.key_id)
        with pytest.raises(VaultError, match="master key"):
            other.key_for(ASH, "a placement", "general")
    finally:
        other.close()


def test_content_whose_key_was_destroyed_is_gone(vault: Vault, path: Path) -> None:
    kept, lost = vault.key_for(ASH, "kept", "general"), vault.key_for(ASH, "lost", "general")
    vault.close()
    engine = open_engine(path, writer=True)
    with engine.begin() as connection:
        connection.execute(delete(_data_key).where(_data_key.c.key_id == lost.key_id))
    engine.dispose()
    again = Vault(path, MASTER)
    try:
        assert again.key(kept.key_id)
        with pytest.raises(VaultError, match="does not exist any more"):
            again.key(lost.key_id)
    finally:
        again.close()


def test_no_key_stands_in_clear_in_the_file(vault: Vault, path: Path) -> None:
    vault.key_for(ASH, "a placement", "general")
    engine = open_engine(path, writer=False)
    with engine.connect() as connection:
        [wrapped] = connection.execute(select(_data_key.c.wrapped)).scalars()
        assert connection.execute(select(func.count()).select_from(_data_key)).scalar_one() == 1
    engine.dispose()
    assert len(wrapped) == 12 + 32 + 16  # nonce, key, tag
    assert MASTER not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def texts(value: object) -> Iterator[str]:
    """Every text of a document that is not one of the standard's own words."""
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


#: What may stand in clear: ids, addresses, roles, instants, codes.
PLAIN = re.compile(r"[0-9a-f-]{36}|urn:ltp:.*|[A-Z]{2,3}\.[A-Z]+|[0-9T:.Z-]+|[a-zA-Z0-9.-]{1,24}")


def test_nothing_about_a_child_stands_in_clear_in_any_file_of_a_gateway(world: World) -> None:
    there, back = world.start(), world.report()
    world.ash.send(there)
    world.settle()
    assert world.hollow.send(back).status_code == 202
    world.settle()
    for node, scopes, roles in (
        (world.hollow, "inbox dsl", "AP.LEAD AP.DSL"),
        (world.ash, "inbox", "HS.HT"),
    ):
        bearer = node.bearer(scopes, roles)
        for row in node.received():
            assert node.client.get(f"/api/v1/inbox/{row.bundle_id}", headers=bearer).status_code == 200
    world.settle()
    canaries = {text for transfer in (there, back) for text in texts(transfer) if not PLAIN.fullmatch(text)}
    canaries |= {there["learner"]["upn"], "O’Brien", "Adeyemi", "Tomáš"}
    # Titles of roles stand in findings.
    titles = " ".join(role.title for role in routes.roles().values())
    canaries = {text for text in canaries if text not in titles}
    assert len(canaries) > 100
    homes = [node.settings.home for node in world.nodes.values()]
    # The directory is public: it names the organisations.
    files = [
        path for home in homes for path in home.iterdir() if path.is_file() and "directory" not in path.name
    ]
    assert {path.name for path in files} >= {"store.sqlite", "store.sqlite-wal", "datakeys.sqlite"}
    found = [
        (path.name, text)
        for path in files
        for data in [path.read_bytes()]
        for text in canaries
        if text.encode() in data or text.encode("utf-16-le") in data
    ]
    assert found == []
    # The search itself works: what is meant to stand in clear is found.
    assert any(there["transferId"].encode() in path.read_bytes() for path in files)
