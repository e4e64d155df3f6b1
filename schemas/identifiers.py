"""Numbers that identify pupils in England: the UPN and the ULN.

Pure functions. A number that does not have the right form raises `IdentifierError`; one whose check
character is wrong raises `CheckCharacterError`. Real files carry both kinds, so the caller decides what a
failure means: normally a warning, because the number may still be the one everybody uses.
"""

import re
from dataclasses import dataclass
from operator import mul

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The 23 letters of a UPN in their order: I, O and S are left out."""

_UPN = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]", re.ASCII)
_ULN = re.compile(r"[1-9][0-9]{9}", re.ASCII)
_NO_ULN = "9999999999"
_VALUES = {str(digit): digit for digit in range(10)} | {letter: i for i, letter in enumerate(UPN_LETTERS)}


class IdentifierError(ValueError):
    """The text is not such a number. The message names the fault and never repeats the text."""

    code = "form"


class CheckCharacterError(IdentifierError):
    """The text has the right form, but its check character does not fit the rest."""

    code = "check"


@dataclass(frozen=True, slots=True)
class Upn:
    """A unique pupil number whose check letter is right. `repr` leaves the number out."""

    text: str

    @property
    def temporary(self) -> bool:
        """Whether it is a temporary number: those end in a letter."""
        return not self.text[-1].isdigit()

    def __repr__(self) -> str:
        return f"Upn(temporary={self.temporary})"


def upn_check_letter(rest: str) -> str:
    """Return the check letter for positions 2 to 13 of a UPN (permanent or temporary)."""
    if not _UPN.fullmatch("A" + rest):
        raise IdentifierError("positions 2 to 13 of a UPN are 11 digits and one digit or letter")
    return _letter(rest)


def _letter(rest: str) -> str:
    return UPN_LETTERS[sum(map(mul, range(2, 14), map(_VALUES.__getitem__, rest))) % 23]


def check_upn(text: str) -> Upn:
    """Return the UPN in `text` or raise. Exact: nothing is trimmed or upper-cased first."""
    if not _UPN.fullmatch(text):
        raise IdentifierError(
            "a UPN has 13 characters: a letter, 11 digits, then a digit (or a letter, if temporary)"
        )
    if text[0] != _letter(text[1:]):
        raise CheckCharacterError("the first letter of the UPN does not fit its digits")
    return Upn(text)


def check_uln(text: str) -> str | None:
    """Return the unique learner number, None for the placeholder 9999999999, or raise."""
    if not _ULN.fullmatch(text):
        raise IdentifierError("a ULN has 10 digits and does not begin with 0")
    if text == _NO_ULN:
        return None
    remainder = sum(map(mul, range(10, 1, -1), map(int, text))) % 11
    # A remainder of 0 would need the check digit 10: such numbers are never issued.
    if remainder == 0 or 10 - remainder != int(text[9]):
        raise CheckCharacterError("the last digit of the ULN does not fit the others")
    return text
