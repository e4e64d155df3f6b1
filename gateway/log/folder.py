"""A log in a folder, for whoever wants to check it without the gateway: laid out as c2sp.org/tlog-tiles says.

checkpoint                      the newest checkpoint
checkpoints/<size>              each checkpoint that was kept
keys.json                       the log's verifier keys; trust them only if they came another way too
tile/entries/x000/…/012[.p/7]   256 entries, each after its length in two bytes
tile/0/…                        their hashes; the levels above are those of 256 hashes each
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import orjson

from signing.log.checkpoint import Policy, Unverified, Verified, verify
from signing.log.errors import LogError
from signing.log.history import History, verify_history
from signing.log.merkle import HASH_LENGTH

WIDTH: Final = 256
_LEVEL: Final = 8  # levels of the tree in one tile
_LENGTH: Final = 2  # bytes before an entry
_MAX_FILE: Final = 64 * 1024 * 1024


def tile_path(number: int, width: int = WIDTH) -> str:
    """The path of a tile under its level, or under `entries`: `x001/x234/067`, with its width when not full."""
    digits = f"{number:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    path = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """Every tile of the tree of a size: its level, its number, and how many hashes it has."""
    level = 0
    while size:
        for number in range(-(-size // WIDTH)):
            yield level, number, min(WIDTH, size - number * WIDTH)
        size, level = size // WIDTH, level + 1


def pack(entries: Sequence[bytes]) -> bytes:
    """A tile of entries."""
    return b"".join(len(entry).to_bytes(_LENGTH, "big") + entry for entry in entries)


def unpack(data: bytes) -> Iterator[bytes]:
    """The entries of a tile. Raises LogError when it is cut off."""
    place = 0
    while place < len(data):
        end = place + _LENGTH + int.from_bytes(data[place : place + _LENGTH], "big")
        if end > len(data) or place + _LENGTH > len(data):
            raise LogError("bad_leaf")
        yield data[place + _LENGTH : end]
        place = end


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a folder: the log up to a checkpoint, through two functions that read it."""

    size: int
    entries: Callable[[int, int], list[bytes]]
    hashes: Callable[[int, int, int], list[bytes]]
    notes: Sequence[bytes]
    keys: Sequence[str]


def export(content: Content, folder: Path) -> None:
    """Writes a log into a folder; what is there already is written over."""
    for level, number, width in tiles(content.size):
        start = number * WIDTH
        hashes = content.hashes(level * _LEVEL, start, start + width)
        _write(folder / "tile" / str(level) / tile_path(number, width), b"".join(hashes))
        if level == 0:
            entries = content.entries(start, start + width)
            _write(folder / "tile" / "entries" / tile_path(number, width), pack(entries))
    for note in content.notes:
        _write(folder / "checkpoints" / str(Unverified.parse(note).head.size), note)
    _write(folder / "keys.json", orjson.dumps({"keys": list(content.keys)}, option=orjson.OPT_INDENT_2))
    # Last: whoever finds it finds all that it stands for.
    _write(folder / "checkpoint", content.notes[-1])


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@dataclass(frozen=True, slots=True)
class Found:
    """A log as it was read from a folder; nothing of it is proved yet."""

    entries: tuple[bytes, ...] = field(repr=False)
    hashes: tuple[bytes, ...] = field(repr=False)
    notes: tuple[bytes, ...] = field(repr=False)
    keys: Any = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The log in a folder. Raises LogError when it has no checkpoint or entries that cannot be read."""
        newest = _read(folder / "checkpoint")
        if newest is None:
            raise LogError("bad_note")
        listed = sorted((folder / "checkpoints").glob("*"), key=lambda path: (len(path.name), path.name))
        notes = [note for path in listed if (note := _read(path)) is not None]
        size = Unverified.parse(newest).head.size
        keys = _read(folder / "keys.json")
        return cls(
            tuple(_entries(folder / "tile" / "entries", size)),
            tuple(_hashes(folder / "tile" / "0", size)),
            tuple(dict.fromkeys([*notes, newest])),
            None if keys is None else _json(keys),
        )

    def policy(self) -> Policy:
        """Trust in the keys that lie in the folder itself. Raises LogError."""
        return Policy.from_json(self.keys)

    def verify(self, policy: Policy, now: int, others: Sequence[bytes] = ()) -> History:
        """The log, when it fits its checkpoints and ``others`` that were got elsewhere. Raises LogError."""
        notes = [Unverified.parse(note) for note in (*self.notes, *others)]
        checkpoints: list[Verified] = [verify(note, policy, now) for note in notes]
        return verify_history(self.entries, checkpoints, self.hashes)


def _entries(folder: Path, size: int) -> Iterator[bytes]:
    for number, width in _level_tiles(size):
        data = _tile(folder, number, width)
        if data is None:
            return
        yield from unpack(data)


def _hashes(folder: Path, size: int) -> Iterator[bytes]:
    for number, width in _level_tiles(size):
        data = _tile(folder, number, width)
        if data is None or len(data) != width * HASH_LENGTH:
            return
        yield from (data[place : place + HASH_LENGTH] for place in range(0, len(data), HASH_LENGTH))


def _level_tiles(size: int) -> Iterator[tuple[int, int]]:
    return ((number, width) for level, number, width in tiles(size) if level == 0)


def _tile(folder: Path, number: int, width: int) -> bytes | None:
    """The tile as wide as the tree asks for."""
    return _read(folder / tile_path(number, width))


def _read(path: Path) -> bytes | None:
    """A file that may be missing. Raises LogError for one that is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError:
        return None
    if len(data) > _MAX_FILE:
        raise LogError("bad_leaf")
    return data


def _json(data: bytes) -> object:
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value
