"""``ltp schema``: the schemas of the standard, to read and to take along."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import WRONG_USE, Form, FormOption, fail, say, show_json

app = typer.Typer(
    name="schema", help="The schemas of the standard: list, show, take along.", no_args_is_help=True
)
_CALENDAR = "school-calendar"
_Name = Annotated[str, typer.Argument(help="The schema's name; ltp schema list has them all.")]
_Bundled = Annotated[bool, typer.Option(help="Each schema in one file, with all that it refers to.")]


@app.command("list")
def list_all(output: FormOption = Form.TEXT) -> None:
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


@app.command("show")
def show(name: _Name, bundled: _Bundled = False, output: FormOption = Form.JSON) -> None:
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


@app.command("export")
def export(
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


@app.command("kit")
def kit_archive(
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


def _calendar() -> str:
    from schemas import calendar_form

    return calendar_form.text()


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError:
        fail(f"{path} cannot be written. See whether the folder is yours and has room.")
