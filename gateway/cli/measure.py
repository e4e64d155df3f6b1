"""``ltp demo`` and ``ltp bench``: see it work, and how fast."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import PROBLEMS, Form, FormOption, say, show_json


def mount(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command("demo")(demo)
    app.command("bench")(bench)


def demo(
    keep: Annotated[
        Path | None, typer.Option(help="Keep every file of the demonstration in this folder.")
    ] = None,
    headless: Annotated[bool, typer.Option(help="Plain lines without colour, for scripts.")] = False,
    output: FormOption = Form.TEXT,
) -> None:
    """Carry an invented pupil's record from a school to a provider and the LA, and back, in under 20 seconds."""
    from gateway.demo import run

    raise typer.Exit(run(keep=keep, headless=headless, as_json=output is Form.JSON))


def bench(
    row: Annotated[
        list[str] | None, typer.Option(help="Only these rows; may be given several times.")
    ] = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Measure against raw limits on this machine, paired in one run."""
    from gateway.bench import run

    figures = [figure.to_json() for figure in run(row, say)]
    if output is Form.JSON:
        show_json(figures)
        return
    typer.echo(f"{'name':<28}{'value':>14} {'unit':<12}{'ratio':>8}{'limit':>8}")
    for figure in figures:
        ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.2f}"
        limit = "" if figure["limit"] is None else f"{figure['limit']}"
        typer.echo(f"{figure['name']:<28}{figure['value']:>14,.1f} {figure['unit']:<12}{ratio:>8}{limit:>8}")
    raise typer.Exit(0 if figures else PROBLEMS)
