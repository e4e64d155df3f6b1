"""Checkpoints: what a log signs about its tree, in the form of c2sp.org/tlog-checkpoint.

    example.org/ltp/v1/log            the log's origin
    41218                             how many entries it has
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
                                      (an empty line)
    — example.org/ltp/v1/log Az3grl…  one line for each signature

A log signs with both its keys: a checkpoint with one good signature of the two is refused. The time of a
checkpoint is the one in the log's ML-DSA-44 cosignature.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from signing.log.errors import LogError
from signing.log.keys import (
    COSIGNATURE_ED25519,
    COSIGNATURE_ML_DSA_44,
    NAME,
    NOTE,
    Identity,
    LogKey,
    NoteKey,
    from_base64,
    unbase64,
)
from signing.log.merkle import HASH_LENGTH, Head
from signing.message import CLOCK_SKEW

MAX_NOTE: Final = 256 * 1024  # bytes: more than fifty signatures of the longest kind
MAX_SIGNATURES: Final = 64
MAX_SIZE: Final = 2**62

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE: Final = re.compile(rf"— ({NAME.pattern}) ([A-Za-z0-9+/]+=*)")
_LABEL: Final = b"subtree/v1\n\0"
_MADE_HERE: Final = object()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not verified: whose it says it is, and its bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes = field(repr=False)

    def line(self) -> str:
        """The line, with its end."""
        return f"— {self.name} {b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Unverified:
    """A checkpoint as it was read: nothing of it is proved yet."""

    origin: str
    head: Head
    signatures: tuple[Signature, ...]
    note: bytes = field(repr=False)

    @classmethod
    def parse(cls, note: bytes) -> Self:
        """The checkpoint in the text of a note, which is UTF-8 and in exactly the published form.

        Extension lines are refused: ML-DSA cosignatures do not cover them. Raises `LogError`.
        """
        text, separator, rest = _decoded(note).partition("\n\n")
        lines = text.split("\n")
        if not separator or len(lines) != 3 or not rest.endswith("\n") or NAME.fullmatch(lines[0]) is None:
            raise LogError("bad_note")
        (root,) = from_base64(lines[2:], HASH_LENGTH, "bad_note")
        signatures = rest[:-1].split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise LogError("bad_note")
        head = Head(number(lines[1], "bad_note"), root)
        return cls(lines[0], head, tuple(read_signature(line) for line in signatures), note)

    @property
    def text(self) -> bytes:
        """What is signed: the note without its signatures."""
        return text_of(self.origin, self.head)


@dataclass(frozen=True, slots=True)
class Verified:
    """A checkpoint that its log signed with both keys; only `verify` can make one.

    `witnesses` holds the time of each witness that signed it too.
    """

    origin: str
    head: Head
    at: int
    witnesses: Mapping[str, int]
    note: bytes = field(repr=False)
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise TypeError("only signing.log can make this value")


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose word is taken: one log, the witnesses that count, and how many of them must have signed."""

    log: Identity
    witnesses: tuple[Identity, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        names = {identity.name for identity in (self.log, *self.witnesses)}
        if len(names) != len(self.witnesses) + 1 or not 0 <= self.quorum <= len(self.witnesses):
            raise LogError("bad_key")

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The policy of `{"keys": […], "witnesses": [[…], …], "quorum": n}`, of verifier keys. Raises `LogError`."""
        if not isinstance(value, dict) or not {"keys"} <= value.keys() <= {"keys", "witnesses", "quorum"}:
            raise LogError("bad_key")
        witnesses, quorum = value.get("witnesses", []), value.get("quorum", 0)
        if not isinstance(witnesses, list) or type(quorum) is not int:
            raise LogError("bad_key")
        log = Identity.from_vkeys("log", value["keys"])
        return cls(log, tuple(Identity.from_vkeys("witness", keys) for keys in witnesses), quorum)


def sign(origin: str, head: Head, key: LogKey, at: int) -> bytes:
    """The signed checkpoint of the log `origin`, whose keys are `key`, with the time `at`.

    Not checked: that the tree is the one signed before, grown longer, and that time has not gone back.
    """
    text = text_of(origin, head)
    return text + b"\n" + signature_lines(key.identity("log", origin), key, origin, head, at)


def signature_lines(who: Identity, key: LogKey, origin: str, head: Head, at: int) -> bytes:
    """Both signature lines of `who`, a log or a witness whose keys are `key`, over one checkpoint."""
    private: tuple[Ed25519PrivateKey | MLDSA44PrivateKey, ...] = (key.ed25519, key.ml_dsa)
    lines = []
    for public, half in zip(who.keys, private, strict=True):
        signature = half.sign(_signed_text(public, origin, head, at))
        time = b"" if public.kind == NOTE else at.to_bytes(8, "big")
        lines.append(Signature(who.name, public.key_id, time + signature).line())
    return "".join(lines).encode()


def verify(checkpoint: Unverified, policy: Policy, now: int) -> Verified:
    """`checkpoint`, signed by both keys of the log and by enough witnesses. Raises `LogError`.

    A signature line of a key that is not in the policy is left alone; one of a key that is, must be right.
    """
    if checkpoint.origin != policy.log.name:
        raise LogError("unknown_log")
    times = _times(checkpoint, policy.log)
    if times is None:
        raise LogError("bad_signature")
    found = {witness.name: _times(checkpoint, witness) for witness in policy.witnesses}
    witnesses = {name: at for name, at in found.items() if at is not None}
    if len(witnesses) < policy.quorum:
        raise LogError("too_few_witnesses")
    _check_times(times, witnesses, now)
    return Verified(
        checkpoint.origin,
        checkpoint.head,
        times,
        MappingProxyType(witnesses),
        checkpoint.note,
        made_by=_MADE_HERE,
    )


def _times(checkpoint: Unverified, signer: Identity) -> int | None:
    """The time at which `signer` signed with all its keys; None when it did not. Raises `LogError`."""
    times: list[int] = []
    for key in signer.keys:
        mine = [s for s in checkpoint.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        if not mine:
            return None
        for signature in mine:
            at, raw = key.split(signature.signature)
            key.verify(raw, _signed_text(key, checkpoint.origin, checkpoint.head, at or 0))
            times += [] if at is None else [at]
    # The later one, so that no single forged key can date the signer's word back.
    return max(times)


def _check_times(at: int, witnesses: Mapping[str, int], now: int) -> None:
    if any(time > now + CLOCK_SKEW for time in (at, *witnesses.values())):
        raise LogError("from_the_future")
    # A witness signs after the log: one that says it did so long before shows that a clock is wrong.
    if any(time < at - CLOCK_SKEW for time in witnesses.values()):
        raise LogError("clock_step")


def _signed_text(key: NoteKey, origin: str, head: Head, at: int) -> bytes:
    """What a key of each kind signs."""
    if key.kind == COSIGNATURE_ML_DSA_44:
        name, log = key.name.encode(), origin.encode()
        numbers = b"".join(number.to_bytes(8, "big") for number in (0, head.size))
        before = _LABEL + bytes([len(name)]) + name + at.to_bytes(8, "big") + bytes([len(log)]) + log
        return before + numbers + head.root
    if key.kind == COSIGNATURE_ED25519:
        return f"cosignature/v1\ntime {at}\n".encode() + text_of(origin, head)
    return text_of(origin, head)


def text_of(origin: str, head: Head) -> bytes:
    """The text of a checkpoint, without signatures."""
    return f"{origin}\n{head.size}\n{b64encode(head.root).decode()}\n".encode()


def number(text: str, code: str) -> int:
    """A whole number without leading zeroes that is no larger than a tree can be. Raises `LogError`."""
    if _NUMBER.fullmatch(text) is None or int(text) > MAX_SIZE:
        raise LogError(code)
    return int(text)


def read_signature(line: str) -> Signature:
    """A signature line, without its end. Raises `LogError`."""
    match = _LINE.fullmatch(line)
    data = b"" if match is None else unbase64(match[2])
    if match is None or len(data) < 5:
        raise LogError("bad_note")
    return Signature(match[1], data[:4], data[4:])


def read_signatures(lines: bytes) -> tuple[Signature, ...]:
    """The signature lines that a witness answered with. Raises `LogError`."""
    text = _decoded(lines)
    if not text.endswith("\n"):
        raise LogError("bad_note")
    return tuple(read_signature(line) for line in text[:-1].split("\n"))


def with_witness(checkpoint: Verified, lines: bytes, policy: Policy, now: int) -> Verified:
    """`checkpoint` with the signature lines of a witness of the policy; others are left out. Raises `LogError`."""
    known = {(key.name, key.key_id) for witness in policy.witnesses for key in witness.keys}
    there = {(s.name, s.key_id) for s in Unverified.parse(checkpoint.note).signatures}
    new = [s for s in read_signatures(lines) if (s.name, s.key_id) in known - there]
    note = checkpoint.note + "".join(signature.line() for signature in new).encode()
    return verify(Unverified.parse(note), policy, now)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode() if len(data) <= MAX_NOTE else ""
    except UnicodeDecodeError:
        text = ""
    return text


def check_same_log(checkpoints: Sequence[Verified]) -> tuple[Verified, ...]:
    """The checkpoints by size, when none of the same size differ and none is older than a smaller one.

    Raises `LogError` with `split_view` or `clock_step`. Trees of different sizes need a consistency proof.
    """
    ordered = sorted(checkpoints, key=lambda checkpoint: (checkpoint.head.size, checkpoint.at))
    for before, after in pairwise(ordered):
        if before.origin != after.origin:
            raise LogError("unknown_log")
        if before.head.size == after.head.size and before.head.root != after.head.root:
            raise LogError("split_view", after.head.size)
        if after.at < before.at:
            raise LogError("clock_step", after.head.size)
    return tuple(ordered)
