"""A parsed XML record as plain Python, so that no adapter touches the parser's objects.

A leaf is its text, without outer whitespace; anything else is a dictionary of its children. Children of
one name become a list as soon as there are two. Attributes are left out: no format read here uses them.
"""

from collections.abc import Iterator
from typing import TypeAlias

Node: TypeAlias = dict[str, "str | Node | list[str | Node]"]

EMPTY: Node = {}


def text(node: Node, name: str) -> str:
    """Return the text of the first child of that name, or an empty string."""
    value = node.get(name, "")
    return value if type(value) is str else _first(value)


def _first(value: str | Node | list[str | Node]) -> str:
    first = value[0] if isinstance(value, list) else ""
    return first if isinstance(first, str) else ""


def texts(node: Node, name: str) -> list[str]:
    """Return the text of every child of that name, empty ones left out."""
    value = node.get(name)
    if not value:
        return []
    if type(value) is list:
        return [each for each in value if type(each) is str and each]
    return [value] if type(value) is str else []


def child(node: Node, name: str) -> Node:
    """Return the first child of that name that has children of its own, or an empty node."""
    value = node.get(name, EMPTY)
    if type(value) is list:
        return next(_nodes(value), EMPTY)
    return value if type(value) is dict else EMPTY


def children(node: Node, name: str) -> list[Node]:
    """Return every child of that name that has children of its own."""
    value = node.get(name)
    if type(value) is dict:
        return [value]
    return list(_nodes(value)) if type(value) is list else []


def _nodes(values: list[str | Node]) -> Iterator[Node]:
    return (each for each in values if type(each) is dict)


class Census:
    """How many times each element path occurred in a file: the base of an honest loss report.

    The number of distinct paths is bounded; what comes after is counted under one name. Names that do
    not look like the names of a format are not repeated, because they could be anything.
    """

    __slots__ = ("_left", "root")

    OTHER = "(other elements)"

    def __init__(self, limit: int = 500) -> None:
        self.root = Count()
        self._left = limit

    def add(self, parent: "Count", name: str) -> "Count":
        """Return the count below `parent` for a name that is not there yet."""
        if self._left <= 0 or len(name) > 60 or not (name.isascii() and name.isidentifier()):
            return parent.below.setdefault(self.OTHER, Count())
        self._left -= 1
        return parent.below.setdefault(name, Count())

    def leaves(self) -> Iterator[tuple[str, int]]:
        """Yield the path and count of every element that never had children, in order of first sight."""
        yield from _leaves(self.root, "")


class Count:
    """One element path: how often it occurred and what occurred below it."""

    __slots__ = ("below", "times")

    def __init__(self) -> None:
        self.times = 0
        self.below: dict[str, Count] = {}


def _leaves(count: Count, path: str) -> Iterator[tuple[str, int]]:
    for name, each in count.below.items():
        here = f"{path}/{name}" if path else name
        if each.below:
            yield from _leaves(each, here)
        else:
            yield here, each.times
