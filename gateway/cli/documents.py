"""``ltp validate``, ``ltp convert``: checking and converting files, offline."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.output import GOOD, PROBLEMS, Form, FormOption, fail, say, show_findings, show_json

_Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="JSON files (*.ltp.json).")]
_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to read.")]


def mount(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.command("validate")(validate)
    app.command("convert")(convert)


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


def convert(
    file: _File,
    source: Annotated[
        str | None, typer.Option("--from", help="The file's format; found by content if not given.")
    ] = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Read a school system's export into drafts, with a report of what was used and what was not."""
    from adapters import ADAPTERS, CannotRead, Hints, detect

    with file.open("rb") as stream:
        name = source or detect(stream)
        if name is None or name not in ADAPTERS:
            fail(f"This is not a file in a format that can be read here: {', '.join(ADAPTERS)}.")
        say(f"Reading {ADAPTERS[name].title} …")
        try:
            drafts, findings, loss = _read(list(ADAPTERS.reader(name)(stream, Hints())))
        except CannotRead as refused:
            drafts, findings, loss = [], [finding.to_json() for finding in refused.findings], {}
    clean = not any(finding["severity"] == "error" for finding in findings)
    if output is Form.JSON:
        show_json({"format": name, "clean": clean, "drafts": drafts, "findings": findings, "loss": loss})
    else:
        _show_conversion(drafts, findings, loss)
    raise typer.Exit(GOOD if clean else PROBLEMS)


def _read(items: list[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    from adapters import Draft, LossReport
    from schemas import Finding

    drafts = [i.to_json() for i in items if isinstance(i, Draft)]
    findings = [i.to_json() for i in items if isinstance(i, Finding)]
    loss: dict[str, Any] = next((dict(i.to_json()) for i in items if isinstance(i, LossReport)), {})
    return drafts, findings, loss


def _show_conversion(
    drafts: list[dict[str, Any]], findings: list[dict[str, Any]], loss: dict[str, Any]
) -> None:
    typer.echo(f"{len(drafts)} learners read; use -o json for the drafts.")
    show_findings(findings)
    for heading, what in (
        ("used", "Used"),
        ("changed", "Changed"),
        ("ignored", "Not used"),
        ("unmapped", "Not known"),
    ):
        entries = loss.get(heading, [])
        typer.echo(f"{what}: {len(entries)} kinds of entries")
        if heading != "used":
            for entry in entries:
                note = f": {entry['note']}" if entry["note"] else ""
                typer.echo(f"    {entry['path']} ({entry['count']}){note}")
