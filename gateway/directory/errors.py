"""Why a directory, or a change to one, is refused: a stable code, where, and a sentence that says what to do."""

from types import MappingProxyType
from typing import Final, Self

from signing import SigningError

SENTENCES: Final = MappingProxyType(
    {
        # fetching
        "unreachable": "The directory cannot be fetched. Check its address and the network, then try again.",
        "too_long": "The directory's server sent more than it may. Tell the keeper of the directory.",
        "too_slow": "The directory's server sent too slowly. Try again; tell the keeper if it goes on.",
        # what TUF refuses
        "not_enough_signatures": "Too few of the keys that must sign have signed. Tell the keeper of the directory.",
        "rollback": "This is older than what was already taken. Tell the keeper of the directory.",
        "expired": "The directory's time is over: no newer one is published. Tell the keeper of the directory.",
        "mixed": "The files do not belong to one and the same snapshot. Tell the keeper of the directory.",
        "bad_metadata": "The directory's metadata are not in the permitted form. Tell the keeper of the directory.",
        "too_long_a_life": "The timestamp is made to last longer than a day. Tell the keeper of the directory.",
        "damaged": "What this gateway keeps of the directory is damaged. Restore the folder trust in its home, or "
        "remove it and run ltp directory refresh.",
        # what entries may not be
        "bad_name": "A file of the directory has a name that none may have. Tell the keeper of the directory.",
        "bad_entry": "An entry is not in the permitted form. Have it made again with the command that prints it.",
        "removed": "Somebody who was listed is not there any more. Nobody is removed: mark them as closed.",
        "continuity_missing": "A new document is not signed with the organisation's former keys. Sign it with them, "
        "or publish it as a recovery.",
        "recovery_too_soon": "A recovery counts sooner than 72 hours after it was published. Publish it anew.",
        "voucher_missing": "An organisation without a URN, UKPRN or LAEstab needs somebody who vouches for it: "
        "ltp directory vouch.",
        "voucher_invalid": "The voucher does not hold: a listed school or local authority must sign it, for this "
        "name and these keys. Have it made again.",
        # the keeper's folder
        "exists": "There is a directory in this folder already.",
        "no_directory": "There is no directory in this folder. Make one with ltp directory init.",
        "root_unsigned": "The root is not signed by enough holders yet: ltp directory sign.",
        "not_a_root": "This is not the next root of this directory.",
        "listed_already": "This version of the document, or a newer one, is listed. Have it exported again.",
        "unknown": "Nobody of this name is listed.",
        "bad_holders": "A root has four holders, each with a file of public keys of their own.",
        "no_url": "This gateway does not know where its directory is published: set directory in gateway.toml.",
    }
)


class DirectoryRefused(Exception):
    """A directory, or a change to it, is refused; nothing that was trusted before has changed."""

    def __init__(self, code: str, where: str = "", sentence: str = "") -> None:
        """``where`` is the name of a file of the directory; ``sentence`` is for codes that come from ``signing``."""
        text = sentence or SENTENCES[code]
        super().__init__(f"{where}: {text}" if where else text)
        self.code = code
        self.where = where

    @classmethod
    def of(cls, error: SigningError, where: str) -> Self:
        """An entry, a key or a signed text that ``signing`` refuses."""
        return cls(error.code, getattr(error, "where", "") or where, str(error))
