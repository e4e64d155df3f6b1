"""The command line: results, exit codes, and sentences instead of tracebacks."""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app

LTP = Path(sys.executable).with_name("ltp")
EXAMPLES = Path(str(resources.files("schemas"))) / "v1" / "examples"
DATA = Path(str(resources.files("gateway.demo"))) / "data"
TRANSFER = EXAMPLES / "transfer" / "valid" / "start-of-placement.json"


def ltp(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LTP), *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from gateway.cli import app; "
        "heavy = {'fastapi', 'sqlalchemy', 'lxml', 'cryptography', 'httpx2', 'jsonschema_rs', 'uvicorn'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    ["demo", "validate", "convert", "keys", "directory", "gateway", "send", "inbox", "show", "bench", "db"],
)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_valid_transfer_is_valid_and_exit_code_0() -> None:
    done = ltp("validate", TRANSFER)
    assert done.returncode == 0, done.stderr
    assert "valid (transfer)" in done.stdout


def test_every_problem_of_a_bad_transfer_is_told_at_once_without_its_values(tmp_path: Path) -> None:
    value = json.loads(TRANSFER.read_bytes())
    value["learner"]["upn"] = "Z99910011900199"
    value["learner"]["dateOfBirth"] = "2012-02-31"
    value["learner"]["shoeSize"] = "canary-eleven"
    value["documents"][0]["domainDevelopment"][0]["areaRef"] = "esi.canary"
    bad = tmp_path / "bad.ltp.json"
    bad.write_text(json.dumps(value))
    done = ltp("validate", bad, "-o", "json")
    assert done.returncode == 1
    found = {(f["code"], f["pointer"]) for f in json.loads(done.stdout)[0]["findings"]}
    assert {
        ("schema.pattern", "/learner/upn"),
        ("schema.format", "/learner/dateOfBirth"),
        ("schema.unknown-property", "/learner/shoeSize"),
        ("PRF-01", "/documents/0/domainDevelopment/0/areaRef"),
    } <= found
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize("content", [b"", b"{", b"[1,2", b"\xff\xfe\xfd", b'{"a":1,"a":2}', b"[" * 100_000])
def test_what_is_not_json_is_one_sentence_and_never_a_traceback(tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(content)
    done = ltp("validate", bad)
    assert done.returncode == 1
    assert "not valid" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_class_file_is_converted_and_what_was_not_used_is_said() -> None:
    done = ltp("convert", DATA / "ash-vale-ctf.xml", "-o", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [draft["value"]["upn"] for draft in report["drafts"]] == ["Z999100119001", "R999100120014"]
    assert report["clean"] is True
    assert report["loss"]["ignored"]


def test_a_file_of_no_known_format_is_one_sentence(tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.xml"
    stranger.write_text("<recipe/>")
    done = ltp("convert", stranger)
    assert done.returncode == 1
    assert "format" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_use_is_exit_code_2() -> None:
    assert ltp("validate").returncode == 2
    assert ltp("validate", TRANSFER, "--schema", "recipe").returncode == 2


def test_a_gateway_that_is_away_is_one_sentence() -> None:
    done = ltp(
        "show", "7e1c9a40-52d8-4b6f-8e31-000000000032", "--url", "http://127.0.0.1:9", "--token", "ltp_x"
    )
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gateway_is_set_up_with_the_commands_that_the_documentation_names(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "directory"
    words = ("--id", "urn:ltp:gw:ash-vale", "--directory", folder / "published")
    assert ltp("gateway", "init", "--home", home, *words).returncode == 0
    assert ltp("keys", "generate", "urn:ltp:org:ash-vale", "--home", home).returncode == 0
    public = ltp(
        "keys", "export-public", "urn:ltp:org:ash-vale", "--home", home,
        "--name", "Ash Vale School", "--kind", "school", "--family", "HS", "--urn", "999001",
    )  # fmt: skip
    assert public.returncode == 0, public.stderr
    entry = ltp("directory", "gateway-entry", "--home", home, "--url", "https://gateway.ash-vale.example")
    assert ltp("directory", "init", "--folder", folder, "--alone").returncode == 0
    for command, printed in (("add-org", public.stdout), ("add-gateway", entry.stdout)):
        (tmp_path / "entry.json").write_text(printed)
        done = ltp("directory", command, tmp_path / "entry.json", "--folder", folder)
        assert done.returncode == 0, done.stderr
    assert ltp("directory", "publish", "--folder", folder).returncode == 0
    checked = ltp("directory", "verify", folder / "published", "--root", folder / "1.root.json")
    assert checked.stdout.startswith("Good: version 1, 1 organisations")
    assert ltp("gateway", "status", "--home", home).returncode == 1
    (home / "directory-root.json").write_bytes((folder / "1.root.json").read_bytes())
    assert ltp("directory", "refresh", "--home", home).returncode == 0
    status = ltp("gateway", "status", "--home", home)
    assert (status.returncode, status.stdout[:26]) == (0, "The directory is version 1")
    token = ltp(
        "gateway", "token", "--home", home, "--organisation", "urn:ltp:org:ash-vale",
        "--holder", "MIS", "--scope", "transfers",
    )  # fmt: skip
    assert token.stdout.startswith("ltp_")
    keys = json.loads(ltp("keys", "list", "--home", home, "-o", "json").stdout)
    assert {key["alg"] for key in keys} == {"Ed25519", "ML-DSA-65", "HPKE-9-KE"}


def test_tokens_are_listed_without_their_text_and_taken_back_at_once(tmp_path: Path) -> None:
    home, org = tmp_path / "home", "urn:ltp:org:ash-vale"
    assert ltp("gateway", "init", "--home", home, "--id", "urn:ltp:gw:ash-vale").returncode == 0
    given = ("--home", home, "--organisation", org)
    text = ltp("gateway", "token", *given, "--holder", "MIS", "--scope", "transfers").stdout.strip()
    listed = ltp("gateway", "tokens", *given, "-o", "json")
    [row] = json.loads(listed.stdout)
    assert (row["state"], row["holder"], row["scopes"]) == ("valid", "MIS", ["transfers"])
    assert text.startswith("ltp_")
    assert text not in listed.stdout
    assert ltp("gateway", "revoke-token", row["id"], *given).returncode == 0
    assert ltp("gateway", "tokens", *given).stdout.startswith("revoked")
    other = ("--home", home, "--organisation", "urn:ltp:org:hollow-farm")
    assert json.loads(ltp("gateway", "tokens", *other, "-o", "json").stdout) == []
    refused = ltp("gateway", "revoke-token", row["id"], *other)
    assert refused.returncode == 2
    assert "There is no token" in refused.stderr


def test_a_tampered_directory_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "directory"
    assert ltp("directory", "init", "--folder", folder, "--alone").returncode == 0
    assert ltp("directory", "publish", "--folder", folder).returncode == 0
    words = ("directory", "verify", folder / "published", "--root", folder / "1.root.json")
    assert ltp(*words).returncode == 0
    file = folder / "published" / "metadata" / "timestamp.json"
    file.write_bytes(file.read_bytes().replace(b'"version":1', b'"version":2', 1))
    done = ltp(*words)
    assert done.returncode == 1
    assert "Tell the keeper" in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_and_master_key_are_for_their_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert ltp("gateway", "init", "--home", home, "--id", "urn:ltp:gw:ash-vale").returncode == 0
    assert ltp("keys", "generate", "urn:ltp:org:ash-vale", "--home", home).returncode == 0
    for path in (home / "master.key", home / "gateway.keys", home / "keys" / "ash-vale.keys"):
        assert path.stat().st_mode & 0o077 == 0, path.name
    (home / "master.key").chmod(0o644)
    done = ltp("keys", "list", "--home", home)
    assert done.returncode == 1
    assert "chmod 600" in done.stderr


def test_key_files_can_be_under_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, home = tmp_path / "passphrase", tmp_path / "home"
    secret.write_text("correct horse battery staple\n")
    monkeypatch.setenv("LTP_PASSPHRASE_FILE", str(secret))
    assert ltp("gateway", "init", "--home", home, "--id", "urn:ltp:gw:ash-vale").returncode == 0
    assert ltp("keys", "generate", "urn:ltp:org:ash-vale", "--home", home).returncode == 0
    assert "ML-DSA-65" in ltp("keys", "list", "--home", home).stdout
    secret.write_text("incorrect horse battery staple\n")
    done = ltp("keys", "list", "--home", home)
    assert done.returncode == 1
    assert "horse" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
