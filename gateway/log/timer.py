"""Signing on a schedule: a thread that signs the log, and asks its witnesses, every few minutes."""

import threading
from collections.abc import Callable

import structlog

from signing.log.errors import LogError

_log = structlog.get_logger("log")


class Timer:
    """Calls ``sign`` at once and then every ``seconds``, until it is stopped; a refusal is logged by its code."""

    def __init__(self, sign: Callable[[], object], seconds: float) -> None:
        self._sign = sign
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-signer", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a checkpoint being signed is finished first."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._sign()
            except LogError as refused:
                # Somebody has to look at this log: it is not signed again until they did.
                _log.error("log.refused", code=refused.code)
            except Exception as problem:  # noqa: BLE001 - the next time may go well; nobody waits for this thread
                _log.error("log.failed", error=type(problem).__name__)
            if self._stopped.wait(self._seconds):
                return
