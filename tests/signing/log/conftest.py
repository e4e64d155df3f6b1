"""A small log with fixed keys and a fixed clock, for the tests of everything that rests on one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from signing.encoding import b64u
from signing.log import checkpoint, leaf
from signing.log.checkpoint import Policy, Unverified, Verified
from signing.log.keys import LogKey
from signing.log.merkle import Head, Tree, leaf_hash
from signing.log.proof import Proof
from signing.log.witness import Witness

NOW = 1_795_340_000
ORIGIN = "ash-vale.example/ltp/v1/log"


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def log_key(name: str) -> LogKey:
    return LogKey.from_seeds(seed(f"{name} ed25519"), seed(f"{name} ml-dsa-44"))


@dataclass
class Site:
    """Ash Vale's gateway keeps a log that Northshire and Hollow Farm witness."""

    now: int = NOW
    origin: str = ORIGIN
    key: LogKey = field(default_factory=lambda: log_key("ash-vale log"))

    @property
    def policy(self) -> Policy:
        return Policy(self.key.identity("log", ORIGIN))

    def witness(self, who: str = "northshire") -> Witness:
        return Witness(f"{who}.example/witness", log_key(f"{who} witness"), {ORIGIN: self.policy.log})

    def watched(self, quorum: int) -> Policy:
        names = ("northshire", "hollow-farm")
        return Policy(self.policy.log, tuple(self.witness(name).identity for name in names), quorum)

    def digest(self, name: object) -> str:
        return b64u(seed(f"digest of {name}"))

    def entry(self, number: int, at: int = NOW) -> bytes:
        digests = {"content_sha256": self.digest(number), "envelope_sha256": self.digest(-number)}
        return leaf.entry("sent", at, **digests)

    def entries(self, count: int) -> list[bytes]:
        """Entries one minute apart."""
        return [self.entry(number, NOW + 60 * number) for number in range(count)]

    def head(self, entries: Sequence[bytes]) -> Head:
        return Head(len(entries), Tree(map(leaf_hash, entries)).root())

    def note(self, head: Head, at: int = NOW) -> bytes:
        return checkpoint.sign(ORIGIN, head, self.key, at)

    def verified(self, head: Head, at: int = NOW) -> Verified:
        return checkpoint.verify(Unverified.parse(self.note(head, at)), self.policy, at)

    def proof(self, entries: Sequence[bytes], index: int, at: int = NOW) -> Proof:
        tree = Tree(map(leaf_hash, entries))
        return Proof(index, tuple(tree.inclusion(index)), self.note(self.head(entries), at))


@pytest.fixture
def site() -> Site:
    return Site()
