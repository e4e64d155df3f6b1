"""``ltp log`` and ``ltp receipt``: results, exit codes, and plain sentences."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from typer.testing import CliRunner

import signing
from gateway import admin
from gateway.cli import app
from gateway.files import Home
from gateway.log import keys
from gateway.settings import Settings
from gateway.store import log
from gateway.store.writer import each
from signing.encoding import sha256
from signing.log import leaf

if TYPE_CHECKING:
    from gateway.log.book import Book

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "ash"
    admin.make_home(Settings(home=folder, gateway="urn:ltp:gw:ash"))
    assert run("log", "init", "--home", folder)[0] == 0
    return folder


def run(*words: object) -> tuple[int, str]:
    """The exit code and what went to stdout."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def run_json(*words: object) -> tuple[int, Any]:
    code, out = run(*words, "-o", "json")
    return code, json.loads(out)


def book_of(home: Path) -> "Book":
    return keys.open_book(Home(Settings(home=home, gateway="urn:ltp:gw:ash")))


def add(home: Path, *entries: bytes) -> None:
    book = book_of(home)
    book.writer.run(each(log.append), list(entries))
    book.close()


def entry(number: int, at: int = 1_790_000_000) -> bytes:
    digest = sha256(str(number).encode())
    return leaf.entry("sent", at, content_sha256=digest, envelope_sha256=digest)


def test_init_prints_public_keys_once(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    admin.make_home(Settings(home=folder, gateway="urn:ltp:gw:ash"))
    code, out = run("log", "init", "--home", folder)
    printed = json.loads(out)
    assert code == 0
    assert {role: [vkey.split("+")[0] for vkey in vkeys] for role, vkeys in printed.items()} == {
        "log": ["w3id.org/ltp/log/ash"] * 2,
        "witness": ["w3id.org/ltp/witness/ash"] * 2,
    }
    assert not set(printed["log"]) & set(printed["witness"])
    with pytest.raises(Exception, match="There are keys already"):
        run("log", "init", "--home", folder)


def test_without_keys_it_says_what_to_run(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    admin.make_home(Settings(home=folder, gateway="urn:ltp:gw:ash"))
    home = Home(Settings(home=folder, gateway="urn:ltp:gw:ash"))
    assert not keys.has_log(home)
    with pytest.raises(Exception, match="run ltp log init"):
        run("log", "checkpoint", "--home", folder)


def test_the_gateways_witness_is_named_after_it(home: Path) -> None:
    where = Home(Settings(home=home, gateway="urn:ltp:gw:ash"))
    assert keys.has_log(where)
    witness = keys.witness_of(where, {})
    assert witness.identity.vkeys() == keys.public_keys(where)["witness"]


def test_the_log_can_stand_on_a_database_that_is_open_already(home: Path) -> None:
    add(home, entry(0))
    first = book_of(home)
    second = keys.book_on(Home(Settings(home=home, gateway="urn:ltp:gw:ash")), first.reads, first.writer)
    assert second.sign(1_790_000_000).head.size == 1
    assert second.policy == first.policy
    first.close()


def test_a_log_is_signed_proved_exported_and_verified(home: Path, tmp_path: Path) -> None:
    add(home, *map(entry, range(5)))
    code, note = run("log", "checkpoint", "--home", home)
    assert code == 0
    assert note.splitlines()[:2] == ["w3id.org/ltp/log/ash", "5"]
    assert run_json("log", "checkpoint", "--home", home)[1]["note"] == note
    digest = sha256(b"3")
    by_digest = run_json("log", "prove", "--home", home, "--digest", digest)[1]
    assert (by_digest["index"], by_digest["entry"]) == (3, entry(3).decode())
    assert run("log", "prove", "--home", home, "--index", 3)[1] == by_digest["proof"]
    folder = tmp_path / "log"
    assert run("log", "export", folder, "--home", home)[0] == 0
    code, out = run("log", "verify", folder)
    assert code == 0
    assert "Good: the log w3id.org/ltp/log/ash holds 5 entries" in out
    assert "came from the folder itself" in out


@pytest.mark.parametrize("words", [(), ("--index", 0, "--digest", "x")])
def test_an_entry_is_asked_for_in_one_way(home: Path, words: tuple[object, ...]) -> None:
    assert run("log", "prove", "--home", home, *words)[0] == 2


def test_an_entry_that_is_not_there_is_a_problem(home: Path) -> None:
    assert run("log", "prove", "--home", home, "--index", 0)[0] == 1
    assert run("log", "prove", "--home", home, "--digest", sha256(b"x"))[0] == 1


@pytest.fixture
def exported(home: Path, tmp_path: Path) -> Path:
    add(home, *map(entry, range(5)))
    folder = tmp_path / "log"
    run("log", "export", folder, "--home", home)
    return folder


def test_an_edited_log_is_not_good(exported: Path) -> None:
    tile = exported / "tile/entries/000.p/5"
    tile.write_bytes(tile.read_bytes().replace(entry(2), entry(9)))
    code, found = run_json("log", "verify", exported)
    assert code == 1
    assert {name: found[name] for name in ("good", "code", "where")} == {
        "good": False,
        "code": "edited",
        "where": 2,
    }
    code, out = run("log", "verify", exported)
    assert (code, out.splitlines()[-1].strip()) == (1, "code: edited")


def test_checkpoints_and_proofs_got_elsewhere_are_compared(
    home: Path, exported: Path, tmp_path: Path
) -> None:
    note, proof = tmp_path / "note", tmp_path / "x.tlog-proof"
    note.write_bytes((exported / "checkpoint").read_bytes())
    proof.write_text(run("log", "prove", "--home", home, "--index", 3)[1])
    assert run_json("log", "verify", exported, note, proof)[1]["good"]
    add(home, entry(5))
    note.write_text(run("log", "checkpoint", "--home", home)[1])
    code, found = run_json("log", "verify", exported, note)
    assert (code, found["code"], found["where"]) == (1, "truncated", 5)


def test_files_alone_need_keys_and_say_that_entries_are_missing(exported: Path) -> None:
    note = exported / "checkpoint"
    assert run("log", "verify", note)[0] == 2
    code, out = run("log", "verify", note, "--keys", exported / "keys.json")
    assert code == 0
    assert "Only checkpoints were checked" in out
    assert "came from the folder" not in out


def test_wrong_use_is_said(exported: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("x")
    assert run("log", "verify", exported, tmp_path)[0] == 2
    assert run("log", "verify", exported, "--keys", bad)[0] == 2
    assert run("log", "verify", exported, "--directory", bad)[0] == 2
    assert run("log", "verify", tmp_path)[0] == 1


def test_the_keys_of_a_directory_are_trusted_with_its_roots(
    home: Path, exported: Path, tmp_path: Path
) -> None:
    directory, roots = published(home, tmp_path)
    given = ("--directory", directory, "--roots", roots)
    assert run_json("log", "verify", exported, *given)[1]["keys"] == "given"
    assert run_json("log", "verify", exported / "checkpoint", *given)[0] == 0
    directory, roots = published(home, tmp_path / "other", with_log=False)
    code, found = run_json("log", "verify", exported, "--directory", directory, "--roots", roots)
    assert (code, found["code"]) == (1, "unknown_log")


def test_a_log_is_checked_with_the_base_install_only(exported: Path) -> None:
    extras = ("alembic", "fastapi", "pydantic_settings", "sqlalchemy", "starlette", "structlog", "tuf")
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({extras!r}))\nfrom gateway.cli import main\nmain()\n"
    )
    words = ["log", "verify", str(exported), "-o", "json"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["good"]) == (0, True)


def published(home: Path, folder: Path, *, with_log: bool = True, orgs: Any = ()) -> tuple[Path, Path]:
    """A directory with this gateway's entry, and its roots."""
    folder.mkdir(exist_ok=True)
    root = signing.SigningPair.generate()
    entry = admin.gateway_entry(Settings(home=home, gateway="urn:ltp:gw:ash"), None, 1_790_000_000)
    entry.pop("log", None)
    if with_log:
        entry["log"] = keys.public_keys(Home(Settings(home=home, gateway="urn:ltp:gw:ash")))["log"]
    content = {
        "type": "ltp-directory",
        "version": 3,
        "issued": 1_790_000_000,
        "expires": 1_790_100_000,
        "orgs": dict(orgs),
        "gateways": {"ash": entry},
    }
    directory, roots = folder / "directory.json", folder / "roots.json"
    directory.write_bytes(signing.sign_directory(content, root))
    roots.write_bytes(orjson.dumps([root.public.jwks()]))
    return directory, roots
