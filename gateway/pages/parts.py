"""What a reader may see of one object, and how the page says so when it is not all of it.

Absent and withheld are different things: what the sender never had is "None recorded"; what this reader
may not see is "Not shared with this reader". Neither tells anything about the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from gateway.pages.wording import joined, mapping, sequence, text

T = TypeVar("T")
_EMPTY: tuple[object, ...] = (None, "", [], {}, ())


class State(Enum):
    """How much of a part is there."""

    SHOWN = "shown"
    REDUCED = "reduced"
    ABSENT = "absent"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The prepared content of one section and how much of it this reader got."""

    state: State
    items: tuple[T, ...] = ()

    @property
    def note(self) -> str:
        """The sentence that stands in for, or beside, the content; nothing when all of it is there."""
        return _NOTES[self.state]


_NOTES = {
    State.SHOWN: "",
    State.REDUCED: "This reader may not be shown all of it.",
    State.ABSENT: "None recorded.",
    State.WITHHELD: "Not shared with this reader.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A view as it was received: its members and its `withheld` entries as pointer and reason."""

    body: Mapping[str, Any]
    withheld: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, value: object) -> "Source":
        """A source for an object of the bundle; for a missing object, an empty one."""
        body = mapping(value)
        entries = map(mapping, sequence(body.get("withheld")))
        return cls(body, tuple((text(e.get("pointer")), text(e.get("reason"))) for e in entries))

    def state(self, member: str) -> State:
        """How much of a member is there."""
        whole = {reason for pointer, reason in self.withheld if pointer in ("", f"/{member}")}
        if self.body.get(member) in _EMPTY:
            # A summary keeps every item of a list: an empty list in a summary was empty before.
            listed = self.body.get(member) == []
            return State.WITHHELD if whole - ({"summary"} if listed else set()) else State.ABSENT
        inside = any(pointer.startswith(f"/{member}/") for pointer, _ in self.withheld)
        return State.REDUCED if whole or inside else State.SHOWN

    def part(
        self, member: str, prepare: Callable[[Any], T], *, order: Callable[[Any], int] | None = None
    ) -> Part[T]:
        """The members of a list, each prepared; in their own order unless one is given."""
        state = self.state(member)
        if state in (State.ABSENT, State.WITHHELD):
            return Part(state)
        items = sequence(self.body[member])
        ranked = sorted(items, key=order) if order else items
        return Part(state, tuple(prepare(item) for item in ranked))

    def words(self, member: str, prepare: Callable[[Any], str] = joined) -> str:
        """A single value in words; a withheld one says so, an absent one says nothing."""
        state = self.state(member)
        if state is State.WITHHELD:
            return "Not shared with this reader"
        return "" if state is State.ABSENT else prepare(self.body[member])
