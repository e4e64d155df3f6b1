"""Every class of refusal. Each case changes one thing; the unchanged message of the same forger opens."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

import signing
from signing.encoding import b64u, unb64u
from signing.jws import DIRECTORY_TYPE
from signing.jws import sign as sign_text

NOW = 1_795_340_000
DAY = 86_400
GENERAL = "urn:ltp:org:hollow-farm/general"
NORTH = "urn:ltp:org:northshire"

Attack = Callable[[Any], bytes]


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def good(f: Any) -> bytes:
    envelope: bytes = f.with_claims()
    return envelope


def with_entry(f: Any, **changes: Any) -> bytes:
    def change(envelope: dict[str, Any]) -> None:
        envelope["recipients"][0]["header"].update(changes)

    envelope: bytes = f.with_envelope(change)
    return envelope


def with_recipients(f: Any, change: Callable[[list[Any]], Any]) -> bytes:
    def both(envelope: dict[str, Any]) -> None:
        envelope["recipients"] = change(envelope["recipients"])

    envelope: bytes = f.with_envelope(both)
    return envelope


def with_signature(f: Any, index: int, **header: Any) -> bytes:
    """A message one of whose signatures is right for a header with these changes."""

    def change(jws: dict[str, Any]) -> None:
        key = (f.world.ash.ed25519, f.world.ash.ml_dsa)[index]
        jws["signatures"][index] = f.signature(key, unb64u(jws["payload"]), header)

    envelope: bytes = f.with_jws(change)
    return envelope


def flip(text: str, at: int = 0) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def member(name: str, change: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    def apply(value: dict[str, Any]) -> None:
        value[name] = change(value[name])

    return apply


def raw_flip(data: str, at: int) -> str:
    octets = bytearray(unb64u(data))
    octets[at] ^= 1
    return b64u(bytes(octets))


def entry_flip(name: str, at: int) -> Attack:
    def attack(f: Any) -> bytes:
        def change(envelope: dict[str, Any]) -> None:
            entry = envelope["recipients"][0]
            holder = entry if name == "encrypted_key" else entry["header"]
            holder[name] = raw_flip(holder[name], at)

        envelope: bytes = f.with_envelope(change)
        return envelope

    return attack


def zero_point(f: Any) -> bytes:
    def change(envelope: dict[str, Any]) -> None:
        header = envelope["recipients"][0]["header"]
        header["ek"] = b64u(unb64u(header["ek"])[:1088] + bytes(32))

    envelope: bytes = f.with_envelope(change)
    return envelope


def signatures(change: Callable[[list[Any]], Any]) -> Attack:
    def attack(f: Any) -> bytes:
        def apply(jws: dict[str, Any]) -> None:
            jws["signatures"] = change(jws["signatures"])

        envelope: bytes = f.with_jws(apply)
        return envelope

    return attack


def signed_by(f: Any, pair: Any, *, classical: bool = True, lattice: bool = True) -> bytes:
    """The message with one or both signatures, and their kids, of another pair."""
    payload = dumps(f.claims)

    def change(jws: dict[str, Any]) -> None:
        if classical:
            jws["signatures"][0] = f.signature(pair.ed25519, payload)
        if lattice:
            jws["signatures"][1] = f.signature(pair.ml_dsa, payload)

    envelope: bytes = f.with_jws(change)
    return envelope


def half_forged(f: Any, good_index: int) -> bytes:
    """Forged text: one family is broken and signs anew, the other can only repeat an old signature."""
    old = f.jws(dumps(f.claims))
    new = f.jws(dumps({**f.claims, "body": {"text": "forged"}}))
    old_value, new_value = orjson.loads(old), orjson.loads(new)
    new_value["signatures"][1 - good_index] = old_value["signatures"][1 - good_index]
    envelope: bytes = f.with_plaintext(dumps(new_value).ljust(32768))
    return envelope


def malleable(f: Any) -> bytes:
    order = 2**252 + 27742317777372353535851937790883648493

    def change(jws: dict[str, Any]) -> None:
        octets = unb64u(jws["signatures"][0]["signature"])
        larger = int.from_bytes(octets[32:], "little") + order
        jws["signatures"][0]["signature"] = b64u(octets[:32] + larger.to_bytes(32, "little"))

    envelope: bytes = f.with_jws(change)
    return envelope


def payload_respelt(f: Any) -> bytes:
    """Both signatures are right, over a payload that is not in the one base64url form."""

    def change(jws: dict[str, Any]) -> None:
        jws["payload"] += "="
        for key, entry in zip((f.world.ash.ed25519, f.world.ash.ml_dsa), jws["signatures"], strict=True):
            entry["signature"] = b64u(key.sign(f"{entry['protected']}.{jws['payload']}".encode()))

    envelope: bytes = f.with_jws(change)
    return envelope


def respell(old: bytes, new: bytes) -> Attack:
    return lambda f: good(f).replace(old, new, 1)


def header_text(change: Callable[[bytes], bytes]) -> Attack:
    return lambda f: dumps(f.envelope(f.jws(dumps(f.claims)).ljust(32768), change(dumps(f.header))))


def payload_text(old: bytes, new: bytes) -> Attack:
    return lambda f: f.with_payload(dumps(f.claims).replace(old, new, 1))


FRAMING: list[tuple[str, str, int, Attack]] = [
    ("empty", "malformed", 2, lambda f: b""),
    ("three mebibytes", "too_large", 1, lambda f: good(f) + b" " * 3_000_000),
    ("cut in half", "malformed", 2, lambda f: good(f)[:20_000]),
    ("cut by a byte", "malformed", 2, lambda f: good(f)[:-1]),
    ("byte order mark", "malformed", 2, lambda f: b"\xef\xbb\xbf" + good(f)),
    ("white space before", "not_canonical", 2, lambda f: b" " + good(f)),
    ("white space after", "not_canonical", 2, lambda f: good(f) + b"\n"),
    ("white space inside", "not_canonical", 2, respell(b'"iv":', b'"iv": ')),
    ("duplicate member", "not_canonical", 2, respell(b'{"cipher', b'{"ciphertext":"","cipher')),
    ("escaped member name", "not_canonical", 2, respell(b'"iv":', b'"\\u0069v":')),
    (
        "members unsorted",
        "not_canonical",
        2,
        lambda f: orjson.dumps(dict(reversed(orjson.loads(good(f)).items()))),
    ),
    ("bad utf-8", "malformed", 2, respell(b'"iv":"', b'"iv":"\xff')),
    ("nested 100,000 deep", "malformed", 2, lambda f: b"[" * 100_000 + b"]" * 100_000),
    ("nested deeper than can be written", "malformed", 2, lambda f: b"[" * 500 + b"]" * 500),
    ("array at the root", "bad_envelope", 3, lambda f: dumps([orjson.loads(good(f))])),
    ("text at the root", "bad_envelope", 3, lambda f: b'"text"'),
    (
        "an unprotected header",
        "bad_envelope",
        3,
        lambda f: f.with_envelope(lambda e: {**e, "unprotected": {}}),
    ),
    ("additional data", "bad_envelope", 3, lambda f: f.with_envelope(lambda e: {**e, "aad": "AAAA"})),
    ("no tag", "bad_envelope", 3, lambda f: f.with_envelope(lambda e: e.pop("tag") and e)),
    ("iv not text", "bad_envelope", 3, lambda f: f.with_envelope(lambda e: {**e, "iv": 1})),
    ("iv too short", "bad_envelope", 3, lambda f: f.with_envelope(lambda e: {**e, "iv": "AAAA"})),
    ("tag too short", "bad_envelope", 3, lambda f: f.with_envelope(lambda e: {**e, "tag": "AAAA"})),
    ("padded base64", "bad_envelope", 3, lambda f: f.with_envelope(member("tag", lambda t: t + "=="))),
    ("classic base64", "bad_envelope", 3, lambda f: f.with_envelope(member("iv", lambda t: "+/" + t[2:]))),
    ("line break in base64", "bad_envelope", 3, lambda f: f.with_envelope(member("iv", lambda t: t + "\n"))),
    (
        "trailing bits in base64",
        "bad_envelope",
        3,
        lambda f: f.with_envelope(member("tag", lambda t: t[:-1] + "B")),
    ),
    (
        "base64 that is not ascii",
        "bad_envelope",
        3,
        lambda f: f.with_envelope(lambda e: {**e, "iv": "é" * 16}),
    ),
    ("protected not base64", "bad_envelope", 3, lambda f: f.with_envelope(lambda e: {**e, "protected": "!"})),
]

HEADER: list[tuple[str, str, int, Attack]] = [
    ("header not json", "bad_header", 3, header_text(lambda h: b"x")),
    ("header an array", "bad_header", 3, header_text(lambda h: b"[]")),
    ("header with spaces", "bad_header", 3, header_text(lambda h: h.replace(b",", b", ", 1))),
    ("header member twice", "bad_header", 3, header_text(lambda h: h.replace(b"{", b'{"aud":[],', 1))),
    ("header nested deep", "bad_header", 3, header_text(lambda h: b"[" * 100_000 + b"]" * 100_000)),
    ("typ of a token", "bad_header", 3, lambda f: f.with_header(typ="JWT")),
    ("typ of the inner text", "bad_header", 3, lambda f: f.with_header(typ="ltp-msg+jws")),
    ("no typ", "bad_header", 3, lambda f: f.with_header(drop="typ")),
    ("another cty", "bad_header", 3, lambda f: f.with_header(cty="json")),
    ("a smaller cipher", "bad_header", 3, lambda f: f.with_header(enc="A128GCM")),
    ("a cbc cipher", "bad_header", 3, lambda f: f.with_header(enc="A128CBC-HS256")),
    ("compression", "bad_header", 3, lambda f: f.with_header(zip="DEF")),
    ("no crit", "bad_header", 3, lambda f: f.with_header(drop="crit")),
    ("empty crit", "bad_header", 3, lambda f: f.with_header(crit=[])),
    ("unknown crit", "bad_header", 3, lambda f: f.with_header(crit=["ltp", "b64"])),
    ("exp as crit", "bad_header", 3, lambda f: f.with_header(crit=["exp"])),
    ("version 2", "unsupported_version", 3, lambda f: f.with_header(ltp=2)),
    ("version true", "bad_header", 3, lambda f: f.with_header(ltp=True)),
    ("version as text", "bad_header", 3, lambda f: f.with_header(ltp="1")),
    ("version as a float", "bad_header", 3, lambda f: f.with_header(ltp=1.0)),
    ("key url", "bad_header", 3, lambda f: f.with_header(jku="https://keys.example")),
    ("embedded key", "bad_header", 3, lambda f: f.with_header(jwk={"kty": "AKP"})),
    ("certificate url", "bad_header", 3, lambda f: f.with_header(x5u="https://keys.example")),
    ("alg for all", "bad_header", 3, lambda f: f.with_header(alg="dir")),
    ("password iterations", "bad_header", 3, lambda f: f.with_header(p2c=10**9)),
    ("unknown member", "bad_header", 3, lambda f: f.with_header(note="x")),
    ("sender not text", "bad_header", 3, lambda f: f.with_header(iss=1)),
    ("sender not an organisation", "bad_header", 3, lambda f: f.with_header(iss=GENERAL)),
    ("addressee as text", "bad_header", 3, lambda f: f.with_header(aud=GENERAL)),
    ("no addressee", "bad_header", 3, lambda f: f.with_header(aud=[])),
    ("two addressees", "bad_header", 3, lambda f: f.with_header(aud=[GENERAL, f"{NORTH}/general"])),
    ("addressee an organisation", "bad_header", 3, lambda f: f.with_header(aud=["urn:ltp:org:hollow-farm"])),
    ("short jti", "bad_header", 3, lambda f: f.with_header(jti="AAAA")),
    ("times as text", "bad_header", 3, lambda f: f.with_header(iat=str(NOW))),
    ("times as booleans", "bad_header", 3, lambda f: f.with_header(exp=True)),
]

TIMES: list[tuple[str, str, int, Attack]] = [
    ("expired", "expired", 4, lambda f: f.with_header(iat=NOW - 2 * DAY, exp=NOW - 301)),
    ("from the future", "not_yet_valid", 4, lambda f: f.with_header(iat=NOW + 301, exp=NOW + DAY)),
    ("a life too long", "bad_lifetime", 4, lambda f: f.with_header(exp=NOW + 14 * DAY + 1)),
    ("no life at all", "bad_lifetime", 4, lambda f: f.with_header(exp=NOW)),
    ("over before it began", "bad_lifetime", 4, lambda f: f.with_header(exp=NOW - 1)),
]

RECIPIENTS: list[tuple[str, str, int, Attack]] = [
    ("none", "bad_recipients", 3, lambda f: with_recipients(f, lambda r: [])),
    ("not a list", "bad_recipients", 3, lambda f: with_recipients(f, lambda r: r[0])),
    ("an entry not an object", "bad_recipients", 3, lambda f: with_recipients(f, lambda r: ["x"])),
    ("ten thousand", "bad_recipients", 3, lambda f: with_recipients(f, lambda r: [{}] * 10_000)),
    ("the same twice", "bad_recipients", 3, lambda f: with_recipients(f, lambda r: r * 2)),
    ("without pq", "bad_recipients", 3, lambda f: with_entry(f, alg="HPKE-3-KE")),
    ("rsa", "bad_recipients", 3, lambda f: with_entry(f, alg="RSA1_5")),
    ("ecdh", "bad_recipients", 3, lambda f: with_entry(f, alg="ECDH-ES+A256KW")),
    ("dir", "bad_recipients", 3, lambda f: with_entry(f, alg="dir")),
    ("alg not text", "bad_recipients", 3, lambda f: with_entry(f, alg=["HPKE-9-KE"])),
    ("enc beside alg", "bad_recipients", 3, lambda f: with_entry(f, enc="A256GCM")),
    ("crit beside alg", "bad_recipients", 3, lambda f: with_entry(f, crit=["ltp"])),
    (
        "header not an object",
        "bad_recipients",
        3,
        lambda f: with_recipients(f, lambda r: [{**r[0], "header": []}]),
    ),
    ("an extra member", "bad_recipients", 3, lambda f: with_recipients(f, lambda r: [{**r[0], "x": 1}])),
    ("path as kid", "bad_recipients", 3, lambda f: with_entry(f, kid="../../etc/passwd")),
    ("sql as kid", "bad_recipients", 3, lambda f: with_entry(f, kid="' OR 1=1 --")),
    ("kid a number", "bad_recipients", 3, lambda f: with_entry(f, kid=1)),
    ("ek without its pq half", "bad_recipients", 3, lambda f: with_entry(f, ek=b64u(bytes(32)))),
    (
        "weak recipient added",
        "bad_recipients",
        3,
        lambda f: with_recipients(f, lambda r: [*r, {**r[0], "header": {**r[0]["header"], "alg": "HPKE-0"}}]),
    ),
    (
        "short wrapped key",
        "bad_recipients",
        3,
        lambda f: with_recipients(f, lambda r: [{**r[0], "encrypted_key": "AAAA"}]),
    ),
    ("a key that nobody here has", "no_key", 6, lambda f: with_entry(f, kid=b64u(bytes(32)))),
    (
        "the other algorithm than the key's",
        "wrong_algorithm",
        6,
        lambda f: with_entry(f, alg="HPKE-10-KE", ek=b64u(bytes(1665))),
    ),
]

CIPHERTEXT: list[tuple[str, str, int, Attack]] = [
    ("ciphertext", "decrypt_failed", 7, lambda f: f.with_envelope(member("ciphertext", flip))),
    (
        "ciphertext cut",
        "decrypt_failed",
        7,
        lambda f: f.with_envelope(member("ciphertext", lambda t: t[:-3])),
    ),
    ("ciphertext empty", "decrypt_failed", 7, lambda f: f.with_envelope(lambda e: {**e, "ciphertext": ""})),
    ("iv", "decrypt_failed", 7, lambda f: f.with_envelope(member("iv", flip))),
    ("tag", "decrypt_failed", 7, lambda f: f.with_envelope(member("tag", flip))),
    ("ml-kem half of ek", "decrypt_failed", 7, entry_flip("ek", 5)),
    ("x25519 half of ek", "decrypt_failed", 7, entry_flip("ek", 1100)),
    ("wrapped key", "decrypt_failed", 7, entry_flip("encrypted_key", 3)),
    ("all-zero x25519 point", "decrypt_failed", 7, zero_point),
    (
        "protected of another message",
        "decrypt_failed",
        7,
        lambda f: f.with_envelope(
            lambda e: {**e, "protected": b64u(dumps({**f.header, "jti": "A" * 22}))},
        ),
    ),
    (
        "entry of another message",
        "decrypt_failed",
        7,
        lambda f: with_recipients(f, lambda r: [f.entry(f.world.hollow_key.public, bytes(32))]),
    ),
    (
        "a wrapped key of the wrong size",
        "bad_recipients",
        3,
        lambda f: with_recipients(f, lambda r: [f.entry(f.world.hollow_key.public, bytes(16))]),
    ),
    ("no padding", "bad_padding", 8, lambda f: f.with_plaintext(f.jws(dumps(f.claims)))),
    ("odd padding", "bad_padding", 8, lambda f: f.with_plaintext(f.jws(dumps(f.claims)).ljust(40_000))),
    ("half a class", "bad_padding", 8, lambda f: f.with_plaintext(f.jws(dumps(f.claims)).ljust(16_384))),
    (
        "padded with zeros",
        "bad_jws",
        9,
        lambda f: f.with_plaintext(f.jws(dumps(f.claims)).ljust(32_768, b"\0")),
    ),
    ("padded in front", "bad_jws", 9, lambda f: f.with_plaintext(f.jws(dumps(f.claims)).rjust(32_768))),
    ("only spaces", "bad_jws", 9, lambda f: f.with_plaintext(b" " * 32_768)),
]

SIGNATURES: list[tuple[str, str, int, Attack]] = [
    ("none", "bad_jws", 9, signatures(lambda s: [])),
    ("not a list", "bad_jws", 9, signatures(lambda s: {})),
    ("not objects", "bad_jws", 9, signatures(lambda s: ["x", "y"])),
    ("ml-dsa stripped", "bad_jws", 9, signatures(lambda s: s[:1])),
    ("ed25519 stripped", "bad_jws", 9, signatures(lambda s: s[1:])),
    ("ed25519 twice", "bad_jws", 9, signatures(lambda s: [s[0], s[0]])),
    ("ml-dsa twice", "bad_jws", 9, signatures(lambda s: [s[1], s[1]])),
    ("a third", "bad_jws", 9, signatures(lambda s: [*s, s[0]])),
    ("other order", "bad_jws", 9, signatures(lambda s: s[::-1])),
    ("unprotected header", "bad_jws", 9, signatures(lambda s: [{**s[0], "header": {}}, s[1]])),
    ("alg none", "bad_jws", 9, lambda f: with_signature(f, 0, alg="none")),
    ("alg HS256", "bad_jws", 9, lambda f: with_signature(f, 0, alg="HS256")),
    ("alg EdDSA", "bad_jws", 9, lambda f: with_signature(f, 0, alg="EdDSA")),
    ("embedded key", "bad_jws", 9, lambda f: with_signature(f, 0, jwk={"kty": "OKP"})),
    ("b64 false", "bad_jws", 9, lambda f: with_signature(f, 0, b64=False)),
    ("unknown crit", "bad_jws", 9, lambda f: with_signature(f, 1, crit=["ltp", "x"])),
    ("version true", "bad_jws", 9, lambda f: with_signature(f, 1, ltp=True)),
    ("typ of the envelope", "bad_jws", 9, lambda f: with_signature(f, 1, typ="ltp-msg+jwe")),
    ("kid not text", "bad_jws", 9, lambda f: with_signature(f, 1, kid=7)),
    (
        "header not an object",
        "bad_jws",
        9,
        signatures(lambda s: [{**s[0], "protected": b64u(b"[]")}, s[1]]),
    ),
    ("payload padded", "bad_jws", 9, payload_respelt),
    ("extra member", "bad_jws", 9, lambda f: f.with_jws(lambda j: {**j, "x": 1})),
    ("payload not text", "bad_jws", 9, lambda f: f.with_jws(lambda j: {**j, "payload": 1})),
    ("payload not ascii", "bad_jws", 9, lambda f: f.with_jws(lambda j: {**j, "payload": "é"})),
    (
        "white space in the text",
        "bad_jws",
        9,
        lambda f: f.with_plaintext(f.jws(dumps(f.claims)).replace(b":", b": ", 1).ljust(32_768)),
    ),
    (
        "text of a directory",
        "bad_jws",
        9,
        lambda f: f.with_plaintext(sign_text(dumps(f.claims), f.world.ash, DIRECTORY_TYPE).ljust(32_768)),
    ),
    (
        "kid of the other family's key",
        "unknown_key",
        9,
        lambda f: with_signature(f, 0, kid=f.world.ash.ml_dsa.public.kid),
    ),
    (
        "kid of an encryption key",
        "unknown_key",
        9,
        lambda f: with_signature(f, 0, kid=f.world.hollow_key.kid),
    ),
    ("kid of nobody", "unknown_key", 9, lambda f: with_signature(f, 1, kid=b64u(bytes(32)))),
    ("by another organisation", "unknown_key", 9, lambda f: signed_by(f, f.world.north)),
    ("ed25519 by another", "unknown_key", 9, lambda f: signed_by(f, f.world.north, lattice=False)),
    ("ml-dsa by another", "unknown_key", 9, lambda f: signed_by(f, f.world.north, classical=False)),
    (
        "ed25519 wrong",
        "bad_signature",
        9,
        signatures(lambda s: [{**s[0], "signature": flip(s[0]["signature"])}, s[1]]),
    ),
    (
        "ml-dsa wrong",
        "bad_signature",
        9,
        signatures(lambda s: [s[0], {**s[1], "signature": flip(s[1]["signature"])}]),
    ),
    ("too short", "bad_signature", 9, signatures(lambda s: [{**s[0], "signature": "AAAA"}, s[1]])),
    ("exchanged", "bad_signature", 9, signatures(lambda s: [{**s[0], "signature": s[1]["signature"]}, s[1]])),
    (
        "trailing bits",
        "bad_jws",
        9,
        signatures(lambda s: [{**s[0], "signature": s[0]["signature"][:-1] + "_"}, s[1]]),
    ),
    ("ed25519 malleated", "bad_signature", 9, malleable),
    ("forged with ed25519 broken", "bad_signature", 9, lambda f: half_forged(f, 0)),
    ("forged with ml-dsa broken", "bad_signature", 9, lambda f: half_forged(f, 1)),
    (
        "text changed",
        "bad_signature",
        9,
        lambda f: f.with_jws(lambda j: {**j, "payload": b64u(dumps({**f.claims, "body": {}}))}),
    ),
]

CLAIMS: list[tuple[str, str, int, Attack]] = [
    ("not json", "bad_claims", 10, lambda f: f.with_payload(b"x")),
    ("not an object", "bad_claims", 10, lambda f: f.with_payload(b"[]")),
    ("empty", "bad_claims", 10, lambda f: f.with_payload(b"")),
    ("nested 10,000 deep", "bad_claims", 10, lambda f: f.with_payload(b"[" * 10_000)),
    ("unknown claim", "bad_claims", 10, lambda f: f.with_claims(note="x")),
    ("no nonce", "bad_claims", 10, lambda f: f.with_claims(drop="nonce")),
    ("no body", "bad_claims", 10, lambda f: f.with_claims(drop="body")),
    ("short nonce", "bad_claims", 10, lambda f: f.with_claims(nonce="AAAA")),
    ("bad irt", "bad_claims", 10, lambda f: f.with_claims(irt="AAAA")),
    ("body an array", "bad_claims", 10, lambda f: f.with_claims(body=[])),
    ("unknown type", "bad_claims", 10, lambda f: f.with_claims(mt="letter")),
    ("type a list", "bad_claims", 10, lambda f: f.with_claims(mt=["bundle"])),
    ("type of another schema", "bad_claims", 10, lambda f: f.with_claims(mt="receipt")),
    ("schema not text", "bad_claims", 10, lambda f: f.with_claims(sv=1)),
    ("schema of another kind", "bad_claims", 10, lambda f: f.with_claims(sv="ltp:bundle/01.0")),
    ("a float", "bad_claims", 10, lambda f: f.with_claims(body={"n": 1.5})),
    ("a float as an integer", "bad_claims", 10, lambda f: f.with_claims(body={"n": [1.0]})),
    ("a big float", "bad_claims", 10, lambda f: f.with_claims(body={"n": 1e30})),
    ("a big integer", "bad_claims", 10, payload_text(b'"a canary"', b"9007199254740992")),
    ("a huge integer", "bad_claims", 10, payload_text(b'"a canary"', b"9" * 40)),
    ("not a number", "bad_claims", 10, payload_text(b'"a canary"', b"NaN")),
    ("a lone surrogate", "bad_claims", 10, payload_text(b"a canary", b"\\ud800")),
    ("a respelt number", "bad_claims", 10, payload_text(b'"a canary"', b"1e2")),
    ("a minus zero", "bad_claims", 10, payload_text(b'"a canary"', b"-0")),
    ("a duplicate member", "bad_claims", 10, payload_text(b'{"aud"', b'{"aud":[],"aud"')),
    ("a duplicate in the body", "bad_claims", 10, payload_text(b'{"text"', b'{"text":1,"text"')),
    ("a name that is not ascii", "bad_claims", 10, lambda f: f.with_claims(body={"é": 1})),
    ("an escape", "bad_claims", 10, payload_text(b"a canary", b"\\u0061 canary")),
    ("exp", "claims_mismatch", 11, lambda f: f.with_claims(exp=NOW + 8 * DAY)),
    ("iat", "claims_mismatch", 11, lambda f: f.with_claims(iat=NOW + 1)),
    ("jti", "claims_mismatch", 11, lambda f: f.with_claims(jti="A" * 22)),
    ("iss", "claims_mismatch", 11, lambda f: f.with_claims(iss=NORTH)),
    (
        "aud, forwarded by its reader",
        "claims_mismatch",
        11,
        lambda f: f.with_claims(aud=[f"{NORTH}/general"]),
    ),
    (
        "aud, the other desk",
        "claims_mismatch",
        11,
        lambda f: f.with_claims(aud=["urn:ltp:org:hollow-farm/dsl"]),
    ),
]

PARTIES: list[tuple[str, str, int, Attack]] = [
    ("somebody else", "not_for_me", 5, lambda f: f.with_header(aud=[f"{NORTH}/general"])),
    ("the other desk", "not_for_me", 5, lambda f: f.with_header(aud=["urn:ltp:org:hollow-farm/dsl"])),
    ("unknown sender", "unknown_sender", 5, lambda f: f.with_header(iss="urn:ltp:org:stranger")),
    ("rewritten sender", "unknown_key", 9, lambda f: f.with_header(iss=NORTH)),
]

ATTACKS = [
    pytest.param(code, step, attack, id=f"{group}: {name}")
    for group, cases in (
        ("framing", FRAMING),
        ("header", HEADER),
        ("times", TIMES),
        ("recipients", RECIPIENTS),
        ("ciphertext", CIPHERTEXT),
        ("signatures", SIGNATURES),
        ("claims", CLAIMS),
        ("parties", PARTIES),
    )
    for name, code, step, attack in cases
]


@pytest.mark.parametrize(("code", "step", "attack"), ATTACKS)
def test_an_attack_is_refused_and_the_message_without_it_opens(
    forger: Any, code: str, step: int, attack: Attack
) -> None:
    directory = forger.world.directory()
    assert forger.world.open(good(forger), directory).body == {"text": "a canary"}
    with pytest.raises(signing.UnsealError) as refused:
        forger.world.open(attack(forger), directory)
    assert (refused.value.code, refused.value.step) == (code, step)
    assert "canary" not in f"{refused.value!r}{refused.value.__dict__}"


def test_the_clock_may_be_five_minutes_off_either_way(forger: Any) -> None:
    early = {"iat": NOW + 300, "exp": NOW + DAY}
    late = {"iat": NOW - DAY, "exp": NOW - 300}
    for times in (early, late):
        forger.header.update(times)
        forger.claims.update(times)
        assert forger.world.open(good(forger)).exp == times["exp"]


def revoke(entry: dict[str, Any], at: int) -> None:
    entry["revoked"] = {"revoked_at": at, "reason": "lost"}


KEY_STATES: list[tuple[str, str, int, Callable[[dict[str, Any]], Any]]] = [
    ("suspended", "sender_inactive", 5, lambda org: org.update(status="suspended")),
    ("closed", "sender_inactive", 5, lambda org: org.update(status="closed")),
    ("first key revoked", "key_revoked", 9, lambda org: revoke(org["keys"][0], NOW - DAY)),
    ("second key revoked", "key_revoked", 9, lambda org: revoke(org["keys"][1], NOW - DAY)),
    ("revoked after signing", "key_revoked", 9, lambda org: revoke(org["keys"][0], NOW + DAY)),
    ("first key expired", "key_not_valid", 9, lambda org: org["keys"][0].update(exp=NOW)),
    ("second key expired", "key_not_valid", 9, lambda org: org["keys"][1].update(exp=NOW)),
    ("first key not yet valid", "key_not_valid", 9, lambda org: org["keys"][0].update(nbf=NOW + 1)),
    ("key removed", "unknown_key", 9, lambda org: org["keys"].pop()),
]


@pytest.mark.parametrize(
    ("code", "step", "change"), [pytest.param(c, s, f, id=name) for name, c, s, f in KEY_STATES]
)
def test_a_sender_or_key_that_does_not_count_is_refused(
    world: Any, code: str, step: int, change: Callable[[dict[str, Any]], Any]
) -> None:
    envelope = world.seal().envelope
    assert world.open(envelope).iss == "urn:ltp:org:ash-vale"
    change(world.content["orgs"]["ash-vale"])
    with pytest.raises(signing.UnsealError) as refused:
        world.open(envelope)
    assert (refused.value.code, refused.value.step) == (code, step)


def test_a_reader_cannot_pass_a_message_on_as_if_it_were_meant_for_another(world: Any, forger: Any) -> None:
    """Surreptitious forwarding: Northshire's reader re-encrypts what it was sent to Hollow Farm."""
    sealed = world.seal(aud=f"{NORTH}/general", keys=[world.north_key.public])
    with pytest.raises(signing.UnsealError) as refused:
        world.open(forger.with_plaintext(sealed.jws.ljust(32_768)))
    assert refused.value.code == "claims_mismatch"
    mine = world.seal()
    forger.header["jti"] = mine.jti
    assert world.open(forger.with_plaintext(mine.jws.ljust(32_768))).content_sha256 == mine.content_sha256


def test_a_flipped_byte_anywhere_is_refused(world: Any) -> None:
    envelope = world.seal().envelope
    directory = world.directory()
    text = envelope.decode()
    start, end = text.index('"protected"'), len(text)
    places = [*range(0, start, 997), *range(start, start + 420), *range(start + 420, end, 37), end - 1]
    assert world.open(envelope, directory).jti
    for at in places:
        changed = bytearray(envelope)
        changed[at] ^= 1
        with pytest.raises(signing.UnsealError):
            world.open(bytes(changed), directory)


def test_flips_in_another_recipients_entry_harm_only_that_recipient(world: Any) -> None:
    sealed = world.seal(keys=[world.hollow_key.public, world.hollow_next.public])
    other = signing.Recipient(frozenset({GENERAL}), {world.hollow_next.kid: world.hollow_next})
    directory = world.directory()
    assert signing.unseal(sealed.envelope, other, directory, NOW).jti == sealed.jti
    for name in ("ek", "encrypted_key"):
        value = orjson.loads(sealed.envelope)
        entry = value["recipients"][1]
        holder = entry if name == "encrypted_key" else entry["header"]
        holder[name] = raw_flip(holder[name], 20)
        assert world.open(dumps(value), directory).envelope_sha256 == sealed.envelope_sha256
        with pytest.raises(signing.UnsealError) as refused:
            signing.unseal(dumps(value), other, directory, NOW)
        assert refused.value.code == "decrypt_failed"


def test_a_rotated_out_key_does_not_open(world: Any) -> None:
    old = signing.EncryptionKey.generate()
    envelope = world.seal(keys=[old.public]).envelope
    with pytest.raises(signing.UnsealError) as refused:
        world.open(envelope)
    assert refused.value.code == "no_key"
    assert signing.unseal(
        envelope, signing.Recipient(frozenset({GENERAL}), {old.kid: old}), world.directory(), NOW
    )


def test_no_refusal_carries_the_content_in_its_context(forger: Any) -> None:
    """What `__context__` holds ends up in error reports; a JSON error would hold the whole text."""
    for envelope in (forger.with_payload(b'{"text":"a canary"'), forger.with_claims(body={"a canary": 1.5})):
        with pytest.raises(signing.UnsealError) as refused:
            forger.world.open(envelope)
        error: BaseException | None = refused.value
        while error is not None:
            assert isinstance(error, signing.SigningError)
            assert "canary" not in f"{error.args}{error.__dict__}"
            error = error.__context__
