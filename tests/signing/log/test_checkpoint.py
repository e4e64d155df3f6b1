"""Checkpoints and their keys, against what C2SP publishes and against texts put together here by hand."""

import base64
import hashlib
import struct
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from signing.errors import KeyMaterialError, SigningError
from signing.log import checkpoint
from signing.log.checkpoint import Policy, Unverified, Verified
from signing.log.errors import SENTENCES, LogError
from signing.log.keys import COSIGNATURE_ED25519, Identity, LogKey, NoteKey
from signing.log.merkle import Head

#: The example of the published form, with its two signature lines.
PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGz"
    "Gku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
    "qhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
#: A verifier key and a signature of it that the first implementation of notes publishes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETERS_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FF"
    "YC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)

HEAD = Head(5, hashlib.sha256(b"a root").digest())


def code(work: Callable[[], object]) -> str:
    with pytest.raises(LogError) as caught:
        work()
    return caught.value.code


def verify(site: Any, note: bytes, policy: Policy | None = None, now: int | None = None) -> Verified:
    at = site.now if now is None else now
    return checkpoint.verify(Unverified.parse(note), policy or site.policy, at)


def lines_of(note: bytes) -> list[bytes]:
    return note.partition(b"\n\n")[2].splitlines(keepends=True)


def with_lines(note: bytes, lines: list[bytes]) -> bytes:
    return note.partition(b"\n\n")[0] + b"\n\n" + b"".join(lines)


# --- errors ------------------------------------------------------------------------------------------------------


def test_every_code_has_one_plain_sentence_and_belongs_to_the_tree() -> None:
    for name, sentence in SENTENCES.items():
        error = LogError(name)
        assert isinstance(error, SigningError)
        assert (error.code, str(error), error.where) == (name, sentence, None)
        assert sentence.endswith(".")
        assert sentence.count(".") == 1
    assert LogError("edited", 7).where == 7
    assert "7" in str(LogError("edited", 7))


# --- keys --------------------------------------------------------------------------------------------------------


def test_a_published_verifier_key_has_the_published_id_and_verifies_the_published_signature() -> None:
    key = NoteKey.from_vkey(PETER)
    line = checkpoint.read_signature(PETERS_LINE)
    assert (line.name, line.key_id.hex()) == ("PeterNeumann", "c74f20a3")
    assert line.key_id == key.key_id
    key.verify(line.signature, PETERS_TEXT.encode())
    assert line.line() == PETERS_LINE + "\n"
    assert code(lambda: key.verify(line.signature, PETERS_TEXT.encode() + b" ")) == "bad_signature"


def test_verifier_keys_are_read_as_they_are_written(site: Any) -> None:
    for role in ("log", "witness"):
        identity = site.key.identity(role, "north.example/x")
        assert Identity.from_vkeys(role, identity.vkeys()) == identity
        for key in identity.keys:
            data = base64.b64decode(key.vkey().split("+", 2)[2])
            expected = hashlib.sha256(b"north.example/x\n" + data).digest()[:4]
            assert key.key_id == expected


@pytest.mark.parametrize(
    "vkey",
    [
        None,
        7,
        "",
        PETER + "=",
        PETER[:-4],
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("PeterNeumann", ""),
        PETER.replace("+ARpc", "+AR!c"),
        "x+00000000+=",
        "x+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
    ],
)
def test_what_is_no_verifier_key_is_refused(vkey: object) -> None:
    assert code(lambda: NoteKey.from_vkey(vkey)) == "bad_key"


def test_a_log_has_both_keys_and_a_witness_of_others_may_have_one(site: Any) -> None:
    log, witness = site.key.identity("log", "a.example"), site.key.identity("witness", "a.example")
    other = site.key.identity("witness", "b.example")
    for keys in (witness.vkeys(), witness.vkeys()[:1], witness.vkeys()[1:]):
        assert Identity.from_vkeys("witness", keys).vkeys() == keys
    assert Identity.from_vkeys("log", log.vkeys()) == log
    wrong: list[tuple[str, object]] = [
        ("log", log.vkeys()[:1]),
        ("log", log.vkeys()[1:]),
        ("log", log.vkeys()[::-1]),
        ("log", witness.vkeys()),
        ("log", []),
        ("log", "x"),
        ("witness", log.vkeys()),
        ("witness", witness.vkeys()[::-1]),
        ("witness", [witness.vkeys()[0], other.vkeys()[1]]),
    ]
    for role, keys_given in wrong:
        assert code(lambda role=role, keys=keys_given: Identity.from_vkeys(role, keys)) == "bad_key"  # type: ignore[misc]


def test_seeds_of_another_length_make_no_key() -> None:
    assert LogKey.generate().private_jwks()[1]["alg"] == "ML-DSA-44"
    for seeds in ((b"x" * 31, b"x" * 32), (b"x" * 32, b"x" * 33)):
        with pytest.raises(KeyMaterialError):
            LogKey.from_seeds(*seeds)


# --- the text ----------------------------------------------------------------------------------------------------


def test_the_published_example_is_read() -> None:
    read = Unverified.parse(PUBLISHED.encode())
    assert (read.origin, read.head.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(read.head.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert read.text.decode() == PUBLISHED.partition("\n\n")[0] + "\n"
    assert [line.name for line in read.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert "".join(line.line() for line in read.signatures) == PUBLISHED.partition("\n\n")[2]
    assert struct.unpack(">Q", read.signatures[1].signature[:8])[0] == 1679315147


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n\n", "\n"),
        ("\n\n", "\nextension\n\n"),
        ("20852163", "020852163"),
        ("20852163", "-1"),
        ("20852163", "٢"),
        ("20852163", "9" * 19),
        ("20852163", "9" * 20),
        ("CsUY", "CsU"),
        ("q2I=", "q2J="),
        ("q2I=", "q2I"),
        ("example.com/behind-the-sofa\n2", "\n2"),
        ("example.com/behind-the-sofa\n2", "behind the sofa\n2"),
        ("example.com/behind-the-sofa\n2", "behind+the+sofa\n2"),
        ("— witness", "- witness"),
        ("— witness", "—  witness"),
        ("w1 jWbP", "w1 jWb!"),
        ("+qnA==\n", "+qnA=="),
        ("+qnA==\n", "+qnA==\n\n"),
    ],
)
def test_a_text_in_another_form_is_refused(old: str, new: str) -> None:
    assert old in PUBLISHED
    assert code(lambda: Unverified.parse(PUBLISHED.replace(old, new, 1).encode())) == "bad_note"


def test_what_is_no_text_or_too_much_of_it_is_refused(site: Any) -> None:
    line = PUBLISHED.splitlines(keepends=True)[-1]
    assert len(Unverified.parse((PUBLISHED + line * 62).encode()).signatures) == 64
    for data in (
        b"\xff" + PUBLISHED.encode(),
        b"",
        (PUBLISHED + line * 63).encode(),
        (PUBLISHED + line * 4000).encode(),
        PUBLISHED.partition("\n\n")[0].encode() + "\n\n— a AAAA\n".encode(),
    ):
        assert code(lambda data=data: Unverified.parse(data)) == "bad_note"  # type: ignore[misc]
    for lines in (b"", b"\xff", line.rstrip("\n").encode(), b"\n"):
        assert code(lambda lines=lines: checkpoint.read_signatures(lines)) == "bad_note"  # type: ignore[misc]


# --- signatures --------------------------------------------------------------------------------------------------


def test_both_signatures_are_over_exactly_what_the_published_forms_say(site: Any) -> None:
    note = site.note(HEAD)
    ed25519, ml_dsa = (base64.b64decode(line.split()[2]) for line in lines_of(note))
    root = base64.b64encode(HEAD.root).decode()
    text = f"{site.origin}\n5\n{root}\n".encode()
    assert note.startswith(text + b"\n")
    raw = [key.raw for key in site.policy.log.keys]
    Ed25519PublicKey.from_public_bytes(raw[0]).verify(ed25519[4:], text)
    name = site.origin.encode()
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", site.now)
    message += bytes([len(name)]) + name + struct.pack(">QQ", 0, 5) + HEAD.root
    assert ml_dsa[4:12] == struct.pack(">Q", site.now)
    MLDSA44PublicKey.from_public_bytes(raw[1]).verify(ml_dsa[12:], message)


def test_a_witness_signs_exactly_what_the_published_forms_say(site: Any) -> None:
    witness = site.witness()
    lines = checkpoint.signature_lines(witness.identity, witness.key, site.origin, HEAD, 1679315147)
    ed25519, ml_dsa = (base64.b64decode(line.split()[2]) for line in lines.splitlines())
    text = b"cosignature/v1\ntime 1679315147\n" + checkpoint.text_of(site.origin, HEAD)
    raw = [key.raw for key in witness.identity.keys]
    Ed25519PublicKey.from_public_bytes(raw[0]).verify(ed25519[12:], text)
    names = b"".join(
        bytes([len(part)]) + part + more
        for part, more in (
            (witness.name.encode(), struct.pack(">Q", 1679315147)),
            (site.origin.encode(), b""),
        )
    )
    MLDSA44PublicKey.from_public_bytes(raw[1]).verify(
        ml_dsa[12:], b"subtree/v1\n\0" + names + struct.pack(">QQ", 0, 5) + HEAD.root
    )


def test_a_checkpoint_that_its_log_signed_is_verified(site: Any) -> None:
    note = site.note(HEAD)
    found = verify(site, note)
    assert (found.origin, found.head, found.at, dict(found.witnesses), found.note) == (
        site.origin,
        HEAD,
        site.now,
        {},
        note,
    )
    with pytest.raises(TypeError):
        Verified(site.origin, HEAD, site.now, {}, note, made_by=None)


def test_one_signature_of_the_two_is_not_enough(site: Any) -> None:
    note = site.note(HEAD)
    first, second = lines_of(note)
    for lines in ([first], [second], [first, first], [second, second]):
        assert code(lambda lines=lines: verify(site, with_lines(note, lines))) == "bad_signature"  # type: ignore[misc]
    assert verify(site, with_lines(note, [second, first])).at == site.now
    assert verify(site, with_lines(note, [first, second, first])).at == site.now


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("place", [-1, -200, 8, 4])
def test_a_changed_signature_is_refused(site: Any, which: int, place: int) -> None:
    note = site.note(HEAD)
    lines = lines_of(note)
    mark, name, text = lines[which].split()
    data = bytearray(base64.b64decode(text))
    data[max(place, 4 - len(data))] ^= 1
    lines[which] = b" ".join((mark, name, base64.b64encode(data))) + b"\n"
    assert code(lambda: verify(site, with_lines(note, lines))) == "bad_signature"
    lines[which] = b" ".join((mark, name, base64.b64encode(data[:-1]))) + b"\n"
    assert code(lambda: verify(site, with_lines(note, lines))) == "bad_signature"


def test_a_changed_size_or_root_is_refused(site: Any) -> None:
    lines = lines_of(site.note(HEAD))
    for head in (Head(6, HEAD.root), Head(5, hashlib.sha256(b"another").digest())):
        note = with_lines(checkpoint.text_of(site.origin, head)[:-1] + b"\n\n", lines)
        assert code(lambda note=note: verify(site, note)) == "bad_signature"  # type: ignore[misc]


def test_a_checkpoint_of_another_log_or_another_key_is_refused(site: Any) -> None:
    other = LogKey.generate()
    assert code(lambda: verify(site, checkpoint.sign("b.example", HEAD, site.key, site.now))) == "unknown_log"
    assert code(lambda: verify(site, checkpoint.sign(site.origin, HEAD, other, site.now))) == "bad_signature"


def test_times_that_have_not_come_are_refused(site: Any) -> None:
    note = site.note(HEAD, site.now + 300)
    assert verify(site, note).at == site.now + 300
    assert code(lambda: verify(site, note, now=site.now - 1)) == "from_the_future"


# --- witnesses' lines --------------------------------------------------------------------------------------------


def witnessed(site: Any, *tokens: str, at: int | None = None) -> bytes:
    note: bytes = site.note(HEAD)
    for token in tokens:
        witness = site.witness(token)
        time = site.now if at is None else at
        note += checkpoint.signature_lines(witness.identity, witness.key, site.origin, HEAD, time)
    return note


def test_enough_witnesses_must_have_signed(site: Any) -> None:
    one, two = witnessed(site, "northshire"), witnessed(site, "northshire", "hollow-farm")
    assert dict(verify(site, two, site.watched(2)).witnesses) == {
        "northshire.example/witness": site.now,
        "hollow-farm.example/witness": site.now,
    }
    assert list(verify(site, one, site.watched(1)).witnesses) == ["northshire.example/witness"]
    assert code(lambda: verify(site, one, site.watched(2))) == "too_few_witnesses"
    assert code(lambda: verify(site, site.note(HEAD), site.watched(1))) == "too_few_witnesses"


def test_a_witness_counts_only_with_both_its_signatures(site: Any) -> None:
    note = witnessed(site, "northshire")
    for left_out in (2, 3):
        lines = [line for number, line in enumerate(lines_of(note)) if number != left_out]
        assert not verify(site, with_lines(note, lines), site.watched(0)).witnesses


def test_lines_of_strangers_are_left_alone(site: Any) -> None:
    assert not verify(site, witnessed(site, "northshire", "stranger")).witnesses
    assert list(verify(site, witnessed(site, "stranger", "northshire"), site.watched(1)).witnesses) == [
        "northshire.example/witness"
    ]


def test_a_wrong_signature_of_a_known_witness_is_refused(site: Any) -> None:
    note = site.note(HEAD)
    witness = site.witness()
    lines = checkpoint.signature_lines(
        witness.identity, witness.key, site.origin, Head(6, HEAD.root), site.now
    )
    assert code(lambda: verify(site, note + lines, site.watched(0))) == "bad_signature"


def test_a_witness_long_before_the_log_shows_a_wrong_clock(site: Any) -> None:
    good = witnessed(site, "northshire", at=site.now - 300)
    assert verify(site, good, site.watched(1)).witnesses["northshire.example/witness"] == site.now - 300
    bad = witnessed(site, "northshire", at=site.now - 301)
    assert code(lambda: verify(site, bad, site.watched(1))) == "clock_step"
    later = witnessed(site, "northshire", at=site.now + 301)
    assert code(lambda: verify(site, later, site.watched(1))) == "from_the_future"


def test_a_witness_of_others_with_an_ed25519_key_alone_can_count(site: Any) -> None:
    full = site.witness().identity
    policy = Policy(site.policy.log, (Identity(full.name, full.keys[:1]),), 1)
    assert full.keys[0].kind == COSIGNATURE_ED25519
    assert verify(site, witnessed(site, "northshire"), policy).witnesses == {full.name: site.now}


def test_the_answer_of_a_witness_is_put_to_the_checkpoint_once(site: Any) -> None:
    policy = site.watched(1)
    bare = verify(site, site.note(HEAD))
    lines = lines_of(witnessed(site, "northshire", "stranger"))[2:]
    signed = checkpoint.with_witness(bare, b"".join(lines), policy, site.now)
    assert signed.note == bare.note + b"".join(lines[:2])
    assert checkpoint.with_witness(signed, b"".join(lines), policy, site.now).note == signed.note


# --- policies ----------------------------------------------------------------------------------------------------


def test_a_policy_is_read_from_json(site: Any) -> None:
    watched = site.watched(1)
    keys, witnesses = watched.log.vkeys(), [witness.vkeys() for witness in watched.witnesses]
    assert Policy.from_json({"keys": keys, "witnesses": witnesses, "quorum": 1}) == watched
    assert Policy.from_json({"keys": keys}) == site.policy


@pytest.mark.parametrize(
    "change",
    [
        {"quorum": 3},
        {"quorum": -1},
        {"quorum": True},
        {"quorum": "1"},
        {"witnesses": {}},
        {"witnesses": ["x"]},
        {"keys": []},
        {"more": 1},
    ],
)
def test_what_is_no_policy_is_refused(site: Any, change: dict[str, Any]) -> None:
    watched = site.watched(1)
    good = {"keys": watched.log.vkeys(), "witnesses": [w.vkeys() for w in watched.witnesses], "quorum": 1}
    assert Policy.from_json(good)
    wrong: list[object] = [{**good, **change}, [], None]
    for value in wrong:
        assert code(lambda value=value: Policy.from_json(value)) == "bad_key"  # type: ignore[misc]


def test_nobody_counts_twice(site: Any) -> None:
    full = site.witness().identity
    for witnesses in ((full, full), (Identity(site.origin, full.keys),)):
        assert code(lambda witnesses=witnesses: Policy(site.policy.log, witnesses)) == "bad_key"  # type: ignore[misc]


# --- several checkpoints -----------------------------------------------------------------------------------------


def test_checkpoints_that_can_all_be_true_are_put_in_order(site: Any) -> None:
    small, large = site.verified(HEAD), site.verified(Head(6, HEAD.root), site.now + 60)
    again = site.verified(HEAD, site.now + 30)
    assert checkpoint.check_same_log([large, again, small]) == (small, again, large)
    assert checkpoint.check_same_log([]) == ()


def test_two_checkpoints_of_one_size_with_different_roots_are_a_split_view(site: Any) -> None:
    other = site.verified(Head(5, hashlib.sha256(b"another").digest()), site.now + 60)
    assert code(lambda: checkpoint.check_same_log([other, site.verified(HEAD)])) == "split_view"


def test_a_larger_checkpoint_that_is_older_is_a_clock_step(site: Any) -> None:
    larger = site.verified(Head(6, HEAD.root), site.now - 1)
    assert code(lambda: checkpoint.check_same_log([larger, site.verified(HEAD)])) == "clock_step"


def test_checkpoints_of_two_logs_are_not_mixed(site: Any) -> None:
    other = checkpoint.verify(
        Unverified.parse(checkpoint.sign("b.example", HEAD, site.key, site.now)),
        Policy(site.key.identity("log", "b.example")),
        site.now,
    )
    assert code(lambda: checkpoint.check_same_log([other, site.verified(HEAD)])) == "unknown_log"
