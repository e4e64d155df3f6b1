"""Whether an item is there: one question, four answers, none of them a guess."""

from collections.abc import Mapping
from enum import Enum
from math import isnan
from typing import Any

_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
_HOLDERS = (str, list, dict)
_NEVER_EMPTY = ("integer", "boolean")


class Look(Enum):
    """What was found where an item should be."""

    PRESENT = "present"
    MISSING = "missing"
    WRONG = "of the wrong type"
    WITHHELD = "withheld"


# Asked a thousand times of each placement, and slow to read from the class.
PRESENT, MISSING = Look.PRESENT, Look.MISSING


def look(value: object, kind: str) -> Look:
    """Say whether a value of a JSON type is there; empty text, lists and objects are as good as missing."""
    if value is None:
        return MISSING
    if type(value) is _TYPES[kind]:
        there = not value.isspace() if value and isinstance(value, str) else value or kind in _NEVER_EMPTY
        return PRESENT if there else MISSING
    return MISSING if isinstance(value, _HOLDERS) and not value else Look.WRONG


def same(first: object, second: object) -> bool:
    """Say whether two JSON values are equal, however deep they are; what is no number equals itself."""
    waiting = [(first, second)]
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            waiting.extend((part, other[name]) for name, part in one.items())
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting.extend(zip(one, other, strict=True))
        elif not _equal(one, other):
            return False
    return True


def _equal(one: object, other: object) -> bool:
    """Compare two values of which at most one is a list or an object; true is not one, and NaN is NaN."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    neither = isinstance(one, float) and isinstance(other, float) and isnan(one) and isnan(other)
    return one == other or neither


def follow(value: object, steps: list[str]) -> object:
    """Return what stands at the end of a path of member names, or None."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def text(value: Mapping[str, Any], name: str) -> str | None:
    """Return a member that is text with something in it, or None."""
    found = value.get(name)
    return found if isinstance(found, str) and found.strip() else None
