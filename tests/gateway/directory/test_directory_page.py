"""The page on the directory: every command of it is run exactly as it is written, and does what the page says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "directory.md").read_text("utf-8")


class Shell:
    """A folder in which the page's commands are run, section by section."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, commands: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def section(self, heading: str) -> str:
        [text] = re.findall(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
        blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        assert blocks
        return "".join(self.run(block) for block in blocks)

    def shown(self) -> dict[str, Any]:
        rows = json.loads(self.run("ltp directory show --home ltp -o json"))
        return {row["organisation"].rpartition(":")[2]: row for row in rows}

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("ltp gateway status --home ltp -o json"))
        return found


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("page"))


def test_the_page_is_a_story_that_can_be_told_from_its_beginning_to_its_end(shell: Shell) -> None:
    shell.section("Four holders begin it")
    joined = shell.section("An organisation with its gateway joins")
    assert "Good: version 2, 1 organisations." in joined
    assert "Sending goes on until" in joined

    vouched = shell.section("A provider without an identifier joins")
    assert "vouched for by urn:ltp:org:ash-vale on" in vouched
    assert shell.shown()["hollow-farm"]["vouchedBy"]["organisation"] == "urn:ltp:org:ash-vale"

    shell.section("Keys change")
    shell.run("ltp directory refresh --home ltp")
    assert shell.shown()["ash-vale"]["notes"] == []

    waiting = shell.section("All keys are lost")
    assert "new keys without a signature of the old ones; they count from" in waiting
    assert shell.shown()["ash-vale"]["status"] == "active"

    suspended = shell.section("Somebody is suspended")
    assert "suspended by the keeper since" in suspended
    assert shell.shown()["hollow-farm"]["status"] == "suspended"

    before = shell.state()["version"]
    shell.section("A new root")
    assert shell.state()["refused"] is None
    assert shell.state()["version"] > before
    assert (shell.folder / "ltp" / "trust" / "tuf" / "root_history" / "2.root.json").exists()


def test_a_root_that_too_few_have_signed_publishes_nothing(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    names = ("a", "b", "c", "d")
    holders = " ".join(f"--holder {name}/holder.json" for name in names)
    for name in names:
        shell.run(f"ltp directory holder --folder {name}")
    shell.run(f"ltp directory init --folder directory {holders}")
    for name in ("a", "b"):
        shell.run(f"ltp directory sign directory/1.root.json --holder {name}")
    refused = shell.run("ltp directory publish --folder directory 2>&1 || echo refused $?")
    assert "not signed by enough holders" in refused
    assert "refused 1" in refused
    assert not list(tmp_path.glob("directory/published/metadata/timestamp.json"))
    shell.run(
        "ltp directory sign directory/1.root.json --holder c && ltp directory publish --folder directory"
    )
    wrong = "ltp directory sign directory/1.root.json 2>&1 || echo refused $?"
    assert "refused 2" in shell.run(wrong)
