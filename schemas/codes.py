"""Code lists as versioned data: who published each, when, and what its codes mean.

A code that a list does not know is no error. Publishers add codes; the caller keeps it and warns.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from schemas.findings import UnknownName


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list: `legacy` ones are still read, and never written for something new."""

    code: str
    label: str
    status: str
    category: str | None = None
    since: str | None = None
    until: str | None = None
    replaced_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CodeList:
    """One version of a code list. An `open` one belongs to somebody else, who may add to it."""

    id: str
    title: str
    publisher: str
    version: str
    date: str
    source: str
    open: bool
    codes: Mapping[str, Code]
    categories: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None


def lists() -> tuple[str, ...]:
    """Return the id of every code list, such as `attendance-codes`."""
    return tuple(_all())


def code_list(list_id: str) -> CodeList:
    """Return one code list, or raise UnknownName; treat it as read-only."""
    try:
        return _all()[list_id]
    except KeyError:
        raise UnknownName("code list") from None


def look_up(list_id: str, code: str) -> Code | None:
    """Return what a list says about a code, or None for one that it does not know; the case of letters counts."""
    return code_list(list_id).codes.get(code)


@cache
def _all() -> Mapping[str, CodeList]:
    folder = resources.files("schemas") / "v1" / "codes"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".json")), key=lambda f: f.name)
    found = [_code_list(json.loads(f.read_text(encoding="utf-8"))) for f in files]
    return MappingProxyType({entry.id: entry for entry in found})


def _code_list(data: Mapping[str, Any]) -> CodeList:
    return CodeList(
        id=data["id"],
        title=data["title"],
        publisher=data["publisher"],
        version=data["version"],
        date=data["date"],
        source=data["source"],
        open=data["open"],
        codes=MappingProxyType({entry["code"]: _code(entry) for entry in data["codes"]}),
        categories=MappingProxyType(
            {value["code"]: value["label"] for value in data.get("categories", {}).get("values", [])}
        ),
        note=data.get("note"),
    )


def _code(entry: Mapping[str, Any]) -> Code:
    members = {name: value for name, value in entry.items() if name != "replacedBy"}
    return Code(**members, replaced_by=entry.get("replacedBy"))
