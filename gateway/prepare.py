"""Making a transfer out of what people have: a class file from their MIS and a document about one learner in it.

The draft names its learner by UPN. The class file fills in what the draft does not say; what the draft says is
never overwritten, and a difference is shown to a person. Every other learner of the file stays where it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters import Draft
from schemas import Finding

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transfer ready to be examined, and what was decided on the way."""

    transfer: Json
    findings: tuple[Finding, ...]


def prepare(transfer: Mapping[str, Any], drafts: Iterable[Draft]) -> Prepared:
    """The transfer with its learner filled in from the one draft that has the same UPN.

    A finding of severity ``error`` means that the learner is not, or not clearly, in the file: then the
    transfer is given back as it was. Names are never compared: only an identifier says who somebody is.
    """
    learners = [draft for draft in drafts if draft.kind == "learner"]
    wanted = _upn(transfer.get("learner"))
    matches = [draft for draft in learners if wanted is not None and _upn(draft.value) == wanted]
    if len(matches) != 1:
        return Prepared(dict(transfer), (_no_match(wanted, len(matches)),))
    filled, differing = _fill(transfer["learner"], matches[0].value)
    findings = [_differs(pointer) for pointer in differing]
    if len(learners) > 1:
        findings.append(_others(len(learners) - 1))
    return Prepared({**transfer, "learner": filled}, tuple(findings))


def _upn(learner: object) -> str | None:
    upn = learner.get("upn") if isinstance(learner, Mapping) else None
    return upn.strip().upper() if isinstance(upn, str) else None


def _fill(own: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Json, Sequence[str]]:
    """What ``own`` says, filled up from ``other``; and where they differ."""
    differing = [
        f"/learner/{name}" for name in own if name != "upn" and name in other and own[name] != other[name]
    ]
    return {**other, **own}, differing


def _no_match(wanted: str | None, found: int) -> Finding:
    if wanted is None:
        return Finding(
            "prepare.no-upn",
            "error",
            "/learner/upn",
            "The transfer does not name its learner by UPN, so the learner cannot be found in the class file.",
            "Write the learner's UPN into the transfer.",
        )
    message = "is not in the class file" if not found else "stands more than once in the class file"
    return Finding(
        "prepare.no-match",
        "error",
        "/learner/upn",
        f"The learner with this UPN {message}.",
        "Check the UPN, or export the file again.",
    )


def _others(count: int) -> Finding:
    who = "1 other learner" if count == 1 else f"{count} other learners"
    return Finding(
        "prepare.not-sent",
        "info",
        "/learner",
        f"The class file holds {who}: nothing about them is sent.",
        "Nothing to do.",
    )


def _differs(pointer: str) -> Finding:
    return Finding(
        "prepare.differs",
        "warning",
        pointer,
        "The transfer and the class file do not say the same here; the transfer's own words are sent.",
        "Check which is right, and correct the other.",
    )
