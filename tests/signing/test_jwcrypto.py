"""The third opinion: jwcrypto, a general library, verifies both signatures that we and Node make."""

import json
from importlib import resources
from typing import Any

import pytest
from jwcrypto.common import JWSEHeaderParameter  # type: ignore[import-untyped]
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from jwcrypto.jws import JWS, InvalidJWSSignature  # type: ignore[import-untyped]

import signing
from signing.encoding import b64u, unb64u

FOLDER = resources.files("signing") / "vectors"
MESSAGES = json.loads((FOLDER / "messages.json").read_text("utf-8"))["messages"]
ALGORITHMS = ("Ed25519", "ML-DSA-65")
HEADER = JWSEHeaderParameter("version of LTP", True, True, None)


def keys_of(pair: signing.PublicPair) -> dict[str, JWK]:
    return {jwk["kid"]: JWK(**jwk) for jwk in pair.jwks()}


def verified_by_jwcrypto(jws: bytes, keys: dict[str, JWK]) -> list[bytes]:
    """The payload as each signature by itself proves it; raises unless both do.

    A general library is content with any one signature, so it is asked about one at a time.
    """
    text = json.loads(jws)
    proved = []
    for alg, signature in zip(ALGORITHMS, text["signatures"], strict=True):
        token = JWS(header_registry={"ltp": HEADER})
        token.allowed_algs = [alg]
        token.deserialize(json.dumps({"payload": text["payload"], **signature}))
        header = json.loads(unb64u(signature["protected"]))
        token.verify(keys[header["kid"]], alg)
        proved.append(token.objects["payload"])
    return proved


def flipped(jws: bytes, at: int) -> bytes:
    """The text with one bit of one signature changed."""
    text = json.loads(jws)
    raw = bytearray(unb64u(text["signatures"][at]["signature"]))
    raw[9] ^= 1
    text["signatures"][at]["signature"] = b64u(bytes(raw))
    return json.dumps(text).encode()


@pytest.fixture(scope="module")
def vector_keys(vectors: Any) -> dict[str, JWK]:
    return {entry["jwk"]["kid"]: JWK(**entry["jwk"]) for entry in vectors.keys["trust"]["keys"]}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_both_signatures_of_a_vector_verify_and_a_flipped_bit_of_either_does_not(
    vectors: Any, unseal: Any, vector_keys: Any, message: Any
) -> None:
    verified = unseal(vectors.opening(message))
    payload = json.dumps(message["claims"])
    for proved in verified_by_jwcrypto(verified.jws, vector_keys):
        assert json.loads(proved) == json.loads(payload)
    for at in (0, 1):
        with pytest.raises(InvalidJWSSignature):
            verified_by_jwcrypto(flipped(verified.jws, at), vector_keys)


def test_both_signatures_of_a_fresh_message_verify_and_a_changed_text_does_not(world: Any) -> None:
    sealed = world.seal({"text": "fresh"})
    keys = keys_of(world.ash.public)
    assert json.loads(verified_by_jwcrypto(sealed.jws, keys)[0])["body"] == {"text": "fresh"}
    text = json.loads(sealed.jws)
    text["payload"] = b64u(unb64u(text["payload"]).replace(b"fresh", b"stale"))
    with pytest.raises(InvalidJWSSignature):
        verified_by_jwcrypto(json.dumps(text).encode(), keys)


def test_both_signatures_of_a_message_from_node_verify(node: Any, vectors: Any, vector_keys: Any) -> None:
    organisation, address = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm/general"
    message = {
        "iss": organisation,
        "aud": address,
        "mt": "bundle",
        "sv": "ltp:bundle/1.0",
        "iat": 1_795_340_000,
    }
    sealed = node.ok(
        "seal",
        message={**message, "body": {"text": "from Node"}},
        sender=vectors.keys["senders"][organisation],
        recipients=[key["jwk"] for key in vectors.keys["desks"][address]],
    )
    proved = verified_by_jwcrypto(sealed["jws"].encode(), vector_keys)
    assert [json.loads(payload)["body"] for payload in proved] == [{"text": "from Node"}] * 2


def test_jwcrypto_takes_our_keys_and_gives_them_the_same_thumbprints(world: Any) -> None:
    for kid, key in keys_of(world.ash.public).items():
        assert key.thumbprint() == kid


def test_a_general_library_accepts_what_this_profile_refuses(world: Any, forger: Any) -> None:
    """Why we do not verify with one: with the post-quantum signature stripped, the rest satisfies it."""
    sealed = world.seal({"text": "fresh"})
    text = json.loads(sealed.jws)
    stripped = {"payload": text["payload"], "signatures": text["signatures"][:1]}
    token = JWS(header_registry={"ltp": HEADER})
    token.allowed_algs = list(ALGORITHMS)
    token.deserialize(json.dumps(stripped))
    token.verify(keys_of(world.ash.public)[world.ash.ed25519.public.kid])
    with pytest.raises(signing.UnsealError):
        signing.verify_jws(json.dumps(stripped).encode(), world.directory(), world.now)
