"""``ltp db``: the database of a gateway."""

import typer

from gateway.cli.homes import HomeOption, settings

app = typer.Typer(name="db", help="The database of a gateway.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(home: HomeOption) -> None:
    """Bring the database to the revision that this program needs. Back it up first; stop the gateway."""
    from gateway.files import Home
    from gateway.store import upgrade as run

    typer.echo(f"The database is at revision {run(Home(settings(home)).store)}.")
