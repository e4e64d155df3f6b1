"""The tree against RFC 9162's own definitions, written here once more as they stand there: recursive and slow."""

import hashlib
from collections.abc import Sequence

import pytest

from signing.log import merkle
from signing.log.errors import LogError
from signing.log.merkle import Head, Tree

SIZES = range(131)
#: The eight entries of the well-known test tree of Certificate Transparency, and its root at each size.
KNOWN_ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
KNOWN_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def entries(size: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(size)]


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return h(b"")
    if len(d) == 1:
        return h(b"\x00" + d[0])
    k = split(len(d))
    return h(b"\x01" + mth(d[:k]) + mth(d[k:]))


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: Sequence[bytes], *, known: bool) -> list[bytes]:
    if m == len(d):
        return [] if known else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], known=known), mth(d[k:])]
    return [*subproof(m - k, d[k:], known=False), mth(d[:k])]


def tree(size: int) -> Tree:
    return Tree(map(merkle.leaf_hash, entries(size)))


def code(problem: pytest.ExceptionInfo[LogError]) -> str:
    return problem.value.code


def test_the_roots_of_certificate_transparencys_own_tree_come_out() -> None:
    grown = Tree()
    for text, root in zip(KNOWN_ENTRIES, KNOWN_ROOTS, strict=True):
        grown.append(merkle.leaf_hash(bytes.fromhex(text)))
        assert grown.root().hex() == root
    assert Tree().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_every_root_is_the_one_of_the_definition() -> None:
    grown, data = tree(130), entries(130)
    for size in SIZES:
        assert grown.root(size) == mth(data[:size])


def test_every_inclusion_proof_is_the_one_of_the_definition_and_verifies() -> None:
    grown, data = tree(130), entries(130)
    for size in (*range(1, 40), 63, 64, 65, 127, 128, 129, 130):
        root = grown.root(size)
        for index in range(size):
            proof = grown.inclusion(index, size)
            assert proof == path(index, data[:size])
            assert merkle.verify_inclusion(merkle.leaf_hash(data[index]), index, size, proof, root) == root


def test_every_consistency_proof_is_the_one_of_the_definition_and_verifies() -> None:
    grown, data = tree(130), entries(130)
    for size in (*range(1, 40), 63, 64, 65, 127, 128, 129, 130):
        new = Head(size, grown.root(size))
        for old in range(1, size + 1):
            proof = grown.consistency(old, size)
            assert proof == subproof(old, data[:size], known=True)
            assert merkle.verify_consistency(Head(old, grown.root(old)), new, proof) == new


def test_no_changed_inclusion_proof_verifies() -> None:
    grown = tree(40)
    wrong = h(b"something else")
    for size in range(2, 40):
        for index in range(size):
            leaf, root = grown.node((0, index)), grown.root(size)
            proof = grown.inclusion(index, size)
            changed = [[*proof[:n], wrong, *proof[n + 1 :]] for n in range(len(proof))]
            for other in (*changed, proof[:-1], [*proof, wrong], proof[1:], []):
                with pytest.raises(LogError) as caught:
                    merkle.verify_inclusion(leaf, index, size, other, root)
                assert code(caught) == "not_included"
            with pytest.raises(LogError):
                merkle.verify_inclusion(leaf, (index + 1) % size, size, proof, root)


def test_no_changed_consistency_proof_verifies() -> None:
    grown = tree(40)
    wrong = h(b"something else")
    for size in range(2, 40):
        new = Head(size, grown.root(size))
        for old_size in range(1, size):
            old = Head(old_size, grown.root(old_size))
            proof = grown.consistency(old_size, size)
            changed = [[*proof[:n], wrong, *proof[n + 1 :]] for n in range(len(proof))]
            for other in (*changed, proof[:-1], [*proof, wrong], []):
                with pytest.raises(LogError) as caught:
                    merkle.verify_consistency(old, new, other)
                assert code(caught) == "split_view"
            with pytest.raises(LogError):
                merkle.verify_consistency(Head(old_size, wrong), new, proof)


def test_any_tree_follows_the_empty_one_and_itself_without_a_proof() -> None:
    grown = tree(5)
    new = Head(5, grown.root())
    assert grown.consistency(0) == grown.consistency(5) == []
    assert merkle.verify_consistency(Head(0, merkle.EMPTY_ROOT), new, []) == new
    assert merkle.verify_consistency(new, new, []) == new


@pytest.mark.parametrize(
    ("old", "proof"),
    [
        (Head(0, b"x" * 32), []),
        (Head(0, merkle.EMPTY_ROOT), [b"x" * 32]),
        (Head(5, b"x" * 32), []),
        (Head(6, b"x" * 32), []),
        (Head(-1, b"x" * 32), []),
    ],
)
def test_what_no_tree_follows_is_refused(old: Head, proof: list[bytes]) -> None:
    with pytest.raises(LogError):
        merkle.verify_consistency(old, Head(5, tree(5).root()), proof)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_there_is_no_proof_for_what_is_not_there(index: int) -> None:
    grown = tree(5)
    for ask in (grown.inclusion, lambda place: grown.inclusion(0, place + 1 if place >= 0 else -1)):
        with pytest.raises(LogError) as caught:
            ask(index)
        assert code(caught) == "bad_position"
    with pytest.raises(LogError):
        merkle.verify_inclusion(b"", index, 5, [], b"")
    with pytest.raises(LogError):
        grown.consistency(index + 1 if index >= 5 else index)
    assert len(grown.inclusion(4)) == 1


def test_the_edge_alone_is_enough_to_grow_a_tree() -> None:
    whole, edge = tree(130), list[bytes]()
    for index in range(130):
        new = merkle.completed(edge, index, whole.node((0, index)))
        assert new == [whole.node((level, index >> level)) for level in range(len(new))]
        edge = merkle.edge_after(edge, new)
        assert edge == [whole.node(node) for node in merkle.nodes_of((0, index + 1))]
        assert merkle.fold(edge) == whole.root(index + 1)


def test_a_proof_in_a_large_tree_needs_few_nodes() -> None:
    size = 1_000_003
    for index in (*range(0, size, 20_011), size - 1):
        ranges = merkle.inclusion_ranges(index, size)
        assert len(ranges) <= 20
        assert sum(len(merkle.nodes_of(leaves)) for leaves in ranges) <= 40
