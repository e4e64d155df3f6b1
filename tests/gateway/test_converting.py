"""Converting, on the command line and over the local API: to a clean end or not at all."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.gateway.conftest import World

LTP = Path(sys.executable).with_name("ltp")
CTF = Path(__file__).parents[2] / "gateway" / "demo" / "data" / "ash-vale-ctf.xml"
ROWS = "UPN,Surname,Forename,Date of birth\r\nZ999100119001,O’Néill,Zoë,29/02/2012\r\n"
UNCLEAN = ROWS + "K99910011900A,Okonkwo,Sam,02/30/2012\r\n"


def ltp(*words: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([LTP, "convert", *map(str, words)], capture_output=True, check=False)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "whatever.pdf"
    path.write_text(ROWS, "utf-8")
    return path


def test_a_format_is_found_by_content_and_not_by_name(rows: Path) -> None:
    done = ltp(rows, "-o", "json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["format"], shown["clean"]) == ("csv", True)
    assert shown["drafts"][0]["value"]["legalName"] == {"forename": "Zoë", "surname": "O’Néill"}


def test_one_format_becomes_another_on_standard_output(tmp_path: Path) -> None:
    done = ltp(CTF, "--to", "csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8-sig").startswith("UPN,")
    assert "Not used: /learner/" in done.stderr.decode()
    again = tmp_path / "list"
    again.write_bytes(done.stdout)
    assert len(json.loads(ltp(again, "-o", "json").stdout)["drafts"]) == 2


def test_a_written_file_gets_its_usual_name_in_a_folder(rows: Path, tmp_path: Path) -> None:
    done = ltp(rows, "--to", "csv", "--set", "form=xlsx", "--out", tmp_path, "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"]["name"] == "class-list.xlsx"
    assert (tmp_path / "class-list.xlsx").read_bytes().startswith(b"PK")


def test_what_is_not_clean_is_shown_and_not_written(rows: Path, tmp_path: Path) -> None:
    rows.write_text(UNCLEAN, "utf-8")
    out = tmp_path / "out.csv"
    done = ltp(rows, "--to", "csv", "--out", out)
    assert done.returncode == 1
    assert "month first" in done.stdout.decode()
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--from", "pdf"], "not a file in a format"),
        (["--to", "pdf"], "no such format to write"),
        (["--to", "csv", "--set", "form=pdf"], "Nothing of this can be written"),
    ],
)
def test_a_wrong_wish_is_one_sentence(rows: Path, words: list[str], sentence: str) -> None:
    done = ltp(rows, *words)
    assert done.returncode == 1
    assert sentence in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_limits_can_be_set(rows: Path) -> None:
    rows.write_text(ROWS + "K99910011900A,Okonkwo,Sam,29/02/2012\r\n", "utf-8")
    assert ltp(rows, "--max-pupils", 2).returncode == 0
    assert b"more than 1 pupils" in ltp(rows, "--max-pupils", 1).stdout


def convert(world: World, body: bytes, query: str = "", scopes: str = "validate") -> Any:
    headers = world.ash.bearer(scopes)
    return world.ash.client.post(f"/api/v1/convert{query}", content=body, headers=headers)


def test_the_local_api_converts_alike(shared: World) -> None:
    answer = convert(shared, ROWS.encode(), "?to=csv&form=csv")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["format"], shown["clean"]) == ("csv", True)
    assert base64.b64decode(shown["written"]["content"]).decode("utf-8-sig").startswith("UPN,")
    unclean = convert(shared, UNCLEAN.encode(), "?to=csv").json()
    assert unclean["clean"] is False
    assert "written" not in unclean


def test_the_local_api_refuses_what_the_command_refuses(shared: World) -> None:
    unknown = convert(shared, b"canary-eleven")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "convert.unknown_format")
    assert "canary" not in unknown.text
    assert convert(shared, ROWS.encode(), scopes="inbox").status_code == 403
    assert shared.ash.client.post("/api/v1/convert", content=ROWS.encode()).status_code == 401
