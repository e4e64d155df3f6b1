"""Everything that can go wrong in `signing`, as one small tree.

    SigningError                 .code, a stable word; str() is one plain sentence
    ├── EncodingError            a text is not strict base64url or not canonical JSON
    ├── KeyMaterialError         a JWK or seed cannot be used
    ├── SealError                a message cannot be sealed as asked
    ├── UnsealError              a message or its evidence is refused; .step is the step of LTP-1 §2.4
    ├── StreamError              an attached file is refused while it is encrypted or decrypted
    ├── KeyFileError             a key file cannot be written or opened
    └── DirectoryError           the directory is refused or has no answer; .where says in which entry

No message holds a submitted value: what is signed here is about children.
"""

from types import MappingProxyType
from typing import Final

SENTENCES: Final = MappingProxyType(
    {
        # encoding
        "not_base64url": "A value is not in the one strict base64url form.",
        "malformed": "The text is not JSON of the permitted kind.",
        "not_canonical": "The JSON text is not in its canonical form.",
        "unsupported_value": "The content holds something other than text, integers, true, false and null.",
        "bad_member_name": "A member name is not plain ASCII text.",
        # keys
        "bad_key": "The key is not in the permitted form.",
        "private_key": "The key holds private material where only a public key belongs.",
        "kid_mismatch": "The key's id is not the thumbprint of the key.",
        # sealing
        "bad_message": "The message does not say who sends what to whom in the permitted form.",
        "bad_lifetime": "The message's lifetime is not between zero and fourteen days.",
        "too_large": "The message is larger than the profile allows: send large content as attachments.",
        "bad_recipients": "The recipients are not between 1 and 32 different keys of permitted algorithms.",
        "bad_size_class": "The size class asked for does not exist.",
        # unsealing
        "bad_envelope": "The envelope has not exactly the permitted members.",
        "bad_header": "The envelope's header has not exactly the permitted members and values.",
        "unsupported_version": "The message is of a version of the profile that is not supported.",
        "expired": "The message's time is over.",
        "not_yet_valid": "The message is from the future.",
        "not_for_me": "The message is addressed to somebody else.",
        "unknown_sender": "The sender is not in the directory.",
        "sender_inactive": "The sender is suspended or closed in the directory.",
        "no_key": "The message is not encrypted to a key that is held here.",
        "wrong_algorithm": "The message names another algorithm than its key has.",
        "decrypt_failed": "The message cannot be decrypted.",
        "bad_padding": "The message is not padded to a size class.",
        "bad_jws": "The signed text has not exactly the two permitted signatures.",
        "unknown_key": "The message is signed with a key that the sender does not have.",
        "key_not_valid": "The signing key was not valid at the time of signing.",
        "key_revoked": "The signing key is revoked.",
        "bad_signature": "A signature is wrong.",
        "bad_claims": "The signed content has not exactly the permitted members and values.",
        "claims_mismatch": "The signed content and the envelope do not say the same.",
        # attached files
        "bad_manifest": "The entry of an attached file is not in the permitted form.",
        "file_too_large": "The attached file is larger than 200 MiB.",
        "file_length": "The encrypted file is not as long as its entry says.",
        "file_address": "The encrypted file is not the one that its entry names.",
        "file_unreadable": "The encrypted file cannot be decrypted.",
        "file_digest": "The decrypted file is not the one that its entry names.",
        # key files
        "bad_kek": "The key file's own key is neither 32 bytes nor a usable passphrase.",
        "bad_key_file": "The file is not a key file of this version.",
        "cannot_open": "The key file was changed, or the key or passphrase is not the right one.",
        # directory
        "bad_directory": "An entry of the directory is not in the permitted form.",
        "unknown_root": "The directory is not signed by a root that is trusted here.",
        "directory_expired": "The directory is out of date.",
        "rollback": "The directory is older than one that was already accepted.",
        "unknown_organisation": "The organisation is not in the directory.",
        "unknown_address": "The address is not in the directory.",
        "inactive": "The organisation or gateway is suspended or closed in the directory.",
        "no_encryption_key": "The address has no encryption key that is valid now.",
        "unknown_gateway": "The gateway is not in the directory.",
        "unknown_hop_key": "The key is not the valid key of any gateway.",
        "no_route": "The organisation has no gateway that takes messages.",
    }
)


class SigningError(Exception):
    """The base of all errors here; `code` never changes, the sentence may."""

    def __init__(self, code: str) -> None:
        """`code` is a key of `SENTENCES`."""
        super().__init__(SENTENCES[code])
        self.code = code


class EncodingError(SigningError):
    """A text is not strict base64url, not canonical JSON, or holds a value that is not allowed."""


class KeyMaterialError(SigningError):
    """A JWK or a seed cannot be used as a key."""


class SealError(SigningError):
    """A message cannot be sealed as asked."""


class UnsealError(SigningError):
    """A message is refused at `step` of LTP-1 §2.4."""

    def __init__(self, code: str, step: int) -> None:
        super().__init__(code)
        self.step = step


class StreamError(SigningError):
    """An attached file, or its entry in a bundle, is refused; one code for each kind of fault."""


class KeyFileError(SigningError):
    """A key file cannot be written or opened."""


class DirectoryError(SigningError):
    """The directory is refused, or cannot answer; `where` names the entry, such as `orgs/ash-vale/keys/0`."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code)
        self.where = where
