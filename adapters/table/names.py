"""Names keep their bytes: only spaces around them and line breaks inside them are taken away."""

import re

from adapters.table.cells import Note, Value

_MOST = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# Windows-1252 read as Latin-1, UTF-8 read as Windows-1252, and characters that were already lost.
GARBLED = re.compile(r"[\x80-\x9f\ufffd]|[ÂÃ][\u0080-\u00bf]|â€")


def name(text: str) -> Value:
    """Read a name as it is written."""
    if text.isascii():
        return Value(text) if text.isprintable() and len(text) <= _MOST else _mended(text)
    if GARBLED.search(text):
        return Value(text[:_MOST], _GARBLED_NOTE)
    if not text.isprintable():
        return _mended(text)
    return Value(text) if len(text) <= _MOST else Value(None, _TOO_LONG)


def _mended(text: str) -> Value:
    if len(text) > _MOST:
        return Value(None, _TOO_LONG)
    one_line = " ".join(_CONTROL.sub(" ", text).split(" ")).strip()
    if one_line.isprintable():
        return Value(one_line, changed="line breaks and control characters became spaces")
    return Value(
        one_line, _INVISIBLE, "" if one_line == text else "line breaks and control characters became spaces"
    )


def listed(text: str) -> tuple[str, str] | None:
    """Return surname and forename of 'Surname, Forename', None for any other form: nobody's name is taken apart."""
    surname, comma, forename = text.partition(",")
    if not comma or "," in forename or not surname.strip() or not forename.strip():
        return None
    return surname.strip(), forename.strip()


_GARBLED_NOTE = Note(
    "name_garbled",
    "warning",
    "This name has signs that come from reading a file in the wrong encoding. It was kept as it is.",
    "Compare it with the school's system and correct it.",
)
_INVISIBLE = Note(
    "name_invisible",
    "warning",
    "There are signs in this name that nobody sees, such as marks of writing direction. They were kept.",
    "Type the name again if it does not look right.",
)
_TOO_LONG = Note(
    "text_too_long",
    "warning",
    f"This text is longer than {_MOST} signs and was left out.",
    "Look at the row: cells may have moved. Type it in, shorter.",
)
