"""Values of the wire into words for people: dates, instants, numbers, codes. All pure, none raises."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CODES = {
    "self": "the pupil",
    "parent": "parent or carer",
    "notAsked": "not asked",
    "ap": "alternative provision",
    "document": "from a document",
    "AM": "mornings",
    "PM": "afternoons",
}


def text(value: object) -> str:
    """The value as words: a string without outer blanks, a whole number, yes or no; else nothing."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> tuple[Any, ...]:
    """The value's members if it is a list, else none."""
    return tuple(value) if isinstance(value, list | tuple) else ()


def joined(value: object, separator: str = ", ") -> str:
    """A string, or a list of strings in one line."""
    members = sequence(value) or (value,)
    return separator.join(part for part in map(text, members) if part)


def code(value: object) -> str:
    """A code of ours in plain words: `keyWorker` is "key worker"."""
    written = text(value)
    return _CODES.get(written) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", written).lower()


def sentence(words: str) -> str:
    """The words with a capital first letter; the rest stays as it is."""
    return words[:1].upper() + words[1:]


def day(value: object) -> str:
    """A date such as 4 January 2027; of an instant, the date in London; anything else unchanged."""
    written = text(value)
    try:
        found = _london(written).date() if "T" in written else date.fromisoformat(written)
    except (ValueError, OverflowError):
        return written
    return _date_words(found)


def moment(epoch: object) -> str:
    """Epoch seconds as a date and time in London, with GMT or BST."""
    if not isinstance(epoch, int) or isinstance(epoch, bool):
        return ""
    try:
        local = datetime.fromtimestamp(epoch, tz=UTC).astimezone(LONDON)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{_date_words(local.date())} at {local:%H:%M} {local.tzname()}"


def scaled(raw: int, decimals: int) -> str:
    """A whole number carrying `decimals` as a decimal number: scaled(125, 1) is "12.5"."""
    if decimals <= 0:
        return str(raw)
    digits = str(abs(raw)).rjust(decimals + 1, "0")
    return f"{'-' if raw < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def percentage(part: object, whole: object) -> str:
    """The part of the whole in percent to one decimal, rounded half up; nothing where it means nothing."""
    if type(part) is not int or type(whole) is not int or whole <= 0 or part < 0:
        return ""
    return f"{scaled((part * 2000 + whole) // (2 * whole), 1)}%"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


def _london(instant: str) -> datetime:
    found = datetime.fromisoformat(instant)
    return found.astimezone(LONDON) if found.tzinfo else found


def _date_words(found: date) -> str:
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"
