from typing import Any

import pytest

import signing
from signing.encoding import b64u, unb64u


def jwk_of(world: Any, kind: str) -> dict[str, Any]:
    keys = {
        "ed25519": world.ash.ed25519.public,
        "ml-dsa": world.ash.ml_dsa.public,
        "hpke-9": world.hollow_key.public,
        "hpke-10": world.hollow_next.public,
    }
    return dict(keys[kind].jwk())


def load(jwk: Any) -> Any:
    encryption = isinstance(jwk, dict) and jwk.get("use") == "enc"
    return (signing.EncryptionPublicKey if encryption else signing.VerificationKey).from_jwk(jwk)


KINDS = ("ed25519", "ml-dsa", "hpke-9", "hpke-10")


@pytest.mark.parametrize("kind", KINDS)
def test_a_public_key_survives_its_jwk(world: Any, kind: str) -> None:
    jwk = jwk_of(world, kind)
    key = load(jwk)
    assert key.jwk() == jwk
    assert key == load(dict(reversed(jwk.items())))
    assert signing.thumbprint(jwk) == key.kid == jwk["kid"]
    assert len({key, load(jwk)}) == 1


def test_thumbprints_are_those_of_the_standard() -> None:
    """RFC 8037 appendix A.3."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert signing.thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_seeds_make_the_same_keys_again(world: Any) -> None:
    pair = signing.SigningPair.from_seeds(world.ash.ed25519.seed, world.ash.ml_dsa.seed)
    assert pair == world.ash
    assert signing.PublicPair.from_jwks(list(pair.public.jwks())) == world.ash.public
    assert signing.EncryptionKey.from_seed(world.hollow_key.seed) == world.hollow_key
    assert signing.HopKey.from_seed(world.ash_hop.seed).kid == world.ash_hop.kid
    assert world.ash_hop.public_key == world.ash_hop.public.key
    for kind in (signing.SigningPair, signing.EncryptionKey, signing.HopKey):
        assert kind.generate() != kind.generate()


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("private member d", {"d": "AAAA"}, "private_key"),
    ("private member priv", {"priv": "AAAA"}, "private_key"),
    ("another kid", {"kid": b64u(bytes(32))}, "kid_mismatch"),
    ("no kid", {"kid": None}, "kid_mismatch"),
    ("unknown member", {"x5u": "https://keys.example"}, "bad_key"),
    ("no alg", {"alg": None}, "bad_key"),
    ("alg not text", {"alg": ["Ed25519"]}, "bad_key"),
    ("an old alg", {"alg": "EdDSA"}, "bad_key"),
    ("another kty", {"kty": "EC"}, "bad_key"),
    ("key operations", {"key_ops": ["verify"]}, "bad_key"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("change", "code"), [pytest.param(c, code, id=name) for name, c, code in CHANGES])
def test_a_jwk_that_is_not_exactly_a_public_key_is_refused(
    world: Any, kind: str, change: dict[str, Any], code: str
) -> None:
    jwk = jwk_of(world, kind)
    assert load(jwk)
    with pytest.raises(signing.KeyMaterialError) as refused:
        load({**jwk, **change})
    assert refused.value.code == code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: b""])
def test_a_public_key_of_the_wrong_length_is_refused(world: Any, kind: str, change: Any) -> None:
    jwk = jwk_of(world, kind)
    member = "x" if kind == "ed25519" else "pub"
    assert load(jwk)
    with pytest.raises(signing.KeyMaterialError):
        load({**jwk, member: b64u(change(unb64u(jwk[member])))})
    with pytest.raises(signing.KeyMaterialError):
        load({**jwk, member: jwk[member] + "="})


def test_a_point_that_is_not_on_the_curve_is_refused(world: Any) -> None:
    jwk = jwk_of(world, "hpke-10")
    raw = unb64u(jwk["pub"])
    assert load(jwk)
    with pytest.raises(signing.KeyMaterialError):
        load({**jwk, "pub": b64u(raw[:-1] + bytes([raw[-1] ^ 1]))})


def test_values_that_are_no_jwk_are_refused(world: Any) -> None:
    for kind in (signing.VerificationKey, signing.EncryptionPublicKey):
        values: list[Any] = [None, [], "text", {}, {"alg": "none"}]
        for value in values:
            with pytest.raises(signing.KeyMaterialError):
                kind.from_jwk(value)
    one = world.ash.public.jwks()[0]
    for pair in (None, [one], [one, one], [*world.ash.public.jwks(), one]):
        with pytest.raises(signing.KeyMaterialError):
            signing.PublicPair.from_jwks(pair)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_has_32_bytes(length: int) -> None:
    seed, good = bytes(length), bytes(range(32))
    for make in (
        lambda value: signing.SigningPair.from_seeds(value, good),
        lambda value: signing.SigningPair.from_seeds(good, value),
        signing.EncryptionKey.from_seed,
        signing.HopKey.from_seed,
    ):
        assert make(good)
        with pytest.raises(signing.KeyMaterialError):
            make(seed)
