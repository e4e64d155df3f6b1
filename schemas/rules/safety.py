"""Rules about what a school tells providers and other schools to keep a pupil safe (SAF-01 to 03, SAF-14)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from schemas.calendar import SchoolCalendar, legal_date
from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    as_instant,
    calendar,
    entries,
    find,
    judged,
    need,
    need_day,
    need_instant,
    others,
    passed,
)
from schemas.rules._placing import overdue
from schemas.rules._running import ending
from schemas.rules._timeline import (
    author_family,
    every_version,
    in_time,
    must_be_seen,
    of_placement,
    received_on,
    runs_on,
    said,
    sendings,
    sent_on,
)

_CHRONOLOGY = "safeguarding-chronology"
_CONCERN = "safeguarding-concern"
_AWARENESS = "multi-provider-awareness"
_PROVIDER = "AP"
_DAY = timedelta(days=1)
_WHO = "It is not stated which organisation the other provider is."


def chronology_sent(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-01: by the start the provider has the chronology, or the word that there is none."""
    return of_placement(case, rule, _chronology)


def _chronology(item: Item, case: Case, rule: Rule) -> Verdict | None:
    start, roles = need_day(item, "startDate"), rule.thresholds["roles"]
    provider = find(item, "string", "provider", "organisation")
    # It is the pupil's story: one that was written for another of the pupil's placements tells it as well.
    known = [found for found in case.documents if found.kind == _CHRONOLOGY and _says_something(found)]
    sent = min((sent_on(entry) for entry in sendings(case, known, roles, provider)), default=None)
    done = in_time(case, sent, start)
    if done is not True:
        must_be_seen(case, roles, provider)
    message = "The provider's safeguarding lead was not sent a chronology, or a nil return, by the start."
    return said(rule, done, (at(item.path, "startDate"),), message)


def _says_something(item: Item) -> bool:
    return bool(find(item, "array", "chronologyEntries")) or find(item, "boolean", "nilReturn") is True


def relayed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-02: what one provider reports goes on to the pupil's other providers.

    The clock runs from the writing of the report. What the commissioner itself raises is not judged: nobody
    can tell a new concern of its own from one that it passes on.
    """
    if case.form == "documents":
        yield from judged(case, rule, _CONCERN, _relayed)


def _relayed(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if author_family(item) != _PROVIDER:
        return None
    written, own = _first_written(item, case), find(item, "string", "author", "organisation")
    limit = written + timedelta(hours=rule.thresholds["hours"])
    running = [other for other in others(case) if runs_on(case, other, legal_date(written))]
    named = {at(o.path, "provider"): find(o, "string", "provider", "organisation") for o in running}
    wanted = {name for name in named.values() if name not in (None, own)}
    heard = _heard(item, case, rule)
    done = [_by(case, heard.get(name), limit) for name in wanted]
    if False in done or None in done:
        message = "Another provider that the pupil attends was not told of this concern in time."
        return said(rule, False if False in done else None, (at(item.path, "relayedTo"),), message)
    if None in named.values():
        unknown = [place for place, name in named.items() if name is None]
        raise Unseen(*unknown, why=_WHO)
    return passed(item, "relayedTo") if wanted else None


def _first_written(item: Item, case: Case) -> datetime:
    known = item.value.get("documentId")
    same = (found for found in every_version(case, item, _CONCERN) if found.value.get("documentId") == known)
    return min(need_instant(found, "createdAt") for found in same)


def _heard(item: Item, case: Case, rule: Rule) -> dict[str, datetime]:
    """Return when each provider was told: by the lead's own note, or by a delivery where those are known.

    The report and what passes it on are about the same moment; they may belong to different placements.
    """
    moment = need(item, "string", "concernDateTime")
    same = [d for d in case.documents if d.kind == _CONCERN and d.value.get("concernDateTime") == moment]
    lines = [line for found in same for line in entries(found, "relayedTo")]
    notes = [(str(line.get("provider")), as_instant(line.get("dateTime"), place)) for place, line in lines]
    sent = sendings(case, same, rule.thresholds["roles"]) if "deliveries" in case.subject else []
    posted = [(need(e, "string", "to", "organisation"), need_instant(e, "sentAt")) for e in sent]
    # Of several instants for one provider the first is kept.
    return dict(sorted([*notes, *posted], key=lambda pair: pair[1], reverse=True))


def _by(case: Case, heard: datetime | None, limit: datetime) -> bool | None:
    if heard is None and not overdue(case, legal_date(limit)):
        return None
    return heard is not None and heard <= limit


def others_known(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-03: each of several providers is told which others there are, again when they change."""
    return of_placement(case, rule, _aware)


def _aware(item: Item, case: Case, rule: Rule) -> Verdict | None:
    found = others(case)
    if not found:
        return None
    told = _last_told(item, case, rule)
    named = [] if told is None else [entry for _, entry in entries(told, "otherProviders")]
    place = at(item.path, "provider") if told is None else at(told.path, "otherProviders")
    if case.today is not None:
        # Whoever is there on a day is told of on that day at the latest, so yesterday's must be known.
        day = min(case.today - _DAY, ending(case, item) or case.today)
        running = [o for o in found if runs_on(case, item, day) and runs_on(case, o, day)]
        gone = [o for o in found if (ending(case, o) or day) < day]
        if running:
            right = all(_is_named(o, named) for o in running) and not any(_is_named(o, named) for o in gone)
            message = "The provider was not told which other providers the pupil attends now."
            return said(rule, right, (place,), message)
    return Verdict("pass", (place,)) if all(_is_named(o, named) for o in found) else None


def _last_told(item: Item, case: Case, rule: Rule) -> Item | None:
    """Return what the provider was last sent about the other providers, None if nothing."""
    provider, known = find(item, "string", "provider", "organisation"), every_version(case, item, _AWARENESS)
    sent = sendings(case, known, rule.thresholds["roles"], provider)
    if not sent:
        return None
    last = max(sent, key=lambda entry: need_instant(entry, "sentAt"))
    names = ("documentId", "version")
    same = [d for d in known if all(d.value.get(name) == last.value.get(name) for name in names)]
    if not same:
        raise Unseen(at(last.path), why="The version that was sent is not here.")
    return same[0]


def _is_named(other: Item, named: list[dict[str, Any]]) -> bool:
    names = ("organisation", "providerName")
    mine = {name: find(other, "string", "provider", name) for name in names}
    if not any(mine.values()):
        raise Unseen(at(other.path, "provider"), why=_WHO)
    listed = [entry["provider"] for entry in named if isinstance(entry.get("provider"), dict)]
    return any(mine[name] is not None and one.get(name) == mine[name] for one in listed for name in names)


def file_moved(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-14: when a pupil changes school the child protection file follows on its own, with a receipt."""
    if case.form == "documents":
        yield from judged(case, rule, "destination-record", _moved)


def _moved(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "destinationType") not in rule.thresholds["destinations"]:
        return None
    roles, start = rule.thresholds["roles"], need_day(item, "nextDestinationDetails", "start")
    last = _file_due(calendar(case), start, rule.thresholds["days"])
    sent = sendings(case, every_version(case, item, _CHRONOLOGY), roles)
    done = in_time(case, min((sent_on(entry) for entry in sent), default=None), last)
    if not sent:
        must_be_seen(case, roles)
    message = "The child protection file did not go to the new school's safeguarding lead in time."
    if done and not any(received_on(entry) for entry in sent):
        done = in_time(case, None, last)
        message = "The new school has not confirmed that the child protection file came."
    return said(rule, done, (at(item.path, "nextDestinationDetails", "start"),), message)


def _file_due(days: SchoolCalendar, start: date, count: int) -> date:
    """Return the last day: so many days after a move in the year, or the first school days of a term."""
    opening = days.next_school_day(start)
    term = days.term_of(opening)
    if term is not None and opening == days.next_school_day(term.days.start):
        return days.add_school_days(opening, count - 1)
    return start + timedelta(days=count)
