"""The files of a home folder: what is not right is not used, and the text says which file it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway import admin
from gateway.files import DirectoryFile, Home, HomeError, read_roots
from signing import DirectoryError

if TYPE_CHECKING:
    from tests.gateway.conftest import World

DAY = 86_400


def reader(world: World) -> DirectoryFile:
    settings = world.ash.settings
    roots = read_roots(settings.path(settings.directory_roots))
    return DirectoryFile(settings.path(settings.directory), roots, lambda: int(world.time.value))


def test_a_newer_directory_is_taken_without_a_restart(world: World) -> None:
    source = reader(world)
    first = source.current().version
    world.publish()
    assert source.current().version == first + 1


def test_a_directory_that_does_not_verify_is_not_taken_and_the_one_in_use_stays(world: World) -> None:
    source, path = reader(world), world.ash.settings.path("directory.json")
    version = source.current().version
    good = path.read_bytes()
    for bad in (good.replace(b"a", b"b", 1), b"", good[:-5]):
        path.write_bytes(bad)
        assert source.current().version == version
    path.unlink()
    assert source.current().version == version
    # A gateway that starts now has nothing to stay with.
    with pytest.raises(DirectoryError):
        reader(world).current()


def test_an_older_directory_is_not_taken(world: World) -> None:
    source, path = reader(world), world.ash.settings.path("directory.json")
    old = path.read_bytes()
    world.publish()
    version = source.current().version
    path.write_bytes(old)
    assert source.current().version == version


def test_a_directory_ends_with_its_time(world: World) -> None:
    source = reader(world)
    assert source.current()
    world.time.advance(31 * DAY)
    with pytest.raises(DirectoryError, match="out of date"):
        source.current()


def test_a_directory_of_other_roots_is_not_taken(world: World) -> None:
    stranger = admin.DirectoryDraft(world.base / "stranger")
    stranger.folder.mkdir()
    stranger.init()
    settings = world.ash.settings
    source = DirectoryFile(
        settings.path(settings.directory), read_roots(stranger.roots), lambda: int(world.time.value)
    )
    with pytest.raises(DirectoryError):
        source.current()


def test_a_master_key_that_others_may_read_is_refused(world: World) -> None:
    home, path = Home(world.ash.settings), world.ash.settings.path("master.key")
    assert len(home.master()) == 32
    path.chmod(0o644)
    with pytest.raises(HomeError, match="chmod 600"):
        home.master()
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(HomeError, match="32 bytes"):
        home.master()
    path.unlink()
    with pytest.raises(HomeError, match="cannot be read"):
        home.master()


def test_key_files_open_under_the_master_key_of_their_home_only(world: World) -> None:
    home = Home(world.ash.settings)
    assert home.keys(home.hop_file()).hop
    other = Home(world.hollow.settings)
    with pytest.raises(HomeError, match="cannot be used"):
        other.keys(home.hop_file())


def test_a_home_is_made_once(world: World) -> None:
    with pytest.raises(HomeError, match="already"):
        admin.make_home(world.ash.settings)
    with pytest.raises(HomeError, match="already"):
        admin.make_keys(world.ash.settings, "urn:ltp:org:ash-vale", 0)


def test_nothing_private_can_be_read_by_others(world: World) -> None:
    home = world.ash.settings.home
    private = [home / "master.key", home / "gateway.keys", *home.glob("keys/*.keys")]
    assert len(private) == 4
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


@pytest.mark.parametrize("text", ["", "{}", "[]", "5", "[[]]", "[1]", '[[{"kty": "OKP"}, {}]]', '["ab"]'])
def test_roots_that_are_no_roots_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "roots.json"
    path.write_text(text)
    with pytest.raises(HomeError, match="roots"):
        read_roots(path)


def test_the_roots_of_a_directory_are_read(world: World) -> None:
    assert len(read_roots(world.draft.roots)) == 1


# --- names and keys of the directory -----------------------------------------------------------------------------

BAD_TOKENS = ["../../evil", "..", "a/b", "/evil", "", "UPPER", "a\\b", "a\u0000", "a\n"]


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("kind", "listed", "name", "prefix"),
    [("orgs", "hollow-farm", "org", "urn:ltp:org:"), ("gateways", "hollow", "gateway", "urn:ltp:gw:")],
)
def test_an_entry_whose_name_leads_elsewhere_is_not_taken(
    world: World, kind: str, listed: str, name: str, prefix: str
) -> None:
    entry = world.entry(kind, listed)
    before = everything(world.base)
    for token in BAD_TOKENS:
        with pytest.raises(DirectoryError):
            world.draft.add(entry | {name: prefix + token}, replace=True)
    assert everything(world.base) == before
    assert world.draft.add(entry | {name: f"{prefix}new"}).parent == world.draft.folder / kind


def test_keys_are_made_for_names_of_organisations_only(world: World) -> None:
    before = everything(world.base)
    for token in BAD_TOKENS:
        with pytest.raises(HomeError, match="lower-case"):
            admin.make_keys(world.ash.settings, f"urn:ltp:org:{token}", 0)
    assert everything(world.base) == before
    path = admin.make_keys(world.ash.settings, "urn:ltp:org:new-school", 0)
    assert path.parent == world.ash.settings.home / "keys"


def test_other_keys_for_a_listed_organisation_are_taken_only_when_a_person_says_so(world: World) -> None:
    entry = world.entry("orgs", "hollow-farm")
    other = entry | {"keys": world.entry("orgs", "northshire")["keys"]}
    with pytest.raises(HomeError, match="other keys"):
        world.draft.add(other)
    assert world.entry("orgs", "hollow-farm") == entry
    world.draft.add(entry | {"name": "Hollow Farm Barns"})  # the same keys, another word
    world.draft.add(other, replace=True)
    assert world.entry("orgs", "hollow-farm")["keys"] == other["keys"]
