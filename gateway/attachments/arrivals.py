"""What a received bundle names: fetched, verified, scanned, and only then available.

The note that a file is to come is on the disk before the bundle is, so a crash forgets none. Whatever is wrong with a
file keeps the file back and never the documents: they were delivered. When every file of a bundle is settled and one
cannot be had, the sender is told with a ``rejected`` receipt that names the codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway import inbox
from gateway.attachments import blobs
from gateway.attachments.carrier import FetchFailed
from gateway.attachments.fetch import fetch, sources
from gateway.attachments.ledger import Arrival, FileState
from gateway.attachments.scan import RELEASING, Verdict, examine
from gateway.contents import archived
from gateway.problems import NotFound
from gateway.services import Services
from gateway.store.records import BundleRow
from gateway.transfer import Backoff, State
from signing import DirectoryError, StreamError
from signing.stream import Manifest, VerifiedFile, decrypt, drain

_BACKOFF = Backoff(first_ms=5_000, most_ms=3_600_000)

#: How long a file is asked for before its sender is told that it cannot be had.
ASKED_MS = 14 * 86_400_000

#: How often a fault is tried again that another attempt may cure, but that can also be somebody's doing.
_ATTEMPTS = 3

#: A note whose bundle never came, because the gateway fell over between the two.
_ORPHAN_MS = 86_400_000


def expect(services: Services, org: str, body: Mapping[str, Any]) -> None:
    """Notes, durably, the files of a verified and valid bundle. Call before the bundle is kept."""
    now_ms = services.clock.ms
    services.files.ledger.expect(
        Arrival(
            org=org,
            bundle_id=body["bundleId"],
            attachment_id=entry["id"],
            address=entry.get("sealed", {}).get("sha256", ""),
            state=FileState.WAITING,
            code="",
            scan="",
            attempts=0,
            due_ms=now_ms,
            created_ms=now_ms,
        )
        for entry in body["attachments"]
    )


def work_off(services: Services, limit: int = 10) -> int:
    """Takes the next step for files that are due, and says for how many."""
    due = services.files.ledger.due(services.clock.ms, limit)
    for arrival in due:
        step(services, arrival)
    return len(due)


def step(services: Services, arrival: Arrival) -> None:
    """One attempt to make a file available; its outcome is kept, and the sender told when it is the last."""
    try:
        row = services.store.received(arrival.org, arrival.bundle_id)
    except NotFound:
        _orphan(services, arrival)
        return
    body = archived(inbox.text_of(services, row)).body
    entry = entry_of(body, arrival)
    if entry is None:
        services.files.ledger.forget(arrival)
        return
    services.files.ledger.move(_attempted(services, arrival, entry, row.peer))
    _tell(services, row)


def entry_of(body: Mapping[str, Any], arrival: Arrival) -> Mapping[str, Any] | None:
    """The entry of a bundle that a note is about, if the bundle names that very file."""
    for entry in body["attachments"]:
        if (entry["id"], entry.get("sealed", {}).get("sha256", "")) == (
            arrival.attachment_id,
            arrival.address,
        ):
            found: Mapping[str, Any] = entry
            return found
    return None


def _orphan(services: Services, arrival: Arrival) -> None:
    age_ms = services.clock.ms - arrival.created_ms
    if age_ms > _ORPHAN_MS:
        services.files.ledger.forget(arrival)
    else:
        services.files.ledger.move(replace(arrival, due_ms=services.clock.ms + _BACKOFF.most_ms))


def _attempted(services: Services, arrival: Arrival, entry: Mapping[str, Any], sender: str) -> Arrival:
    now = replace(arrival, attempts=arrival.attempts + 1)
    try:
        manifest = Manifest.of(entry)
        if services.files.blobs.size(manifest.address) is None:
            directory = services.directory.current()
            gateways = sources(directory, sender, arrival.org, services.gateway)
            fetch(services, manifest.address, manifest.sealed_length, gateways)
        verified = verify(services, manifest)
    except (FetchFailed, DirectoryError) as failed:
        reason = failed.reason if isinstance(failed, FetchFailed) else "directory-unusable"
        return _not_here(services, now, reason)
    except StreamError as fault:
        # The bytes are the ones that the sender signed for: another attempt would bring the same.
        return replace(now, state=FileState.REFUSED, code=f"attachment.{fault.code}", due_ms=None)
    return _scanned(services, now, verified)


def verify(services: Services, manifest: Manifest) -> VerifiedFile:
    """The file as one of which every byte was checked. Raises StreamError."""
    return drain(decrypt(manifest, blobs.stream(services.files.blobs, manifest.address)), lambda _: None)


def _not_here(services: Services, arrival: Arrival, reason: str) -> Arrival:
    """Later again; at last, or after a few attempts that brought wrong bytes, refused."""
    now_ms = services.clock.ms
    wrong = reason.startswith("file_")
    over = arrival.attempts >= _ATTEMPTS if wrong else now_ms - arrival.created_ms > ASKED_MS
    if over:
        code = f"attachment.{reason if wrong else 'not-fetched'}"
        return replace(arrival, state=FileState.REFUSED, code=code, due_ms=None)
    code = reason if reason.startswith("attachment") else f"attachment.{reason}"
    return replace(arrival, code=code, due_ms=now_ms + _BACKOFF.delay(arrival.attempts, 0))


def _scanned(services: Services, arrival: Arrival, verified: VerifiedFile) -> Arrival:
    manifest, stored = verified.manifest, services.files.blobs

    def sealed(start: int, stop: int) -> bytes:
        return stored.read(manifest.address, start, stop)

    verdict = examine(services.files.scanner, verified.read(0, manifest.length, sealed))
    done = replace(arrival, scan=verdict.value, code="", due_ms=None)
    if verdict in RELEASING:
        return replace(done, state=FileState.AVAILABLE)
    if verdict == Verdict.INFECTED:
        return replace(done, state=FileState.QUARANTINED, code="attachment.infected")
    # In quarantine at once; the scanner may only be away, so it is asked again before the sender is told.
    again = arrival.attempts < _ATTEMPTS
    due_ms = services.clock.ms + _BACKOFF.delay(arrival.attempts, 0) if again else None
    return replace(done, state=FileState.QUARANTINED, code="attachment.scan-failed", due_ms=due_ms)


def _tell(services: Services, row: BundleRow) -> None:
    """Answers the bundle when nothing more is to be done and something of it cannot be had."""
    files = services.files.ledger.arrivals(row.org, row.bundle_id)
    codes = codes_of(files)
    if codes and not any(file.due_ms is not None for file in files):
        inbox.answer(services, row, State.REJECTED, role=None, codes=codes)


def codes_of(files: Sequence[Arrival]) -> tuple[str, ...]:
    """Why files of a bundle cannot be had; none when all can."""
    return tuple(sorted({file.code for file in files if file.code}))
