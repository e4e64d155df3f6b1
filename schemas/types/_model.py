"""What a language needs to know of the schemas: named types, their members, and how names are spelt."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+[a-z]*|[A-Z]")


@dataclass(frozen=True, slots=True)
class Plain:
    """Text, a whole number, true or false, or an object that holds whatever somebody agreed on."""

    form: Literal["text", "whole", "flag", "open"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The one value that is permitted."""

    value: str | bool


@dataclass(frozen=True, slots=True)
class Named:
    """A record, a choice or a union of the model."""

    name: str
    form: Literal["record", "choice", "union"]


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    each: "Kind"


Kind: TypeAlias = Plain | Fixed | Named | Many


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a record, under the name that it has in JSON."""

    name: str
    kind: Kind
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Record:
    """A closed object."""

    name: str
    note: str
    members: tuple[Member, ...]

    def ordered(self) -> tuple[Member, ...]:
        """Return the members with the required ones first, for languages that want them so."""
        return tuple(sorted(self.members, key=lambda member: not member.required))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several texts."""

    name: str
    note: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """One of several records, told apart by their member `type`."""

    name: str
    note: str
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Every type, each under a name of its own."""

    version: str
    records: tuple[Record, ...]
    choices: tuple[Choice, ...]
    unions: tuple[Union, ...]

    def unions_of(self, record: str) -> tuple[str, ...]:
        """Return the unions that a record is one of."""
        return tuple(union.name for union in self.unions if record in dict(union.records).values())


def heading(version: str, mark: str) -> str:
    """Return the first lines of a file, each after the mark of a comment."""
    lines = (
        f"Types of the Learner Transfer Profile, version {version}, written from its schemas by `ltp schema kit`.",
        "Do not change this file: make it again. It holds the form of each object; check values with the schemas.",
        "Dates and times are text, as in JSON, so that what is read is written back letter for letter.",
    )
    return "\n".join(f"{mark} {line}" for line in lines)


def pascal(name: str) -> str:
    """Return a name as FinalReport."""
    return "".join(word[:1].upper() + word[1:].lower() for word in _words(name))


def camel(name: str) -> str:
    """Return a name as finalReport."""
    whole = pascal(name)
    return whole[:1].lower() + whole[1:]


def snake(name: str) -> str:
    """Return a name as final_report."""
    return "_".join(word.lower() for word in _words(name))


def constant(name: str) -> str:
    """Return a name as FINAL_REPORT."""
    return snake(name).upper()


def quoted(text: str) -> str:
    """Return a text between double quotes; the texts of the schemas hold nothing that needs an escape."""
    if not re.fullmatch(r"[ !#-\[\]-~]*", text) or "$" in text:
        raise ValueError("this text needs an escape that not all languages write alike")
    return f'"{text}"'


def _words(name: str) -> list[str]:
    return _WORD.findall(name)
