"""The one place where an archive (zip) is opened: OneRoster sets, Excel workbooks and Word files are archives.

Its list of contents is measured before it is read; a member is read only up to the size that it declares and
that the reader allows, so that no archive can unpack without end. Nothing is ever written to a disk, so a name
that points elsewhere leads nowhere; it is refused all the same, because no honest program writes one.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from adapters.errors import CannotRead
from schemas.findings import Finding

MAX_MEMBERS = 2_000
"""More files than any export or office document has."""

MAX_RATIO = 200
"""How many times its packed size a member may have; sheets of repeated cells reach about a hundred."""

_FREE_BYTES = 1_000_000
_MAX_LIST_BYTES = 1_000_000
_TAIL = 65_557
_END = struct.Struct("<4s4H2LH")
_SIGNATURE = b"PK\x05\x06"
_ENCRYPTED = 0x1
_CHUNK = 64 * 1024


class NotAnArchive(Exception):
    """The stream does not end as an archive does, or its list of contents is not one that is read here."""


class Archive:
    """An opened archive: its members by name, each read whole and only within the limit."""

    def __init__(self, source: zipfile.ZipFile, max_bytes: int) -> None:
        self._source = source
        self._left = max_bytes
        self._members = {info.filename: info for info in source.infolist() if not info.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members, in the order of the archive."""
        return tuple(self._members)

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many bytes each member says it has."""
        return {name: info.file_size for name, info in self._members.items()}

    def read(self, name: str) -> bytes:
        """Return one member's bytes. Raises KeyError for a name that is not there, CannotRead for a bad member."""
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield one member's bytes in pieces, within the limits; what is read counts towards all that may be."""
        info = self._members[name]
        try:
            with self._source.open(info) as member:
                while chunk := member.read(_CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise CannotRead(_TOO_LARGE)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError):
            raise CannotRead(_BROKEN) from None


@contextmanager
def opened(stream: BinaryIO, max_bytes: int) -> Iterator[Archive]:
    """Open an archive whose members may have `max_bytes` bytes in all, or raise CannotRead.

    Refused: a broken list of contents, more than 2,000 members, two members of one name, a name that leads out of
    the archive, encryption, and a member that unpacks to more than 200 times its packed size.
    """
    try:
        names(stream)
        stream.seek(0)
        source = zipfile.ZipFile(stream)
    except (NotAnArchive, zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, struct.error, OSError):
        raise CannotRead(_BROKEN) from None
    with source:
        _admit(source, max_bytes)
        yield Archive(source, max_bytes)


def names(stream: BinaryIO) -> tuple[str, ...]:
    """Return the names of an archive's members without unpacking one, or raise NotAnArchive."""
    _measure(stream)
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as source:
            return tuple(source.namelist())
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, struct.error, OSError):
        raise NotAnArchive from None


def _measure(stream: BinaryIO) -> None:
    """Look at the record that ends an archive before anything believes it."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL)
    place = tail.rfind(_SIGNATURE)
    if place < 0 or len(tail) - place < _END.size:
        raise NotAnArchive
    _, disk, first, here, total, length, _, _ = _END.unpack_from(tail, place)
    if disk or first or here != total or total > MAX_MEMBERS or length > _MAX_LIST_BYTES:
        raise NotAnArchive


def _admit(source: zipfile.ZipFile, max_bytes: int) -> None:
    listed = source.infolist()
    if len({info.filename for info in listed}) != len(listed):
        raise CannotRead(_TWICE)
    for info in listed:
        if info.flag_bits & _ENCRYPTED:
            raise CannotRead(_LOCKED)
        if _leads_out(info.filename):
            raise CannotRead(_LEADS_OUT)
        if info.file_size > _FREE_BYTES and info.file_size > MAX_RATIO * info.compress_size:
            raise CannotRead(_BOMB)
    if sum(info.file_size for info in listed) > max_bytes:
        raise CannotRead(_TOO_LARGE)


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/")


def _fault(code: str, message: str, fix: str) -> Finding:
    return Finding(f"archive.{code}", "error", "", message, fix)


_AGAIN = "Export the file again, or ask the vendor of the system that wrote it."
_BROKEN = _fault(
    "broken",
    "The file is packed (zip, Excel or Word), and the packing is damaged or holds far more than an export.",
    _AGAIN,
)
_TWICE = _fault("twice", "The packed file holds two files of the same name.", _AGAIN)
_LEADS_OUT = _fault("leads_out", "The packed file holds a file whose name leads to another folder.", _AGAIN)
_BOMB = _fault("bomb", "The packed file would unpack to many times its size.", _AGAIN)
_LOCKED = _fault(
    "locked", "The file is protected by a password.", "Save it without a password and choose it again."
)
_TOO_LARGE = _fault(
    "too_large",
    "The packed file holds more than is read here.",
    "Export fewer pupils into one file, or raise the limit.",
)
