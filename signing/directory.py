"""The directory: who exists, with which keys, reached by which gateways.

What a gateway goes by comes through `Directory.of`, from documents whose origin the caller has verified. `parse` and
`sign_directory` are a form in one file, for evidence that is checked without any repository: JWS General JSON like a
message but of a type of its own, signed by a root pair. Its payload, canonical, is
`{"type","version","issued","expires","orgs":{token: document},"gateways":{token: document}}`.

A `Directory` is a frozen value, and the `Trust` that `unseal` asks. It takes no time from a clock: every question
that depends on time takes `now`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from signing import jws
from signing.encoding import canonical, check_content, parse
from signing.entries import DeskKey, Gateway, HopPublicKey, Organisation, read_gateway, read_organisation
from signing.errors import DirectoryError, EncodingError
from signing.keys import EncryptionPublicKey, PublicPair, SigningPair
from signing.message import CLOCK_SKEW, TrustedKey
from signing.names import ADDRESS

TYPE: Final = "ltp-directory"
MAX_DIRECTORY: Final = 64 * 1024 * 1024  # bytes; room for about 5,000 organisations

_MEMBERS: Final = frozenset({"type", "version", "issued", "expires", "orgs", "gateways"})


@dataclass(frozen=True, slots=True)
class Route:
    """The gateway that takes an organisation's messages, and what it is to that organisation."""

    gateway: Gateway
    how: str


@dataclass(frozen=True, slots=True)
class Times:
    """Which directory it is, and its times in epoch seconds: `verified_at` is when it was found to be the newest."""

    version: int
    issued: int
    expires: int
    verified_at: int


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything in one accepted directory.

    It is made with `of` or `parse`. From `expires` on nobody is sent to on its word; it still verifies what comes in,
    with the keys that it knows.
    """

    version: int
    issued: int
    expires: int
    verified_at: int
    organisations: Mapping[str, Organisation] = field(repr=False)
    gateways: Mapping[str, Gateway] = field(repr=False)
    _signing: Mapping[str, TrustedKey] = field(repr=False)
    _hops: Mapping[str, tuple[Gateway, HopPublicKey]] = field(repr=False)

    @classmethod
    def parse(cls, signed: bytes, roots: Sequence[PublicPair], now: int, *, minimum_version: int = 0) -> Self:
        """The directory in the file `signed`, which one of `roots` must have signed with both keys.

        `minimum_version` is the highest version accepted before: an older file is refused.
        Raises `DirectoryError`.
        """
        if len(signed) > MAX_DIRECTORY:
            raise DirectoryError("bad_directory")
        directory = cls._read(_verified_payload(signed, roots), now)
        if directory.version < minimum_version:
            raise DirectoryError("rollback")
        if not directory.issued - CLOCK_SKEW <= now < directory.expires:
            raise DirectoryError("directory_expired")
        return directory

    @classmethod
    def _read(cls, payload: bytes, now: int = 0) -> Self:
        members = _payload_members(payload)
        times = Times(members["version"], members["issued"], members["expires"], now)
        return cls.of(members["orgs"], members["gateways"], times)

    @classmethod
    def of(cls, orgs: Mapping[str, Any], gateways: Mapping[str, Any], times: Times) -> Self:
        """The directory of these documents, by token, whose origin the caller has verified.

        Raises `DirectoryError`.
        """
        listed = [read_organisation(token, document) for token, document in orgs.items()]
        posts = [read_gateway(token, document) for token, document in gateways.items()]
        _check_links(listed, posts)
        _check_kids(listed, posts)
        return cls(
            version=times.version,
            issued=times.issued,
            expires=times.expires,
            verified_at=times.verified_at,
            organisations=MappingProxyType({org.urn: org for org in listed}),
            gateways=MappingProxyType({gateway.urn: gateway for gateway in posts}),
            _signing=MappingProxyType({key.key.kid: key for org in listed for key in org.signing_keys}),
            _hops=MappingProxyType({h.key.kid: (gateway, h) for gateway in posts for h in gateway.keys}),
        )

    def check_fresh(self, now: int) -> None:
        """Raise `DirectoryError` when the directory is too old at `now` to send on its word."""
        if now >= self.expires:
            raise DirectoryError("directory_expired")

    def organisation(self, urn: str) -> Organisation:
        """The organisation `urn`, whatever its status. Raises `DirectoryError`."""
        organisation = self.organisations.get(urn)
        if organisation is None:
            raise DirectoryError("unknown_organisation")
        return organisation

    def gateway(self, urn: str) -> Gateway:
        """The gateway `urn`, whatever its status. Raises `DirectoryError`."""
        gateway = self.gateways.get(urn)
        if gateway is None:
            raise DirectoryError("unknown_gateway")
        return gateway

    def status(self, organisation: str) -> str | None:
        """The status of `organisation`, or None when it is unknown."""
        found = self.organisations.get(organisation)
        return None if found is None else found.status

    def signing_key(self, kid: str) -> TrustedKey | None:
        """The signing key with this thumbprint, current or not; None when no organisation has it."""
        return self._signing.get(kid)

    def encryption_keys(self, address: str, now: int) -> tuple[EncryptionPublicKey, ...]:
        """The keys to which a message for `address` is sealed at `now`; at least one.

        Raises `DirectoryError` when the address is unknown, its organisation not active, no key valid, or the
        directory too old to send on its word.
        """
        self.check_fresh(now)
        match = ADDRESS.fullmatch(address)
        if match is None:
            raise DirectoryError("unknown_address")
        organisation = self.organisation(match[1])
        if match[2] not in organisation.desks:
            raise DirectoryError("unknown_address")
        if not organisation.active:
            raise DirectoryError("inactive")
        keys = tuple(k.key for k in organisation.desk_keys if k.desk == match[2] and _in_use(k, now))
        if not keys:
            raise DirectoryError("no_encryption_key")
        return keys

    def hop_key(self, kid: str, now: int) -> tuple[Gateway, HopPublicKey]:
        """The active gateway whose key `kid` is valid at `now`, with that key. Raises `DirectoryError`."""
        found = self._hops.get(kid)
        if found is None or not found[1].valid_at(now):
            raise DirectoryError("unknown_hop_key")
        if not found[0].active:
            raise DirectoryError("inactive")
        return found

    def is_home(self, gateway: str, organisation: str) -> bool:
        """Whether `gateway` is the own or host gateway of `organisation`: only such a one acts for it."""
        links = self.organisation(organisation).gateways
        return any(link.gateway == gateway and link.how != "relay" for link in links)

    def route(self, organisation: str) -> Route:
        """Where messages for `organisation` (or for one of its addresses) are posted.

        Its own or host gateway if that can be called, else a relay. Raises `DirectoryError`.
        """
        found = self.organisation(organisation.partition("/")[0])
        if not found.active:
            raise DirectoryError("inactive")
        for link in sorted(found.gateways, key=lambda link: link.how == "relay"):
            gateway = self.gateway(link.gateway)
            if gateway.active and gateway.url is not None:
                return Route(gateway, link.how)
        raise DirectoryError("no_route")


def _in_use(key: DeskKey, now: int) -> bool:
    return key.revoked_at is None and key.not_before <= now < key.expires


def sign_directory(content: Mapping[str, Any], root: SigningPair) -> bytes:
    """The signed file for `content`, which is first read as readers will. Raises `DirectoryError`."""
    try:
        payload = canonical(dict(content))
    except EncodingError:
        raise DirectoryError("bad_directory") from None
    Directory._read(payload)
    return jws.sign(payload, root, jws.DIRECTORY_TYPE)


def _verified_payload(signed: bytes, roots: Sequence[PublicPair]) -> bytes:
    """The payload, signed by both keys of one root: a key of one root and one of another are not enough."""
    try:
        text = jws.read(signed, jws.DIRECTORY_TYPE)
        kids = tuple(part.kid for part in text.parts)
        for root in roots:
            if kids == (root.ed25519.kid, root.ml_dsa.kid):
                return jws.verify(text, {root.ed25519.kid: root.ed25519, root.ml_dsa.kid: root.ml_dsa}.get)
    except jws.JwsError as error:
        raise DirectoryError(error.code) from None
    raise DirectoryError("unknown_root")


def _payload_members(payload: bytes) -> dict[str, Any]:
    try:
        members = parse(payload)
        check_content(members, payload)
    except EncodingError as error:
        raise DirectoryError(error.code) from None
    if not isinstance(members, dict) or members.keys() != _MEMBERS or members["type"] != TYPE:
        raise DirectoryError("bad_directory")
    times = [members["version"], members["issued"], members["expires"]]
    if any(type(time) is not int or time < 0 for time in times) or times[1] >= times[2]:
        raise DirectoryError("bad_directory")
    if not isinstance(members["orgs"], dict) or not isinstance(members["gateways"], dict):
        raise DirectoryError("bad_directory")
    return members


def _check_links(orgs: Sequence[Organisation], gateways: Sequence[Gateway]) -> None:
    known = {gateway.urn for gateway in gateways}
    for org in orgs:
        if any(link.gateway not in known for link in org.gateways):
            raise DirectoryError("bad_directory", f"orgs/{org.urn.rpartition(':')[2]}/gateways")


def _check_kids(orgs: Sequence[Organisation], gateways: Sequence[Gateway]) -> None:
    """One key has one owner and one purpose: no key may appear twice."""
    kids = [key.key.kid for org in orgs for key in org.signing_keys]
    kids += [key.key.kid for org in orgs for key in org.desk_keys]
    kids += [key.key.kid for gateway in gateways for key in gateway.keys]
    if len(set(kids)) != len(kids):
        raise DirectoryError("bad_directory")
