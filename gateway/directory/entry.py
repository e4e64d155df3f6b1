"""An entry: what the repository holds about one organisation or gateway, in one target file.

A target file is canonical JSON, `{"document", "steps", "replaced"?, "suspended"?, "voucher"?}`: the document as its
organisation made it, the steps that led to it, and what the keeper says beside it. ``replaced`` is the document
before a recovery; it counts until the recovery does.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, Self

from gateway.directory.continuity import Step, check_steps, finder, read_step
from gateway.directory.errors import DirectoryRefused
from gateway.directory.vouching import Voucher, read_voucher
from signing import DirectoryError, EncodingError, SigningError
from signing.encoding import canonical, check_content, parse
from signing.entries import read_gateway, read_organisation

NAME: Final = re.compile(r"(orgs|gateways)/([a-z0-9]+(?:-[a-z0-9]+)*)\.json")
"""The name of a target file, and nothing else is one: none leads out of a folder. Use with ``fullmatch``."""
MAX_ENTRY: Final = 1024 * 1024  # bytes
MAX_TOKEN: Final = 64

_MEMBERS: Final = frozenset({"document", "steps", "replaced", "suspended", "voucher"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suspended:
    """Since when, and why, the keeper has suspended somebody."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, read strictly; signatures of steps are verified, the voucher's is not yet."""

    name: str
    document: Json = field(repr=False)
    steps: tuple[Step, ...] = ()
    replaced: Json | None = field(default=None, repr=False)
    suspended: Suspended | None = None
    voucher: Voucher | None = None

    @property
    def is_organisation(self) -> bool:
        """Whether it is about an organisation; the others are about gateways."""
        return self.name.startswith("orgs/")

    @property
    def token(self) -> str:
        """The last part of its name on the wire."""
        return self.name.partition("/")[2].removesuffix(".json")

    @property
    def effective(self) -> int:
        """From when the document counts: 0 unless it came by a recovery."""
        return max((step.at for step in self.steps if step.recovery), default=0)

    def pending(self, now: int) -> bool:
        """Whether a recovery is waiting for its time."""
        return self.replaced is not None and now < self.effective

    def base(self, now: int) -> Json:
        """The document that counts at ``now``, before what the new one and the keeper take away from it."""
        return self.replaced if self.replaced is not None and self.pending(now) else self.document

    def in_force(self, now: int) -> Json:
        """The document to go by. What takes trust away (a status, a revocation) counts at once."""
        document = self.base(now)
        if document is not self.document:
            document = _restricted(document, self.document)
        return document if self.suspended is None else {**document, "status": "suspended"}

    def to_bytes(self) -> bytes:
        """The target file."""
        said: Json = {"document": self.document, "steps": [step.members() for step in self.steps]}
        if self.replaced is not None:
            said["replaced"] = self.replaced
        if self.suspended is not None:
            said["suspended"] = {"at": self.suspended.at, "reason": self.suspended.reason}
        if self.voucher is not None:
            said["voucher"] = self.voucher.signed
        return canonical(said)

    @classmethod
    def parse(cls, name: str, data: bytes) -> Self:
        """The entry in the target file ``name``. Raises DirectoryRefused."""
        kind, token = check_name(name)
        try:
            members = _members(data)
            document = members["document"]
            replaced = members.get("replaced")
            _check_document(kind, token, document)
            if replaced is not None:
                _check_document(kind, token, replaced)
            find = finder(document, replaced)
            steps = tuple(read_step(step, document[_WHO[kind]], find) for step in members["steps"])
            voucher = read_voucher(members["voucher"]) if "voucher" in members else None
        except DirectoryRefused as problem:
            raise DirectoryRefused(problem.code, name) from None
        except SigningError as problem:
            raise DirectoryRefused.of(problem, name) from None
        entry = cls(name, document, steps, replaced, _suspended(members.get("suspended"), name), voucher)
        entry._check()
        return entry

    def _check(self) -> None:
        """Steps that rise, end at the document, and are there exactly for organisations."""
        versions = [step.version for step in self.steps]
        recovered = any(step.recovery for step in self.steps)
        before = self.replaced is None or (recovered and self.replaced["ver"] < self.document["ver"])
        if not before or versions != sorted(set(versions)) or bool(self.steps) is not self.is_organisation:
            raise DirectoryRefused("bad_entry", self.name)
        if self.steps and not self.steps[-1].names(self.document):
            raise DirectoryRefused("continuity_missing", self.name)


_WHO: Final = {"orgs": "org", "gateways": "gateway"}


def check_name(name: str) -> tuple[str, str]:
    """The kind and the token in the name of a target file. Raises DirectoryRefused."""
    match = NAME.fullmatch(name)
    if match is None or len(match[2]) > MAX_TOKEN:
        raise DirectoryRefused("bad_name")
    return match[1], match[2]


def check_document(name: str, document: object) -> None:
    """Whether a document may stand in the entry ``name``. Raises DirectoryRefused."""
    kind, token = check_name(name)
    try:
        _check_document(kind, token, document)
    except DirectoryError as problem:
        raise DirectoryRefused.of(problem, name) from None


def check_new(new: Entry, now: int) -> None:
    """Whether what waits in ``new`` says what counts until then. Raises DirectoryRefused."""
    if now < new.effective and new.replaced is None:
        raise DirectoryRefused("recovery_too_soon", new.name)


def check_change(old: Entry, new: Entry, now: int, since: int) -> None:
    """Whether ``new`` may take the place of ``old``, which was verified at ``since``. Raises DirectoryRefused."""
    # What counted then: a recovery that was waiting may have been stopped since, or have come to count.
    known, next_one = old.base(since), new.base(now)
    if next_one["ver"] < known["ver"] or new.document["ver"] < old.document["ver"]:
        raise DirectoryRefused("rollback", new.name)
    if next_one["ver"] == known["ver"]:
        if next_one != known:
            raise DirectoryRefused("continuity_missing", new.name)
    elif new.is_organisation and not any(step.names(next_one) for step in new.steps):
        raise DirectoryRefused("continuity_missing", new.name)
    try:
        check_steps(new.steps, known, old.steps, since)
    except DirectoryRefused as problem:
        raise DirectoryRefused(problem.code, new.name) from None


def _members(data: bytes) -> Json:
    try:
        members = parse(data) if len(data) <= MAX_ENTRY else None
        check_content(members, data)
    except EncodingError:
        members = None
    if not isinstance(members, dict) or not {"document", "steps"} <= members.keys() <= _MEMBERS:
        raise DirectoryRefused("bad_entry")
    if not isinstance(members["steps"], list):
        raise DirectoryRefused("bad_entry")
    return members


def _check_document(kind: str, token: str, document: object) -> None:
    if kind == "gateways":
        read_gateway(token, document)
        return
    # Who vouches is said by the voucher; a document that says it of itself is refused.
    if isinstance(document, dict) and "vouchedBy" in document:
        raise DirectoryRefused("voucher_invalid")
    read_organisation(token, document)


def _suspended(value: object, name: str) -> Suspended | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != {"at", "reason"}:
        raise DirectoryRefused("bad_entry", name)
    at, reason = value["at"], value["reason"]
    if type(at) is not int or at < 0 or type(reason) is not str or not reason.strip():
        raise DirectoryRefused("bad_entry", name)
    return Suspended(at, reason)


def _restricted(old: Json, new: Json) -> Json:
    """The old document with the new one's status, if that is less, and with its revocations."""
    revoked = {key["jwk"]["kid"]: key["revoked"] for key in new["keys"] if "revoked" in key}
    keys = [
        {**key, "revoked": revoked[key["jwk"]["kid"]]} if key["jwk"]["kid"] in revoked else key
        for key in old["keys"]
    ]
    status = old["status"] if new["status"] == "active" else new["status"]
    return {**old, "keys": keys, "status": status}
