"""The faults an XML file can have as a file, each as a code, a plain sentence and what to do."""

import codecs
from typing import TypeAlias

from adapters.errors import CannotRead
from adapters.prolog import Prolog
from schemas.findings import Finding

Fault: TypeAlias = tuple[str, str, str]

_AGAIN = "Export the file again from the school's system."

EMPTY: Fault = ("xml.empty", "The file is empty.", "Choose another file, or export it again.")
NOT_XML: Fault = (
    "xml.not_xml",
    "This is not an XML file.",
    "Choose the file that the school's system exported, before any program opened or changed it.",
)
OTHER_ROOT: Fault = (
    "xml.other_format",
    "This is an XML file of another kind.",
    "Choose the exported file of the format that was asked for.",
)
DOCTYPE: Fault = (
    "xml.doctype",
    "The file has a document type declaration (DOCTYPE). These can hide instructions, so it was not read.",
    "Export the file again from the school's system; a genuine export has none.",
)
ENCODING: Fault = (
    "xml.encoding",
    "The file says it is UTF-8 but contains bytes from another encoding, probably Windows-1252.",
    "Export it again as UTF-8. Do not open and save it in a text editor first.",
)
ENCODING_NAME: Fault = (
    "xml.encoding_name",
    "The file names a character encoding that is not read here, or one that it is not written in.",
    "Export it again as UTF-8.",
)
CHARACTER: Fault = (
    "xml.character",
    "The file contains a character that XML does not allow, such as a NUL byte.",
    "Export it again; if the fault comes back, look for pasted text in that record.",
)
TRUNCATED: Fault = (
    "xml.truncated",
    "The file breaks off before its end.",
    "Copy or download it again, and compare its size with the size at the source.",
)
BROKEN: Fault = (
    "xml.not_well_formed",
    "The file is not well-formed XML.",
    "Export it again. A bare & or < in a text, or an edit by hand, is the usual cause.",
)
ENTITY: Fault = (
    "xml.entity",
    "The file uses a named entity that XML does not have.",
    "Export it again; only &amp; &lt; &gt; &quot; &apos; and numbers such as &#233; may be used.",
)
TOO_DEEP: Fault = (
    "xml.too_deep",
    "The elements of the file are nested deeper than in any genuine export.",
    _AGAIN,
)

# Numbers of libxml2's xmlParserErrors, which are part of its interface.
_INVALID_CHAR, _INVALID_ENCODING = 9, 81
_BY_CODE = {4: NOT_XML, 26: ENTITY, 27: ENTITY, 32: ENCODING_NAME, 114: TOO_DEEP}
BARE_AMPERSAND = frozenset({23, 68})


def too_large(limit: int) -> Fault:
    """Return the fault of a file over the byte limit."""
    return (
        "xml.too_large",
        f"The file is larger than {limit // 1_000_000} MB, the most that is read here.",
        "Export fewer pupils into one file.",
    )


def big_record(limit: int) -> Fault:
    """Return the fault of one record over its byte limit."""
    return (
        "xml.record_too_large",
        f"One record of the file is larger than {limit // 1_000_000} MB; no genuine export has one.",
        _AGAIN,
    )


def of_code(code: int, data: bytes, prolog: Prolog) -> Fault:
    """Return the fault behind the parser's error number; `data` is what it had just been given."""
    if code == _INVALID_ENCODING:
        return ENCODING if prolog.utf8 else ENCODING_NAME
    if code == _INVALID_CHAR:
        return ENCODING if prolog.utf8 and not _is_utf8(data) else CHARACTER
    return _BY_CODE.get(code, BROKEN)


def _is_utf8(part: bytes) -> bool:
    """Whether `part` can be a stretch of UTF-8: it may begin and end inside a character."""
    begin = next((i for i, byte in enumerate(part[:4]) if byte & 0xC0 != 0x80), 0)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(part[begin:])
    except UnicodeDecodeError:
        return False
    return True


def refusal(fault: Fault, line: int | None = None, after: str = "") -> CannotRead:
    """Return the fault as the error to raise, with the line and the last record that was whole."""
    code, message, fix = fault
    places = [f"at or before line {line}"] if line else []
    if after:
        places.append(f"after {after}")
    where = f" The fault is {', '.join(places)}." if places else ""
    return CannotRead(Finding(code, "error", "", message + where, fix))
