"""The evidence of a receipt as one file: everything to check it with, years later, and no key to keep secret.

The file is canonical JSON: the receipt's signed text, that of the message it answers (if the right to keep it
lasts), the directory of the time, the log's entry about the receipt, and its inclusion proof. What has to be
brought is the public root keys of the directory. It shows that the receiver's organisation signed this receipt
for this very content, with keys that counted and were not revoked when the log was signed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from signing.directory import Directory
from signing.encoding import canonical, parse_any, unb64u
from signing.errors import DirectoryError, EncodingError
from signing.keys import PublicPair
from signing.log import leaf
from signing.log.checkpoint import Policy, Unverified
from signing.log.errors import LogError
from signing.log.proof import Included, Proof, verify_entry
from signing.message import Evidence
from signing.unseal import verify_jws

TYPE: Final = "ltp-receipt-evidence"
MAX_EVIDENCE: Final = 96 * 1024 * 1024  # bytes

_MEMBERS: Final = frozenset({"type", "v", "receipt", "directory", "entry", "proof"})


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """The evidence in a file, as it was read or put together; nothing of it is proved yet."""

    receipt: bytes = field(repr=False)
    directory: bytes = field(repr=False)
    entry: bytes = field(repr=False)
    proof: bytes = field(repr=False)
    message: bytes | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The evidence in a file. Raises `LogError`."""
        value = _value(data)
        if not isinstance(value, dict) or not _MEMBERS <= value.keys() <= _MEMBERS | {"message"}:
            raise LogError("bad_evidence")
        if (value["type"], value["v"]) != (TYPE, 1):
            raise LogError("bad_evidence")
        texts = {name: text for name, text in value.items() if name not in ("type", "v")}
        if any(type(text) is not str for text in texts.values()):
            raise LogError("bad_evidence")
        return cls(**{name: text.encode() for name, text in texts.items()})

    def file(self) -> bytes:
        """The file."""
        names = ("receipt", "directory", "entry", "proof", "message")
        texts = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return canonical({"type": TYPE, "v": 1, **{name: text.decode() for name, text in texts.items()}})


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """A receipt that holds: who signed it, what it says, and by when it was there."""

    receipt: Evidence
    message: Evidence | None
    included: Included
    directory_version: int

    @property
    def status(self) -> str:
        """What the receipt says."""
        return str(self.receipt.body["status"])


def verify_receipt(evidence: ReceiptEvidence, directory: Directory, now: int) -> ReceiptProof:
    """What `evidence` proves to whoever trusts `directory`. No log, network or secret key is asked.

    `directory` is what the caller made of `evidence.directory` and of the roots that he trusts; that it is out of
    date by now is as it should be. Raises `LogError`, or `UnsealError` for a signed text that does not hold. Not
    checked: that others were shown the same log, unless witnesses signed its checkpoint.
    """
    # 1. The entry, in the log of a gateway of that directory.
    included = _included(evidence, directory, now)
    at = included.checkpoint.at
    # 2. The receipt, by keys that were not revoked when the log was signed.
    receipt = verify_jws(evidence.receipt, directory, at)
    _check_receipt(receipt)
    # 3. The entry is about this receipt.
    _check_entry(leaf.read(evidence.entry, included.index), receipt)
    # 4. The message that the receipt is about, where it is still there.
    answered = None if evidence.message is None else verify_jws(evidence.message, directory, at)
    if answered is not None:
        _check_message(answered, receipt)
    return ReceiptProof(receipt, answered, included, directory.version)


def _value(data: bytes) -> object:
    try:
        value = parse_any(data) if len(data) <= MAX_EVIDENCE else None
        return value if canonical(value) == data else None
    except EncodingError:
        return None


def read_archived(signed: bytes, roots: Sequence[PublicPair]) -> Directory:
    """A directory of any age, read as on the day on which it was issued. Raises `DirectoryError`."""
    try:
        value: Any = parse_any(signed)
        content: Any = parse_any(unb64u(value["payload"]))
        issued = content["issued"]
    except (EncodingError, KeyError, TypeError):
        raise DirectoryError("bad_directory") from None
    # Only the time at which the directory is read comes from here: `parse` verifies both signatures.
    return Directory.parse(signed, roots, issued if type(issued) is int else 0)


def _included(evidence: ReceiptEvidence, directory: Directory, now: int) -> Included:
    proof = Proof.parse(evidence.proof)
    origin = Unverified.parse(proof.note).origin
    return verify_entry(evidence.entry, proof, log_policy(directory, origin), now)


def log_policy(directory: Directory, origin: str) -> Policy:
    """Whom to trust for the log `origin`: the keys that one gateway has in the directory. Raises `LogError`."""
    logs = [gateway.log for gateway in directory.gateways.values() if gateway.log is not None]
    mine = [log for log in logs if log.name == origin]
    if len(mine) != 1:
        raise LogError("unknown_log")
    return Policy(mine[0])


def _check_receipt(receipt: Evidence) -> None:
    said = receipt.body.get("of")
    digests = (receipt.body.get("content_sha256"), receipt.body.get("status"))
    if receipt.mt != "receipt" or not isinstance(said, dict) or any(type(one) is not str for one in digests):
        raise LogError("not_a_receipt")


def _check_entry(entry: Mapping[str, Any], receipt: Evidence) -> None:
    said = tuple(map(entry.get, ("kind", "receipt_sha256", "content_sha256", "status")))
    body = receipt.body
    if said != ("receipt", receipt.content_sha256, body["content_sha256"], body["status"]):
        raise LogError("not_its_entry")


def _check_message(answered: Evidence, receipt: Evidence) -> None:
    body = receipt.body
    if (answered.mt, answered.content_sha256) != ("bundle", body["content_sha256"]):
        raise LogError("not_its_message")
    if (answered.iss, answered.jti) != (body["of"].get("iss"), body["of"].get("jti")):
        raise LogError("not_its_message")
    receiver, sender = answered.aud.partition("/")[0], receipt.aud.partition("/")[0]
    if (receipt.iss, sender) != (receiver, answered.iss):
        raise LogError("not_the_receiver")
