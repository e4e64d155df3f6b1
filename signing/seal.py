"""Sealing: claims, two signatures, padding to a size class, encryption to the keys of one address."""

import secrets
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing import claims, jws
from signing.encoding import b64u, canonical
from signing.envelope import CONTENT_KEY_LENGTH, FIXED_HEADER, IV_LENGTH, TAG_LENGTH, digest
from signing.errors import EncodingError, KeyMaterialError, SealError
from signing.keys import EncryptionPublicKey, SigningPair
from signing.message import (
    DEFAULT_LIFETIME,
    ID_LENGTH,
    LARGEST_CLASS,
    MAX_CLAIMS,
    MAX_RECIPIENTS,
    SMALLEST_CLASS,
    Outgoing,
    Sealed,
)


def seal(
    message: Outgoing,
    sender: SigningPair,
    recipients: Sequence[EncryptionPublicKey],
    *,
    minimum_class: int = 0,
) -> Sealed:
    """`message`, signed by `sender` and encrypted to `recipients`, which are the keys of its one address.

    `minimum_class` raises the size class: two messages in one class cannot be told apart by their length.
    Not checked: that the keys are those of `iss` and `aud`; take them from the directory.
    Raises `SealError`.
    """
    _check_recipients(recipients)
    if not 0 <= minimum_class <= LARGEST_CLASS:
        raise SealError("bad_size_class")
    payload, content = _payload(message)
    signed = jws.sign(payload, sender, jws.MESSAGE_TYPE)
    klass = max(_class_for(len(signed)), minimum_class)
    padded = signed.ljust(SMALLEST_CLASS << klass, b" ")
    envelope, envelope_sha256 = _encrypt(padded, content.members, recipients)
    return Sealed(
        jti=content.members["jti"],
        content_sha256=content.content_sha256,
        envelope_sha256=envelope_sha256,
        size_class=klass,
        envelope=envelope,
        jws=signed,
        body_text=content.body_text,
    )


def size_class(message: Outgoing) -> int:
    """The size class that `message` needs, without sealing it. Raises `SealError` as `seal` does."""
    payload, _ = _payload(message)
    return _class_for(jws.signed_length(len(payload)))


def _check_recipients(recipients: Sequence[EncryptionPublicKey]) -> None:
    if not 1 <= len(recipients) <= MAX_RECIPIENTS or len({key.kid for key in recipients}) != len(recipients):
        raise SealError("bad_recipients")


def _payload(message: Outgoing) -> tuple[bytes, claims.Claims]:
    members = _members(message)
    try:
        payload, content = claims.write(members)
    except EncodingError as error:
        raise SealError(error.code) from None
    if not claims.is_well_formed(members):
        raise SealError("bad_message")
    if len(payload) > MAX_CLAIMS:
        raise SealError("too_large")
    return payload, content


def _members(message: Outgoing) -> dict[str, Any]:
    exp = message.iat + DEFAULT_LIFETIME if message.exp is None else message.exp
    if not claims.are_times(message.iat, exp) or not claims.is_lifetime(message.iat, exp):
        raise SealError("bad_lifetime")
    members = {
        "aud": [message.aud],
        "body": dict(message.body),
        "exp": exp,
        "iat": message.iat,
        "iss": message.iss,
        "jti": _random_id() if message.jti is None else message.jti,
        "mt": message.mt,
        "nonce": _random_id() if message.nonce is None else message.nonce,
        "sv": message.sv,
    }
    return members if message.irt is None else {**members, "irt": message.irt}


def _random_id() -> str:
    return b64u(secrets.token_bytes(ID_LENGTH))


def _class_for(length: int) -> int:
    """The smallest k with `length` at most 32 KiB times 2^k."""
    return ((length - 1) // SMALLEST_CLASS).bit_length()


def _encrypt(
    padded: bytes, members: dict[str, Any], recipients: Sequence[EncryptionPublicKey]
) -> tuple[bytes, str]:
    header = {**FIXED_HEADER, **{name: members[name] for name in ("aud", "exp", "iat", "iss", "jti")}}
    protected = b64u(canonical(header))
    # A fresh key for every message: the same iv can never meet the same key twice.
    key, iv = secrets.token_bytes(CONTENT_KEY_LENGTH), secrets.token_bytes(IV_LENGTH)
    sealed = AESGCM(key).encrypt(iv, padded, protected.encode())
    ciphertext, tag = b64u(sealed[:-TAG_LENGTH]), b64u(sealed[-TAG_LENGTH:])
    envelope = {
        "ciphertext": ciphertext,
        "iv": b64u(iv),
        "protected": protected,
        "recipients": [_entry(recipient, key) for recipient in recipients],
        "tag": tag,
    }
    return canonical(envelope), digest(protected, b64u(iv), ciphertext.encode(), tag)


def _entry(recipient: EncryptionPublicKey, content_key: bytes) -> dict[str, Any]:
    try:
        encapsulation, wrapped = recipient.wrap(content_key)
    except KeyMaterialError:
        raise SealError("bad_recipients") from None
    header = {"alg": recipient.alg, "ek": b64u(encapsulation), "kid": recipient.kid}
    return {"encrypted_key": b64u(wrapped), "header": header}
