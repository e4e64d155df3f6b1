"""Handing a file in: an organisation's own system sends it in pieces, and it is encrypted as it comes.

The file's length is stated with the first piece, so the last chunk is known and every full chunk can be encrypted
and put on the disk at once: nothing is ever here in plain. A piece that breaks off leaves its full chunks behind;
``offset`` says where to go on. When the last byte is here the file is scanned, and only then has it an address.
"""

import hashlib
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass

from gateway.attachments.blobs import blocks_of
from gateway.attachments.ledger import Upload
from gateway.attachments.scan import Verdict, examine
from gateway.problems import Conflict, NotFound, Refused, TooLarge, Unavailable
from gateway.services import Services
from gateway.vault import DataKey
from signing import StreamError
from signing.stream import (
    CHUNK,
    KEY_LENGTH,
    MAX_LENGTH,
    SEALED_CHUNK,
    Chunks,
    Manifest,
    Secret,
    VerifiedFile,
    measure,
    sealed_length,
)

#: Where the keys of files that wait are wrapped: under a key of the stricter desk, because nobody knows yet.
_SUBJECT, _DESK, _PURPOSE = "uploads", "dsl", "file-key"

#: How long a file that was handed in waits for its transfer.
WAITS_MS = 7 * 86_400_000

_RANGE = re.compile(r"bytes (?:([0-9]{1,10})-([0-9]{1,10})|\*)/([0-9]{1,10})")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Which bytes of a file a request brings: from ``start`` to before ``stop`` of ``total``."""

    start: int
    stop: int
    total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come; ``sha256`` is of the file as its reader will see it, once it is whole."""

    upload_id: str
    received: int
    size: int
    sha256: str | None = None


def piece_of(content_range: str | None, content_length: str | None) -> Piece:
    """What the headers of a request say. Raises Refused, or TooLarge for a file over the limit.

    Without ``Content-Range`` the request brings the whole file; ``bytes */<total>`` brings nothing and asks for
    the end to be tried again.
    """
    if content_range is None:
        if content_length is None or not content_length.isdecimal() or len(content_length) > 10:
            raise _unclear()
        piece = Piece(0, int(content_length), int(content_length))
    else:
        found = _RANGE.fullmatch(content_range)
        if found is None:
            raise _unclear()
        total = int(found[3])
        piece = Piece(int(found[1]), int(found[2]) + 1, total) if found[1] else Piece(total, total, total)
    if piece.total > MAX_LENGTH:
        raise TooLarge(
            "attachment.file_too_large", f"At most {MAX_LENGTH:,} bytes can be attached.", "Divide the file."
        )
    if not 0 <= piece.start <= piece.stop <= piece.total or piece.total == 0:
        raise _unclear()
    return piece


class Writing:
    """One request's piece on its way to the disk: ``write`` its blocks, ``finish``, and ``close`` in any case."""

    def __init__(self, services: Services, org: str, upload_id: str, piece: Piece) -> None:
        """Raises Conflict when somebody else writes the file, or it does not go on here."""
        self._services = services
        with ExitStack() as stack:
            self._file = stack.enter_context(services.files.parts.appending(part_name(org, upload_id)))
            self._upload = _begun(services, org, upload_id, piece)
            self._secret = _secret(services, self._upload)
            if piece.start < piece.total:
                # What a crash left of a chunk is written anew, with the bytes that come now.
                self._file.truncate(piece.start // CHUNK * SEALED_CHUNK)
            self._open = stack.pop_all()
        self._chunks, self._stop = Chunks(self._secret), piece.stop
        self._at, self._held = piece.start, bytearray()

    def close(self) -> None:
        """Brings onto the disk what was written, whatever ended the request: the next one goes on from there."""
        self._open.close()

    def write(self, block: bytes) -> None:
        """Encrypts what fills a chunk; the rest waits for the next block. Raises Refused for too many bytes."""
        if self._at + len(self._held) + len(block) > self._stop:
            raise Refused("attachment.length", "There are more bytes than the request's headers say.")
        self._held += block
        while len(self._held) >= CHUNK or (self._held and self._ends()):
            chunk = bytes(self._held[:CHUNK])
            del self._held[:CHUNK]
            last = self._at + len(chunk) == self._upload.size
            self._file.write(self._chunks.seal(self._at // CHUNK, chunk, last=last))
            self._at += len(chunk)

    def _ends(self) -> bool:
        return self._at + len(self._held) == self._upload.size

    def finish(self) -> Progress:
        """How far the file has come; when it is whole it is scanned and gets its address.

        Raises Refused for an infected file, which is not kept, and Unavailable when the scan failed.
        """
        self._file.flush()
        if self._at < self._upload.size:
            return Progress(self._upload.upload_id, self._at, self._upload.size)
        os.fsync(self._file.fileno())
        return _complete(self._services, self._upload, self._secret)


def _begun(services: Services, org: str, upload_id: str, piece: Piece) -> Upload:
    """The upload that a piece belongs to, begun when it is the first. Raises Conflict."""
    known = services.files.ledger.upload(org, upload_id)
    if known is not None and known.address is not None:
        raise Conflict("attachment.complete", "This file is complete.", "Give another file another id.")
    if known is not None and known.size != piece.total:
        raise Conflict("attachment.size", "This file was begun with another length.", "Keep to one length.")
    here = 0 if known is None else _received(services, known)
    if piece.start != here:
        raise Conflict(
            "attachment.offset", f"The next byte that is needed is number {here}.", "Go on from there."
        )
    if known is None or here == 0:
        # Begun again, too, under a new key: no chunk number is ever used for two contents.
        services.files.parts.make_room(piece.total)
        return _begin(services, org, upload_id, piece.total)
    return known


def _received(services: Services, upload: Upload) -> int:
    """How much of a file is here: whole chunks, or all of it."""
    length = services.files.parts.length(part_name(upload.org, upload.upload_id))
    return upload.size if length == sealed_length(upload.size) else length // SEALED_CHUNK * CHUNK


def part_name(org: str, upload_id: str) -> str:
    """The name of a part: made from ids, and holding neither."""
    return "up-" + hashlib.sha256(f"{org}/{upload_id}".encode()).hexdigest()


def progress(services: Services, org: str, upload_id: str) -> Progress:
    """How far a file has come. Raises NotFound."""
    known = services.files.ledger.upload(org, check_id(upload_id))
    if known is None:
        raise NotFound("not-found", "There is nothing with this id that you may see.")
    if known.address is not None:
        return Progress(upload_id, known.size, known.size, known.sha256)
    return Progress(upload_id, _received(services, known), known.size)


def check_id(upload_id: str) -> str:
    """The id, when it is a lower-case UUID. Raises Refused."""
    if _ID.fullmatch(upload_id) is None:
        raise Refused("attachment.id", "A file's id is a UUID in small letters.", "Make one for each file.")
    return upload_id


def manifest(services: Services, upload: Upload) -> Manifest:
    """The manifest of a whole file that was handed in."""
    assert upload.address is not None  # noqa: S101 - the caller has looked
    assert upload.sha256 is not None  # noqa: S101 - set together with the address
    return Manifest(upload.address, _secret(services, upload), upload.sha256, upload.size)


def drop(services: Services, upload: Upload) -> None:
    """Forgets a file that was handed in, its part and its key."""
    services.files.ledger.drop_upload(upload.org, upload.upload_id)
    services.files.parts.drop(part_name(upload.org, upload.upload_id))


def _begin(services: Services, org: str, upload_id: str, size: int) -> Upload:
    secret, key = Secret.fresh(), _key(services, org)
    new = Upload(
        org=org,
        upload_id=upload_id,
        key_id=key.key_id,
        secret=key.seal(secret.key + secret.prefix, _PURPOSE),
        size=size,
        address=None,
        sha256=None,
        created_ms=services.clock.ms,
    )
    services.files.ledger.add_upload(new)
    return new


def _key(services: Services, org: str) -> DataKey:
    return services.vault.key_for(org, _SUBJECT, _DESK)


def _secret(services: Services, upload: Upload) -> Secret:
    opened = services.vault.key(upload.key_id).open(upload.secret, _PURPOSE)
    return Secret(opened[:KEY_LENGTH], opened[KEY_LENGTH:])


def _complete(services: Services, upload: Upload, secret: Secret) -> Progress:
    files, name = services.files, part_name(upload.org, upload.upload_id)
    path = files.parts.path(name)
    try:
        found = measure(secret, blocks_of(path))
    except StreamError:
        drop(services, upload)
        raise Unavailable("attachment.damaged", "The file was damaged here.", "Send it again.") from None
    _check_clean(services, upload, found)
    files.blobs.put(found.address, path)
    files.ledger.uploaded(upload, found.address, found.sha256)
    return Progress(upload.upload_id, upload.size, upload.size, found.sha256)


def _check_clean(services: Services, upload: Upload, found: Manifest) -> None:
    path = services.files.parts.path(part_name(upload.org, upload.upload_id))

    def sealed(start: int, stop: int) -> bytes:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)

    verdict = examine(services.files.scanner, VerifiedFile(found).read(0, found.length, sealed))
    if verdict == Verdict.INFECTED:
        drop(services, upload)
        raise Refused(
            "attachment.infected",
            "The malware scan found something in this file, so it was not kept.",
            "Have the computer that it comes from looked at, and do not open the file.",
        )
    if verdict == Verdict.FAILED:
        raise Unavailable(
            "attachment.scan-failed",
            "The file is here, but the malware scan did not work.",
            "Ask for the end again with an empty request and Content-Range: bytes */<length>.",
        )


def _unclear() -> Refused:
    return Refused(
        "attachment.range",
        "The request does not say which bytes of the file it brings.",
        "Send the whole file with its Content-Length, or Content-Range: bytes <first>-<last>/<length>.",
    )
