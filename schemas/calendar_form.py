"""What is wrong with a school calendar: every problem of its form, then whether it contradicts itself."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

import jsonschema_rs

from schemas.calendar import BadCalendar, SchoolCalendar
from schemas.findings import Finding
from schemas.pointers import is_plain, pointer

_FIX = "Compare it with the schema of school calendars; ltp schema show school-calendar prints it."
_MESSAGES = {
    "required": "Something that a school calendar needs is missing.",
    "additionalProperties": "The calendar holds an item that the standard does not know.",
}
_OTHER = "This part of the calendar is not in the right form."


def findings(value: object) -> tuple[Finding, ...]:
    """Return every problem of a school calendar; empty when `SchoolCalendar.parse` takes it."""
    try:
        found = {_finding(*entry) for error in _validator().iter_errors(value) for entry in _places(error)}
    except ValueError:
        return (Finding("schema.not-json", "error", "", _OTHER, _FIX),)
    if found or not isinstance(value, dict):
        return tuple(sorted(found, key=lambda finding: (finding.pointer, finding.code)))
    try:
        SchoolCalendar.parse(value)
    except BadCalendar as problem:
        fix = "Put the terms in order, without overlap, inside the first and the last day that are known."
        return (Finding("calendar.contradiction", "error", "", f"In this file {problem}.", fix),)
    return ()


def text() -> str:
    """Return the schema of school calendars as it is published."""
    return (resources.files("schemas") / "v1/calendars/school-calendar.schema.json").read_text(
        encoding="utf-8"
    )


def _finding(keyword: str, path: tuple[str | int, ...]) -> Finding:
    name = {"additionalProperties": "unknown-property"}.get(keyword) or re.sub(
        "[A-Z]", lambda letter: f"-{letter.group().lower()}", keyword
    )
    return Finding(f"schema.{name}", "error", pointer(path), _MESSAGES.get(keyword, _OTHER), _FIX)


def _places(error: jsonschema_rs.ValidationError) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the keyword and the place of an error; a missing or unknown member is named in the place."""
    path, kind = tuple(error.instance_path), error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        yield kind.name, (*path, kind.property)
    elif isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        yield from ((kind.name, (*path, member) if is_plain(member) else path) for member in kind.unexpected)
    else:
        yield kind.name, path


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(text()), validate_formats=True, offline=True)
