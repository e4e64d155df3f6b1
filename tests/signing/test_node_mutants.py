"""What nobody thought of: texts changed at random are accepted by both implementations or refused by both alike."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import signing
from signing.encoding import b64u

FRAGMENTS = [
    *(
        b"1.0",
        b"1e2",
        b"-0",
        b"00",
        b"-",
        b"9007199254740992",
        b"9007199254740993",
        b"1E400",
        b"-9007199254740991",
    ),
    *(
        b"\\u0061",
        b"\\ud83d\\ude42",
        b"\\ud83d",
        b"\\/",
        b"\\b",
        b"\\u0008",
        b"\\u001F",
        b"\\",
        b'"',
        b"\0",
        b"\x7f",
    ),
    *(b"\xc3\xa9", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8"),
    *(b" ", b"\n", b",", b"{}", b"[]", b"null", b"true", b'"a":1,', b'"\xc3\xa9":1,', b"", b"A", b"_", b"="),
]
BODY: dict[str, Any] = {
    "numbers": [1, -1, 0, 9007199254740991, True, None, {}, []],
    "text": 'q " \\ / \t \n \0 \x7f é 🙂 \u2028',
    "names": {"10": 1, "9": 2, "__proto__": 3, "a": {"b": [{"c": []}]}},
}

# Where, what is put there, and how many bytes it replaces.
EDITS = st.lists(
    st.tuples(st.integers(0, 2**20), st.sampled_from(FRAGMENTS), st.integers(0, 2)), min_size=1, max_size=2
)
mutants = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def edited(text: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    for at, fragment, replaced in edits:
        place = at % (len(text) + 1)
        text = text[:place] + fragment + text[place + replaced :]
    return text


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


Agree = Callable[[bytes], None]


@pytest.fixture
def agree(node: Any, world: Any) -> Agree:
    directory = world.directory()
    request = {
        "addresses": list(world.me.addresses),
        "keys": [{"alg": world.hollow_key.alg, "seed": b64u(world.hollow_key.seed)}],
        "trust": {
            "organisations": {urn: org.status for urn, org in directory.organisations.items()},
            "keys": [
                {"organisation": org.urn, "jwk": key.key.jwk(), "nbf": key.not_before, "exp": key.expires}
                for org in directory.organisations.values()
                for key in org.signing_keys
            ],
        },
        "now": world.now,
    }

    def compare(envelope: bytes) -> None:
        answer = node.answer("unseal", bytes=b64u(envelope), **request)
        try:
            verified = world.open(envelope, directory)
        except signing.UnsealError as refused:
            ours: Any = {"refused": {"code": refused.code, "step": refused.step}}
        else:
            ours = {
                "ok": {
                    **{name: getattr(verified, name) for name in answer.get("ok", {})},
                    "jws": verified.jws.decode(),
                }
            }
        assert answer == ours

    return compare


def outside_the_ciphertext(envelope: bytes) -> int:
    """Where the long and dull part of an envelope ends."""
    return envelope.index(b'","iv":') - 4


@mutants
@given(edits=EDITS)
def test_both_agree_on_a_changed_envelope(agree: Agree, forger: Any, edits: Any) -> None:
    envelope = forger.with_claims()
    start = outside_the_ciphertext(envelope)
    agree(envelope[:start] + edited(envelope[start:], edits))


@mutants
@given(edits=EDITS)
def test_both_agree_on_a_changed_header(agree: Agree, forger: Any, edits: Any) -> None:
    text = forger.jws(dumps(forger.claims)).ljust(32_768)
    agree(dumps(forger.envelope(text, edited(dumps(forger.header), edits))))


@mutants
@given(edits=EDITS)
def test_both_agree_on_changed_claims_that_are_rightly_signed(agree: Agree, forger: Any, edits: Any) -> None:
    agree(forger.with_payload(edited(dumps({**forger.claims, "body": BODY}), edits)))


def test_both_open_the_message_that_the_others_are_made_of(agree: Agree, forger: Any, world: Any) -> None:
    envelope = forger.with_claims(body=BODY)
    agree(envelope)
    assert world.open(envelope).body == BODY
