"""``ltp check``: a set of files against the schemas and all rules, offline and without a gateway."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import (
    GOOD,
    PROBLEMS,
    WRONG_USE,
    Form,
    FormOption,
    fail,
    say,
    show_findings,
    show_json,
)

if TYPE_CHECKING:
    from gateway.cli.checking import Asked, Report
    from schemas import Finding, Severity
    from schemas.calendar import SchoolCalendar

_WORDS: "tuple[tuple[Severity, str], ...]" = (("error", "error"), ("warning", "warning"), ("info", "note"))
_Paths = Annotated[
    list[Path], typer.Argument(exists=True, readable=False, help="JSON files, or folders with JSON files.")
]
_Calendar = Annotated[
    Path | None,
    typer.Option("--calendar", exists=True, dir_okay=False, help="The home school's calendar, as JSON."),
]
_Today = Annotated[
    datetime | None,
    typer.Option("--today", formats=["%Y-%m-%d"], help="Judge as on this day; otherwise today in London."),
]
_Due = Annotated[
    int | None, typer.Option("--due", min=1, max=366, help="Also list what is due within so many days.")
]


def mount(app: typer.Typer) -> None:
    """Adds this command to the command line."""
    app.command("check")(check)


def check(
    files: _Paths,
    profile: Annotated[str, typer.Option(help="Whose rules to run; see ltp rules list.")] = "national",
    calendar: _Calendar = None,
    today: _Today = None,
    due: _Due = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also list the rules that could not be judged.")
    ] = False,
    output: FormOption = Form.TEXT,
) -> None:
    """Check files and what they make together: every form, every rule. Exit code 1 means an error was found."""
    from gateway.cli.checking import Asked, report
    from schemas.rules import profiles

    if profile not in profiles():
        fail(f"Profiles are: {', '.join(profiles())}.", WRONG_USE)
    asked = Asked(profile, today.date() if today else _today(), _given(calendar), due)
    values, refused = _read(_listed(files))
    say(f"Checking {len(values) + len(refused)} files …")
    found = report(values, asked)
    if due is not None and asked.calendar is None and "school-calendar" not in found.kinds.values():
        fail(
            "What is due is counted in school days: give the home school's calendar with --calendar.",
            WRONG_USE,
        )
    found.files |= {name: list(findings) for name, findings in refused.items()}
    if output is Form.JSON:
        show_json(_as_json(found, asked))
    else:
        _show(found, asked, everything)
    raise typer.Exit(PROBLEMS if found.errors() else GOOD)


def _today() -> date:
    from schemas.calendar import legal_date

    return legal_date(datetime.now(UTC))


def _given(path: Path | None) -> "SchoolCalendar | None":
    """The calendar of the option; one that cannot be used ends the command."""
    from schemas import calendar_form
    from schemas.calendar import SchoolCalendar

    if path is None:
        return None
    value, refused = _load(path)
    findings = refused or calendar_form.findings(value)
    if findings:
        show_findings([finding.to_json() for finding in findings])
        fail("The school calendar cannot be used.")
    return SchoolCalendar.parse(value)


def _listed(paths: list[Path]) -> dict[str, Path]:
    """Each file once, by the name it is shown under; a folder without JSON files stands for itself."""
    found: dict[str, Path] = {}
    for path in paths:
        inside = sorted(p for p in path.glob("*.json") if p.is_file()) if path.is_dir() else []
        found |= {_shown(file): file for file in inside or [path]}
    return found


def _shown(path: Path) -> str:
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _read(paths: dict[str, Path]) -> "tuple[dict[str, object], dict[str, tuple[Finding, ...]]]":
    """The values of the files that can be read, and why the others cannot."""
    values: dict[str, object] = {}
    refused: dict[str, tuple[Finding, ...]] = {}
    for name, path in paths.items():
        value, findings = _load(path)
        if findings:
            refused[name] = findings
        else:
            values[name] = value
    return values, refused


def _load(path: Path) -> "tuple[Any, tuple[Finding, ...]]":
    import schemas

    if path.is_dir():
        return None, (_refusal("file.none", "There is no JSON file in this folder.", "Name another folder."),)
    try:
        with path.open("rb") as stream:
            return schemas.load(stream.read(schemas.DEFAULT_LIMIT + 1)), ()
    except OSError:
        fix = "See whether you may read it, and whether another program has it open."
        return None, (_refusal("file.unreadable", "This file cannot be read.", fix),)
    except schemas.InvalidDocument as problem:
        return None, problem.findings


def _refusal(code: str, message: str, fix: str) -> "Finding":
    from schemas import Finding

    return Finding(code, "error", "", message, fix)


def _as_json(found: "Report", asked: "Asked") -> dict[str, Any]:
    return {
        "profile": asked.profile,
        "today": asked.today.isoformat(),
        "good": not found.errors(),
        "files": [
            {"file": name, "kind": found.kinds.get(name), "findings": [f.to_json() for f in findings]}
            for name, findings in sorted(found.files.items())
        ],
        "placements": [
            {"files": list(files), "findings": [f.to_json() for f in findings]}
            for files, findings in found.placements
        ],
        "notEvaluable": [{"file": file, **_brief(finding)} for file, finding in found.unjudged],
        "due": [
            {"due": day.isoformat(), "file": file, **finding.to_json()} for day, file, finding in found.due
        ],
    }


def _brief(finding: "Finding") -> dict[str, str]:
    return {"code": finding.code, "pointer": finding.pointer, "message": finding.message}


def _show(found: "Report", asked: "Asked", everything: bool) -> None:
    typer.echo(f"Judged by the rules of profile {asked.profile} as on {_day(asked.today)}.")
    for name, findings in sorted(found.files.items()):
        typer.echo(f"\n{name}: {_verdict(findings)}")
        show_findings([finding.to_json() for finding in findings])
    for files, findings in found.placements:
        if len(files) > 1 or findings:
            typer.echo(f"\nOne placement, put together from {', '.join(files)}: {_verdict(findings)}")
            show_findings([finding.to_json() for finding in findings])
    if asked.days is not None:
        _show_due(found, asked.days)
    _show_unjudged(found, everything)


def _show_due(found: "Report", days: int) -> None:
    typer.echo(f"\nDue within {days} days: {len(found.due) or 'nothing'}")
    for day, file, finding in sorted(found.due, key=lambda entry: entry[0]):
        typer.echo(f"{_day(day)}: {finding.fix}")
        typer.echo(f"    where: {file or 'the placement'} {finding.pointer}   code: {finding.code}")
        typer.echo(f"    otherwise: {finding.message}")


def _show_unjudged(found: "Report", everything: bool) -> None:
    codes = sorted({finding.code for _, finding in found.unjudged})
    if not codes:
        return
    more = "" if everything else " ltp check --all says why."
    typer.echo(f"\nNot judged, because something is missing or was held back: {', '.join(codes)}.{more}")
    for file, finding in found.unjudged if everything else ():
        typer.echo(f"· {finding.code}: {finding.message}")
        typer.echo(f"    where: {file or 'the placement'} {finding.pointer}")


def _verdict(findings: "list[Finding]") -> str:
    found = Counter(finding.severity for finding in findings)
    counts = [(word, found[kind]) for kind, word in _WORDS if found[kind]]
    return ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for word, count in counts) or "good"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
