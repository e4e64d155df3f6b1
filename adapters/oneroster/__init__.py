"""OneRoster as comma-separated files, 1.1 and 1.2, packed together: who the pupils are, and their school.

The sets say nothing of needs or of what helps. Grades are those of another country and are never read as year groups.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.base import Adapter, Wishes, Written
from adapters.errors import CannotWrite
from adapters.head import Head
from adapters.oneroster.reading import read, tables_of
from adapters.oneroster.writing import VERSIONS, written
from schemas.findings import Finding

__all__ = ["ADAPTER", "detect", "read", "write"]


def detect(head: Head) -> bool:
    """Whether it is an archive with a table of users and a manifest or a table of organisations."""
    found = tables_of(head.members)
    return "users" in found and ("manifest" in found or "orgs" in found)


def write(bundles: Sequence[Mapping[str, Any]], wishes: Wishes) -> Written:
    """Return a set of the bundles' learners as pupils of their home school; no password is ever written.

    Raises CannotWrite when no bundle has a learner, and for a version that there is not.
    """
    version = wishes.options.get("version", "1.2")
    if version not in VERSIONS:
        raise CannotWrite(_NO_VERSION)
    learners = [bundle["learner"] for bundle in bundles if isinstance(bundle.get("learner"), Mapping)]
    if not learners:
        raise CannotWrite(_NOBODY)
    return written(learners, bundles, version, wishes.today)


_NO_VERSION = Finding(
    "oneroster.version", "error", "", "OneRoster is written as 1.1 or 1.2.", "Choose one of the two."
)
_NOBODY = Finding(
    "oneroster.nobody",
    "error",
    "",
    "There is no learner in what should be written.",
    "Choose a bundle that is about a learner.",
)

ADAPTER = Adapter(
    name="oneroster",
    title="OneRoster set (zip or folder)",
    read=read,
    write=write,
    detect=detect,
    options={"version": "1.2 (the usual) or 1.1"},
)
