"""``ltp keys``: an organisation's keys in a gateway's folder, from their making to their end."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import key_files
from gateway.cli.homes import HomeOption, PassphraseOption, now, passphrase, settings
from gateway.cli.output import PROBLEMS, WRONG_USE, Form, FormOption, fail, say, show_json

app = typer.Typer(name="keys", help="An organisation's keys.", no_args_is_help=True)
key_files.mount(app)
_Organisation = Annotated[str, typer.Argument(help="urn:ltp:org:<token>")]
_RecoveryFile = Annotated[
    Path | None,
    typer.Option(help="Make a second key of the DSL desk, its private half into this file alone."),
]


class Reason(StrEnum):
    """Why a key is revoked, as everybody will read it in the directory."""

    LOST = "lost"
    STOLEN = "stolen"
    SUPERSEDED = "superseded"
    CEASED = "ceased"


@app.command("generate")
def generate(
    organisation: _Organisation,
    home: HomeOption,
    recovery_file: _RecoveryFile = None,
    passphrase_file: PassphraseOption = None,
    recovery: Annotated[
        bool, typer.Option(help="The former keys are lost: the new ones count after 72 hours.")
    ] = False,
) -> None:
    """Make an organisation's keys: a signing pair, an encryption key for each desk, and a second one for the DSL."""
    from gateway.admin import make_keys
    from gateway.files import Home
    from gateway.keys.archive import make_recovery
    from gateway.keys.life import RECOVERY_DELAY_S, second_key

    where = settings(home)
    known = Home(where).key_file(organisation).exists()
    if known and recovery_file is not None and second_key(Home(where).cabinet().keys(organisation)):
        fail("The DSL desk has a second key already; ltp keys rotate replaces it.")
    if recovery_file is None or not known:
        path = make_keys(where, organisation, now(), RECOVERY_DELAY_S if recovery else 0)
        say(f"The keys are in {path}, encrypted.")
    if recovery_file is not None:
        secret = passphrase(passphrase_file, new=True)
        make_recovery(Home(where), organisation, recovery_file, secret, now())
        say(f"The DSL desk's second key is in {recovery_file}: print it, keep it apart, and delete the file.")
    say(f"Next: ltp keys export-public {organisation}")


@app.command("list")
def list_keys(home: HomeOption, output: FormOption = Form.TEXT) -> None:
    """List all keys with their states, dates and what still needs them; no secret is shown."""
    from gateway.files import Home
    from gateway.keys.survey import rows

    found = rows(Home(settings(home)), now())
    if output is Form.JSON:
        show_json(found)
        return
    for row in found:
        purpose = f"{row['purpose']}/{row['desk']}" if row["desk"] else row["purpose"]
        until = f"{row['exp'][:10]} {row['daysLeft']:>4} days"
        typer.echo(
            f"{row['organisation']:<28} {purpose:<18} {row['alg']:<10} {row['state']:<11} {until}  {row['kid']}"
        )
        for need in row["neededFor"]:
            typer.echo(f"    {row['private']}: {need}")
    for row in found:
        if row["warning"] is not None:
            say(f"Fewer than {row['warning']} days: replace it with ltp keys rotate {row['kid']}")


@app.command("rotate")
def rotate(
    home: HomeOption,
    kid: Annotated[list[str] | None, typer.Argument(help="The keys to replace; see ltp keys list.")] = None,
    all_due: Annotated[
        bool, typer.Option(help="Replace every key that nears its end or is revoked.")
    ] = False,
    recovery_file: _RecoveryFile = None,
    passphrase_file: PassphraseOption = None,
) -> None:
    """Put new keys in the place of old ones, which stay for as long as something needs them. Safe to repeat."""
    from gateway.files import Home
    from gateway.keys import archive, life, shelf, survey

    if not kid and not all_due:
        fail("Name the keys to replace, or say --all-due.", WRONG_USE)
    where, time, left = Home(settings(home)), now(), False
    found = [survey.owner_of(where, one) for one in kid or ()] + (survey.due(where, time) if all_due else [])
    for organisation, record in found:
        name = record.kids[0]
        if record.replaced is not None:
            say(f"{name} was replaced before: nothing to do.")
        elif record.purpose != "recovery":
            shelf.change(where, organisation, lambda keys, name=name: life.rotated(keys, name, time))  # type: ignore[misc]
            say(f"{name} is replaced. Next: ltp keys export-public {organisation}")
        elif recovery_file is None:
            left = True
            say(f"{name} is the DSL desk's second key: replace it with --recovery-file.")
        else:
            secret = passphrase(passphrase_file, new=True)
            archive.make_recovery(where, organisation, recovery_file, secret, time)
            say(
                f"{name} is replaced; the new one is in {recovery_file}. Next: ltp keys export-public {organisation}"
            )
    if left:
        raise SystemExit(PROBLEMS)


@app.command("revoke")
def revoke(
    kid: Annotated[str, typer.Argument(help="The key; of a signing pair either one, both are revoked.")],
    home: HomeOption,
    reason: Annotated[Reason, typer.Option(help="Why, for everybody to read.")],
    since: Annotated[
        datetime | None, typer.Option(help="When it was lost or stolen, in UTC, if not now.")
    ] = None,
) -> None:
    """Say that a key must not be trusted any more. It counts once the directory says so too."""
    from datetime import UTC

    from gateway.files import Home
    from gateway.keys import life, shelf, survey

    where = Home(settings(home))
    organisation, record = survey.owner_of(where, kid)
    at = now() if since is None else int(since.replace(tzinfo=UTC).timestamp())
    if at > now():
        fail("A key is revoked from now or from a time that is past.", WRONG_USE)
    shelf.change(where, organisation, lambda keys: life.revoked(keys, kid, at, reason.value))
    say(_MEANING["signing" if record.purpose == "signing" else "encryption"])
    say(f"Next: ltp keys rotate {kid}, then ltp keys export-public {organisation}")


_MEANING = {
    "signing": "From the next directory on, everything that this pair signs is refused, whatever its date. What a "
    "receipt or the log proves to be older than the revocation still counts as evidence.",
    "encryption": "From the next directory on, nobody seals to this key. What is on its way still opens here. Whoever "
    "else has the key can read what they recorded of messages that were sealed to it.",
}


@app.command("expire")
def expire(home: HomeOption, output: FormOption = Form.TEXT) -> None:
    """Destroy the private halves of keys that nothing needs any more. To be run every day."""
    from gateway.files import Home
    from gateway.keys import survey

    done = survey.expire(Home(settings(home)), now())
    if output is Form.JSON:
        show_json({name: {"destroyed": d.destroyed, "apart": d.apart} for name, d in done.items()})
        return
    for one in done.values():
        for kid in one.destroyed:
            typer.echo(f"destroyed  {kid}")
        for kid in one.apart:
            typer.echo(f"apart      {kid}  destroy its file and every print of it")


@app.command("export-public")
def export_public(
    organisation: _Organisation,
    home: HomeOption,
    name: Annotated[
        str | None, typer.Option(help="The organisation's name, if it is not listed yet.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="school, ap, la, agency or auditBody.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Roles: HS, RS, AP, OAP, LA, MA, AUD.")] = None,
    urn: Annotated[str | None, typer.Option(help="Its URN, if it has one.")] = None,
) -> None:
    """Print the signed document about an organisation for the keeper of the directory; it holds public keys only.

    Once an organisation is listed its name alone is enough: the rest is taken from the directory.
    """
    from gateway.admin import NewOrganisation, organisation_entry, renewed_entry, submission
    from gateway.files import Home
    from gateway.keys.survey import directory_in_force

    where = settings(home)
    directory = directory_in_force(Home(where), now())
    listed = directory.organisations.get(organisation) if directory else None
    if name is not None and kind is not None and family:
        new = NewOrganisation(organisation, name, kind, family, where.gateway, {"urn": urn} if urn else {})
        document = organisation_entry(where, new, now())
    elif listed is not None:
        document = renewed_entry(where, listed, now())
    else:
        fail(
            "The organisation is not in this gateway's directory yet: give --name, --kind and --family.",
            WRONG_USE,
        )
    said = submission(where, document, listed, now())
    if "step" not in said:
        say("No key that is listed is here: the keeper can publish this only as a recovery, after 72 hours.")
    show_json(said)
