"""Attached files: encrypted chunk by chunk, in bounded memory, and trusted only when the whole was checked.

AES-256-GCM in the STREAM construction, as StreamBE32 has it: chunks of 1 MiB, each under the nonce prefix (7 bytes),
its number (4 bytes, big-endian) and a flag that is 1 for the last chunk alone (1 byte). So no chunk can be left
out, repeated, moved, or taken for the end. Key and prefix belong to one file only. The address of a file is the
SHA-256 of its ciphertext; the signed bundle holds the `Manifest`.

    manifest = drain(encrypt(blocks, Secret.fresh()), file.write)
    verified = drain(decrypt(manifest, blocks), scratch.write)      # nothing of scratch may be used before this line
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NewType, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing.encoding import b64u, unb64u
from signing.errors import EncodingError, StreamError

CHUNK: Final = 1024 * 1024
"""How much of a file one chunk holds; only the last one may be shorter."""

TAG_LENGTH: Final = 16
SEALED_CHUNK: Final = CHUNK + TAG_LENGTH
MAX_LENGTH: Final = 200 * CHUNK
"""The largest file; 200 MiB is also what the schema of a bundle allows."""

KEY_LENGTH: Final = 32
PREFIX_LENGTH: Final = 7
_DIGEST: Final = re.compile("[0-9a-f]{64}")

Unverified = NewType("Unverified", bytes)
"""Decrypted bytes of a file whose end was not reached: put them aside, show them to nobody."""

C = TypeVar("C")
R = TypeVar("R")


def chunk_count(length: int) -> int:
    """Of how many chunks a file of `length` bytes is made; an empty one has one."""
    return max(1, -(-length // CHUNK))


def sealed_length(length: int) -> int:
    """How long the ciphertext of a file of `length` bytes is."""
    return length + chunk_count(length) * TAG_LENGTH


@dataclass(frozen=True, slots=True)
class Secret:
    """The key and the nonce prefix of one file; never used for a second one."""

    key: bytes = field(repr=False)
    prefix: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> "Secret":
        """A new secret from the system's random source."""
        return cls(secrets.token_bytes(KEY_LENGTH), secrets.token_bytes(PREFIX_LENGTH))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a signed bundle says about one file: where it is, how to open it, what must come out."""

    address: str
    secret: Secret
    sha256: str
    length: int

    @property
    def chunks(self) -> int:
        """Of how many chunks the file is made."""
        return chunk_count(self.length)

    @property
    def sealed_length(self) -> int:
        """How long the ciphertext is."""
        return sealed_length(self.length)

    def members(self) -> dict[str, Any]:
        """The members of the file's entry in a bundle that come from here; title and kind are the sender's."""
        sealed = {
            "sha256": self.address,
            "key": b64u(self.secret.key),
            "noncePrefix": b64u(self.secret.prefix),
        }
        return {"sha256": self.sha256, "size": self.length, "sealed": sealed}

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Manifest":
        """The manifest in a file's entry of a verified bundle. Raises StreamError `bad_manifest`."""
        sealed, length = entry.get("sealed"), entry.get("size")
        if not isinstance(sealed, Mapping) or type(length) is not int or not 0 <= length <= MAX_LENGTH:
            raise StreamError("bad_manifest")
        digests = entry.get("sha256"), sealed.get("sha256")
        if not all(map(is_address, digests)):
            raise StreamError("bad_manifest")
        secret = Secret(
            _exactly(KEY_LENGTH, sealed.get("key")), _exactly(PREFIX_LENGTH, sealed.get("noncePrefix"))
        )
        return cls(str(digests[1]), secret, str(digests[0]), length)


def _exactly(length: int, text: object) -> bytes:
    try:
        data = unb64u(text)
    except EncodingError:
        data = b""
    if len(data) != length:
        raise StreamError("bad_manifest")
    return data


class Chunks:
    """Single chunks of one file. For whoever keeps track of their order: `encrypt` and `decrypt` do."""

    __slots__ = ("_aead", "_prefix")

    def __init__(self, secret: Secret) -> None:
        self._aead = AESGCM(secret.key)
        self._prefix = secret.prefix

    def seal(self, number: int, data: bytes, *, last: bool) -> bytes:
        """The chunk with this number, encrypted. Each number may be used for one content only."""
        return self._aead.encrypt(self._nonce(number, last), data, None)

    def open(self, number: int, data: bytes, *, last: bool) -> Unverified:
        """The chunk with this number, decrypted. Raises StreamError `file_unreadable`, whatever the cause."""
        try:
            return Unverified(self._aead.decrypt(self._nonce(number, last), data, None))
        except InvalidTag:
            raise StreamError("file_unreadable") from None

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + bytes([last])


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """A file of which every byte was checked against its manifest: only with this may its content be shown.

    `decrypt` returns it. Whoever keeps, durably and where nobody else writes, that it did may make it again.
    """

    manifest: Manifest

    def read(self, start: int, stop: int, sealed: Callable[[int, int], bytes]) -> Iterator[bytes]:
        """The plaintext from `start` to before `stop`, chunk by chunk.

        `sealed(start, stop)` gives that part of the ciphertext. Raises StreamError when it changed since.
        """
        chunks, end = Chunks(self.manifest.secret), self.manifest.chunks - 1
        for number in range(start // CHUNK, -(-stop // CHUNK)):
            begin = number * SEALED_CHUNK
            data = sealed(begin, min(begin + SEALED_CHUNK, self.manifest.sealed_length))
            plain = chunks.open(number, data, last=number == end)
            offset = number * CHUNK
            yield plain[max(start - offset, 0) : stop - offset]


def encrypt(blocks: Iterable[bytes], secret: Secret) -> Generator[bytes, None, Manifest]:
    """The ciphertext of a file, chunk by chunk; what the generator returns at its end is the manifest.

    Never holds more than one chunk beside the block at hand. Raises StreamError `file_too_large` as soon as it is.
    """
    chunks, plain, sealed, length = Chunks(secret), hashlib.sha256(), hashlib.sha256(), 0
    for number, (piece, last) in enumerate(pieces(blocks, CHUNK)):
        length += len(piece)
        if length > MAX_LENGTH:
            raise StreamError("file_too_large")
        chunk = chunks.seal(number, piece, last=last)
        plain.update(piece)
        sealed.update(chunk)
        yield chunk
    return Manifest(sealed.hexdigest(), secret, plain.hexdigest(), length)


def decrypt(manifest: Manifest, blocks: Iterable[bytes]) -> Generator[Unverified, None, VerifiedFile]:
    """The plaintext, chunk by chunk, for a place where nobody reads it yet; at the end, that it is verified.

    Until the generator has returned nothing of it may be used: the end may be missing, or the sender's entry may
    name another file. Never holds more than one chunk beside the block at hand. Raises StreamError:
    `file_length`, `file_unreadable`, `file_address` or `file_digest`.
    """
    chunks, plain, sealed = Chunks(manifest.secret), hashlib.sha256(), hashlib.sha256()
    for number, (piece, last) in enumerate(pieces(blocks, SEALED_CHUNK)):
        _check_length(manifest, number, piece, last)
        sealed.update(piece)
        opened = chunks.open(number, piece, last=last)
        plain.update(opened)
        yield opened
    if sealed.hexdigest() != manifest.address:
        raise StreamError("file_address")
    if plain.hexdigest() != manifest.sha256:
        raise StreamError("file_digest")
    return VerifiedFile(manifest)


def _check_length(manifest: Manifest, number: int, piece: bytes, last: bool) -> None:
    """Refuse what is shorter or longer than the manifest says, before it is decrypted."""
    end = manifest.chunks - 1
    rest = manifest.sealed_length - end * SEALED_CHUNK
    if last != (number == end) or (last and len(piece) != rest):
        raise StreamError("file_length")


def measure(secret: Secret, blocks: Iterable[bytes]) -> Manifest:
    """The manifest of a ciphertext that its own maker put aside chunk by chunk; every chunk is opened again.

    Raises StreamError `file_unreadable` when it is not, or not whole, what was put aside.
    """
    chunks, plain, sealed, length = Chunks(secret), hashlib.sha256(), hashlib.sha256(), 0
    for number, (piece, last) in enumerate(pieces(blocks, SEALED_CHUNK)):
        opened = chunks.open(number, piece, last=last)
        plain.update(opened)
        sealed.update(piece)
        length += len(opened)
    return Manifest(sealed.hexdigest(), secret, plain.hexdigest(), length)


def is_address(text: object) -> bool:
    """Whether `text` has the form of an address: 64 small hexadecimal digits."""
    return type(text) is str and _DIGEST.fullmatch(text) is not None


def address_of(blocks: Iterable[bytes]) -> str:
    """The address of a ciphertext: what a gateway without the key can check."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def drain(generator: Generator[C, None, R], write: Callable[[C], object]) -> R:
    """What `generator` returns, after everything that it yielded was given to `write`."""
    while True:
        try:
            item = next(generator)
        except StopIteration as end:
            result: R = end.value
            return result
        write(item)


def pieces(blocks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """`blocks` cut into pieces of `size` bytes, each with whether it is the last, which may be shorter.

    There is always a last piece, and it is empty only when there is nothing at all.
    """
    held = bytearray()
    for block in blocks:
        view = memoryview(block)
        while len(held) + len(view) > size:
            missing = size - len(held)
            held += view[:missing]
            view = view[missing:]
            yield bytes(held), False
            held.clear()
        held += view
    yield bytes(held), True
