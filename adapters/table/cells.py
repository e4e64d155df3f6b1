"""One cell to one value. Nothing is guessed: what is not clear is left out, with a note that says what to do.

Dates are read day first or in ISO form; month-first dates cannot be told from day-first ones and are not tried.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from schemas.findings import Severity
from schemas.identifiers import CheckCharacterError, IdentifierError, check_uln, check_upn

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?", re.ASCII)
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})(?: 00:00(?::00)?)?", re.ASCII)
_DAY_MONTH_NAME = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4})", re.ASCII)
_SERIAL = re.compile(r"[1-6][0-9]{4}", re.ASCII)
_SERIAL_START = date(1899, 12, 30)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CENTURY_TURN = 60
_YEAR = re.compile(r"(?:nc ?)?(?:year|yr|y)? *(e[12]|n[12]|r|0?[0-9]|1[0-4]|m|x)", re.ASCII | re.IGNORECASE)
_RECEPTION = frozenset({"reception", "year r", "yr r", "0", "00"})
_CODE = re.compile(r"([A-Za-z0-9]{1,4})(?: *[-:(].*)?", re.ASCII | re.DOTALL)
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", re.ASCII)
YES = frozenset({"y", "yes", "true", "1", "t"})
NO = frozenset({"n", "no", "false", "0", "f"})
_SEXES: Mapping[str, str] = MappingProxyType(
    {
        "m": "M",
        "male": "M",
        "f": "F",
        "female": "F",
        "u": "U",
        "unknown": "U",
        "unspecified": "U",
        "boy": "M",
        "girl": "F",
    }
)


@dataclass(frozen=True, slots=True)
class Note:
    """What is wrong or noteworthy about a cell; the words never repeat it."""

    code: str
    severity: Severity
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell was read as (None: left out), what was noticed, and how it is written differently now."""

    value: object
    note: Note | None = None
    changed: str = ""


Convert = Callable[[str], Value]


def day(text: str) -> Value:
    """Read a date: year-month-day, day/month/year, day month-name year, or a spreadsheet's day number."""
    if iso := _ISO.fullmatch(text):
        found = _date(int(iso[1]), int(iso[2]), int(iso[3]))
        return (
            Value(found, changed="" if found == text else "written as year-month-day") if found else _NO_DAY
        )
    if written := _DAY_FIRST.fullmatch(text):
        found = _date(_full_year(written[3]), int(written[2]), int(written[1]))
        if found is None and int(written[2]) > 12 >= int(written[1]):
            return _MONTH_FIRST
        return Value(found, changed="written as year-month-day") if found else _NO_DAY
    if named := _DAY_MONTH_NAME.fullmatch(text):
        month = named[2][:3].lower()
        found = _date(int(named[3]), _MONTHS.index(month) + 1, int(named[1])) if month in _MONTHS else None
        return Value(found, changed="written as year-month-day") if found else _NO_DAY
    if _SERIAL.fullmatch(text):
        return Value(
            (_SERIAL_START + timedelta(days=int(text))).isoformat(), _DAY_NUMBER, "a day number became a date"
        )
    return _NO_DAY


def _date(year: int, month: int, day_: int) -> str | None:
    try:
        return date(year, month, day_).isoformat()
    except ValueError:
        return None


def _full_year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (1900 if int(text) >= _CENTURY_TURN else 2000)


def upn(text: str) -> Value:
    """Read a UPN without its spaces, in capitals; a wrong check letter is kept and noted."""
    number = text.replace(" ", "").upper()
    changed = "" if number == text else "written in capitals without spaces"
    try:
        check_upn(number)
    except CheckCharacterError:
        return Value(number, _UPN_CHECK, changed)
    except IdentifierError:
        return Value(None, _UPN_FORM)
    return Value(number, changed=changed)


def uln(text: str) -> Value:
    """Read a ULN; 9999999999 stands for none."""
    number = text.replace(" ", "")
    try:
        return Value(check_uln(number))
    except CheckCharacterError:
        return Value(number, _ULN_CHECK)
    except IdentifierError:
        return Value(None, _ULN_FORM)


def year_group(text: str) -> Value:
    """Read R, 2, N1, Year 2 or Year  7 as the code alone."""
    plain = " ".join(text.lower().split())
    found = _YEAR.fullmatch(plain)
    if plain in _RECEPTION:
        year = "R"
    elif found:
        year = found[1].upper().lstrip("0")
    else:
        return Value(None, _YEAR_GROUP)
    return Value(year, changed="" if year == text else "written as the code alone")


def sex(text: str) -> Value:
    """Read M, F or U from the letter or the word."""
    code = _SEXES.get(text.lower())
    if code is None:
        return Value(None, _NOT_A_CODE)
    return Value(code, changed="" if code == text else "written as the code alone")


def code(text: str) -> Value:
    """Read a code, also from 'K - SEN Support'."""
    found = _CODE.fullmatch(text)
    if found is None:
        return Value(None, _NOT_A_CODE)
    value = found[1].upper()
    return Value(value, changed="" if value == text else "written as the code alone")


def flag(text: str) -> Value:
    """Read yes or no."""
    lower = text.lower()
    if lower in YES or lower in NO:
        return Value(lower in YES)
    return Value(None, _NOT_A_FLAG)


def postcode(text: str) -> Value:
    """Read a postcode, in capitals with one space."""
    tidy = " ".join(text.upper().split())
    if not _POSTCODE.fullmatch(tidy):
        return Value(None, _NO_POSTCODE)
    return Value(tidy, changed="" if tidy == text else "written in capitals with one space")


def digits(length: int) -> Convert:
    """Return what reads a number of so many digits; a spreadsheet may have dropped the zeros in front."""

    def convert(text: str) -> Value:
        number = text.zfill(length)
        if not (number.isascii() and number.isdigit()) or len(number) != length:
            return Value(None, _NOT_A_CODE)
        return Value(number, changed="" if number == text else "written with its leading zeros")

    return convert


_UPN_CHECK = Note(
    "upn_check",
    "warning",
    "The check letter of the UPN does not fit its digits, so one sign may be wrong. It was kept.",
    "Compare it with the school's system.",
)
_UPN_FORM = Note(
    "upn_form", "warning", "This is not a UPN; it was left out.", "Compare it with the school's system."
)
_ULN_CHECK = Note(
    "uln_check", "warning", "The check digit of the ULN does not fit. It was kept.", "Compare it."
)
_ULN_FORM = Note(
    "uln_form", "warning", "This is not a ULN; it was left out.", "Compare it with the school's system."
)
_DAY_NUMBER = Note(
    "day_number",
    "warning",
    "A spreadsheet's day number stands here instead of a date; it was read as the date that Excel shows for it.",
    "Compare it with the school's system.",
)
_NO_DAY = Value(
    None,
    Note(
        "date",
        "error",
        "This is not a date that exists.",
        "Write it day first or as year-month-day, such as 29/02/2012 or 2012-02-29, and export again.",
    ),
)
_MONTH_FIRST = Value(
    None,
    Note(
        "month_first",
        "error",
        "This date has its month first. Others of the file may be turned round unseen, so none is guessed.",
        "Export the file again with dates as year-month-day or day/month/year.",
    ),
)
_YEAR_GROUP = Note(
    "year_group", "warning", "This is not a year group from N1 to 14.", "Choose the year group."
)
_NOT_A_CODE = Note(
    "not_a_code",
    "warning",
    "This is not a code of the kind that belongs here; it was left out.",
    "Correct it in the school's system, or choose the right one here.",
)
_NO_POSTCODE = Note(
    "postcode",
    "warning",
    "This is not a postcode of the United Kingdom; it was left out.",
    "Check it and type it in.",
)
_NOT_A_FLAG = Note(
    "not_yes_or_no",
    "warning",
    "This should be yes or no and is something else; it was left out.",
    "Correct it in the school's system, or answer it here.",
)
