"""Opening: steps 1 to 11 of LTP-1 §2.4. Steps 12 to 14 (replay, schema, receipt) are the caller's.

The claims are never read before both signatures verified. Whatever goes wrong in step 7 has one code, so
that nobody can use the answer to learn about a key.
"""

import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from signing import claims, envelope, jws
from signing.claims import Claims
from signing.envelope import CONTENT_KEY_LENGTH, Entry, Envelope
from signing.errors import EncodingError, UnsealError
from signing.keys import EncryptionKey, VerificationKey
from signing.message import (
    _MADE_HERE,
    SMALLEST_CLASS,
    Evidence,
    Header,
    Recipient,
    Trust,
    TrustedKey,
    Verified,
)


def unseal(data: bytes, me: Recipient, directory: Trust, now: int) -> Verified:
    """The verified content of the envelope `data`, addressed to `me`; raises `UnsealError`.

    Not checked: the schema of the body, and whether the same `jti` came before.
    """
    try:
        return _unseal(data, me, directory, now)
    except UnsealError as error:
        # Raised anew, so that no traceback leads to variables that hold the content or its key.
        raise UnsealError(error.code, error.step) from None


def _unseal(data: bytes, me: Recipient, directory: Trust, now: int) -> Verified:
    # Steps 1 to 4: size, canonical form, members, time.
    opened = envelope.read(data, now)
    # Step 5: addressed to me, by a sender whom the directory knows and who is active.
    _check_parties(opened.header, me, directory)
    # Step 6: my key, and the algorithm that it has.
    key, entry = _my_entry(opened, me)
    # Step 7: the content key and the content.
    padded = _decrypt(opened, key, entry)
    # Step 8: the padding.
    text = _unpad(padded)
    # Step 9: both signatures, by keys of the sender that count for a fresh message.
    payload = _verify(text, opened.header, directory)
    # Step 10: the claims, read only now.
    content = _claims(payload)
    # Step 11: the claims say what the header says.
    _check_replicated(content.members, opened.header)
    return Verified(
        **_signed_members(content),
        content_sha256=content.content_sha256,
        envelope_sha256=opened.header.envelope_sha256,
        body_text=content.body_text,
        jws=text,
        made_by=_MADE_HERE,
    )


def verify_jws(text: bytes, directory: Trust, at: int) -> Evidence:
    """What the archived signed text proves by itself; raises `UnsealError`.

    Both keys must be keys of `iss`, valid at `iat`, and not revoked at `at`: the time at which a receipt or
    the log proves that the text existed. The status of the organisation today does not matter.
    """
    try:
        signed = jws.read(text, jws.MESSAGE_TYPE)
        keys = {part.kid: directory.signing_key(part.kid) for part in signed.parts}
        payload = jws.verify(signed, lambda kid: _verification_key(keys[kid]))
    except jws.JwsError as error:
        raise UnsealError(error.code, 9) from None
    content = _claims(payload)
    for key in keys.values():
        _check_evidence_key(key, content.members, at)
    return Evidence(
        **_signed_members(content),
        content_sha256=content.content_sha256,
        body_text=content.body_text,
        jws=text,
        made_by=_MADE_HERE,
    )


def _check_parties(header: Header, me: Recipient, directory: Trust) -> None:
    if header.aud not in me.addresses:
        raise UnsealError("not_for_me", 5)
    status = directory.status(header.iss)
    if status is None:
        raise UnsealError("unknown_sender", 5)
    if status != "active":
        raise UnsealError("sender_inactive", 5)


def _my_entry(opened: Envelope, me: Recipient) -> tuple[EncryptionKey, Entry]:
    for entry in opened.entries:
        key = me.keys.get(entry.kid)
        if key is None:
            continue
        if key.alg != entry.alg:
            raise UnsealError("wrong_algorithm", 6)
        return key, entry
    raise UnsealError("no_key", 6)


def _decrypt(opened: Envelope, key: EncryptionKey, entry: Entry) -> bytes:
    try:
        content_key = key.unwrap(entry.encapsulation, entry.wrapped)
    except (InvalidTag, ValueError):
        content_key = b""
    if len(content_key) != CONTENT_KEY_LENGTH:
        # Go on with a key that cannot fit, so that the two ways to fail take the same time.
        content_key = secrets.token_bytes(CONTENT_KEY_LENGTH)
    try:
        return AESGCM(content_key).decrypt(opened.iv, opened.ciphertext + opened.tag, opened.protected)
    except InvalidTag:
        raise UnsealError("decrypt_failed", 7) from None


def _unpad(padded: bytes) -> bytes:
    size = len(padded)
    if size < SMALLEST_CLASS or size & (size - 1):
        raise UnsealError("bad_padding", 8)
    return padded.rstrip(b" ")


def _verify(text: bytes, header: Header, directory: Trust) -> bytes:
    def find(kid: str) -> VerificationKey | None:
        key = directory.signing_key(kid)
        if key is None or key.organisation != header.iss:
            return None
        _check_fresh(key, header.iat)
        return key.key

    try:
        return jws.verify(jws.read(text, jws.MESSAGE_TYPE), find)
    except jws.JwsError as error:
        raise UnsealError(error.code, 9) from None


def _check_fresh(key: TrustedKey, iat: int) -> None:
    # For a fresh message any revocation is fatal: a thief could date it before the revocation.
    if key.revoked_at is not None:
        raise UnsealError("key_revoked", 9)
    _check_valid(key, iat)


def _check_valid(key: TrustedKey, iat: int) -> None:
    if not key.not_before <= iat < key.expires:
        raise UnsealError("key_not_valid", 9)


def _check_evidence_key(key: TrustedKey | None, members: dict[str, Any], at: int) -> None:
    if key is None or key.organisation != members["iss"]:
        raise UnsealError("unknown_key", 9)
    _check_valid(key, members["iat"])
    if key.revoked_at is not None and key.revoked_at <= at:
        raise UnsealError("key_revoked", 9)
    if claims.is_future(members["iat"], at):
        raise UnsealError("not_yet_valid", 9)


def _verification_key(key: TrustedKey | None) -> VerificationKey | None:
    return None if key is None else key.key


def _claims(payload: bytes) -> Claims:
    try:
        return claims.read(payload)
    except EncodingError:
        raise UnsealError("bad_claims", 10) from None


def _check_replicated(members: dict[str, Any], header: Header) -> None:
    signed = (members["iss"], members["aud"], members["jti"], members["iat"], members["exp"])
    if signed != (header.iss, [header.aud], header.jti, header.iat, header.exp):
        raise UnsealError("claims_mismatch", 11)


def _signed_members(content: Claims) -> dict[str, Any]:
    members = content.members
    return {
        **{name: members[name] for name in ("iss", "jti", "iat", "exp", "mt", "sv", "body")},
        "aud": members["aud"][0],
        "irt": members.get("irt"),
    }
