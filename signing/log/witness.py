"""A witness: it signs a log's checkpoint only when the log is the one that it saw before, grown longer.

The request is that of c2sp.org/tlog-witness. The witness remembers one head for each log; whoever keeps it must
compare and replace it in one step. Its own time never steps back, and neither may the log's.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from signing.log.checkpoint import (
    MAX_NOTE,
    Policy,
    Unverified,
    Verified,
    number,
    signature_lines,
    verify,
)
from signing.log.errors import LogError
from signing.log.keys import Identity, LogKey, from_base64
from signing.log.merkle import EMPTY_ROOT, HASH_LENGTH, Head, verify_consistency
from signing.log.proof import MAX_HASHES

_OLD: Final = "old "


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness remembers of one log: the head that it signed last, the log's time and its own."""

    head: Head
    log_at: int
    at: int


NOTHING_SEEN: Final = Seen(Head(0, EMPTY_ROOT), 0, 0)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a witness, as it was read or made; nothing of it is proved yet."""

    old: int
    proof: tuple[bytes, ...] = field(repr=False)
    checkpoint: Unverified

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """The request in the body of a post. Raises `LogError`."""
        try:
            head, separator, note = body[: 2 * MAX_NOTE].decode().partition("\n\n")
        except UnicodeDecodeError:
            raise LogError("bad_request") from None
        first, *hashes = head.split("\n")
        if not separator or not first.startswith(_OLD) or len(hashes) > MAX_HASHES:
            raise LogError("bad_request")
        old = number(first.removeprefix(_OLD), "bad_request")
        proof = from_base64(hashes, HASH_LENGTH, "bad_request")
        return cls(old, tuple(proof), Unverified.parse(note.encode()))


def request_body(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of a request to sign the checkpoint `note`."""
    lines = [f"{_OLD}{old}", *(b64encode(one).decode() for one in proof)]
    return "\n".join(lines).encode() + b"\n\n" + note


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness says and has to remember: `lines` may leave it once `after` is on the disk."""

    origin: str
    before: Seen
    after: Seen
    lines: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: its name, its keys, and the logs that it watches, by origin."""

    name: str
    key: LogKey = field(repr=False)
    logs: Mapping[str, Identity] = field(repr=False)

    @property
    def identity(self) -> Identity:
        """The public side, which those who trust this witness are given."""
        return self.key.identity("witness", self.name)

    def cosign(self, request: Request, seen: Seen, now: int) -> Cosigned:
        """The cosignature on the checkpoint in `request`; `seen` is what is remembered of its log.

        Raises `LogError`: `unknown_log`, `bad_signature`, `bad_request` (it starts from a larger tree),
        `stale` (from another size than was seen last, which `where` says), `split_view` (the tree was
        changed or cut), `clock_step` or `from_the_future`.
        """
        # 1. Signed by both keys of a log that is watched here, and not from the future.
        checkpoint = self._verified(request.checkpoint, now)
        # 2. From the size that was seen last, to one that is not smaller.
        if request.old > checkpoint.head.size:
            raise LogError("bad_request")
        if request.old != seen.head.size:
            raise LogError("stale", seen.head.size)
        # 3. The same tree, grown longer.
        verify_consistency(seen.head, checkpoint.head, request.proof)
        # 4. No clock steps back.
        if now < seen.at or checkpoint.at < seen.log_at:
            raise LogError("clock_step")
        lines = signature_lines(self.identity, self.key, checkpoint.origin, checkpoint.head, now)
        return Cosigned(checkpoint.origin, seen, Seen(checkpoint.head, checkpoint.at, now), lines)

    def _verified(self, checkpoint: Unverified, now: int) -> Verified:
        log = self.logs.get(checkpoint.origin)
        if log is None:
            raise LogError("unknown_log")
        return verify(checkpoint, Policy(log), now)
