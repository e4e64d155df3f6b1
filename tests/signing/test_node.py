"""The referee: a second implementation, in Node and without OpenSSL, agrees with this one in both directions."""

import itertools
import json
from importlib import resources
from typing import Any

import pytest

import signing
from signing.encoding import canonical, unb64u

FOLDER = resources.files("signing") / "vectors"
ASH, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm"
GENERAL, ASH_DESK = f"{HOLLOW}/general", f"{ASH}/general"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


KEYS, FORMS = load("keys"), load("forms")
NOW: int = KEYS["now"]
MESSAGES, REFUSALS = load("messages")["messages"], load("refusals")["refusals"]
NINE, TEN = KEYS["desks"][GENERAL]

SIZES = {"5 kB": 5_180, "20 kB": 20_332, "60 kB": 60_204}
KEY_SETS = {"one -9": [NINE], "one -10": [TEN], "both": [NINE, TEN]}
CASES = [
    pytest.param(size, keys, id=f"{size_name}, {keys_name}")
    for (size_name, size), (keys_name, keys) in itertools.product(SIZES.items(), KEY_SETS.items())
]


def sender(organisation: str) -> signing.SigningPair:
    seeds = KEYS["senders"][organisation]
    return signing.SigningPair.from_seeds(unb64u(seeds["Ed25519"]), unb64u(seeds["ML-DSA-65"]))


def public(keys: list[Any]) -> list[signing.EncryptionPublicKey]:
    return [signing.EncryptionPublicKey.from_jwk(key["jwk"]) for key in keys]


def letter(size: int, aud: str = GENERAL) -> dict[str, Any]:
    """A message whose claims have exactly `size` bytes."""
    members = {"iss": ASH, "aud": aud, "mt": "bundle", "sv": "ltp:bundle/1.0", "iat": NOW}
    claims = {**members, "aud": [aud], "exp": NOW, "jti": "A" * 22, "nonce": "A" * 22, "body": {"text": ""}}
    return {**members, "body": {"text": "é" + "x" * (size - len(canonical(claims)) - 2)}}


def opening(envelope: str, keys: list[Any], address: str = GENERAL) -> dict[str, Any]:
    secrets = [{"alg": key["alg"], "seed": key["seed"]} for key in keys]
    trust = KEYS["trust"]
    return {"envelope": envelope, "addresses": [address], "keys": secrets, "trust": trust, "now": NOW + 60}


def compare(answer: dict[str, Any], ours: Any, names: str) -> None:
    for name in names.split():
        assert answer[name] == getattr(ours, name)


def receipt_body(of: signing.Verified) -> dict[str, Any]:
    answered = {"content_sha256": of.content_sha256, "envelope_sha256": of.envelope_sha256}
    return {
        **answered,
        "codes": [],
        "of": {"iss": of.iss, "jti": of.jti},
        "received": NOW + 60,
        "status": "delivered",
    }


@pytest.mark.parametrize(("size", "keys"), CASES)
def test_node_opens_and_receipts_what_python_seals(
    node: Any, unseal: Any, size: int, keys: list[Any]
) -> None:
    message = letter(size)
    sealed = signing.seal(signing.Outgoing(**message), sender(ASH), public(keys))
    for key in keys:
        opened = node.ok("unseal", **opening(sealed.envelope.decode(), [key]))
        compare(opened, sealed, "jti content_sha256 envelope_sha256 body_sha256")
        assert (opened["jws"].encode(), opened["body"]) == (sealed.jws, message["body"])

    desk = KEYS["desks"][ASH_DESK]
    request = {"of": opened, "status": "accepted", "received": NOW + 60, "sender": KEYS["senders"][HOLLOW]}
    answer = node.ok("receipt", **request, recipients=[key["jwk"] for key in desk])

    receipt = unseal(opening(answer["envelope"], desk, ASH_DESK))
    assert (receipt.iss, receipt.mt, receipt.sv) == (HOLLOW, "receipt", "ltp:receipt/1.0")
    assert receipt.body["of"] == {"iss": ASH, "jti": sealed.jti}
    assert receipt.body["content_sha256"] == sealed.content_sha256
    assert receipt.body["envelope_sha256"] == sealed.envelope_sha256


@pytest.mark.parametrize(("size", "keys"), CASES)
def test_python_opens_and_receipts_what_node_seals(
    node: Any, unseal: Any, size: int, keys: list[Any]
) -> None:
    message = letter(size)
    request = {"message": message, "sender": KEYS["senders"][ASH], "recipients": [key["jwk"] for key in keys]}
    sealed = node.ok("seal", **request)
    for key in keys:
        verified = unseal(opening(sealed["envelope"], [key]))
        compare(sealed, verified, "jti content_sha256 envelope_sha256 body_sha256")
        assert (verified.body, verified.jws.decode()) == (message["body"], sealed["jws"])

    desk = KEYS["desks"][ASH_DESK]
    outgoing = signing.Outgoing(HOLLOW, ASH_DESK, "receipt", "ltp:receipt/1.0", receipt_body(verified), NOW)
    answer = signing.seal(outgoing, sender(HOLLOW), public(desk))

    opened = node.ok("unseal", **opening(answer.envelope.decode(), desk, ASH_DESK))
    sent = {**sealed, "iss": ASH, "aud": GENERAL}
    assert node.ok("answers", opened=opened, sent=sent) is True
    assert node.ok("answers", opened=opened, sent={**sent, "content_sha256": sent["body_sha256"]}) is False


def test_a_receipt_and_a_bundle_have_the_same_length_from_either(node: Any) -> None:
    jwks = [NINE["jwk"]]
    bundle = node.ok("seal", message=letter(20_332), sender=KEYS["senders"][ASH], recipients=jwks)
    small = node.ok("seal", message=letter(400), sender=KEYS["senders"][ASH], recipients=jwks)
    ours = signing.seal(signing.Outgoing(**letter(400)), sender(ASH), public([NINE]))
    assert {len(bundle["envelope"]), len(small["envelope"])} == {len(ours.envelope)}


def test_the_largest_message_for_the_most_keys_goes_both_ways(node: Any, unseal: Any) -> None:
    """Claims of 780,000 bytes to 32 keys; a byte or a key more is refused by both."""
    address = "urn:ltp:org:northshire/general"
    desk = KEYS["desks"][address]
    assert len(desk) == 32
    message = letter(780_000, address)
    ours = signing.seal(signing.Outgoing(**message), sender(ASH), public(desk))
    opened = node.ok("unseal", **opening(ours.envelope.decode(), desk[-1:], address))
    compare(opened, ours, "content_sha256 envelope_sha256")
    request = {"message": message, "sender": KEYS["senders"][ASH], "recipients": [key["jwk"] for key in desk]}
    theirs = node.ok("seal", **request)
    assert unseal(opening(theirs["envelope"], desk[-1:], address)).body == message["body"]
    assert (ours.size_class, theirs["size_class"]) == (5, 5)

    message["body"]["text"] += "x"
    assert node.refused("seal", **request) == (0, "too_large")
    with pytest.raises(signing.SealError) as refused:
        signing.seal(signing.Outgoing(**message), sender(ASH), public(desk))
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_node_opens_every_vector_with_every_key(node: Any, vectors: Any, message: Any) -> None:
    for kid in message["kids"]:
        opened = node.ok(**vectors.opening(message, kid))
        claims = message["claims"]
        for name in ("iss", "jti", "iat", "exp", "mt", "sv", "body"):
            assert opened[name] == claims[name]
        assert (opened["aud"], opened["irt"]) == (message["to"], claims.get("irt"))
        for name in ("content_sha256", "body_sha256", "envelope_sha256"):
            assert opened[name] == message[name]


@pytest.mark.parametrize("entry", REFUSALS, ids=lambda entry: entry["name"])
def test_node_refuses_with_the_same_step_and_code(node: Any, vectors: Any, entry: Any) -> None:
    assert node.ok(**vectors.opening(vectors.messages[entry["of"]]))
    assert node.refused(**vectors.refused(entry)) == (entry["step"], entry["code"])


def test_node_sees_in_an_envelope_what_a_relay_sees(node: Any) -> None:
    for message in MESSAGES:
        header = signing.peek(message["envelope"].encode())
        seen = node.ok("peek", envelope=message["envelope"])
        compare(seen, header, "iss aud jti iat exp envelope_sha256")
        assert len(seen) == 6


def test_archived_text_proves_the_same_to_both(node: Any, vectors: Any) -> None:
    sealed = signing.seal(signing.Outgoing(**letter(400)), sender(ASH), public([NINE]))
    text, trust = sealed.jws.decode(), KEYS["trust"]
    assert node.ok("evidence", jws=text, trust=trust, at=NOW)["content_sha256"] == sealed.content_sha256
    assert node.refused("evidence", jws=text.replace("A", "B", 1), trust=trust, at=NOW)[0] == 9
    assert node.refused("evidence", jws=text, trust=trust, at=NOW - 301) == (9, "not_yet_valid")
    revoked = {**trust, "keys": [{**key, "revokedAt": NOW + 1} for key in trust["keys"]]}
    assert node.ok("evidence", jws=text, trust=revoked, at=NOW)
    assert node.refused("evidence", jws=text, trust=revoked, at=NOW + 1) == (9, "key_revoked")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"body": {"n": 1.5}}, "malformed"),
        ({"body": {"n": 2**53}}, "malformed"),
        ({"body": {"é": 1}}, "bad_member_name"),
        ({"body": []}, "bad_message"),
        ({"iss": "urn:ltp:org:Ash"}, "bad_message"),
        ({"aud": HOLLOW}, "bad_message"),
        ({"mt": "letter"}, "bad_message"),
        ({"sv": "ltp:receipt/1.0"}, "bad_message"),
        ({"exp": NOW}, "bad_message"),
        ({"exp": NOW + 14 * 86_400 + 1}, "bad_message"),
    ],
)
def test_node_does_not_seal_what_the_page_forbids(node: Any, change: Any, code: str) -> None:
    request = {"sender": KEYS["senders"][ASH], "recipients": [NINE["jwk"]]}
    assert node.ok("seal", **request, message=letter(400))
    assert node.refused("seal", **request, message={**letter(400), **change}) == (0, code)


def test_node_does_not_seal_to_keys_that_are_not_what_they_say(node: Any) -> None:
    request = {"sender": KEYS["senders"][ASH], "message": letter(400)}
    for jwk in (
        {**NINE["jwk"], "kid": TEN["jwk"]["kid"]},
        {**NINE["jwk"], "use": "sig"},
        {**NINE["jwk"], "x": 1},
    ):
        assert node.refused("seal", **request, recipients=[jwk]) == (0, "bad_recipients")
    assert node.refused("seal", **request, recipients=[]) == (0, "bad_recipients")
    assert node.ok("seal", **request, recipients=[NINE["jwk"]])


def test_node_takes_every_step_that_is_not_random_to_the_same_value(node: Any) -> None:
    for form in FORMS["base64url"]:
        assert node.ok("steps", step="base64url", text=form["text"])["hex"] == form["hex"]
    for text in FORMS["notBase64url"]:
        assert node.refused("steps", step="base64url", text=text) == (0, "not_base64url")
    for form in FORMS["canonical"]:
        assert node.ok("steps", step="json", **{"from": form["from"]})["text"] == form["text"]
        assert node.ok("steps", step="json", text=form["text"])["text"] == form["text"]
    for form in FORMS["notCanonical"]:
        assert node.refused("steps", step="json", text=form["text"]) == (0, form["code"])
    for form in FORMS["padding"]:
        assert node.ok("steps", step="padding", length=form["length"])["class"] == form["class"]
    for form in FORMS["keys"] + FORMS["wrapping"]:
        step = "wrapping" if "ek" in form else "key"
        assert node.ok("steps", step=step, **form).items() <= form.items()


def test_node_makes_the_same_signing_inputs_and_the_same_ed25519_signature(node: Any) -> None:
    form = dict(FORMS["signedText"])
    of = form.pop("of")
    (message,) = (message for message in MESSAGES if message["name"] == of)
    request = {"claims": message["claims"], "sender": KEYS["senders"][ASH]}
    assert node.ok("steps", step="signing", **request) == form


def test_node_shares_no_code_with_python_and_no_cryptography_with_openssl() -> None:
    folder = resources.files("conformance") / "reference" / "node"
    sources = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".mjs")]
    imports = {
        line.rpartition('from "')[2].rstrip('";')
        for text in sources
        for line in text.splitlines()
        if 'from "' in line
    }
    outside = {name for name in imports if not name.startswith("./")}
    assert {name for name in outside if not name.startswith("@noble/")} == {"node:readline"}
    assert not any("crypto.subtle" in text for text in sources)
