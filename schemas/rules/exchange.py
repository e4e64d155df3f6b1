"""Rules about the way of a document: how long it is kept, whether it arrived, and who learns of an error (DPX)."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.calendar import legal_date
from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    delivered,
    delivered_as,
    deliveries,
    find,
    judged,
    need,
    need_instant,
    one,
    passed,
    written_on,
)
from schemas.rules._judgements import bare
from schemas.rules._look import Look, look, same

_RECEIVED = ("delivered", "opened", "accepted")
_WITHDRAWAL = "correction-withdrawal"


def retention_stated(case: Case, rule: Rule) -> Iterator[Verdict]:
    """DPX-03: what starts the time for which it is kept, and how long that is."""
    if case.form != "documents":
        verdict = one(bare(None, case.subject), case, rule, _retention)
        yield from (verdict,) if verdict else ()


def _retention(envelope: Item, _case: Case, _rule: Rule) -> Verdict:
    parts = {"trigger": "string", "months": "integer"}
    lacking = tuple(
        f"/retention/{name}"
        for name, kind in parts.items()
        if find(envelope, kind, "retention", name) is None
    )
    message = "It is not stated from when on, or for how long, this is kept."
    return Verdict("warning", lacking, message) if lacking else Verdict("pass", ("/retention",))


def sealed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """DPX-04: what the receiving gateway established of a message, and whether what was sent is receipted."""
    if case.form == "bundle" or "message" in case.subject:
        yield _message(case, rule)
    if "deliveries" in case.subject:
        verdict = one(bare(None, {}), case, rule, _receipted)
        yield from (verdict,) if verdict else ()


def _message(case: Case, rule: Rule) -> Verdict:
    found, wanted = case.subject.get("message"), rule.thresholds["message"]
    known = found if isinstance(found, dict) else {}
    wrong = tuple(f"/message/{name}" for name, good in wanted.items() if known.get(name) is (not good))
    if wrong:
        message = "The message is not verified, has expired or was received before."
        return Verdict("error", wrong, message)
    if any(look(known.get(name), "boolean") is not Look.PRESENT for name in wanted):
        message = "What the receiving gateway established of the message is not here."
        return Verdict("notEvaluable", ("/message",), message)
    return Verdict("pass", ("/message",))


def _receipted(_record: Item, case: Case, rule: Rule) -> Verdict | None:
    """Judge what was sent; before a receipt is overdue nothing is said of it."""
    sent = [entry for entry in deliveries(case) if _answers(entry, rule)]
    waiting = [
        entry for entry in sent if not any(find(entry, "string", name) for name in (*_RECEIVED, "rejected"))
    ]
    days = timedelta(days=rule.thresholds["days"])
    late = tuple(
        at(entry.path)
        for entry in waiting
        if case.today is not None and case.today > legal_date(need_instant(entry, "sentAt")) + days
    )
    if late:
        return Verdict("warning", late, "What was sent is not receipted, and its time has run out.")
    return Verdict("pass", ("/deliveries",)) if sent and not waiting else None


def _answers(entry: Item, rule: Rule) -> bool:
    """Say whether a receipt is to be expected: parents and pupils have no desk to give one."""
    return need(entry, "string", "to", "role") not in rule.thresholds["withoutDesk"]


def errors_reach_all(case: Case, rule: Rule) -> Iterator[Verdict]:
    """DPX-05: who received a document hears that it is wrong, and no version is silently written over."""
    for item in case.documents:
        verdict = one(item, case, rule, _marked)
        yield from (verdict,) if verdict else ()
    if case.form == "documents":
        yield from judged(case, rule, _WITHDRAWAL, _reached)
        yield from _overwritten(case)


def _marked(item: Item, _case: Case, _rule: Rule) -> Verdict | None:
    if (find(item, "integer", "version") or 1) == 1:
        return None
    if find(item, "string", "supersedes", "documentId") is not None:
        return passed(item, "supersedes")
    message = "A later version does not say which version it replaces."
    fix = "Name the version that this one replaces, so that nobody goes on working with it."
    return Verdict("error", (at(item.path, "supersedes"),), message, fix)


def _reached(item: Item, case: Case, rule: Rule) -> Verdict | None:
    past, told = _had(item, case), delivered(case, item)
    sent, confirmed = {_whom(entry) for entry in told}, {_whom(e) for e in told if _has_it(e, rule)}
    unsent = [entry for entry in past if _whom(entry) not in sent]
    silent = [entry for entry in past if _whom(entry) in sent - confirmed]
    if not unsent and not silent:
        return passed(item)
    days = 0 if case.today is None else (case.today - written_on(item)).days
    late = unsent if days > rule.thresholds["sentWithinDays"] else []
    late += silent if days > rule.thresholds["confirmedWithinDays"] else []
    message = "Somebody received the document and was not told, or has not confirmed it, that it is wrong."
    places = tuple(at(entry.path) for entry in late)
    return Verdict("error", (at(item.path), *places), message) if late else None


def _had(item: Item, case: Case) -> list[Item]:
    """Return the deliveries that came of the document that a correction is about.

    Who rejected it never had it. Raises Unseen if nothing shows that the document went anywhere.
    """
    target, version = need(item, "string", "targetMessageId"), find(item, "integer", "targetVersion")
    found = delivered_as(case, target)
    past = [entry for entry in found if version in (None, need(entry, "integer", "version"))]
    if not past:
        raise Unseen("/deliveries", why="To whom the document went that this is about cannot be seen here.")
    return [entry for entry in past if find(entry, "string", "rejected") is None]


def _whom(entry: Item) -> tuple[str, str]:
    return need(entry, "string", "to", "organisation"), need(entry, "string", "to", "role")


def _has_it(entry: Item, rule: Rule) -> bool:
    return not _answers(entry, rule) or any(find(entry, "string", name) for name in _RECEIVED)


def _overwritten(case: Case) -> Iterator[Verdict]:
    """Yield each version of a document that is here twice with another content; a view may hold less."""
    first: dict[tuple[str, str, int], Item] = {}
    for item in case.documents:
        name, version = item.value.get("documentId"), item.value.get("version")
        if isinstance(name, str) and type(version) is int and not item.withheld:
            known = first.setdefault((item.kind, name, version), item)
            if known is not item and not same(known.value, item.value):
                message = "A version of a document is here twice with different content."
                fix = "Send what has changed as the next version; a version that was sent never changes."
                yield Verdict("error", (at(known.path), at(item.path)), message, fix)
