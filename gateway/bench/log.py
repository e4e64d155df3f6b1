"""The rows ``log_append`` and ``log_proof``: the transparency log on the disk and in memory."""

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

from gateway.bench.figure import BenchError, Figure, figure
from gateway.bench.rounds import paired
from gateway.store import log, upgrade
from gateway.store.engine import open_engine
from gateway.store.writer import GROUP
from signing.encoding import b64u, sha256
from signing.log import leaf
from signing.log.merkle import Tree, leaf_hash, verify_inclusion

#: A proof may take this many microseconds.
PROOF_US = 50.0
_NOW = 1_790_000_000


def measure_append(rounds: int, entries: int) -> Figure:
    """Entries a second that are on the disk, in groups of 64; its ratio is the time over that in memory.

    In memory the same entries are hashed into a tree of this process, which a crash would lose.
    """
    data = [_entry(number) for number in range(rounds * entries)]
    tree, durable, memory = Tree(), list[float](), list[float]()
    with _database() as engine:
        for start in range(0, len(data), entries):
            some = data[start : start + entries]
            memory.append(_in_memory(tree, some))
            durable.append(_on_disk(engine, some))
        with engine.connect() as connection:
            if log.LogRead(connection).root(len(data)) != tree.root():
                raise BenchError("The log on the disk is not the one in memory.")
    per_entry = median(durable) / entries
    return figure("log_append", 1 / per_entry, "entries/s", median(durable) / median(memory))


def measure_proof(rounds: int, repeats: int, leaves: int) -> Figure:
    """CPU of an inclusion proof in a tree of ``leaves`` leaves; its ratio is the share of 50 microseconds."""
    hashes = (leaf_hash(number.to_bytes(8, "big")) for number in range(leaves))
    tree = Tree(hashes)
    # Steps of a large prime lead all over the tree, so that no cache is warmer than in real use.
    places = itertools.cycle([number * 7_919_317 % leaves for number in range(4096)])
    root = tree.root()

    def verified() -> bytes:
        place = next(places)
        return verify_inclusion(tree.node((0, place)), place, leaves, tree.inclusion(place), root)

    verified()
    measured = paired(lambda: tree.inclusion(next(places)), verified, rounds, repeats)
    return figure("log_proof", measured.ours, "us", measured.ours / PROOF_US)


def _entry(number: int) -> bytes:
    digest = sha256(number.to_bytes(8, "big"))
    return leaf.entry("sent", _NOW, content_sha256=digest, envelope_sha256=b64u(bytes(32)))


@contextmanager
def _database() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="ltp-bench-") as folder:
        path = Path(folder) / "log.sqlite"
        upgrade(path)
        engine = open_engine(path, writer=True)
        try:
            yield engine
        finally:
            engine.dispose()


def _in_memory(tree: Tree, entries: Sequence[bytes]) -> float:
    start = time.perf_counter()
    for entry in entries:
        tree.append(leaf_hash(entry))
    return time.perf_counter() - start


def _on_disk(engine: Engine, entries: Sequence[bytes]) -> float:
    start = time.perf_counter()
    with engine.connect() as connection:
        for first in range(0, len(entries), GROUP):
            with connection.begin():
                log.append(connection, entries[first : first + GROUP])
    return time.perf_counter() - start
