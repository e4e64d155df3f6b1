"""What stands before the first element of an XML file, read without parsing it.

The parser must not see a document type at all, and a file's format must be known before it is parsed.
Only encodings that write ASCII as ASCII are admitted beside UTF-16, so that no DOCTYPE can hide in one.
"""

import codecs
import re
from dataclasses import dataclass

HEAD_BYTES = 64 * 1024
"""How much is looked at: a prolog that is longer is not a school's export."""

_WIDE = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_UTF8 = frozenset({"utf-8", "utf8"})
_NARROW = _UTF8 | {"us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "cp1252"}
_DECLARED = re.compile(r"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]*)[\"']")
_SPACE = frozenset(" \t\r\n")
_ROOT = re.compile(r"<([^!?\s/>][^\s/>]{0,99})(?=[\s/>])")
_DOCTYPE = re.compile(r"<!DOCTYPE\s*([^\s>\[]{0,100})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prolog:
    """The findings of `read_prolog`.

    `root` is the name of the first element, `doctype` what a document type declaration calls it (empty if
    it cannot be told). `unfinished` means the bytes ended before the first element.
    """

    root: str | None
    doctype: str | None
    unfinished: bool
    wide: bool
    encoding_known: bool
    utf8: bool


def read_prolog(head: bytes) -> Prolog:
    """Read the first bytes of a file. Never raises: what is not XML has no root."""
    text, wide = _decoded(head)
    declared = _declared(text)
    position, unfinished = _skip_misc(text)
    root = _ROOT.match(text, position)
    doctype = _DOCTYPE.match(text, position)
    return Prolog(
        root=root.group(1) if root else None,
        doctype=doctype.group(1) if doctype else None,
        unfinished=unfinished or (root is None and text[position : position + 1] == "<"),
        wide=wide,
        encoding_known=declared.startswith(("utf-16", "utf-8")) if wide else declared in _NARROW,
        utf8=not wide and declared in _UTF8,
    )


def _decoded(head: bytes) -> tuple[str, bool]:
    for start, codec in _WIDE:
        if head.startswith(start):
            return head.decode(codec, errors="replace").removeprefix("\ufeff"), True
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1"), False


def _declared(text: str) -> str:
    found = _DECLARED.match(text)
    return found.group(1).lower() if found else "utf-8"


def _skip_misc(text: str) -> tuple[int, bool]:
    """Return where the first thing stands that is no white space, comment or instruction."""
    position = 0
    while True:
        while text[position : position + 1] in _SPACE:
            position += 1
        end = _misc_end(text, position)
        if end is None:
            return position, position >= len(text)
        if end < 0:
            return position, True
        position = end


def _misc_end(text: str, position: int) -> int | None:
    """Return the end of the comment or instruction here, -1 if it has none, None if there is neither."""
    for opening, closing in (("<!--", "-->"), ("<?", "?>")):
        if text.startswith(opening, position):
            found = text.find(closing, position + len(opening))
            return found + len(closing) if found >= 0 else -1
    return None
