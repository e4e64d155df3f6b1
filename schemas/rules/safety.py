"""Rules about what a school tells providers and other schools to keep a pupil safe (SAF-01 to 03, SAF-14)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.calendar import SchoolCalendar, legal_date
from schemas.rules._case import Case, Item, Verdict, at, grouped, once, placement_of
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
from schemas.rules._look import text
from schemas.rules._placing import overdue
from schemas.rules._running import ending, versions
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
    to_provider,
)

_CHRONOLOGY = "safeguarding-chronology"
_CONCERN = "safeguarding-concern"
_AWARENESS = "multi-provider-awareness"
_PROVIDER = "AP"
_DAY = timedelta(days=1)
_NAMES = ("organisation", "providerName")
_WHO = "It is not stated which organisation the other provider is."


def chronology_sent(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-01: by the start the provider has the chronology, or the word that there is none."""
    return of_placement(case, rule, _chronology)


def _chronology(item: Item, case: Case, rule: Rule) -> Verdict | None:
    start, roles = need_day(item, "startDate"), rule.thresholds["roles"]
    # It is the pupil's story: one that was written for another of the pupil's placements tells it as well.
    known = [found for found in case.documents if found.kind == _CHRONOLOGY and _says_something(found)]
    sent = min((sent_on(entry) for entry in to_provider(case, item, known, roles)), default=None)
    done = in_time(case, sent, start)
    if done is not True:
        must_be_seen(case, roles, find(item, "string", "provider", "organisation"))
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
    day, known = legal_date(written), once(case, "other runs", lambda: _other_runs(case))
    named = {run.place: run.provider for run in known if run.start <= day and (not run.end or day <= run.end)}
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
    return min(need_instant(version, "createdAt") for version in versions(case, item))


@dataclass(frozen=True, slots=True)
class _Run:
    """How long another placement of the pupil runs, and with whom."""

    place: str
    provider: str | None
    start: date
    end: date | None


def _other_runs(case: Case) -> list[_Run]:
    return [
        _Run(
            at(other.path, "provider"),
            find(other, "string", "provider", "organisation"),
            need_day(other, "startDate"),
            ending(case, other),
        )
        for other in others(case)
    ]


def _heard(item: Item, case: Case, rule: Rule) -> dict[str, datetime]:
    """Return when each provider was told: by the lead's own note, or by a delivery where those are known.

    The report and what passes it on are about the same moment; they may belong to different placements.
    """
    moment = need(item, "string", "concernDateTime")
    return once(case, ("heard", moment), lambda: _heard_of(moment, case, rule))


def _heard_of(moment: str, case: Case, rule: Rule) -> dict[str, datetime]:
    same = once(case, "concerns", lambda: _by_moment(case)).get(moment, ())
    lines = [line for found in same for line in entries(found, "relayedTo")]
    notes = [(str(line.get("provider")), as_instant(line.get("dateTime"), place)) for place, line in lines]
    sent = sendings(case, same, rule.thresholds["roles"]) if "deliveries" in case.subject else []
    posted = [(need(e, "string", "to", "organisation"), need_instant(e, "sentAt")) for e in sent]
    # Of several instants for one provider the first is kept.
    return dict(sorted([*notes, *posted], key=lambda pair: pair[1], reverse=True))


def _by_moment(case: Case) -> dict[str | None, tuple[Item, ...]]:
    concerns = [found for found in case.documents if found.kind == _CONCERN]
    return grouped(concerns, lambda concern: text(concern.value, "concernDateTime"))


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
    listed = _listed(told)
    place = at(item.path, "provider") if told is None else at(told.path, "otherProviders")
    if case.today is not None:
        # Whoever is there on a day is told of on that day at the latest, so yesterday's must be known.
        day = min(case.today - _DAY, ending(case, item) or case.today)
        running = [o for o in found if runs_on(case, item, day) and runs_on(case, o, day)]
        gone = [o for o in found if (ending(case, o) or day) < day]
        if running:
            right = all(_is_named(o, listed) for o in running) and not any(_is_named(o, listed) for o in gone)
            message = "The provider was not told which other providers the pupil attends now."
            return said(rule, right, (place,), message)
    return Verdict("pass", (place,)) if all(_is_named(o, listed) for o in found) else None


def _last_told(item: Item, case: Case, rule: Rule) -> Item | None:
    """Return what the provider was last sent about the other providers, None if nothing."""
    known = every_version(case, item, _AWARENESS)
    sent = to_provider(case, item, known, rule.thresholds["roles"])
    if not sent:
        return None
    last = max(sent, key=lambda entry: need_instant(entry, "sentAt"))
    names = ("documentId", "version")
    same = [d for d in known if all(d.value.get(name) == last.value.get(name) for name in names)]
    if not same:
        raise Unseen(at(last.path), why="The version that was sent is not here.")
    return same[0]


def _listed(told: Item | None) -> set[tuple[str, str]]:
    """Return the organisations and the names of the providers that somebody was told of."""
    entered = [] if told is None else [entry.get("provider") for _, entry in entries(told, "otherProviders")]
    found = [(name, text(one, name)) for one in entered if isinstance(one, dict) for name in _NAMES]
    return {(name, value) for name, value in found if value is not None}


def _is_named(other: Item, listed: set[tuple[str, str]]) -> bool:
    mine = {
        (name, value) for name in _NAMES if (value := find(other, "string", "provider", name)) is not None
    }
    if not mine:
        raise Unseen(at(other.path, "provider"), why=_WHO)
    return bool(mine & listed)


def file_moved(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-14: when a pupil changes school the child protection file follows on its own, with a receipt."""
    if case.form == "documents":
        yield from judged(case, rule, "destination-record", _moved)


def _moved(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "destinationType") not in rule.thresholds["destinations"]:
        return None
    roles, start = rule.thresholds["roles"], need_day(item, "nextDestinationDetails", "start")
    last = _file_due(calendar(case), start, rule.thresholds["days"])
    first, received = once(case, ("file", placement_of(item)), lambda: _file_sent(item, case, roles))
    done = in_time(case, first, last)
    if first is None:
        must_be_seen(case, roles)
    message = "The child protection file did not go to the new school's safeguarding lead in time."
    if done and not received:
        done = in_time(case, None, last)
        message = "The new school has not confirmed that the child protection file came."
    return said(rule, done, (at(item.path, "nextDestinationDetails", "start"),), message)


def _file_sent(item: Item, case: Case, roles: list[str]) -> tuple[date | None, bool]:
    """Return when the file first went to a new school, and whether any such school has it."""
    sent = sendings(case, every_version(case, item, _CHRONOLOGY), roles)
    return min(map(sent_on, sent), default=None), any(received_on(entry) for entry in sent)


def _file_due(days: SchoolCalendar, start: date, count: int) -> date:
    """Return the last day: so many days after a move in the year, or the first school days of a term."""
    opening = days.next_school_day(start)
    term = days.term_of(opening)
    if term is not None and opening == days.next_school_day(term.days.start):
        return days.add_school_days(opening, count - 1)
    return start + timedelta(days=count)
