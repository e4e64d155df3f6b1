"""Removing what nothing refers to any more, and doing what is due: one thread beside the deliveries."""

import threading

import structlog

from gateway.attachments import upload
from gateway.attachments.arrivals import work_off
from gateway.attachments.outward import Outward
from gateway.problems import NotFound
from gateway.services import Services

_log = structlog.get_logger("attachments")

#: A file that nobody refers to yet may be about to be referred to; a part may go on.
_SPARED_S = 86_400
_PART_S = 14 * 86_400

#: How often the ledger is looked at when nobody says that something is due, and how often the folder is cleared.
_IDLE_S = 2.0
_CLEAR_EVERY_S = 3_600


def clear(services: Services) -> int:
    """Removes what is left over, and says how many files that were."""
    files, now_ms = services.files, services.clock.ms
    for waiting in files.ledger.uploads_before(now_ms - upload.WAITS_MS):
        upload.drop(services, waiting)
    files.ledger.end_travels(now_ms)
    _forget_erased(services)
    wanted = files.ledger.wanted(now_ms)
    removed = 0
    for address, put_at in list(files.blobs.listed()):
        if address not in wanted and put_at < services.clock.seconds - _SPARED_S:
            files.blobs.remove(address)
            removed += 1
    for name, written_at in list(files.parts.listed()):
        if written_at < services.clock.seconds - _PART_S:
            files.parts.drop(name)
            removed += 1
    return removed


def _forget_erased(services: Services) -> None:
    """Forgets the files of bundles whose content is not kept any more."""
    for arrival in services.files.ledger.all_arrivals():
        if arrival.created_ms > services.clock.ms - _SPARED_S * 1000:
            continue
        try:
            services.store.received(arrival.org, arrival.bundle_id)
        except NotFound:
            services.files.ledger.forget(arrival)


class Worker:
    """Fetches, checks and clears in the background until it is stopped."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopped = threading.Event()
        self._cleared_at = services.clock.seconds
        self._outward = Outward()
        self._thread = threading.Thread(target=self._run, name="attachments", daemon=True)

    def start(self) -> None:
        """Starts working."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the file at hand; what is due stays due."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                worked = self._once()
            except Exception as problem:  # noqa: BLE001 - one file must not end the work on all others
                _log.error("attachments.failed", error=type(problem).__name__)
                worked = 0
            self._stopped.wait(0 if worked else _IDLE_S)

    def _once(self) -> int:
        if self._services.clock.seconds - self._cleared_at > _CLEAR_EVERY_S:
            self._cleared_at = self._services.clock.seconds
            clear(self._services)
        return work_off(self._services, 1) + self._outward.work_off(self._services)
