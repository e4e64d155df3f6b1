"""The repository's metadata: what is signed, in which version, until when. Pure: objects and a time in, objects out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.serialization import DeserializationError

from gateway.directory import roles
from gateway.directory.errors import DirectoryRefused
from gateway.directory.model import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from gateway.directory.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, Online
from signing import PublicPair

#: What is re-signed when less than this part of its life is left, so that a daily run never comes too late.
_RENEW_PART: Final = 3

Kind = TypeVar("Kind", Root, Targets, Snapshot, Timestamp)


@dataclass(frozen=True, slots=True)
class Published:
    """The newest metadata of each online role."""

    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]
    timestamp: Metadata[Timestamp]


def read(kind: type[Kind], data: bytes) -> Metadata[Kind]:
    """The metadata in a file, its signatures not looked at. Raises DirectoryRefused."""
    try:
        found: Metadata[Any] = Metadata.from_bytes(data)
    except DeserializationError:
        raise DirectoryRefused("bad_metadata") from None
    if not isinstance(found.signed, kind):
        raise DirectoryRefused("bad_metadata")
    return found


# --- the root -----------------------------------------------------------------------------------------------


def first_root(holders: Sequence[PublicPair], online: Mapping[str, PublicPair], now: int) -> Metadata[Root]:
    """The first root, which nobody has signed yet. Raises DirectoryRefused."""
    return _root(holders, online, 1, now)


def next_root(
    before: Metadata[Root], holders: Sequence[PublicPair], online: Mapping[str, PublicPair], now: int
) -> Metadata[Root]:
    """The root after ``before``, which nobody has signed yet: old and new holders must. Raises DirectoryRefused."""
    return _root(holders, online, before.signed.version + 1, now)


def check_holders(holders: Sequence[PublicPair]) -> None:
    """Whether these are four different holders: a key that two hold would count once. Raises DirectoryRefused."""
    if len(holders) != roles.HOLDERS or len(roles.keys_of(holders)) != 2 * roles.HOLDERS:
        raise DirectoryRefused("bad_holders")


def _root(
    holders: Sequence[PublicPair], online: Mapping[str, PublicPair], version: int, now: int
) -> Metadata[Root]:
    check_holders(holders)
    keys = roles.keys_of([*holders, *online.values()])
    named = {name: roles.role_of([online[name]], roles.ONLINE_THRESHOLD) for name in roles.ONLINE}
    named[ROOT] = roles.role_of(holders, roles.ROOT_THRESHOLD)
    return Metadata(Root(version, None, _expires(ROOT, now), dict(keys), named, consistent_snapshot=True))


def check_root(root: Metadata[Root], before: Metadata[Root] | None) -> None:
    """Whether enough holders of ``root``, and of the root ``before``, have signed. Raises DirectoryRefused."""
    if before is not None and root.signed.version != before.signed.version + 1:
        raise DirectoryRefused("not_a_root")
    try:
        for trusted in (root, *([before] if before else [])):
            trusted.signed.verify_delegate(ROOT, root.signed_bytes, root.signatures)
    except UnsignedMetadataError:
        raise DirectoryRefused("root_unsigned") from None


def joined(metadata: Metadata[Any], others: Sequence[Metadata[Any]]) -> None:
    """Adds the signatures that holders made, each on a machine of their own. Raises DirectoryRefused."""
    for other in others:
        if other.signed != metadata.signed:
            raise DirectoryRefused("not_a_root")
        metadata.signatures.update(other.signatures)


# --- what the online roles sign -----------------------------------------------------------------------------


def publish(before: Published | None, files: Mapping[str, bytes], online: Online, now: int) -> Published:
    """The metadata for these target files. Only the timestamp is new when nothing else has to be."""
    targets = _targets(before, files, online, now)
    snapshot = _snapshot(before, targets, online, now)
    meta = MetaFile.from_data(snapshot.signed.version, snapshot.to_bytes(), ["sha256"])
    version = before.timestamp.signed.version + 1 if before else 1
    timestamp = Metadata(Timestamp(version, None, _expires(TIMESTAMP, now), meta))
    roles.sign(timestamp, online[TIMESTAMP])
    return Published(targets, snapshot, timestamp)


def _targets(
    before: Published | None, files: Mapping[str, bytes], online: Online, now: int
) -> Metadata[Targets]:
    listed = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in sorted(files.items())}
    if before and before.targets.signed.targets == listed and _holds(before.targets, TARGETS, online, now):
        return before.targets
    version = before.targets.signed.version + 1 if before else 1
    targets = Metadata(Targets(version, None, _expires(TARGETS, now), listed))
    roles.sign(targets, online[TARGETS])
    return targets


def _snapshot(
    before: Published | None, targets: Metadata[Targets], online: Online, now: int
) -> Metadata[Snapshot]:
    if before and before.targets is targets and _holds(before.snapshot, SNAPSHOT, online, now):
        return before.snapshot
    version = before.snapshot.signed.version + 1 if before else 1
    meta = MetaFile.from_data(targets.signed.version, targets.to_bytes(), ["sha256"])
    snapshot = Metadata(Snapshot(version, None, _expires(SNAPSHOT, now), {"targets.json": meta}))
    roles.sign(snapshot, online[SNAPSHOT])
    return snapshot


def _holds(metadata: Metadata[Any], role: str, online: Online, now: int) -> bool:
    """Whether it is signed by the keys of today and lasts long enough to be left as it is."""
    kids = {key.keyid for key in roles.public_keys(online[role].public)}
    left = int(metadata.signed.expires.timestamp()) - now
    return kids == set(metadata.signatures) and left * _RENEW_PART > roles.LIFE_S[role]


def _expires(role: str, now: int) -> datetime:
    return datetime.fromtimestamp(now + roles.LIFE_S[role], UTC)


def expiry(metadata: Metadata[Any]) -> int:
    """When metadata end, in epoch seconds."""
    return int(metadata.signed.expires.timestamp())
