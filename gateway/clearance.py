"""Which bundles of a transfer may leave although something of the transfer has to be put right.

A safeguarding document is never held back by a finding about something else (ADR 0010): what goes to a
safeguarding desk leaves unless a problem is about one of its own documents, its own recipient, or the transfer
as a whole. The companion of a profile is the exception: the two are one act, go together or not at all, and
whoever posted them knows at once. Everything else leaves together or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.disclosure import Part
from schemas import Finding, rules

_USED_BY_ALL = ("learner", "placement")


def cleared(
    transfer: Mapping[str, Any],
    parts: Sequence[Part],
    results: Iterable[rules.Result],
    findings: Iterable[Finding],
) -> tuple[Part, ...]:
    """Return the parts that may leave. Pure.

    ``results`` are those of the rules over the transfer, ``findings`` what dividing it gave.
    """
    judged = [place for result in results if result.rejects for place in result.pointers or ("",)]
    divided = [finding.pointer for finding in findings if finding.severity == "error"]
    if not judged and not divided:
        return tuple(parts)
    # What a rule finds in the learner or the placement is about every other use that is made of them too.
    serious = [place for place in judged if place.split("/")[1:2] not in ([name] for name in _USED_BY_ALL)]
    return tuple(
        part
        for part in parts
        if part.desk == "dsl"
        and not _goes_with_a_profile(part, parts)
        and not any(_concerns(transfer, part, place) for place in (*serious, *divided))
    )


def _goes_with_a_profile(part: Part, parts: Sequence[Part]) -> bool:
    return part.companion and any(
        other.needs_companion and other.organisation == part.organisation for other in parts
    )


def _concerns(transfer: Mapping[str, Any], part: Part, place: str) -> bool:
    kind, _, rest = place.removeprefix("/").partition("/")
    index = rest.partition("/")[0]
    if kind not in ("documents", "recipients", "attachments") or not index.isdecimal():
        return True
    entry = transfer[kind][int(index)]
    if kind == "attachments":
        return any(entry["id"] == file["id"] for file in part.body["attachments"])
    if kind == "recipients":
        return (entry["organisation"], entry["role"]) == (part.organisation, part.role)
    return any(entry["documentId"] == document["documentId"] for document in part.body["documents"])
