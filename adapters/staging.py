"""A whole reading at once: drafts are looked at, and perhaps taken over, only after a clean end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.base import Draft, Item, LossReport
from adapters.errors import CannotRead
from schemas.findings import Finding


@dataclass(frozen=True, slots=True)
class Staged:
    """What a file gave. Nothing of it counts unless it is `clean`, or a person has settled every error."""

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]
    loss: LossReport

    @property
    def clean(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return drafts, findings and the loss report as JSON members."""
        return {
            "clean": self.clean,
            "drafts": [draft.to_json() for draft in self.drafts],
            "findings": [finding.to_json() for finding in self.findings],
            "loss": self.loss.to_json(),
        }


def stage(items: Iterable[Item]) -> Staged:
    """Return everything that a reader yields; a file that cannot be read gives its reasons and no draft at all."""
    drafts: list[Draft] = []
    findings: list[Finding] = []
    loss = LossReport()
    try:
        for item in items:
            match item:
                case Draft():
                    drafts.append(item)
                case Finding():
                    findings.append(item)
                case _:
                    loss = item
    except CannotRead as refused:
        return Staged((), tuple(refused.findings), LossReport())
    return Staged(tuple(drafts), tuple(findings), loss)


def as_bundles(drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Return one bundle's content for each learner draft, with the documents that are about that learner.

    Who a document is about is told by the UPN or the system's own number alone; a document of nobody who is there is
    left out, because a name does not say who somebody is.
    """
    bundles: list[dict[str, Any]] = []
    by_number: dict[tuple[str, str], dict[str, Any]] = {}
    for draft in drafts:
        if draft.kind == "learner" and "legalName" in draft.value:
            bundle: dict[str, Any] = {"learner": dict(draft.value), "documents": []}
            bundles.append(bundle)
            for number in _numbers({**draft.about, **draft.value}):
                by_number[number] = bundle
    for draft in drafts:
        if draft.kind != "learner" and isinstance(draft.value.get("type"), str):
            for number in _numbers(draft.about):
                if number in by_number:
                    by_number[number]["documents"].append(dict(draft.value))
                    break
    return bundles


def _numbers(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, about[name]) for name in ("upn", "localId") if isinstance(about.get(name), str)]
