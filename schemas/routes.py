"""Who may send which document to whom: the table of `v1/routes.json` and the roles of `v1/roles.json`.

What is not in the table is refused. This module says only that a document may go; what the receiving role
may see of it is `schemas.disclosure`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from schemas.findings import UnknownName

_EVERY_DESK = "*"


@dataclass(frozen=True, slots=True)
class Role:
    """What a person is to the pupil; `desk` is None for parents and pupils, who get a printable copy."""

    name: str
    title: str
    family: str
    desk: str | None
    column: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """One permitted way of a document; `companion` says that a chronology must travel beside it."""

    document: str
    from_role: str
    to_role: str
    desk: str | None
    readers: tuple[str, ...]
    condition: str | None
    companion: bool
    channel: str


def find(
    document: str, from_role: str, to_role: str, conditions: frozenset[str] = frozenset()
) -> Route | None:
    """Return the way for a document between two roles, or None where there is none.

    A way without a condition comes first; a conditional one needs its condition in `conditions`. The
    caller answers for the conditions: nothing here checks that they are true.
    """
    for route in ways(document, from_role, to_role):
        if route.condition is None or route.condition in conditions:
            return route
    return None


def ways(document: str, from_role: str, to_role: str) -> tuple[Route, ...]:
    """Return every way between two roles whatever its condition, unconditional ones first."""
    found = _table().get((document, from_role, to_role), ())
    if found or not (_has_desk(from_role) and _has_desk(to_role)):
        return found
    return _table().get((document, _EVERY_DESK, _EVERY_DESK), ())


def all_routes() -> tuple[Route, ...]:
    """Return the whole table; an asterisk in it stands for every role that has a desk."""
    return tuple(route for routes in _table().values() for route in routes)


def conditions() -> Mapping[str, str]:
    """Return the named conditions of the table with what each one states."""
    return MappingProxyType(_read("routes.json")["conditions"])


def roles() -> Mapping[str, Role]:
    """Return every role of the standard by name."""
    return _roles()


def role(name: str) -> Role:
    """Return one role, or raise UnknownName."""
    try:
        return _roles()[name]
    except KeyError:
        raise UnknownName("role") from None


def desk_of(document: str) -> str | None:
    """Return the desk at which every route for a document ends, or None when there is no single one.

    Printable copies have no desk and do not count.
    """
    return _desks().get(document)


def _has_desk(name: str) -> bool:
    return name in _roles() and _roles()[name].desk is not None


@cache
def _roles() -> Mapping[str, Role]:
    rows = _read("roles.json")["roles"].items()
    return MappingProxyType(
        {name: Role(name, row["title"], row["family"], row["desk"], row["column"]) for name, row in rows}
    )


@cache
def _table() -> Mapping[tuple[str, str, str], tuple[Route, ...]]:
    found: dict[tuple[str, str, str], tuple[Route, ...]] = {}
    routes = [_route(row) for row in _read("routes.json")["routes"]]
    for route in sorted(routes, key=lambda route: route.condition is not None):
        key = (route.document, route.from_role, route.to_role)
        found[key] = (*found.get(key, ()), route)
    return found


def _route(row: Mapping[str, Any]) -> Route:
    return Route(
        document=row["document"],
        from_role=row["from"],
        to_role=row["to"],
        desk=row["desk"],
        readers=tuple(row["readers"]),
        condition=row.get("condition"),
        companion=row.get("companion", False),
        channel=row["channel"],
    )


@cache
def _desks() -> Mapping[str, str]:
    desks: dict[str, set[str]] = {}
    for route in all_routes():
        if route.desk is not None:
            desks.setdefault(route.document, set()).add(route.desk)
    return {document: found.pop() for document, found in desks.items() if len(found) == 1}


@cache
def _read(name: str) -> dict[str, Any]:
    text = (resources.files("schemas") / "v1" / name).read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
