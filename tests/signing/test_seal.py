import copy
import dataclasses
from typing import Any

import orjson
import pytest

import signing
from signing.encoding import sha256

ADDRESS = "urn:ltp:org:hollow-farm/general"


def canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def test_a_sealed_message_opens_to_what_was_sent(world: Any) -> None:
    body = {"text": "Zoë’s profile", "list": [1, -2, True, None, "x"], "nested": {"b": [], "a": {}}}
    sealed = world.seal(body)
    verified = world.open(sealed.envelope)
    assert verified.body == body
    assert (verified.iss, verified.aud) == ("urn:ltp:org:ash-vale", ADDRESS)
    assert (verified.mt, verified.sv, verified.irt) == ("bundle", "ltp:bundle/1.0", None)
    assert (verified.iat, verified.exp) == (world.now, world.now + 7 * 86_400)
    for name in ("jti", "jws", "content_sha256", "envelope_sha256", "body_sha256"):
        assert getattr(verified, name) == getattr(sealed, name)
    assert sealed.body_sha256 == sha256(canonical(body))


def test_a_message_can_answer_another_and_carry_chosen_ids(world: Any) -> None:
    first = world.seal()
    answer = world.outgoing(irt=first.jti, jti="A" * 22, nonce="A" * 22, mt="receipt", sv="ltp:receipt/1.0")
    verified = world.open(signing.seal(answer, world.ash, [world.hollow_key.public]).envelope)
    assert (verified.irt, verified.jti, verified.mt) == (first.jti, "A" * 22, "receipt")


def test_every_key_of_the_address_opens_the_message(world: Any) -> None:
    keys = [world.hollow_key, world.hollow_next]
    sealed = world.seal(keys=[key.public for key in keys])
    for key in keys:
        me = signing.Recipient(frozenset({ADDRESS}), {key.kid: key})
        assert signing.unseal(sealed.envelope, me, world.directory(), world.now).jti == sealed.jti


def test_bodies_of_10_to_20000_bytes_have_one_envelope_size(world: Any) -> None:
    sizes = {len(world.seal({"t": "x" * (size - 8)}).envelope) for size in (10, 300, 5_000, 12_345, 20_000)}
    assert len(sizes) == 1


@pytest.mark.parametrize(("size", "expected"), [(10, 0), (20_000, 0), (25_000, 1), (60_000, 2), (779_000, 5)])
def test_the_size_class_is_known_before_sealing(world: Any, size: int, expected: int) -> None:
    body = {"t": "x" * size}
    assert signing.size_class(world.outgoing(body)) == expected
    assert world.seal(body).size_class == expected


@pytest.mark.parametrize("offset", range(-3, 4))
def test_the_size_class_is_right_at_its_edge(world: Any, offset: int) -> None:
    # Claims of 20,690 bytes and a few more or less fill the first class to its last bytes.
    room = (32_768 - len(world.seal({"t": ""}).jws)) * 3 // 4
    body = {"t": "x" * (room + offset)}
    assert signing.size_class(world.outgoing(body)) == world.seal(body).size_class


def test_a_message_padded_to_a_larger_class_opens(world: Any) -> None:
    large = world.seal({"t": "x" * 60_000})
    small = signing.seal(
        world.outgoing(), world.ash, [world.hollow_key.public], minimum_class=large.size_class
    )
    assert len(small.envelope) == len(large.envelope)
    assert world.open(small.envelope).body == {"text": "a canary"}


def test_a_relay_sees_the_parties_and_times_and_nothing_else(world: Any) -> None:
    sealed = world.seal()
    header = signing.peek(sealed.envelope, world.now)
    assert header == signing.Header(
        "urn:ltp:org:ash-vale",
        ADDRESS,
        sealed.jti,
        world.now,
        world.now + 7 * 86_400,
        sealed.envelope_sha256,
    )
    assert signing.peek(sealed.envelope) == header
    with pytest.raises(signing.UnsealError) as refused:
        signing.peek(sealed.envelope, world.now + 20 * 86_400)
    assert (refused.value.code, refused.value.step) == ("expired", 4)


def test_the_envelope_digest_does_not_depend_on_the_recipient_entries(world: Any) -> None:
    sealed = world.seal(keys=[world.hollow_key.public, world.hollow_next.public])
    value = orjson.loads(sealed.envelope)
    value["recipients"].pop()
    assert world.open(canonical(value)).envelope_sha256 == sealed.envelope_sha256


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"n": 1.5}, "unsupported_value"),
        ({"n": [{"n": 1e30}]}, "unsupported_value"),
        ({"n": (0.0,)}, "unsupported_value"),
        ({"n": float("nan")}, "unsupported_value"),
        ({"n": 2**53}, "malformed"),
        ({"n": b"bytes"}, "malformed"),
        ({"n": "\ud800"}, "malformed"),
        ({1: "n"}, "malformed"),
        (deep(300), "malformed"),
        ({"é": 1}, "bad_member_name"),
        ({"a": [{"extensions": {"naïve": 1}}]}, "bad_member_name"),
        ({"t": "x" * 780_001}, "too_large"),
    ],
)
def test_a_body_outside_the_profile_is_refused(world: Any, body: Any, code: str) -> None:
    with pytest.raises(signing.SealError) as refused:
        world.seal(body)
    assert refused.value.code == code


def test_a_body_at_the_edge_of_the_profile_is_sealed(world: Any) -> None:
    edge = {"n": [2**53 - 1, -(2**53) + 1, True, None], "t": ("1.5", "1e9"), "d": deep(200)}
    verified = world.open(world.seal(edge).envelope)
    assert verified.body["t"] == ["1.5", "1e9"]
    assert world.open(world.seal({"t": "é" * 10, "e": 1}).envelope).body["e"] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iss": "urn:ltp:org:Ash"}, "bad_message"),
        ({"iss": "urn:ltp:org:" + "a" * 65}, "bad_message"),
        ({"iss": ADDRESS}, "bad_message"),
        ({"aud": "urn:ltp:org:hollow-farm"}, "bad_message"),
        ({"aud": "urn:ltp:org:hollow-farm/kitchen"}, "bad_message"),
        ({"aud": ADDRESS + "\n"}, "bad_message"),
        ({"mt": "letter"}, "bad_message"),
        ({"mt": "receipt"}, "bad_message"),
        ({"sv": "ltp:bundle/1"}, "bad_message"),
        ({"sv": 1}, "bad_message"),
        ({"jti": "short"}, "bad_message"),
        ({"jti": ""}, "bad_message"),
        ({"nonce": "A" * 23}, "bad_message"),
        ({"irt": "A" * 21 + "B"}, "bad_message"),
        ({"exp": 1_795_340_000}, "bad_lifetime"),
        ({"exp": 1_795_340_000 + 14 * 86_400 + 1}, "bad_lifetime"),
        ({"exp": True}, "bad_lifetime"),
    ],
)
def test_a_message_without_proper_parties_and_times_is_refused(world: Any, change: Any, code: str) -> None:
    with pytest.raises(signing.SealError) as refused:
        world.seal(**change)
    assert refused.value.code == code
    assert world.seal(exp=world.now + 14 * 86_400, iss="urn:ltp:org:" + "a" * 64).jti


def test_recipients_are_between_1_and_32_different_keys(world: Any) -> None:
    key = world.hollow_key.public
    many = [signing.EncryptionKey.generate().public for _ in range(33)]
    for keys in ([], [key, key], many):
        with pytest.raises(signing.SealError) as refused:
            world.seal(keys=keys)
        assert refused.value.code == "bad_recipients"
    assert world.open(world.seal(keys=[*many[:31], key]).envelope)


def test_a_recipient_key_of_low_order_is_refused(world: Any) -> None:
    good = world.hollow_key.public
    weak = signing.EncryptionPublicKey.from_raw(good.alg, good.raw[:-32] + bytes(32))
    with pytest.raises(signing.SealError) as refused:
        world.seal(keys=[good, weak])
    assert refused.value.code == "bad_recipients"
    assert world.open(world.seal(keys=[good]).envelope).jti


@pytest.mark.parametrize("minimum", [-1, 6])
def test_a_size_class_that_does_not_exist_is_refused(world: Any, minimum: int) -> None:
    keys = [world.hollow_key.public]
    with pytest.raises(signing.SealError) as refused:
        signing.seal(world.outgoing(), world.ash, keys, minimum_class=minimum)
    assert refused.value.code == "bad_size_class"
    largest = signing.seal(world.outgoing(), world.ash, keys, minimum_class=5)
    assert world.open(largest.envelope).jti == largest.jti


def test_verified_values_cannot_be_made_outside_signing(world: Any) -> None:
    verified = world.open(world.seal().envelope)
    members = {f.name: getattr(verified, f.name) for f in dataclasses.fields(verified)}
    for kind, names in (
        (signing.Verified, members),
        (signing.Evidence, members.keys() - {"envelope_sha256"}),
    ):
        with pytest.raises(TypeError):
            kind(**{name: members[name] for name in names}, made_by=object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(verified, iss="urn:ltp:org:northshire")
    with pytest.raises(dataclasses.FrozenInstanceError):
        verified.iss = "urn:ltp:org:northshire"


def test_no_text_form_shows_the_content_or_a_secret(world: Any) -> None:
    sealed = world.seal()
    verified = world.open(sealed.envelope)
    evidence = signing.verify_jws(sealed.jws, world.directory(), world.now)
    values = [
        world.outgoing(),
        sealed,
        verified,
        evidence,
        world.me,
        world.ash,
        world.hollow_key,
        world.ash_hop,
    ]
    shown = "".join(f"{value!r}{value!s}" for value in copy.copy(values))
    secrets = [world.hollow_key.seed, world.ash.ed25519.seed, world.ash.ml_dsa.seed, world.ash_hop.seed]
    assert "canary" not in shown
    assert not any(str(secret) in shown or secret.hex() in shown for secret in secrets)
