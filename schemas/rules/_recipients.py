"""For whom a document is meant, as far as the subject says so."""

from collections.abc import Mapping
from typing import Any

from schemas.rules._case import Case, Item, once


def roles_for(case: Case, item: Item) -> set[str]:
    """Return the roles that a document is addressed to; a transfer without a list sends it to everybody."""
    if case.form == "bundle":
        to = case.subject.get("to")
        role = to.get("role") if isinstance(to, dict) else None
        return {role} if isinstance(role, str) else set()
    known, name = once(case, "roles", lambda: _roles(case)), item.value.get("documentId")
    return known.get(None, set()) | (known.get(name, set()) if isinstance(name, str) else set())


def recipients(case: Case) -> list[Mapping[str, Any]]:
    """Return the recipients of a transfer; what is of the wrong form is left out."""
    named = case.subject.get("recipients")
    return [entry for entry in (named if isinstance(named, list) else ()) if isinstance(entry, dict)]


def listed(entry: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the documents that a recipient is named for, None if it is named for all."""
    found = entry.get("documents")
    if found is None:
        return None
    return frozenset(name for name in (found if isinstance(found, list) else ()) if isinstance(name, str))


def _roles(case: Case) -> dict[str | None, set[str]]:
    """Return the roles by document, and with None those to which everything goes."""
    found: dict[str | None, set[str]] = {}
    for entry in recipients(case):
        names, role = listed(entry), entry.get("role")
        if isinstance(role, str):
            for name in (None,) if names is None else names:
                found.setdefault(name, set()).add(role)
    return found
