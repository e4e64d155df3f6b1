"""Text of an unknown encoding, measured once before it is read, so that no line and no file can surprise later.

The stream must be seekable: it is gone through twice.
"""

import codecs
import io
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from adapters.base import Hints
from adapters.errors import CannotRead
from schemas.findings import Finding

_CHUNK = 256 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Text:
    """A text that may be read, how it is encoded, whether that was a guess, and whether NUL bytes stand in it."""

    lines: TextIO
    encoding: str
    guessed: bool
    nul: bool


def opened(stream: BinaryIO, hints: Hints) -> Text:
    """Return the text of a stream from its beginning, or raise CannotRead: empty, too large, or an endless line.

    UTF-8 and UTF-16 are told by their marks or by their bytes. What is not valid UTF-8 is read as Windows-1252, the
    other encoding that schools' systems write, and `guessed` says so.
    """
    stream.seek(0)
    head = stream.read(_CHUNK)
    if not head.strip():
        raise CannotRead(_EMPTY)
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), None) or _wide(head)
    valid, nul = _measure(stream, hints)
    guessed = encoding is None and not valid
    encoding = encoding or ("utf-8" if valid else "cp1252")
    stream.seek(0)
    # The wrapper must not close the caller's stream when it is thrown away.
    lines = _Kept(stream, encoding=encoding, errors="replace", newline="")
    return Text(lines, encoding, guessed, nul and not encoding.startswith("utf-16"))


class _Kept(io.TextIOWrapper):
    """A text view that leaves the bytes open."""

    def __del__(self) -> None:
        if not self.closed:
            self.detach()


def _wide(head: bytes) -> str | None:
    """Return the UTF-16 that a text without a mark is in, told by the zeros in every second place."""
    part = head[:4096]
    half = len(part) // 2
    if part[1::2].count(0) > half * 0.7:
        return "utf-16-le"
    return "utf-16-be" if part[0::2].count(0) > half * 0.7 else None


def _measure(stream: BinaryIO, hints: Hints) -> tuple[bool, bool]:
    """Go through the whole stream once: is it UTF-8, is there a NUL; refuse too many bytes and too long a line."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, nul, total, line = True, False, 0, 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > hints.max_bytes:
            raise CannotRead(too_large(hints))
        valid = valid and _decodes(decoder, chunk)
        nul = nul or b"\0" in chunk
        line = _longest(chunk, line)
        if line > hints.max_record_bytes:
            raise CannotRead(_LONG_LINE)
    return valid and _decodes(decoder, b"", final=True), nul


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _longest(chunk: bytes, line: int) -> int:
    """Return how long the line that runs out of this chunk is so far; one that ends inside it fits in memory."""
    end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    return line + len(chunk) if end < 0 else len(chunk) - end - 1


def too_large(hints: Hints) -> Finding:
    """Say that a file has more bytes than are read here."""
    return Finding(
        "table.too_large",
        "error",
        "",
        f"The file is larger than {hints.max_bytes // 1_000_000} MB, the most that is read here.",
        "Export fewer pupils into one file, or raise the limit.",
    )


_EMPTY = Finding("table.empty", "error", "", "The file is empty.", "Export it again, or choose another file.")
_LONG_LINE = Finding(
    "table.long_line",
    "error",
    "",
    "A line of the file is longer than any export has, so it is probably not a table.",
    "Choose another file, or export it again as comma-separated values.",
)
