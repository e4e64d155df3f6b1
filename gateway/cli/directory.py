"""``ltp directory``: keeping, signing and checking the list of who exists with which keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.homes import HomeOption, settings
from gateway.cli.output import Form, FormOption, fail, say, show_json

if TYPE_CHECKING:
    from gateway.admin import DirectoryDraft
    from signing import Directory

app = typer.Typer(name="directory", help="Keep, sign and check the directory.", no_args_is_help=True)
_Folder = Annotated[Path, typer.Option("--folder", help="The folder in which the directory is kept.")]
_Entry = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An entry, as JSON.")]


def _draft(folder: Path) -> "DirectoryDraft":
    from gateway.admin import DirectoryDraft

    return DirectoryDraft(folder)


@app.command("init")
def init(folder: _Folder) -> None:
    """Start a directory: makes the root keys that sign it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _draft(folder).init()
    say(
        f"Give {_draft(folder).roots} to every gateway, by a way that you trust. Keep root.keys and master.key apart."
    )


@app.command("add")
def add(
    entry: _Entry,
    folder: _Folder,
    replace: Annotated[
        bool, typer.Option(help="Take other keys for somebody who is listed already.")
    ] = False,
) -> None:
    """Take in an organisation's or a gateway's entry."""
    import orjson

    value = orjson.loads(entry.read_bytes())
    if not isinstance(value, dict) or not ({"org", "gateway"} & value.keys()):
        fail("This is not an entry: use what ltp keys export-public or ltp directory gateway-entry printed.")
    say(f"Taken in as {_draft(folder).add(value, replace=replace)}. Next: ltp directory publish")


@app.command("gateway-entry")
def gateway_entry(
    home: HomeOption,
    url: Annotated[str | None, typer.Option(help="Where it is reached; none if it only collects.")] = None,
) -> None:
    """Print the entry about a gateway for the keeper of the directory."""
    import time

    from gateway.admin import gateway_entry as entry

    show_json(entry(settings(home), url, int(time.time())))


@app.command("publish")
def publish(folder: _Folder) -> None:
    """Sign all entries into one file with a new version."""
    import time

    say(f"Signed: {_draft(folder).publish(int(time.time()))}")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    roots: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The root keys to trust.")],
) -> None:
    """Check a signed directory file."""
    directory = _verified(file, roots)
    typer.echo(f"Good: version {directory.version}, {len(directory.organisations)} organisations.")


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    roots: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The root keys to trust.")],
    output: FormOption = Form.TEXT,
) -> None:
    """Show who is in a signed directory file, and who vouched for whom."""
    rows = []
    for organisation in _verified(file, roots).organisations.values():
        vouched = organisation.vouched_by["organisation"] if organisation.vouched_by else None
        rows.append(
            {
                "organisation": organisation.urn,
                "name": organisation.name,
                "kind": organisation.kind,
                "status": organisation.status,
                "identifiers": dict(organisation.identifiers),
                "vouchedBy": vouched,
            }
        )
    if output is Form.JSON:
        show_json(rows)
        return
    for row in rows:
        vouched = f"  vouched for by {row['vouchedBy']}" if row["vouchedBy"] else ""
        typer.echo(f"{row['organisation']:<34} {row['kind']:<10} {row['status']:<10} {row['name']}{vouched}")


def _verified(file: Path, roots: Path) -> "Directory":
    import time

    from gateway.files import read_roots
    from signing import Directory

    return Directory.parse(file.read_bytes(), read_roots(roots), int(time.time()))
