"""Reading kept content: the body of a bundle or receipt, out of the vault."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pybase64

from gateway.sealing import JWS
from gateway.store.records import Content
from gateway.vault import Vault
from signing.encoding import sha256


def kept(vault: Vault, content: Content) -> bytes:
    """The bytes as they were kept: a canonical body or the inner JWS."""
    return vault.key(content.key_id).open(content.blob, content.form)


def body_of(vault: Vault, content: Content) -> dict[str, Any]:
    """The body inside kept content.

    The signatures are not verified again here: what is in the vault was verified, or made, before it was
    kept, and the vault's encryption is authenticated. Evidence is checked with ``signing.verify_jws``.
    """
    data = kept(vault, content)
    return archived(data).body if content.form == JWS else dict(orjson.loads(data))


@dataclass(frozen=True, slots=True)
class Archived:
    """What a kept inner message says, as it was verified when it arrived."""

    jti: str
    content_sha256: str
    body: dict[str, Any] = field(repr=False)


def archived(jws: bytes) -> Archived:
    """A kept inner message, read without the directory: a record stays readable whatever becomes of its sender."""
    text = orjson.loads(jws)["payload"]
    payload = pybase64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    claims = orjson.loads(payload)
    return Archived(claims["jti"], sha256(payload), dict(claims["body"]))
