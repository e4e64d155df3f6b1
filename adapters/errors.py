"""Everything an adapter raises on purpose."""

from schemas.findings import Finding


class AdapterError(Exception):
    """The root of everything an adapter raises on purpose; `findings` say why in plain words, without content."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__(", ".join(finding.code for finding in findings))


class CannotRead(AdapterError):
    """The file as a whole cannot be read."""


class CannotWrite(AdapterError):
    """There is no file to write."""
