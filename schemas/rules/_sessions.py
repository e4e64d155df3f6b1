"""The sessions of an attendance summary, and the absence notices beside it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from schemas.rules._case import Case, Item, Verdict, at, grouped, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import Unseen, as_day, beside, entries, need, need_day, passed
from schemas.rules._look import text
from schemas.rules.register_codes import Arrangement, known, row_for, session_of

NOTICE = "absence-notice"
Session = dict[str, Any]
Fits = Callable[[str, Session], bool | None]
_Key = Callable[[Item], tuple[str | None, ...]]
Holds = Callable[[tuple[Item, ...]], bool]


def over_sessions(item: Item, rule: Rule, message: str, fits: Fits) -> Verdict | None:
    """Judge each session of a summary: one verdict with the places of what is wrong, or else cannot be told."""
    wrong: list[str] = []
    unsure: list[Unseen] = []
    good = 0
    for place, entry in entries(item, "sessions"):
        try:
            found = fits(place, entry)
        except Unseen as unseen:
            unsure.append(unseen)
        else:
            wrong += [place] if found is False else []
            good += found is True
    if wrong:
        return Verdict(rule.severity, tuple(wrong), message)
    if unsure:
        raise Unseen(*(place for unseen in unsure for place in unseen.places), why=unsure[0].why)
    return passed(item, "sessions") if good else None


def right(place: str, entry: Session, rule: Rule, arrangement: Arrangement, session: str) -> bool | None:
    """Say whether the home code is the table's, None where another rule or nobody has a say."""
    row = row_for(arrangement, session)
    if row is None or row.rule != rule.id:
        return None
    code = _code(place, entry, "homeRegisterCode")
    return True if code in row.home else None if session_of(code) is None else False


def mark_of(place: str, entry: Session) -> str:
    """Return the provider's mark, or raise Unseen."""
    return _code(place, entry, "providerMark")


def _code(place: str, entry: Session, name: str) -> str:
    """Return a code that the list knows, or raise Unseen."""
    code = text(entry, name)
    if code is None or not known(code):
        raise Unseen(f"{place}/{name}", why="A code is missing or is none that the list knows.")
    return code


def kind_of(entry: Session) -> str | None:
    """Return what the provider's mark says of a session, None if it says nothing or is not there."""
    mark = text(entry, "providerMark")
    return None if mark is None else session_of(mark)


def when(place: str, entry: Session) -> tuple[date, str]:
    """Return the day and the half of it, or raise Unseen."""
    session = text(entry, "session")
    if session is None:
        raise Unseen(f"{place}/session")
    return as_day(entry.get("date"), f"{place}/date"), session


def told(item: Item, case: Case) -> set[tuple[date, str]]:
    """Return the sessions of which the placement has an absence notice."""
    return once(case, ("told", placement_of(item)), lambda: set(map(noticed_for, beside(case, item, NOTICE))))


def of_session(item: Item, case: Case, name: str, holds: Holds) -> bool:
    """Say whether something holds of the notices of one session; it is looked at once for all of them.

    Raises Unseen where it holds only of notices of the day of which nobody can tell whether they are of this
    session.
    """
    mine, day, session = placement_of(item), _day(item), _session(item)
    known = once(case, ("notices", mine), lambda: _indexed(beside(case, item, NOTICE)))
    if session is None:
        found, perhaps = holds((item,)), known.get((day,), ())
    else:
        found = once(case, (name, mine, day, session), lambda: holds(known.get((day, session), ())))
        perhaps = known.get((day, None), ())
    if not found and once(case, (name, mine, day, session is None, "perhaps"), lambda: holds(perhaps)):
        raise Unseen(at(item.path, "session"), why="Of which session of the day a notice is, is not stated.")
    return found


def _indexed(notices: Iterable[Item]) -> dict[tuple[str | None, ...], tuple[Item, ...]]:
    """Return notices by their day, and by their day and session."""
    keys: tuple[_Key, ...] = (lambda notice: (_day(notice),), lambda notice: (_day(notice), _session(notice)))
    listed, found = tuple(notices), {}
    for key in keys:
        found.update(grouped(listed, key))
    return found


def _day(notice: Item) -> str | None:
    return text(notice.value, "date")


def _session(notice: Item) -> str | None:
    return None if "session" in notice.withheld else text(notice.value, "session")


def noticed_for(notice: Item) -> tuple[date, str]:
    """Return the session that an absence notice is about, or raise Unseen."""
    return need_day(notice, "date"), need(notice, "string", "session")
