"""The directory as it was accepted on one day, as one text, to be checked years later from its root alone."""

from collections.abc import Iterable
from typing import Any, Final

from gateway.directory import repository, roles
from gateway.directory.client import Accepted, read_accepted
from gateway.directory.errors import DirectoryRefused
from gateway.directory.model import Metadata, Root
from signing import Directory, EncodingError
from signing.encoding import canonical, parse_any

TYPE: Final = "ltp-directory-archive"

_MEMBERS: Final = frozenset({"type", "v", "metadata", "files", "roots"})


def pack(accepted: Accepted, roots: Iterable[bytes]) -> bytes:
    """What was accepted, with the roots by which a reader comes from an older root to its own."""
    newest = repository.read(Root, accepted.metadata[roles.ROOT]).signed.version
    older = {repository.read(Root, root).signed.version: root.decode() for root in roots}
    return canonical(
        {
            "type": TYPE,
            "v": 1,
            "metadata": {role: data.decode() for role, data in accepted.metadata.items()},
            "files": {name: data.decode() for name, data in accepted.files.items()},
            "roots": [older[version] for version in sorted(older) if version < newest],
        }
    )


def unpack(data: bytes, anchor: bytes) -> Directory:
    """The directory in an archive, as on the day on which it was issued. Raises DirectoryRefused.

    ``anchor`` is the root that the reader trusts: the archive's own, or an older one from which each next root up to
    it is there, signed by the holders of both.
    """
    said = _read(data)
    accepted = Accepted(said["metadata"], said["files"], 0)
    _check_root(repository.read(Root, anchor), [*said["roots"], accepted.metadata[roles.ROOT]])
    known = read_accepted(accepted)
    return known.directory(known.issued)


def _read(data: bytes) -> dict[str, Any]:
    try:
        value: Any = parse_any(data)
        if value.keys() != _MEMBERS or (value["type"], value["v"]) != (TYPE, 1):
            raise DirectoryRefused("bad_metadata")
        metadata = {role: text.encode() for role, text in value["metadata"].items()}
        files = {name: text.encode() for name, text in value["files"].items()}
        roots = [text.encode() for text in value["roots"]]
    except (EncodingError, AttributeError, TypeError):
        raise DirectoryRefused("bad_metadata") from None
    if metadata.keys() != {roles.ROOT, *roles.ONLINE}:
        raise DirectoryRefused("bad_metadata")
    return {"metadata": metadata, "files": files, "roots": roots}


def _check_root(trusted: Metadata[Root], roots: list[bytes]) -> None:
    """Goes from the trusted root to the last of ``roots``, one version at a time."""
    repository.check_root(trusted, None)
    for data in roots:
        root = repository.read(Root, data)
        if root.signed.version > trusted.signed.version:
            repository.check_root(root, trusted)
            trusted = root
    if root.signed_bytes != trusted.signed_bytes:
        raise DirectoryRefused("not_a_root")
