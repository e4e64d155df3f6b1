"""The rule about the common transfer file (CTF)."""

from collections.abc import Iterator

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    as_day,
    calendar,
    entries,
    find,
    learner,
)
from schemas.rules._timeline import in_time, of_placement


def sent_in_time(case: Case, rule: Rule) -> Iterator[Verdict]:
    """CTF-01: a further school that registers the pupil gets the transfer file soon."""
    return of_placement(case, rule, _sent)


def _sent(item: Item, case: Case, rule: Rule) -> Verdict | None:
    files = entries(item, "transferFiles")
    if not files:
        return _nothing(item, case, rule)
    done = {place: _one(place, entry, case, rule) for place, entry in files}
    late = tuple(place for place, found in done.items() if found is False)
    message = "The common transfer file was not sent to the other school in time."
    if late:
        return Verdict(rule.severity, late, message)
    return None if None in done.values() else Verdict("pass", tuple(done))


def _one(place: str, entry: dict[str, object], case: Case, rule: Rule) -> bool | None:
    learned = as_day(entry.get("learnedOn"), f"{place}/learnedOn")
    sent = None if entry.get("sentOn") is None else as_day(entry["sentOn"], f"{place}/sentOn")
    last = calendar(case).add_school_days(learned, rule.thresholds["schoolDays"])
    return in_time(case, sent, last)


def _nothing(item: Item, case: Case, rule: Rule) -> Verdict | None:
    """Judge a placement that names no file: registered twice, somebody must have learned of it."""
    status = find(learner(case), "string", "registrationStatus")
    if status in rule.thresholds["twice"]:
        raise Unseen(at(item.path, "transferFiles"), why="It is not stated when the school learned of it.")
    return None
