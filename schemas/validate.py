"""A value against a schema of the standard: every problem, in plain words, without one submitted value."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import jsonschema_rs

from schemas.findings import Finding, InvalidDocument
from schemas.pointers import is_plain, pointer
from schemas.registry import validator
from schemas.titles import Place, Places
from schemas.words import words

MAX_FINDINGS = 1000
T = TypeVar("T")

_VERSION = "/schemaVersion"
_NOT_OURS = ("schema.const", "schema.enum")
# At one place the first of these says enough: the rest would say the same thing again.
_ONE_OF_THESE = ("schema.type", "schema.pattern", "schema.min-length", "schema.max-length", "schema.format")


def is_valid(name: str, value: object) -> bool:
    """Say whether a value meets the schema `name`; raises UnknownName when there is no such schema."""
    try:
        return validator(name).is_valid(value)
    except ValueError:
        return False


def check(name: str, value: T) -> T:
    """Return the value when it meets the schema `name`, or raise InvalidDocument with every finding."""
    if is_valid(name, value):
        return value
    raise InvalidDocument(validate(name, value))


def validate(name: str, value: object) -> tuple[Finding, ...]:
    """Return every problem of a value, sorted by place; empty when it meets the schema `name`.

    At most 1,000 problems are listed. Rules (`schemas.rules`) are not checked here.
    """
    try:
        errors = list(islice(validator(name).iter_errors(value), MAX_FINDINGS))
    except ValueError:
        return (_not_json(),)
    if not errors:
        return ()
    places = Places(name, value)
    found = {finding for error in errors for finding in _findings(places, error)}
    return tuple(sorted(_without_echoes(_of_this_version(found)), key=_order))


def _not_json() -> Finding:
    message = "This is not a JSON value that can be checked."
    fix = "Send text, whole numbers, true or false, lists and objects only, nested at most 64 levels deep."
    return Finding("schema.not-json", "error", "", message, fix)


def _findings(places: Places, error: jsonschema_rs.ValidationError) -> Iterator[Finding]:
    path, kind = error.instance_path, error.kind
    here = places.at(path)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        yield _missing(here, [*path, kind.property])
    elif isinstance(kind, _UNKNOWN):
        yield from (_unknown(here, path, member) for member in kind.unexpected)
    else:
        message, fix = words(here, kind.name, kind.as_dict())
        yield Finding(f"schema.{_kebab(kind.name)}", "error", pointer(path), message, fix)


_UNKNOWN = (
    jsonschema_rs.ValidationErrorKind.AdditionalProperties,
    jsonschema_rs.ValidationErrorKind.UnevaluatedProperties,
)


def _missing(here: Place, path: list[str | int]) -> Finding:
    title = here.member_title(str(path[-1])) or "An item"
    fix = f"Add the item to '{here.title}'."
    return Finding("schema.required", "error", pointer(path), f"'{title}' is missing.", fix)


def _unknown(here: Place, path: Iterable[str | int], member: str) -> Finding:
    where = [*path, member] if is_plain(member) else [*path]
    message = f"'{here.title}' holds an item that the standard does not know."
    fix = "Remove the item, correct its spelling, or carry it under 'extensions' where that is allowed."
    return Finding("schema.unknown-property", "error", pointer(where), message, fix)


def _kebab(keyword: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"-{letter.group().lower()}", keyword)


def _of_this_version(found: set[Finding]) -> set[Finding]:
    """Say of a document of another version only that: what else it holds is that version's to judge."""
    versions = {
        finding for finding in found if finding.pointer.endswith(_VERSION) and finding.code in _NOT_OURS
    }
    foreign = [finding.pointer.removesuffix(_VERSION.lstrip("/")) for finding in versions]
    return versions | {finding for finding in found if not f"{finding.pointer}/".startswith(tuple(foreign))}


def _without_echoes(found: Iterable[Finding]) -> Iterator[Finding]:
    """Keep the most telling finding about form at each place; a wrong type hides all others."""
    places: dict[str, list[Finding]] = {}
    for finding in found:
        places.setdefault(finding.pointer, []).append(finding)
    for together in places.values():
        codes = {finding.code for finding in together}
        first = next((code for code in _ONE_OF_THESE if code in codes), None)
        for finding in together:
            told = first == "schema.type" or finding.code in _ONE_OF_THESE
            if finding.code == first or not told:
                yield finding


def _order(finding: Finding) -> tuple[list[tuple[int, str]], str]:
    """Sort by place, with list positions as numbers: entry 10 comes after entry 9."""
    steps = finding.pointer.split("/")[1:]
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in steps], finding.code
