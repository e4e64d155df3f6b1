"""One pupil being read: where the mapping puts its findings and its notes for the loss report."""

import re
from datetime import date
from typing import TypeVar

from adapters.ctf.header import Header
from adapters.loss import Tally
from schemas.findings import Finding, Severity

_T = TypeVar("_T")

_DATE = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_LINE_LENGTH = 200


class Case:
    """The number of the pupil in the file, the facts of the file, and what was noticed on the way.

    Places are element paths below the pupil. While a contact is read, `contact` is its number, so that
    findings point at the right one.
    """

    __slots__ = ("contact", "findings", "header", "number", "tally", "today")

    def __init__(self, number: int, header: Header, tally: Tally, today: str) -> None:
        self.number = number
        self.header = header
        self.tally = tally
        self.today = today
        self.contact = 0
        self.findings: list[Finding] = []

    def error(self, code: str, where: str, message: str, fix: str) -> None:
        """Note a fault that a person must settle before anything of the file is taken over."""
        self._add("error", code, where, message, fix)

    def warn(self, code: str, where: str, message: str, fix: str) -> None:
        """Note a fault that a person should look at."""
        self._add("warning", code, where, message, fix)

    def info(self, code: str, where: str, message: str, fix: str) -> None:
        """Note a fact that is worth knowing."""
        self._add("info", code, where, message, fix)

    def _add(self, severity: Severity, code: str, where: str, message: str, fix: str) -> None:
        if self.contact:
            where = where.replace("Contacts/Contact", f"Contacts/Contact/{self.contact}", 1)
        pointer = f"/Pupil/{self.number}/{where}" if where else f"/Pupil/{self.number}"
        self.findings.append(Finding(f"ctf.{code}", severity, pointer, message, fix))

    def line(self, text: str, path: str) -> str:
        """Return a text as the standard allows it in one line; empty if it is beyond repair."""
        if len(text) <= _LINE_LENGTH and text.isprintable():
            return text
        if len(text) > _LINE_LENGTH:
            self.warn(
                "text_too_long",
                path,
                f"This text is longer than {_LINE_LENGTH} characters and was left out.",
                "Type it in, shorter.",
            )
            return ""
        if _CONTROL.search(text):
            self.tally.change(f"Pupil/{path}", "line breaks and control characters became spaces")
            text = _CONTROL.sub(" ", text).strip()
        return text

    def flag(self, text: str, path: str) -> bool | None:
        """Return a true/false element, None if it is missing or says something else."""
        value = _BOOLEANS.get(text.lower())
        if value is None and text:
            self.warn(
                "not_true_or_false",
                path,
                "This should be true or false (or 1 or 0) and is something else; it was left out.",
                "Correct it in the school's system, or answer it here.",
            )
        return value

    def pattern(self, text: str, allowed: re.Pattern[str], path: str) -> str:
        """Return a code that has the form the standard asks for, or an empty string and a warning."""
        if not text or allowed.fullmatch(text):
            return text
        self.warn(
            "not_a_code",
            path,
            "This is not a code of the kind that belongs here; it was left out.",
            "Correct it in the school's system, or choose the right one here.",
        )
        return ""

    def capped(self, values: list[_T], most: int, path: str) -> list[_T]:
        """Return at most so many values, as the standard allows, and say so if there were more."""
        if len(values) > most:
            self.warn(
                "too_many",
                path,
                f"There are more than {most} of these; the rest was left out.",
                "Look at the original file.",
            )
        return values[:most]


def iso_date(text: str) -> str:
    """Return the date if it is one that exists, written year-month-day, otherwise an empty string."""
    if not text or not _DATE.fullmatch(text):
        return ""
    try:
        date.fromisoformat(text)
    except ValueError:
        return ""
    return text
