"""``ltp gateway``: make one, give out tokens, run it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.homes import HomeOption, now, settings
from gateway.cli.output import PROBLEMS, Form, FormOption, fail, say, show_json

if TYPE_CHECKING:
    from gateway.store.records import TokenRow

app = typer.Typer(name="gateway", help="Make a gateway, give out tokens, run it.", no_args_is_help=True)
_Whose = Annotated[str, typer.Option("--organisation", help="Whose tokens: urn:ltp:org:<token>.")]


@app.command("init")
def init(
    home: HomeOption,
    gateway: Annotated[str, typer.Option("--id", help="Who it is: urn:ltp:gw:<token>.")],
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    directory: Annotated[
        str | None, typer.Option(help="Where the directory is published: an https address, or a folder.")
    ] = None,
) -> None:
    """Make a gateway's folder: settings, master key, hop key, database."""
    from gateway.admin import make_home

    make_home(settings(home, gateway=gateway, host=host, port=port, directory=directory))
    say(
        f"The gateway is in {home}. Keep master.key safe and apart from backups: without it nothing can be read."
    )


@app.command("token")
def token(
    home: HomeOption,
    organisation: Annotated[str, typer.Option(help="Whose token: urn:ltp:org:<token>.")],
    holder: Annotated[str, typer.Option(help="The person or system that will use it.")],
    scope: Annotated[list[str], typer.Option(help="What it allows; may be given several times.")],
    role: Annotated[
        list[str] | None, typer.Option(help="A role that the holder reads in, such as AP.LEAD.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How long it lasts.")] = 365,
) -> None:
    """Make a token and print it, once."""
    import time

    from gateway.files import Home
    from gateway.store import Store
    from gateway.tokens import SCOPES, TokenRequest, issue
    from schemas import routes

    unknown = [name for name in scope if name not in SCOPES]
    if unknown:
        fail(f"Scopes are: {', '.join(SCOPES)}.", 2)
    if any(name not in routes.roles() for name in role or ()):
        fail(f"Roles are: {', '.join(routes.roles())}.", 2)
    store = Store(Home(settings(home)).store)
    try:
        wanted = TokenRequest(organisation, holder, scope, role or [], days)
        typer.echo(issue(store, wanted, int(time.time() * 1000)))
    finally:
        store.close()


@app.command("tokens")
def tokens(home: HomeOption, organisation: _Whose, output: FormOption = Form.TEXT) -> None:
    """List the tokens of an organisation: whose they are, what they allow, until when; never the tokens."""
    import time

    from gateway.files import Home
    from gateway.store import Store

    store = Store(Home(settings(home)).store)
    try:
        found = [_described(row, int(time.time() * 1000)) for row in store.tokens(organisation)]
    finally:
        store.close()
    if output is Form.JSON:
        show_json(found)
        return
    for entry in found or [
        {"state": "no token", "id": "", "holder": organisation, "scopes": [], "until": ""}
    ]:
        words = (entry["state"], entry["id"], entry["until"], ", ".join(entry["scopes"]), entry["holder"])
        typer.echo("  ".join(word for word in words if word))


def _described(row: "TokenRow", now_ms: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    ended = "revoked" if row.revoked_ms is not None else "expired" if row.expires_ms <= now_ms else "valid"
    until = datetime.fromtimestamp(row.expires_ms / 1000, UTC).strftime("%Y-%m-%d")
    rights = {"scopes": sorted(row.scopes), "roles": sorted(row.roles)}
    return {"id": row.token_id, "holder": row.holder, "state": ended, "until": until, **rights}


@app.command("revoke-token")
def revoke_token(
    home: HomeOption,
    organisation: _Whose,
    token_id: Annotated[str, typer.Argument(help="The token's id, as ltp gateway tokens lists it.")],
) -> None:
    """Take a token back at once; whoever uses it is refused from now on."""
    import time

    from gateway.files import Home
    from gateway.problems import NotFound
    from gateway.store import Store
    from gateway.tokens import revoke

    store = Store(Home(settings(home)).store)
    try:
        revoke(store, organisation, token_id, int(time.time() * 1000))
    except NotFound:
        fail("There is no token with this id; ltp gateway tokens lists them.", 2)
    finally:
        store.close()
    typer.echo("The token is revoked.")


@app.command("status")
def status(home: HomeOption, output: FormOption = Form.TEXT) -> None:
    """Show how fresh the directory is that this gateway goes by, and what people should know about it."""
    from gateway.directory.source import TrustedDirectory, open_client, sentences

    state = TrustedDirectory(open_client(settings(home)), now).looked_up()
    if output is Form.JSON:
        show_json(state)
    else:
        for line in sentences(state):
            typer.echo(line)
    if not state["sending"]:
        raise SystemExit(PROBLEMS)


@app.command("serve")
def serve(
    home: HomeOption,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
) -> None:
    """Run the gateway until it is told to stop; what is under way is finished first."""
    from gateway.serve import serve as run

    run(settings(home, host=host, port=port))
