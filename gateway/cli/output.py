"""What every command shares: how results, findings and errors are shown, and the exit codes."""

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer

GOOD, PROBLEMS, WRONG_USE = 0, 1, 2


class Form(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("-o", "--output", help="How to write the result: text or json.")]

_OURS = ("gateway", "schemas", "signing", "adapters", "conformance")
_MARKS = {"error": "✗", "warning": "!", "info": "·"}


def run(app: typer.Typer) -> NoReturn:
    """Runs the command line; a known problem becomes one sentence on stderr, never a traceback."""
    try:
        app(standalone_mode=True)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(PROBLEMS)
    except ModuleNotFoundError as missing:
        # The base install has all commands; those of a gateway need what only the extra installs.
        if (missing.name or "").partition(".")[0] in _OURS:
            raise
        fail(
            "This command needs more than the base install: install learner-transfer-profile[gateway].",
            WRONG_USE,
        )
    except Exception as problem:
        if type(problem).__module__.partition(".")[0] not in _OURS:
            raise
        fail(str(problem))
    sys.exit(GOOD)


def fail(sentence: str, code: int = PROBLEMS) -> NoReturn:
    """Ends the command with a sentence on stderr."""
    typer.echo(sentence, err=True)
    raise SystemExit(code)


def say(sentence: str) -> None:
    """Progress, on stderr."""
    typer.echo(sentence, err=True)


def show_json(value: object) -> None:
    """A result as JSON on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show_findings(findings: Sequence[dict[str, Any]]) -> None:
    """Findings as sentences: what is wrong, where, what to do."""
    for finding in findings:
        mark = _MARKS.get(str(finding.get("severity")), "·")
        where = finding.get("pointer") or "the whole document"
        typer.echo(f"{mark} {finding['message']}")
        typer.echo(f"    where: {where}   code: {finding['code']}")
        if finding.get("fix"):
            typer.echo(f"    what to do: {finding['fix']}")
