"""What a rule said about one place, with the rule itself."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from schemas.findings import Finding, Severity
from schemas.rules._case import Outcome, Verdict
from schemas.rules._catalogue import Rule

_SEVERITIES: Mapping[Outcome, Severity] = {"error": "error", "warning": "warning"}


class Result(NamedTuple):
    """What one rule says about one place; the pointers are relative to the subject."""

    entry: Rule
    verdict: Verdict
    profile: str

    @property
    def rule(self) -> str:
        """The rule's id."""
        return self.entry.id

    @property
    def version(self) -> int:
        """The rule's version."""
        return self.entry.version

    @property
    def authority(self) -> str:
        """Who wants it so: see the catalogue's note."""
        return self.entry.authority

    @property
    def mode(self) -> Literal["R", "F"]:
        """Whether an error of the rule rejects or only flags."""
        return self.entry.mode

    @property
    def outcome(self) -> Outcome:
        """What the rule says."""
        return self.verdict.outcome

    @property
    def pointers(self) -> tuple[str, ...]:
        """The places that it is about."""
        return self.verdict.pointers

    @property
    def message(self) -> str:
        """What was found, in a plain sentence."""
        return self.verdict.message or self.entry.statement

    @property
    def fix(self) -> str:
        """What to do next, empty if nothing has to be done."""
        return self.verdict.fix or (self.entry.fix if self.outcome in ("error", "warning") else "")

    @property
    def rejects(self) -> bool:
        """Whether a gateway must refuse what this result is about."""
        return self.outcome == "error" and self.mode == "R"

    def finding(self) -> Finding:
        """Return the result as a finding at its first place."""
        place = self.pointers[0] if self.pointers else ""
        return Finding(self.rule, _SEVERITIES.get(self.outcome, "info"), place, self.message, self.fix)
