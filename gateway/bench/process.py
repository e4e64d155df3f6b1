"""The processes that are measured: a gateway as it is served, and the null server beside it.

Both run under the very same uvicorn
settings. Whoever starts one here ends it by its handle.
"""

import ctypes
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from gateway.bench.figure import BenchError
from gateway.serve import Scope, serve, server_config
from gateway.settings import Settings

HOST = "127.0.0.1"
_START_S, _STOP_S = 30.0, 20.0


async def null_app(
    scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Reads the body and answers 202: what any server on this machine has to do at the least."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(arguments: Sequence[str], port: int) -> Iterator[int]:
    """Starts one process of this file, waits until its port answers, gives its process id, and ends it."""
    command = [sys.executable, "-m", "gateway.bench", *arguments]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stderr=quiet)  # noqa: S603 - our own interpreter and module
    try:
        _await_port(process, port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    ends = time.monotonic() + _START_S
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise BenchError("A server that should be measured did not start.")
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise BenchError("A server that should be measured does not answer.")


def cpu_seconds(pid: int) -> float:
    """User and system time that all threads of a process have used, to the nanosecond.

    ``/proc`` counts in hundredths of a second, which is more than one transfer takes.
    """
    clock = ctypes.c_int()
    try:
        failed = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    except AttributeError:
        failed = 1
    if failed:
        raise BenchError("This machine does not tell the CPU time of another process; use Linux.")
    return time.clock_gettime(clock.value)


def main(arguments: Sequence[str]) -> None:
    """Serves until it is told to end."""
    what, where = arguments
    if what == "gateway":
        serve(Settings(home=Path(where)))
    else:
        uvicorn.Server(server_config(null_app, HOST, int(where))).run()
