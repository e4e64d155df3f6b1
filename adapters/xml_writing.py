"""XML as files are written: elements in order, texts escaped, nothing empty; read again only by `adapters.xml`."""

import re
from collections.abc import Iterator
from html import escape

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")


class Element:
    """An element with a text or with elements below it."""

    __slots__ = ("_below", "_name", "_text")

    def __init__(self, name: str, text: str = "") -> None:
        self._name = name
        self._text = text
        self._below: list[Element] = []

    def __len__(self) -> int:
        """Return how many elements are directly below."""
        return len(self._below)

    def below(self, name: str) -> "Element":
        """Add an element that will have others below it, and return it."""
        element = Element(name)
        self._below.append(element)
        return element

    def add(self, name: str, value: object) -> None:
        """Add an element with a text, unless there is none. XML cannot hold control characters: they become spaces."""
        if value not in (None, ""):
            self._below.append(Element(name, _CONTROL.sub(" ", str(value))))

    def take(self, element: "Element") -> None:
        """Add an element that was made on its own, unless it is empty."""
        if element:
            self._below.append(element)

    def to_bytes(self) -> bytes:
        """Return the element as a whole file, one element to a line."""
        head = '<?xml version="1.0" encoding="utf-8"?>'
        return ("\n".join((head, *self._lines(""))) + "\n").encode("utf-8")

    def _lines(self, indent: str) -> Iterator[str]:
        if not self._below:
            yield f"{indent}<{self._name}>{escape(self._text, quote=False)}</{self._name}>"
            return
        yield f"{indent}<{self._name}>"
        for element in self._below:
            yield from element._lines(indent + "  ")
        yield f"{indent}</{self._name}>"
