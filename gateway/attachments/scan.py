"""Looking for malware in a file before anybody may have it. Whatever goes wrong counts against the file.

A scanner takes the plaintext as a stream, so that nothing decrypted is written to a disk. The operator chooses
one: a command that reads its standard input (as ``clamdscan -`` does), or the daemon of ClamAV. With none, a file
is given out and the API says ``notScanned``: that is plainly said, never shown as clean.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Protocol


class Verdict(StrEnum):
    """What came of a scan. ``FAILED`` is for everything but a clear answer."""

    CLEAN = "clean"
    INFECTED = "infected"
    FAILED = "failed"
    NOT_SCANNED = "notScanned"


#: The verdicts with which a file may be given out.
RELEASING = frozenset({Verdict.CLEAN, Verdict.NOT_SCANNED})


class Scanner(Protocol):
    """Something that looks at a whole file."""

    def scan(self, blocks: Iterable[bytes]) -> Verdict:
        """What it finds. May raise anything: ``examine`` takes that for FAILED."""


def examine(scanner: Scanner, blocks: Iterable[bytes]) -> Verdict:
    """The verdict on a file; a scanner that breaks down, or a file that cannot be read, is FAILED."""
    try:
        return scanner.scan(blocks)
    except Exception:  # noqa: BLE001 - a fault of whatever kind must never release a file
        return Verdict.FAILED


@dataclass(frozen=True, slots=True)
class NoScanner:
    """None is configured."""

    def scan(self, blocks: Iterable[bytes]) -> Verdict:
        """Says so."""
        del blocks
        return Verdict.NOT_SCANNED


@dataclass(frozen=True, slots=True)
class Command:
    """A program that reads the file from its standard input and exits with 0 for clean and 1 for infected."""

    arguments: Sequence[str]
    timeout_s: float

    def scan(self, blocks: Iterable[bytes]) -> Verdict:
        """What the program says. One that takes too long, or stops reading, has failed."""
        with _started(self.arguments) as process, _killed_after(process, self.timeout_s) as late:
            heard = _feed(process, blocks)
            code = process.wait()
        if late.is_set():
            return Verdict.FAILED
        if code == 1:
            return Verdict.INFECTED
        # A program that ends well without having read to the end has not looked at the end.
        return Verdict.CLEAN if code == 0 and heard else Verdict.FAILED


@contextlib.contextmanager
def _started(arguments: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603 - the operator's own setting, never a value from outside
        list(arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _kill(process)
        process.wait()
        with contextlib.suppress(OSError):
            _stdin(process).close()


@contextlib.contextmanager
def _killed_after(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[threading.Event]:
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Ends the program and what it started, if it still runs: until it is waited for, its number is its own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _stdin(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    return process.stdin


def _feed(process: "subprocess.Popen[bytes]", blocks: Iterable[bytes]) -> bool:
    """Gives the program the whole file; says whether it took it."""
    try:
        with _stdin(process) as pipe:
            for block in blocks:
                pipe.write(block)
    except BrokenPipeError:
        return False
    return True


#: The longest answer of the daemon that is read.
_MOST_ANSWER = 4096
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Clamd:
    """ClamAV's daemon, by its INSTREAM command: ``unix:<path>`` or ``<host>:<port>``.

    The daemon's ``StreamMaxLength`` has to be at least 200M; a larger file than it takes is FAILED.
    """

    address: str
    timeout_s: float

    def scan(self, blocks: Iterable[bytes]) -> Verdict:
        """What the daemon says, within the time as a whole."""
        until = time.monotonic() + self.timeout_s
        with _connected(self.address, self.timeout_s) as line:
            _send(line, b"zINSTREAM\0", until)
            for block in blocks:
                for at in range(0, len(block), _BLOCK):
                    part = block[at : at + _BLOCK]
                    _send(line, len(part).to_bytes(4, "big") + part, until)
            _send(line, bytes(4), until)
            return _meaning(_answer(line, until))


def _connected(address: str, timeout_s: float) -> socket.socket:
    if address.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(timeout_s)
            line.connect(address.removeprefix("unix:"))
        except BaseException:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout_s)


def _send(line: socket.socket, data: bytes, until: float) -> None:
    line.settimeout(_left(until))
    line.sendall(data)


def _answer(line: socket.socket, until: float) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _MOST_ANSWER:
        line.settimeout(_left(until))
        part = line.recv(_MOST_ANSWER)
        if not part:
            break
        answer += part
    return answer


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _meaning(answer: bytes) -> Verdict:
    """Only the two exact answers count; an error, or an answer cut short, says nothing about the file."""
    if answer == b"stream: OK\0":
        return Verdict.CLEAN
    if answer.startswith(b"stream: ") and answer.endswith(b" FOUND\0"):
        return Verdict.INFECTED
    return Verdict.FAILED


def chosen(command: Sequence[str], clamd: str, timeout_s: float) -> Scanner:
    """The scanner of the settings; the daemon goes before the command."""
    if clamd:
        return Clamd(clamd, timeout_s)
    return Command(tuple(command), timeout_s) if command else NoScanner()
