"""What a file is told apart by: its first bytes and, if it is an archive, the names in it. Never its own name."""

from dataclasses import dataclass
from typing import BinaryIO

from adapters.archive import NotAnArchive, names

_ZIP = b"PK\x03\x04"
HEAD_BYTES = 64 * 1024
"""How much of the beginning is looked at."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, and the names of an archive's members (none if it is not a sound archive)."""

    start: bytes
    members: frozenset[str] = frozenset()


def look(stream: BinaryIO) -> Head:
    """Return the head of a seekable stream and leave the stream at its beginning. Never refuses a file."""
    stream.seek(0)
    start = stream.read(HEAD_BYTES)
    members: frozenset[str] = frozenset()
    if start.startswith(_ZIP):
        try:
            members = frozenset(names(stream))
        except NotAnArchive:
            members = frozenset()
    stream.seek(0)
    return Head(start, members)
