"""The words that the schemas themselves have for a place in a document."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas import registry
from schemas.registry import SchemaSet

_Node = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """What the schema says about one place: its title, the help for writing it, and its nodes."""

    title: str
    fix: str | None
    nodes: tuple[Mapping[str, Any], ...]

    def keyword(self, name: str) -> object:
        """Return the value of a keyword at this place, or None."""
        return next((node[name] for node in self.nodes if name in node), None)

    def choice(self, name: str) -> str | None:
        """Return the sentence that stands beside a keyword such as `oneOf`, or None."""
        return next(
            (node["x-ltp-choice"] for node in self.nodes if name in node and "x-ltp-choice" in node), None
        )

    def member_title(self, name: str) -> str | None:
        """Return the title of a member of the object at this place, or None when it has no such member."""
        members = (node["properties"][name] for node in self.nodes if name in node.get("properties", {}))
        return next((member["title"] for member in members if "title" in member), None)


class Places:
    """The places of one value against one schema; what leads to a place is followed once for all its faults."""

    def __init__(self, name: str, value: object, schemas: SchemaSet | None = None) -> None:
        """Take the schemas of this version unless others are given."""
        self._known = schemas or registry.current()
        nodes = tuple(_expand(self._known, [(name, self._known.schema(name))], value))
        self._seen: dict[tuple[str | int, ...], _Seen] = {
            (): _Seen(value, nodes, _first(nodes, "title") or "The document")
        }

    def at(self, path: Sequence[str | int]) -> Place:
        """Return what the schema says about a place; the nearest title counts where a node has none."""
        seen = self._follow(tuple(path))
        return Place(seen.title, _first(seen.nodes, "x-ltp-fix"), tuple(node for _, node in seen.nodes))

    def _follow(self, path: tuple[str | int, ...]) -> "_Seen":
        if path not in self._seen:
            above, step = self._follow(path[:-1]), path[-1]
            value = _child(above.value, step)
            nodes = tuple(_expand(self._known, _step(above.nodes, step), value))
            self._seen[path] = _Seen(value, nodes, _title(nodes, step) or above.title)
        return self._seen[path]


@dataclass(frozen=True, slots=True)
class _Seen:
    value: object
    nodes: tuple[_Node, ...]
    title: str


def _title(nodes: Sequence[_Node], step: str | int) -> str | None:
    """A member is called what its object calls it; an entry of a list is called what it is."""
    if isinstance(step, str):
        return _first(nodes, "title")
    objects = [node for node in nodes if node[1].get("type") == "object"]
    return _first(reversed(objects), "title")


def _first(nodes: Iterable[_Node], keyword: str) -> str | None:
    return next((node[keyword] for _, node in nodes if keyword in node), None)


def _child(value: object, step: str | int) -> object:
    if isinstance(value, Mapping) and step in value:
        return value[step]
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _step(nodes: Iterable[_Node], step: str | int) -> list[_Node]:
    if isinstance(step, int):
        return [(name, node["items"]) for name, node in nodes if "items" in node]
    return [(name, node["properties"][step]) for name, node in nodes if step in node.get("properties", {})]


def _expand(known: SchemaSet, nodes: Iterable[_Node], value: object) -> Iterator[_Node]:
    """Yield the nodes and everything that they bring in for this value: references, parts, branches."""
    waiting = list(nodes)
    while waiting:
        name, node = waiting.pop(0)
        yield name, node
        if "$ref" in node:
            waiting.append(known.resolve(name, node["$ref"]))
        waiting.extend((name, part) for part in node.get("allOf", ()))
        if "then" in node and _holds(node["if"], value):
            waiting.append((name, node["then"]))


def _holds(condition: Mapping[str, Any], value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    wanted = condition.get("properties", {}).items()
    return all(value.get(name) == node["const"] for name, node in wanted)
