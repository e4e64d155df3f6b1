"""The Common Transfer File (CTF), versions 9.0 to 26.0, full or partial, and its admissions sibling (ATF).

The file says who the pupil is, with contacts, SEN history, attendance totals and results. It says
nothing about strategies, triggers or behaviour: a draft made from it always needs a person.

How findings and drafts go together: every pupil gives one draft, also a faulty one, so that a person can
see it. A finding of severity `error` (no or impossible date of birth, no legal name, the same UPN twice,
no pupils) means that the file is not clean: whoever stages the drafts takes over none of them until a
person has decided. A file that breaks in the middle raises CannotRead after the drafts before the break.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from adapters.base import Adapter, Draft, Hints, Item, Wishes, Written
from adapters.ctf import writing
from adapters.ctf.case import Case, iso_date
from adapters.ctf.codes import IGNORED, SKIP, USED
from adapters.ctf.header import Header, findings, read_header
from adapters.ctf.pupil import learner
from adapters.errors import CannotRead
from adapters.head import Head
from adapters.loss import Tally, report
from adapters.prolog import read_prolog
from adapters.xml import Wanted, records
from schemas.findings import Finding

__all__ = ["ADAPTER", "detect", "read", "write"]

_ROOTS = frozenset({"CTfile", "CTFile", "ATfile", "ATFile"})
_NO_DAY = "9999-12-31"


def detect(head: Head) -> bool:
    """Whether the first bytes are those of a CTF or ATF, in any readable encoding.

    A file with a DOCTYPE is recognised too, so that `read` can say why it is refused.
    """
    prolog = read_prolog(head.start)
    return prolog.root in _ROOTS or prolog.doctype in _ROOTS


def read(stream: BinaryIO, hints: Hints) -> Iterator[Item]:
    """Yield the findings about the file, then each pupil's draft and findings, and the loss report last.

    Raises CannotRead for a file that is not XML, broken, too large, of a version before 9.0, or has too
    many pupils. Not checked: whether the drafts are complete, and the codes against the published lists.
    """
    wanted = Wanted(roots=_ROOTS, records={"Header": 1, "Pupil": 2}, unit="Pupil", skip=SKIP)
    tally, seen = Tally(), set[str]()
    header: Header | None = None
    number = 0
    for name, node in records(stream, wanted, hints):
        if name == "Header":
            header = read_header(node)
            yield from findings(header)
            continue
        number += 1
        if number > hints.max_pupils:
            raise CannotRead(_too_many(hints.max_pupils))
        if header is None:
            header = Header()
            yield _NO_HEADER
        case = Case(number, header, tally, _today(header, hints))
        value = learner(node, case)
        yield Draft("learner", f"Pupil {number}", value)
        _note_duplicate(value.get("upn"), seen, case)
        yield from case.findings
    if not number:
        yield _NO_PUPILS
    yield report(wanted.census, tally, USED, IGNORED)


def write(bundles: Sequence[Mapping[str, Any]], wishes: Wishes) -> Written:
    """Return a partial file of the bundles' learners, with a reference to each one's profile and nothing of it.

    Raises CannotWrite, with every reason, for a pupil without name, date of birth or a UPN whose check letter fits,
    a sending school without a number, or a version that is not taken any more.
    """
    return writing.written(bundles, wishes, read)


def _today(header: Header, hints: Hints) -> str:
    """Return the day that 'current' means: the reader's, else the file's, else the end of time."""
    if hints.today is not None:
        return hints.today.isoformat()
    return iso_date(header.day) or _NO_DAY


def _note_duplicate(upn: str | None, seen: set[str], case: Case) -> None:
    if upn is None:
        case.info(
            "no_upn",
            "UPN",
            "The file has no UPN for this pupil, so other records must be matched by a person.",
            "Add the UPN if the pupil has one.",
        )
    elif upn in seen:
        case.error(
            "duplicate",
            "UPN",
            "An earlier pupil of the file has the same UPN.",
            "Export again without the duplicate, or find out which of the two has the wrong number.",
        )
    else:
        seen.add(upn)


def _too_many(limit: int) -> Finding:
    return Finding(
        "ctf.too_many_pupils",
        "error",
        "",
        f"The file has more than {limit} pupils, the most that is read here.",
        "Export fewer pupils into one file.",
    )


_NO_HEADER = Finding(
    "ctf.no_header",
    "warning",
    "/Header",
    "The file has no header before its pupils, so their school and the version are not known.",
    "Export the file again, or choose the home school for each pupil.",
)
_NO_PUPILS = Finding(
    "ctf.no_pupils",
    "error",
    "",
    "There are no pupils in the file.",
    "Choose the pupils in the school's system and export again.",
)

ADAPTER = Adapter(
    name="ctf",
    title="Common Transfer File",
    read=read,
    write=write,
    detect=detect,
    options=writing.OPTIONS,
)
