"""LTP-1: signed and encrypted messages between organisations. Bytes in, verified bytes out.

This package knows nothing of documents, HTTP or files; keys, the directory and the time are parameters.

    sealed = signing.seal(message, my_pair, directory.encryption_keys(address, now))
    verified = signing.unseal(sealed.envelope, me, directory, now)
"""

from signing.directory import Directory, Route, sign_directory
from signing.entries import DeskKey, Gateway, GatewayLink, HopPublicKey, Organisation
from signing.envelope import peek
from signing.errors import (
    DirectoryError,
    EncodingError,
    KeyFileError,
    KeyMaterialError,
    SealError,
    SigningError,
    StreamError,
    UnsealError,
)
from signing.keys import (
    EncryptionKey,
    EncryptionPublicKey,
    HopKey,
    PublicPair,
    SigningKey,
    SigningPair,
    VerificationKey,
    thumbprint,
)
from signing.keystore import KeySet, open_keys, seal_keys
from signing.message import (
    Evidence,
    Header,
    Outgoing,
    Recipient,
    Sealed,
    Trust,
    TrustedKey,
    Verified,
)
from signing.seal import seal, size_class
from signing.unseal import unseal, verify_jws

__all__ = [
    "DeskKey",
    "Directory",
    "DirectoryError",
    "EncodingError",
    "EncryptionKey",
    "EncryptionPublicKey",
    "Evidence",
    "Gateway",
    "GatewayLink",
    "Header",
    "HopKey",
    "HopPublicKey",
    "KeyFileError",
    "KeyMaterialError",
    "KeySet",
    "Organisation",
    "Outgoing",
    "PublicPair",
    "Recipient",
    "Route",
    "SealError",
    "Sealed",
    "SigningError",
    "SigningKey",
    "SigningPair",
    "StreamError",
    "Trust",
    "TrustedKey",
    "UnsealError",
    "VerificationKey",
    "Verified",
    "open_keys",
    "peek",
    "seal",
    "seal_keys",
    "sign_directory",
    "size_class",
    "thumbprint",
    "unseal",
    "verify_jws",
]
