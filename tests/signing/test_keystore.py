from typing import Any

import orjson
import pytest

import signing
from signing.encoding import b64u

KEK = bytes(range(32))
PASSPHRASE = "correct horse battery"


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def keys_of(world: Any) -> signing.KeySet:
    return signing.KeySet(
        (world.ash, world.north), (world.hollow_key, world.hollow_next), (world.ash_hop, world.relay_hop)
    )


def refusal(data: bytes, kek: bytes | str) -> str:
    with pytest.raises(signing.KeyFileError) as refused:
        signing.open_keys(data, kek)
    return refused.value.code


@pytest.mark.parametrize("kek", [KEK, PASSPHRASE])
def test_keys_come_back_whole(world: Any, kek: bytes | str) -> None:
    data = signing.seal_keys(keys_of(world), kek)
    assert signing.open_keys(data, kek) == keys_of(world)
    seeds = [world.ash.ed25519.seed, world.ash.ml_dsa.seed, world.hollow_key.seed, world.ash_hop.seed]
    assert not any(seed in data or b64u(seed).encode() in data for seed in seeds)


def test_an_empty_set_and_a_rewritten_one_open(world: Any) -> None:
    empty = signing.seal_keys(signing.KeySet(), KEK)
    assert signing.open_keys(empty, KEK) == signing.KeySet()
    assert signing.seal_keys(keys_of(world), KEK) != signing.seal_keys(keys_of(world), KEK)


def test_a_wrong_key_is_one_clean_error(world: Any) -> None:
    by_key = signing.seal_keys(keys_of(world), KEK)
    by_passphrase = signing.seal_keys(keys_of(world), PASSPHRASE)
    assert refusal(by_key, bytes(32)) == "cannot_open"
    assert refusal(by_key, PASSPHRASE) == "cannot_open"
    assert refusal(by_passphrase, KEK) == "cannot_open"
    assert refusal(by_passphrase, "correct horse batterY") == "cannot_open"
    assert signing.open_keys(by_passphrase, PASSPHRASE) == keys_of(world)


@pytest.mark.parametrize("kek", [b"", bytes(31), bytes(33), "", "too short"])
def test_a_key_or_passphrase_that_is_too_weak_is_refused(world: Any, kek: bytes | str) -> None:
    with pytest.raises(signing.KeyFileError) as refused:
        signing.seal_keys(keys_of(world), kek)
    assert refused.value.code == "bad_kek"
    assert refusal(signing.seal_keys(keys_of(world), KEK), kek) == "bad_kek"


def test_every_change_to_the_file_is_noticed(world: Any) -> None:
    data = signing.seal_keys(signing.KeySet(hop=(world.ash_hop,)), KEK)
    assert signing.open_keys(data, KEK).hop == (world.ash_hop,)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        assert refusal(bytes(changed), KEK) in {"bad_key_file", "cannot_open"}
    assert refusal(data[:-1], KEK) == "bad_key_file"
    assert refusal(b" " * (4 * 1024 * 1024 + 1), KEK) == "bad_key_file"


@pytest.mark.parametrize(
    "change",
    [
        {"m": 1024},
        {"m": 2 * 1024 * 1024},
        {"t": 1},
        {"t": 1_000_000},
        {"p": 0},
        {"p": True},
        {"m": "65536"},
        {"salt": "AAAA"},
        {"salt": "!"},
        {"alg": "pbkdf2"},
        {"x": 1},
    ],
)
def test_the_passphrases_parameters_stay_within_bounds(change: dict[str, Any]) -> None:
    kdf = {"alg": "argon2id", "m": 65_536, "p": 4, "salt": b64u(bytes(16)), "t": 3}
    file = {"ciphertext": "", "enc": "A256GCM", "iv": b64u(bytes(12)), "typ": "ltp-keys", "v": 1}
    assert refusal(dumps({**file, "kdf": kdf}), PASSPHRASE) == "cannot_open"
    assert refusal(dumps({**file, "kdf": {**kdf, **change}}), PASSPHRASE) == "bad_key_file"


@pytest.mark.parametrize(
    "change", [{"v": 2}, {"typ": "x"}, {"enc": "A128GCM"}, {"iv": "AAAA"}, {"x": 1}, {"kdf": []}]
)
def test_a_file_of_another_kind_is_refused(world: Any, change: dict[str, Any]) -> None:
    data = signing.seal_keys(keys_of(world), KEK)
    assert signing.open_keys(data, KEK)
    assert refusal(dumps({**orjson.loads(data), **change}), KEK) == "bad_key_file"


def test_a_set_that_is_not_ours_is_refused(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a holder of the key can write such a file, but it must still be one clean error."""
    good = signing.keystore._jwks(keys_of(world))
    assert signing.open_keys(signing.seal_keys(keys_of(world), KEK), KEK)
    sets: list[list[Any]] = [
        [{}],
        ["x"],
        [{**good[0], "d": "AAAA"}],
        [good[0]],
        [{**good[4], "kid": good[5]["kid"]}],
        [{**good[4], "ltp": "other"}],
        [{**good[4], "alg": "HPKE-0"}],
        [{**good[4], "ltp": 7}],
    ]
    for bad in sets:
        with monkeypatch.context() as patch:
            patch.setattr("signing.keystore._jwks", lambda keys, bad=bad: bad)
            data = signing.seal_keys(signing.KeySet(), KEK)
        assert refusal(data, KEK) == "bad_key_file"
