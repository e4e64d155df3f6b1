"""Whether an item is there: one question, four answers, none of them a guess."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
_NEVER_EMPTY = (int, bool)


class Look(Enum):
    """What was found where an item should be."""

    PRESENT = "present"
    MISSING = "missing"
    WRONG = "of the wrong type"
    WITHHELD = "withheld"


def look(value: object, kind: str) -> Look:
    """Say whether a value of a JSON type is there; empty text, lists and objects are as good as missing."""
    wanted = _TYPES[kind]
    if type(value) is wanted:
        there = not value.isspace() if value and isinstance(value, str) else value or wanted in _NEVER_EMPTY
        return Look.PRESENT if there else Look.MISSING
    empty = value is None or (isinstance(value, str | list | dict) and not value)
    return Look.MISSING if empty else Look.WRONG


def follow(value: object, steps: list[str]) -> object:
    """Return what stands at the end of a path of member names, or None."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def text(value: Mapping[str, Any], name: str) -> str | None:
    """Return a member that is text with something in it, or None."""
    found = value.get(name)
    return found if isinstance(found, str) and found.strip() else None
