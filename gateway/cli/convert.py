"""``ltp convert``: a school system's file to drafts, or to another format, offline."""

import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import typer

from gateway.cli.output import (
    GOOD,
    PROBLEMS,
    WRONG_USE,
    Form,
    FormOption,
    fail,
    say,
    show_findings,
    show_json,
)

if TYPE_CHECKING:
    from gateway.converting import Conversion

_File = Annotated[
    Path, typer.Argument(exists=True, help="The file to read, or the folder of a OneRoster set.")
]
_From = Annotated[str | None, typer.Option("--from", help="Its format; found by content if not given.")]
_To = Annotated[
    str | None, typer.Option("--to", help="Write it in this format, to --out or to standard output.")
]
_Out = Annotated[
    Path | None, typer.Option("--out", help="Where to write; a folder gets the usual file name.")
]
_Wish = Annotated[
    list[str] | None, typer.Option("--set", help="A choice of the written format, as name=value.")
]
_MaxMB = Annotated[int, typer.Option("--max-mb", min=1, help="Refuse files larger than this many megabytes.")]
_MaxPupils = Annotated[int, typer.Option("--max-pupils", min=1, help="Refuse files with more pupils.")]
_FreeText = Annotated[
    bool,
    typer.Option(
        "--free-text", help="Take over what people wrote in safeguarding exports, for the DSL desk."
    ),
]

#: From this size on a terminal shows how far the reading is.
_LARGE = 5_000_000
_MOST_IN_MEMORY = 10_000_000
_HEADINGS = (("used", "Used"), ("changed", "Changed"), ("ignored", "Not used"), ("unmapped", "Not known"))


def mount(app: typer.Typer) -> None:
    """Adds the command to the command line."""
    app.command("convert")(convert)


def convert(
    file: _File,
    source: _From = None,
    target: _To = None,
    out: _Out = None,
    wish: _Wish = None,
    max_mb: _MaxMB = 50,
    max_pupils: _MaxPupils = 20_000,
    free_text: _FreeText = False,
    output: FormOption = Form.TEXT,
) -> None:
    """Turn a file into drafts or into another format, and say what was used, what was not, and what to look at."""
    from adapters import Hints, Wishes
    from gateway.converting import convert as run

    today = datetime.now(UTC).date()
    hints = Hints(max_mb * 1_000_000, max_pupils, today=today, free_text=free_text)
    with _opened(file) as stream:
        done = run(stream, source, target, hints, Wishes(today, _wishes(wish or [])))
    if done.written is not None:
        _write(done, out, output)
    if output is Form.JSON:
        show_json(done.to_json())
    elif target is None or done.written is None:
        _show(done)
    raise typer.Exit(GOOD if done.staged.clean else PROBLEMS)


def _wishes(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not equals for _, equals, _ in pairs):
        fail("Write each choice as name=value.", WRONG_USE)
    return {name: value for name, _, value in pairs}


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file, or the tables of a folder packed as the archive that they are exported as otherwise."""
    if path.is_dir():
        with SpooledTemporaryFile(max_size=_MOST_IN_MEMORY) as packed:
            with zipfile.ZipFile(packed, "w") as archive:
                for table in sorted(path.glob("*.csv")):
                    archive.write(table, table.name)
            packed.seek(0)
            yield cast("BinaryIO", packed)
        return
    with path.open("rb") as stream:
        if path.stat().st_size < _LARGE or not sys.stderr.isatty():
            yield stream
            return
        from rich.console import Console
        from rich.progress import wrap_file

        console = Console(stderr=True)
        with wrap_file(stream, path.stat().st_size, description="Reading", console=console) as shown:
            yield shown


def _write(done: "Conversion", out: Path | None, output: Form) -> None:
    assert done.written is not None  # noqa: S101 - the caller looked
    if out is None:
        if output is Form.JSON:
            fail("Say with --out where the file goes when the reports are wanted as JSON.", WRONG_USE)
        sys.stdout.buffer.write(done.written.content)
        sys.stdout.buffer.flush()
    else:
        place = out / done.written.name if out.is_dir() else out
        place.write_bytes(done.written.content)
    for heading, title in _HEADINGS[1:]:
        for entry in done.written.loss.to_json()[heading]:
            say(f"{title}: {entry['path']} ({entry['count']}): {entry['note']}")
    for finding in done.written.findings:
        say(f"{finding.message} {finding.fix}")


def _show(done: "Conversion") -> None:
    shown: dict[str, Any] = done.to_json()
    learners = sum(draft["kind"] == "learner" for draft in shown["drafts"])
    others = len(shown["drafts"]) - learners
    typer.echo(f"{learners} learners and {others} other drafts read; use -o json for the drafts.")
    show_findings(shown["findings"])
    for heading, title in _HEADINGS:
        entries = shown["loss"][heading]
        typer.echo(f"{title}: {len(entries)} kinds of entries")
        if heading != "used":
            for entry in entries:
                note = f": {entry['note']}" if entry["note"] else ""
                typer.echo(f"    {entry['path']} ({entry['count']}){note}")
