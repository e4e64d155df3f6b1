"""The invented organisations of the vectors, their keys, and what the other makers share."""

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import signing
from signing.encoding import b64u, unb64u

Json = dict[str, Any]

NOTE = (
    "TEST KEYS of invented organisations. Every seed is published here and says so in its own bytes: "
    "never put one of these keys into a directory."
)
NOW = 1_795_340_000
DAY = 86_400
ASH, HOLLOW, NORTH = (f"urn:ltp:org:{token}" for token in ("ash-vale", "hollow-farm", "northshire"))
GENERAL, DSL, ASH_DESK = f"{HOLLOW}/general", f"{HOLLOW}/dsl", f"{ASH}/general"
ALGORITHMS = ("HPKE-9-KE", "HPKE-10-KE")
EXAMPLES = Path(str(resources.files("schemas"))) / "v1" / "examples"


def seed(label: str) -> bytes:
    """32 bytes that tell anybody who looks at them what they are."""
    text = f"LTP-1 TEST KEY {label}".encode().ljust(32, b".")
    assert len(text) == 32, label
    return text


def pair(name: str) -> signing.SigningPair:
    return signing.SigningPair.from_seeds(seed(f"{name} ed25519"), seed(f"{name} ml-dsa"))


PAIRS = {ASH: pair("ash"), HOLLOW: pair("hollow"), NORTH: pair("north")}
MANY = f"{NORTH}/general"
DESKS = {
    GENERAL: [signing.EncryptionKey.from_seed(seed(f"hollow gen {alg[5:7]}"), alg) for alg in ALGORITHMS],
    DSL: [signing.EncryptionKey.from_seed(seed(f"hollow dsl {alg[5:7]}"), alg) for alg in ALGORITHMS],
    ASH_DESK: [signing.EncryptionKey.from_seed(seed(f"ash general {alg[5:7]}"), alg) for alg in ALGORITHMS],
    MANY: [signing.EncryptionKey.from_seed(seed(f"north desk {n}"), ALGORITHMS[n % 2]) for n in range(32)],
}


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def ident(name: str) -> str:
    return b64u(hashlib.sha256(name.encode()).digest()[:16])


def example(path: str) -> Json:
    content: Json = json.loads((EXAMPLES / path).read_text("utf-8"))
    return content


def keys() -> Json:
    def window(organisation: str, jwk: Any) -> Json:
        return {"organisation": organisation, "jwk": jwk, "nbf": NOW - 100 * DAY, "exp": NOW + 100 * DAY}

    def secret(key: signing.EncryptionKey) -> Json:
        return {"alg": key.alg, "seed": b64u(key.seed), "jwk": key.public.jwk()}

    return {
        "note": NOTE,
        "now": NOW,
        "trust": {
            "organisations": dict.fromkeys(PAIRS, "active"),
            "keys": [window(org, jwk) for org, own in PAIRS.items() for jwk in own.public.jwks()],
        },
        "senders": {
            org: {"Ed25519": b64u(own.ed25519.seed), "ML-DSA-65": b64u(own.ml_dsa.seed)}
            for org, own in PAIRS.items()
        },
        "desks": {address: [secret(key) for key in desk] for address, desk in DESKS.items()},
    }


def signature(header: Json, payload: str) -> Json:
    """One entry of a signed text, right for this header; the key is the one that its place asks for."""
    own = PAIRS[NORTH] if header["kid"] == PAIRS[NORTH].ml_dsa.public.kid else PAIRS[ASH]
    key = own.ml_dsa if header["alg"] == "ML-DSA-65" else own.ed25519
    protected = b64u(dumps(header))
    return {"protected": protected, "signature": b64u(key.sign(f"{protected}.{payload}".encode()))}


def signed(base: Json, text: bytes | None = None) -> bytes:
    payload = b64u(dumps(base["claims"]) if text is None else text)
    parts = []
    for key in (PAIRS[ASH].ed25519, PAIRS[ASH].ml_dsa):
        header = {
            "alg": key.public.alg,
            "crit": ["ltp"],
            "kid": key.public.kid,
            "ltp": 1,
            "typ": "ltp-msg+jws",
        }
        parts.append(signature(header, payload))
    return dumps({"payload": payload, "signatures": parts})


def wrapped(base: Json, plaintext: bytes) -> str:
    """An envelope with the header and the recipient's entry of `base` around another text."""
    envelope = json.loads(base["envelope"])
    iv = hashlib.sha256(plaintext).digest()[:12]
    sealed = AESGCM(unb64u(base["contentKey"])).encrypt(iv, plaintext, envelope["protected"].encode())
    envelope |= {"iv": b64u(iv), "ciphertext": b64u(sealed[:-16]), "tag": b64u(sealed[-16:])}
    return dumps(envelope).decode()
