"""``ltp directory``: keeping the list of who exists with which keys; roots, entries, publishing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import directory_read
from gateway.cli.homes import HomeOption, now, settings
from gateway.cli.output import WRONG_USE, fail, say, show_json

if TYPE_CHECKING:
    from gateway.directory.keeper import Keeper

app = typer.Typer(name="directory", help="Keep, sign, check and show the directory.", no_args_is_help=True)
directory_read.mount(app)
_Folder = Annotated[Path, typer.Option("--folder", help="The folder in which the directory is kept.")]
_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
_Holders = Annotated[
    list[Path] | None,
    typer.Option("--holder", exists=True, dir_okay=False, help="A holder's public keys; four of them."),
]
_Who = Annotated[str, typer.Argument(help="urn:ltp:org:<token> or urn:ltp:gw:<token>")]


def _keeper(folder: Path) -> "Keeper":
    from gateway.directory.keeper import Keeper

    return Keeper(folder)


@app.command("holder")
def holder(folder: Annotated[Path, typer.Option("--folder", help="A folder of this holder alone.")]) -> None:
    """Make a root holder's keys, on the holder's own machine."""
    from gateway.directory.keeper import new_holder

    say(f"Give {new_holder(folder)} to the keeper. The rest of the folder stays with you.")


@app.command("init")
def init(
    folder: _Folder,
    holders: _Holders = None,
    alone: Annotated[
        bool, typer.Option(help="All four holders in this folder: for trying it out only.")
    ] = False,
) -> None:
    """Start a directory: makes the keys of the online roles and the first root, which its holders sign."""
    from gateway.directory.keeper import read_holder

    if alone:
        _keeper(folder).init_alone(now())
        say(
            "All root keys lie in this folder: that is for trying it out, and no directory that anybody relies on."
        )
    else:
        path = _keeper(folder).init([read_holder(file) for file in holders or []], now())
        say(f"Each holder signs {path} with ltp directory sign; three of the four are enough.")
    say(f"Give {folder / '1.root.json'} to every gateway, by a way that you trust, once it is signed.")


@app.command("sign")
def sign(
    root: _File,
    holder: Annotated[Path | None, typer.Option(help="The holder's folder.")] = None,
    copies: Annotated[
        list[Path] | None,
        typer.Option("--with", exists=True, dir_okay=False, help="A copy that another holder signed."),
    ] = None,
) -> None:
    """Add a holder's signatures to a root, or those of copies that holders signed on their own machines."""
    from gateway.directory.keeper import holder_pair, join_roots, sign_root

    if holder is None and not copies:
        fail("Say who signs with --holder, or give signed copies with --with.", WRONG_USE)
    if holder is not None:
        sign_root(root, holder_pair(holder))
    if copies:
        join_roots(root, copies)
    say(f"Signed: {root}")


@app.command("new-root")
def new_root(
    folder: _Folder,
    holders: _Holders = None,
    renew: Annotated[
        list[str] | None,
        typer.Option(help="A role that gets new keys: targets, snapshot, timestamp."),
    ] = None,
) -> None:
    """Write the next root: other holders, or new keys for online roles. Holders of the old and the new one sign."""
    from gateway.directory.keeper import read_holder
    from gateway.directory.roles import ONLINE

    if any(role not in ONLINE for role in renew or []):
        fail(f"Roles are: {', '.join(ONLINE)}.", WRONG_USE)
    path = _keeper(folder).renew_root([read_holder(file) for file in holders or []], renew or [], now())
    say(f"Three holders of the old root and three of the new one sign {path}. Next: ltp directory publish")


@app.command("gateway-entry")
def gateway_entry(
    home: HomeOption,
    url: Annotated[str | None, typer.Option(help="Where it is reached; none if it only collects.")] = None,
) -> None:
    """Print the document about a gateway for the keeper of the directory."""
    from gateway.admin import gateway_entry as entry
    from gateway.files import Home
    from gateway.keys.survey import directory_in_force

    where = settings(home)
    directory = directory_in_force(Home(where), now())
    show_json(entry(where, url, now(), directory.gateways.get(where.gateway) if directory else None))


@app.command("add-org")
def add_org(
    document: _File,
    folder: _Folder,
    voucher: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="From ltp directory vouch.")
    ] = None,
    recovery: Annotated[
        str, typer.Option(help="Why its former keys did not sign: it counts 72 hours after publishing.")
    ] = "",
) -> None:
    """Take in an organisation's document, as ltp keys export-public printed it: a new one, or its next version."""
    text = voucher.read_text("utf-8") if voucher else ""
    name = _keeper(folder).add(_read(document, "org"), now(), voucher=text, recovery=recovery)
    say(f"Taken in as {name}. Next: ltp directory publish")


@app.command("add-gateway")
def add_gateway(document: _File, folder: _Folder) -> None:
    """Take in a gateway's document, as ltp directory gateway-entry printed it."""
    say(f"Taken in as {_keeper(folder).add(_read(document, 'gateway'), now())}. Next: ltp directory publish")


@app.command("add-voucher")
def add_voucher(who: _Who, voucher: _File, folder: _Folder) -> None:
    """Take in a voucher for an organisation that is in the directory already."""
    _keeper(folder).vouch(_name(who), voucher.read_text("utf-8"))
    say("Taken in. Next: ltp directory publish")


@app.command("vouch")
def vouch(
    document: _File,
    home: HomeOption,
    by: Annotated[str, typer.Option(help="Who vouches: a school or authority whose keys are in this home.")],
) -> None:
    """Print a voucher for an organisation without an identifier: that it is who it says, with these keys."""
    from gateway.directory.entry import check_document
    from gateway.directory.vouching import sign_voucher
    from gateway.files import Home
    from gateway.keys.survey import directory_in_force

    where, said = Home(settings(home)), _read(document, "org")["document"]
    check_document(_name(str(said["org"])), said)
    directory = directory_in_force(where, now())
    if directory is None:
        fail("This gateway has no directory yet: ltp directory refresh.")
    pair = where.cabinet().signing_pair(by, directory, now())
    say(f"You vouch that {said['org']} is who it says it is. Everybody will see that you did.")
    typer.echo(sign_voucher(said, by, pair, now()))


@app.command("suspend")
def suspend(
    who: _Who,
    folder: _Folder,
    reason: Annotated[str, typer.Option(help="Why, for everybody to read.")] = "",
    lift: Annotated[bool, typer.Option(help="End a suspension.")] = False,
) -> None:
    """Suspend an organisation or gateway from the next publishing on, or lift that."""
    if lift is bool(reason):
        fail("Give a reason, or --lift.", WRONG_USE)
    _keeper(folder).suspend(_name(who), reason, now())
    say("Written down. Next: ltp directory publish")


@app.command("publish")
def publish(folder: _Folder) -> None:
    """Sign the directory and put it out. To be run at every change, and twice a day: a timestamp lasts 24 hours."""
    keeper = _keeper(folder)
    version = keeper.publish(now()).snapshot.signed.version
    say(f"Published: version {version}, in {keeper.public}. Serve that folder over https, or copy it.")
    if waiting := keeper.waiting():
        say(f"{waiting} still waits for holders to sign it.")


def _name(who: str) -> str:
    from gateway.directory.resolve import entry_name

    return entry_name(who)


def _read(file: Path, who: str) -> dict[str, Any]:
    """A document, or an organisation's with its step, from a file."""
    import orjson

    try:
        said = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError:
        said = None
    document = said.get("document", said) if isinstance(said, dict) else None
    if not isinstance(document, dict) or who not in document:
        fail(
            "This is not such a document: use what ltp keys export-public or ltp directory gateway-entry printed."
        )
    return said if "document" in said else {"document": said}
