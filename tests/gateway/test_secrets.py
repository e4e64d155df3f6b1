"""Canaries: no seed, key, passphrase or plaintext in logs, exceptions, `repr`, temporary files or command output."""

from __future__ import annotations

import base64
import secrets
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import signing
from gateway import admin
from gateway.cli import app
from gateway.files import Home, read_passphrase
from gateway.keys import archive, life
from gateway.keys.archive import Restoring
from gateway.keys.kek import LocalKek
from gateway.settings import Settings
from gateway.vault import Vault
from signing.lockbox import HiddenText

if TYPE_CHECKING:
    from tests.gateway.conftest import Json, World

ORG, OTHER = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm"
GENERAL = f"{OTHER}/general"
PASSPHRASE, WRONG = "canary in a coal mine", "a canary of another mine"
PLAINTEXT = "Canaryworth"
NOW = 1_795_340_000


def forms(secret: bytes) -> list[str]:
    """A secret as it could be shown: as text, raw, as Python writes bytes, in hexadecimal, in both base64s."""
    plain, url = base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode()
    raw = secret.decode("latin-1")
    return [raw, repr(secret)[2:-1], secret.hex(), plain.rstrip("="), url.rstrip("="), str(list(secret))]


def seeds(keys: signing.KeySet) -> list[bytes]:
    """Everything secret in a set of keys."""
    pairs = [key.seed for pair in keys.signing for key in (pair.ed25519, pair.ml_dsa)]
    return [*pairs, *(key.seed for key in keys.encryption), *(key.seed for key in keys.hop)]


def betrayed(shown: str, *hidden: bytes) -> list[str]:
    """The forms of secrets that stand in what was shown."""
    return [form for secret in hidden for form in forms(secret) if form in shown]


def told(problem: BaseException) -> str:
    """All that an exception can show, its local variables included."""
    text = traceback.TracebackException.from_exception(problem, capture_locals=True).format()
    return "\n".join([str(problem), repr(problem), *text])


@dataclass
class Safe:
    """A gateway's folder under a passphrase, with a backup and a second DSL key, and all its secrets."""

    folder: Path
    home: Home
    hidden: list[bytes]

    def path(self, name: str) -> Path:
        return self.folder / name

    def passphrase(self, name: str = "pass") -> str:
        """A passphrase as commands get it."""
        return read_passphrase(self.path(name))

    def again(self, **settings: Any) -> Home:
        return Home(self.home.settings.model_copy(update=settings))

    def cli(self, *words: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["keys", *map(str, words), "--home", str(self.home.settings.home)])
        shown = result.output + (told(result.exception) if result.exception else "")
        return result.exit_code, shown


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("safe")
    (folder / "pass").write_text(PASSPHRASE)
    (folder / "wrong").write_text(WRONG)
    settings = Settings(home=folder / "home", gateway="urn:ltp:gw:ash-vale", passphrase_file=folder / "pass")
    admin.make_home(settings)
    admin.make_keys(settings, ORG, NOW)
    home = Home(settings)
    archive.make_recovery(home, ORG, folder / "dsl.key", PASSPHRASE, NOW)
    archive.back_up(home, folder / "keys.backup", PASSPHRASE, NOW)
    return folder


@pytest.fixture
def safe(filled: Path, tmp_path: Path) -> Safe:
    folder = shutil.copytree(filled, tmp_path / "safe")
    settings = Settings(home=folder / "home", gateway="urn:ltp:gw:ash-vale", passphrase_file=folder / "pass")
    home = Home(settings)
    sets = [home.keys(home.hop_file()), home.keys(home.key_file(ORG))]
    master = [bytes(home.master()), bytes(home.kek()), bytes(home.vault_key())]
    return Safe(
        folder, home, [*master, PASSPHRASE.encode(), *(seed for keys in sets for seed in seeds(keys))]
    )


def test_a_canary_that_is_shown_is_seen() -> None:
    secret = secrets.token_bytes(32)
    for shown in forms(secret):
        assert betrayed(f"before {shown} after", secret)
    assert not betrayed("before after", secret)

    def fail(key: bytes) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        fail(secret)
    assert betrayed(told(caught.value), secret)


# --- repr -------------------------------------------------------------------------------------------------------


def test_no_repr_of_anything_that_holds_a_key_shows_it(safe: Safe) -> None:
    keys = safe.home.keys(safe.home.key_file(ORG))
    cabinet = safe.home.cabinet()
    kek = LocalKek("a test", safe.home.master())
    vault = Vault(safe.folder / "datakeys.sqlite", safe.home.vault_key())
    data_key = vault.key_for(ORG, "a subject", "dsl")
    shown: list[object] = [
        keys,
        *keys.signing,
        keys.signing[0].ed25519,
        *keys.encryption,
        *keys.records,
        *safe.home.keys(safe.home.hop_file()).hop,
        cabinet,
        cabinet._drawers,
        cabinet.recipient(ORG),
        safe.home,
        safe.home.settings,
        safe.home.master(),
        safe.home.kek(),
        safe.home.vault_key(),
        read_passphrase(safe.path("pass")),
        kek,
        vault,
        data_key,
        archive.read_backup(safe.path("keys.backup"), PASSPHRASE),
    ]
    vault.close()
    for value in shown:
        assert not betrayed(repr(value) + pformat(value) + f"{value!r}", *safe.hidden), type(value)


def test_no_repr_of_a_running_gateway_shows_a_key(world: World) -> None:
    hidden = [
        *seeds(world.keys(ORG)),
        Home(world.ash.settings).master(),
        Home(world.ash.settings).vault_key(),
    ]
    for value in (world.ash.running, world.ash.services, world.ash.services.signer, world.ash.services.vault):
        assert not betrayed(repr(value) + pformat(value), *hidden)


# --- exceptions -------------------------------------------------------------------------------------------------


def tampered(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    return path


FAILURES: dict[str, Callable[[Safe], object]] = {
    "wrong passphrase of the master key": lambda s: s.again(passphrase_file=s.path("wrong")).cabinet(),
    "passphrase that is away": lambda s: s.again(passphrase_file=s.path("nowhere")).cabinet(),
    "master key under nothing": lambda s: s.again(passphrase_file=None).cabinet(),
    "master key that was changed": lambda s: (tampered(s.home.settings.path("master.key")), s.again().kek()),
    "key file that was changed": lambda s: (tampered(s.home.key_file(ORG)), s.home.cabinet()),
    "file of another kind": lambda s: s.home.keys(s.path("dsl.key")),
    "keys made twice": lambda s: admin.make_keys(s.home.settings, ORG, NOW),
    "backup under a short passphrase": lambda s: archive.back_up(
        s.home, s.path("b"), HiddenText("short"), NOW
    ),
    "backup over a file": lambda s: archive.back_up(s.home, s.path("keys.backup"), s.passphrase(), NOW),
    "backup under another passphrase": lambda s: archive.read_backup(
        s.path("keys.backup"), s.passphrase("wrong")
    ),
    "backup that was changed": lambda s: archive.read_backup(tampered(s.path("keys.backup")), s.passphrase()),
    "recovery key under another passphrase": lambda s: archive.restore_recovery(
        s.home, s.path("dsl.key"), s.passphrase("wrong")
    ),
    "recovery key without other keys": lambda s: recovered_alone(s),
    "restoring over other keys": lambda s: restored_over_others(s),
    "a key that nobody has": lambda s: life.rotated(s.home.keys(s.home.key_file(ORG)), "AAAA", NOW),
    "a vault under another key": lambda s: vault_of_another(s),
    "a passphrase for a key": lambda s: signing.open_keys(s.home.key_file(ORG).read_bytes(), s.passphrase()),
}


def vault_of_another(safe: Safe) -> None:
    path = safe.folder / "datakeys.sqlite"
    for key in (safe.home.vault_key(), safe.home.kek()):
        vault = Vault(path, key)
        try:
            vault.key_for(ORG, f"a subject of {path.stat().st_size}", "general")
        finally:
            vault.close()


def recovered_alone(safe: Safe) -> None:
    safe.home.key_file(ORG).unlink()
    archive.restore_recovery(safe.home, safe.path("dsl.key"), safe.passphrase())


def restored_over_others(safe: Safe) -> None:
    safe.home.write_keys(safe.home.key_file(ORG), life.made(NOW))
    backup = archive.read_backup(safe.path("keys.backup"), safe.passphrase())
    archive.restore(safe.home, backup, Restoring(), NOW)


@pytest.mark.parametrize("name", FAILURES)
def test_no_exception_about_keys_shows_one(safe: Safe, name: str) -> None:
    with pytest.raises((RuntimeError, signing.SigningError)) as caught:
        FAILURES[name](safe)
    # What this test itself holds in its variables is not what is asked about.
    frames = caught.value.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    assert not betrayed(told(caught.value.with_traceback(frames)), *safe.hidden, WRONG.encode())


def test_an_envelope_that_is_refused_shows_neither_its_content_nor_its_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {**world.bundle(), "note": PLAINTEXT}
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "token_bytes", lambda size: b"\x77" * size)
        sealed = world.seal(ORG, GENERAL, body)
    me = world.hollow.services.cabinet.recipient(OTHER)
    directory = world.hollow.services.directory.current()
    assert signing.unseal(sealed.envelope, me, directory, int(world.time.value)).body["note"] == PLAINTEXT
    desks = [key for key in world.entry("orgs", "ash-vale")["keys"] if "desk" in key]
    world.change("orgs", "ash-vale", keys=desks)
    directory = world.hollow.services.directory.current()
    with pytest.raises(signing.UnsealError) as caught:
        signing.unseal(sealed.envelope, me, directory, int(world.time.value))
    assert caught.value.code == "unknown_key"
    frames = caught.value.__traceback__
    assert frames is not None
    shown = told(caught.value.with_traceback(frames.tb_next))
    assert PLAINTEXT not in shown
    assert not betrayed(shown, b"\x77" * 32, *seeds(world.keys(OTHER)))


# --- commands ---------------------------------------------------------------------------------------------------


def test_no_command_about_keys_shows_a_secret(safe: Safe) -> None:
    kid = safe.home.keys(safe.home.key_file(ORG)).encryption[0].kid
    public = ("--name", "Ash Vale School", "--kind", "school", "--family", "HS")
    good: list[tuple[object, ...]] = [
        ("list",),
        ("list", "-o", "json"),
        ("rotate", kid),
        ("rotate", kid),
        (
            "rotate",
            "--all-due",
            "--recovery-file",
            safe.path("2.key"),
            "--passphrase-file",
            safe.path("pass"),
        ),
        ("revoke", kid, "--reason", "stolen"),
        ("expire",),
        ("expire", "-o", "json"),
        ("export-public", ORG, *public),
        ("backup", safe.path("b2"), "--passphrase-file", safe.path("pass")),
        ("restore", safe.path("b2"), "--passphrase-file", safe.path("pass")),
        ("restore", safe.path("dsl.key"), "--passphrase-file", safe.path("pass")),
        ("generate", "urn:ltp:org:new-school"),
        ("rewrap",),
    ]
    bad: list[tuple[object, ...]] = [
        ("generate", ORG),
        ("generate", "no name"),
        ("rotate",),
        ("rotate", "AAAA"),
        ("revoke", "AAAA", "--reason", "lost"),
        ("revoke", kid, "--reason", "lost", "--since", "2099-01-01"),
        ("export-public", ORG),
        ("backup", safe.path("keys.backup"), "--passphrase-file", safe.path("pass")),
        ("restore", safe.path("b2"), "--passphrase-file", safe.path("wrong")),
        ("restore", safe.path("pass"), "--passphrase-file", safe.path("pass")),
        ("rewrap", "--plain", "--kms-key", "x"),
    ]
    environment = {"LTP_PASSPHRASE_FILE": str(safe.path("pass"))}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        for words, wanted in [*((w, True) for w in good), *((w, False) for w in bad)]:
            code, shown = safe.cli(*words)
            assert (code == 0) is wanted, (words, shown)
            assert not betrayed(shown, *safe.hidden, WRONG.encode()), words
    after = seeds(safe.home.keys(safe.home.key_file(ORG)))
    assert len(after) > len(safe.hidden) - 5


def test_a_passphrase_is_asked_for_and_not_echoed(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTP_PASSPHRASE_FILE", str(safe.path("pass")))
    words = ["keys", "backup", str(safe.path("b3")), "--home", str(safe.home.settings.home)]
    result = CliRunner().invoke(app, words, input=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert result.exit_code == 0, result.output
    assert PASSPHRASE not in result.output
    assert archive.read_backup(safe.path("b3"), PASSPHRASE).sets


# --- logs and files ---------------------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    tempfile.tempdir = None


def with_canary(transfer: Json) -> Json:
    """A transfer with a canary in a name."""
    transfer["learner"]["legalName"]["surname"] = PLAINTEXT
    return transfer


def lying(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def test_a_gateway_at_work_leaves_no_secret_in_logs_temporary_files_or_its_folder(
    world: World, watched: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Home(world.ash.settings)
    hidden = [*seeds(world.keys(ORG)), *seeds(world.keys(OTHER)), *seeds(home.keys(home.hop_file()))]
    transfer = with_canary(world.start())
    assert world.ash.send(transfer).status_code == 202, "the canary must be sent"
    world.settle()
    # Something goes wrong too: a key file that breaks, a message that nobody can open, one that was changed.
    key_file = Home(world.hollow.settings).key_file(OTHER)
    good = key_file.read_bytes()
    key_file.write_bytes(good[:-7])
    sealed = world.seal(ORG, GENERAL, world.bundle())
    assert world.post(world.hollow, sealed.envelope).status_code == 202
    assert (
        world.post(world.hollow, sealed.envelope[:-30] + sealed.envelope[-30:].swapcase()).status_code >= 400
    )
    key_file.write_bytes(good)
    out, err = capfd.readouterr()
    assert "keys.unusable" in out + err
    master = home.settings.path("master.key").read_bytes()
    folder = lying(world.base).replace(master.decode("latin-1"), "", 1)
    for shown in (out, err, lying(watched), folder):
        assert not betrayed(shown, *hidden, master)
        assert PLAINTEXT not in shown


def test_keys_at_work_leave_no_secret_in_temporary_files_or_beside_the_key_files(
    safe: Safe, watched: Path
) -> None:
    home = safe.home
    archive.make_recovery(home, ORG, safe.path("next.key"), PASSPHRASE, NOW)
    archive.back_up(home, safe.path("next.backup"), PASSPHRASE, NOW)
    home.write_keys(home.key_file(ORG), life.made(NOW))
    backup = archive.read_backup(safe.path("next.backup"), PASSPHRASE)
    assert archive.restore(home, backup, Restoring(replace=True), NOW)
    after = seeds(home.keys(home.key_file(ORG)))
    for name in ("pass", "wrong"):
        safe.path(name).unlink()
    assert list(watched.iterdir()) == []
    assert not betrayed(lying(safe.folder), *safe.hidden, *after)
    assert not list(safe.folder.rglob("*.part"))


def test_a_gateway_opens_under_a_passphrase_and_keeps_none_of_it_in_sight(
    world: World, tmp_path: Path
) -> None:
    secret, node = tmp_path / "passphrase", world.ash
    secret.write_text(PASSPHRASE)
    master = Home(node.settings).master()
    node.close()
    wrapped = node.settings.model_copy(update={"passphrase_file": secret})
    Home(node.settings).rewrap(Home(wrapped))
    node.settings = wrapped
    node.open()
    assert node.services.cabinet.serves(ORG)
    shown = repr(node.running) + pformat(node.running) + pformat(node.services)
    assert not betrayed(shown, PASSPHRASE.encode(), master, *seeds(world.keys(OTHER)))
    assert not betrayed(lying(node.settings.home), PASSPHRASE.encode(), master)
