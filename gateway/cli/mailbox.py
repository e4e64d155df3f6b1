"""``ltp send``, ``ltp inbox``, ``ltp show``: what a school or provider does with its gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import PROBLEMS, Form, FormOption, fail, say, show_findings, show_json

if TYPE_CHECKING:
    from gateway.client import LocalApi

Url = Annotated[str, typer.Option(envvar="LTP_URL", help="Your gateway's address.")]
Token = Annotated[str, typer.Option(envvar="LTP_TOKEN", help="Your token; better in LTP_TOKEN than here.")]
_Transfer = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The transfer (*.ltp.json).")]
_LOCAL = "http://127.0.0.1:8700"

inbox = typer.Typer(
    name="inbox", help="What was received: list it, open it, accept or reject it.", no_args_is_help=True
)


def mount(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command("send")(send)
    app.command("show")(show)
    app.add_typer(inbox)


def _api(url: str, token: str) -> "LocalApi":
    from gateway.client import LocalApi

    return LocalApi(url, token)


def _ask(action: Any, *args: object) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Calls the gateway; a problem is shown with all its findings and ends the command."""
    from gateway.client import ApiProblem, GatewayAway

    try:
        return action(*args)
    except ApiProblem as refused:
        show_findings(refused.problem.get("findings", []))
        fix = refused.problem.get("fix", "")
        fail(f"{refused} {fix}".strip())
    except GatewayAway as away:
        fail(f"{away} Is it running, and is the address right?")


def send(
    transfer: _Transfer,
    token: Token,
    url: Url = _LOCAL,
    ctf: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A CTF to take the learner's details from."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Send again under this key: nothing doubles.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only show what would be said about it.")] = False,
    output: FormOption = Form.TEXT,
) -> None:
    """Send a transfer; the gateway splits it, so that everybody gets what their role may see."""
    api = _api(url, token)
    data, findings = prepared(transfer, ctf)
    if output is Form.TEXT:
        show_findings(findings)
    if any(finding["severity"] == "error" for finding in findings):
        fail("Nothing was sent.")
    answer = _ask(api.post, "/validate", data) if dry_run else _ask(api.post, "/transfers", data, key)
    if output is Form.JSON:
        show_json(answer)
        return
    show_findings(answer["findings"])
    if dry_run:
        say("This could be sent." if answer["sendable"] else "This cannot be sent as it is.")
        raise typer.Exit(0 if answer["sendable"] else PROBLEMS)
    _show_transfer(answer)


def prepared(transfer: Path, ctf: Path | None) -> tuple[bytes, list[dict[str, Any]]]:
    """The transfer's bytes, filled in from a class file where there is one, and what that said."""
    import orjson

    import schemas

    data = transfer.read_bytes()
    if ctf is None:
        return data, []
    from adapters import ADAPTERS, CannotRead, Draft, Hints
    from gateway.prepare import prepare

    value = schemas.load(data)
    try:
        with ctf.open("rb") as stream:
            items = list(ADAPTERS.reader("ctf")(stream, Hints()))
    except CannotRead as refused:
        return data, [finding.to_json() for finding in refused.findings]
    told = [item.to_json() for item in items if isinstance(item, schemas.Finding)]
    if not isinstance(value, dict):
        fail("The transfer is not a JSON object.")
    done = prepare(value, [item for item in items if isinstance(item, Draft)])
    return orjson.dumps(done.transfer), [*told, *(finding.to_json() for finding in done.findings)]


def show(
    transfer_id: Annotated[str, typer.Argument(help="The transfer's id.")],
    token: Token,
    url: Url = _LOCAL,
    output: FormOption = Form.TEXT,
) -> None:
    """Show how a transfer fares: each recipient, its state, and the receipts."""
    answer = _ask(_api(url, token).get, f"/transfers/{transfer_id}")
    if output is Form.JSON:
        show_json(answer)
    else:
        _show_transfer(answer)


def _show_transfer(answer: dict[str, Any]) -> None:
    typer.echo(f"transfer {answer['transferId']}  accepted {answer['acceptedAt']}")
    for bundle in answer["bundles"]:
        reason = f"  ({bundle['reason']})" if bundle["reason"] else ""
        typer.echo(f"  {bundle['to']['role']:<8} {bundle['to']['address']:<40} {bundle['state']}{reason}")
        for receipt in bundle["receipts"]:
            by = f" by {receipt['by']['role']}" if "by" in receipt else ""
            typer.echo(f"           {receipt['status']} {receipt['at']}{by}")


@inbox.command("list")
def inbox_list(token: Token, url: Url = _LOCAL, after: int = 0, output: FormOption = Form.TEXT) -> None:
    """List what was received, as far as your roles may know of it."""
    answer = _ask(_api(url, token).get, f"/inbox?after={after}")
    if output is Form.JSON:
        show_json(answer)
        return
    for bundle in answer["bundles"]:
        typer.echo(f"{bundle['bundleId']}  {bundle['receivedAt']}  {bundle['from']:<32} {bundle['state']}")


@inbox.command("open")
def inbox_open(
    bundle_id: str,
    token: Token,
    url: Url = _LOCAL,
    html: Annotated[Path | None, typer.Option(help="Write the printable page to this file.")] = None,
) -> None:
    """Open a bundle; its sender gets a receipt that says so, with your role."""
    api = _api(url, token)
    if html is None:
        show_json(_ask(api.get, f"/inbox/{bundle_id}"))
        return
    html.write_text(_ask(api.page, f"/inbox/{bundle_id}"), encoding="utf-8")
    say(f"The page is in {html}.")


@inbox.command("accept")
def inbox_accept(bundle_id: str, token: Token, url: Url = _LOCAL) -> None:
    """Accept a bundle into your record."""
    answer = _ask(_api(url, token).post, f"/inbox/{bundle_id}/accept")
    typer.echo(f"{answer['bundleId']}  {answer['state']}")


@inbox.command("reject")
def inbox_reject(
    bundle_id: str,
    code: Annotated[str, typer.Option(help="One of the published reasons, such as wrong-learner.")],
    token: Token,
    url: Url = _LOCAL,
) -> None:
    """Reject a bundle with a published reason."""
    answer = _ask(_api(url, token).post, f"/inbox/{bundle_id}/reject", {"code": code})
    typer.echo(f"{answer['bundleId']}  {answer['state']}")
