"""Reading kept content: the body of a bundle or receipt, out of the vault."""

from typing import Any

import orjson
import pybase64

from gateway.sealing import JWS
from gateway.store.records import Content
from gateway.vault import Vault


def kept(vault: Vault, content: Content) -> bytes:
    """The bytes as they were kept: a canonical body or the inner JWS."""
    return vault.key(content.key_id).open(content.blob, content.form)


def body_of(vault: Vault, content: Content) -> dict[str, Any]:
    """The body inside kept content.

    The signatures are not verified again here: what is in the vault was verified, or made, before it was
    kept, and the vault's encryption is authenticated. Evidence is checked with ``signing.verify_jws``.
    """
    data = kept(vault, content)
    if content.form != JWS:
        return dict(orjson.loads(data))
    payload = orjson.loads(data)["payload"]
    claims = orjson.loads(pybase64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return dict(claims["body"])
