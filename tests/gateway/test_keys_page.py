"""The page on keys: every command of it is run exactly as it is written, and does what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.files import Home
from gateway.keys.life import RECOVERY_DELAY_S
from gateway.keys.survey import directory_in_force
from gateway.settings import Settings
from signing import Directory

PAGE = (Path(__file__).parents[2] / "docs" / "keys.md").read_text("utf-8")
ORG = "urn:ltp:org:ash-vale"
FIRST = """
ltp directory init --folder directory --alone
ltp gateway init --id urn:ltp:gw:ash-vale --directory ../directory/published
cp directory/1.root.json "$LTP_HOME/directory-root.json"
ltp keys generate urn:ltp:org:ash-vale
ltp keys export-public urn:ltp:org:ash-vale --name Ash --kind school --family HS --urn 999001 > entry.json
ltp directory gateway-entry --url https://gateway.ash-vale.example > gateway.json
ltp directory add-org entry.json --folder directory
ltp directory add-gateway gateway.json --folder directory
ltp directory publish --folder directory
ltp directory refresh
"""


def blocks(heading: str) -> list[str]:
    """The commands under a heading of the page, block by block."""
    [section] = re.findall(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class Site:
    """A folder with a gateway and a directory in it, and a shell that stands there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "ltp"

    def run(self, commands: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "LTP_HOME": str(self.home), **variables}
        done = subprocess.run(
            ["bash", "-euc", commands],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("ltp keys list -o json").stdout)
        return found

    def private(self) -> set[str]:
        return {key["kid"] for key in self.rows() if key["private"] == "here"}

    def directory(self, later: int = 0) -> Directory:
        """What this gateway goes by, now or some seconds later."""
        found = directory_in_force(Home(Settings(home=self.home)), int(time.time()) + later)
        assert found is not None
        return found

    def listed(self, desk: str) -> set[str]:
        """The keys that senders seal to now."""
        return {key.kid for key in self.directory().encryption_keys(f"{ORG}/{desk}", int(time.time()))}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site before anything happened: made once, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "backup.pass").write_text("a long and quiet walk\n")
    (folder / "dsl.pass").write_text("nine grey geese again\n")
    Site(folder).run(FIRST)
    return folder


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return Site(shutil.copytree(template, tmp_path / "site"))


def of(keys: list[dict[str, Any]], **said: Any) -> list[dict[str, Any]]:
    return [key for key in keys if all(key[name] == value for name, value in said.items())]


def test_every_block_of_commands_is_under_a_heading_that_a_test_runs() -> None:
    with_commands = {h for h in re.findall(r"^## (.+)$", PAGE, re.MULTILINE) if blocks(h)}
    source = Path(__file__).read_text("utf-8")
    assert {heading for heading in with_commands if f'blocks("{heading}")' not in source} == set()
    assert len(with_commands) == 8


def test_the_master_key_moves_under_a_file_elsewhere(site: Site) -> None:
    before, master = site.private(), (site.home / "master.key").read_bytes()
    [block] = blocks("What the master key lies under")
    site.run(block)
    assert master not in b"".join(path.read_bytes() for path in site.home.rglob("*") if path.is_file())
    assert site.private() == before
    (site.folder / "kek").unlink()
    with pytest.raises(AssertionError, match="cannot be read"):
        site.rows()


def test_the_second_dsl_key_a_backup_and_a_day_like_any_other(site: Site) -> None:
    [second], [backup], [day] = blocks("The second DSL key"), blocks("A backup"), blocks("Every day")
    assert len(site.listed("dsl")) == 1
    site.run(second)
    [apart] = of(site.rows(), purpose="recovery")
    assert (apart["private"], apart["desk"], apart["daysLeft"]) == ("apart", "dsl", 59)
    assert apart["kid"] in site.listed("dsl")
    assert len(site.listed("dsl")) == 2
    site.run(backup)
    before = site.rows()
    done = site.run(day)
    # Nothing was due, and nothing is destroyed before its time.
    assert [(key["kid"], key["state"]) for key in site.rows()] == [
        (key["kid"], key["state"]) for key in before
    ]
    assert "destroyed" not in done.stdout


def test_a_stolen_pair_is_revoked_and_replaced(site: Site) -> None:
    [old, _] = of(site.rows(), purpose="signing")
    [block] = blocks("A key was stolen")
    site.run(block, KID=old["kid"])
    keys = site.rows()
    assert [key["state"] for key in of(keys, purpose="signing")] == ["revoked"] * 2 + ["active"] * 2
    listed = {key.key.kid: key.revoked_at for key in site.directory().organisation(ORG).signing_keys}
    assert [listed[key["kid"]] is not None for key in of(keys, purpose="signing")] == [
        True,
        True,
        False,
        False,
    ]
    # A stolen pair signs nothing more: it needs no schedule.
    assert f"destroyed  {old['kid']}" in site.run("ltp keys expire").stdout


def test_a_stolen_desk_key_is_listed_no_more(site: Site) -> None:
    [old] = of(site.rows(), desk="general")
    assert site.listed("general") == {old["kid"]}
    [block] = blocks("A key was stolen")
    site.run(block, KID=old["kid"])
    [_, new] = of(site.rows(), desk="general")
    assert site.listed("general") == {new["kid"]}
    # What was sealed to it before the revocation still opens.
    assert old["kid"] in site.private()


def test_lost_key_files_come_back_from_a_backup(site: Site) -> None:
    [backup] = blocks("A backup")
    site.run(backup)
    before = site.private()
    files, folder = blocks("Key files are lost, and there is a backup")
    for path in (site.home / "keys").glob("*.keys"):
        path.unlink()
    assert site.rows() == []
    site.run(files)
    assert site.private() == before
    # The whole folder: the master key too, so that the databases open again.
    master = Home(Settings(home=site.home)).master()
    site.home.rename(site.folder / "burnt")
    site.run(folder)
    assert Home(Settings(home=site.home)).master() == master
    assert site.private() == before


def test_without_a_backup_new_keys_wait_in_the_open_and_the_second_dsl_key_serves_at_once(site: Site) -> None:
    [second] = blocks("The second DSL key")
    site.run(second)
    old, apart = of(site.rows(), purpose="signing"), of(site.rows(), purpose="recovery")[0]
    (site.home / "keys" / "ash-vale.keys").unlink()
    [block] = blocks("Key files are lost, and there is no backup")
    done = site.run(block)
    assert "recovery" in done.stderr
    rows = site.rows()
    assert {key["state"] for key in rows if key["purpose"] != "recovery"} == {"waiting"}
    assert of(rows, kid=apart["kid"])[0]["private"] == "here"
    # Until it counts senders seal to the second key too; then to it and the new one.
    assert apart["kid"] in site.listed("dsl")
    later = site.directory(RECOVERY_DELAY_S + 60)
    dsl = {key.key.kid for key in later.organisation(ORG).desk_keys if key.desk == "dsl"}
    assert dsl == {key["kid"] for key in of(rows, desk="dsl")}
    revoked = {key.key.kid for key in later.organisation(ORG).signing_keys if key.revoked_at is not None}
    assert revoked == {key["kid"] for key in old}


def test_after_a_total_loss_a_new_gateway_starts_with_new_keys(site: Site) -> None:
    old = site.private()
    site.home.rename(site.folder / "burnt")
    [block] = blocks("Everything is lost")
    site.run(block)
    new = site.private()
    assert len(new) == 4
    assert not new & old
    later = site.directory(RECOVERY_DELAY_S + 60).organisation(ORG)
    assert later.active
    assert {key.key.kid for key in later.desk_keys} < new
