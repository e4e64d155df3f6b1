"""Which adapters there are: ours, and those that other packages register under `ltp.adapters`.

Everything is loaded on first use, so the base install (without lxml) can import this package. Another
package's adapter that cannot be loaded is left out and named in `broken`; it can never replace ours.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import BinaryIO

from adapters.base import Adapter, Reader, Writer
from adapters.head import Head, look

GROUP = "ltp.adapters"

#: In the order in which they are asked whether a file is theirs: class lists of any kind come last.
_NAMES = ("ctf", "sims", "wonde", "oneroster", "cpoms", "csv")
_OURS = tuple(EntryPoint(name=name, value=f"adapters.{name}:ADAPTER", group=GROUP) for name in _NAMES)


class Adapters(Mapping[str, Adapter]):
    """Name to adapter, read-only. Ours come first and raise if they cannot load; others are optional."""

    def __getitem__(self, name: str) -> Adapter:
        """Return the adapter of that name, or raise KeyError."""
        if name in self._ours:
            return self._ours[name]
        return self._others[0][name]

    def __iter__(self) -> Iterator[str]:
        """Yield our names, then the others in alphabetical order."""
        yield from self._ours
        yield from sorted(self._others[0])

    def __len__(self) -> int:
        """Return how many adapters could be loaded."""
        return len(self._ours) + len(self._others[0])

    def reader(self, name: str) -> Reader:
        """Return how that format is read. Raises KeyError if it is not there or is only written."""
        read = self[name].read
        if read is None:
            raise KeyError(name)
        return read

    def writer(self, name: str) -> Writer:
        """Return how that format is written. Raises KeyError if it is not there or is only read."""
        write = self[name].write
        if write is None:
            raise KeyError(name)
        return write

    @property
    def broken(self) -> tuple[str, ...]:
        """The entry points of other packages that were left out."""
        return self._others[1]

    @cached_property
    def _ours(self) -> dict[str, Adapter]:
        return {point.name: point.load() for point in _OURS}

    @cached_property
    def _others(self) -> tuple[dict[str, Adapter], tuple[str, ...]]:
        loaded: dict[str, Adapter] = {}
        broken: list[str] = []
        for point in entry_points(group=GROUP):
            adapter = _load(point)
            if adapter is None or point.name in self._ours or point.name in loaded:
                broken.append(point.name)
            else:
                loaded[point.name] = adapter
        return loaded, tuple(sorted(broken))


def _load(point: EntryPoint) -> Adapter | None:
    try:
        loaded = point.load()
    except Exception:  # noqa: BLE001 - whatever another package raises, ours must go on working
        return None
    return loaded if isinstance(loaded, Adapter) else None


ADAPTERS = Adapters()


def detect(stream: BinaryIO) -> str | None:
    """Return the name of the adapter that recognises a seekable stream, or None; the stream is left at its beginning.

    Content only: file names and media types are what people renamed them to.
    """
    head = look(stream)
    return next((name for name in ADAPTERS if _recognises(ADAPTERS[name], head)), None)


def _recognises(adapter: Adapter, head: Head) -> bool:
    if adapter.detect is None:
        return False
    try:
        return bool(adapter.detect(head))
    except Exception:  # noqa: BLE001 - a detector that fails on foreign bytes does not know the format
        return False
