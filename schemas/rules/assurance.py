"""Rules about what a provider assures of its staff, its leads and its sites (SAF-05 to SAF-10)."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, timedelta

from schemas.rules._case import Case, Item, Verdict, at, once, placement_of
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Judge,
    Unseen,
    as_day,
    beside,
    entries,
    find,
    judged,
    need,
    need_day,
    passed,
    placement,
    written_on,
)
from schemas.rules._look import text
from schemas.rules._placing import overdue
from schemas.rules._running import first_version
from schemas.rules._sites import Sites, earliest, names_of, plain, resolves
from schemas.rules._timeline import (
    author_family,
    every_version,
    first_sent,
    in_time,
    of_placement,
    said,
    went_by,
)

_ASSURANCE = "provider-assurance"
_CHANGE = "provision-change"
_PROVIDER = "AP"
_DAY = timedelta(days=1)


def checks_confirmed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-05: before the start the provider confirms in writing that its staff were checked."""
    return _assured(case, rule, _checked)


def _checked(item: Item, case: Case, rule: Rule) -> Verdict | None:
    start, place = need_day(placement(case, item), "startDate"), at(item.path, "staffChecksConfirmed")
    if find(item, "boolean", "staffChecksConfirmed", "confirmed") is False:
        return Verdict(rule.severity, (place,), "The provider does not confirm that its staff were checked.")
    # A later confirmation renews an earlier one and does not undo it.
    first = once(case, ("first confirmed", placement_of(item)), lambda: _first_confirmed(case, item))
    if first is not None and first > start and case.form != "documents":
        raise Unseen(place, why="An earlier confirmation may have gone in another message.")
    message = "There is no confirmation from before the start that the provider's staff were checked."
    return said(rule, in_time(case, first, start), (place,), message)


def _first_confirmed(case: Case, item: Item) -> date | None:
    confirmed = [_confirmed_on(own) for own in _own(case, item)]
    return min((day for day in confirmed if day is not None), default=None)


def _confirmed_on(item: Item) -> date | None:
    if find(item, "boolean", "staffChecksConfirmed", "confirmed") is not True:
        return None
    return need_day(item, "staffChecksConfirmed", "date")


def changes_promised(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-06: the provider undertakes to tell of changes that may put a child at risk."""
    return _assured(case, rule, _promised)


def _promised(item: Item, case: Case, rule: Rule) -> Verdict:
    if _assures(case, item, "willNotifyChanges"):
        return passed(item, "willNotifyChanges")
    message = "The provider does not undertake to tell the school of changes."
    return Verdict(rule.severity, (at(item.path, "willNotifyChanges"),), message)


def policy_received(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-09: the provider has the school's child protection policy and will keep to it."""
    return _assured(case, rule, _policy)


def _policy(item: Item, case: Case, rule: Rule) -> Verdict:
    if _assures(case, item, "schoolCpPolicyReceived", "received"):
        return passed(item, "schoolCpPolicyReceived")
    message = "The provider has not acknowledged the school's child protection policy."
    return Verdict(rule.severity, (at(item.path, "schoolCpPolicyReceived"),), message)


def renewed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-07: after a change of staff or site the provider confirms the checks again."""
    return judged(case, rule, _CHANGE, _renewed)


def _renewed(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "changeKind") not in rule.thresholds["kinds"] or _only_leavers(item):
        return None
    told = written_on(first_version(case, item))
    days = once(case, ("confirmed on", placement_of(item)), lambda: _confirmed_days(case, item))
    fresh = next(iter(days[bisect_left(days, told) :]), None)
    done = in_time(case, fresh, told + timedelta(days=rule.thresholds["days"]))
    message = "No fresh assurance followed this change in time."
    return said(rule, done, (at(item.path, "changeKind"),), message)


def _confirmed_days(case: Case, item: Item) -> list[date]:
    """Return each day on which somebody confirmed the checks, in order."""
    days = [_confirmed_on(own) for own in every_version(case, item, _ASSURANCE)]
    return sorted(day for day in days if day is not None)


def _only_leavers(item: Item) -> bool:
    """Say whether a change of staff brings in nobody who would have to be checked."""
    found = [entry.get("change") for _, entry in entries(item, "staffChange")]
    return bool(found) and all(change == "left" for change in found)


def leads_named(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-08: a provider names a safeguarding lead and a deputy, two people.

    It rejects the provider's own assurance only: nothing else may wait for what a provider leaves out, and
    a safeguarding document that travels with the assurance may not either.
    """
    yield from judged(case, rule, _ASSURANCE, _by_provider(_leads_assured))
    yield from of_placement(case, rule, _leads_known)


def _leads_assured(item: Item, case: Case, rule: Rule) -> Verdict:
    return _leads(item, case, rule, (("safeguardingTraining", "dsl"), ("safeguardingTraining", "deputy")))


def _leads_known(item: Item, case: Case, rule: Rule) -> Verdict:
    need(item, "object", "provider")
    names = ("designatedSafeguardingLead", "deputySafeguardingLead")
    return _leads(item, case, rule, tuple(("provider", name, "name") for name in names))


def _leads(item: Item, case: Case, rule: Rule, places: tuple[tuple[str, ...], ...]) -> Verdict:
    named = {place: find(item, "string", *place) for place in places}
    missing = tuple(at(item.path, *place) for place, name in named.items() if name is None)
    same = len({" ".join(str(name).casefold().split()) for name in named.values()}) == 1
    if not missing and not same:
        return Verdict("pass", tuple(at(item.path, *place) for place in places))
    message = "The provider does not name both a safeguarding lead and a deputy."
    if not missing:
        message = "The safeguarding lead and the deputy are the same person."
    urgent = case.form != "documents" and any(d.kind in rule.thresholds["neverHeld"] for d in case.documents)
    wrong = missing or tuple(at(item.path, *place) for place in places)
    return Verdict("warning" if urgent else rule.severity, wrong, message)


def told_before_use(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-10: the school hears of a new address or site before it is used."""
    yield from judged(case, rule, _CHANGE, _before_use)
    if case.form == "documents":
        yield from judged(case, rule, "absence-notice", _used_in_notice)
        yield from judged(case, rule, "attendance-summary", _used_in_summary)


def _before_use(item: Item, case: Case, rule: Rule) -> Verdict | None:
    new = _new_places(item)
    if not new:
        return None
    roles = rule.thresholds["roles"]
    known = [(place, as_day(start, place)) for place, start in new if start is not None]
    done = {place: went_by(case, item, roles, start - _DAY) for place, start in known}
    late = tuple(place for place, found in done.items() if found is False)
    if late:
        return Verdict(rule.severity, late, "The school was not told of this place before its first use.")
    unknown = [place for place, start in new if start is None]
    if unknown:
        raise Unseen(*unknown, why="The day of the first use is not stated.")
    return None if None in done.values() else Verdict("pass", tuple(done))


def _new_places(item: Item) -> list[tuple[str, object]]:
    """Return each new place with the day from which it is used, None if that is not stated."""
    found = [(place, entry.get("effectiveFrom")) for place, entry in entries(item, "newSatelliteSite")]
    if find(item, "object", "newAddress") is not None:
        found.append((at(item.path, "newAddress"), find(item, "string", "newAddress", "effectiveFrom")))
    return [(f"{place}/effectiveFrom", start) for place, start in found]


def _used_in_notice(item: Item, case: Case, rule: Rule) -> Verdict:
    site = need(item, "string", "expectedLocation")
    if _known_by(site, need_day(item, "date"), placement(case, item), case, rule):
        return passed(item, "expectedLocation")
    return _unannounced(rule, at(item.path, "expectedLocation"))


def _used_in_summary(item: Item, case: Case, rule: Rule) -> Verdict | None:
    here = placement(case, item)
    used = [(place, entry) for place, entry in entries(item, "sessions") if entry.get("site") is not None]
    unknown = tuple(
        f"{place}/site"
        for place, entry in used
        if not _known_by(entry["site"], as_day(entry.get("date"), f"{place}/date"), here, case, rule)
    )
    if unknown:
        return _unannounced(rule, *unknown)
    return passed(item, "sessions") if used else None


def _unannounced(rule: Rule, *places: str) -> Verdict:
    return Verdict(rule.severity, places, "A site was used that the school had not been told of.")


def _known_by(site: object, day: date, here: Item, case: Case, rule: Rule) -> bool:
    """Say whether the school knew a site before a day: from the placement, or from a change it was sent."""
    if not isinstance(site, str):
        raise Unseen(at(here.path))
    if resolves(site, once(case, ("sites from the start", here.path), lambda: _from_the_start(here, case))):
        return True
    told = [_first_told(name, here, case, rule) for name in names_of(site)]
    return any(sent is not None and sent < day for sent in told)


def _first_told(name: str, here: Item, case: Case, rule: Rule) -> date | None:
    """Return the day on which the school was first sent word of a site, None if it was not."""
    known = once(case, ("changes by site", here.path), lambda: _by_site(case, here))

    def first() -> date | None:
        sent = [first_sent(case, found, rule.thresholds["roles"]) for found in known.get(name, ())]
        return min((day for day in sent if day is not None), default=None)

    return once(case, ("told of site", here.path, name), first)


def _by_site(case: Case, here: Item) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for change in beside(case, here, _CHANGE):
        for _, entry in entries(change, "newSatelliteSite"):
            found.setdefault(plain(text(entry, "siteName") or ""), []).append(change)
    return found


def _from_the_start(here: Item, case: Case) -> Sites:
    known = [find(here, "string", "provider", "providerName"), *_home(case)]
    known += [entry.get("siteName") for _, entry in entries(here, "provider", "subcontractedSites")]
    known += [entry.get("location") for _, entry in entries(here, "attendancePattern")]
    return earliest((name, None) for name in known if isinstance(name, str))


def _home(case: Case) -> list[str | None]:
    return [find(item, "string", "homeSchool", "name") for item in case.components if item.kind == "learner"]


def _assured(case: Case, rule: Rule, judge: Judge) -> Iterator[Verdict]:
    """Judge what the provider assures, and that it assures nothing although the placement has begun."""
    yield from judged(case, rule, _ASSURANCE, _by_provider(judge))
    yield from of_placement(case, rule, _silence)


def _silence(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if _own(case, item) or not overdue(case, need_day(item, "startDate")):
        return None
    message = "The placement has begun, and no assurance by the provider is on record."
    return Verdict(rule.severity, (at(item.path, "startDate"),), message)


def _own(case: Case, item: Item) -> list[Item]:
    """Return every version of what the provider itself assured for a placement."""
    return once(case, ("own assurances", placement_of(item)), lambda: _by_itself(case, item))


def _by_itself(case: Case, item: Item) -> list[Item]:
    return [found for found in every_version(case, item, _ASSURANCE) if author_family(found) == _PROVIDER]


def _assures(case: Case, item: Item, *steps: str) -> bool:
    """Say whether the provider said yes to something, in any version of what it assures."""

    def said_yes() -> bool:
        return any(find(own, "boolean", *steps) is True for own in _own(case, item))

    return once(case, ("assured", steps, placement_of(item)), said_yes)


def _by_provider(judge: Judge) -> Judge:
    """Restrict a judgement to what the provider wrote: an audit body reports only what it looked at."""

    def only(item: Item, case: Case, rule: Rule) -> Verdict | None:
        return judge(item, case, rule) if author_family(item) == _PROVIDER else None

    return only
