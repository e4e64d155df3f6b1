"""Exports of safeguarding and pastoral systems (CPOMS and others): counts and categories, and no more by itself.

What people wrote is taken over only by explicit choice, and then only for the desk `dsl`: a safeguarding text that
slips into a profile is the harm that this format can do.
"""

from collections.abc import Iterator
from typing import BinaryIO

from adapters.base import Adapter, Hints, Item
from adapters.head import Head
from adapters.table.events import Sort, items
from adapters.table.headings import layout
from adapters.table.reading import heading_row, table

__all__ = ["ADAPTER", "detect", "read"]

_CONCERNS = Sort("concerns", "concerns", "dsl")


def detect(head: Head) -> bool:
    """Whether it is text with a row of headings that has incidents or notes about pupils."""
    return not head.members and heading_row(head, layout("concerns").fits)


def read(stream: BinaryIO, hints: Hints) -> Iterator[Item]:
    """Yield counts for each pupil, for the desk `dsl`, with findings, and the loss report last.

    With `hints.free_text` each text becomes an entry of a chronology for that desk too. Raises CannotRead for a file
    that is no table, has no headings that are known, or is too large.
    """
    yield from items("cpoms", table(stream, layout("concerns").fits, hints), hints, _CONCERNS)


ADAPTER = Adapter(name="cpoms", title="safeguarding and pastoral records", read=read, detect=detect)
