"""``ltp keys``: an organisation's keys in a gateway's folder."""

from typing import Annotated

import typer

from gateway.cli.homes import HomeOption, settings
from gateway.cli.output import Form, FormOption, say, show_json

app = typer.Typer(name="keys", help="An organisation's keys.", no_args_is_help=True)
_Organisation = Annotated[str, typer.Argument(help="urn:ltp:org:<token>")]


@app.command("generate")
def generate(organisation: _Organisation, home: HomeOption) -> None:
    """Make an organisation's keys: a signing pair, and an encryption key for each desk."""
    import time

    from gateway.admin import make_keys

    path = make_keys(settings(home), organisation, int(time.time()))
    say(f"The keys are in {path}, encrypted. Next: ltp keys export-public {organisation}")


@app.command("list")
def list_keys(home: HomeOption, output: FormOption = Form.TEXT) -> None:
    """List the keys that this gateway holds; no secret is shown."""
    from gateway.files import Home

    rows = []
    cabinet = Home(settings(home)).cabinet()
    for organisation, keys in ((name, cabinet.keys(name)) for name in cabinet.organisations()):
        for pair in keys.signing:
            rows += [
                (organisation, "signing", key.public.alg, key.public.kid)
                for key in (pair.ed25519, pair.ml_dsa)
            ]
        rows += [(organisation, "encryption", key.public.alg, key.public.kid) for key in keys.encryption]
    if output is Form.JSON:
        show_json([dict(zip(("organisation", "use", "alg", "kid"), row, strict=True)) for row in rows])
        return
    for row in rows:
        typer.echo(f"{row[0]:<32} {row[1]:<11} {row[2]:<11} {row[3]}")


@app.command("export-public")
def export_public(
    organisation: _Organisation,
    home: HomeOption,
    name: Annotated[str, typer.Option(help="The organisation's name.")],
    kind: Annotated[str, typer.Option(help="school, ap, la, agency or auditBody.")],
    family: Annotated[list[str], typer.Option(help="Roles it holds: HS, RS, AP, OAP, LA, MA, AUD.")],
    urn: Annotated[str | None, typer.Option(help="Its URN, if it has one.")] = None,
    vouched_by: Annotated[str | None, typer.Option(help="The organisation that vouches for it.")] = None,
) -> None:
    """Print the entry about an organisation for the keeper of the directory; it holds public keys only."""
    import time

    from gateway.admin import NewOrganisation, organisation_entry

    where = settings(home)
    identifiers = {"urn": urn} if urn else {}
    new = NewOrganisation(organisation, name, kind, family, where.gateway, identifiers, vouched_by)
    show_json(organisation_entry(where, new, int(time.time())))
