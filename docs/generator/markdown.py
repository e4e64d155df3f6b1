"""Small pieces of Markdown: tables, links between pages, and the names that become links by themselves."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

Pages = dict[str, str]
"""Path of a page inside the site, such as `rules/OSD-01.md`, to its text."""

# Blocks of code and headings stay as they are.
_PLAIN = re.compile(r"(?P<kept>^```.*?^```|^#[^\n]*$)|^[^\n]*$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"(?<![\[`])`([A-Za-z0-9][A-Za-z0-9._-]*)`(?![\]`])")
_WORD = re.compile(r"(?<=[a-z\]])(?=[A-Z.\[])")
_PLACED = re.compile(r"\]\(@([^)\s]+)\)")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, or a dash where it would have no rows."""
    lines = [" | ".join(_cell(cell) for cell in row) for row in rows]
    if not lines:
        return "None."
    rule = " | ".join("---" for _ in heads)
    return "\n".join(f"| {line} |" for line in (" | ".join(heads), rule, *lines))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or "–"


def link(text: str, page: str) -> str:
    """A link to another page by its path in the site; `placed` makes it relative."""
    return f"[{text}](@{page})"


def ident(text: str, page: str) -> str:
    """A link to something by its id, which never breaks over two lines."""
    return f"{link(text, page)}{{ .ltp-id }}"


def code(text: object) -> str:
    """Text as it stands in a file; the bar that would end a table cell is handled by the table."""
    return f"`{text}`"


def wrapped(text: str) -> str:
    """A long name as code that may wrap where a new word begins."""
    return f"<code>{_WORD.sub('<wbr>', text)}</code>"


def bullets(lines: Iterable[str]) -> str:
    """A list, or a word where it would be empty."""
    return "\n".join(f"- {line}" for line in lines) or "None."


def fence(text: str, language: str = "json") -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def page(*parts: str) -> str:
    """Parts with an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"


def placed(path: str, text: str) -> str:
    """Make the links of one page relative to it."""
    return _PLACED.sub(lambda found: f"]({_relative(path, found[1])})", text)


def named(path: str, text: str, places: Mapping[str, str]) -> str:
    """Turn `code` that is the name of something with a page of its own into a link to it."""

    def linked(found: re.Match[str]) -> str:
        target = places.get(found[1])
        return found[0] if target in (None, path) else link(found[0], str(target))

    return _PLAIN.sub(lambda found: found[0] if found["kept"] else _NAMED.sub(linked, found[0]), text)


def _relative(path: str, target: str) -> str:
    place, mark, fragment = target.partition("#")
    start = posixpath.dirname(path) or "."
    return posixpath.relpath(place, start) + mark + fragment if place else mark + fragment
