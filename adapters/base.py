"""What every adapter shares: hints in; drafts, findings and one loss report out.

A reader is a generator. It yields drafts and findings as it goes and the loss report last; it never
keeps more than one learner in memory. A file that cannot be read as a whole raises `CannotRead`.

Nothing is imported by an adapter. Whoever consumes the drafts stages them all and looks at the
findings: one finding of severity `error` means the file is not clean and no draft of it is taken over
until a person has decided.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, TypeAlias

from schemas.findings import Finding


@dataclass(frozen=True, slots=True)
class Hints:
    """The limits of one reading, and the day it happens on (an adapter has no clock of its own)."""

    max_bytes: int = 50_000_000
    max_pupils: int = 20_000
    max_depth: int = 24
    max_record_bytes: int = 2_000_000
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Part of one value of the standard, as far as the file had it: a person completes it.

    `kind` names the schema component (`learner`), `place` says where in the file it came from.
    """

    kind: str
    place: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """What became of one kind of content: where it stood, in plain words, how many times. Never a value."""

    path: str
    note: str
    count: int

    def to_json(self) -> dict[str, str | int]:
        """Return the entry as JSON members."""
        return {"path": self.path, "note": self.note, "count": self.count}


@dataclass(frozen=True, slots=True)
class LossReport:
    """The whole account of a conversion: every element of the file is in exactly one of the first three.

    `used` went into a draft (or was judged and reported as a finding), `ignored` is known and has no
    place in the draft, `unmapped` is not known to the adapter. `changed` lists what was written
    differently on the way; its entries are counted in `used` too.
    """

    used: tuple[Loss, ...] = ()
    ignored: tuple[Loss, ...] = ()
    unmapped: tuple[Loss, ...] = ()
    changed: tuple[Loss, ...] = ()

    def to_json(self) -> dict[str, list[dict[str, str | int]]]:
        """Return the four lists as JSON members."""
        return {
            "used": [entry.to_json() for entry in self.used],
            "ignored": [entry.to_json() for entry in self.ignored],
            "unmapped": [entry.to_json() for entry in self.unmapped],
            "changed": [entry.to_json() for entry in self.changed],
        }


class AdapterError(Exception):
    """The root of everything an adapter raises on purpose."""


class CannotRead(AdapterError):
    """The file as a whole cannot be read; `findings` say why in plain words, without its content."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__(", ".join(finding.code for finding in findings))


Item: TypeAlias = Draft | Finding | LossReport
Reader: TypeAlias = Callable[[BinaryIO, Hints], Iterator[Item]]
Writer: TypeAlias = Callable[[Mapping[str, Any]], bytes]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One format: `read` its files, `write` them if that makes sense, `detect` them by their first bytes."""

    name: str
    title: str
    read: Reader
    write: Writer | None
    detect: Callable[[bytes], bool]
