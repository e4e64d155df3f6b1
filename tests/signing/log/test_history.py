"""Entries, proofs as files, and the check of a whole log: what is found, and what passes beside it."""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from signing.log import leaf
from signing.log.errors import LogError
from signing.log.history import verify_history
from signing.log.merkle import Head, leaf_hash
from signing.log.proof import Included, Proof, verify_entry


def refusal(work: Callable[[], object]) -> tuple[str, int | None]:
    with pytest.raises(LogError) as caught:
        work()
    return caught.value.code, caught.value.where


def code(work: Callable[[], object]) -> str:
    return refusal(work)[0]


# --- entries -----------------------------------------------------------------------------------------------------


def members(site: Any, **change: Any) -> dict[str, Any]:
    good = {
        "v": 1,
        "kind": "receipt",
        "at": site.now,
        "content_sha256": site.digest(1),
        "receipt_sha256": site.digest(2),
        "status": "accepted",
    }
    return {name: value for name, value in {**good, **change}.items() if value is not None}


def written(value: dict[str, Any]) -> bytes:
    rest = {name: text for name, text in value.items() if name not in ("v", "kind", "at")}
    return leaf.entry(value["kind"], value["at"], **rest)


def test_each_kind_of_entry_is_written_and_read_back(site: Any) -> None:
    sent = {"content_sha256": site.digest(1), "envelope_sha256": site.digest(2)}
    for kind, digests in (("sent", sent), ("received", sent), ("held", {"envelope_sha256": site.digest(2)})):
        data = leaf.entry(kind, site.now, **digests)
        assert leaf.read(data, 0) == {"v": 1, "kind": kind, "at": site.now, **digests}
    assert leaf.read(written(members(site)), 0) == members(site)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "opened"},
        {"kind": "sent"},
        {"kind": "held"},
        {"status": None},
        {"status": "read"},
        {"receipt_sha256": None},
        {"content_sha256": None},
        {"content_sha256": "a name"},
        {"content_sha256": "A" * 42 + "B"},
        {"content_sha256": "A" * 43 + "\n"},
        {"envelope_sha256": "A" * 43},
        {"at": 5},
        {"at": True},
        {"iss": "urn:ltp:org:ash-vale"},
        {"jti": "A" * 22},
        {"codes": "x"},
    ],
)
def test_an_entry_holds_nothing_but_its_kind_its_time_and_digests(site: Any, change: dict[str, Any]) -> None:
    assert written(members(site))
    value = members(site, **change)
    assert code(lambda: written(value)) == "bad_leaf"
    assert not jsonschema.Draft202012Validator(leaf.schema()).is_valid(value)


def test_an_entry_is_read_in_its_one_form_only(site: Any) -> None:
    good = site.entry(1)
    assert leaf.read(good, 3)["kind"] == "sent"
    at = str(site.now).encode()
    for data in (
        good + b" ",
        good.replace(at, at + b".0"),
        good.replace(b'"v":1', b'"v":1.0'),
        good.replace(b'"v":1', b'"v":2'),
        good[:-1],
        b"[]",
        b"\xff",
        b" " * 1025,
    ):
        assert refusal(lambda data=data: leaf.read(data, 3)) == ("bad_leaf", 3)  # type: ignore[misc]


def test_the_schema_is_a_schema_and_allows_what_is_read(site: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(leaf.schema())
    assert jsonschema.Draft202012Validator(leaf.schema()).is_valid(members(site))


# --- proofs as files ---------------------------------------------------------------------------------------------


def test_an_entry_is_proved_by_a_file_alone(site: Any) -> None:
    entries = site.entries(9)
    for index in range(9):
        proof = site.proof(entries, index)
        read = Proof.parse(proof.text())
        assert read == proof
        found = verify_entry(entries[index], read, site.policy, site.now)
        assert (found.index, found.entry, found.checkpoint.head.size) == (index, entries[index], 9)
    with pytest.raises(TypeError):
        Included(found.index, found.checkpoint, found.entry, made_by=None)


def test_a_proof_has_the_published_form(site: Any) -> None:
    proof = site.proof(site.entries(3), 1)
    head, _, note = proof.text().partition(b"\n\n")
    assert head.splitlines()[:2] == [b"c2sp.org/tlog-proof@v1", b"index 1"]
    assert len(head.splitlines()) == 4
    assert note == proof.note


def test_another_entry_or_place_is_not_proved(site: Any) -> None:
    entries = site.entries(9)
    proof = site.proof(entries, 4)
    assert code(lambda: verify_entry(entries[5], proof, site.policy, site.now)) == "not_included"
    moved = Proof(5, proof.hashes, proof.note)
    assert code(lambda: verify_entry(entries[4], moved, site.policy, site.now)) == "not_included"
    beyond = Proof(9, proof.hashes, proof.note)
    assert code(lambda: verify_entry(entries[4], beyond, site.policy, site.now)) == "bad_position"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2"),
        (b"index 4", b"4"),
        (b"index 4", b"index 04"),
        (b"index 4", b"extra AAAA\nindex 4"),
        (b"index 4\n", b"index 4\nAAAA\n"),
        (b"index 4\n", b"index 4\n" + (b"A" * 43 + b"=\n") * 64),
        (b"index 4", b"\xff"),
        (b"\n\n", b"\n"),
    ],
)
def test_a_proof_in_another_form_is_refused(site: Any, old: bytes, new: bytes) -> None:
    text = site.proof(site.entries(9), 4).text()
    assert Proof.parse(text)
    assert code(lambda: Proof.parse(text.replace(old, new))) == "bad_proof"


def test_a_proof_without_an_index_is_refused() -> None:
    assert code(lambda: Proof.parse(b"c2sp.org/tlog-proof@v1\n\nx")) == "bad_proof"


# --- the whole log -----------------------------------------------------------------------------------------------


def checkpoints(site: Any, entries: list[bytes], *sizes: int) -> list[Any]:
    """Checkpoints signed half a minute after their last entry."""
    return [site.verified(site.head(entries[:size]), site.now + 60 * max(size - 1, 0) + 30) for size in sizes]


def test_a_good_log_passes_with_entries_that_are_not_signed_yet(site: Any) -> None:
    entries = site.entries(9)
    found = verify_history(entries, checkpoints(site, entries, 7, 0, 3), [leaf_hash(one) for one in entries])
    assert found.head == site.head(entries)
    assert found.signed == site.head(entries[:7])
    assert found.signed_at == site.now + 6 * 60 + 30


def test_a_log_without_a_checkpoint_proves_nothing(site: Any) -> None:
    assert code(lambda: verify_history(site.entries(3), [])) == "bad_note"


def test_entries_cut_off_the_end_are_found(site: Any) -> None:
    entries = site.entries(9)
    signed = checkpoints(site, entries, 4, 9)
    assert verify_history(entries, signed).head.size == 9
    for size in (8, 4, 0):
        assert refusal(lambda size=size: verify_history(entries[:size], signed)) == ("truncated", size)  # type: ignore[misc]


def test_an_edited_entry_is_found_and_named_where_the_hashes_were_kept(site: Any) -> None:
    entries = site.entries(9)
    signed, hashes = checkpoints(site, entries, 4, 9), [leaf_hash(one) for one in entries]
    for index in range(9):
        edited = [*entries[:index], site.entry(77, site.now + 60 * index), *entries[index + 1 :]]
        assert code(lambda edited=edited: verify_history(edited, signed)) == "edited"  # type: ignore[misc]
        assert refusal(lambda edited=edited: verify_history(edited, signed, hashes)) == ("edited", index)  # type: ignore[misc]


def test_entries_taken_out_or_changed_about_are_found(site: Any) -> None:
    entries = [site.entry(number) for number in range(9)]
    signed = [site.verified(site.head(entries))]
    assert verify_history(entries, signed).head.size == 9
    swapped = [entries[1], entries[0], *entries[2:]]
    assert code(lambda: verify_history(swapped, signed)) == "edited"
    assert code(lambda: verify_history([*entries[:3], *entries[4:], site.entry(9)], signed)) == "edited"
    assert code(lambda: verify_history([*entries[:3], *entries[4:]], signed)) == "truncated"


def test_a_log_that_signed_two_histories_is_a_split_view(site: Any) -> None:
    entries = site.entries(9)
    other = [*entries[:2], site.entry(77, site.now + 120), *entries[3:]]
    old, new = checkpoints(site, other, 5), checkpoints(site, entries, 9)
    assert refusal(lambda: verify_history(entries, [*old, *new])) == ("split_view", 5)
    same_size = checkpoints(site, entries, 5)
    assert refusal(lambda: verify_history(entries, [*old, *same_size])) == ("split_view", 5)


def test_an_entry_dated_before_those_before_it_is_found(site: Any) -> None:
    def dated(seconds: int) -> list[bytes]:
        times = (0, 60, 1000, seconds, 1100)
        return [site.entry(number, site.now + time) for number, time in enumerate(times)]

    for seconds, good in ((700, True), (699, False)):
        entries = dated(seconds)
        signed = [site.verified(site.head(entries), site.now + 1200)]
        if good:
            assert verify_history(entries, signed).head.size == 5
        else:
            assert refusal(lambda e=entries, s=signed: verify_history(e, s)) == ("clock_step", 3)  # type: ignore[misc]


def test_an_entry_dated_after_its_checkpoint_or_before_the_one_before_it_is_found(site: Any) -> None:
    def signed(last: int) -> tuple[list[bytes], list[Any]]:
        entries = [site.entry(0), site.entry(1, site.now + last)]
        first = site.verified(site.head(entries[:1]), site.now + 1000)
        return entries, [first, site.verified(site.head(entries), site.now + 1000)]

    for last, good in ((700, True), (699, False), (1300, True), (1301, False)):
        entries, notes = signed(last)
        if good:
            assert verify_history(entries, notes).head.size == 2
        else:
            assert refusal(lambda e=entries, n=notes: verify_history(e, n)) == ("clock_step", 1)  # type: ignore[misc]


def test_a_checkpoint_that_is_older_than_a_smaller_one_is_found(site: Any) -> None:
    entries = site.entries(2)
    early = [
        site.verified(site.head(entries[:1]), site.now + 70),
        site.verified(site.head(entries), site.now + 69),
    ]
    assert code(lambda: verify_history(entries, early)) == "clock_step"


def test_what_is_no_entry_is_named(site: Any) -> None:
    entries = [*site.entries(2), b"{}"]
    signed = [site.verified(Head(3, site.head(entries).root), site.now + 100)]
    assert refusal(lambda: verify_history(entries, signed)) == ("bad_leaf", 2)
