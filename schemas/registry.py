"""Every schema of the standard as one registry, read from the package itself and never from a network."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from schemas.findings import UnknownName

VERSION = "1.0"
BASE = f"https://w3id.org/ltp/{VERSION}/"
_SUFFIX = ".schema.json"


def names() -> tuple[str, ...]:
    """Return the name of every schema, such as `bundle` or `final-report`."""
    return tuple(_all())


def schema(name: str) -> Mapping[str, Any]:
    """Return one schema as data, or raise UnknownName; treat it as read-only."""
    try:
        return _all()[name]
    except KeyError:
        raise UnknownName("schema") from None


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """Return the compiled validator of one schema, or raise UnknownName; compiled once, at first use."""
    reference = {"$ref": schema(name)["$id"]}
    return jsonschema_rs.Draft202012Validator(
        reference, validate_formats=True, registry=_registry(), offline=True
    )


def resolve(name: str, reference: str) -> tuple[str, Mapping[str, Any]]:
    """Return the schema name and the node that a `$ref` inside the schema `name` points at."""
    target, _, fragment = reference.partition("#")
    found = target.removeprefix(BASE).removesuffix(_SUFFIX) or name
    node: Any = schema(found)
    for step in fragment.split("/")[1:]:
        node = node[step]
    return found, node


@cache
def _all() -> Mapping[str, dict[str, Any]]:
    folder = resources.files("schemas") / "v1"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(_SUFFIX)), key=lambda f: f.name)
    return MappingProxyType(
        {f.name.removesuffix(_SUFFIX): json.loads(f.read_text(encoding="utf-8")) for f in files}
    )


@cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(node["$id"], node) for node in _all().values()])
