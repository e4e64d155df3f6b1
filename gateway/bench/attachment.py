"""The row ``attachment``: how much memory a file of 100 MB takes on its way through a gateway's hands.

In a process of its own the file is handed in, encrypted to the disk, measured, put under its address, verified as
a receiver does, scanned through a command and read back. The figure is by how much the process grew over the
same way with a file of one byte, which loads every module; its ratio is to 60 MB.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gateway.attachments import blobs
from gateway.attachments.kept import Files, open_files
from gateway.attachments.scan import Command, Verdict, examine
from gateway.bench.figure import BenchError, Figure, figure
from signing.stream import Secret, decrypt, drain, encrypt

#: 100 MB, and what may be used for it beside what is used for one byte.
FILE_BYTES = 100_000_000
ALLOWED_MB = 60.0

_BLOCK = bytes(65_536)
_READER = "import sys\nwhile sys.stdin.buffer.read(65536):\n    pass\n"


def measure_attachment(length: int = FILE_BYTES) -> Figure:
    """Megabytes of growth for a file of ``length`` bytes; its ratio is to what is allowed."""
    command = [sys.executable, "-m", "gateway.bench.attachment", str(length)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own interpreter and module
    if done.returncode:
        raise BenchError("The file did not come through.")
    grown = int(done.stdout) / 1000
    return figure("attachment", grown, "MB", grown / ALLOWED_MB)


def grown_kb(length: int) -> int:
    """By how many kilobytes this process grows with a file of ``length`` bytes."""
    with tempfile.TemporaryDirectory(prefix="ltp-bench-") as folder:
        files = open_files(
            Path(folder) / "attachments", 10 * FILE_BYTES, Command((sys.executable, "-c", _READER), 300)
        )
        try:
            _through(files, 1)
            before = _most_kb()
            _through(files, length)
            return _most_kb() - before
        finally:
            files.close()


def _through(files: Files, length: int) -> None:
    with files.parts.appending("a-part") as part:
        manifest = drain(encrypt(_content(length), Secret.fresh()), part.write)
    files.blobs.put(manifest.address, files.parts.path("a-part"))
    verified = drain(decrypt(manifest, blobs.stream(files.blobs, manifest.address)), len)

    def sealed(start: int, stop: int) -> bytes:
        return files.blobs.read(manifest.address, start, stop)

    if examine(files.scanner, verified.read(0, length, sealed)) is not Verdict.CLEAN:
        raise BenchError("The scan did not work.")
    if sum(map(len, verified.read(0, length, sealed))) != length:
        raise BenchError("Not all of the file came back.")


def _content(length: int) -> Iterator[bytes]:
    for start in range(0, length, len(_BLOCK)):
        yield _BLOCK[: length - start]


def _most_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(grown_kb(int(sys.argv[1])))
