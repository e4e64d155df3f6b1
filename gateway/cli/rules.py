"""``ltp rules``: the rules of the standard, to list, show and explain."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import WRONG_USE, Form, FormOption, fail, show_json

if TYPE_CHECKING:
    from schemas.rules import Rule

app = typer.Typer(name="rules", help="The rules of the standard: list, show, explain.", no_args_is_help=True)
_Rule = Annotated[str, typer.Argument(help="The rule's id, such as OSD-01.")]
_AUTHORITIES = {
    "STAT": "an act or regulations",
    "SG": "statutory guidance",
    "FWK": "the framework",
    "INT": "what a government intends",
    "POL": "a trust's policy",
    "LAH": "a local authority's handbook",
    "PROP": "this standard",
}
_CONSEQUENCES = {
    "R": "A document that breaks it is refused.",
    "F": "A document that breaks it still travels, and everybody is told.",
}


@app.command("list")
def list_all(
    profile: Annotated[str | None, typer.Option(help="Only what this profile runs, as it sets it.")] = None,
    family: Annotated[str | None, typer.Option(help="Only this family: the letters of the id.")] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only rules that read this type of document.")
    ] = None,
    output: FormOption = Form.TEXT,
) -> None:
    """List the rules."""
    found = [rule for rule in _of_profile(profile) if _in_family(rule, family) and _reads(rule, kind)]
    _must_be_known(family, kind)
    if output is Form.JSON:
        show_json([_row(rule) for rule in found])
        return
    for rule in found:
        typer.echo(f"{rule.id:<8} {rule.severity:<8} {rule.mode} {rule.authority:<5} {rule.statement}")


@app.command("show")
def show(rule_id: _Rule, output: FormOption = Form.TEXT) -> None:
    """Show one row of the catalogue."""
    row = _row(_rule(rule_id))
    if output is Form.JSON:
        show_json(row)
        return
    for name, value in row.items():
        shown = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
        typer.echo(f"{name:<11} {shown}")


@app.command("explain")
def explain(rule_id: _Rule, output: FormOption = Form.TEXT) -> None:
    """Explain one rule in plain words, with its test cases."""
    rule = _rule(rule_id)
    cases = _cases(rule.id)
    if output is Form.JSON:
        show_json({**_row(rule), "profiles": _running(rule), "cases": cases})
        return
    for line in _explained(rule):
        typer.echo(line)
    typer.echo("Test cases:")
    for case in cases:
        typer.echo(f"  {case['outcome']:<14} {case['name']}: {case['why']}")


def _explained(rule: "Rule") -> Iterator[str]:
    yield f"{rule.id}, version {rule.version}, since {rule.since}"
    yield rule.statement
    yield ""
    yield f"How bad: {rule.severity} at worst. {_CONSEQUENCES[rule.mode if rule.severity == 'error' else 'F']}"
    yield f"Who says so: {_AUTHORITIES[rule.authority]}."
    yield f"Profiles that run it: {', '.join(_running(rule))}."
    yield "What it reads:"
    yield from (f"  {kind}: {', '.join(places)}" for kind, places in rule.inputs.items())
    if rule.thresholds:
        yield f"Its numbers: {json.dumps(rule.thresholds, ensure_ascii=False)}"
    yield f"What to do: {rule.fix}"
    yield ""


def _rule(rule_id: str) -> "Rule":
    from schemas.rules import catalogue

    found = catalogue().get(rule_id.upper())
    return found or fail("There is no rule with this id; ltp rules list has them all.", WRONG_USE)


def _of_profile(profile: str | None) -> "tuple[Rule, ...]":
    from schemas.rules import catalogue, profiles, rules_of

    if profile is None:
        return tuple(catalogue().values())
    if profile not in profiles():
        fail(f"Profiles are: {', '.join(profiles())}.", WRONG_USE)
    return rules_of(profile)


def _running(rule: "Rule") -> list[str]:
    from schemas.rules import profiles

    return [name for name, included in profiles().items() if rule.profile in included]


def _in_family(rule: "Rule", family: str | None) -> bool:
    return family is None or rule.id.partition("-")[0] == family.upper()


def _reads(rule: "Rule", kind: str | None) -> bool:
    # An asterisk is any document, which a learner or a placement is not.
    return kind is None or kind in rule.inputs or ("*" in rule.inputs and kind in _documents())


def _must_be_known(family: str | None, kind: str | None) -> None:
    import schemas
    from schemas.rules import catalogue

    families = sorted({rule_id.partition("-")[0] for rule_id in catalogue()})
    if family is not None and family.upper() not in families:
        fail(f"Families are: {', '.join(families)}.", WRONG_USE)
    if kind is not None and kind not in schemas.names():
        fail("There is no such type; ltp schema list has them all.", WRONG_USE)


def _documents() -> list[str]:
    import schemas

    found: list[str] = schemas.schema("document")["properties"]["type"]["enum"]
    return found


def _row(rule: "Rule") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(rule)


def _cases(rule_id: str) -> list[dict[str, str]]:
    """The test cases of a rule, without what they are tried on."""
    from importlib import resources

    file = resources.files("schemas") / "v1" / "vectors" / "rules" / f"{rule_id}.json"
    found = json.loads(file.read_text(encoding="utf-8"))["cases"]
    return [{"name": c["name"], "why": c["why"], "outcome": c["expect"]["outcome"]} for c in found]
