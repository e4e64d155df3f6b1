"""Any class list: comma-separated text or a workbook, whatever the headings are called, if the list knows them.

The names that Bromcom, ScholarPack, SIMS, Arbor, iSAMS, Progresso and the templates of the DfE give their columns
stand in `adapters/data/tables.json`; a school's own heading is one more line there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from adapters.base import Adapter, Hints, Item, Wishes, Written
from adapters.errors import CannotWrite
from adapters.head import Head
from adapters.table.headings import layout
from adapters.table.learners import ClassList
from adapters.table.reading import heading_row, table
from adapters.table.writing import FORMS, class_list
from schemas.findings import Finding

__all__ = ["ADAPTER", "detect", "read", "write"]

_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def detect(head: Head) -> bool:
    """Whether it is a workbook, or text with a row of headings of which one names or numbers a pupil."""
    if "xl/workbook.xml" in head.members or head.start.startswith(_OLD_WORKBOOK):
        return True
    return not head.members and heading_row(head, layout("learners").fits)


def read(stream: BinaryIO, hints: Hints) -> Iterator[Item]:
    """Yield each row's draft of a learner with its findings, and the loss report last.

    Raises CannotRead for a file that is no table, has no headings that are known, or is too large. Not checked:
    codes against the published lists. A workbook gives its first sheet with such headings.
    """
    yield from ClassList("csv", table(stream, layout("learners").fits, hints), hints).items()


def write(bundles: Sequence[Mapping[str, Any]], wishes: Wishes) -> Written:
    """Return a class list of the bundles' learners, as text or as a workbook; whatever is not of the core is lost.

    Raises CannotWrite when no bundle has a learner, or for a form that there is not. A cell that a spreadsheet would
    take for a formula gets an apostrophe before it, which `read` takes away again.
    """
    form = wishes.options.get("form", "csv")
    if form not in FORMS:
        raise CannotWrite(_NO_FORM)
    learners = [bundle["learner"] for bundle in bundles if isinstance(bundle.get("learner"), Mapping)]
    if not learners:
        raise CannotWrite(_NOBODY)
    return class_list(learners, bundles, form)


_NO_FORM = Finding(
    "csv.form", "error", "", "A class list is written as csv or as xlsx.", "Choose one of the two."
)
_NOBODY = Finding(
    "csv.nobody",
    "error",
    "",
    "There is no learner in what should be written.",
    "Choose a bundle that is about a learner.",
)

ADAPTER = Adapter(
    name="csv",
    title="class list (comma-separated or workbook)",
    read=read,
    write=write,
    detect=detect,
    options={"form": "csv (the usual) or xlsx"},
)
