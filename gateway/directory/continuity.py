"""Continuity: an organisation's new document is vouched for by its own former keys, or waits for all to see.

Each document that an organisation ever had left a *step*. A step is a signed text (JWS, both signatures) in which
former keys name the new document and the new keys. Where the former keys are lost, the keeper writes the step: a
*recovery*, which counts only from an instant that is at least 72 hours away when it is published.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from gateway.directory.errors import DirectoryRefused
from signing import EncodingError, SigningPair, VerificationKey, jws
from signing.encoding import canonical, check_content, parse, sha256

TYPE: Final = "ltp-continuity+jws"
RECOVERY_DELAY_S: Final = 72 * 3_600
"""How long everybody can see a recovery before it counts."""

_MEMBERS: Final = frozenset({"org", "ver", "sha256", "kids", "at"})

Json = Mapping[str, Any]
Find = Callable[[str], VerificationKey | None]


@dataclass(frozen=True, slots=True)
class Step:
    """How an organisation came to one version of its document. ``signed`` is None for a recovery."""

    version: int
    digest: str
    kids: frozenset[str]
    at: int
    signers: frozenset[str] = frozenset()
    signed: str | None = field(default=None, repr=False)
    reason: str = ""

    @property
    def recovery(self) -> bool:
        """Whether the former keys did not sign; ``at`` is then the instant from which it counts."""
        return self.signed is None

    def names(self, document: Json) -> bool:
        """Whether this step leads to ``document``."""
        return (self.version, self.digest) == (document["ver"], digest(document))

    def members(self) -> dict[str, Any]:
        """The step as JSON; ``read_step`` reads it."""
        if self.signed is not None:
            return {"jws": self.signed}
        said = {"ver": self.version, "sha256": self.digest, "kids": sorted(self.kids)}
        return {"recovery": {**said, "effective": self.at, "reason": self.reason}}

    @classmethod
    def of(cls, document: Json, at: int, reason: str) -> Self:
        """The step of a recovery to ``document``."""
        return cls(document["ver"], digest(document), signing_kids(document), at, reason=reason)


def digest(document: Json) -> str:
    """SHA-256 of a document's canonical form."""
    return sha256(canonical(dict(document)))


def signing_kids(document: Json) -> frozenset[str]:
    """The ids of a document's signing keys that are not revoked."""
    keys = [key for key in document["keys"] if "desk" not in key and "revoked" not in key]
    return frozenset(key["jwk"]["kid"] for key in keys)


def sign_step(document: Json, pair: SigningPair, now: int) -> Step:
    """The step to ``document``, signed with a pair of the document before (of its own, if it is the first)."""
    said = {"org": document["org"], "ver": document["ver"], "sha256": digest(document), "at": now}
    payload = canonical({**said, "kids": sorted(signing_kids(document))})
    return read_step(
        {"jws": jws.sign(payload, pair, TYPE).decode()}, document["org"], _finder((pair.public.jwks(),))
    )


def submission(
    document: Json, pairs: Sequence[SigningPair], listed: Iterable[str], now: int
) -> dict[str, Any]:
    """What an organisation gives the keeper: its document, with a step where one of its pairs may sign it.

    ``listed`` are the ids of its signing keys that the directory has now, unrevoked. Of the pairs held here the oldest
    of those signs, so that a gateway that was away can follow; if none is listed, the newest signs for itself.
    """
    known = frozenset(listed)
    mine = [p for p in pairs if {p.ed25519.public.kid, p.ml_dsa.public.kid} <= known]
    if known and not mine:
        return {"document": dict(document)}
    pair = mine[0] if mine else pairs[-1]
    return {"document": dict(document), "step": sign_step(document, pair, now).members()}


def read_step(value: object, organisation: str, find: Find) -> Step:
    """The step in an entry, with both signatures verified. Raises DirectoryRefused or SigningError."""
    if not isinstance(value, dict) or len(value) != 1:
        raise DirectoryRefused("bad_entry")
    if "jws" not in value:
        return _recovery(value.get("recovery"))
    text = value["jws"]
    if type(text) is not str:
        raise DirectoryRefused("bad_entry")
    signed = jws.read(text.encode(), TYPE)
    if any(find(part.kid) is None for part in signed.parts):
        raise DirectoryRefused("continuity_missing")
    said = _said(jws.verify(signed, find), organisation)
    signers = frozenset(part.kid for part in signed.parts)
    return Step(said["ver"], said["sha256"], frozenset(said["kids"]), said["at"], signers, text)


def _said(payload: bytes, organisation: str) -> dict[str, Any]:
    try:
        said = parse(payload)
        check_content(said, payload)
    except EncodingError:
        raise DirectoryRefused("bad_entry") from None
    if not isinstance(said, dict) or said.keys() != _MEMBERS or said["org"] != organisation:
        raise DirectoryRefused("bad_entry")
    _check_types(said, said["at"])
    return said


def _recovery(value: object) -> Step:
    if not isinstance(value, dict) or value.keys() != {"ver", "sha256", "kids", "effective", "reason"}:
        raise DirectoryRefused("bad_entry")
    _check_types(value, value["effective"])
    if type(value["reason"]) is not str or not value["reason"].strip():
        raise DirectoryRefused("bad_entry")
    kids = frozenset(value["kids"])
    return Step(value["ver"], value["sha256"], kids, value["effective"], reason=value["reason"])


def _check_types(said: Json, at: object) -> None:
    kids = said["kids"]
    numbers = all(type(number) is int and number >= 0 for number in (said["ver"], at))
    texts = isinstance(kids, list) and all(type(text) is str for text in [said["sha256"], *kids])
    if not numbers or not texts:
        raise DirectoryRefused("bad_entry")


def check_steps(steps: Sequence[Step], known: Json, seen: Iterable[Step], since: int) -> None:
    """Whether ``steps`` lead from the document ``known`` to the last one without a break.

    ``seen`` are steps that were taken before; ``since`` is when the directory was last verified: a recovery that was
    not there then counts 72 hours later at the earliest. Raises DirectoryRefused.
    """
    kids, before = signing_kids(known), {(step.version, step.at) for step in seen if step.recovery}
    for step in steps:
        if step.version <= known["ver"]:
            continue
        if not step.recovery and not step.signers <= kids:
            raise DirectoryRefused("continuity_missing")
        if step.recovery and (step.version, step.at) not in before and step.at < since + RECOVERY_DELAY_S:
            raise DirectoryRefused("recovery_too_soon")
        kids = step.kids


def shortened(steps: Sequence[Step]) -> tuple[Step, ...]:
    """``steps`` without those that changed no signing key: the rest still leads here from every version."""
    if len(steps) < 3:
        return tuple(steps)
    inner = [
        step
        for before, step, after in zip(steps, steps[1:], steps[2:], strict=False)
        if step.recovery or after.recovery or step.kids != before.kids
    ]
    return (steps[0], *inner, steps[-1])


def finder(*documents: Json | None) -> Find:
    """Finds a signing key in documents by its id, current or not. Raises SigningError for a key in a wrong form."""
    jwks = [
        [key["jwk"] for key in document["keys"] if "desk" not in key] for document in documents if document
    ]
    return _finder(jwks)


def _finder(groups: Iterable[Iterable[Mapping[str, str]]]) -> Find:
    found = {jwk["kid"]: jwk for jwks in groups for jwk in jwks}

    def find(kid: str) -> VerificationKey | None:
        return VerificationKey.from_jwk(found[kid]) if kid in found else None

    return find
