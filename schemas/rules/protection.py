"""Rules about who may have what, and on which lawful basis (DPX, SAF)."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from schemas import routes
from schemas._shape import root
from schemas.disclosure import excess, kinds
from schemas.findings import SchemasError
from schemas.rules._case import Case, Item, Outcome, Verdict, at, grouped, once
from schemas.rules._catalogue import Rule
from schemas.rules._look import Look, look, text

_FORM = "A role, a type or an address is missing or not in the right form."


def addressed_to_lead(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-04: a safeguarding document, or a file labelled as one, goes to a safeguarding lead's desk only."""
    held = {item.path: item.value.get("documentId") for item in case.documents if _is_safeguarding(item)}
    if case.form == "bundle":
        labelled = _labelled_files(case, rule.thresholds["labels"])
        if held or labelled:
            yield _desk_of_bundle(case, rule.thresholds)
    elif case.form == "transfer":
        ids = {found for found in held.values() if isinstance(found, str)}
        yield from _leads_of_transfer(case, ids, rule.thresholds["roles"]) if held else ()
    elif held:
        places = tuple(at(path) for path in held)
        yield Verdict("notEvaluable", places, "It is not stated to whom the safeguarding document goes.")


def _is_safeguarding(item: Item) -> bool:
    return routes.desk_of(item.kind) == "dsl"


def _labelled_files(case: Case, labels: list[str]) -> bool:
    files = case.subject.get("attachments")
    entries = [entry for entry in (files if isinstance(files, list) else ()) if isinstance(entry, dict)]
    return any(entry.get("sensitivity") in labels for entry in entries)


def _desk_of_bundle(case: Case, thresholds: Mapping[str, Any]) -> Verdict:
    to = case.subject.get("to")
    role, address = (to.get("role"), to.get("address")) if isinstance(to, dict) else (None, None)
    if not isinstance(to, dict) or not (isinstance(role, str) and isinstance(address, str)):
        return Verdict("notEvaluable", ("/to",), _FORM)
    readers = to.get("readers", [])
    if not isinstance(readers, list):
        return Verdict("notEvaluable", ("/to/readers",), _FORM)
    wrong = tuple(
        place
        for place, bad in (
            ("/to/role", role not in thresholds["roles"]),
            ("/to/readers", any(reader not in thresholds["roles"] for reader in readers)),
            ("/to/address", not address.endswith(f"/{thresholds['desk']}")),
        )
        if bad
    )
    message = "Safeguarding content is addressed to somebody who is not a safeguarding lead."
    return Verdict("error", wrong, message) if wrong else Verdict("pass", ("/to",))


def _leads_of_transfer(case: Case, ids: set[str], roles: list[str]) -> Iterator[Verdict]:
    """Look at the recipients who are named for a safeguarding document; the others never get one."""
    for place, recipient in _recipients(case):
        listed, role = recipient.get("documents"), recipient.get("role")
        named = [entry for entry in (listed if isinstance(listed, list) else ()) if isinstance(entry, str)]
        if ids.intersection(named) and not isinstance(role, str):
            yield Verdict("notEvaluable", (f"{place}/role",), _FORM)
        elif ids.intersection(named) and role not in roles:
            message = "Safeguarding content is meant for somebody who is not a safeguarding lead."
            yield Verdict("error", (f"{place}/role",), message)
        elif ids.intersection(named):
            yield Verdict("pass", (place,))


def lawful_basis(case: Case, rule: Rule) -> Iterator[Verdict]:
    """DPX-01: who answers for it, what for, and the conditions that its content needs."""
    if case.form == "documents":
        return
    basis = case.subject.get("lawfulBasis")
    if look(basis, "object") is Look.WRONG:
        yield Verdict("notEvaluable", ("/lawfulBasis",), "The lawful basis is not in the right form.")
        return
    wanted = ["controller", "purpose", "article6", *_articles(case, rule.thresholds)]
    known: Mapping[str, Any] = basis if isinstance(basis, dict) else {}
    found = {name: look(known.get(name), "string") for name in wanted}
    missing = tuple(f"/lawfulBasis/{name}" for name, seen in found.items() if seen is Look.MISSING)
    unsure = tuple(f"/lawfulBasis/{name}" for name, seen in found.items() if seen is Look.WRONG)
    if missing:
        yield Verdict("error", missing, "The lawful basis does not cover everything that is sent.")
    elif unsure:
        yield Verdict("notEvaluable", unsure, "The lawful basis is not in the right form.")
    else:
        yield Verdict("pass", ("/lawfulBasis",))


def _articles(case: Case, thresholds: Mapping[str, Any]) -> Iterator[str]:
    labels = {
        mark.value for item in case.items() for mark in item.marks.labels if isinstance(mark.value, str)
    }
    if labels.intersection(thresholds["article9"]) or any(_special(item) for item in case.items()):
        yield "article9"
    if labels.intersection(thresholds["article10"]):
        yield "article10"


def _special(item: Item) -> bool:
    """Say whether a member is there that the dictionary always counts as special-category data."""
    return any(name in item.value for name in _always_special(item.kind))


@cache
def _always_special(kind: str) -> frozenset[str]:
    if kind not in kinds():
        return frozenset()
    classes = {name: node.keyword("x-ltp-class") for name, node in root(kind).members().items()}
    return frozenset(
        name
        for name, found in classes.items()
        if isinstance(found, list) and "SC" in found and "O" not in found
    )


def allowed(case: Case, _rule: Rule) -> Iterator[Verdict]:
    """DPX-02: route table and disclosure matrix, as the sender plans it or as the receiver finds it."""
    if case.form == "transfer":
        recipients = _recipients(case)
        yield from (_plan(case, place, recipient) for place, recipient in recipients)
        if not recipients:
            yield Verdict("notEvaluable", ("/recipients",), _FORM)
    elif case.form == "bundle":
        yield from _received(case)


def _plan(case: Case, place: str, recipient: Mapping[str, Any]) -> Verdict:
    role = text(recipient, "role")
    if role is None:
        return Verdict("notEvaluable", (f"{place}/role",), _FORM)
    if role not in routes.roles():
        return Verdict(
            "error", (f"{place}/role",), "The standard has no such role.", "Choose a role of the standard."
        )
    listed = recipient.get("documents")
    if listed is not None and not isinstance(listed, list):
        return Verdict("notEvaluable", (f"{place}/documents",), _FORM)
    return _documents_for(case, place, role, listed)


def _documents_for(case: Case, place: str, role: str, listed: list[Any] | None) -> Verdict:
    known = once(case, "documents by id", lambda: grouped(case.documents, _id_of))
    names = None if listed is None else dict.fromkeys(entry for entry in listed if isinstance(entry, str))
    if listed is not None and any(not isinstance(entry, str) or entry not in known for entry in listed):
        message = "A document is named here that is not in the transfer."
        return Verdict("error", (f"{place}/documents",), message, "Name only documents of this transfer.")
    named = case.documents if names is None else [item for name in names for item in known[name]]
    refused = [verdict for item in named if (verdict := _way(case, item, role)) is not None]
    # Without a list the recipient gets whatever may go there, so one document that may is enough.
    if refused and (listed is not None or len(refused) == len(named)):
        worst = next((verdict for verdict in refused if verdict.outcome == "error"), refused[0])
        places = (place, *(pointer for verdict in refused for pointer in verdict.pointers))
        return Verdict(worst.outcome, places, worst.message, worst.fix)
    return Verdict("pass", (place,)) if named else Verdict("notEvaluable", (place,), _FORM)


def _id_of(item: Item) -> str | None:
    return text(item.value, "documentId")


def _way(case: Case, item: Item, role: str) -> Verdict | None:
    """Return why a document may not go to a role, or None when it may."""
    sender = _sender(case, item)
    if sender is None:
        return Verdict("notEvaluable", (at(item.path, "author", "role"),), _FORM)
    if routes.find(item.kind, sender, role, case.conditions) is not None:
        return None
    ways = routes.ways(item.kind, sender, role)
    if not ways:
        message = "This type of document may not go from this author to this recipient."
        return Verdict("error", (at(item.path),), message)
    # A bundle does not carry the conditions that its sender stated.
    outcome: Outcome = "notEvaluable" if case.form == "bundle" else "error"
    needed = " or ".join(sorted(f"'{way.condition}'" for way in ways))
    message = f"This document may go to this recipient only under the condition {needed}."
    fix = f"State {needed} among the conditions if it holds; otherwise take the recipient away."
    return Verdict(outcome, (at(item.path),), message, fix)


def _sender(case: Case, item: Item) -> str | None:
    """Return the role in which a document is sent: its author's, or the sender's who passes on another's."""
    author, sender = item.value.get("author"), case.subject.get("from")
    if not isinstance(author, dict):
        return None
    if isinstance(sender, dict) and sender.get("organisation") != author.get("organisation"):
        return text(sender, "role")
    return text(author, "role")


def _received(case: Case) -> Iterator[Verdict]:
    to = case.subject.get("to")
    role = text(to, "role") if isinstance(to, dict) else None
    readers = to.get("readers", []) if isinstance(to, dict) else None
    if role is None or not isinstance(to, dict) or not isinstance(readers, list):
        yield Verdict("notEvaluable", ("/to",), _FORM)
        return
    if not all(isinstance(reader, str) and reader in routes.roles() for reader in (role, *readers)):
        yield Verdict("error", ("/to",), "The standard has no such role.", "Choose a role of the standard.")
        return
    for item in case.documents:
        yield _worst(
            _way(case, item, role),
            _readers(case, item, to),
            verdict=_content(item, frozenset({role, *readers})),
        )
    for item in case.components:
        yield _content(item, frozenset({role, *readers}))


def _readers(case: Case, item: Item, to: Mapping[str, Any]) -> Verdict | None:
    """Return what is wrong with the further readers or the desk, or None; the sender is judged elsewhere."""
    sender = _sender(case, item)
    ways = routes.ways(item.kind, sender, to["role"]) if sender is not None else ()
    if not ways:
        return None
    route = ways[0]
    if set(to.get("readers", [])) - set(route.readers):
        message = "A further reader is named whom the route does not have."
        return Verdict("error", ("/to/readers", at(item.path)), message)
    address = text(to, "address")
    if address is None:
        return Verdict("notEvaluable", ("/to/address",), _FORM)
    if not address.endswith(f"/{route.desk}"):
        message = "This document belongs to another desk of the receiving organisation."
        return Verdict("error", ("/to/address", at(item.path)), message)
    return None


def _worst(*others: Verdict | None, verdict: Verdict) -> Verdict:
    found = [other for other in others if other is not None] + [verdict]
    return min(found, key=lambda one: ("error", "notEvaluable", "pass").index(one.outcome))


def _content(item: Item, roles: frozenset[str]) -> Verdict:
    if item.marks.too_deep:
        return Verdict("notEvaluable", (at(item.path),), "This is nested too deeply to be checked.")
    try:
        over = excess(item.kind, item.value, roles)
    except SchemasError:
        return Verdict("error", (at(item.path),), "The standard has no rule by which this may be shown.")
    if over:
        message = "More is sent than the receiving role may see."
        fix = "Send the view that the disclosure matrix gives this role."
        return Verdict("error", tuple(at(item.path, *place.split("/")[1:]) for place in over), message, fix)
    return Verdict("pass", (at(item.path),))


def _recipients(case: Case) -> list[tuple[str, Mapping[str, Any]]]:
    """Return each recipient with its place; one of the wrong form is an empty one."""
    found = case.subject.get("recipients")
    entries = enumerate(found if isinstance(found, list) else ())
    return [(f"/recipients/{index}", entry if isinstance(entry, dict) else {}) for index, entry in entries]
