"""The disclosure matrix, compiled: for one kind of value and one set of readers, what of it stays.

Everything fails closed: a cell, column, condition or projection that is not in the data shows nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from schemas import routes
from schemas._shape import Node, root
from schemas.findings import SchemasError, UnknownName

COMPONENTS = frozenset({"learner", "placement"})
CONFIDENTIAL = "addressConfidential"
# From the one that shows most: where nothing is whole, the first of these is the reason that is given.
_REASONS = ("condition", "summary", "projection", "flag", "needToKnow", "never")


class DisclosureError(SchemasError, LookupError):
    """The matrix has no such role, section or kind of value, so nothing can be shown."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the disclosure matrix has no such {what}")


@dataclass(frozen=True, slots=True)
class Filter:
    """The pupil's own choice on each item: it stays whole only where the member holds one of the values."""

    member: str
    keep: tuple[str, ...]

    def passes(self, item: Mapping[str, object]) -> bool:
        """Say whether the item may be shown whole."""
        return item.get(self.member) in self.keep


@dataclass(frozen=True, slots=True)
class Keep:
    """What stays of one value: all of it (if the filter lets it), or the members named, or nothing."""

    whole: bool = False
    members: Mapping[str, "Keep"] = field(default_factory=dict)
    filter: Filter | None = None

    def __or__(self, other: "Keep") -> "Keep":
        """Return what stays for a reader who may see both."""
        if ALL in (self, other):
            return ALL
        names = [*self.members, *(name for name in other.members if name not in self.members)]
        members = {name: self.members.get(name, NONE) | other.members.get(name, NONE) for name in names}
        return Keep(self.whole or other.whole, members, self.filter or other.filter)


NONE = Keep()
ALL = Keep(whole=True)


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled view: names kept whole, names kept in part, what is listed as withheld.

    `guarded` views travel to a general desk or on paper: they hold no statement labelled as safeguarding.
    """

    whole: frozenset[str]
    parts: Mapping[str, Keep]
    withheld: tuple[tuple[str, str], ...]
    guarded: bool


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads, and what the sender states about it."""

    roles: frozenset[str]
    conditions: frozenset[str]
    reason: bool


@lru_cache(maxsize=4096)
def plan(kind: str, readers: Readers) -> Plan:
    """Return the plan for a kind of value and its readers, or raise DisclosureError."""
    if kind not in kinds():
        raise DisclosureError("kind of value")
    kept: dict[str, Keep] = {}
    withheld: dict[str, str] = {}
    for name, node in root(kind).members().items():
        kept[name], reason = _member(kind, name, node, readers)
        if reason is not None:
            withheld[f"/{name}"] = reason
    _suppress(kind, readers, kept, withheld)
    whole = frozenset(name for name, keep in kept.items() if keep == ALL and name != "withheld")
    parts = {name: keep for name, keep in kept.items() if keep not in (ALL, NONE)}
    return Plan(whole, parts, tuple(sorted(withheld.items())), not _may_read_labelled(kind, readers))


@cache
def kinds() -> frozenset[str]:
    """Return what has a view: the learner, the placement and every document that has a route."""
    return COMPONENTS | {route.document for route in routes.all_routes()}


@cache
def matrix() -> Mapping[str, Any]:
    """Return `v1/disclosure.json` as data; treat it as read-only."""
    text = (resources.files("schemas") / "v1" / "disclosure.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def cell(section: str, role: str) -> Mapping[str, Any]:
    """Return the cell that counts for a role, or raise DisclosureError."""
    column = column_of(role)
    if section not in matrix()["sections"]:
        raise DisclosureError("section")
    found: Mapping[str, Any] = matrix()["sections"][section]["cells"].get(column, {"level": "never"})
    special: Mapping[str, Any] = found.get("roles", {}).get(role, found)
    return special


def column_of(role: str) -> str | None:
    """Return the column that a role reads, or raise DisclosureError."""
    try:
        return routes.role(role).column
    except UnknownName:
        raise DisclosureError("role") from None


def _member(kind: str, name: str, node: Node, readers: Readers) -> tuple[Keep, str | None]:
    if name == "extensions":
        columns = {column_of(role) for role in readers.roles}
        return (ALL, None) if columns & set(matrix()["extensions"].get(kind, ())) else (NONE, "never")
    section = node.keyword("x-ltp-section")
    if not isinstance(section, str):
        return ALL, None
    keep, reasons = NONE, {"never"}
    for role in readers.roles:
        if _beyond_copy(kind, name, role):
            reasons.add("projection")
            continue
        granted, reason = _granted(cell(section, role), (kind, name, node), readers)
        keep |= granted
        reasons.add(reason)
    return keep, None if keep == ALL else next(reason for reason in _REASONS if reason in reasons)


def _beyond_copy(kind: str, name: str, role: str) -> bool:
    """Say whether a role gets a copy of some facts only, and this member is not among them."""
    copy = matrix()["copies"].get(kind)
    return copy is not None and column_of(role) in copy["columns"] and f"/{name}" not in copy["members"]


def _granted(cell: Mapping[str, Any], place: tuple[str, str, Node], readers: Readers) -> tuple[Keep, str]:
    """Return what one cell leaves of one member, with the reason for what it does not leave."""
    kind, name, node = place
    level = cell["level"]
    if "condition" in cell and cell["condition"] not in readers.conditions:
        return NONE, "condition"
    if "projection" in cell:
        return _projected(cell["projection"], kind, name), "flag" if level == "flag" else "projection"
    if level == "summary":
        return _summary(node) if _in_summary(node) else NONE, "summary"
    if level == "needToKnow" and not readers.reason:
        return NONE, "needToKnow"
    if level not in ("full", "accessible", "needToKnow"):
        return NONE, "never"
    return _filtered(cell.get("filter"), node, readers), "condition"


def _filtered(name: str | None, node: Node, readers: Readers) -> Keep:
    if name is None:
        return ALL
    rule = matrix()["filters"][name]
    # A part that cannot carry the choice at all, such as an ambition, is not subject to it.
    if rule["unless"] in readers.conditions or rule["member"] not in node.members():
        return ALL
    return Keep(whole=True, filter=Filter(rule["member"], tuple(rule["keep"])))


def _projected(projection: str, kind: str, name: str) -> Keep:
    pointers: Iterable[str] = matrix()["projections"].get(projection, {}).get(kind, ())
    keep = NONE
    for pointer in pointers:
        first, *rest = (step for step in pointer.split("/")[1:] if step != "*")
        if first == name:
            keep |= _path(rest)
    return keep


def _path(steps: list[str]) -> Keep:
    return Keep(members={steps[0]: _path(steps[1:])}) if steps else ALL


def _summary(node: Node) -> Keep:
    """Keep what is annotated at every depth; a value none of whose members is annotated is kept whole."""
    members = node.members()
    kept = {name: _summary(member) for name, member in members.items() if _in_summary(member)}
    if not kept or (len(kept) == len(members) and all(keep == ALL for keep in kept.values())):
        return ALL
    return Keep(members=kept)


def _in_summary(node: Node) -> bool:
    return node.keyword("x-ltp-summary") is True


def _suppress(kind: str, readers: Readers, kept: dict[str, Keep], withheld: dict[str, str]) -> None:
    """Take the address away from a parent, and list it for every parent so that the list tells nothing."""
    rule = matrix()["suppressions"][CONFIDENTIAL]
    if rule["column"] not in {column_of(role) for role in readers.roles}:
        return
    for pointer in rule["members"].get(kind, ()):
        withheld.setdefault(pointer, CONFIDENTIAL)
        if CONFIDENTIAL in readers.conditions:
            kept[pointer.removeprefix("/")] = NONE


def _may_read_labelled(kind: str, readers: Readers) -> bool:
    """Say whether statements labelled SG or CR stay: for safeguarding readers at a safeguarding desk only."""
    leads = [role for role in readers.roles if cell("safeguarding", role)["level"] == "full"]
    at_desk = routes.desk_of(kind) == "dsl" or all(routes.role(role).desk == "dsl" for role in leads)
    return bool(leads) and len(leads) == len(readers.roles) and at_desk
