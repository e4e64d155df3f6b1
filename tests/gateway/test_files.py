"""The files of a home folder: what is not right is not used, and the text says which file it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway import admin
from gateway.files import Home, HomeError

if TYPE_CHECKING:
    from tests.gateway.conftest import World


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


# --- names and keys ------------------------------------------------------------------------------------------------

BAD_TOKENS = ["../../evil", "..", "a/b", "/evil", "", "UPPER", "a\\b", "a\u0000", "a\n"]


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_keys_are_made_for_names_of_organisations_only(world: World) -> None:
    before = everything(world.base)
    for token in BAD_TOKENS:
        with pytest.raises(HomeError, match="lower-case"):
            admin.make_keys(world.ash.settings, f"urn:ltp:org:{token}", 0)
    assert everything(world.base) == before
    path = admin.make_keys(world.ash.settings, "urn:ltp:org:new-school", 0)
    assert path.parent == world.ash.settings.home / "keys"
