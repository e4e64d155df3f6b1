"""Giving a received file out, to those who may read the documents that it belongs to, and only when it is available.

What is read is decrypted chunk by chunk from the ciphertext on the disk; nothing in plain is ever stored. An operator
decides what becomes of a file in quarantine, without needing to open it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway import inbox
from gateway.attachments.ledger import Arrival, FileState
from gateway.problems import Conflict, Forbidden, NotFound
from gateway.services import Services
from gateway.tokens import Rights
from signing.stream import Manifest, VerifiedFile

#: Members of a file's entry that stay inside the gateway: whoever may read the file gets the file.
_INSIDE = "sealed"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may be given to the reader who asked."""

    media_type: str
    scan: str
    verified: VerifiedFile

    @property
    def length(self) -> int:
        """How long it is."""
        return self.verified.manifest.length

    def read(self, services: Services, start: int, stop: int) -> Iterator[bytes]:
        """Its bytes from ``start`` to before ``stop``. Raises StreamError when the disk has changed them."""
        blobs, address = services.files.blobs, self.verified.manifest.address
        return self.verified.read(start, stop, lambda a, b: blobs.read(address, a, b))


def shown(services: Services, org: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files of a bundle as a reader is told of them: without the key, with how far each has come."""
    files = {file.attachment_id: file for file in services.files.ledger.arrivals(org, body["bundleId"])}
    return [_shown(entry, files.get(entry["id"])) for entry in body["attachments"]]


def _shown(entry: Mapping[str, Any], file: Arrival | None) -> dict[str, Any]:
    told = {name: value for name, value in entry.items() if name != _INSIDE}
    if file is None:
        return told
    return {**told, "state": file.state.value, "code": file.code, "scan": file.scan}


def opened(services: Services, rights: Rights, bundle_id: str, attachment_id: str) -> Opened:
    """A file for a reader; the bundle counts as opened when there is one to give.

    Raises NotFound, Conflict while it is not here yet, Forbidden for one that is kept back.
    """
    org = rights.organisation
    return inbox.read(
        services, rights, bundle_id, lambda seen: _to_give(services, org, seen.body, attachment_id)
    )


def _to_give(services: Services, org: str, body: Mapping[str, Any], attachment_id: str) -> Opened:
    entry = _entry(body, attachment_id)
    files = {
        (file.attachment_id, file.address): file
        for file in services.files.ledger.arrivals(org, body["bundleId"])
    }
    file = files.get((attachment_id, entry.get("sealed", {}).get("sha256", "")))
    if file is None or file.state in (FileState.REFUSED, FileState.DESTROYED):
        raise NotFound("attachment.not-available", "This file cannot be had.", "Ask its sender for it again.")
    if file.state == FileState.WAITING:
        raise Conflict(
            "attachment.waiting", "This file is still being fetched and checked.", "Try again soon."
        )
    if file.state == FileState.QUARANTINED:
        raise Forbidden(
            "attachment.quarantined",
            "This file is kept back: the malware scan found something, or did not work.",
            "Ask the person who runs the gateway, and do not have it sent another way.",
        )
    # The state was only reached after every byte was checked, and is written by nobody but this gateway.
    return Opened(entry["mediaType"], file.scan, VerifiedFile(Manifest.of(entry)))


def _entry(body: Mapping[str, Any], attachment_id: str) -> Mapping[str, Any]:
    for entry in body["attachments"]:
        if entry["id"] == attachment_id:
            found: Mapping[str, Any] = entry
            return found
    raise NotFound("not-found", "There is nothing with this id that you may see.")


def release(services: Services, org: str, bundle_id: str, attachment_id: str) -> None:
    """An operator lets a file out of quarantine, and answers for it. Raises NotFound or Conflict."""
    _decide(services, (org, bundle_id, attachment_id), FileState.AVAILABLE)


def destroy(services: Services, org: str, bundle_id: str, attachment_id: str) -> None:
    """An operator has a quarantined file destroyed. Raises NotFound or Conflict."""
    file = _decide(services, (org, bundle_id, attachment_id), FileState.DESTROYED)
    if file.address not in services.files.ledger.wanted(services.clock.ms):
        services.files.blobs.remove(file.address)


def _decide(services: Services, which: tuple[str, str, str], state: FileState) -> Arrival:
    org, bundle_id, attachment_id = which
    ledger = services.files.ledger
    files = [file for file in ledger.arrivals(org, bundle_id) if file.attachment_id == attachment_id]
    if not files:
        raise NotFound("not-found", "There is no such file.")
    held = [file for file in files if file.state == FileState.QUARANTINED]
    if not held:
        raise Conflict("attachment.not-quarantined", "This file is not in quarantine.")
    decided = replace(held[0], state=state, due_ms=None)
    ledger.move(decided)
    return decided
