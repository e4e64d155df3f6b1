"""The schemas as a model of types. What only narrows a value (patterns, `if`, `oneOf`) is left to validators."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from schemas import registry
from schemas.types._model import Choice, Fixed, Kind, Many, Member, Model, Named, Plain, Record, Union, pascal

_DEFINITIONS = "common"
_FORMS: Mapping[str, Plain] = {
    "string": Plain("text"),
    "integer": Plain("whole"),
    "boolean": Plain("flag"),
}


def model() -> Model:
    """Return the types of every schema, each with what it refers to."""
    reader = _Reader()
    for name in registry.names():
        if name != _DEFINITIONS:
            reader.kind(name, registry.schema(name), pascal(name))
    return reader.model()


class _Reader:
    """Collects the named types while it follows the schemas."""

    def __init__(self) -> None:
        self._found: dict[str, Record | Choice | Union] = {}
        self._begun: dict[str, Mapping[str, Any]] = {}

    def model(self) -> Model:
        """Return what was collected, in the order of the names."""
        types = [self._found[name] for name in sorted(self._found)]
        return Model(
            version=registry.VERSION,
            records=tuple(found for found in types if isinstance(found, Record)),
            choices=tuple(found for found in types if isinstance(found, Choice)),
            unions=tuple(found for found in types if isinstance(found, Union)),
        )

    def kind(self, schema: str, node: Mapping[str, Any], name: str, note: str = "") -> Kind:
        """Return the kind of a place; its type, if it needs one, gets the name, and the note if it has none."""
        if "$ref" in node:
            return self._referred(schema, node["$ref"])
        if "const" in node:
            return Fixed(node["const"])
        if "enum" in node:
            self._keep(name, node, Choice(name, _note(node) or note, tuple(node["enum"])))
            return Named(name, "choice")
        if node["type"] == "array":
            return Many(self.kind(schema, node["items"], f"{name}Item", _note(node)))
        return self._object(schema, node, name, note) if node["type"] == "object" else _FORMS[node["type"]]

    def _referred(self, schema: str, reference: str) -> Kind:
        target, node = registry.resolve(schema, reference)
        own = reference.rpartition("/")[2] if "#" in reference else target
        return self.kind(target, node, pascal(own))

    def _object(self, schema: str, node: Mapping[str, Any], name: str, note: str) -> Kind:
        if node.get("additionalProperties") is True:
            return Plain("open")
        if schema == "document":
            return self._union(node, name)
        # A type that is begun is not begun again: it may refer to itself.
        if self._begun.setdefault(name, node) is not node:
            raise ValueError(f"two types would be called {name}")
        if name not in self._found:
            empty = Record(name, _note(node) or note, ())
            self._found[name] = empty
            self._found[name] = replace(empty, members=self._members(schema, node, name))
        return Named(name, "record")

    def _members(self, schema: str, node: Mapping[str, Any], owner: str) -> tuple[Member, ...]:
        required = node.get("required", ())
        return tuple(
            Member(name, self.kind(schema, part, owner + pascal(name)), name in required, _note(part))
            for name, part in node["properties"].items()
        )

    def _union(self, node: Mapping[str, Any], name: str) -> Kind:
        types = node["properties"]["type"]["enum"]
        for kind in types:
            self.kind(kind, registry.schema(kind), pascal(kind))
        self._keep(name, node, Union(name, _note(node), tuple((kind, pascal(kind)) for kind in types)))
        return Named(name, "union")

    def _keep(self, name: str, node: Mapping[str, Any], found: Choice | Union) -> None:
        if self._begun.setdefault(name, node) is not node:
            raise ValueError(f"two types would be called {name}")
        self._found[name] = found


def _note(node: Mapping[str, Any]) -> str:
    title, description = node.get("title", ""), node.get("description", "")
    return f"{title}: {description}" if title and description else title or description
