"""A gateway's side: fetch, verify, and only then put what was verified in the place of what was trusted before.

TUF's own client keeps the metadata that it verified under `tuf/`, so that a restart forgets nothing and rollback is
seen across restarts. What this package accepted as a whole, entries checked too, is `accepted.json` and the files
that it names by their hash: a refused snapshot changes nothing there.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from tuf.api import exceptions
from tuf.ngclient.fetcher import FetcherInterface

from gateway.directory import repository, roles
from gateway.directory.entry import MAX_ENTRY, Entry, check_name
from gateway.directory.errors import DirectoryRefused
from gateway.directory.model import (
    Metadata,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
    Updater,
    UpdaterConfig,
)
from gateway.directory.resolve import Resolved, check_all, read_entries, resolve
from signing import Directory
from signing.directory import Times
from signing.message import CLOCK_SKEW

_ROLES: Final = (roles.ROOT, roles.TIMESTAMP, roles.SNAPSHOT, roles.TARGETS)
#: In bytes: a root has 14 keys of two families and up to 16 signatures, targets about 200 bytes for each entry.
_LONGEST_ROOT, _LONGEST_SHORT, _LONGEST_TARGETS = 256 * 1024, 32 * 1024, 16 * 1024 * 1024
_MOST_ROOTS: Final = 64
_LARGEST: Final = 512 * 1024 * 1024  # bytes, all entries together
_CODES: Final = (
    (exceptions.DownloadLengthMismatchError, "too_long"),
    (exceptions.SlowRetrievalError, "too_slow"),
    (exceptions.DownloadError, "unreachable"),
    (exceptions.UnsignedMetadataError, "not_enough_signatures"),
    (exceptions.BadVersionNumberError, "rollback"),
    (exceptions.ExpiredMetadataError, "expired"),
    (exceptions.LengthOrHashMismatchError, "mixed"),
    (exceptions.RepositoryError, "bad_metadata"),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was verified as a whole: the metadata of each role as bytes, the target files, and when that was."""

    metadata: Mapping[str, bytes] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    verified_at: int


@dataclass(frozen=True, slots=True)
class Known:
    """An accepted directory, read: what it says, and from when to when it may be sent on."""

    accepted: Accepted = field(repr=False)
    entries: Mapping[str, Entry] = field(repr=False)
    versions: Mapping[str, int]
    issued: int

    def times(self) -> Times:
        """The version and times of the directory."""
        expires = self.issued + roles.SEND_S
        return Times(self.versions[roles.SNAPSHOT], self.issued, expires, self.accepted.verified_at)

    def resolved(self, now: int) -> Resolved:
        """What counts at ``now``."""
        return resolve(self.entries, now)

    def directory(self, now: int) -> Directory:
        """The directory that counts at ``now``. Raises DirectoryRefused."""
        return self.resolved(now).directory(self.times())


def read_accepted(accepted: Accepted, before: Known | None = None) -> Known:
    """What was accepted, verified again but for its times: it may be years old. Raises DirectoryRefused.

    Entries that are the same to the byte in ``before`` are not read a second time.
    """
    root = repository.read(Root, accepted.metadata[roles.ROOT])
    timestamp = repository.read(Timestamp, accepted.metadata[roles.TIMESTAMP])
    snapshot = repository.read(Snapshot, accepted.metadata[roles.SNAPSHOT])
    targets = repository.read(Targets, accepted.metadata[roles.TARGETS])
    read: tuple[Metadata[Any], ...] = (root, timestamp, snapshot, targets)
    with _ours():
        for role, metadata in zip(_ROLES, read, strict=True):
            root.signed.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        timestamp.signed.snapshot_meta.verify_length_and_hashes(accepted.metadata[roles.SNAPSHOT])
        snapshot.signed.meta["targets.json"].verify_length_and_hashes(accepted.metadata[roles.TARGETS])
        listed = targets.signed.targets
        if accepted.files.keys() != listed.keys():
            raise DirectoryRefused("mixed")
        for name, data in accepted.files.items():
            listed[name].verify_length_and_hashes(data)
    versions = {role: metadata.signed.version for role, metadata in zip(_ROLES, read, strict=True)}
    issued = repository.expiry(timestamp) - roles.LIFE_S[roles.TIMESTAMP]
    return Known(accepted, _entries(accepted.files, before), versions, issued)


def _entries(files: Mapping[str, bytes], before: Known | None) -> Mapping[str, Entry]:
    known = {} if before is None else before.accepted.files
    fresh = read_entries({name: data for name, data in files.items() if known.get(name) != data})
    kept = {} if before is None else {n: e for n, e in before.entries.items() if n in files}
    return {**kept, **fresh}


@contextmanager
def _ours() -> Iterator[None]:
    """Turns the errors of TUF's client into ours, each with its code."""
    try:
        yield
    except (exceptions.RepositoryError, exceptions.DownloadError) as problem:
        code = next(code for kind, code in _CODES if isinstance(problem, kind))
        raise DirectoryRefused(code) from None


@dataclass(frozen=True, slots=True)
class Client:
    """The folder in which one gateway keeps what it trusts, and where it fetches from."""

    folder: Path
    anchor: bytes = field(repr=False)
    base: str
    fetcher: FetcherInterface = field(repr=False)

    @property
    def state(self) -> Path:
        """The file that says what was accepted."""
        return self.folder / "accepted.json"

    def load(self, held: Known | None = None) -> Known | None:
        """What was accepted before; None when nothing was. Raises DirectoryRefused when its files were changed."""
        if not self.state.exists():
            return None
        try:
            said = orjson.loads(self.state.read_bytes())
            metadata = {role: said["metadata"][role].encode() for role in _ROLES}
            files = {name: self._kept(digest).read_bytes() for name, digest in said["files"].items()}
            return read_accepted(Accepted(metadata, files, said["verifiedAt"]), held)
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError, DirectoryRefused):
            raise DirectoryRefused("damaged") from None

    def refresh(self, now: int, held: Known | None = None) -> Known:
        """Fetches the newest directory and takes it whole, or refuses it whole. Raises DirectoryRefused.

        ``held`` is what the caller has in memory of what was accepted before.
        """
        with self._alone():
            before = self._before(held)
            known = read_accepted(self._fetched(now), before)
            if before is not None:
                check_all(before.entries, known.entries, now, before.accepted.verified_at)
            check_all({}, known.entries, now, now)
            known.directory(now)
            self._keep(known.accepted)
            return known

    def _before(self, held: Known | None) -> Known | None:
        """What was accepted last; what is in memory where the files are damaged. Raises DirectoryRefused."""
        try:
            return self.load(held)
        except DirectoryRefused:
            if held is None:
                raise
            return held

    def _fetched(self, now: int) -> Accepted:
        with _ours():
            updater = self._updater()
            updater.refresh()
            metadata = {role: (self.folder / "tuf" / f"{role}.json").read_bytes() for role in _ROLES}
            timestamp = repository.read(Timestamp, metadata[roles.TIMESTAMP])
            if repository.expiry(timestamp) > now + roles.LIFE_S[roles.TIMESTAMP] + CLOCK_SKEW:
                raise DirectoryRefused("too_long_a_life")
            targets = repository.read(Targets, metadata[roles.TARGETS]).signed.targets
            _check_listed(targets)
            files = {name: self._file(updater, name, target) for name, target in targets.items()}
        return Accepted(metadata, files, now)

    def _updater(self) -> Updater:
        tuf, files = self.folder / "tuf", self.folder / "files"
        for folder in (tuf, files):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Updater(
            metadata_dir=str(tuf),
            metadata_base_url=f"{self.base}/metadata/",
            target_dir=str(files),
            target_base_url=f"{self.base}/targets/",
            fetcher=self.fetcher,
            config=UpdaterConfig(
                max_root_rotations=_MOST_ROOTS,
                root_max_length=_LONGEST_ROOT,
                timestamp_max_length=_LONGEST_SHORT,
                snapshot_max_length=_LONGEST_SHORT,
                targets_max_length=_LONGEST_TARGETS,
            ),
            bootstrap=self.anchor,
        )

    def _file(self, updater: Updater, name: str, target: TargetFile) -> bytes:
        """A target file: the kept one while it is the right one, else a fetched one."""
        kept = self._kept(target.hashes["sha256"])
        if updater.find_cached_target(target, str(kept)) is None:
            # TUF's client writes in place; a file that was cut short is found out by its hash, here and in `load`.
            updater.download_target(target, str(kept))
        return kept.read_bytes()

    def _kept(self, digest: str) -> Path:
        # Named by its hash alone: no name that comes from outside is ever a path here.
        return self.folder / "files" / digest

    def _keep(self, accepted: Accepted) -> None:
        targets = repository.read(Targets, accepted.metadata[roles.TARGETS]).signed.targets
        used = {name: target.hashes["sha256"] for name, target in targets.items()}
        texts = {role: data.decode() for role, data in accepted.metadata.items()}
        said = {"verifiedAt": accepted.verified_at, "metadata": texts, "files": used}
        part = self.state.with_suffix(".part")
        with part.open("wb") as file:
            file.write(orjson.dumps(said))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.state)
        self._forget(set(used.values()))

    def _forget(self, used: set[str]) -> None:
        for path in (self.folder / "files").iterdir():
            if path.name not in used:
                path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: a command may refresh beside the running gateway."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _check_listed(targets: Mapping[str, TargetFile]) -> None:
    """Names, sizes and hashes of target files, before anything is fetched. Raises DirectoryRefused."""
    if sum(target.length for target in targets.values()) > _LARGEST:
        raise DirectoryRefused("too_long")
    for name, target in targets.items():
        try:
            check_name(name)
        except DirectoryRefused:
            raise DirectoryRefused("bad_name") from None
        digest = target.hashes.get("sha256", "")
        if target.length > MAX_ENTRY or set(target.hashes) != {"sha256"} or not _is_digest(digest):
            raise DirectoryRefused("bad_metadata", name)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
