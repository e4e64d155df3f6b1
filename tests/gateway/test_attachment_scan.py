"""The malware scan: two real ways, and whatever goes wrong keeps the file back."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.attachments.scan import RELEASING, Clamd, Command, NoScanner, Scanner, Verdict, chosen, examine

CLEAN, BAD = b"an invented plan", b"an invented plan with INVENTED-MALWARE inside"
BLOCKS = [b"a" * 100_000, b"b" * 70_000, b""]


def program(text: str, seconds: float = 20) -> Command:
    return Command((sys.executable, "-c", text), seconds)


READER = "import sys; sys.exit(1 if b'INVENTED-MALWARE' in sys.stdin.buffer.read() else 0)"


def test_a_command_tells_clean_from_infected() -> None:
    assert examine(program(READER), [CLEAN]) == Verdict.CLEAN
    assert examine(program(READER), [BAD[:20], BAD[20:]]) == Verdict.INFECTED


def test_a_command_gets_every_byte_and_an_empty_file() -> None:
    counts = "import sys; sys.exit(0 if len(sys.stdin.buffer.read()) == {} else 2)"

    assert examine(program(counts.format(170_000)), BLOCKS) == Verdict.CLEAN
    assert examine(program(counts.format(0)), []) == Verdict.CLEAN
    assert examine(program(counts.format(1)), []) == Verdict.FAILED


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.stdin.buffer.read(); sys.exit(2)",
        "import os, sys; sys.stdin.buffer.read(); os.abort()",
        "raise SystemExit(0)",
    ],
    ids=["other-code", "crash", "reads-nothing"],
)
def test_a_command_that_ends_otherwise_has_failed(text: str) -> None:
    # More than a pipe holds, so that a program which does not read is noticed.
    assert examine(program(text), [b"x" * 1_000_000] * 3) == Verdict.FAILED


def test_a_command_that_finds_something_before_the_end_has_found_it() -> None:
    early = "import sys; sys.stdin.buffer.read(10); sys.exit(1)"

    assert examine(program(early), [b"x" * 1_000_000] * 3) == Verdict.INFECTED


@pytest.mark.parametrize("size", [10, 3_000_000], ids=["waits-at-the-end", "never-reads"])
def test_a_command_that_takes_too_long_is_ended_and_has_failed(size: int) -> None:
    hangs = program("import threading; threading.Event().wait()", 0.2)

    assert examine(hangs, [b"x" * size]) == Verdict.FAILED


def test_a_command_that_does_not_exist_has_failed() -> None:
    assert examine(Command(("/nowhere/scanner",), 1), [CLEAN]) == Verdict.FAILED


def test_a_file_that_cannot_be_read_to_its_end_has_failed() -> None:
    def breaks() -> Iterator[bytes]:
        yield CLEAN
        raise OSError("gone")

    assert examine(program(READER), [CLEAN]) == Verdict.CLEAN
    assert examine(program(READER), breaks()) == Verdict.FAILED


# --- the daemon -----------------------------------------------------------------------------------------------


def read_stream(line: socket.socket) -> bytes:
    """The file that a client of INSTREAM sends, as the daemon reads it."""
    with line.makefile("rb") as incoming:
        assert incoming.read(10) == b"zINSTREAM\0"
        found = b""
        while length := int.from_bytes(incoming.read(4), "big"):
            assert length <= 1 << 16
            found += incoming.read(length)
        return found


def honest(line: socket.socket) -> None:
    infected = b"INVENTED-MALWARE" in read_stream(line)
    line.sendall(b"stream: Invented-Test-Signature FOUND\0" if infected else b"stream: OK\0")


def says(answer: bytes) -> Callable[[socket.socket], None]:
    def behave(line: socket.socket) -> None:
        read_stream(line)
        line.sendall(answer)

    return behave


class Daemon:
    """A small server that speaks the protocol, for one connection."""

    def __init__(self, listener: socket.socket, behave: Callable[[socket.socket], None]) -> None:
        self._listener, self._behave = listener, behave
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as line:
            self._behave(line)

    def ask(self, scanner: Scanner, blocks: list[bytes]) -> Verdict:
        try:
            return examine(scanner, blocks)
        finally:
            self._thread.join(10)


def over_tcp(behave: Callable[[socket.socket], None], blocks: list[bytes], seconds: float = 20) -> Verdict:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    return Daemon(listener, behave).ask(Clamd(f"127.0.0.1:{port}", seconds), blocks)


def test_the_daemon_tells_clean_from_infected_over_tcp() -> None:
    assert over_tcp(honest, [CLEAN]) == Verdict.CLEAN
    assert over_tcp(honest, [BAD]) == Verdict.INFECTED


def test_the_daemon_tells_clean_from_infected_over_a_unix_socket(tmp_path: Path) -> None:
    for name, content, expected in (("a", CLEAN, Verdict.CLEAN), ("b", BAD, Verdict.INFECTED)):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / name))
        listener.listen()
        assert Daemon(listener, honest).ask(Clamd(f"unix:{tmp_path / name}", 20), [content]) == expected


def test_the_daemon_gets_every_byte() -> None:
    found: list[bytes] = []

    def listens(line: socket.socket) -> None:
        found.append(read_stream(line))
        line.sendall(b"stream: OK\0")

    assert over_tcp(listens, BLOCKS) == Verdict.CLEAN
    assert found == [b"".join(BLOCKS)]


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: OK",
        b"stream: ",
        b"",
        b"OK\0",
        b"stream: OK\0stream: OK\0",
        b"x" * 10_000,
    ],
)
def test_another_answer_of_the_daemon_is_a_failure(answer: bytes) -> None:
    assert over_tcp(says(answer), [CLEAN]) == Verdict.FAILED


def test_a_daemon_that_hangs_up_or_never_answers_is_a_failure() -> None:
    def silent(line: socket.socket) -> None:
        read_stream(line)
        # Until the other end hangs up.
        line.recv(1)

    assert over_tcp(lambda line: None, [b"x" * 1_000_000] * 4) == Verdict.FAILED
    assert over_tcp(silent, [CLEAN], 0.1) == Verdict.FAILED


def test_a_daemon_that_drips_its_answer_is_not_waited_for_longer_than_the_limit() -> None:
    stop = threading.Event()

    def drips(line: socket.socket) -> None:
        read_stream(line)
        for _ in range(200):
            if stop.wait(0.02):
                return
            try:
                line.sendall(b"x")
            except OSError:
                return

    assert over_tcp(drips, [CLEAN], 0.2) == Verdict.FAILED
    stop.set()


def test_a_daemon_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    assert examine(Clamd(f"127.0.0.1:{port}", 1), [CLEAN]) == Verdict.FAILED
    assert examine(Clamd(f"unix:{tmp_path}/none", 1), [CLEAN]) == Verdict.FAILED
    assert examine(Clamd("no address", 1), [CLEAN]) == Verdict.FAILED


def test_a_time_that_is_over_before_anything_was_sent_is_a_failure() -> None:
    assert over_tcp(lambda line: None, [CLEAN], 1e-9) == Verdict.FAILED


# --- which one ------------------------------------------------------------------------------------------------


def test_without_a_scanner_it_is_said_that_nothing_was_scanned() -> None:
    assert examine(chosen((), "", 1), [BAD]) == Verdict.NOT_SCANNED
    assert isinstance(chosen((), "", 1), NoScanner)


def test_the_settings_choose_the_scanner() -> None:
    assert chosen(["clamdscan", "-"], "", 5) == Command(("clamdscan", "-"), 5)
    assert chosen(["clamdscan", "-"], "unix:/run/clamd", 5) == Clamd("unix:/run/clamd", 5)


def test_only_a_clean_file_or_one_that_nobody_was_to_scan_is_given_out() -> None:
    assert set(Verdict) - RELEASING == {Verdict.INFECTED, Verdict.FAILED}
