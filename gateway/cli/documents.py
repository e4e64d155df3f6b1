"""``ltp validate``: checking files, offline."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.output import GOOD, PROBLEMS, Form, FormOption, fail, show_findings, show_json

_Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="JSON files (*.ltp.json).")]


def mount(app: typer.Typer) -> None:
    """Adds the command to the command line."""
    app.command("validate")(validate)


def validate(
    files: _Files,
    schema: Annotated[
        str | None, typer.Option(help="Check against this schema instead of what the file says it is.")
    ] = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Check documents, bundles or transfers; every problem at once."""
    reports = [{"file": str(path), **_report(path.read_bytes(), schema)} for path in files]
    if output is Form.JSON:
        show_json(reports)
    else:
        for report in reports:
            _show(report)
    raise typer.Exit(GOOD if all(report["valid"] for report in reports) else PROBLEMS)


def _report(data: bytes, name: str | None) -> dict[str, Any]:
    import schemas
    from schemas import rules

    try:
        value = schemas.load(data)
    except schemas.InvalidDocument as refused:
        return {"schema": None, "valid": False, "findings": [f.to_json() for f in refused.findings]}
    kind = name or _kind(value)
    if kind not in schemas.names():
        fail("There is no schema with this name; see the files in schemas/v1.", 2)
    found = schemas.validate(kind, value)
    subject = {"documents": [value]} if _is_document(value) else value
    results = rules.evaluate(subject) if isinstance(subject, dict) else ()
    told = [result.finding() for result in results if result.outcome in ("error", "warning", "info")]
    valid = not found and not any(result.rejects for result in results)
    return {"schema": kind, "valid": valid, "findings": [f.to_json() for f in (*found, *told)]}


def _is_document(value: object) -> bool:
    return isinstance(value, dict) and "type" in value and "documents" not in value


def _kind(value: object) -> str:
    import schemas
    from schemas.assembly import kind_of

    kind = kind_of(value)
    return kind if kind in schemas.names() else "document"


def _show(report: dict[str, Any]) -> None:
    verdict = "valid" if report["valid"] else "not valid"
    typer.echo(f"{report['file']}: {verdict}" + (f" ({report['schema']})" if report["schema"] else ""))
    show_findings(report["findings"])
