"""The files of a gateway's home folder: where they are, how they are written; the directory among them."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.cabinet import Cabinet
from gateway.settings import Settings
from signing import (
    Directory,
    DirectoryError,
    KeyFileError,
    KeyMaterialError,
    KeySet,
    PublicPair,
    open_keys,
    seal_keys,
)

STORE, VAULT, KEYS, CONFIG = "store.sqlite", "datakeys.sqlite", "keys", "gateway.toml"
_SUFFIX = ".keys"
_HOP = "gateway" + _SUFFIX


class HomeError(RuntimeError):
    """A file of the home folder is missing or unusable; the text says which and what to do."""


def write_private(path: Path, data: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read(path: Path, what: str) -> bytes:
    """The bytes of a file. Raises HomeError that says what is missing."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise HomeError(f"{what} cannot be read: {path} ({problem.strerror}).") from None


@dataclass(frozen=True, slots=True)
class Home:
    """The home folder of one gateway."""

    settings: Settings

    @property
    def store(self) -> Path:
        """The content database."""
        return self.settings.path(STORE)

    @property
    def vault(self) -> Path:
        """The database of wrapped data keys."""
        return self.settings.path(VAULT)

    def master(self) -> bytes:
        """The 32-byte key that everything stored here hangs on. Raises HomeError."""
        path = self.settings.path(self.settings.master_key)
        key = read(path, "The master key")
        if len(key) != 32:
            raise HomeError(f"The master key must be exactly 32 bytes: {path}.")
        if path.stat().st_mode & 0o077:
            raise HomeError(f"The master key may be read by others: run chmod 600 {path}.")
        return key

    def vault_key(self) -> bytes:
        """The key of the vault, derived so that no two uses share one key."""
        return HKDF(SHA256(), 32, None, b"ltp vault").derive(self.master())

    def kek(self) -> bytes | str:
        """What the key files are encrypted under: the passphrase where there is one, else the master key."""
        if self.settings.passphrase_file is None:
            return HKDF(SHA256(), 32, None, b"ltp key files").derive(self.master())
        return read(self.settings.passphrase_file, "The passphrase").decode().rstrip("\r\n")

    def key_file(self, organisation: str) -> Path:
        """Where an organisation's keys are."""
        return self.settings.path(KEYS) / (organisation.rpartition(":")[2] + _SUFFIX)

    def hop_file(self) -> Path:
        """Where the gateway's own hop key is."""
        return self.settings.path(_HOP)

    def write_keys(self, path: Path, keys: KeySet) -> None:
        """Keeps keys, encrypted."""
        write_private(path, seal_keys(keys, self.kek()))

    def keys(self, path: Path) -> KeySet:
        """The keys in a key file. Raises HomeError."""
        try:
            return open_keys(read(path, "A key file"), self.kek())
        except KeyFileError as problem:
            raise HomeError(f"The key file {path} cannot be used: {problem}") from None

    def cabinet(self) -> Cabinet:
        """The keys of every organisation that has a key file here."""
        files = sorted(self.settings.path(KEYS).glob(f"*{_SUFFIX}"))
        return Cabinet({f"urn:ltp:org:{path.name.removesuffix(_SUFFIX)}": self.keys(path) for path in files})


def read_roots(path: Path) -> tuple[PublicPair, ...]:
    """The public keys that may sign the directory. Raises HomeError."""
    try:
        listed = orjson.loads(read(path, "The directory's roots"))
        roots = tuple(PublicPair.from_jwks(jwks) for jwks in listed)
    except (orjson.JSONDecodeError, TypeError, KeyMaterialError) as problem:
        raise HomeError(f"The directory's roots are not in the right form: {path}.") from problem
    if not roots:
        raise HomeError(f"The directory's roots name no key: {path}.")
    return roots


class DirectoryFile:
    """The signed directory as a file, read again when it changes.

    A new file that does not verify, or is older than the one in use, is not taken: the one in use stays until
    it expires. Nothing is ever taken from a file whose signature was not verified.
    """

    def __init__(self, path: Path, roots: Sequence[PublicPair], now: Callable[[], int]) -> None:
        self._path = path
        self._roots = roots
        self._now = now
        self._seen: tuple[int, int] | None = None
        self._directory: Directory | None = None

    def current(self) -> Directory:
        """The directory to trust now. Raises signing.DirectoryError when there is none."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._reload()
            self._seen = stamp
        if self._directory is None:
            raise DirectoryError("bad_directory")
        if self._now() >= self._directory.expires:
            raise DirectoryError("directory_expired")
        return self._directory

    def _stamp(self) -> tuple[int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def _reload(self) -> None:
        least = self._directory.version if self._directory else 0
        try:
            data = self._path.read_bytes()
            self._directory = Directory.parse(data, self._roots, self._now(), minimum_version=least)
        except (OSError, DirectoryError):
            if self._directory is None:
                raise DirectoryError("bad_directory") from None
