"""JSON of other systems: parsed within limits, its values converted one by one, every path accounted for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from adapters.base import Hints, Loss, LossReport
from adapters.errors import CannotRead
from adapters.table.cells import NO, YES, Convert, Note
from schemas.findings import Finding

Object = Mapping[str, Any]

_BOM = b"\xef\xbb\xbf"
_DEEPEST = 64
_MOST_PATHS = 2_000
_LONGEST_NAME = 60


def load(stream: BinaryIO, hints: Hints) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a stream, or raise CannotRead: too large, not JSON, nested without end."""
    stream.seek(0)
    data = stream.read(hints.max_bytes + 1)
    if len(data) > hints.max_bytes:
        raise CannotRead(_too_large(hints))
    try:
        value = orjson.loads(data.removeprefix(_BOM))
    except orjson.JSONDecodeError:
        raise CannotRead(_BROKEN) from None
    if _depth(value) > _DEEPEST:
        raise CannotRead(_TOO_DEEP)
    return value


def _depth(value: object) -> int:
    """Return how deep a value is nested, without recursion, as soon as it is too deep."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
        level = below
    return depth


def paths(value: object, at: str = "") -> Iterator[str]:
    """Yield the path of every single fact that is not null; `*` stands for the place in a list.

    A name that does not look like one of a format could be anything, and is not repeated.
    """
    if isinstance(value, dict):
        for name, member in value.items():
            shown = (
                name if name.isascii() and name.isidentifier() and len(name) <= _LONGEST_NAME else "(other)"
            )
            yield from paths(member, f"{at}/{shown}" if at else shown)
    elif isinstance(value, list):
        for entry in value:
            yield from paths(entry, f"{at}/*")
    elif value is not None:
        yield at


@dataclass(slots=True)
class Record:
    """One record of a file while it is read: where it stands, what was taken from it, and what was noticed.

    `at` is the pointer of the record in the file, `path` the same with `*` for places in lists.
    """

    source: str
    at: str
    path: str
    value: Object
    used: Counter[str]
    changed: Counter[tuple[str, str]]
    findings: list[Finding] = field(default_factory=list)

    def text(self, *names: str) -> str:
        """Return a text or a number at a path, as text; empty if there is none. It counts as used."""
        found, path = self._find(names)
        if isinstance(found, bool) or not isinstance(found, str | int | float) or found == "":
            return ""
        self.used[path] += 1
        return str(found).strip()

    def flag(self, *names: str) -> bool | None:
        """Return a true or false at a path; a text that says yes or no counts as one."""
        found, path = self._find(names)
        if isinstance(found, bool):
            self.used[path] += 1
            return found
        text = self.text(*names).lower()
        return True if text in YES else False if text in NO else None

    def take(self, convert: Convert, *names: str) -> Any:  # noqa: ANN401 - what the converter makes
        """Return the value at a path as a converter reads it, None if there is none; notes become findings."""
        text = self.text(*names)
        if not text:
            return None
        read = convert(text)
        if read.note is not None:
            self.note(read.note, *names)
        if read.changed:
            self.changed["/".join((self.path, *names)), read.changed] += 1
        return read.value

    def records(self, *names: str) -> list["Record"]:
        """Return the objects of a list at a path, or the one object there, as records of their own."""
        found, path = self._find(names)
        at = "/".join((self.at, *names))
        if isinstance(found, dict):
            return [self._below(found, at, path)]
        entries = found if isinstance(found, list) else []
        return [
            self._below(entry, f"{at}/{place}", f"{path}/*")
            for place, entry in enumerate(entries)
            if isinstance(entry, dict)
        ]

    def note(self, note: Note, *names: str) -> None:
        """Keep a finding about what stands at a path."""
        pointer = "/".join((self.at, *names))
        self.findings.append(
            Finding(f"{self.source}.{note.code}", note.severity, pointer, note.message, note.fix)
        )

    def _find(self, names: tuple[str, ...]) -> tuple[object, str]:
        found: object = self.value
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found, "/".join((self.path, *names))

    def _below(self, value: Object, at: str, path: str) -> "Record":
        return Record(self.source, at, path, value, self.used, self.changed, self.findings)


def account(
    value: object, used: Counter[str], changed: Counter[tuple[str, str]], ignored: Mapping[str, str]
) -> LossReport:
    """Return what became of every fact of a file; `ignored` gives the reason for known paths and all below them."""
    taken_up, left_out, unknown = list[Loss](), list[Loss](), list[Loss]()
    for path, times in sorted(Counter(paths(value)).most_common(_MOST_PATHS)):
        taken = min(used[path], times)
        if taken:
            taken_up.append(Loss(path, "", taken))
        if times > taken:
            reason = _reason(path, ignored) or ("not every one was needed" if taken else None)
            if reason is None:
                unknown.append(Loss(path, "not known to this reader", times))
            else:
                left_out.append(Loss(path, reason, times - taken))
    notes = tuple(Loss(path, note, times) for (path, note), times in sorted(changed.items()))
    return LossReport(tuple(taken_up), tuple(left_out), tuple(unknown), notes)


def _reason(path: str, ignored: Mapping[str, str]) -> str | None:
    while path:
        if path in ignored:
            return ignored[path]
        path = path.rpartition("/")[0]
    return None


def _too_large(hints: Hints) -> Finding:
    return Finding(
        "json.too_large",
        "error",
        "",
        f"The file is larger than {hints.max_bytes // 1_000_000} MB, the most that is read here.",
        "Ask for fewer pupils at once, or raise the limit.",
    )


_BROKEN = Finding(
    "json.broken",
    "error",
    "",
    "The file is not JSON, is cut short, or is not written in UTF-8.",
    "Fetch or export it again.",
)
_TOO_DEEP = Finding(
    "json.too_deep",
    "error",
    "",
    "The file is nested deeper than any export is.",
    "Fetch or export it again.",
)
