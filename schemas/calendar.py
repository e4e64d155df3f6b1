"""School days: one school year as a school publishes it, and the counts that the law makes over it.

Pure. `SchoolCalendar.parse` reads the shape of `v1/calendars/school-calendar.schema.json`. A day outside
the calendar raises OutsideCalendar: nobody may guess whether an unpublished day is a school day. Legal days
and times are those of Europe/London, whatever the offset of the instant that was sent.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
_DAY = timedelta(days=1)
_SATURDAY = 5


class CalendarError(Exception):
    """A calendar cannot answer; nothing that was submitted is in the message."""


class OutsideCalendar(CalendarError, LookupError):
    """The day lies outside what the calendar knows."""


class BadCalendar(CalendarError, ValueError):
    """The calendar contradicts itself or is not in the right form."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some days in a row, both ends included."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        """Say whether a day lies within."""
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Term:
    """A term and the holiday in its middle, if it has one."""

    name: str
    days: Span
    half_term: Span | None = None


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """One school year: what is not a school day in `known` is a holiday, what is outside is unknown."""

    name: str
    schools: frozenset[str]
    known: Span
    afternoon_end: time
    terms: tuple[Term, ...]
    closed: frozenset[date]
    # Every school day in order, found once: each count is then two searches.
    open_days: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "open_days", tuple(sorted(_open_days(self.terms, self.closed))))

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "SchoolCalendar":
        """Return the calendar that JSON data describes, or raise BadCalendar."""
        try:
            found = cls(
                name=data["id"],
                schools=frozenset(data["schools"]),
                known=_span(data, "from", "to"),
                afternoon_end=time.fromisoformat(data["afternoonEnd"]),
                terms=tuple(_term(entry) for entry in data["terms"]),
                closed=frozenset(_days([*data.get("insetDays", ()), *data.get("closures", ())])),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise BadCalendar("the calendar is not in the right form") from None
        _agree(found)
        return found

    def is_school_day(self, day: date) -> bool:
        """Say whether pupils are expected on a day."""
        self._must_know(day)
        place = bisect_left(self.open_days, day)
        return place < len(self.open_days) and self.open_days[place] == day

    def school_days(self, first: date, last: date) -> Sequence[date]:
        """Return the school days from one day to another, both included; none if the order is reversed."""
        self._must_know(first)
        self._must_know(last)
        return self.open_days[bisect_left(self.open_days, first) : bisect_right(self.open_days, last)]

    def school_days_between(self, first: date, last: date) -> int:
        """Count the school days from one day to another, both included; none if the order is reversed."""
        return len(self.school_days(first, last))

    def clear_school_days_between(self, first: date, last: date) -> int:
        """Count the whole school days that lie between two days; neither end counts."""
        self._must_know(first)
        self._must_know(last)
        if (last - first).days < 2:
            return 0
        return self.school_days_between(first + _DAY, last - _DAY)

    def school_days_back(self, start: date, notice: date) -> int:
        """Count how many school days before `start` a notice was given: its own day counts, the start not."""
        self._must_know(start)
        self._must_know(notice)
        return self.school_days_between(notice, start - _DAY) if notice < start else 0

    def school_day_index(self, day: date, since: date) -> int:
        """Return which school day of a period a day is, or will be at the next opening: day one, two, ...

        `since` counts as day one if it is a school day; otherwise the next school day does.
        """
        return (self.school_days_between(since, day - _DAY) if day > since else 0) + 1

    def add_school_days(self, day: date, count: int) -> date:
        """Return the school day that comes so many school days after a day; 0 gives the day itself."""
        self._must_know(day)
        return day if count <= 0 else self._nth(bisect_right(self.open_days, day) + count - 1)

    def next_school_day(self, day: date) -> date:
        """Return the day itself if it is a school day, otherwise the next one."""
        self._must_know(day)
        return self._nth(bisect_left(self.open_days, day))

    def first_school_day(self) -> date:
        """Return the first school day of the school year."""
        return self.next_school_day(self.known.start)

    def term_of(self, day: date) -> Term | None:
        """Return the term that a day lies in (its half-term holiday included), or None in the holidays."""
        self._must_know(day)
        return next((term for term in self.terms if day in term.days), None)

    def half_term_of(self, day: date) -> Span | None:
        """Return the half of a term that a day lies in, or None in the holidays and in half-term."""
        term = self.term_of(day)
        if term is None or _in_half_term(term, day):
            return None
        if term.half_term is None:
            return term.days
        if day < term.half_term.start:
            return Span(term.days.start, term.half_term.start - _DAY)
        return Span(term.half_term.end + _DAY, term.days.end)

    def week_of(self, day: date) -> tuple[date, ...]:
        """Return the school days of the week, Monday to Friday, that a day lies in."""
        monday = day - timedelta(days=day.weekday())
        days = (monday + timedelta(days=n) for n in range(_SATURDAY))
        return tuple(found for found in days if found in self.known and self.is_school_day(found))

    def _nth(self, place: int) -> date:
        if place >= len(self.open_days):
            raise OutsideCalendar("the calendar does not cover this day")
        return self.open_days[place]

    def _must_know(self, day: date) -> None:
        if day not in self.known:
            raise OutsideCalendar("the calendar does not cover this day")


def legal_date(instant: datetime) -> date:
    """Return the day in England at an instant; an instant without an offset is refused."""
    return local(instant).date()


def local(instant: datetime) -> datetime:
    """Return the time on an English clock at an instant; an instant without an offset is refused."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(LONDON)


def instant_of(day: date, at: time) -> datetime:
    """Return the instant, in UTC, of a time on an English clock.

    In the hour that comes twice in October the first one is meant, which is the stricter for a deadline.
    """
    return datetime.combine(day, at, LONDON).astimezone(UTC)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def _open_days(terms: Iterable[Term], closed: frozenset[date]) -> Iterator[date]:
    """Yield the days of the terms on which pupils are expected."""
    for term in terms:
        for number in range((term.days.end - term.days.start).days + 1):
            day = term.days.start + timedelta(days=number)
            shut = day in closed or day in _bank_holidays(day.year) or _in_half_term(term, day)
            if day.weekday() < _SATURDAY and not shut:
                yield day


def _in_half_term(term: Term, day: date) -> bool:
    return term.half_term is not None and day in term.half_term


def _term(data: Mapping[str, Any]) -> Term:
    half_term = data.get("halfTerm")
    return Term(data["name"], _span(data), None if half_term is None else _span(half_term))


def _span(data: Mapping[str, Any], first: str = "start", last: str = "end") -> Span:
    return Span(date.fromisoformat(data[first]), date.fromisoformat(data[last]))


def _days(values: Sequence[str]) -> Iterator[date]:
    return (date.fromisoformat(value) for value in values)


def _agree(calendar: SchoolCalendar) -> None:
    spans = [calendar.known, *(term.days for term in calendar.terms)]
    halves = [(term.days, term.half_term) for term in calendar.terms if term.half_term is not None]
    spans += [half for _, half in halves]
    inner = [(calendar.known, term.days) for term in calendar.terms] + halves
    ordered = all(a.days.end < b.days.start for a, b in zip(calendar.terms, calendar.terms[1:], strict=False))
    whole = all(small.start in large and small.end in large for large, small in inner)
    if not (calendar.terms and ordered and whole and all(span.start <= span.end for span in spans)):
        raise BadCalendar("the terms overlap, are out of order or lie outside the calendar")
