"""Which column holds what: headings are recognised by a list of the names that systems give them."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

_ESCAPED = re.compile(r"_x([0-9a-f]{4})_", re.IGNORECASE)
_MOST_HEADING = 60
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of table: its columns' names for each field, and the fields without which it is another kind."""

    name: str
    fields: Mapping[str, str]
    marks: frozenset[str]

    def columns(self, cells: Sequence[str]) -> dict[int, str]:
        """Return the field of each cell of a heading row that is recognised; the first of two alike counts."""
        found: dict[int, str] = {}
        taken: set[str] = set()
        for place, cell in enumerate(cells):
            field = self.fields.get(plain(cell))
            if field is not None and field not in taken:
                taken.add(field)
                found[place] = field
        return found

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a row is the heading row of such a table."""
        found = set(self.columns(cells).values())
        return len(found) >= _FEWEST and any(mark in found for mark in self.marks)


@cache
def layout(name: str) -> Layout:
    """Return the layout of that name from `adapters/data/tables.json`, or raise KeyError."""
    entry = _tables()[name]
    fields = {plain(alias): field for field, aliases in entry["fields"].items() for alias in aliases}
    return Layout(name, fields, frozenset(entry["marks"]))


@cache
def known_reasons(name: str) -> Mapping[str, str]:
    """Return why each known heading of a kind of table, as `plain` writes it, goes into no draft."""
    entry = _tables()[name].get("ignored", {})
    return {plain(alias): reason for reason, aliases in entry.items() for alias in aliases}


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]:
    text = (resources.files("adapters") / "data" / "tables.json").read_text("utf-8")
    tables: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = json.loads(text)["tables"]
    return tables


def plain(heading: str) -> str:
    """Return a heading as it is compared: letters and digits only, no case, `_x0020_` read as the space it is."""
    text = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), heading)
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def shown(heading: str, place: int) -> str:
    """Return how a report names a column: by its letter, and by its heading if that is one line."""
    text = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), heading).strip()
    named = text[:_MOST_HEADING] if text.isprintable() else ""
    return f"column {letters(place)}" + (f" ({named})" if named else "")


def letters(place: int) -> str:
    """Return the letters of a column as spreadsheets show them: A, B … Z, AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
