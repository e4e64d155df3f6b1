"""One gateway's log with its key: checkpoints are signed here, and proofs made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from gateway.store import log
from gateway.store.engine import open_engine
from gateway.store.migrate import check_current
from gateway.store.writer import Writer, each
from signing.log import checkpoint
from signing.log.checkpoint import Policy, Unverified, Verified
from signing.log.errors import LogError
from signing.log.keys import LogKey
from signing.log.merkle import Head
from signing.log.proof import Proof
from signing.log.witness import Cosigned

_keep = each(log.keep_checkpoint)
_keep_seen = each(log.keep_seen)


@dataclass(frozen=True, slots=True)
class Book:
    """The log ``origin``. ``writer`` is the one that also writes the messages, ``reads`` the pool beside it."""

    origin: str
    key: LogKey = field(repr=False)
    reads: Engine = field(repr=False)
    writer: Writer = field(repr=False)

    @classmethod
    def open(cls, path: Path, origin: str, key: LogKey) -> Self:
        """The log in the database ``path``, with a writer of its own. Raises SchemaBehind."""
        reads = open_engine(path, writer=False)
        check_current(reads)
        return cls(origin, key, reads, Writer(open_engine(path, writer=True)))

    def close(self) -> None:
        """Gives the database back."""
        self.writer.stop()
        self.reads.dispose()

    @property
    def policy(self) -> Policy:
        """Trust in this log alone."""
        return Policy(self.key.identity("log", self.origin))

    @contextmanager
    def read(self) -> Iterator[log.LogRead]:
        """What can be read of the log."""
        with self.reads.connect() as connection:
            yield log.LogRead(connection)

    def newest(self, now: int) -> Verified | None:
        """The newest checkpoint, with whatever witnesses have signed it; None when nothing was signed yet."""
        with self.read() as read:
            note = read.checkpoint()
        return None if note is None else checkpoint.verify(Unverified.parse(note), self.policy, now)

    def sign(self, now: int) -> Verified:
        """The checkpoint of the log as it is now; the one before when nothing was added since.

        Raises LogError when the log on the disk is not the one of the checkpoint before, grown longer, or when the
        time is before that one's: such a log is never signed.
        """
        before = self.newest(now)
        with self.read() as read:
            head = self._checked(read, before)
        if before is not None and before.head == head:
            return before
        if before is not None and now < before.at:
            raise LogError("clock_step", head.size)
        note = checkpoint.sign(self.origin, head, self.key, now)
        self.writer.run(_keep, (head.size, now, note))
        return checkpoint.verify(Unverified.parse(note), self.policy, now)

    def _checked(self, read: log.LogRead, before: Verified | None) -> Head:
        head = read.head()
        if read.root(head.size) != head.root:
            raise LogError("edited")
        if before is not None and before.head.size > head.size:
            raise LogError("truncated", head.size)
        if before is not None and read.root(before.head.size) != before.head.root:
            raise LogError("edited")
        return head

    def witnessed(self, signed: Verified, lines: bytes, policy: Policy, now: int) -> Verified:
        """The checkpoint with the lines of a witness of ``policy``, kept. Raises LogError."""
        found = checkpoint.with_witness(signed, lines, policy, now)
        self.writer.run(_keep, (found.head.size, found.at, found.note))
        return found

    def prove(self, index: int, size: int | None = None) -> Proof:
        """The proof of an entry against the newest checkpoint, or that of a size. Raises LogError."""
        with self.read() as read:
            note = read.checkpoint(size)
            if note is None:
                raise LogError("bad_position", size)
            signed = Unverified.parse(note).head.size
            return Proof(index, tuple(read.inclusion(index, signed)), note)

    def keep_seen(self, answer: Cosigned) -> None:
        """Keeps what the witness here is about to answer. Raises LogError when another answer was faster."""
        self.writer.run(_keep_seen, answer)
