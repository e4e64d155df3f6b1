"""The members that a schema gives an object, whatever references they come through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas import registry


@dataclass(frozen=True, slots=True)
class Node:
    """One place of a schema: the file it stands in and what it says, annotations of the reference first."""

    name: str
    schema: Mapping[str, Any]

    def keyword(self, keyword: str) -> object:
        """Return the value of a keyword, the nearest one along the references, or None."""
        return next((node.schema[keyword] for node in _reached(self) if keyword in node.schema), None)

    def members(self) -> dict[str, "Node"]:
        """Return the members of an object, or of the objects in a list; empty for anything else."""
        found: dict[str, Node] = {}
        for node in _reached(self):
            for member, schema in node.schema.get("properties", {}).items():
                found.setdefault(member, Node(node.name, schema))
            if "items" in node.schema:
                found |= Node(node.name, node.schema["items"]).members()
        return found

    def is_list(self) -> bool:
        """Say whether the place holds a list."""
        return any("items" in node.schema for node in _reached(self))


def root(name: str) -> Node:
    """Return the whole of a schema, or raise UnknownName."""
    return Node(name, registry.schema(name))


def _reached(node: Node) -> Iterator[Node]:
    yield node
    if "$ref" in node.schema:
        yield from _reached(Node(*registry.resolve(node.name, node.schema["$ref"])))
    for part in node.schema.get("allOf", ()):
        yield from _reached(Node(node.name, part))
