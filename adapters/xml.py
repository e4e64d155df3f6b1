"""The one place where XML is parsed, with everything dangerous or unbounded switched off.

- No document type, so no entities, no defaults and no external files; nothing is fetched.
- The byte limit is enforced while reading; one record may have 2 MB, nesting is limited; each record
  is cleared after use, so memory stays flat whatever the size of the file.
- Every fault is a `CannotRead` with a plain sentence and the line. What the parser itself says is never
  repeated: it quotes the file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

from lxml import etree

from adapters import xml_faults as faults
from adapters.base import Hints
from adapters.prolog import HEAD_BYTES, Prolog, read_prolog
from adapters.tree import Census, Count, Node

_CHUNK = 64 * 1024
_TAIL = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which elements to hand out.

    `records` maps an element name to the number of its ancestors; `roots` are the names the document
    element may have; elements named in `skip` are counted, but nothing below them is looked at. `unit` is
    the record that people count by.
    """

    roots: frozenset[str]
    records: Mapping[str, int]
    unit: str
    skip: frozenset[str] = frozenset()
    census: Census = field(default_factory=Census)


def records(stream: BinaryIO, wanted: Wanted, hints: Hints) -> Iterator[tuple[str, Node]]:
    """Yield the name and content of each wanted element in the order of the file, or raise CannotRead.

    Not checked here: order, cardinality and meaning. Errors of the stream itself pass through.
    """
    source = _Source(stream, hints.max_bytes)
    prolog = _admitted(source.head(), wanted)
    parser = _parser(wanted)
    number = waiting = 0
    for chunk in source:
        waiting += len(chunk)
        _feed(parser, chunk, prolog, _after(wanted, number))
        for record in _ready(parser, wanted, hints):
            number += record[0] == wanted.unit
            waiting = 0
            yield record
        if waiting > hints.max_record_bytes:
            _refuse_big_record(parser, hints, _after(wanted, number))
    _close(parser, source, prolog, _after(wanted, number))


def _parser(wanted: Wanted) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=("end",),
        tag=tuple(wanted.records),
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        # Not False: there libxml2 drops the document at an undeclared entity without telling anybody.
        # Without a DOCTYPE there is nothing to resolve.
        resolve_entities="internal",  # type: ignore[arg-type]  # the stubs are older than this value
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )


def _after(wanted: Wanted, number: int) -> str:
    return f"{wanted.unit} {number}" if number else ""


def _admitted(head: bytes, wanted: Wanted) -> Prolog:
    """Return what the first bytes say, or refuse the file before the parser sees any of it."""
    if not head.strip():
        raise faults.refusal(faults.EMPTY)
    prolog = read_prolog(head)
    if prolog.doctype is not None:
        raise faults.refusal(faults.DOCTYPE)
    if not prolog.encoding_known:
        raise faults.refusal(faults.ENCODING_NAME)
    if prolog.root is None:
        cut = prolog.unfinished and len(head) < HEAD_BYTES
        raise faults.refusal(faults.TRUNCATED if cut else faults.NOT_XML)
    if prolog.root not in wanted.roots:
        raise faults.refusal(faults.OTHER_ROOT)
    return prolog


def _feed(parser: etree.XMLPullParser, chunk: bytes, prolog: Prolog, after: str) -> None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        fault, line = faults.of_code(_code(error), chunk, prolog), error.lineno
    else:
        return
    # Raised outside the handler, so that the parser's own words do not travel along as context.
    raise faults.refusal(fault, line, after)


def _code(error: etree.XMLSyntaxError) -> int:
    return int(error.code)  # type: ignore[attr-defined]  # the stubs leave it out


def _close(parser: etree.XMLPullParser, source: "_Source", prolog: Prolog, after: str) -> None:
    """Tell the parser that this is all. It waits for more as long as it can, so most faults mean a cut."""
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        code, line = _code(error), error.lineno
    else:
        return
    complete = source.tail_closes(prolog)
    raise faults.refusal(
        faults.of_code(code, source.tail, prolog) if complete else faults.TRUNCATED, line, after
    )


def _refuse_big_record(parser: etree.XMLPullParser, hints: Hints, after: str) -> NoReturn:
    """Refuse a record beyond the limit, unless the parser has only been waiting behind a bare `&`."""
    fault, line = faults.big_record(hints.max_record_bytes), None
    waiting = False
    try:
        # Ends the tag in which the last chunk may have been cut: that would look like a bare `&`.
        parser.feed(b"x>")
        waiting = True
        parser.close()
    except etree.XMLSyntaxError as error:
        if waiting and _code(error) in faults.BARE_AMPERSAND:
            fault, line = faults.BROKEN, error.lineno
    raise faults.refusal(fault, line, after)


def _ready(parser: etree.XMLPullParser, wanted: Wanted, hints: Hints) -> Iterator[tuple[str, Node]]:
    """Yield what the parser has finished, and clear it together with everything before it."""
    elements = (element for _, element in parser.read_events() if isinstance(element, etree._Element))
    for element in elements:
        ancestors = list(element.iterancestors())
        if len(ancestors) != wanted.records[element.tag]:
            continue
        # The prolog was searched already; this is the second lock on the same door.
        if element.getroottree().docinfo.internalDTD is not None:
            raise faults.refusal(faults.DOCTYPE)
        count = _counted(wanted.census, wanted.census.root, element.tag)
        yield element.tag, _node(element, count, wanted, hints.max_depth)
        element.clear()
        while element.getprevious() is not None:
            del ancestors[0][0]


def _node(element: etree._Element, count: Count, wanted: Wanted, depth: int) -> Node:
    """Return the content of `element` as plain Python. The hot loop of every XML adapter."""
    if depth <= 0:
        raise faults.refusal(faults.TOO_DEEP)
    node: Node = {}
    below = count.below
    for each in element:
        tag = each.tag
        seen = below.get(tag) or wanted.census.add(count, tag)
        seen.times += 1
        value: str | Node
        if len(each):
            if tag in wanted.skip:
                continue
            value = _node(each, seen, wanted, depth - 1)
        else:
            written = each.text
            value = written.strip() if written else ""
        if tag not in node:
            node[tag] = value
        else:
            _append(node, tag, value)
    return node


def _append(node: Node, tag: str, value: str | Node) -> None:
    held = node[tag]
    if isinstance(held, list):
        held.append(value)
    else:
        node[tag] = [held, value]


def _counted(census: Census, parent: Count, tag: str) -> Count:
    count = parent.below.get(tag) or census.add(parent, tag)
    count.times += 1
    return count


class _Source:
    """The stream in chunks, within the byte limit."""

    def __init__(self, stream: BinaryIO, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._total = 0
        self._head = b""
        self.tail = b""

    def head(self) -> bytes:
        """Return the first bytes; they are handed out again as the first chunk."""
        while len(self._head) < HEAD_BYTES and (more := self._read()):
            self._head += more
        return self._head

    def __iter__(self) -> Iterator[bytes]:
        chunk = self._head
        while chunk:
            self.tail = (self.tail + chunk)[-_TAIL:]
            yield chunk
            chunk = self._read()

    def tail_closes(self, prolog: Prolog) -> bool:
        """Whether the last bytes are the end tag of the document element."""
        last = self.tail.replace(b"\0", b"").decode("latin-1").rstrip()
        opening, _, name = last.rpartition("</")
        return bool(opening) and name.rstrip("> \t\r\n") == prolog.root and name.endswith(">")

    def _read(self) -> bytes:
        chunk = self._stream.read(_CHUNK)
        self._total += len(chunk)
        if self._total > self._max_bytes:
            raise faults.refusal(faults.too_large(self._max_bytes))
        return chunk
