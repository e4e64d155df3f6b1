"""The demonstration as its user runs it: the real command, real processes, real HTTP."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

LTP = Path(sys.executable).with_name("ltp")
CANARIES = ("Šmíd", "Okonkwo", "OKONKWO", "Z999100119001", "two-minute warning", "29 February 2012")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One run of the demonstration, with everything kept."""
    folder = tmp_path_factory.mktemp("demo")
    command = [str(LTP), "demo", "--keep", str(folder), "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_everything_arrives_once_and_every_recipient_is_in_the_state_that_its_receipts_prove(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    summary = json.loads(played[1].stdout)
    assert summary["ok"] is True
    assert summary["arrivedOnce"] == {"general": 1, "dsl": 1}
    assert {row["to"]: row["state"] for row in summary["states"][:3]} == {
        "AP.LEAD at hollow-farm/general": "accepted",
        "AP.DSL at hollow-farm/dsl": "opened",
        "LA.INC at northshire/general": "opened",
    }
    report = summary["states"][-1]
    assert report["receipts"] == ["delivered", "opened", "accepted"]


def test_the_signatures_are_verified_from_the_files_of_both_sides(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    verified = json.loads(played[1].stdout)["verifiedFromFiles"]
    assert verified == {"bundles": 12, "receipts": 24}


def test_a_receipt_is_proved_to_be_in_a_log_that_the_other_two_gateways_signed(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    proved = json.loads(played[1].stdout)["provedInLog"]
    assert (proved["status"], proved["signed_by"]) == ("accepted", "urn:ltp:org:ash-vale")
    assert proved["witnesses"] == 2
    assert proved["entry"] < proved["size"]


def test_it_tells_that_the_other_pupil_was_not_sent_and_shows_the_findings_in_words(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    assert "1 other learner: nothing about them is sent" in played[1].stderr
    assert "'Local authority that maintains the plan' is missing" in played[1].stderr


def test_the_page_of_the_final_report_stands_alone(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    page = Path(json.loads(played[1].stdout)["page"]).read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>")
    assert "O’Brien-Šmíd" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=.https?:", page)


def test_nothing_about_a_child_is_in_the_clear_in_any_file_that_is_kept_but_the_page(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    files = [path for path in played[0].rglob("*") if path.is_file() and path.name != "final-report.html"]
    assert any(path.name == "store.sqlite" for path in files)
    for path in files:
        data = path.read_bytes()
        found = [canary for canary in CANARIES if canary.encode() in data]
        assert not found, f"{path.name} holds what only the page may show"


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    command = [str(LTP), "demo", "--keep", str(tmp_path), "--headless"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
