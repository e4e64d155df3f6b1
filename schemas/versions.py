"""Versions that hold: what was released, whether a newer version breaks it, and how to write an older one.

A minor version accepts everything that the one before it did. `compare` says where that is not so;
`down_convert` writes a document as an older minor version would, and says what that loses.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema_rs

from schemas import registry
from schemas._compare import Change, breaking
from schemas.findings import Finding, InvalidDocument, UnknownName
from schemas.pointers import pointer
from schemas.registry import SchemaSet
from schemas.titles import Places

__all__ = ["Change", "Release", "SchemaSet", "compare", "convert", "down_convert", "releases", "schema_set"]

Path = tuple[str | int, ...]

_MEMBERS = (
    jsonschema_rs.ValidationErrorKind.AdditionalProperties,
    jsonschema_rs.ValidationErrorKind.UnevaluatedProperties,
)


@dataclass(frozen=True, slots=True)
class Release:
    """One released version: the SHA-256 of each file that it consists of, and of its valid examples."""

    version: str
    date: str
    files: Mapping[str, str]
    corpus: Mapping[str, str]


@cache
def releases() -> tuple[Release, ...]:
    """Return every release, the oldest first; a version that is not among them is a draft."""
    data = json.loads((_folder() / "releases.json").read_text(encoding="utf-8"))
    return tuple(Release(**entry) for entry in data["releases"])


@cache
def schema_set(version: str) -> SchemaSet:
    """Return the schemas of this version or of a released one, or raise UnknownName."""
    if version == registry.VERSION:
        return registry.current()
    if version not in [release.version for release in releases()]:
        raise UnknownName("version")
    return registry.read(version, _folder() / "releases" / version)


def compare(old: SchemaSet, new: SchemaSet) -> tuple[Change, ...]:
    """Return every change after which the new schemas may refuse what the old ones accept.

    Nothing means that whatever is valid under `old` is valid under `new`. A change that cannot be judged is
    among them. The other way round, `compare(new, old)` is what the new version adds.
    """
    return tuple(sorted(set(breaking(old, new))))


def down_convert(kind: str, document: Mapping[str, Any], to_version: str) -> tuple[Any, tuple[Finding, ...]]:
    """Return a document of this version as an older minor version would write it, and what that loses.

    Raises UnknownName for a version that is not known, and InvalidDocument where nothing valid would be left.
    """
    return convert(kind, document, registry.current(), schema_set(to_version))


def convert(
    kind: str, document: Mapping[str, Any], source: SchemaSet, target: SchemaSet
) -> tuple[Any, tuple[Finding, ...]]:
    """Do what `down_convert` does between any two sets of schemas; the document meets its schema in `source`."""
    if kind not in target.names():
        raise InvalidDocument([_unknown_type(target.version)])
    given = _stamped(document, target.version)
    gone: set[Path] = set()
    while refused := _refused(target, kind, _without(given, gone)):
        # The innermost first: what stands around it may be in order without it.
        depth = max(map(len, refused))
        gone |= {_original(path, gone) for path in refused if len(path) == depth}
        if () in gone:
            raise InvalidDocument([_nothing_left(target.version)])
    lost = [path for path in gone if not any(path[:length] in gone for length in range(len(path)))]
    places = Places(kind, document, source)
    findings = (_left_out(path, places.at(path).title, target.version) for path in lost)
    return _without(given, gone), tuple(sorted(findings, key=lambda finding: finding.pointer))


def _folder() -> Traversable:
    return resources.files("schemas") / "v1"


def _stamped(document: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return a copy in which the document, or each document inside it, names the version."""
    copied: dict[str, Any] = copy.deepcopy(dict(document))
    for part in (copied, *copied.get("documents", ())):
        if "schemaVersion" in part:
            part["schemaVersion"] = version
    return copied


def _refused(target: SchemaSet, kind: str, value: object) -> set[Path]:
    """Return what has to go before the target takes the value; () is the whole of it."""
    return {path for error in target.validator(kind).iter_errors(value) for path in _places(error)}


def _places(error: jsonschema_rs.ValidationError) -> Iterator[Path]:
    path = tuple(error.instance_path)
    if isinstance(error.kind, _MEMBERS):
        yield from ((*path, member) for member in error.kind.unexpected)
    else:
        # An object without what it must have goes as a whole, and so does a value of the wrong form.
        yield path


def _without(value: Any, gone: set[Path], path: Path = ()) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        kept = ((name, child) for name, child in value.items() if (*path, name) not in gone)
        return {name: _without(child, gone, (*path, name)) for name, child in kept}
    if isinstance(value, list):
        entries = ((index, child) for index, child in enumerate(value) if (*path, index) not in gone)
        return [_without(child, gone, (*path, index)) for index, child in entries]
    return value


def _original(path: Path, gone: set[Path]) -> Path:
    """Return where a place stood before the entries in front of it went."""
    found: Path = ()
    for step in path:
        found = (*found, _nth_left(step, found, gone) if isinstance(step, int) else step)
    return found


def _nth_left(count: int, path: Path, gone: set[Path]) -> int:
    index = -1
    for _ in range(count + 1):
        index += 1
        while (*path, index) in gone:
            index += 1
    return index


def _left_out(path: Path, title: str, version: str) -> Finding:
    message = f"'{title}' cannot be said in version {version} of the standard and is left out."
    fix = "Tell the receiver in another way if it matters, or ask them to accept a newer version."
    return Finding("version.left-out", "warning", pointer(path), message, fix)


def _unknown_type(version: str) -> Finding:
    message = f"Version {version} of the standard has no such type of document."
    return Finding(
        "version.unknown-type", "error", "", message, "Ask the receiver to accept a newer version."
    )


def _nothing_left(version: str) -> Finding:
    message = (
        f"This cannot be written in version {version} of the standard: too much would have to be left out."
    )
    return Finding(
        "version.not-convertible", "error", "", message, "Ask the receiver to accept a newer version."
    )
