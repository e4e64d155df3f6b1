"""The private keys of the organisations that this gateway serves, opened once from their key files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signing import KeySet, Recipient, SigningPair
from signing.names import DESKS


@dataclass(frozen=True, slots=True)
class Cabinet:
    """The key sets of all organisations that are served here, by organisation."""

    sets: Mapping[str, KeySet] = field(repr=False)

    def serves(self, organisation: str) -> bool:
        """Whether this gateway holds the organisation's own keys."""
        return organisation in self.sets

    def signing_pair(self, organisation: str) -> SigningPair:
        """The pair that the organisation signs with: the newest in its key file."""
        return self.sets[organisation].signing[-1]

    def recipient(self, organisation: str) -> Recipient:
        """The organisation's desks and the keys that open what is sent to them."""
        keys = {key.public.kid: key for key in self.sets[organisation].encryption}
        return Recipient(frozenset(f"{organisation}/{desk}" for desk in DESKS), keys)
