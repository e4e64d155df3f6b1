"""An inclusion proof with its checkpoint as one text file, in the form of c2sp.org/tlog-proof.

Whoever trusts the log's keys needs nothing else to see that an entry was logged: no network, no log.
"""

from base64 import b64encode
from dataclasses import InitVar, dataclass, field
from typing import Final, Self

from signing.log.checkpoint import _MADE_HERE, MAX_NOTE, Policy, Unverified, Verified, number, verify
from signing.log.errors import LogError
from signing.log.keys import from_base64
from signing.log.merkle import HASH_LENGTH, leaf_hash, verify_inclusion

MAX_HASHES: Final = 63
_FIRST: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = "index "


@dataclass(frozen=True, slots=True)
class Proof:
    """An inclusion proof as it was read or made; nothing of it is proved yet."""

    index: int
    hashes: tuple[bytes, ...] = field(repr=False)
    note: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The proof in a text. Extra data is refused: nothing vouches for it. Raises `LogError`."""
        try:
            head, separator, note = data[: 2 * MAX_NOTE].decode().partition("\n\n")
        except UnicodeDecodeError:
            raise LogError("bad_proof") from None
        lines = head.split("\n")
        if not separator or lines[0] != _FIRST or len(lines) < 2 or not lines[1].startswith(_INDEX):
            raise LogError("bad_proof")
        if len(lines) - 2 > MAX_HASHES:
            raise LogError("bad_proof")
        index = number(lines[1].removeprefix(_INDEX), "bad_proof")
        return cls(index, tuple(from_base64(lines[2:], HASH_LENGTH, "bad_proof")), note.encode())

    def text(self) -> bytes:
        """The file."""
        lines = [_FIRST, f"{_INDEX}{self.index}", *(b64encode(one).decode() for one in self.hashes)]
        return "\n".join(lines).encode() + b"\n\n" + self.note


@dataclass(frozen=True, slots=True)
class Included:
    """An entry that is in the log of a verified checkpoint; only `verify_entry` can make one."""

    index: int
    checkpoint: Verified
    entry: bytes = field(repr=False)
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise TypeError("only signing.log can make this value")


def verify_entry(entry: bytes, proof: Proof, policy: Policy, now: int) -> Included:
    """`entry`, which `proof` shows to be in the log that `policy` trusts. Raises `LogError`."""
    checkpoint = verify(Unverified.parse(proof.note), policy, now)
    head = checkpoint.head
    verify_inclusion(leaf_hash(entry), proof.index, head.size, proof.hashes, head.root)
    return Included(proof.index, checkpoint, entry, made_by=_MADE_HERE)
