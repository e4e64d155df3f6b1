"""What each role may see of a learner, a placement or a document: the matrix of `v1/disclosure.json`.

A view is a new value; nothing of it is shared with the value it was made from. What a view leaves out is
listed in `withheld`, by kind and reader only: two values of one kind give one reader the same list, so the
list says nothing about what the sender holds.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import orjson

from schemas._plan import ALL, CONFIDENTIAL, DisclosureError, Keep, Plan, Readers, cell, kinds, matrix, plan

__all__ = ["DisclosureError", "conditions", "excess", "kinds", "level", "standing", "view"]

_NOTHING = object()
_MAX_DEPTH = 64
_ORDINARY = ("O", "SC")
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def view(
    kind: str,
    value: Mapping[str, Any],
    roles: Iterable[str],
    *,
    reason: str | None = None,
    conditions: Iterable[str] = frozenset(),
) -> dict[str, Any]:
    """Return what readers with these roles together may see, with `withheld` where something may be missing.

    `value` is one that meets its schema; a member that the schema does not know is left out. Raises
    DisclosureError for an unknown kind or role. An unknown condition opens nothing. For a placement or a
    document, pass what `standing` says about its learner among the conditions.
    """
    stated = frozenset(conditions) | (standing(value) if kind == "learner" else frozenset())
    given = reason is not None and bool(reason.strip())
    chosen = plan(kind, Readers(frozenset(roles), stated & _known(), given))
    seen = _copy(_select(chosen, value), chosen.guarded)
    withheld = _merge(chosen, value.get("withheld"))
    return seen | {"withheld": withheld} if withheld else seen


def excess(kind: str, value: Mapping[str, Any], roles: Iterable[str]) -> tuple[str, ...]:
    """Return the members holding more than these roles could see under any condition and for any reason.

    For a receiver, who cannot see the sender's conditions. Labels on statements are not looked at.
    """
    most = plan(kind, Readers(frozenset(roles), frozenset(matrix()["conditions"]), True))
    seen = _select(most, value)
    names = (name for name in value if name != "withheld")
    return tuple(f"/{name}" for name in sorted(names, key=str) if seen.get(name, _NOTHING) != value[name])


def standing(learner: Mapping[str, Any]) -> frozenset[str]:
    """Return the conditions that a learner's own record states, for routes and for views.

    An address is confidential unless the flag is absent or plainly false.
    """
    confidential = learner.get(CONFIDENTIAL, False) is not False
    plan_of_care = learner.get("ehcPlan")
    has_plan = isinstance(plan_of_care, dict) and plan_of_care.get("hasPlan") is True
    stated = {CONFIDENTIAL: confidential, "ehcPlan": has_plan}
    return frozenset(name for name, holds in stated.items() if holds)


def level(section: str, role: str) -> str:
    """Return the level of a cell: full, summary, needToKnow, accessible, flag or never."""
    found: str = cell(section, role)["level"]
    return found


def conditions() -> Mapping[str, str]:
    """Return the named conditions of the matrix with what each one states."""
    found: dict[str, str] = dict(matrix()["conditions"])
    return found


@cache
def _known() -> frozenset[str]:
    return frozenset(matrix()["conditions"]) | {CONFIDENTIAL}


def _select(chosen: Plan, value: Mapping[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, member in value.items():
        if name in chosen.whole:
            seen[name] = member
        elif (keep := chosen.parts.get(name)) is not None:
            part = _part(member, keep)
            if part is not _NOTHING:
                seen[name] = part
    return seen


def _part(value: object, keep: Keep) -> object:
    if keep is ALL:
        return value
    if isinstance(value, list):
        items = [part for item in value if (part := _object(item, keep)) is not _NOTHING]
        # An empty list would say that there is something the pupil did not want to share.
        return _NOTHING if keep.filter is not None and not items else items
    return _object(value, keep)


def _object(value: object, keep: Keep) -> object:
    if not isinstance(value, dict):
        return _NOTHING
    if keep.whole and keep.filter is not None and keep.filter.passes(value):
        return value
    if not keep.members:
        return _NOTHING
    parts = {
        name: _part(member, keep.members[name]) for name, member in value.items() if name in keep.members
    }
    return {name: part for name, part in parts.items() if part is not _NOTHING}


def _copy(value: dict[str, Any], guarded: bool) -> dict[str, Any]:
    """Copy by way of JSON text, which is faster than walking and shows every label at once."""
    try:
        text = orjson.dumps(value, option=_STRICT)
    except TypeError:
        return _walk(value, guarded)
    if guarded and not _only_ordinary(text):
        return _walk(value, guarded)
    copied: dict[str, Any] = orjson.loads(text)
    return copied


def _only_ordinary(text: bytes) -> bool:
    # A quotation mark inside a string is escaped, so these bytes are always a member and its value.
    labels = text.count(b'"sensitivity":')
    return labels == sum(text.count(b'"sensitivity":"%b"' % label.encode()) for label in _ORDINARY)


def _walk(value: dict[str, Any], guarded: bool) -> dict[str, Any]:
    parts = ((name, _walked(part, guarded, 1)) for name, part in value.items())
    return {name: part for name, part in parts if part is not _NOTHING}


def _walked(value: object, guarded: bool, depth: int) -> object:
    """Copy, leaving out every object whose label is not an ordinary one; too deep is left out too."""
    if not isinstance(value, dict) and not isinstance(value, list):
        return value
    if depth > _MAX_DEPTH:
        return _NOTHING
    if isinstance(value, list):
        items = (_walked(item, guarded, depth + 1) for item in value)
        return [item for item in items if item is not _NOTHING]
    if guarded and value.get("sensitivity", "O") not in _ORDINARY:
        return _NOTHING
    parts = ((name, _walked(part, guarded, depth + 1)) for name, part in value.items())
    return {name: part for name, part in parts if part is not _NOTHING}


def _merge(chosen: Plan, earlier: object) -> list[dict[str, str]]:
    """Join what this view withholds with what an earlier one did, whose reasons stand."""
    listed = dict(chosen.withheld)
    for entry in earlier if isinstance(earlier, list) else ():
        if isinstance(entry, dict):
            pointer, reason = entry.get("pointer"), entry.get("reason")
            if isinstance(pointer, str) and isinstance(reason, str):
                listed[pointer] = reason
    return [{"pointer": pointer, "reason": reason} for pointer, reason in sorted(listed.items())]
