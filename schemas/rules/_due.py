"""What will be late if nobody does anything: the day after which a result appears."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date
from typing import TypeAlias, TypeVar

_R = TypeVar("_R")
_Found: TypeAlias = Callable[[date], Mapping[Hashable, _R]]
_Seen: TypeAlias = tuple[date, Mapping[Hashable, _R]]


def appearing(found: "_Found[_R]", first: date, last: date) -> Iterator[tuple[date, _R]]:
    """Yield what is found on the last day but not on the first, with the last day that is still without it.

    The days between are halved and not walked through: what is late is taken to stay late.
    """
    yield from _between(found, (first, found(first)), (last, found(last)))


def _between(found: "_Found[_R]", low: "_Seen[_R]", high: "_Seen[_R]") -> Iterator[tuple[date, _R]]:
    (first, early), (last, late) = low, high
    new = [key for key in late if key not in early]
    if not new:
        return
    if (last - first).days <= 1:
        yield from ((first, late[key]) for key in new)
        return
    day = first + (last - first) // 2
    middle = (day, found(day))
    yield from _between(found, low, middle)
    yield from _between(found, middle, high)
