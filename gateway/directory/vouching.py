"""Vouching: a listed school or local authority says who an organisation without an identifier is.

A voucher is a signed text (JWS, both signatures) of the organisation that vouches: it names the newcomer, its name
and its signing keys. If whoever vouched is suspended or closed, the newcomer is neither kept nor dropped silently:
it counts for another 14 days, everybody sees until when, and somebody else may vouch for it meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.directory.continuity import finder, signing_kids
from gateway.directory.errors import DirectoryRefused
from signing import EncodingError, SigningPair, jws
from signing.encoding import canonical, check_content, parse, parse_any, unb64u

TYPE: Final = "ltp-voucher+jws"
GRACE_S: Final = 14 * 86_400
"""How long an organisation counts after whoever vouched for it was suspended or closed."""
MAY_VOUCH: Final = ("school", "la")

_IDENTIFIERS: Final = ("urn", "ukprn", "laEstab")
_MEMBERS: Final = frozenset({"org", "name", "kids", "by", "at"})

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher whose signatures are not verified yet: ``check`` does that."""

    organisation: str
    name: str
    kids: frozenset[str]
    by: str
    at: int
    signed: str = field(repr=False)


def is_registered(document: Json) -> bool:
    """Whether an organisation has an identifier that anybody can look up; for an authority, its code is one."""
    identifiers = document["identifiers"]
    return any(name in identifiers for name in _IDENTIFIERS) or (
        document["kind"] == "la" and "laCode" in identifiers
    )


def sign_voucher(document: Json, by: str, pair: SigningPair, now: int) -> str:
    """The voucher of the organisation ``by`` for the one in ``document``."""
    kids = sorted(signing_kids(document))
    payload = {"org": document["org"], "name": document["name"], "kids": kids, "by": by, "at": now}
    return jws.sign(canonical(payload), pair, TYPE).decode()


def read_voucher(text: object) -> Voucher:
    """The voucher in a text, as yet unverified. Raises DirectoryRefused or SigningError."""
    if type(text) is not str:
        raise DirectoryRefused("voucher_invalid")
    jws.read(text.encode(), TYPE)
    try:
        whole: Any = parse_any(text.encode())
        payload = unb64u(whole["payload"])
        said = parse(payload)
        check_content(said, payload)
    except EncodingError:
        raise DirectoryRefused("voucher_invalid") from None
    if not isinstance(said, dict) or said.keys() != _MEMBERS or not isinstance(said["kids"], list):
        raise DirectoryRefused("voucher_invalid")
    texts = [said["org"], said["name"], said["by"], *said["kids"]]
    if any(type(one) is not str for one in texts) or type(said["at"]) is not int:
        raise DirectoryRefused("voucher_invalid")
    return Voucher(said["org"], said["name"], frozenset(said["kids"]), said["by"], said["at"], text)


def check(voucher: Voucher, document: Json, by: Json | None) -> None:
    """Whether ``voucher`` holds for ``document``, signed by the organisation in ``by``. Raises DirectoryRefused."""
    if by is None or by["kind"] not in MAY_VOUCH or not is_registered(by):
        raise DirectoryRefused("voucher_invalid")
    said = (voucher.organisation, voucher.name, voucher.by)
    if said != (document["org"], document["name"], by["org"]):
        raise DirectoryRefused("voucher_invalid")
    # Keys that came by continuity are vouched for by those before them; a revoked key vouches for nothing.
    if not voucher.kids or not voucher.kids <= signing_kids(document):
        raise DirectoryRefused("voucher_invalid")
    text = jws.read(voucher.signed.encode(), TYPE)
    counted = {key["jwk"]["kid"] for key in by["keys"] if "desk" not in key and _counted(key, voucher.at)}
    if any(part.kid not in counted for part in text.parts):
        raise DirectoryRefused("voucher_invalid")
    jws.verify(text, finder(by))


def _counted(key: Json, at: int) -> bool:
    revoked = key.get("revoked", {}).get("revoked_at")
    return bool(key["nbf"] <= at < key["exp"]) and (revoked is None or revoked > at)
