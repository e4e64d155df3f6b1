"""The committed vectors: each opens to what it says, is refused with the code that it names, or is made again."""

import hashlib
import json
import re
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import signing
from signing.encoding import b64u, canonical, parse, sha256, unb64u
from signing.names import ADDRESS
from signing.seal import _class_for
from tests.signing.maker.__main__ import main as make

FOLDER = resources.files("signing") / "vectors"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


KEYS, FORMS = load("keys"), load("forms")
MESSAGES, REFUSALS = load("messages")["messages"], load("refusals")["refusals"]
BY_NAME = {message["name"]: message for message in MESSAGES}

named = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])


def signed_text(message: dict[str, Any]) -> bytes:
    """The padded text inside an envelope, by the content key that the vector shows."""
    envelope = json.loads(message["envelope"])
    iv, sealed = unb64u(envelope["iv"]), unb64u(envelope["ciphertext"]) + unb64u(envelope["tag"])
    return AESGCM(unb64u(message["contentKey"])).decrypt(iv, sealed, envelope["protected"].encode())


@named
def test_every_key_of_a_message_opens_it_to_its_claims_and_hashes(
    vectors: Any, unseal: Any, message: Any
) -> None:
    for kid in message["kids"]:
        verified = unseal(vectors.opening(message, kid))
        claims = message["claims"]
        for name in ("iss", "jti", "iat", "exp", "mt", "sv", "body"):
            assert getattr(verified, name) == claims[name]
        assert ([verified.aud], verified.irt) == (claims["aud"], claims.get("irt"))
        for name in ("content_sha256", "body_sha256", "envelope_sha256"):
            assert getattr(verified, name) == message[name]


@named
def test_the_parts_of_a_message_that_are_not_random_are_made_again(message: Any) -> None:
    claims, envelope = message["claims"], json.loads(message["envelope"])
    replicated = {name: claims[name] for name in ("aud", "exp", "iat", "iss", "jti")}
    fixed = {"crit": ["ltp"], "cty": "ltp-msg+jws", "enc": "A256GCM", "ltp": 1, "typ": "ltp-msg+jwe"}
    assert unb64u(envelope["protected"]) == canonical({**replicated, **fixed})
    assert canonical(envelope).decode() == message["envelope"]
    assert message["content_sha256"] == sha256(canonical(claims))
    assert message["body_sha256"] == sha256(canonical(claims["body"]))
    hashed = ".".join(envelope[name] for name in ("protected", "iv", "ciphertext", "tag"))
    assert message["envelope_sha256"] == sha256(hashed.encode())
    padded = signed_text(message)
    jws = json.loads(padded)
    assert padded == canonical(jws).ljust(32_768 << message["sizeClass"])
    assert jws["payload"] == b64u(canonical(claims))


@named
def test_a_message_is_sealed_again_to_the_same_length_and_content(vectors: Any, message: Any) -> None:
    claims = message["claims"]
    seeds = {alg: unb64u(seed) for alg, seed in KEYS["senders"][claims["iss"]].items()}
    desk = {key["jwk"]["kid"]: key["jwk"] for key in KEYS["desks"][message["to"]]}
    members = {name: value for name, value in claims.items() if name != "aud"}
    sealed = signing.seal(
        signing.Outgoing(aud=message["to"], **members),
        signing.SigningPair.from_seeds(seeds["Ed25519"], seeds["ML-DSA-65"]),
        [signing.EncryptionPublicKey.from_jwk(desk[kid]) for kid in message["kids"]],
        minimum_class=message["sizeClass"],
    )
    assert len(sealed.envelope) == len(message["envelope"].encode())
    assert sealed.content_sha256 == message["content_sha256"]


def test_the_messages_cover_algorithms_kinds_classes_and_numbers_of_keys() -> None:
    algorithms = {
        entry["header"]["alg"] for m in MESSAGES for entry in json.loads(m["envelope"])["recipients"]
    }
    assert algorithms == {"HPKE-9-KE", "HPKE-10-KE"}
    assert {m["claims"]["mt"] for m in MESSAGES} == {"bundle", "receipt"}
    assert {m["sizeClass"] for m in MESSAGES} >= {0, 1, 2}
    assert {len(m["kids"]) for m in MESSAGES} == {1, 2, 32}
    assert {m["to"].partition("/")[2] for m in MESSAGES} == {"general", "dsl"}


@pytest.mark.parametrize("entry", REFUSALS, ids=lambda entry: entry["name"])
def test_a_refusal_has_its_step_and_code(vectors: Any, unseal: Any, entry: Any) -> None:
    assert unseal(vectors.opening(vectors.messages[entry["of"]]))
    with pytest.raises(signing.UnsealError) as refused:
        unseal(vectors.refused(entry))
    assert (refused.value.step, refused.value.code) == (entry["step"], entry["code"])


def test_the_refusals_cover_every_code_of_the_page() -> None:
    page = (resources.files("docs") / "spec" / "ltp-1.md").read_text("utf-8")
    table = page.partition("## 8. Opening")[2].partition("In a header")[0]
    codes = set(re.findall(r"^\| .*\| `([a-z_]+)` \|$", table, re.MULTILINE))
    assert {entry["code"] for entry in REFUSALS} == codes


def test_names_of_vectors_are_unique() -> None:
    for entries in (MESSAGES, REFUSALS):
        assert len({entry["name"] for entry in entries}) == len(entries)


def test_every_test_key_says_what_it_is() -> None:
    seeds = [seed for pair in KEYS["senders"].values() for seed in pair.values()]
    seeds += [key["seed"] for desk in KEYS["desks"].values() for key in desk]
    assert all(unb64u(seed).startswith(b"LTP-1 TEST KEY ") for seed in seeds)
    assert len(set(seeds)) == len(seeds)
    assert all(ADDRESS.fullmatch(address) for address in KEYS["desks"])


def test_base64url_has_one_spelling() -> None:
    for form in FORMS["base64url"]:
        assert b64u(bytes.fromhex(form["hex"])) == form["text"]
        assert unb64u(form["text"]).hex() == form["hex"]
    for text in FORMS["notBase64url"]:
        with pytest.raises(signing.EncodingError):
            unb64u(text)


def test_json_has_one_spelling() -> None:
    for form in FORMS["canonical"]:
        assert canonical(whole(json.loads(form["from"]))) == form["text"].encode()
        assert canonical(parse(form["text"].encode())) == form["text"].encode()
    for form in FORMS["notCanonical"]:
        with pytest.raises(signing.EncodingError) as refused:
            parse(form["text"].encode())
        assert refused.value.code == form["code"]


def whole(value: Any) -> Any:
    """What JSON calls one number, Python may call a float: 1e2 is 100."""
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    return int(value) if isinstance(value, float) else value


@pytest.mark.parametrize("form", FORMS["keys"], ids=lambda form: form["alg"])
def test_a_seed_makes_its_key_and_kid(form: Any) -> None:
    seed = unb64u(form["seed"])
    if "expanded" in form:
        jwk = signing.EncryptionKey.from_seed(seed, form["alg"]).public.jwk()
        expanded = unb64u(form["expanded"])
        assert hashlib.shake_256(seed).digest(len(expanded)) == expanded
    else:
        jwk = signing.SigningKey.from_seed(form["alg"], seed).public.jwk()
    assert jwk == form["jwk"]
    assert sha256(form["thumbprintOf"].encode()) == form["jwk"]["kid"] == signing.thumbprint(form["jwk"])


def test_the_signing_inputs_and_the_signature_that_is_not_random_are_made_again() -> None:
    form = FORMS["signedText"]
    message = BY_NAME[form["of"]]
    jws = json.loads(signed_text(message))
    assert form["payload"] == b64u(canonical(message["claims"]))
    assert form["headers"] == [unb64u(part["protected"]).decode() for part in jws["signatures"]]
    inputs = [f"{b64u(header.encode())}.{form['payload']}" for header in form["headers"]]
    assert form["signingInputs"] == inputs
    seed = unb64u(KEYS["senders"][message["claims"]["iss"]]["Ed25519"])
    key = signing.SigningKey.from_seed("Ed25519", seed)
    assert b64u(key.sign(inputs[0].encode())) == form["ed25519Signature"] == jws["signatures"][0]["signature"]


def test_a_text_falls_into_the_smallest_class_that_holds_it() -> None:
    for form in FORMS["padding"]:
        assert _class_for(form["length"]) == form["class"]


@pytest.mark.parametrize("form", FORMS["wrapping"], ids=lambda form: form["alg"])
def test_each_value_between_the_wrapped_and_the_content_key_follows_from_those_before(form: Any) -> None:
    value = {name: unb64u(text) for name, text in form.items() if name != "alg"}
    key = signing.EncryptionKey.from_seed(value["seed"], form["alg"])
    classical, label, kem = {
        "HPKE-9-KE": (32, b"\\.//^\\", b"\x64\x7a"),
        "HPKE-10-KE": (97, b"MLKEM1024-P384", b"\x00\x51"),
    }[form["alg"]]
    joined = value["ss1"] + value["ss2"] + value["ek"][-classical:] + key.public.raw[-classical:] + label
    assert value["shared"] == hashlib.sha3_256(joined).digest()
    assert value["info"] == b"JOSE-HPKE rcpt\xffA256GCM\xff"
    context = b"\0\0" + b"\0\x20" + value["shared"] + b"HPKE-v1" + b"HPKE" + kem + b"\0\x11\0\x02"
    context += b"\0\6secret" + b"\0\x6c" + b"\0" + b"\0\0" + b"\0\x17" + value["info"]
    assert hashlib.shake_256(context).digest(108)[:44] == value["key"] + value["nonce"]
    assert AESGCM(value["key"]).decrypt(value["nonce"], value["encryptedKey"], None) == value["contentKey"]
    assert key.unwrap(value["ek"], value["encryptedKey"]) == value["contentKey"]


def test_the_maker_of_the_vectors_writes_over_nothing(tmp_path: Any) -> None:
    (tmp_path / "forms.json").write_text("kept", "utf-8")
    with pytest.raises(SystemExit) as refused:
        make(tmp_path)
    assert "forms" in str(refused.value.code)
    assert [path.name for path in tmp_path.iterdir()] == ["forms.json"]
    assert (tmp_path / "forms.json").read_text("utf-8") == "kept"


def test_the_maker_still_makes_vectors_of_the_same_form(
    tmp_path: Any, vectors: Any, unseal: Callable[..., Any]
) -> None:
    make(tmp_path)
    made = json.loads((tmp_path / "messages.json").read_text("utf-8"))["messages"]
    assert json.loads((tmp_path / "keys.json").read_text("utf-8")) == KEYS
    assert [message["name"] for message in made] == [message["name"] for message in MESSAGES]
    assert unseal(vectors.opening(made[0])).content_sha256 == MESSAGES[0]["content_sha256"]
