"""``ltp directory``: what goes wrong is a sentence and an exit code, and results can be read by programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.directory.errors import DirectoryRefused


def ltp(*words: object) -> Result:
    return CliRunner().invoke(app, ["directory", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "directory"
    assert ltp("init", "--folder", folder, "--alone").exit_code == 0
    assert ltp("publish", "--folder", folder).exit_code == 0
    return folder


def test_a_good_directory_is_good_in_json_too(folder: Path) -> None:
    done = ltp("verify", folder / "published", "--root", folder / "1.root.json", "-o", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["versions"] == {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1}
    shown = ltp("show", folder / "published", "--root", folder / "1.root.json", "-o", "json")
    assert json.loads(shown.stdout) == []


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "published"),
        ("show",),
        ("show", "published", "--home", "x"),
        ("suspend", "urn:ltp:org:ash-vale", "--folder", "directory"),
        ("suspend", "urn:ltp:org:ash-vale", "--folder", "directory", "--lift", "--reason", "x"),
        ("new-root", "--folder", "directory", "--renew", "root"),
        ("add-org", "nowhere.json", "--folder", "directory"),
        ("no-such-command",),
    ],
)
def test_wrong_use_is_exit_code_2(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LTP_HOME", raising=False)
    assert ltp(*words).exit_code == 2
    assert ltp("--help").exit_code == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"document": 1}', '{"gateway": "urn:ltp:gw:x"}'])
def test_what_is_no_document_is_not_taken(folder: Path, tmp_path: Path, text: str) -> None:
    entry = tmp_path / "entry.json"
    entry.write_text(text)
    done = ltp("add-org", entry, "--folder", folder)
    assert done.exit_code == 1
    assert "ltp keys export-public" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("suspend", "urn:ltp:org:nobody", "--reason", "x"), "unknown"),
        (("suspend", "nobody", "--reason", "x"), "unknown"),
        (("suspend", "urn:ltp:org:../x", "--reason", "x"), "bad_name"),
        (("init", "--alone"), "exists"),
        (("new-root",), "bad_holders"),
    ],
)
def test_a_refusal_has_its_code_and_changes_nothing(folder: Path, words: tuple[Any, ...], code: str) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = ltp(*words, "--folder", folder)
    assert isinstance(done.exception, DirectoryRefused)
    assert done.exception.code == code
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_document_with_members_missing_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    entry = tmp_path / "entry.json"
    entry.write_text('{"org": "urn:ltp:org:ash-vale"}')
    done = ltp("add-org", entry, "--folder", folder)
    assert isinstance(done.exception, DirectoryRefused)
    assert done.exception.where == "orgs/ash-vale"
