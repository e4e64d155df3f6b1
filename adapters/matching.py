"""Is this learner that learner, and what would change: both as data for a person, nothing done by itself.

The same UPN, and nothing that contradicts it, is the same learner. Everything else needs a person: two other
identifiers that agree make a suggestion, one makes none. Contacts are never compared by name and never merged;
wrong parents were linked to children that way in real schools. Names keep their bytes: only the comparison
here ignores case, spaces and the way accents are coded.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

Key = TypeVar("Key")
Learner = Mapping[str, Any]

_ENOUGH = 2
#: Members of the learner core that are lists of people: each entry is shown, none is matched with another.
_PEOPLE = frozenset({"parentContacts", "involvedAgencies"})


@dataclass(frozen=True, slots=True)
class Match(Generic[Key]):
    """A known learner who may be the one: `same` is certain, `confirm` is for a person to decide.

    `agree` and `differ` name the identifiers that were on both sides. Never a value.
    """

    key: Key
    verdict: Literal["same", "confirm"]
    agree: tuple[str, ...]
    differ: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what is known, what comes in. `review` is an entry about another person."""

    pointer: str
    action: Literal["add", "replace", "review"]
    known: Any
    incoming: Any

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON members; what is not there is left out."""
        members: dict[str, Any] = {"pointer": self.pointer, "action": self.action}
        if self.known is not None:
            members["known"] = self.known
        if self.incoming is not None:
            members["incoming"] = self.incoming
        return members


def matches(incoming: Learner, known: Iterable[tuple[Key, Learner]]) -> list[Match[Key]]:
    """Return the known learners who are or may be the incoming one, the certain one alone if there is one.

    Two known learners with the same UPN are never certain: the fault is in the records, and a person has to look.
    """
    found = [match for key, learner in known if (match := _match(incoming, key, learner)) is not None]
    certain = [match for match in found if match.verdict == "same"]
    if len(certain) == 1:
        return certain
    return [Match(match.key, "confirm", match.agree, match.differ) for match in found]


def _match(incoming: Learner, key: Key, known: Learner) -> Match[Key] | None:
    agree: list[str] = []
    differ: list[str] = []
    for name, mine, theirs in _identifiers(incoming, known):
        if mine and theirs:
            (agree if mine & theirs else differ).append(name)
    if "upn" in agree and not differ:
        return Match(key, "same", tuple(agree), ())
    if "upn" in agree or len(agree) >= _ENOUGH:
        return Match(key, "confirm", tuple(agree), tuple(differ))
    return None


def _identifiers(one: Learner, other: Learner) -> Iterator[tuple[str, set[str], set[str]]]:
    yield "upn", _upns(one, "upn"), _upns(other, "upn")
    yield (
        "formerUpn",
        _upns(one, "upn", "formerUpns"),
        _upns(other, "upn", "formerUpns") - _upns(other, "upn"),
    )
    for name in ("uln", "dateOfBirth"):
        yield name, _texts(one.get(name)), _texts(other.get(name))
    yield "name", _names(one), _names(other)


def _upns(learner: Learner, *members: str) -> set[str]:
    found: set[str] = set()
    for member in members:
        value = learner.get(member)
        numbers = value if isinstance(value, list | tuple) else [value]
        found |= {"".join(number.split()).upper() for number in numbers if isinstance(number, str)}
    return found


def _texts(value: object) -> set[str]:
    return {value.strip()} if isinstance(value, str) and value.strip() else set()


def _names(learner: Learner) -> set[str]:
    legal = learner.get("legalName")
    if not isinstance(legal, Mapping):
        return set()
    parts = [legal.get("forename"), legal.get("surname")]
    if not all(isinstance(part, str) and part.strip() for part in parts):
        return set()
    return {"\n".join(compared(str(part)) for part in parts)}


def compared(name: str) -> str:
    """Return a name as it is compared, never as it is written: no case, spaces and accents in one form."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def diff(known: Learner, incoming: Learner) -> list[Change]:
    """Return what taking the incoming learner over would change, in the order of its members.

    What only the known learner has stays and is not listed. Lists about people come entry by entry for review, and
    any other list as a whole.
    """
    return list(_changes(known, incoming, ""))


def _changes(known: Mapping[str, Any], incoming: Mapping[str, Any], at: str) -> Iterator[Change]:
    for name, value in incoming.items():
        pointer = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
        before = known.get(name)
        if name in _PEOPLE:
            yield from _people(before, value, pointer)
        elif before is None:
            yield Change(pointer, "add", None, value)
        elif isinstance(before, Mapping) and isinstance(value, Mapping):
            yield from _changes(before, value, pointer)
        elif before != value:
            yield Change(pointer, "replace", before, value)


def _people(known: object, incoming: object, pointer: str) -> Iterator[Change]:
    """Show each entry that is not there word for word; which of the known ones it may be, a person says."""
    there: Sequence[Any] = known if isinstance(known, list | tuple) else ()
    for place, entry in enumerate(incoming if isinstance(incoming, list | tuple) else ()):
        if entry not in there:
            yield Change(f"{pointer}/{place}", "review", None, entry)


def apply(known: Learner, changes: Iterable[Change]) -> dict[str, Any]:
    """Return the known learner with the changes that a person accepted; an entry about a person is added at the end."""
    result: dict[str, Any] = _copy(known)
    for change in changes:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~") for part in change.pointer.split("/")[1:]
        ]
        if change.action == "review":
            result.setdefault(parents[-1], []).append(change.incoming)
            continue
        here = result
        for parent in parents:
            here = here.setdefault(parent, {})
        here[last] = change.incoming
    return result


def _copy(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {name: _copy(member) for name, member in value.items()}
    return [_copy(entry) for entry in value] if isinstance(value, list | tuple) else value
