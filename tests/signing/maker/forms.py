"""forms.json: what has one right answer and no randomness, step by step."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

import signing
from signing.algorithms import HPKE_INFO
from signing.encoding import b64u, unb64u
from tests.signing.maker.world import ASH, DESKS, GENERAL, PAIRS, Json, dumps, signed


def forms(base: Json) -> Json:
    """What has one right answer and no randomness, step by step."""
    payload = b64u(dumps(base["claims"]))
    parts = json.loads(signed(base))["signatures"]
    return {
        "base64url": [
            {"hex": data.hex(), "text": b64u(data)} for data in (b"", b"\0", b"\xff\xef", bytes(range(9)))
        ],
        "notBase64url": ["AA==", "A", "AB", "AAB", "+/AA", "AA\n", "AA AA", "é"],
        "canonical": [
            {"from": ' { "b" : 1 , "a" : "\\u0061\\/" } ', "text": '{"a":"a/","b":1}'},
            {"from": '{"10":0,"9":-0,"B":1e2,"a":[ ]}', "text": '{"10":0,"9":0,"B":100,"a":[]}'},
            {"from": '"\\u00e9\\u001F\\u007f\\t\\ud83d\\ude42"', "text": '"é\\u001f\u007f\\t🙂"'},
        ],
        "notCanonical": [
            {"text": text, "code": code}
            for text, code in (
                ("", "malformed"),
                ("{", "malformed"),
                ("NaN", "malformed"),
                ('"\\ud800"', "malformed"),
                ("[" * 255 + "]" * 255, "malformed"),
                (" 1", "not_canonical"),
                ('{"b":1,"a":1}', "not_canonical"),
                ('{"a":1,"a":1}', "not_canonical"),
                ('"\\u0061"', "not_canonical"),
                ('"\\/"', "not_canonical"),
            )
        ],
        "keys": [*signing_forms(), *encryption_forms()],
        "signedText": {
            "of": base["name"],
            "payload": payload,
            "headers": [unb64u(part["protected"]).decode() for part in parts],
            "signingInputs": [f"{part['protected']}.{payload}" for part in parts],
            "ed25519Signature": parts[0]["signature"],
        },
        "padding": [
            {"length": length, "class": klass}
            for length, klass in ((1, 0), (32_768, 0), (32_769, 1), (65_536, 1), (65_537, 2), (1_048_576, 5))
        ],
        "wrapping": [wrapping(key) for key in DESKS[GENERAL]],
    }


def signing_forms() -> Iterator[Json]:
    for key in (PAIRS[ASH].ed25519, PAIRS[ASH].ml_dsa):
        jwk = key.public.jwk()
        yield {
            "alg": key.public.alg,
            "seed": b64u(key.seed),
            "jwk": jwk,
            "thumbprintOf": thumbprint_input(jwk),
        }


def encryption_forms() -> Iterator[Json]:
    for key, length in zip(DESKS[GENERAL], (96, 112), strict=True):
        expanded = hashlib.shake_256(key.seed).digest(length)
        jwk = key.public.jwk()
        yield {
            "alg": key.alg,
            "seed": b64u(key.seed),
            "expanded": b64u(expanded),
            "jwk": jwk,
            "thumbprintOf": thumbprint_input(jwk),
        }


def thumbprint_input(jwk: Any) -> str:
    names = ("crv", "kty", "x") if jwk["kty"] == "OKP" else ("alg", "kty", "pub")
    return dumps({name: jwk[name] for name in names}).decode()


def wrapping(key: signing.EncryptionKey) -> Json:
    """Section 7 of the page with every value in between, by the primitives and not by the library's HPKE."""
    content_key = hashlib.sha256(b"LTP-1 TEST content key").digest()
    ek, wrapped_key = key.public.wrap(content_key)
    first, second, theirs = exchange(key, ek)
    ephemeral = ek[-len(theirs) :]
    label = b"\\.//^\\" if key.alg == "HPKE-9-KE" else b"MLKEM1024-P384"
    kem = b"\x64\x7a" if key.alg == "HPKE-9-KE" else b"\x00\x51"
    shared = hashlib.sha3_256(first + second + ephemeral + theirs + label).digest()
    labelled = b"\0\0\0\x20" + shared + b"HPKE-v1HPKE" + kem + b"\0\x11\0\x02\0\x06secret\0\x6c\0\0\0"
    secret = hashlib.shake_256(labelled + len(HPKE_INFO).to_bytes(2, "big") + HPKE_INFO).digest(108)
    named = {"ek": ek, "encryptedKey": wrapped_key, "ss1": first, "ss2": second, "shared": shared}
    named |= {"info": HPKE_INFO, "key": secret[:32], "nonce": secret[32:44], "contentKey": content_key}
    return {"alg": key.alg, "seed": b64u(key.seed), **{name: b64u(value) for name, value in named.items()}}


def exchange(key: signing.EncryptionKey, ek: bytes) -> tuple[bytes, bytes, bytes]:
    """The two shared secrets, and the classical half of the public key."""
    # The private halves are not public API of the library, so they are made again from the seed.
    if key.alg == "HPKE-9-KE":
        raw = hashlib.shake_256(key.seed).digest(96)
        lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:64]).decapsulate(ek[:1088])
        mine = X25519PrivateKey.from_private_bytes(raw[64:])
        return lattice, mine.exchange(X25519PublicKey.from_public_bytes(ek[1088:])), key.public.raw[1184:]
    raw = hashlib.shake_256(key.seed).digest(112)
    lattice = mlkem.MLKEM1024PrivateKey.from_seed_bytes(raw[:64]).decapsulate(ek[:1568])
    scalar = ec.derive_private_key(int.from_bytes(raw[64:], "big"), ec.SECP384R1())
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), ek[1568:])
    return lattice, scalar.exchange(ec.ECDH(), point), key.public.raw[1568:]
