"""Encrypted files by their address, the SHA-256 of their bytes, and the parts of files that are still coming.

A file is written under a name of ours, brought onto the disk, and only then given its address. No path is ever
made from what came from outside: an address has to look like one. What is kept is the ciphertext that travels;
its key is in a bundle in the vault.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from gateway.problems import Conflict, NotFound, Unavailable
from signing.stream import is_address

#: How much of a file is read at once.
BLOCK = 1 << 18


class Blobs(Protocol):
    """Where whole files are kept. The folder below is one; object storage (issue 5) will be another."""

    def put(self, address: str, part: Path) -> None:
        """Takes over a part that is whole and checked; afterwards it is durable under its address."""

    def size(self, address: str) -> int | None:
        """How long the file is, or None when it is not here."""

    def read(self, address: str, start: int, stop: int) -> bytes:
        """The bytes from ``start`` to before ``stop``. Raises NotFound."""

    def remove(self, address: str) -> None:
        """Takes the file away, if it is here."""

    def listed(self) -> Iterator[tuple[str, float]]:
        """Each address with the time, in seconds since 1970, at which it was put."""


def stream(blobs: Blobs, address: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """A file, or a part of it, block by block. Raises NotFound before the first one."""
    size = blobs.size(address)
    if size is None:
        raise _not_here()
    end = size if stop is None else min(stop, size)
    return (blobs.read(address, at, min(at + BLOCK, end)) for at in range(start, end, BLOCK))


@dataclass(frozen=True, slots=True)
class Folder:
    """Blobs in a folder of the gateway's home, spread over 256 sub-folders."""

    root: Path

    def put(self, address: str, part: Path) -> None:
        """Renames the part, which its writer has brought onto the disk already."""
        path = self._path(address)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.utime(part)
        part.replace(path)
        _sync(path.parent)
        _sync(self.root)

    def size(self, address: str) -> int | None:
        """From the file system."""
        try:
            return self._path(address).stat().st_size
        except OSError:
            return None

    def read(self, address: str, start: int, stop: int) -> bytes:
        """Opened anew for each block: nothing stays open for a reader who goes away."""
        try:
            with self._path(address).open("rb") as file:
                file.seek(start)
                return file.read(stop - start)
        except OSError:
            raise _not_here() from None

    def remove(self, address: str) -> None:
        """A reader who has it open reads on."""
        self._path(address).unlink(missing_ok=True)

    def listed(self) -> Iterator[tuple[str, float]]:
        """Only names that are addresses; anything else in the folder is not ours."""
        for path in self.root.glob("??/*"):
            if is_address(path.name):
                with suppress(FileNotFoundError):
                    yield path.name, path.stat().st_mtime

    def _path(self, address: str) -> Path:
        if not is_address(address):
            raise _not_here()
        return self.root / address[:2] / address


@dataclass(frozen=True, slots=True)
class Parts:
    """Files that are still coming: appended to by one writer at a time, never read by anybody else."""

    root: Path
    #: How many bytes all of them, and all blobs beside them, may take up.
    quota: int
    #: The folder that the quota is counted over.
    counted: Path

    def make_room(self, size: int) -> None:
        """Returns when ``size`` more bytes may be kept. Raises Unavailable."""
        used = sum(_length(path) for path in self.counted.rglob("*") if path.is_file())
        if used + size > self.quota:
            raise Unavailable(
                "attachments.full",
                "The gateway has no room for this file at the moment.",
                "Try again later; the operator can raise the quota or free space.",
            )

    def path(self, name: str) -> Path:
        """The file of a part; ``name`` is one that this gateway made."""
        return self.root / name

    def length(self, name: str) -> int:
        """How much of it is here; nothing yet is 0."""
        return _length(self.path(name))

    @contextmanager
    def appending(self, name: str) -> Iterator[BinaryIO]:
        """The part, open for more; on the disk when this ends. Raises Conflict while somebody else is at it."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = os.open(self.path(name), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(made, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Conflict(
                    "attachment.busy", "Another request is writing this file.", "Wait until it has ended."
                ) from None
            yield file
            file.flush()
            os.fsync(file.fileno())

    def drop(self, name: str) -> None:
        """Takes a part away, if it is here."""
        self.path(name).unlink(missing_ok=True)

    def listed(self) -> Iterator[tuple[str, float]]:
        """Each part with the time at which it was last written."""
        for path in self.root.glob("*"):
            with suppress(FileNotFoundError):
                yield path.name, path.stat().st_mtime


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file on this disk, block by block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _length(path: Path) -> int:
    """The length of a file; one that was just taken away has none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_here() -> NotFound:
    return NotFound("attachment.unknown", "There is no file at this address that you may have.")
