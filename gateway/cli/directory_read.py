"""``ltp directory verify|show|refresh``: what a gateway, or anybody with the first root, sees of a directory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.homes import HomeOption, now, settings
from gateway.cli.output import GOOD, PROBLEMS, WRONG_USE, Form, FormOption, fail, say, show_json

if TYPE_CHECKING:
    from gateway.directory.client import Known

_Where = Annotated[str, typer.Argument(help="A published directory: its folder or address.")]
_Root = Annotated[
    Path | None, typer.Option("--root", exists=True, dir_okay=False, help="The first root, which you trust.")
]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("verify")(verify)
    app.command("show")(show)
    app.command("refresh")(refresh)


def verify(where: _Where, root: _Root = None, output: FormOption = Form.TEXT) -> None:
    """Check a published directory as a gateway would that sees it for the first time."""
    known = _fetched(where, root)
    organisations = sum(entry.is_organisation for entry in known.entries.values())
    if output is Form.JSON:
        notes = [{"entry": note.name, "note": note.sentence} for note in known.resolved(now()).notes]
        show_json(
            {
                "good": True,
                "versions": dict(known.versions),
                "sendUntil": known.times().expires,
                "notes": notes,
            }
        )
        return
    typer.echo(f"Good: version {known.times().version}, {organisations} organisations.")
    for note in known.resolved(now()).notes:
        typer.echo(f"  {note.name}: {note.sentence}")


def show(
    where: Annotated[
        str | None, typer.Argument(help="A published directory; without it, what a gateway trusts.")
    ] = None,
    root: _Root = None,
    home: Annotated[
        Path | None, typer.Option("--home", envvar="LTP_HOME", help="A gateway's folder.")
    ] = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Show who is in the directory, who vouched for whom and when, and what waits or is suspended."""
    if (where is None) is (home is None):
        fail("Name a published directory with --root, or a gateway with --home.", WRONG_USE)
    rows = _rows(_fetched(where, root) if where is not None else _trusted(home))
    if output is Form.JSON:
        show_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['organisation']:<34} {row['kind']:<10} {row['status']:<10} {row['name']}")
        if row["vouchedBy"]:
            typer.echo(f"    vouched for by {row['vouchedBy']['organisation']} on {row['vouchedBy']['on']}")
        for note in row["notes"]:
            typer.echo(f"    {note}")


def refresh(home: HomeOption, output: FormOption = Form.TEXT) -> None:
    """Fetch the newest directory now; a running gateway takes it at once."""
    from gateway.directory.source import TrustedDirectory, open_client

    directory = TrustedDirectory(open_client(settings(home)), now)
    taken = directory.refresh()
    state = directory.state()
    if output is Form.JSON:
        show_json(state)
        raise typer.Exit(GOOD if taken else PROBLEMS)
    if not taken:
        fail(f"Not taken: {state['why']} What was trusted before stays in use.")
    say(f"Taken: version {state['version']}.")
    for note in state["notes"]:
        say(f"  {note['entry']}: {note['note']}")


def _rows(known: "Known") -> list[dict[str, Any]]:
    at = now()
    notes = known.resolved(at).notes
    return [
        {
            "organisation": organisation.urn,
            "name": organisation.name,
            "kind": organisation.kind,
            "status": organisation.status,
            "identifiers": dict(organisation.identifiers),
            "vouchedBy": dict(organisation.vouched_by) if organisation.vouched_by else None,
            "notes": [note.sentence for note in notes if note.urn == organisation.urn],
        }
        for organisation in known.directory(at).organisations.values()
    ]


def _fetched(where: str, root: Path | None) -> "Known":
    """A published directory, fetched into a folder that is forgotten at once."""
    from tempfile import TemporaryDirectory

    from gateway.directory.source import client_of

    if root is None:
        fail("Name the root that you trust with --root.", WRONG_USE)
    with TemporaryDirectory() as folder:
        return client_of(Path(folder), root.read_bytes(), where, Path()).refresh(now())


def _trusted(home: Path | None) -> "Known":
    from gateway.directory.source import open_client

    known = open_client(settings(home or Path())).load()
    if known is None:
        fail("This gateway has no directory yet: ltp directory refresh.")
    return known
