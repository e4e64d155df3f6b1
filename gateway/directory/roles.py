"""Who signs what in the repository: hybrid by threshold arithmetic, and for how long each signature lasts.

Every online role has one Ed25519 and one ML-DSA-65 key and needs both. The root has four holders with such a pair
each, so eight keys, and needs six: any three holders are enough, one may be lost, and whoever forges needs keys of
at least two holders of *each* family (LTP-1 §2.6).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from gateway.directory.model import CryptoSigner, Metadata, Role, SSlibKey
from signing import PublicPair, SigningPair

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = "root", "targets", "snapshot", "timestamp"
ONLINE: Final = (TARGETS, SNAPSHOT, TIMESTAMP)
HOLDERS: Final = 4
ROOT_THRESHOLD: Final = 6
ONLINE_THRESHOLD: Final = 2

DAY_S: Final = 86_400
LIFE_S: Final = MappingProxyType(
    {ROOT: 365 * DAY_S, TARGETS: 90 * DAY_S, SNAPSHOT: 30 * DAY_S, TIMESTAMP: DAY_S}
)
"""How long what each role signs lasts."""
SEND_S: Final = 2 * DAY_S
"""How old a timestamp may be before a gateway stops sending."""


def public_keys(pair: PublicPair) -> tuple[SSlibKey, SSlibKey]:
    """Both public keys as TUF has them."""
    return SSlibKey.from_crypto(pair.ed25519.key), SSlibKey.from_crypto(pair.ml_dsa.key)


def role_of(pairs: Sequence[PublicPair], threshold: int) -> Role:
    """The role that these pairs hold."""
    return Role([key.keyid for pair in pairs for key in public_keys(pair)], threshold)


def keys_of(pairs: Sequence[PublicPair]) -> dict[str, SSlibKey]:
    """All keys of pairs, by TUF's key id."""
    return {key.keyid: key for pair in pairs for key in public_keys(pair)}


def sign(metadata: Metadata[Any], pair: SigningPair) -> None:
    """Adds both signatures of ``pair`` to ``metadata``."""
    for key in (pair.ed25519, pair.ml_dsa):
        metadata.sign(CryptoSigner(key.private), append=True)


Online = Mapping[str, SigningPair]
"""The pair of each online role."""
