"""Reports of SIMS: its report XML (`SuperStarReport`), and its CSV exports of pupils, attendance and behaviour.

No export of SIMS itself was to be had: the shapes are what four independent readers of such files expect. The
columns of a report are chosen by the school, so every heading goes through the same list as any class list's.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from adapters.base import Adapter, Hints, Item
from adapters.errors import CannotRead
from adapters.head import Head
from adapters.prolog import read_prolog
from adapters.table import attendance, events
from adapters.table.headings import layout
from adapters.table.learners import ClassList
from adapters.table.reading import NO_HEADINGS, Table, heading_row, table
from adapters.tree import Node, text
from adapters.xml import Wanted, records

__all__ = ["ADAPTER", "detect", "read"]

_ROOT = "SuperStarReport"
_MOST_COLUMNS = 500
_BEHAVIOUR = events.Sort("behaviour", "behaviour", "general")
_KINDS = ("attendance", "behaviour", "learners")


def detect(head: Head) -> bool:
    """Whether it is report XML, or a table of attendance or behaviour; a bare class list is `csv`'s."""
    prolog = read_prolog(head.start)
    if _ROOT in (prolog.root, prolog.doctype):
        return True
    return not head.members and any(heading_row(head, layout(kind).fits) for kind in _KINDS[:2])


def read(stream: BinaryIO, hints: Hints) -> Iterator[Item]:
    """Yield drafts, findings and the loss report of any of the exports; which one it is, its headings say.

    Raises CannotRead for a file that is neither XML of SIMS nor a table with known headings, or is too large.
    """
    stream.seek(0)
    if stream.read(200).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        found = _report(stream, hints)
    else:
        found = table(stream, _fits, hints)
    kind = next(kind for kind in _KINDS if layout(kind).fits(found.headings))
    if kind == "attendance":
        yield from attendance.items("sims", found, hints)
    elif kind == "behaviour":
        yield from events.items("sims", found, hints, _BEHAVIOUR)
    else:
        yield from ClassList("sims", found, hints).items()


def _fits(cells: Sequence[str]) -> bool:
    return any(layout(kind).fits(cells) for kind in _KINDS)


def _report(stream: BinaryIO, hints: Hints) -> Table:
    """Return report XML as a table. A record leaves out what is empty, so the columns are collected first."""
    headings: dict[str, None] = {}
    for node in _records(stream, hints):
        headings.update(dict.fromkeys(node))
        if len(headings) > _MOST_COLUMNS:
            raise CannotRead(NO_HEADINGS)
    names = tuple(headings)
    if not _fits(names):
        raise CannotRead(NO_HEADINGS)
    rows = ([text(node, name) for name in names] for node in _records(stream, hints))
    return Table(names, iter(enumerate(rows, 1)))


def _records(stream: BinaryIO, hints: Hints) -> Iterator[Node]:
    stream.seek(0)
    wanted = Wanted(roots=frozenset({_ROOT}), records={"Record": 1}, unit="Record")
    return (node for _, node in records(stream, wanted, hints))


ADAPTER = Adapter(name="sims", title="SIMS report (XML or CSV)", read=read, detect=detect)
