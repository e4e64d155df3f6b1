"""The sentences about files that do not fit together."""

from schemas.findings import Finding, Severity

_WORDS: dict[str, tuple[Severity, str, str]] = {
    "check.learner-ambiguous": (
        "error",
        "It cannot be told to which placement this learner belongs.",
        "Check one placement at a time, or put learner, placement and documents into one placement record.",
    ),
    "check.learner-conflict": (
        "error",
        "Two files name different learners for the same placement, so no rule about the learner was judged.",
        "Keep the learner whom the placement is about; take the other file out.",
    ),
    "check.placement-conflict": (
        "error",
        "Two files describe the same placement differently, so no rule about the placement was judged.",
        "Keep the description that is right; take the other file out.",
    ),
    "check.document-conflict": (
        "error",
        "This is the same version of a document that is in another file with other content.",
        "Keep the right one. A corrected document has the next version number.",
    ),
    "check.no-learner": (
        "info",
        "The learner is not among these files, so rules that need the learner could not be judged.",
        "Add the learner, or a transfer that holds the learner.",
    ),
    "check.no-placement": (
        "info",
        "The placement is not among these files, so rules that need the placement could not be judged.",
        "Add the placement, or a transfer that holds the placement.",
    ),
}


def told(code: str, pointer: str = "") -> Finding:
    """Return the finding with this code."""
    severity, message, fix = _WORDS[code]
    return Finding(code, severity, pointer, message, fix)
