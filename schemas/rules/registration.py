"""Rules about whether a provider must be, and is, registered as a school (REG).

A gateway knows only the placements that pass through it: every count here is a lower bound, and says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Judge,
    Unseen,
    at_provider,
    beside,
    find,
    find_day,
    judged,
    learner,
    need,
    need_day,
    passed,
    placement,
)
from schemas.rules._placing import ended, placed
from schemas.rules.pupil import compulsory

_UNKNOWN = "Nobody said which other pupils are with this provider."


@dataclass(frozen=True, slots=True)
class Attendance:
    """What counts of one pupil's time at a provider."""

    minutes: int
    of_age: bool
    protected: bool


_Wrong = Callable[[list[Attendance], Rule], str]


def five_full_time(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REG-01: nobody teaches five pupils full-time without being registered as a school."""
    return placed(case, rule, _unregistered(_five))


def one_protected(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REG-02: nor one who is looked after or has a plan."""
    return placed(case, rule, _unregistered(_protected))


def over_the_line(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REG-03: no new placement takes a provider over that line."""
    return placed(case, rule, _new_only(_unregistered(_breach)))


def near_the_line(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REG-04: near the line or over it, the authority should hear of the provider."""
    return placed(case, rule, _unless_told(_unregistered(_near)))


def _five(pupils: list[Attendance], rule: Rule) -> str:
    count = sum(_full_time(pupil, rule) for pupil in pupils)
    return _at_least(count) if count >= rule.thresholds["pupils"] else ""


def _protected(pupils: list[Attendance], rule: Rule) -> str:
    if any(pupil.protected and _full_time(pupil, rule) for pupil in pupils):
        return "A pupil who is looked after or has a plan is full-time with an unregistered provider."
    return ""


def _breach(pupils: list[Attendance], rule: Rule) -> str:
    return _five(pupils, rule) or _protected(pupils, rule)


def _near(pupils: list[Attendance], rule: Rule) -> str:
    count = sum(_full_time(pupil, rule) for pupil in pupils)
    if count >= rule.thresholds["nearPupils"] or _protected(pupils, rule):
        return _at_least(count)
    low, high = rule.thresholds["nearMinutes"], rule.thresholds["minutesPerWeek"]
    if any(pupil.of_age and low <= pupil.minutes <= high for pupil in pupils):
        return f"A pupil is just below full time with an unregistered provider. {_at_least(count)}".strip()
    return ""


def _at_least(count: int) -> str:
    if not count:
        return ""
    pupils = "1 full-time pupil" if count == 1 else f"{count} full-time pupils"
    return f"Seen through this gateway: at least {pupils} with this unregistered provider."


def _full_time(pupil: Attendance, rule: Rule) -> bool:
    return pupil.of_age and pupil.minutes > int(rule.thresholds["minutesPerWeek"])


def _unregistered(wrong: _Wrong) -> Judge:
    """Judge the pupils of a provider that is not registered; `wrong` says what is the matter, if anything."""

    def judge(item: Item, case: Case, rule: Rule) -> Verdict | None:
        if need(item, "boolean", "provider", "registeredSchool", "registered") or ended(case, item):
            return None
        place = at(item.path, "provider", "registeredSchool")
        others = _others(item, case)
        message = wrong([_own(item, case), *(others or [])], rule)
        if message:
            return Verdict(rule.severity, (place,), message)
        if others is None:
            raise Unseen("/providerPlacements", why=_UNKNOWN)
        return Verdict("pass", (place,))

    return judge


def _new_only(judge: Judge) -> Judge:
    """Restrict a judgement to placements that have not begun."""

    def only(item: Item, case: Case, rule: Rule) -> Verdict | None:
        if case.today is not None and case.today > need_day(item, "startDate"):
            return None
        return judge(item, case, rule)

    return only


def _unless_told(judge: Judge) -> Judge:
    """Pass where the authority has been told of the concern."""

    def only(item: Item, case: Case, rule: Rule) -> Verdict | None:
        concerns = beside(case, item, "registration-concern")
        return passed(concerns[0]) if concerns else judge(item, case, rule)

    return only


def _own(item: Item, case: Case) -> Attendance:
    pupil = learner(case)
    first, last = compulsory(need_day(pupil, "dateOfBirth"))
    protected = need(pupil, "boolean", "lookedAfter") or need(pupil, "boolean", "ehcPlan", "hasPlan")
    of_age = first <= _judged_day(item, case) <= last
    return Attendance(need(item, "integer", "minutesPerWeek"), of_age, bool(protected))


def _others(item: Item, case: Case) -> list[Attendance] | None:
    """Return the other pupils who are there on the day that counts, None if nobody said."""
    if "providerPlacements" not in case.subject:
        return None
    day = _judged_day(item, case)
    return [_other(entry) for entry in at_provider(case) if _there(entry, day)]


def _other(entry: Item) -> Attendance:
    protected = need(entry, "boolean", "lookedAfter") or need(entry, "boolean", "ehcPlan")
    of_age = need(entry, "boolean", "compulsorySchoolAge")
    return Attendance(need(entry, "integer", "minutesPerWeek"), bool(of_age), bool(protected))


def _there(entry: Item, day: date) -> bool:
    end = find_day(entry, "endDate")
    return need_day(entry, "startDate") <= day and (end is None or day <= end)


def _judged_day(item: Item, case: Case) -> date:
    """Return today, or the day on which the placement starts if that is later or today is not known."""
    start = need_day(item, "startDate")
    return start if case.today is None else max(start, case.today)


def identity_coherent(case: Case, rule: Rule) -> Iterator[Verdict]:
    """REG-05: who the provider is fits together, and is what it says of itself."""
    yield from placed(case, rule, _identity)
    yield from judged(case, rule, "provider-assurance", _assured)


def _identity(item: Item, _case: Case, rule: Rule) -> Verdict:
    wrong = _registered_wrong if _registered(item) else _unregistered_wrong
    places = tuple(at(item.path, "provider", *steps) for steps in wrong(item, rule))
    if places:
        message = "Whether the provider is a registered school does not fit its number or its kind."
        return Verdict("error", places, message)
    if find(item, "boolean", "provider", "onLocalDirectory", "listed") is False:
        message = "The provider is not on the local directory: carry out your own checks."
        return Verdict("warning", (at(item.path, "provider", "onLocalDirectory"),), message)
    return passed(item, "provider")


def _registered(item: Item) -> bool:
    return bool(need(item, "boolean", "provider", "registeredSchool", "registered"))


def _registered_wrong(item: Item, rule: Rule) -> Iterator[tuple[str, ...]]:
    if not (_number(item, "urn") or _number(item, "ukprn")):
        yield ("registeredSchool", "urn")
    if find(item, "string", "provider", "settingType") in rule.thresholds["notSchools"]:
        yield ("settingType",)


def _unregistered_wrong(item: Item, _rule: Rule) -> Iterator[tuple[str, ...]]:
    if _number(item, "urn"):
        yield ("registeredSchool", "urn")
    if find(item, "string", "provider", "settingType") is None:
        yield ("settingType",)


def _number(item: Item, name: str) -> str | None:
    found: str | None = find(item, "string", "provider", "registeredSchool", name)
    return found


def _assured(item: Item, case: Case, _rule: Rule) -> Verdict:
    here, place = placement(case, item), at(item.path, "registrationAssurance")
    same = need(item, "boolean", "registrationAssurance", "registered") is _registered(here)
    assured, known = find(item, "string", "registrationAssurance", "urn"), _number(here, "urn")
    if same and (assured is None or known is None or assured == known):
        return Verdict("pass", (place,))
    message = "The provider's assurance and the placement name different registrations."
    return Verdict("error", (place, at(here.path, "provider", "registeredSchool")), message)
