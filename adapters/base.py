"""What every adapter shares: hints in; drafts, findings and one loss report out, or a file and its loss report.

A reader is a generator. It yields drafts and findings as it goes and the loss report last; it never
keeps more than one learner in memory. A file that cannot be read as a whole raises `CannotRead`.

Nothing is imported by an adapter. Whoever consumes the drafts stages them all and looks at the
findings: one finding of severity `error` means the file is not clean and no draft of it is taken over
until a person has decided.

A writer takes bundles, or drafts that were put together as such, and returns the file whole, with what it
could not carry. What must not be written raises `CannotWrite`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO, Literal, TypeAlias

from adapters.head import Head
from schemas.findings import Finding


@dataclass(frozen=True, slots=True)
class Hints:
    """The limits of one reading, and the day it happens on (an adapter has no clock of its own).

    `free_text` is somebody's explicit choice to take over what people wrote about a pupil, where a format
    can hold safeguarding text; without it only codes, dates and counts are read.
    """

    max_bytes: int = 50_000_000
    max_pupils: int = 20_000
    max_depth: int = 24
    max_record_bytes: int = 2_000_000
    today: date | None = None
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """Part of one value of the standard, as far as the file had it: a person completes it.

    `kind` names the schema component (`learner`) or the document type, `place` says where in the file it came
    from. A draft that is not a learner says in `about` which learner of the file it belongs to, by whatever
    identifiers and names the file gives, in the form of the component `learner`. `guessed` holds pointers into
    `value` that no rule of the format vouches for. A draft for the desk `dsl` may go nowhere else.
    """

    kind: str
    place: str
    value: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)
    guessed: tuple[str, ...] = ()
    desk: Literal["general", "dsl"] = "general"

    def to_json(self) -> dict[str, Any]:
        """Return the draft as JSON members; what is empty or usual is left out."""
        members: dict[str, Any] = {"kind": self.kind, "place": self.place, "value": dict(self.value)}
        if self.about:
            members["about"] = dict(self.about)
        if self.guessed:
            members["guessed"] = list(self.guessed)
        if self.desk != "general":
            members["desk"] = self.desk
        return members


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


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a file is to be written: the day (no adapter has a clock), and what the format lets one choose.

    `options` are the format's own, by name; each adapter lists its names in `Adapter.options`.
    """

    today: date
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written whole: its bytes, a name without anybody's name in it, and what it does not carry."""

    content: bytes
    name: str
    media_type: str
    loss: LossReport = LossReport()
    findings: tuple[Finding, ...] = ()


Item: TypeAlias = Draft | Finding | LossReport
Reader: TypeAlias = Callable[[BinaryIO, Hints], Iterator[Item]]
Writer: TypeAlias = Callable[[Sequence[Mapping[str, Any]], Wishes], Written]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One format: `read` its files, `write` them, `detect` them by their content; what makes no sense is None.

    `options` says for each choice that `write` offers what it means, in words for `ltp convert --help`.
    """

    name: str
    title: str
    read: Reader | None = None
    write: Writer | None = None
    detect: Callable[[Head], bool] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
