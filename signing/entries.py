"""The entries of the directory: organisations and gateways, read strictly from their documents.

An unknown member is refused everywhere: a directory must not say things that only some gateways hear.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signing.algorithms import ED25519
from signing.errors import DirectoryError, KeyMaterialError
from signing.keys import EncryptionPublicKey, VerificationKey
from signing.log.errors import LogError
from signing.log.keys import Identity
from signing.message import TrustedKey
from signing.names import DESKS, GATEWAY, ORGANISATION, is_name

STATUSES: Final = ("active", "suspended", "closed")
KINDS: Final = ("school", "ap", "la", "agency", "auditBody")
FAMILIES: Final = ("HS", "RS", "AP", "OAP", "LA", "MA", "AUD")
LINKS: Final = ("own", "host", "relay")
IDENTIFIERS: Final = ("urn", "ukprn", "laEstab", "laCode")

_SCHEMA_VERSION: Final = re.compile(r"[1-9][0-9]{0,3}\.(?:0|[1-9][0-9]{0,3})")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ORGANISATION_MEMBERS: Final = (
    "org",
    "name",
    "kind",
    "families",
    "identifiers",
    "status",
    "ver",
    "desks",
    "gateways",
    "keys",
    "accepts",
)
_GATEWAY_MEMBERS: Final = ("gateway", "url", "status", "ver", "keys")


@dataclass(frozen=True, slots=True)
class DeskKey:
    """An encryption key of one desk, with the epoch seconds between which it is used."""

    desk: str
    key: EncryptionPublicKey
    not_before: int
    expires: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class GatewayLink:
    """How an organisation names a gateway: as its `own`, as its `host` or as its `relay`."""

    gateway: str
    how: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation as the directory has it."""

    urn: str
    name: str
    kind: str
    families: tuple[str, ...]
    identifiers: Mapping[str, str]
    status: str
    version: int
    desks: tuple[str, ...]
    gateways: tuple[GatewayLink, ...]
    accepts: tuple[str, ...]
    signing_keys: tuple[TrustedKey, ...] = field(repr=False)
    desk_keys: tuple[DeskKey, ...] = field(repr=False)
    vouched_by: Mapping[str, str] | None = None

    @property
    def active(self) -> bool:
        """Whether the organisation may send and be sent to."""
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class HopPublicKey:
    """A key with which a gateway signs its requests, with the epoch seconds between which it counts."""

    key: VerificationKey
    not_before: int
    expires: int
    revoked_at: int | None = None

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The key as the `cryptography` package has it."""
        return Ed25519PublicKey.from_public_bytes(self.key.raw)

    def valid_at(self, now: int) -> bool:
        """Whether the key counts at `now`."""
        return self.revoked_at is None and self.not_before <= now < self.expires


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway as the directory has it; without a URL it only collects, and not every one has a log."""

    urn: str
    url: str | None
    status: str
    version: int
    keys: tuple[HopPublicKey, ...] = field(repr=False)
    log: Identity | None = None

    @property
    def active(self) -> bool:
        """Whether the gateway may call and be called."""
        return self.status == "active"


def read_organisation(token: str, document: object) -> Organisation:
    """The organisation in the document `orgs/<token>`. Raises `DirectoryError`."""
    where = f"orgs/{token}"
    members = _members(document, where, _ORGANISATION_MEMBERS, ("vouchedBy",))
    _require(members["org"] == f"urn:ltp:org:{token}" and is_name(ORGANISATION, members["org"]), where)
    desks = _choices(members["desks"], DESKS, f"{where}/desks")
    keys = _list(members["keys"], f"{where}/keys")
    signing = [(item, f"{where}/keys/{n}") for n, item in enumerate(keys) if not _is_for_desk(item)]
    desk = [(item, f"{where}/keys/{n}") for n, item in enumerate(keys) if _is_for_desk(item)]
    return Organisation(
        urn=members["org"],
        name=_text(members["name"], f"{where}/name"),
        kind=_choice(members["kind"], KINDS, f"{where}/kind"),
        families=_choices(members["families"], FAMILIES, f"{where}/families"),
        identifiers=_identifiers(members["identifiers"], f"{where}/identifiers"),
        status=_choice(members["status"], STATUSES, f"{where}/status"),
        version=_integer(members["ver"], f"{where}/ver"),
        desks=desks,
        gateways=_links(members["gateways"], f"{where}/gateways"),
        accepts=_accepts(members["accepts"], f"{where}/accepts"),
        signing_keys=tuple(_signing_key(item, members["org"], place) for item, place in signing),
        desk_keys=tuple(_desk_key(item, desks, place) for item, place in desk),
        vouched_by=_vouched_by(members.get("vouchedBy"), f"{where}/vouchedBy"),
    )


def read_gateway(token: str, document: object) -> Gateway:
    """The gateway in the document `gateways/<token>`. Raises `DirectoryError`."""
    where = f"gateways/{token}"
    members = _members(document, where, _GATEWAY_MEMBERS, ("log",))
    _require(members["gateway"] == f"urn:ltp:gw:{token}" and is_name(GATEWAY, members["gateway"]), where)
    keys = enumerate(_list(members["keys"], f"{where}/keys"))
    return Gateway(
        urn=members["gateway"],
        url=_url(members["url"], f"{where}/url"),
        status=_choice(members["status"], STATUSES, f"{where}/status"),
        version=_integer(members["ver"], f"{where}/ver"),
        keys=tuple(_hop_key(item, f"{where}/keys/{n}") for n, item in keys),
        log=_log(members["log"], f"{where}/log") if "log" in members else None,
    )


def _require(condition: bool, where: str) -> None:
    if not condition:
        raise DirectoryError("bad_directory", where)


def _members(
    value: object, where: str, required: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(required) <= value.keys() <= {*required, *optional}:
        raise DirectoryError("bad_directory", where)
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise DirectoryError("bad_directory", where)
    return value


def _text(value: object, where: str) -> str:
    if type(value) is not str or not value.strip():
        raise DirectoryError("bad_directory", where)
    return value


def _integer(value: object, where: str) -> int:
    if type(value) is not int or value < 0:
        raise DirectoryError("bad_directory", where)
    return value


def _choice(value: object, choices: tuple[str, ...], where: str) -> str:
    if type(value) is not str or value not in choices:
        raise DirectoryError("bad_directory", where)
    return value


def _choices(value: object, choices: tuple[str, ...], where: str) -> tuple[str, ...]:
    chosen = tuple(_choice(item, choices, where) for item in _list(value, where))
    _require(len(set(chosen)) == len(chosen), where)
    return chosen


def _identifiers(value: object, where: str) -> Mapping[str, str]:
    members = _members(value, where, (), IDENTIFIERS)
    return MappingProxyType({name: _text(text, where) for name, text in members.items()})


def _links(value: object, where: str) -> tuple[GatewayLink, ...]:
    links = []
    for item in _list(value, where):
        members = _members(item, where, ("gateway", "as"))
        _require(is_name(GATEWAY, members["gateway"]), where)
        links.append(GatewayLink(members["gateway"], _choice(members["as"], LINKS, where)))
    _require(len({link.gateway for link in links}) == len(links), where)
    return tuple(links)


def _accepts(value: object, where: str) -> tuple[str, ...]:
    versions = tuple(_text(item, where) for item in _list(value, where))
    _require(all(is_name(_SCHEMA_VERSION, version) for version in versions), where)
    return versions


def _vouched_by(value: object, where: str) -> Mapping[str, str] | None:
    if value is None:
        return None
    members = _members(value, where, ("organisation", "on"))
    _require(is_name(ORGANISATION, members["organisation"]) and is_name(_DATE, members["on"]), where)
    try:
        date.fromisoformat(members["on"])
    except ValueError:
        raise DirectoryError("bad_directory", where) from None
    return MappingProxyType(members)


def _url(value: object, where: str) -> str | None:
    """A gateway's URL: https, or plain http on the loopback of a demonstration; without query or fragment."""
    if value is None:
        return None
    text = _text(value, where)
    try:
        parts = urlsplit(text)
        host, plain = parts.hostname, parts.port is None or parts.port > 0
    except ValueError:
        raise DirectoryError("bad_directory", where) from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    bare = not (parts.query or parts.fragment or parts.username or parts.password)
    _require(bool(host) and plain and secure and bare and text.isascii(), where)
    return text


def _is_for_desk(item: object) -> bool:
    return isinstance(item, dict) and "desk" in item


def _key_members(item: object, where: str, *more: str) -> tuple[dict[str, Any], tuple[int, int, int | None]]:
    """The members of a key entry, with the times between which it counts and that of its revocation."""
    members = _members(item, where, ("jwk", "nbf", "exp", *more), ("revoked",))
    not_before, expires = _integer(members["nbf"], where), _integer(members["exp"], where)
    _require(not_before < expires, where)
    if "revoked" not in members:
        return members, (not_before, expires, None)
    revoked = _members(members["revoked"], where, ("revoked_at", "reason"))
    _text(revoked["reason"], where)
    return members, (not_before, expires, _integer(revoked["revoked_at"], where))


def _signing_key(item: object, organisation: str, where: str) -> TrustedKey:
    members, times = _key_members(item, where)
    return TrustedKey(organisation, _verification_key(members["jwk"], where), *times)


def _hop_key(item: object, where: str) -> HopPublicKey:
    members, times = _key_members(item, where)
    key = _verification_key(members["jwk"], where)
    _require(key.alg == ED25519, where)
    return HopPublicKey(key, *times)


def _log(vkeys: object, where: str) -> Identity:
    try:
        return Identity.from_vkeys("log", vkeys)
    except LogError as error:
        raise DirectoryError(error.code, where) from None


def _desk_key(item: object, desks: tuple[str, ...], where: str) -> DeskKey:
    members, times = _key_members(item, where, "desk")
    desk = _choice(members["desk"], desks, where)
    try:
        key = EncryptionPublicKey.from_jwk(members["jwk"])
    except KeyMaterialError as error:
        raise DirectoryError(error.code, where) from None
    return DeskKey(desk, key, *times)


def _verification_key(jwk: object, where: str) -> VerificationKey:
    try:
        return VerificationKey.from_jwk(jwk)
    except KeyMaterialError as error:
        raise DirectoryError(error.code, where) from None
