"""The items of a schema as rows of a table: what each is, what it holds, how many, how sensitive, from where."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docs.generator.data import Json, Standard
from docs.generator.markdown import code, link, table, wrapped

_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}
HEADS = ("Item", "What it is", "Holds", "Card.", "Class", "Source")
_LONG = 8
_WHERE = {"beside": "", "document": "the document's ", "learner": "the learner's "}
_TESTS = {
    "is": "is",
    "startsWith": "starts with",
    "present": "is given",
    "lacks": "does not name",
    "past": "is past",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One member of an object, at its place in the document."""

    place: str
    node: Json
    on_wire: bool


def items(schema: Json, place: str = "") -> Iterator[Item]:
    """Every member of an object and of the objects written inside it; a shared component is one item."""
    for name, node in schema.get("properties", {}).items():
        here = f"{place}{name}"
        yield Item(here, node, name in schema.get("required", ()))
        inner, mark = (node["items"], "[].") if "items" in node else (node, ".")
        if "$ref" not in inner:
            yield from items(inner, here + mark)


def item_table(standard: Standard, schema: Json, wanted: Callable[[Item], bool] = bool) -> str:
    """The table of the items that are wanted; a star marks what every permitted view holds."""
    return table(HEADS, (_row(standard, item) for item in items(schema) if wanted(item)))


def _row(standard: Standard, item: Item) -> tuple[str, ...]:
    node = item.node
    about = " ".join(
        f"{part.rstrip('.')}."
        for part in (node["title"], node.get("description", ""), *_needed(node))
        if part
    )
    classes = ", ".join(node.get("x-ltp-class", ()))
    star = " \\*" if item.on_wire else ""
    return (
        wrapped(item.place) + star,
        about,
        holds(standard, node),
        node.get("x-ltp-card", ""),
        classes,
        node.get("x-ltp-source", ""),
    )


def _needed(node: Json) -> Iterator[str]:
    """Under which conditions the item belongs into the sender's full record."""
    for keyword, lead in (("x-ltp-when", "Needed where"), ("x-ltp-unless", "Not needed where")):
        if keyword in node:
            yield f"{lead} {' or '.join(_condition(entry) for entry in node[keyword])}"


def _condition(entry: Json) -> str:
    (where, place), *_ = ((key, entry[key]) for key in _WHERE if key in entry)
    (test, value), *_ = ((key, entry[key]) for key in _TESTS if key in entry)
    words = _TESTS[test] if test != "present" or value else "is not given"
    return f"{_WHERE[where]}{code(str(place).strip('/'))} {words}" + (
        "" if test in ("present", "past") else f" {code(_spelled(value))}"
    )


def holds(standard: Standard, node: Json) -> str:
    """What may stand at a place, in words."""
    if "items" in node:
        most = f", at most {node['maxItems']}" if "maxItems" in node else ""
        return f"list of: {holds(standard, node['items'])}{most}"
    if "$ref" in node:
        return _reference(standard, node["$ref"])
    if "const" in node:
        return f"always {code(_spelled(node['const']))}"
    if "enum" in node:
        return _choices(node["enum"])
    return _plain(node)


def _plain(node: Json) -> str:
    kind = _TYPES.get(str(node.get("type")), "one of several forms")
    if "minimum" in node:
        return f"{kind} from {node['minimum']} to {node['maximum']}"
    return f"{kind}, at most {node['maxLength']} characters" if "maxLength" in node else kind


def _choices(values: list[Any]) -> str:
    shown = ", ".join(code(_spelled(value)) for value in values[:_LONG])
    return shown if len(values) <= _LONG else f"{shown} … ({len(values)} values in the schema)"


def _spelled(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _reference(standard: Standard, reference: str) -> str:
    target, _, fragment = reference.partition("#")
    name = fragment.rpartition("/")[2] or target.removesuffix(".schema.json")
    title = target_node(standard, reference).get("title", name)
    return link(str(title), place_of(standard, name))


def target_node(standard: Standard, reference: str) -> Mapping[str, Any]:
    """The node that a reference of any of our schemas leads to."""
    target, _, fragment = reference.partition("#")
    if fragment:
        node: Mapping[str, Any] = standard.schemas["common"]["$defs"][fragment.rpartition("/")[2]]
        return node
    return standard.schemas[target.removesuffix(".schema.json")]


def place_of(standard: Standard, name: str) -> str:
    """The page of a document, a component, or the anchor of a simple definition."""
    if name in standard.documents:
        return f"documents/{name}.md"
    if name == "document":
        return "documents/index.md"
    if name in standard.schemas or is_component(standard.schemas["common"]["$defs"][name]):
        return f"components/{name}.md"
    return f"components/simple.md#{name.lower()}"


def is_component(node: Json) -> bool:
    """Whether a shared definition is an object with items of its own."""
    return "properties" in node


def references(node: object) -> Iterator[str]:
    """The names of everything that a schema node refers to."""
    if isinstance(node, Mapping):
        if "$ref" in node:
            target, _, fragment = str(node["$ref"]).partition("#")
            yield fragment.rpartition("/")[2] or target.removesuffix(".schema.json")
        for part in node.values():
            yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)
