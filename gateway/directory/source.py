"""What a running gateway asks: the directory to go by, kept fresh in the background, and how fresh it is.

Refreshing never holds anybody up: whoever asks gets what was accepted last. A refused or unreachable directory
changes nothing but the state that is shown; after 48 hours without a newer timestamp nothing is sent any more.
"""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from gateway.directory.client import Client, Known
from gateway.directory.errors import DirectoryRefused
from gateway.directory.fetch import FOLDER, FolderFetcher, HttpFetcher, http_client, is_address
from gateway.directory.resolve import Note
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
    anchor = read(settings.path(settings.directory_root), "The directory's first root")
    return client_of(settings.path(TRUST), anchor, settings.directory, settings.home)


def client_of(folder: Path, anchor: bytes, where: str, base: Path) -> Client:
    """A client that keeps its trust in ``folder`` and fetches from an address, or a folder under ``base``."""
    if is_address(where):
        return Client(folder, anchor, where.rstrip("/"), HttpFetcher(http_client()))
    if "://" in where:
        raise HomeError(
            "The directory's address must begin with https, or be a folder: see the setting directory."
        )
    return Client(folder, anchor, FOLDER, FolderFetcher(base / where))


class TrustedDirectory:
    """The directory that a gateway goes by. It is read again when its file changes, whoever changed it."""

    def __init__(self, client: Client, now: Callable[[], int]) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._known: Known | None = None
        self._directory: Directory | None = None
        self._notes: tuple[Note, ...] = ()
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
                self._take(self._client.refresh(now, self._known), now)
                self._refused = None
            except DirectoryRefused as problem:
                self._refused = problem
                _log.warning("directory.refused", code=problem.code)
            except OSError as problem:
                self._refused = DirectoryRefused("unreachable")
                _log.error("directory.failed", error=type(problem).__name__)
            with suppress(OSError):
                self._last.write_bytes(orjson.dumps(self._outcome()))
            return self._refused is None

    def looked_up(self) -> Json:
        """The state as another process left it: what was accepted, and how the last refresh ended."""
        said = self.state()
        with suppress(OSError, orjson.JSONDecodeError):
            said |= orjson.loads(self._last.read_bytes())
        return said

    def state(self) -> Json:
        """How fresh the directory is, in words and numbers; epoch seconds. Nothing in it is secret."""
        with suppress(DirectoryError):
            self.current()
        now, known, said = self._now(), self._known, self._outcome()
        if known is None:
            return {**said, "sending": False}
        times = known.times()
        return {
            **said,
            "version": times.version,
            "verifiedAt": times.verified_at,
            "sendUntil": times.expires,
            "sending": now < times.expires,
            "notes": [{"entry": note.name, "note": note.sentence} for note in self._notes],
        }

    @property
    def _last(self) -> Path:
        """Where other processes find how the last refresh ended."""
        return self._client.folder / "last.json"

    def _outcome(self) -> Json:
        refused = self._refused
        return {
            "lastTried": self._tried,
            "refused": None if refused is None else refused.code,
            "why": None if refused is None else str(refused),
        }

    def _load(self, stamp: tuple[int, int] | None) -> None:
        try:
            known = self._client.load(self._known)
        except (DirectoryRefused, OSError):
            # Changed by hand, or half restored: what is in memory stays, and its next refresh mends the files.
            known = None
        if known is not None:
            self._take(known, self._now())
        self._seen = stamp

    def _take(self, known: Known, now: int) -> None:
        # Made first: if it cannot be, nothing has changed.
        resolved = known.resolved(now)
        directory = resolved.directory(known.times())
        self._known, self._directory, self._notes = known, directory, resolved.notes
        self._seen = self._stamp(self._client.state)

    @staticmethod
    def _stamp(path: Path) -> tuple[int, int] | None:
        try:
            stat = path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino


def sentences(state: Json) -> list[str]:
    """A state in words."""
    lines = []
    if "version" in state:
        lines.append(
            f"The directory is version {state['version']}, verified {_instant(state['verifiedAt'])}."
        )
    else:
        lines.append("There is no directory yet: nothing can be sent or received.")
    if state["refused"] is not None:
        lines.append(f"The last refresh, {_instant(state['lastTried'])}, was refused. {state['why']}")
    if state["sending"]:
        lines.append(f"Sending goes on until {_instant(state['sendUntil'])} without a newer one.")
    else:
        lines.append("Nothing is sent until a newer directory is taken: ltp directory refresh.")
    return [*lines, *(f"{note['entry']}: {note['note']}" for note in state.get("notes", ()))]


def _instant(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")


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
