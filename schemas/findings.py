"""Findings, and the errors that carry them.

SchemasError
├── InvalidDocument   a document that the standard does not allow, with every finding
└── UnknownName       a schema, framework or scale that this version does not have
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check: never holds a submitted value, so it may be shown and logged."""

    code: str
    severity: Severity
    pointer: str
    message: str
    fix: str

    def to_json(self) -> dict[str, str]:
        """Return the finding as the JSON object that every interface shows."""
        return {
            "code": self.code,
            "severity": self.severity,
            "pointer": self.pointer,
            "message": self.message,
            "fix": self.fix,
        }


class SchemasError(Exception):
    """The base of every error that this package raises."""


class InvalidDocument(SchemasError):
    """A document that the standard does not allow; `findings` holds every reason."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        codes = sorted({finding.code for finding in self.findings})
        return f"{len(self.findings)} finding(s): {', '.join(codes)}"


class UnknownName(SchemasError):
    """A schema, framework or scale was asked for that this version does not have."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"this version has no such {kind}")
