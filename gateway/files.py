"""The files of a gateway's home folder: where they are, and how they are written."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.cabinet import Cabinet
from gateway.keys.kek import MASTER, Kek, LocalKek
from gateway.keys.kms import KMS_MASTER, KmsKek
from gateway.settings import Settings
from signing import (
    KeyFileError,
    KeySet,
    open_keys,
    seal_keys,
)
from signing.lockbox import KEK_LENGTH, HiddenBytes, HiddenText, type_of
from signing.names import ORGANISATION, is_name

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
    #: An unwrapped master key, so that a service is asked once.
    _unwrapped: dict[bytes, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def store(self) -> Path:
        """The content database."""
        return self.settings.path(STORE)

    @property
    def vault(self) -> Path:
        """The database of wrapped data keys."""
        return self.settings.path(VAULT)

    def master(self) -> bytes:
        """The 32-byte key that everything stored here hangs on. Raises HomeError, or KekError when it is wrapped."""
        path = self.settings.path(self.settings.master_key)
        kept, kek = self._kept_master(), self._kek()
        wrapped = not isinstance(kept, HiddenBytes)
        if wrapped and kek is None:
            raise HomeError(
                f"The master key is wrapped: {path}. Say under what, with kek_file, passphrase_file or kms_key."
            )
        if kek is None:
            return _of_length(kept, "The master key", path)
        if not wrapped:
            raise HomeError(
                f"The master key lies unwrapped, against the settings: {path}. Run ltp keys rewrap."
            )
        if kept not in self._unwrapped:
            self._unwrapped[kept] = kek.unwrap(kept)
        return self._unwrapped[kept]

    def _kept_master(self) -> bytes:
        """The master key as it lies: wrapped, or itself and hidden."""
        kept = _private(self.settings.path(self.settings.master_key), "The master key")
        return kept if type_of(kept) in (MASTER, KMS_MASTER) else HiddenBytes(kept)

    def make_master(self) -> None:
        """Makes the master key and keeps it as the settings say."""
        self.keep_master(HiddenBytes(secrets.token_bytes(KEK_LENGTH)))

    def rewrap(self, new: "Home") -> None:
        """Keeps the same master key as the settings of ``new`` say, wherever and however it lies here now."""
        kept = self._kept_master()
        new.keep_master(kept if isinstance(kept, HiddenBytes) else self.master())

    def keep_master(self, key: bytes) -> None:
        """Keeps a master key: wrapped, where the settings name something to wrap it under."""
        kek = self._kek()
        write_private(self.settings.path(self.settings.master_key), key if kek is None else kek.wrap(key))

    def _kek(self) -> Kek | None:
        """What the settings say that the master key is wrapped under; a service comes first, then a file."""
        settings = self.settings
        if settings.kms_key is not None:
            return KmsKek(settings.kms_key, settings.gateway, settings.kms_region, settings.kms_endpoint)
        if settings.kek_file is not None:
            what = "The key-encryption key"
            key = _of_length(HiddenBytes(_private(settings.kek_file, what)), what, settings.kek_file)
            return LocalKek(f"the key in {settings.kek_file}", key)
        if settings.passphrase_file is not None:
            text = read_passphrase(settings.passphrase_file)
            return LocalKek(f"the passphrase in {settings.passphrase_file}", text)
        return None

    def vault_key(self) -> bytes:
        """The key of the vault."""
        return _derived(self.master(), b"ltp vault")

    def kek(self) -> bytes:
        """What the key files are encrypted under."""
        return _derived(self.master(), b"ltp key files")

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
        return Cabinet(KeyFolder(self))


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """The key files of the organisations that are served here."""

    home: Home

    def organisations(self) -> list[str]:
        """Every organisation that has a key file."""
        files = self.home.settings.path(KEYS).glob(f"*{_SUFFIX}")
        return sorted(f"urn:ltp:org:{path.name.removesuffix(_SUFFIX)}" for path in files)

    def stamp(self, organisation: str) -> tuple[int, int, int] | None:
        """When its key file was written, its size and which file it is; None when there is none."""
        if not is_name(ORGANISATION, organisation):
            return None
        try:
            stat = self.home.key_file(organisation).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def keys(self, organisation: str) -> KeySet:
        """The organisation's keys. Raises HomeError."""
        return self.home.keys(self.home.key_file(organisation))


def _private(path: Path, what: str) -> bytes:
    """The bytes of a file that only its owner may read. Raises HomeError."""
    data = read(path, what)
    if path.stat().st_mode & 0o077:
        raise HomeError(f"{what} may be read by others: run chmod 600 {path}.")
    return data


def read_passphrase(path: Path) -> str:
    """The passphrase in a file, without the end of its line. Raises HomeError."""
    data = read(path, "The passphrase")
    try:
        return HiddenText(data.decode().rstrip("\r\n"))
    except UnicodeDecodeError:
        data = b""
        # Its own text would show the passphrase.
        raise HomeError(f"The passphrase is not text in UTF-8: {path}.") from None


def _derived(master: bytes, use: bytes) -> bytes:
    """A key for one use, so that no two uses share one."""
    return HiddenBytes(HKDF(SHA256(), KEK_LENGTH, None, use).derive(master))


def _of_length(key: bytes, what: str, path: Path) -> bytes:
    if len(key) != KEK_LENGTH:
        raise HomeError(f"{what} must be exactly {KEK_LENGTH} bytes: {path}.")
    return key
