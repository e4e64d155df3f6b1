"""What a running gateway asks: the directory to go by, kept fresh in the background, and how fresh it is.

Refreshing never holds anybody up: whoever asks gets what was accepted last. A refused or unreachable directory
changes nothing but the state that is shown; after 48 hours without a newer timestamp nothing is sent any more.
"""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog

from gateway.directory.client import Client, Known
from gateway.directory.errors import DirectoryRefused
from gateway.directory.fetch import FOLDER, FolderFetcher, HttpFetcher, http_client, is_address
from gateway.files import HomeError, read
from gateway.settings import Settings
from signing import Directory, DirectoryError

TRUST: Final = "trust"
"""The folder of a gateway's home in which it keeps what it trusts."""
#: After a failure it is tried again sooner than after a success.
_RETRY_S: Final = 300.0

Json = dict[str, Any]
_log = structlog.get_logger("directory")


def open_client(settings: Settings) -> Client:
    """The client of a gateway's home. Raises HomeError."""
    where = settings.directory
    anchor = read(settings.path(settings.directory_root), "The directory's first root")
    if is_address(where):
        return Client(settings.path(TRUST), anchor, where.rstrip("/"), HttpFetcher(http_client()))
    if "://" in where:
        raise HomeError("The directory's address must be https, or a folder: see directory in gateway.toml.")
    return Client(settings.path(TRUST), anchor, FOLDER, FolderFetcher(settings.path(where)))


class TrustedDirectory:
    """The directory that a gateway goes by. It is read again when its file changes, whoever changed it."""

    def __init__(self, client: Client, now: Callable[[], int]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._known: Known | None = None
        self._directory: Directory | None = None
        #: When a refresh was last tried, and why it was refused, if it was.
        self._tried: int | None = None
        self._refused: DirectoryRefused | None = None

    def current(self) -> Directory:
        """The directory to verify with; it says itself whether it is fresh enough to send on.

        Raises signing.DirectoryError when none was ever accepted.
        """
        stamp = self._stamp(self._client.state)
        if stamp != self._seen:
            with self._lock:
                self._load(stamp)
        if self._directory is None:
            raise DirectoryError("bad_directory")
        return self._directory

    def refresh(self) -> bool:
        """Fetches the newest directory; says whether it was taken. What was trusted stays when it was not."""
        now = self._now()
        with self._lock:
            self._tried = now
            try:
                self._take(self._client.refresh(now), now)
                self._refused = None
            except DirectoryRefused as problem:
                self._refused = problem
                _log.warning("directory.refused", code=problem.code)
            except OSError as problem:
                self._refused = DirectoryRefused("unreachable")
                _log.error("directory.failed", error=type(problem).__name__)
            return self._refused is None

    def state(self) -> Json:
        """How fresh the directory is, in words and numbers; epoch seconds. Nothing in it is secret."""
        now, known = self._now(), self._known
        said: Json = {
            "lastTried": self._tried,
            "refused": None if self._refused is None else self._refused.code,
            "why": None if self._refused is None else str(self._refused),
        }
        if known is None:
            return {**said, "sending": False}
        times = known.times()
        return {
            **said,
            "version": times.version,
            "verifiedAt": times.verified_at,
            "sendUntil": times.expires,
            "sending": now < times.expires,
            "notes": [{"entry": note.name, "note": note.sentence} for note in known.resolved(now).notes],
        }

    def _load(self, stamp: tuple[int, int] | None) -> None:
        try:
            known = self._client.load()
        except (DirectoryRefused, OSError):
            # Changed by hand, or half restored: what is in memory stays, and the next refresh mends the files.
            known = None
        if known is not None:
            self._take(known, self._now())
        self._seen = stamp

    def _take(self, known: Known, now: int) -> None:
        # Made first: if it cannot be, nothing has changed.
        directory = known.directory(now)
        self._known, self._directory = known, directory
        self._seen = self._stamp(self._client.state)

    @staticmethod
    def _stamp(path: Path) -> tuple[int, int] | None:
        try:
            stat = path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino


class Refresher:
    """Refreshes a directory in a thread of its own, at the start and then at intervals with jitter."""

    def __init__(self, directory: TrustedDirectory, every_s: float) -> None:
        self._directory = directory
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="directory", daemon=True)

    def start(self) -> None:
        """Starts refreshing."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; a fetch that is under way is not waited for longer than a moment."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            taken = self._directory.refresh()
            pause = self._every_s if taken else min(self._every_s, _RETRY_S)
            # All gateways of a country must not ask in the same second.
            self._stop.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter is no secret
