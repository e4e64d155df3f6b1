"""The Merkle tree of RFC 9162 §2.1 over SHA-256: hashes, proofs, and how both are checked.

A *node* `(level, place)` is the root of the complete subtree over the leaves from `place * 2^level` on. A node
never changes once its last leaf is there, so a log is kept as its nodes; the root and every proof are folded
from at most two of them for each level.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from signing.log.errors import LogError

HASH_LENGTH: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

Node = tuple[int, int]
Range = tuple[int, int]
"""Leaves from the first number up to, but without, the second."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf (§2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two others (§2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of(leaves: Range) -> list[Node]:
    """The complete subtrees that `leaves` consist of, from left to right.

    The range starts at a multiple of its length rounded up to a power of two, as every range of a proof does.
    """
    start, end = leaves
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbouring complete subtrees that get smaller to the right; of none, the empty root."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What the hashes of an inclusion proof are taken over, leaf's sibling first (§2.1.3.1)."""
    if not 0 <= index < size:
        raise LogError("bad_position", index)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """What the hashes of a consistency proof are taken over (§2.1.4.1); none from an empty tree."""
    if not 0 <= old <= size:
        raise LogError("bad_position", old)
    if old == 0:
        return []
    start, end, path = 0, size, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    # The verifier knows the old tree's root, but not the hash of its last part.
    return ([(start, end)] if start else []) + path[::-1]


def _split(length: int) -> int:
    """The largest power of two smaller than `length`."""
    return 1 << (length - 1).bit_length() - 1


def hashes_of(ranges: Iterable[Range], hash_of: Callable[[Node], bytes]) -> list[bytes]:
    """The hash of each range, from the hashes of nodes."""
    return [fold([hash_of(node) for node in nodes_of(leaves)]) for leaves in ranges]


def completed(edge: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The hashes of the subtrees that the leaf at `size` completes: its own first, then ever larger ones.

    `edge` holds the hashes of `nodes_of((0, size))`. The new edge is `edge_after`.
    """
    hashes = [leaf]
    while size & 1:
        hashes.append(node_hash(edge[-len(hashes)], hashes[-1]))
        size >>= 1
    return hashes


def edge_after(edge: Sequence[bytes], new: Sequence[bytes]) -> list[bytes]:
    """The edge after a leaf that completed `new`: the largest new subtree takes the place of what it covers."""
    return [*edge[: len(edge) - len(new) + 1], new[-1]]


@dataclass(frozen=True, slots=True)
class Head:
    """What a tree is known by: how many leaves it has and its root."""

    size: int
    root: bytes


class Tree:
    """A tree in memory: 64 bytes for a leaf, and a proof in the time of twenty hashes for a million leaves."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        """`leaf_hashes` are the first leaves."""
        self._levels: list[bytearray] = [bytearray()]
        for leaf in leaf_hashes:
            self.append(leaf)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0]) // HASH_LENGTH

    def append(self, leaf: bytes) -> int:
        """Adds the hash of a leaf and gives its index."""
        index = place = self.size
        self._levels[0] += leaf
        level, hashed = 0, leaf
        while place & 1:
            hashed = node_hash(self.node((level, place - 1)), hashed)
            level, place = level + 1, place >> 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += hashed
        return index

    def node(self, node: Node) -> bytes:
        """The hash of a complete subtree."""
        level, place = node
        start = place * HASH_LENGTH
        return bytes(self._levels[level][start : start + HASH_LENGTH])

    def root(self, size: int | None = None) -> bytes:
        """The root at `size` leaves, or of the whole tree (§2.1.1)."""
        return hashes_of([(0, self._known(size))], self.node)[0]

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that the leaf `index` is in the tree of `size` leaves. Raises `LogError`."""
        return hashes_of(inclusion_ranges(index, self._known(size)), self.node)

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """The proof that the tree of `old` leaves is the start of that of `size`. Raises `LogError`."""
        return hashes_of(consistency_ranges(old, self._known(size)), self.node)

    def _known(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise LogError("bad_position", size)
        return size


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bytes:
    """The root, after `proof` led from the hash of a leaf to it (§2.1.3.2). Raises `LogError`."""
    if not 0 <= index < size:
        raise LogError("bad_position", index)
    place, last, hashed = index, size - 1, leaf
    for other in proof:
        if last == 0:
            raise LogError("not_included", index)
        if place & 1 or place == last:
            hashed = node_hash(other, hashed)
            place, last = _up(place, last)
        else:
            hashed = node_hash(hashed, other)
        place, last = place >> 1, last >> 1
    if last or hashed != root:
        raise LogError("not_included", index)
    return hashed


def _up(place: int, last: int) -> Node:
    """Skips the levels on which the right edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def verify_consistency(old: Head, new: Head, proof: Sequence[bytes]) -> Head:
    """The new head, after `proof` showed that its tree starts with the old one (§2.1.4.2). Raises `LogError`."""
    if not 0 <= old.size <= new.size:
        raise LogError("split_view", old.size)
    if old.size in (0, new.size):
        _same(not proof and old.root == (EMPTY_ROOT if old.size == 0 else new.root), old)
        return new
    path = list(_with_old_root(old, proof))
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    _same(bool(path), old)
    old_hash = new_hash = path[0]
    for other in path[1:]:
        _same(last != 0, old)
        if place & 1 or place == last:
            old_hash, new_hash = node_hash(other, old_hash), node_hash(other, new_hash)
            place, last = _up(place, last)
        else:
            new_hash = node_hash(new_hash, other)
        place, last = place >> 1, last >> 1
    _same((last, old_hash, new_hash) == (0, old.root, new.root), old)
    return new


def _with_old_root(old: Head, proof: Sequence[bytes]) -> Iterator[bytes]:
    """The proof, with the old root before it where the old tree is one complete subtree of the new one."""
    if old.size & (old.size - 1) == 0:
        yield old.root
    yield from proof


def _same(condition: bool, old: Head) -> None:
    if not condition:
        raise LogError("split_view", old.size)
