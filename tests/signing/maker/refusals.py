"""refusals.json: one entry for each thing that has to be refused, with its step and code."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from signing.encoding import b64u, unb64u
from tests.signing.maker.world import (
    ASH,
    DAY,
    DSL,
    GENERAL,
    HOLLOW,
    MANY,
    NORTH,
    NOW,
    PAIRS,
    Json,
    dumps,
    ident,
    signature,
    signed,
    wrapped,
)


def refusals(nine: Json, ten: Json) -> list[Json]:
    """Every class of refusal; each entry changes one thing about a message to a key of either algorithm."""
    entries = [*framing(nine), *headers(nine), *recipient_entries(nine), *circumstances(nine)]
    return [*entries, *decrypted(nine), *inner(nine), *points(ten)]


def refusal(name: str, why: str, step: int, code: str, **change: Any) -> Json:
    return {"name": name, "why": why, "step": step, "code": code, "of": "bundle-hpke-9"} | change


def edit(find: str, put: str) -> Json:
    return {"edit": {"find": find, "put": put}}


def framing(base: Json) -> Iterator[Json]:
    envelope = json.loads(base["envelope"])
    iv, tag = envelope["iv"], envelope["tag"]
    yield refusal("too-large", "3 MB", 1, "too_large", append={"text": " ", "times": 3_000_000})
    yield refusal("cut", "the last character is lost", 2, "malformed", **edit(f'{tag}"}}', tag))
    yield refusal("byte-order-mark", "a mark in front", 2, "malformed", prepend="\ufeff")
    yield refusal("white-space", "after the text", 2, "not_canonical", append={"text": "\n", "times": 1})
    yield refusal("space", "inside the text", 2, "not_canonical", **edit('"iv":', '"iv": '))
    yield refusal("twice", "a member twice", 2, "not_canonical", **edit('"iv":', '"iv":"","iv":'))
    yield refusal("escaped", "another spelling of a name", 2, "not_canonical", **edit('"iv"', '"\\u0069v"'))
    yield refusal(
        "unsorted", "tag first", 2, "not_canonical", **edit('{"ciphertext":', '{"tag":"","ciphertext":')
    )
    yield refusal("aad", "a member too many", 3, "bad_envelope", **edit('{"ciph', '{"aad":"AAAA","ciph'))
    yield refusal("no-tag", "a member too few", 3, "bad_envelope", **edit(f',"tag":"{tag}"', ""))
    yield refusal("padded-base64", "= at the end", 3, "bad_envelope", **edit(f'"{tag}"', f'"{tag}=="'))
    yield refusal("classic-base64", "+ and /", 3, "bad_envelope", **edit(f'"{iv}"', f'"+/{iv[2:]}"'))
    spare = tag[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[tag[-1]]
    yield refusal(
        "spare-bits", "unused bits that are not zero", 3, "bad_envelope", **edit(f'"{tag}"', f'"{spare}"')
    )
    yield refusal("short-iv", "an iv of 3 bytes", 3, "bad_envelope", **edit(f'"{iv}"', '"AAAA"'))


def headers(base: Json) -> Iterator[Json]:
    protected = json.loads(base["envelope"])["protected"]
    header = json.loads(unb64u(protected))

    def changed(name: str, why: str, code: str = "bad_header", step: int = 3, **members: Any) -> Json:
        new = {key: value for key, value in {**header, **members}.items() if value is not None}
        return refusal(name, why, step, code, **edit(protected, b64u(dumps(new))))

    yield changed("version-2", "a later profile", "unsupported_version", ltp=2)
    yield changed("later-version", "with a new member", "unsupported_version", ltp=2, suite="x")
    yield changed("version-true", "true is not 1", ltp=True)
    yield changed("version-text", "text is not a number", ltp="1")
    yield changed("typ-jwt", "another type", typ="JWT")
    yield changed("inner-typ", "the type of the signed text", typ="ltp-msg+jws")
    yield changed("enc-a128gcm", "a smaller cipher", enc="A128GCM")
    yield changed("zip", "compression", zip="DEF")
    yield changed("no-crit", "crit is missing", crit=None)
    yield changed("more-crit", "crit names more", crit=["ltp", "exp"])
    yield changed("jku", "an address for keys", jku="https://keys.example")
    yield changed("alg-for-all", "alg for all recipients", alg="dir")
    yield changed("two-addresses", "aud of two", aud=[GENERAL, MANY])
    yield changed("organisation-as-address", "aud without a desk", aud=[HOLLOW])
    yield changed("aud-as-text", "aud is no list", aud=GENERAL)
    yield changed("long-token", "65 characters", iss="urn:ltp:org:" + "a" * 65)
    yield changed("short-jti", "jti of 3 bytes", jti="AAAA")
    yield changed("times-as-text", "iat is text", iat=str(NOW))
    respelt = dumps(header).replace(b",", b", ", 1)
    yield refusal("header-space", "not canonical", 3, "bad_header", **edit(protected, b64u(respelt)))
    yield changed("too-long-a-life", "14 days and a second", "bad_lifetime", 4, exp=NOW + 14 * DAY + 1)
    yield changed("no-life", "exp is iat", "bad_lifetime", 4, exp=NOW)
    yield changed("other-header", "the header of another message", "decrypt_failed", 7, jti=ident("other"))
    yield changed("rewritten-sender", "by a relay", "decrypt_failed", 7, iss=NORTH)


def recipient_entries(base: Json) -> Iterator[Json]:
    (entry,) = json.loads(base["envelope"])["recipients"]
    text = dumps(entry).decode()
    head = entry["header"]

    def changed(name: str, why: str, step: int, code: str, **members: Any) -> Json:
        new = dumps({**entry, "header": {**head, **members}}).decode()
        return refusal(name, why, step, code, **edit(text, new))

    def flipped(name: str, why: str, at: int) -> Json:
        raw = bytearray(unb64u(head["ek"]))
        raw[at] ^= 1
        return changed(name, why, 7, "decrypt_failed", ek=b64u(bytes(raw)))

    yield refusal("no-recipients", "none", 3, "bad_recipients", **edit(text, ""))
    yield refusal("same-twice", "the same entry twice", 3, "bad_recipients", **edit(text, f"{text},{text}"))
    yield changed("not-post-quantum", "a classical algorithm", 3, "bad_recipients", alg="HPKE-3-KE")
    yield changed("rsa", "a foreign algorithm", 3, "bad_recipients", alg="RSA-OAEP-256")
    yield changed("half-ek", "without its post-quantum half", 3, "bad_recipients", ek=b64u(bytes(32)))
    yield changed("path-as-kid", "not a thumbprint", 3, "bad_recipients", kid="../keys/1")
    yield changed("entry-crit", "a header member too many", 3, "bad_recipients", crit=["ltp"])
    weak = dumps({**entry, "header": {**head, "alg": "HPKE-0-KE", "kid": b64u(bytes(32))}}).decode()
    yield refusal(
        "weak-beside", "a weak key beside mine", 3, "bad_recipients", **edit(text, f"{text},{weak}")
    )
    yield changed("nobodys-key", "a key that is not held", 6, "no_key", kid=b64u(bytes(32)))
    yield changed(
        "other-algorithm", "not the key's own", 6, "wrong_algorithm", alg="HPKE-10-KE", ek=b64u(bytes(1665))
    )
    yield flipped("lattice-half", "one bit of the ML-KEM half", 5)
    yield flipped("classical-half", "one bit of the X25519 half", 1100)
    zero = unb64u(head["ek"])[:1088] + bytes(32)
    yield changed("zero-point", "an X25519 key of low order", 7, "decrypt_failed", ek=b64u(zero))
    key = entry["encrypted_key"]
    other = ("A" if key[0] != "A" else "B") + key[1:]
    yield refusal("wrapped-key", "one character", 7, "decrypt_failed", **edit(f'"{key}"', f'"{other}"'))


def points(base: Json) -> Iterator[Json]:
    """What can be wrong with the encapsulation of HPKE-10-KE, whose second half is a point of P-384."""
    ek = json.loads(base["envelope"])["recipients"][0]["header"]["ek"]
    raw = unb64u(ek)

    def put(name: str, why: str, at: int, octets: bytes) -> Json:
        other = b64u(raw[:at] + octets + raw[at + len(octets) :])
        return refusal(name, why, 7, "decrypt_failed", of=base["name"], **edit(f'"{ek}"', f'"{other}"'))

    yield put("lattice-half-10", "one bit of the ML-KEM half", 5, bytes([raw[5] ^ 1]))
    yield put("point-elsewhere", "a point that is not on the curve", 1664, bytes([raw[1664] ^ 1]))
    yield put("point-form", "a byte of form that is not 4", 1568, b"\6")
    yield put("point-zero", "the point 0, 0", 1569, bytes(96))


def circumstances(base: Json) -> Iterator[Json]:
    """The same bytes at another time, at another place, or with another directory."""
    first, second = (key.public.kid for key in (PAIRS[ASH].ed25519, PAIRS[ASH].ml_dsa))
    end = base["claims"]["exp"] + 300
    yield refusal("expired", "a second too late", 4, "expired", now=end + 1)
    yield refusal("future", "a second too early", 4, "not_yet_valid", now=NOW - 301)
    yield refusal("other-desk", "only the other desk is here", 5, "not_for_me", addresses=[DSL])
    yield refusal("stranger", "not in the directory", 5, "unknown_sender", organisations={ASH: None})
    yield refusal("suspended", "suspended", 5, "sender_inactive", organisations={ASH: "suspended"})
    yield refusal("rotated", "the key is destroyed", 6, "no_key", without=base["kids"])
    yield refusal("key-gone", "no such key", 9, "unknown_key", keys={second: None})
    yield refusal("revoked", "revoked, even later", 9, "key_revoked", keys={first: {"revokedAt": NOW + DAY}})
    yield refusal("key-over", "valid until iat", 9, "key_not_valid", keys={second: {"exp": NOW}})
    yield refusal("key-early", "valid after iat", 9, "key_not_valid", keys={first: {"nbf": NOW + 1}})
    yield refusal("other-owner", "another's", 9, "unknown_key", keys={first: {"organisation": NORTH}})


def decrypted(base: Json) -> Iterator[Json]:
    jws = signed(base)

    def whole(name: str, why: str, code: str, text: bytes) -> Json:
        return {
            **refusal(name, why, 8 if code == "bad_padding" else 9, code),
            "envelope": wrapped(base, text),
        }

    yield whole("no-padding", "the text alone", "bad_padding", jws)
    yield whole("half-class", "16 KiB", "bad_padding", jws.ljust(16_384))
    yield whole("zeros", "padded with zeros", "bad_jws", jws.ljust(32_768, b"\0"))

    def with_jws(name: str, why: str, code: str, change: Callable[[Json], Any]) -> Json:
        value = json.loads(jws)
        change(value)
        return whole(name, why, code, dumps(value).ljust(32_768))

    def flip(at: int) -> Callable[[Json], None]:
        def apply(value: Json) -> None:
            raw = bytearray(unb64u(value["signatures"][at]["signature"]))
            raw[7] ^= 1
            value["signatures"][at]["signature"] = b64u(bytes(raw))

        return apply

    def sign_again(at: int, **header: Any) -> Callable[[Json], None]:
        def apply(value: Json) -> None:
            own = json.loads(unb64u(value["signatures"][at]["protected"])) | header
            value["signatures"][at] = signature(own, value["payload"])

        return apply

    yield with_jws("stripped", "no ML-DSA signature", "bad_jws", lambda v: v["signatures"].pop())
    yield with_jws("other-order", "the wrong way round", "bad_jws", lambda v: v["signatures"].reverse())
    yield with_jws("unprotected", "an open header", "bad_jws", lambda v: v["signatures"][0].update(header={}))
    yield with_jws("eddsa", "the old name", "bad_jws", sign_again(0, alg="EdDSA"))
    yield with_jws("jwk", "a key inside", "bad_jws", sign_again(1, jwk=PAIRS[ASH].ml_dsa.public.jwk()))
    yield with_jws("wrong-ed25519", "one bit", "bad_signature", flip(0))
    yield with_jws("wrong-ml-dsa", "one bit; the other is right", "bad_signature", flip(1))
    yield with_jws(
        "wrong-kid",
        "a key of the other family",
        "unknown_key",
        sign_again(0, kid=PAIRS[ASH].ml_dsa.public.kid),
    )
    yield with_jws(
        "foreign", "signed by another", "unknown_key", sign_again(1, kid=PAIRS[NORTH].ml_dsa.public.kid)
    )


def inner(base: Json) -> Iterator[Json]:
    claims = base["claims"]

    def with_text(name: str, why: str, step: int, code: str, text: bytes) -> Json:
        jws = signed(base, text)
        return {**refusal(name, why, step, code), "envelope": wrapped(base, jws.ljust(32_768))}

    def with_claims(name: str, why: str, step: int, code: str, **members: Any) -> Json:
        new = {key: value for key, value in {**claims, **members}.items() if value is not None}
        return with_text(name, why, step, code, dumps(new))

    text = dumps(claims)
    small = b'"a small body, for the desk general"'
    yield with_claims("no-nonce", "a claim too few", 10, "bad_claims", nonce=None)
    yield with_claims("note", "a claim too many", 10, "bad_claims", note="x")
    yield with_claims("letter", "an unknown kind", 10, "bad_claims", mt="letter")
    yield with_claims("other-schema", "a bundle as receipt", 10, "bad_claims", mt="receipt")
    yield with_claims("decimal", "a number with decimals", 10, "bad_claims", body={"n": 1.5})
    yield with_claims("name-not-ascii", "a member name that is not ASCII", 10, "bad_claims", body={"é": 1})
    yield with_text("big", "2 to the power of 53", 10, "bad_claims", text.replace(small, b"9007199254740992"))
    yield with_text("surrogate", "half a pair", 10, "bad_claims", text.replace(small, b'"\\ud800"'))
    yield with_text("one-point-zero", "1.0 is not 1", 10, "bad_claims", text.replace(small, b"1.0"))
    yield with_text("claims-twice", "a member twice", 10, "bad_claims", text.replace(b"{", b'{"aud":[],', 1))
    deep = dumps({**claims, "body": {}}).replace(
        b'"body":{}', b'"body":' + b'{"a":' * 254 + b"{}" + b"}" * 254
    )
    yield with_text("deep", "a body of 255 levels", 10, "bad_claims", deep)
    yield with_claims("other-exp", "a longer life inside", 11, "claims_mismatch", exp=claims["exp"] + 1)
    yield with_claims("other-jti", "another id inside", 11, "claims_mismatch", jti=ident("inside"))
    yield with_claims("forwarded", "meant for another", 11, "claims_mismatch", aud=[MANY])
    yield with_claims("other-iss", "in another's name", 11, "claims_mismatch", iss=NORTH)
