"""The schemas of the standard, read from the package itself and never from a network."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from schemas.findings import UnknownName

VERSION = "1.0"
_SUFFIX = ".schema.json"
# In place of each submitted value in the validator's own messages: they cost memory, and they are never shown.
_MASK = "the value"


class SchemaSet:
    """The schemas of one version of the standard, which refer to one another and to nothing else."""

    def __init__(self, version: str, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self.version = version
        self._schemas = MappingProxyType(dict(schemas))
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._registry: jsonschema_rs.Registry | None = None

    def names(self) -> tuple[str, ...]:
        """Return the name of every schema, such as `bundle` or `final-report`."""
        return tuple(self._schemas)

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return one schema as data, or raise UnknownName; treat it as read-only."""
        try:
            return self._schemas[name]
        except KeyError:
            raise UnknownName("schema") from None

    def validator(self, name: str) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled validator of one schema, or raise UnknownName; compiled once, at first use."""
        if self._registry is None:
            self._registry = jsonschema_rs.Registry(
                [(node["$id"], dict(node)) for node in self._schemas.values()]
            )
        if name not in self._validators:
            reference = {"$ref": self.schema(name)["$id"]}
            self._validators[name] = jsonschema_rs.Draft202012Validator(
                reference, validate_formats=True, registry=self._registry, offline=True, mask=_MASK
            )
        return self._validators[name]

    def resolve(self, name: str, reference: str) -> tuple[str, Mapping[str, Any]]:
        """Return the schema name and the node that a `$ref` inside the schema `name` points at."""
        target, _, fragment = reference.partition("#")
        found = target.removesuffix(_SUFFIX) or name
        node: Any = self.schema(found)
        for step in fragment.split("/")[1:]:
            node = node[step]
        return found, node


def read(version: str, folder: Traversable) -> SchemaSet:
    """Return the schemas that lie in a folder of the package."""
    files = sorted((f for f in folder.iterdir() if f.name.endswith(_SUFFIX)), key=lambda f: f.name)
    named = {f.name.removesuffix(_SUFFIX): json.loads(f.read_text(encoding="utf-8")) for f in files}
    return SchemaSet(version, named)


@cache
def current() -> SchemaSet:
    """Return the schemas of this version."""
    return read(VERSION, resources.files("schemas") / "v1")


def names() -> tuple[str, ...]:
    """Return the name of every schema of this version."""
    return current().names()


def schema(name: str) -> Mapping[str, Any]:
    """Return one schema of this version as data, or raise UnknownName; treat it as read-only."""
    return current().schema(name)


def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """Return the compiled validator of one schema of this version, or raise UnknownName."""
    return current().validator(name)


def resolve(name: str, reference: str) -> tuple[str, Mapping[str, Any]]:
    """Return the schema name and the node that a `$ref` inside the schema `name` points at."""
    return current().resolve(name, reference)
