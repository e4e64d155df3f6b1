"""Key files that leave the gateway: a backup of all keys, and the private half of a DSL desk's second key.

Both are one file, encrypted under a passphrase of its own. Inside stands a digest of the content too, so that what
was written is known to be what was read, whoever wrote it.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gateway.files import KEYS, Home, HomeError, read, write_private
from gateway.keys import life
from gateway.keys.shelf import alone, change
from signing import EncodingError, EncryptionKey, KeyFileError, KeySet
from signing.encoding import b64u, canonical, parse, sha256, unb64u
from signing.keystore import from_plain, plain
from signing.lockbox import check_kek, lock, type_of, unlock

BACKUP: Final = "ltp-backup"
RECOVERY: Final = "ltp-recovery"

#: The only names under which a set of keys is put back.
_NAME: Final = re.compile(r"gateway\.keys|keys/[a-z0-9-]+\.keys")

#: Some two thousand organisations on one host.
_MOST: Final = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the master key as it lay on the disk, and the sets of keys by file name."""

    gateway: str
    made: int
    master: bytes = field(repr=False)
    sets: Mapping[str, KeySet] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Restoring:
    """How a backup is put back: over what lies there, and with the master key or only the sets of keys."""

    replace: bool = False
    keys_only: bool = False


# --- backup -------------------------------------------------------------------------------------------------


def back_up(home: Home, out: Path, passphrase: str, now: int) -> int:
    """Writes all keys of a gateway into a new file, reads it again, and gives the number of sets.

    Raises HomeError when there is a file already, KeyFileError when the passphrase is too short.
    """
    check_kek(passphrase)
    if out.exists():
        raise HomeError(f"There is a file already: {out}. Give the backup another name.")
    with alone(home):
        files = [home.hop_file(), *sorted(home.settings.path(KEYS).glob("*.keys"))]
        sets = {str(path.relative_to(home.settings.home)): home.keys(path) for path in files}
        master = read(home.settings.path(home.settings.master_key), "The master key")
    backup = Backup(home.settings.gateway, now, master, sets)
    write_private(out, lock(_framed(_backup_members(backup)), passphrase, BACKUP))
    if read_backup(out, passphrase) != backup:
        raise HomeError(
            f"The backup does not read as it was written: {out}. Do not rely on it; write another one."
        )
    return len(sets)


def read_backup(path: Path, passphrase: str) -> Backup:
    """What a backup holds. Raises HomeError, or KeyFileError for a wrong passphrase or a changed file."""
    members = _opened(path, passphrase, BACKUP)
    if not all(_NAME.fullmatch(name) for name in members["sets"]):
        raise KeyFileError("bad_key_file")
    return Backup(
        gateway=members["gateway"],
        made=members["made"],
        master=unb64u(members["master"]),
        sets={name: from_plain(unb64u(text)) for name, text in members["sets"].items()},
    )


def _backup_members(backup: Backup) -> dict[str, Any]:
    return {
        "gateway": backup.gateway,
        "made": backup.made,
        "master": b64u(backup.master),
        "sets": {name: b64u(plain(keys)) for name, keys in backup.sets.items()},
    }


def _framed(members: dict[str, Any]) -> bytes:
    return canonical({"content": members, "sha256": sha256(canonical(members))})


def _opened(path: Path, passphrase: str, typ: str) -> dict[str, Any]:
    value: Any = None
    with suppress(EncodingError):
        value = parse(unlock(read(path, "The file"), passphrase, typ, most=_MOST))
    if not isinstance(value, dict) or value.get("sha256") != sha256(canonical(value.get("content"))):
        raise KeyFileError("bad_key_file")
    content: dict[str, Any] = value["content"]
    return content


# --- restoring a backup -------------------------------------------------------------------------------------


def restore(home: Home, backup: Backup, how: Restoring, now: int) -> list[Path]:
    """Puts a backup back and gives the files written. What is there already and equal is left alone.

    Raises HomeError, before anything is written, when it belongs to another gateway, or when something else is in its
    place and ``how`` does not say to replace it; what is replaced is kept beside, with the time in its name.
    """
    if backup.gateway != home.settings.gateway and not how.keys_only:
        raise HomeError("This is the backup of another gateway. Its organisations' keys alone: --keys-only.")
    with alone(home):
        master = None if how.keys_only else _changed_master(home, backup)
        # The folder's own hop key stays with --keys-only: it belongs to the gateway, not to its organisations.
        sets = {home.settings.path(n): s for n, s in backup.sets.items() if not (how.keys_only and s.hop)}
        in_the_way = _in_the_way(home, sets, master)
        if in_the_way and not how.replace:
            raise HomeError(
                f"Other keys lie here already: {', '.join(map(str, in_the_way))}. Nothing was restored. "
                "If the backup is to take their place, add --replace; they are kept beside it."
            )
        return _put_back(home, (master, sets), in_the_way, now)


def _changed_master(home: Home, backup: Backup) -> bytes | None:
    path = home.settings.path(home.settings.master_key)
    return None if path.exists() and path.read_bytes() == backup.master else backup.master


def _in_the_way(home: Home, sets: Mapping[Path, KeySet], master: bytes | None) -> list[Path]:
    """The files that would be replaced by something else. Raises HomeError for one that nothing would replace."""
    path = home.settings.path(home.settings.master_key)
    found = [path] if master is not None and path.exists() else []
    if master is not None:
        strangers = [p for p in home.settings.path(KEYS).glob("*.keys") if p not in sets]
        if found and strangers:
            raise HomeError(
                f"These keys are not in the backup and need the present master key: {', '.join(map(str, strangers))}. "
                "Restore with --keys-only, or into an empty folder."
            )
    return found + [p for p, keys in sets.items() if p.exists() and (found or not _same(home, p, keys))]


def _same(home: Home, path: Path, keys: KeySet) -> bool:
    try:
        return home.keys(path) == keys
    except RuntimeError:
        return False


def _put_back(
    home: Home, what: tuple[bytes | None, Mapping[Path, KeySet]], in_the_way: list[Path], now: int
) -> list[Path]:
    master, sets = what
    for path in in_the_way:
        path.rename(path.with_name(f"{path.name}.replaced-{now}"))
    written = []
    if master is not None:
        written.append(home.settings.path(home.settings.master_key))
        write_private(written[0], master)
    for path, keys in sets.items():
        if not path.exists():
            home.write_keys(path, keys)
            written.append(path)
    return written


# --- the second key of the DSL desk ------------------------------------------------------------------------


def make_recovery(home: Home, organisation: str, out: Path, passphrase: str, now: int) -> str:
    """Makes a second key of the DSL desk, its private half into ``out`` alone, and gives its id.

    The file is written and read again before the key is published by anybody. Raises HomeError or KeyFileError.
    """
    check_kek(passphrase)
    if out.exists():
        raise HomeError(f"There is a file already: {out}. Give the recovery key another name.")
    made: list[EncryptionKey] = []

    def step(keys: KeySet) -> KeySet:
        after, key = life.with_recovery(keys, now)
        made.append(key)
        members = {"organisation": organisation, "set": b64u(plain(_alone(key, after)))}
        write_private(out, lock(_framed(members), passphrase, RECOVERY))
        _opened(out, passphrase, RECOVERY)
        return after

    change(home, organisation, step)
    return made[0].kid


def _alone(key: EncryptionKey, keys: KeySet) -> KeySet:
    return KeySet(encryption=(key,), records=(life.find(keys, key.kid),))


def restore_recovery(home: Home, path: Path, passphrase: str) -> str:
    """Takes the private half of a second DSL key back, and gives the organisation. Raises HomeError, KeyFileError."""
    members = _opened(path, passphrase, RECOVERY)
    found = from_plain(unb64u(members["set"]))
    organisation: str = members["organisation"]
    if not home.key_file(organisation).exists():
        raise HomeError(
            f"The organisation has no keys here. First make new ones: ltp keys generate {organisation} --recovery"
        )
    change(home, organisation, lambda keys: _joined(keys, found))
    return organisation


def _joined(keys: KeySet, found: KeySet) -> KeySet:
    held = life.private_kids(keys)
    known = {kid for record in keys.records for kid in record.kids}
    return KeySet(
        signing=keys.signing,
        encryption=(*keys.encryption, *(key for key in found.encryption if key.kid not in held)),
        hop=keys.hop,
        log=keys.log,
        records=(*keys.records, *(record for record in found.records if known.isdisjoint(record.kids))),
    )


def kind_of(path: Path) -> str:
    """``ltp-backup`` or ``ltp-recovery``. Raises HomeError for any other file."""
    typ = type_of(read(path, "The file"))
    if typ not in (BACKUP, RECOVERY):
        raise HomeError(f"This is neither a backup nor a recovery key of a gateway: {path}.")
    return typ
