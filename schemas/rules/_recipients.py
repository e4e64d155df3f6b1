"""For whom a document is meant, as far as the subject says so."""

from schemas.rules._case import Case, Item


def roles_for(case: Case, item: Item) -> set[str]:
    """Return the roles that a document is addressed to; a transfer without a list sends it to everybody."""
    if case.form == "bundle":
        to = case.subject.get("to")
        role = to.get("role") if isinstance(to, dict) else None
        return {role} if isinstance(role, str) else set()
    named = case.subject.get("recipients")
    found = (entry for entry in (named if isinstance(named, list) else ()) if isinstance(entry, dict))
    return {entry["role"] for entry in found if isinstance(entry.get("role"), str) and _is_for(entry, item)}


def _is_for(entry: dict[str, object], item: Item) -> bool:
    listed = entry.get("documents")
    return listed is None or (isinstance(listed, list) and item.value.get("documentId") in listed)
