"""The requirements of the standard, collected from the pages that state them.

A requirement is one item of a list in `docs/spec`, with its id, whom it binds, and one sentence with one keyword:

    - `LTP-SCH-001` [validator, receiver] A receiver MUST refuse …

Inside the brackets may follow, after semicolons: `if: …` (only for products that claim this), `attested: …` or
`not observable: …` (why no outside test can show it), `since: 1.1`. A keyword anywhere else is a fault.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

AREAS = {
    "SCH": "Schemas, values and lists",
    "VER": "Versions",
    "RUL": "Rules and their outcomes",
    "PRV": "Who sees what",
    "RTE": "Routes, desks and companions",
    "ENV": "Bundles and transfers",
    "ACK": "Receipts, replays and duplicates",
    "RCP": "Receipts as messages",
    "ERR": "Findings and errors",
    "SIG": "Signatures",
    "ENC": "Encryption and sizes",
    "ATT": "Attached files",
    "REL": "Relays",
    "DIR": "The directory",
    "ADP": "Adapters",
    "OPS": "Keeping, logging, erasing",
    "LOG": "The transparency log",
}
ROLES = {
    "validator": "says whether a document meets the standard",
    "sender": "makes transfers, splits them and sends bundles",
    "receiver": "takes bundles in for an organisation and answers with receipts",
    "relay": "holds sealed messages for others and can read none",
    "adapter": "turns other systems' files into the standard's documents and back",
    "directory": "publishes organisations, desks, keys and accepted versions",
}
LEVELS = ("MUST NOT", "SHOULD NOT", "MUST", "SHOULD", "MAY")
KINDS = ("automated", "attested", "not observable")

_KEYWORD = re.compile(
    r"\b(MUST NOT|SHOULD NOT|SHALL NOT|MUST|SHOULD|SHALL|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b"
)
_ITEM = re.compile(r"^- `(LTP-[A-Z]+-[0-9]+)` \[([^\]]*)\] ((?:.+\n?)(?:  \S.*\n?)*)", re.MULTILINE)
_ID = re.compile(rf"LTP-(?:{'|'.join(AREAS)})-[0-9]{{3}}")
_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`[^`\n]+`")
_RETIRED = re.compile(r"^\| `(LTP-[A-Z]+-[0-9]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


class Faults(ValueError):
    """The pages do not state their requirements properly; `faults` says where and what."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement, word for word as its page states it."""

    id: str
    level: str
    roles: tuple[str, ...]
    statement: str
    page: str
    testability: str = "automated"
    reason: str | None = None
    condition: str | None = None
    since: str = "1.0"

    def to_json(self) -> dict[str, Any]:
        """The row of the registry; what is not said is left out."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: value for name, value in (row | {"roles": list(self.roles)}).items() if value is not None
        }


def registry(pages: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the registry from the pages, or raise Faults; `before` is the registry as last published.

    An id that stood in it has to stand in a page still, or in the table of retired ids.
    """
    # A block of code only shows something.
    texts = sorted((name, _BLOCK.sub("", text)) for name, text in pages.items())
    found = [row for name, text in texts for row in _read(name, text)]
    retired = [row for _, text in texts for row in _retired(text)]
    faults = [fault for name, text in texts for fault in _stray(name, text)]
    faults += [fault for row in found for fault in _faults(row)]
    faults += _identity_faults([row.id for row in found], [row["id"] for row in retired], before)
    if faults:
        raise Faults(faults)
    return {
        "note": "Made by 'make requirements' from the pages in docs/spec; change the sentence there, not here.",
        "areas": AREAS,
        "roles": ROLES,
        "requirements": [row.to_json() for row in sorted(found, key=_order)],
        "retired": retired,
    }


def anchored(text: str) -> str:
    """A page with an anchor at each requirement, and with its marks in words."""

    def item(found: re.Match[str]) -> str:
        anchor = found[1].lower()
        marks = "; ".join(part.strip() for part in found[2].split(";"))
        return f"- [`{found[1]}`](#{anchor}){{ #{anchor} }} *{marks}*<br>{found[3]}"

    # Every second part is a block of code.
    parts = _BLOCK.split(text)
    return "".join(part if odd % 2 else _ITEM.sub(item, part) for odd, part in enumerate(parts))


def _read(page: str, text: str) -> Iterator[Requirement]:
    for ident, marks, words in _ITEM.findall(text):
        first, *rest = (part.strip() for part in marks.split(";"))
        named = dict(part.partition(": ")[::2] for part in rest)
        statement = " ".join(words.split())
        kind = next((kind for kind in KINDS[1:] if kind in named), "automated")
        yield Requirement(
            id=ident,
            level=next(iter(_KEYWORD.findall(_prose(statement))), ""),
            roles=tuple(role.strip() for role in first.split(",")),
            statement=statement,
            page=page,
            testability=kind,
            reason=named.get(kind),
            condition=named.get("if"),
            since=named.get("since", "1.0"),
        )


def _retired(text: str) -> Iterator[dict[str, str]]:
    for ident, since, why, instead in _RETIRED.findall(text):
        yield {"id": ident, "retiredIn": since.strip(), "why": why.strip(), "replacedBy": instead.strip(" `")}


def _prose(text: str) -> str:
    """Without code: a keyword that a page only talks about stands in code."""
    return _SPAN.sub("", text)


def _stray(page: str, text: str) -> Iterator[str]:
    for keyword in _KEYWORD.findall(_prose(_ITEM.sub("", text))):
        yield f"{page}: {keyword} outside a requirement. Give the sentence an id, or use an ordinary word."


def _faults(row: Requirement) -> Iterator[str]:
    keywords = _KEYWORD.findall(_prose(row.statement))
    if len(keywords) != 1 or row.level not in LEVELS:
        yield f"{row.page}: {row.id} needs exactly one of {', '.join(LEVELS)}; split or reword the sentence."
    if not _ID.fullmatch(row.id):
        yield f"{row.page}: {row.id} is not LTP-<area>-<three digits> with an area of the list."
    if unknown := [role for role in row.roles if role not in ROLES]:
        yield f"{row.page}: {row.id} binds {unknown}; the roles are {', '.join(ROLES)}."
    if not row.statement.endswith("."):
        yield f"{row.page}: {row.id} is not one whole sentence."


def _identity_faults(live: list[str], retired: list[str], before: Mapping[str, Any]) -> list[str]:
    known = {row["id"] for row in before.get("requirements", ())}
    gone = {row["id"] for row in before.get("retired", ())} | set(retired)
    return [
        *(
            f"{ident} stands twice; ids are unique."
            for ident in sorted({i for i in live if live.count(i) > 1})
        ),
        *(f"{ident} is retired and cannot be used again." for ident in sorted(set(live) & gone)),
        *(
            f"{ident} is gone: keep it, or retire it (or restore the registry, if nobody saw it)."
            for ident in sorted(known - set(live) - gone)
        ),
    ]


def _order(row: Requirement) -> tuple[int, str]:
    return list(AREAS).index(row.id.split("-")[1]), row.id
