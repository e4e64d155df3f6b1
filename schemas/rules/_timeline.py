"""What a placement record shows over time: every version, what was sent to whom, and when it came."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from schemas.calendar import legal_date
from schemas.rules._case import Case, Item, Verdict, at, grouped, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Judge,
    Unseen,
    delivered,
    deliveries,
    find,
    need,
    need_day,
    need_instant,
    written_on,
)
from schemas.rules._placing import overdue, placed
from schemas.rules._recipients import roles_for
from schemas.rules._running import ending

_RECEIVED = ("delivered", "opened", "accepted")


def of_placement(case: Case, rule: Rule, judge: Judge) -> Iterator[Verdict]:
    """Judge the placement of a record; a message shows too little of a placement to be judged by."""
    yield from placed(case, rule, judge) if case.form == "documents" else ()


def in_time(case: Case, done: date | None, last: date) -> bool | None:
    """Say whether something was done by its last day; None while it is not done and not yet overdue."""
    if done is None and not overdue(case, last):
        return None
    return done is not None and done <= last


def said(rule: Rule, done: bool | None, places: tuple[str, ...], message: str) -> Verdict | None:
    """Return a pass on what was done in time, the rule's severity on what was not, or nothing yet."""
    if done is None:
        return None
    return Verdict("pass", places) if done else Verdict(rule.severity, places, message)


def every_version(case: Case, item: Item, kind: str) -> tuple[Item, ...]:
    """Return every version of the documents of a type that belong to the same placement as an item."""
    known = once(
        case, "every version", lambda: grouped(case.documents, lambda each: (each.kind, placement_of(each)))
    )
    return known.get((kind, placement_of(item)), ())


def author_family(item: Item) -> str:
    """Return whose role somebody wrote a document in, such as AP, or raise Unseen."""
    role: str = need(item, "string", "author", "role")
    return role.partition(".")[0]


def sendings(
    case: Case, documents: Iterable[Item], roles: Collection[str], organisation: str | None = None
) -> list[Item]:
    """Return the deliveries of some documents, of any version, to these roles; what was rejected is none.

    Raises Unseen if the record says nothing of deliveries.
    """
    if not deliveries(case):
        return []
    known = {need(document, "string", "documentId"): document for document in documents}
    found = (entry for document in known.values() for entry in delivered(case, document))
    return [entry for entry in found if _went(entry, roles, organisation)]


def to_provider(case: Case, here: Item, documents: Iterable[Item], roles: Collection[str]) -> list[Item]:
    """Return the deliveries of some documents to the provider of a placement.

    Raises Unseen if something went to such a role and nobody knows whether it is the provider's.
    """
    provider = find(here, "string", "provider", "organisation")
    found = sendings(case, documents, roles, provider)
    if provider is None and found:
        raise Unseen(at(here.path, "provider", "organisation"), why="It is not stated who the provider is.")
    return found


def must_be_seen(case: Case, roles: Collection[str], organisation: str | None = None) -> None:
    """Raise Unseen if something went to these roles that is not here: nobody can say what it was."""
    once(case, ("seen", *roles, organisation), lambda: _must_be_seen(case, roles, organisation))


def _must_be_seen(case: Case, roles: Collection[str], organisation: str | None) -> None:
    here = {find(document, "string", "documentId") for document in case.documents}
    sent = (entry for entry in deliveries(case) if _went(entry, roles, organisation))
    hidden = [entry for entry in sent if find(entry, "string", "documentId") not in here]
    if hidden:
        raise Unseen(
            *(at(entry.path) for entry in hidden), why="Something was sent that cannot be seen here."
        )


def sent_on(entry: Item) -> date:
    """Return the day, in England, on which something was sent, or raise Unseen."""
    return legal_date(need_instant(entry, "sentAt"))


def received_on(entry: Item) -> date | None:
    """Return the day of the first receipt by which the other side has it, None if there is no receipt."""
    there = [name for name in _RECEIVED if find(entry, "string", name) is not None]
    return min((legal_date(need_instant(entry, name)) for name in there), default=None)


def first_sent(case: Case, item: Item, roles: Collection[str]) -> date | None:
    """Return the day on which a document first went to one of these roles, None if it did not go.

    A message is taken as sent on the day on which its document was written; of a correction nobody can tell.
    """
    if case.form == "documents":
        return min((sent_on(entry) for entry in sendings(case, [item], roles)), default=None)
    if need(item, "integer", "version") != 1:
        raise Unseen(at(item.path, "version"), why="The first version of this went in another message.")
    if roles_for(case, item).isdisjoint(roles):
        raise Unseen(at(item.path), why="To whom else this went cannot be seen here.")
    return written_on(item)


def went_by(case: Case, item: Item, roles: Collection[str], last: date) -> bool | None:
    """Say whether a document went to one of these roles by a day; what was written later cannot have."""
    if item.value.get("version") == 1 and written_on(item) > last:
        return False
    return in_time(case, first_sent(case, item, roles), last)


def runs_on(case: Case, placed: Item, day: date) -> bool:
    """Say whether a placement has begun and not ended on a day."""
    last = ending(case, placed)
    return need_day(placed, "startDate") <= day and (last is None or day <= last)


def _went(entry: Item, roles: Collection[str], organisation: str | None) -> bool:
    """Say whether a delivery went to one of these roles (of an organisation) and was not rejected."""
    taken = find(entry, "string", "rejected") is None and need(entry, "string", "to", "role") in roles
    return taken and (organisation is None or need(entry, "string", "to", "organisation") == organisation)
