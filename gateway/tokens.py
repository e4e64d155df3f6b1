"""Bearer tokens of the local API: who is asking, and what they may do. Only a hash of a token is kept."""

import hashlib
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from gateway.problems import Forbidden, Unauthenticated
from gateway.store import Store
from gateway.store.records import TokenRow
from schemas import routes

#: What a token can be allowed. ``dsl`` is needed, beside the others, for everything on a ``dsl`` desk.
SCOPES = {
    "validate": "check documents",
    "transfers": "send transfers and see how they fare",
    "inbox": "list, read and answer what was received",
    "dsl": "send and read safeguarding content, as a named DSL or deputy",
}

_PREFIX = "ltp_"


@cache
def _dsl_readers() -> frozenset[str]:
    """The roles to which safeguarding content is addressed: leads and deputies, and the LA's social care."""
    return frozenset(
        reader
        for route in routes.all_routes()
        if route.desk == "dsl"
        for reader in (route.to_role, *route.readers)
    )


@dataclass(frozen=True, slots=True)
class Rights:
    """A token that was checked: whose it is and what it allows."""

    row: TokenRow

    @property
    def organisation(self) -> str:
        """The organisation that the token belongs to."""
        return self.row.org

    def demand(self, scope: str) -> "Rights":
        """These rights, when they include ``scope``. Raises Forbidden otherwise."""
        if scope not in self.row.scopes:
            raise Forbidden(
                "token.scope",
                f"This token may not {SCOPES[scope]}.",
                f"Ask the person who runs the gateway for a token with the scope {scope}.",
            )
        return self

    def reads_dsl(self) -> bool:
        """Whether this is somebody whom the routes name at that desk, with the scope to read it."""
        return "dsl" in self.row.scopes and not self.row.roles.isdisjoint(_dsl_readers())


def check(store: Store, authorization: str | None, now_ms: int) -> Rights:
    """The rights behind an Authorization header. Raises Unauthenticated; never says which part was wrong."""
    scheme, _, text = (authorization or "").partition(" ")
    row = store.token(_hash(text)) if scheme.lower() == "bearer" and text.startswith(_PREFIX) else None
    if row is None or row.revoked_ms is not None or row.expires_ms <= now_ms:
        raise Unauthenticated(
            "token.invalid",
            "There is no valid token with this request.",
            "Send a token of your organisation as: Authorization: Bearer <token>.",
        )
    return Rights(row)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token to be made."""

    organisation: str
    holder: str
    scopes: Collection[str]
    roles: Collection[str]
    days: int = 365


def issue(store: Store, wanted: TokenRequest, now_ms: int) -> str:
    """Makes a token and gives its text, which is kept nowhere."""
    text = _PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(
        token_id=str(uuid.uuid4()),
        org=wanted.organisation,
        scopes=frozenset(wanted.scopes),
        roles=frozenset(wanted.roles),
        holder=wanted.holder,
        expires_ms=now_ms + wanted.days * 86_400_000,
        revoked_ms=None,
    )
    store.add_token(row, _hash(text), now_ms)
    return text


def revoke(store: Store, organisation: str, token_id: str, now_ms: int) -> None:
    """Takes a token back at once. Raises NotFound when the organisation has none with this id."""
    store.revoke_token(organisation, token_id, now_ms)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
