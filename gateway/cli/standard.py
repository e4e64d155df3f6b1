"""``ltp schema`` and ``ltp rules``: the standard itself, to read and to take along."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import WRONG_USE, Form, FormOption, fail, say, show_json

if TYPE_CHECKING:
    from schemas.rules import Rule

schema = typer.Typer(
    name="schema", help="The schemas of the standard: list, show, take along.", no_args_is_help=True
)
rules = typer.Typer(
    name="rules", help="The rules of the standard: list, show, explain.", no_args_is_help=True
)

_CALENDAR = "school-calendar"
_Name = Annotated[str, typer.Argument(help="The schema's name; ltp schema list has them all.")]
_Rule = Annotated[str, typer.Argument(help="The rule's id, such as OSD-01.")]
_Bundled = Annotated[bool, typer.Option(help="Each schema in one file, with all that it refers to.")]
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


@schema.command("list")
def schema_list(output: FormOption = Form.TEXT) -> None:
    """List the schemas with what they are for."""
    import schemas

    found = [(name, schemas.schema(name)) for name in schemas.names()]
    found.append((_CALENDAR, json.loads(_calendar())))
    rows = [{"name": name, "title": node.get("title", ""), "id": node["$id"]} for name, node in sorted(found)]
    if output is Form.JSON:
        show_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']:<32} {row['title']}")


@schema.command("show")
def schema_show(name: _Name, bundled: _Bundled = False, output: FormOption = Form.JSON) -> None:
    """Print one schema, with -o text its items in a few words each."""
    import schemas
    from schemas import kit

    if name != _CALENDAR and name not in schemas.names():
        fail("There is no schema with this name; ltp schema list has them all.", WRONG_USE)
    node = json.loads(_calendar()) if name == _CALENDAR else schemas.schema(name)
    if output is Form.JSON:
        show_json(kit.bundled(name) if bundled and name in kit.names() else node)
        return
    typer.echo(f"{node.get('title', name)}. {node.get('description', '')}".rstrip())
    for member, part in node.get("properties", node.get("$defs", {})).items():
        mark = "*" if member in node.get("required", ()) else " "
        typer.echo(f"{mark} {member:<32} {part.get('title', '')}")


@schema.command("export")
def schema_export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="The folder to write to.")],
    bundled: _Bundled = False,
    output: FormOption = Form.TEXT,
) -> None:
    """Write every schema to a folder, as separate files or bundled."""
    from schemas import kit

    prefix = "bundled/" if bundled else "v1/"
    found = {
        path.removeprefix(prefix): content
        for path, content in kit.files().items()
        if path.startswith(prefix) and path.endswith(".schema.json") and "/" not in path.removeprefix(prefix)
    }
    for path, content in found.items():
        _write(folder / path, content)
    if output is Form.JSON:
        show_json({"folder": str(folder), "files": list(found)})
    else:
        typer.echo(f"{len(found)} schemas are in {folder}.")


@schema.command("kit")
def schema_kit(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The archive to write, OUT.zip.")],
    output: FormOption = Form.TEXT,
) -> None:
    """Write the vendor kit: schemas, lists, rules, test cases, examples, and types for five languages."""
    import hashlib

    from schemas import kit

    content = kit.archive()
    _write(file, content)
    digest = hashlib.sha256(content).hexdigest()
    if output is Form.JSON:
        show_json({"file": str(file), "sha256": digest, "bytes": len(content)})
        return
    typer.echo(f"{digest}  {file}")
    say("Begin with README.md in the archive.")


@rules.command("list")
def rules_list(
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


@rules.command("show")
def rules_show(rule_id: _Rule, output: FormOption = Form.TEXT) -> None:
    """Show one row of the catalogue."""
    row = _row(_rule(rule_id))
    if output is Form.JSON:
        show_json(row)
        return
    for name, value in row.items():
        shown = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
        typer.echo(f"{name:<11} {shown}")


@rules.command("explain")
def rules_explain(rule_id: _Rule, output: FormOption = Form.TEXT) -> None:
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


def _calendar() -> str:
    from schemas import calendar_form

    return calendar_form.text()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError:
        fail(f"{path} cannot be written. See whether the folder is yours and has room.")
