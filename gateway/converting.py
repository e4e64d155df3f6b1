"""From one format to another: what the command line and the local API do alike.

A file is read to its clean end before anything is made of it. What is not clean is shown with all its findings, and
no other file is written from it: a person decides first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import schemas
from adapters import ADAPTERS, CannotWrite, Draft, Hints, Wishes, Written, detect
from adapters.staging import Staged, as_bundles, stage
from gateway.problems import Refused
from schemas import Finding

#: The name of our own format, which needs no adapter.
OWN = "ltp"


@dataclass(frozen=True, slots=True)
class Conversion:
    """The format that was read, what it gave, and the file that was written from it, if one was asked for."""

    source: str
    staged: Staged
    written: Written | None = None

    def to_json(self) -> dict[str, Any]:
        """The reports of a conversion; the written file's content is not in it."""
        shown: dict[str, Any] = {"format": self.source, **self.staged.to_json()}
        if self.written is not None:
            shown["written"] = {
                "name": self.written.name,
                "mediaType": self.written.media_type,
                "bytes": len(self.written.content),
                "loss": self.written.loss.to_json(),
                "findings": [finding.to_json() for finding in self.written.findings],
            }
        return shown


def readable() -> list[str]:
    """The names of the formats that can be read."""
    return [OWN, *(name for name in ADAPTERS if ADAPTERS[name].read is not None)]


def writable() -> list[str]:
    """The names of the formats that can be written."""
    return [name for name in ADAPTERS if ADAPTERS[name].write is not None]


def convert(
    stream: BinaryIO, source: str | None, target: str | None, hints: Hints, wishes: Wishes
) -> Conversion:
    """Reads a seekable stream, in the format named or found by content, and writes it as ``target`` if one is named.

    Raises Refused for a format that is not known or not told, and when the target cannot carry any of it.
    """
    name = source or _found(stream)
    if name not in readable():
        raise Refused("convert.unknown_format", _UNKNOWN, "Name one of: " + ", ".join(readable()) + ".")
    if target is not None and target not in writable():
        raise Refused("convert.unknown_target", _NO_TARGET, "Name one of: " + ", ".join(writable()) + ".")
    stream.seek(0)
    staged, bundles = _own(stream, hints) if name == OWN else _foreign(name, stream, hints)
    if target is None or not staged.clean:
        return Conversion(name, staged)
    try:
        return Conversion(name, staged, ADAPTERS.writer(target)(bundles, wishes))
    except CannotWrite as refused:
        raise Refused("convert.cannot_write", _NOTHING, findings=refused.findings) from None


def _found(stream: BinaryIO) -> str | None:
    stream.seek(0)
    start = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    found = detect(stream)
    return OWN if found is None and start.startswith((b"{", b"[")) else found


def _foreign(name: str, stream: BinaryIO, hints: Hints) -> tuple[Staged, Sequence[Mapping[str, Any]]]:
    staged = stage(ADAPTERS.reader(name)(stream, hints))
    return staged, as_bundles(staged.drafts)


def _own(stream: BinaryIO, hints: Hints) -> tuple[Staged, Sequence[Mapping[str, Any]]]:
    """Reads a bundle, a transfer or a list of them."""
    data = stream.read(hints.max_bytes + 1)
    if len(data) > hints.max_bytes:
        return _refused(_TOO_LARGE), ()
    try:
        value = schemas.load(data)
    except schemas.InvalidDocument as refused:
        return _refused(*refused.findings), ()
    listed = value if isinstance(value, list) else [value]
    bundles = [bundle for bundle in listed if isinstance(bundle, dict) and "learner" in bundle]
    if len(bundles) < len(listed):
        return _refused(_NOT_A_BUNDLE), ()
    drafts = [
        Draft("learner", f"bundle {place}", bundle["learner"]) for place, bundle in enumerate(bundles, 1)
    ]
    return stage(drafts), bundles


def _refused(*findings: Finding) -> Staged:
    return stage(findings)


_UNKNOWN = "This is not a file in a format that can be read here."
_NO_TARGET = "There is no such format to write."
_NOTHING = "Nothing of this can be written in that format."
_TOO_LARGE = Finding(
    "convert.too_large",
    "error",
    "",
    "The file is larger than what is read here.",
    "Choose a smaller file, or raise the limit.",
)
_NOT_A_BUNDLE = Finding(
    "convert.not_a_bundle",
    "error",
    "",
    "The file is JSON, and neither a bundle nor a transfer about a learner.",
    "Choose a bundle or a transfer.",
)
