"""Private keys at rest: one encrypted JWK Set of seeds (LTP-1 §2.9). Bytes in, bytes out: no file is touched.

The set is locked by `signing.lockbox` together with the records of its keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from signing.algorithms import ED25519, ML_DSA_65, RECIPIENTS
from signing.encoding import b64u, canonical, parse, unb64u
from signing.errors import EncodingError, KeyFileError, KeyMaterialError
from signing.keys import EncryptionKey, HopKey, SigningPair
from signing.lockbox import Kek, check_kek, lock, unlock
from signing.log.keys import ML_DSA_44, LogKey
from signing.records import KeyRecord

_TYPE: Final = "ltp-keys"


@dataclass(frozen=True, slots=True)
class KeySet:
    """The private keys of one organisation or gateway, or of one log or witness."""

    signing: tuple[SigningPair, ...] = ()
    encryption: tuple[EncryptionKey, ...] = ()
    hop: tuple[HopKey, ...] = ()
    log: tuple[LogKey, ...] = ()
    records: tuple[KeyRecord, ...] = ()


def seal_keys(keys: KeySet, kek: Kek) -> bytes:
    """`keys` encrypted under `kek`. Raises `KeyFileError` when `kek` is neither 32 bytes nor a passphrase."""
    check_kek(kek)
    return lock(plain(keys), kek, _TYPE)


def open_keys(data: bytes, kek: Kek) -> KeySet:
    """The keys in the file `data`, which `seal_keys` made under the same `kek`. Raises `KeyFileError`."""
    return from_plain(unlock(data, kek, _TYPE))


def plain(keys: KeySet) -> bytes:
    """`keys` as they are inside what is encrypted: secret."""
    records = [record.members() for record in keys.records]
    return canonical({"keys": _jwks(keys), **({"records": records} if records else {})})


def _jwks(keys: KeySet) -> list[dict[str, Any]]:
    """Private JWKs of RFC 7517 §7; `ltp` says what each is for, and which two make a pair."""
    jwks: list[dict[str, Any]] = []
    for number, pair in enumerate(keys.signing):
        for key in (pair.ed25519, pair.ml_dsa):
            member = "d" if key.public.alg == ED25519 else "priv"
            jwks.append({**key.public.jwk(), member: b64u(key.seed), "ltp": f"signing-{number}"})
    for desk_key in keys.encryption:
        jwks.append({**desk_key.public.jwk(), "priv": b64u(desk_key.seed), "ltp": "encryption"})
    for hop in keys.hop:
        jwks.append({**hop.public.jwk(), "d": b64u(hop.seed), "ltp": "hop"})
    for number, log in enumerate(keys.log):
        jwks += [{**jwk, "ltp": f"log-{number}"} for jwk in log.private_jwks()]
    return jwks


def from_plain(text: bytes) -> KeySet:
    """The keys that `plain` wrote. Raises `KeyFileError`."""
    keys = _key_set(text)
    if keys is None:
        # Only somebody who has the key can have written a set that is not one of ours; still, show no seed of it.
        del text
        raise KeyFileError("bad_key_file")
    return keys


def _key_set(text: bytes) -> KeySet | None:
    try:
        value: Any = parse(text)
        keys = _build([(str(jwk["ltp"]), jwk["alg"], jwk["kid"], _seed(jwk)) for jwk in value["keys"]])
        records = tuple(KeyRecord.from_members(members) for members in value.get("records", ()))
        return replace(keys, records=records)
    except (EncodingError, KeyMaterialError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _seed(jwk: Mapping[str, Any]) -> bytes:
    return unb64u(jwk["d"] if "d" in jwk else jwk["priv"])


def _build(keys: list[tuple[str, str, str, bytes]]) -> KeySet:
    signing, log = _pairs(keys, "signing-"), _pairs(keys, "log-")
    found = KeySet(
        signing=tuple(SigningPair.from_seeds(seeds[ED25519], seeds[ML_DSA_65]) for seeds in signing),
        encryption=tuple(
            EncryptionKey.from_seed(seed, alg)
            for use, alg, _, seed in keys
            if use == "encryption" and alg in RECIPIENTS
        ),
        hop=tuple(HopKey.from_seed(seed) for use, _, _, seed in keys if use == "hop"),
        log=tuple(LogKey.from_seeds(seeds[ED25519], seeds[ML_DSA_44]) for seeds in log),
    )
    if [jwk["kid"] for jwk in _jwks(found)] != [kid for _, _, kid, _ in keys]:
        raise KeyMaterialError("kid_mismatch")
    return found


def _pairs(keys: list[tuple[str, str, str, bytes]], prefix: str) -> list[dict[str, bytes]]:
    """The seeds, by algorithm, of keys that belong together."""
    found: dict[str, dict[str, bytes]] = {}
    for use, alg, _, seed in keys:
        if use.startswith(prefix):
            found.setdefault(use, {})[alg] = seed
    return list(found.values())
