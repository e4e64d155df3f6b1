"""``ltp keys`` and the files behind it: what is listed, what is replaced, what is never overwritten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway import admin
from gateway.cli import app
from gateway.files import Home, HomeError
from gateway.keys import archive, life, shelf
from gateway.keys.archive import Restoring
from gateway.keys.life import DAY_S
from gateway.settings import Settings
from signing import KeyFileError
from signing.lockbox import lock

ORG, OTHER = "urn:ltp:org:ash-vale", "urn:ltp:org:brook-end"
PASSPHRASE = "a long and quiet walk"
BEGAN = 1_795_340_000


class Site:
    """A gateway's folder with the keys of two organisations, and its commands at a time of the test's choice."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.home = Home(Settings(home=folder / "home", gateway="urn:ltp:gw:ash-vale"))
        self.passphrase = folder / "passphrase"
        self._patch = monkeypatch
        self.at(0)

    def at(self, days: float) -> None:
        for module in ("keys", "key_files"):
            self._patch.setattr(f"gateway.cli.{module}.now", lambda: BEGAN + int(days * DAY_S))

    def ltp(self, *words: object, home: Home | None = None) -> Result:
        where = (home or self.home).settings.home
        return CliRunner().invoke(app, ["keys", *map(str, words), "--home", str(where)])

    def good(self, *words: object, home: Home | None = None) -> Result:
        result = self.ltp(*words, home=home)
        assert result.exit_code == 0, result.output
        return result

    def refused(self, *words: object, home: Home | None = None) -> str:
        """The one sentence with which a command ends that cannot do what it was asked."""
        result = self.ltp(*words, home=home)
        assert result.exit_code != 0
        return result.stderr if isinstance(result.exception, SystemExit) else str(result.exception)

    def rows(self, **said: Any) -> list[dict[str, Any]]:
        found = json.loads(self.good("list", "-o", "json").stdout)
        return [row for row in found if all(row[name] == value for name, value in said.items())]

    def another(self, name: str) -> Home:
        """A new gateway's folder."""
        home = Home(Settings(home=self.folder / name, gateway=self.home.settings.gateway))
        admin.make_home(home.settings)
        return home


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    settings = Settings(home=folder / "home", gateway="urn:ltp:gw:ash-vale")
    admin.make_home(settings)
    for organisation in (ORG, OTHER):
        admin.make_keys(settings, organisation, BEGAN)
    (folder / "passphrase").write_text(PASSPHRASE)
    return folder


@pytest.fixture
def site(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(shutil.copytree(filled, tmp_path / "site"), monkeypatch)


# --- list -------------------------------------------------------------------------------------------------------


def test_the_list_says_what_each_key_is_for_and_what_needs_it(site: Site) -> None:
    signing = site.rows(organisation=ORG, purpose="signing")
    assert [(row["alg"], row["state"], row["daysLeft"]) for row in signing] == [
        ("Ed25519", "active", 365),
        ("ML-DSA-65", "active", 365),
    ]
    [general] = site.rows(organisation=ORG, desk="general")
    assert general["neededFor"] == ["messages sealed to it may arrive until 2027-02-05"]
    assert (general["created"], general["exp"]) == ("2026-11-22T09:33:20Z", "2027-01-21T09:33:20Z")
    text = site.good("list").stdout
    assert "encryption/general" in text
    assert "here: it signs until the directory lists a newer one" in text


@pytest.mark.parametrize(("days", "said"), [(29, None), (31, 30), (47, 14), (54, 7)])
def test_the_list_warns_of_keys_that_near_their_end(site: Site, days: int, said: int | None) -> None:
    site.at(days)
    [row] = site.rows(organisation=ORG, desk="general")
    assert row["warning"] == said
    told = site.good("list").stderr
    assert (f"Fewer than {said} days: replace it with ltp keys rotate {row['kid']}" in told) is (
        said is not None
    )


# --- rotate, revoke, expire -------------------------------------------------------------------------------------


def test_what_is_due_is_replaced_once(site: Site) -> None:
    site.at(45)
    assert site.good("rotate", "--all-due").stderr == ""
    site.at(47)
    assert site.good("rotate", "--all-due").stderr.count("is replaced") == 4
    assert site.good("rotate", "--all-due").stderr == ""
    states = [row["state"] for row in site.rows(organisation=OTHER, purpose="encryption")]
    assert states == ["overlapping", "overlapping", "active", "active"]


def test_a_key_that_was_replaced_before_is_left_alone(site: Site) -> None:
    [row] = site.rows(organisation=ORG, desk="dsl")
    site.good("rotate", row["kid"])
    assert "nothing to do" in site.good("rotate", row["kid"]).stderr
    assert len(site.rows(organisation=ORG, desk="dsl")) == 2


def test_a_second_dsl_key_that_is_due_waits_for_its_file_and_fails_the_timer_till_then(site: Site) -> None:
    files = ("--passphrase-file", site.passphrase, "--recovery-file")
    site.good("generate", ORG, *files, site.folder / "1.key")
    assert "second key already" in site.refused("generate", ORG, *files, site.folder / "2.key")
    site.at(47)
    assert "--recovery-file" in site.refused("rotate", "--all-due")
    site.good("rotate", "--all-due", *files, site.folder / "2.key")
    states = [row["state"] for row in site.rows(purpose="recovery")]
    assert states == ["overlapping", "active"]
    site.at(75)
    done = site.good("expire").stdout
    [old, _] = site.rows(purpose="recovery")
    assert f"apart      {old['kid']}" in done
    assert site.folder.joinpath("2.key").stat().st_mode & 0o077 == 0


def test_a_key_is_revoked_from_now_or_from_before(site: Site) -> None:
    row = site.rows(organisation=ORG, purpose="signing")[1]
    site.at(3)
    assert "past" in site.refused("revoke", row["kid"], "--reason", "stolen", "--since", "2026-11-26")
    assert site.ltp("revoke", row["kid"], "--reason", "because").exit_code == 2
    told = site.good("revoke", row["kid"], "--reason", "stolen", "--since", "2026-11-24T08:00:00").stderr
    assert "everything that this pair signs is refused" in told
    record = life.find(site.home.cabinet().keys(ORG), row["kid"])
    assert (record.revoked, record.reason) == (1_795_507_200, "stolen")


def test_keys_are_destroyed_on_their_day_and_stay_in_the_list(site: Site) -> None:
    site.at(50)
    site.good("rotate", "--all-due")
    site.at(74.9)
    assert json.loads(site.good("expire", "-o", "json").stdout)[ORG] == {"destroyed": [], "apart": []}
    site.at(75)
    gone = json.loads(site.good("expire", "-o", "json").stdout)[ORG]["destroyed"]
    assert [row["kid"] for row in site.rows(organisation=ORG, state="destroyed")] == gone
    assert len(gone) == 2
    assert site.good("expire").stdout == ""


def test_an_organisation_that_is_not_listed_yet_must_be_described(site: Site) -> None:
    assert "--name, --kind and --family" in site.refused("export-public", ORG)
    said = site.good("export-public", ORG, "--name", "Ash Vale", "--kind", "school", "--family", "HS")
    assert "priv" not in said.stdout
    assert ORG in said.stdout


# --- backup and restore -----------------------------------------------------------------------------------------


def backed_up(site: Site) -> Path:
    out = site.folder / "keys.backup"
    site.good("backup", out, "--passphrase-file", site.passphrase)
    return out


def restore(site: Site, *words: object, home: Home | None = None) -> str:
    return site.good("restore", *words, "--passphrase-file", site.passphrase, home=home).stderr


def refusal(site: Site, *words: object, home: Home | None = None) -> str:
    return site.refused("restore", *words, "--passphrase-file", site.passphrase, home=home)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix == ".keys"
    }


def test_a_backup_that_is_restored_over_itself_changes_nothing(site: Site) -> None:
    out, before = backed_up(site), files(site.home.settings.home)
    assert "here already" in restore(site, out)
    assert files(site.home.settings.home) == before
    assert "another name" in site.refused("backup", out, "--passphrase-file", site.passphrase)


def test_what_is_missing_comes_back_and_the_rest_is_left_alone(site: Site) -> None:
    out, keys = backed_up(site), site.home.cabinet().keys(ORG)
    before = site.home.key_file(OTHER).read_bytes()
    site.home.key_file(ORG).unlink()
    assert restore(site, out).count("restored") == 1
    assert site.home.cabinet().keys(ORG) == keys
    assert site.home.key_file(OTHER).read_bytes() == before


def test_other_keys_are_never_overwritten_without_a_word_and_are_kept_beside(site: Site) -> None:
    out, before = backed_up(site), site.home.cabinet().keys(ORG)
    [row] = site.rows(organisation=ORG, desk="general")
    site.good("rotate", row["kid"])
    newer = site.home.key_file(ORG).read_bytes()
    assert "--replace" in refusal(site, out)
    assert site.home.key_file(ORG).read_bytes() == newer
    restore(site, out, "--replace")
    assert site.home.cabinet().keys(ORG) == before
    [aside] = site.home.settings.path("keys").glob("*.replaced-*")
    assert aside.read_bytes() == newer


def test_a_broken_key_file_is_in_the_way_too(site: Site) -> None:
    out, before = backed_up(site), site.home.cabinet().keys(ORG)
    site.home.key_file(ORG).write_bytes(b"broken")
    assert str(site.home.key_file(ORG)) in refusal(site, out)
    restore(site, out, "--replace")
    assert site.home.cabinet().keys(ORG) == before


def test_a_new_folder_takes_master_key_hop_key_and_all_sets(site: Site) -> None:
    out, new = backed_up(site), site.another("new")
    assert "master.key" in refusal(site, out, home=new)
    restore(site, out, "--replace", home=new)
    for name in ("master.key", "gateway.keys"):
        assert (name == "gateway.keys") or new.settings.path(name).read_bytes() == site.home.settings.path(
            name
        ).read_bytes()
    assert new.keys(new.hop_file()) == site.home.keys(site.home.hop_file())
    assert new.cabinet().keys(OTHER) == site.home.cabinet().keys(OTHER)


def test_keys_alone_move_to_another_gateway_under_its_own_master_key(site: Site) -> None:
    out = backed_up(site)
    host = Home(Settings(home=site.folder / "host", gateway="urn:ltp:gw:host"))
    admin.make_home(host.settings)
    master, hop = host.master(), host.hop_file().read_bytes()
    assert "another gateway" in refusal(site, out, "--replace", home=host)
    restore(site, out, "--keys-only", home=host)
    assert host.cabinet().organisations() == (ORG, OTHER)
    assert (host.master(), host.hop_file().read_bytes()) == (master, hop)


def test_keys_that_need_the_present_master_key_do_not_lose_it(site: Site) -> None:
    out, new = backed_up(site), site.another("new")
    admin.make_keys(new.settings, "urn:ltp:org:new-school", BEGAN)
    assert "need the present master key" in refusal(site, out, "--replace", home=new)
    restore(site, out, "--keys-only", home=new)
    assert len(new.cabinet().organisations()) == 3


def test_a_file_that_is_no_backup_or_was_changed_restores_nothing(site: Site) -> None:
    out, other = backed_up(site), site.folder / "other"
    assert archive.read_backup(out, PASSPHRASE).made == BEGAN
    other.write_text("{}")
    assert "neither a backup nor" in refusal(site, other)
    for data in (
        out.read_bytes().replace(b"ltp-backup", b"ltp-recovery"),
        out.read_bytes()[:-9],
        lock(b"no json", PASSPHRASE, archive.BACKUP),
        lock(b'{"content":{},"sha256":"AAAA"}', PASSPHRASE, archive.BACKUP),
        lock(archive._framed({"sets": {"../x.keys": ""}}), PASSPHRASE, archive.BACKUP),
    ):
        other.write_bytes(data)
        with pytest.raises((KeyFileError, HomeError)):
            archive.read_backup(other, PASSPHRASE)


def test_a_backup_that_does_not_read_back_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    backed_up(site)
    empty = archive.Backup("urn:ltp:gw:ash-vale", BEGAN, b"", {})
    monkeypatch.setattr(archive, "read_backup", lambda path, passphrase: empty)
    with pytest.raises(HomeError, match="Do not rely on it"):
        archive.back_up(site.home, site.folder / "b", PASSPHRASE, BEGAN)


def test_a_second_dsl_key_comes_back_with_or_without_the_memory_of_it(site: Site) -> None:
    file = site.folder / "dsl.key"
    kid = archive.make_recovery(site.home, ORG, file, PASSPHRASE, BEGAN)
    known = site.home.cabinet().keys(ORG)
    assert kid not in life.private_kids(known)
    for _ in range(2):
        restore(site, file)
        keys = site.home.cabinet().keys(ORG)
        assert life.private_kids(keys) == life.private_kids(known) | {kid}
        assert keys.records == known.records
    # All keys lost: the new set does not know of it.
    site.home.key_file(ORG).unlink()
    assert "ltp keys generate" in refusal(site, file)
    shelf.add(site.home, ORG, life.made(BEGAN))
    restore(site, file)
    keys = site.home.cabinet().keys(ORG)
    assert kid in life.private_kids(keys)
    assert life.find(keys, kid).purpose == "recovery"


def test_keys_are_restored_into_the_folder_of_their_gateway_when_they_are_the_same(site: Site) -> None:
    backup = archive.read_backup(backed_up(site), PASSPHRASE)
    assert archive.restore(site.home, backup, Restoring(), BEGAN) == []
