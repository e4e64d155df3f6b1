"""Setting up: a gateway's home folder, an organisation's keys, and what the directory is to say of them.

The command line is a thin skin over these functions. Private keys are made here, once, and leave only into
encrypted files; what goes to the keeper of the directory is the public document that ``submission`` signs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemas
from gateway.directory import continuity
from gateway.files import CONFIG, Home, HomeError, write_private
from gateway.keys import life, shelf
from gateway.log.keys import LOG, has_log, public_keys
from gateway.settings import Settings
from gateway.store import upgrade
from signing import Gateway, HopKey, KeySet, Organisation, TrustedKey
from signing.names import DESKS, ORGANISATION, is_name

DAY_S = 86_400
#: How long a gateway's hop key counts from the day on which its entry was written.
HOP_DAYS = 365

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """What the directory says of an organisation beside its keys."""

    organisation: str
    name: str
    kind: str
    families: Sequence[str]
    gateway: str
    identifiers: Mapping[str, str] = field(default_factory=dict)


def make_home(settings: Settings) -> None:
    """Makes a gateway's home: settings, master key, hop key, database. Raises HomeError if there is one."""
    home = Home(settings)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.path(CONFIG).exists():
        raise HomeError(f"There is a gateway in this folder already: {settings.home}.")
    if not settings.path(settings.master_key).exists():
        home.make_master()
    home.write_keys(home.hop_file(), KeySet(hop=(HopKey.generate(),)))
    upgrade(home.store)
    write_private(settings.path(CONFIG), ("\n".join(_config(settings)) + "\n").encode())


def _config(settings: Settings) -> list[str]:
    """The lines of a new gateway's settings file: who it is, where it listens, what its master key is under."""
    kek = {
        name: getattr(settings, name)
        for name in ("kek_file", "passphrase_file", "kms_key", "kms_region", "kms_endpoint")
    }
    said = {"gateway": settings.gateway, "host": settings.host, "directory": settings.directory, **kek}
    lines = [f"{name} = {json.dumps(str(value))}" for name, value in said.items() if value is not None]
    return [*lines, f"port = {settings.port}"]


def make_keys(settings: Settings, organisation: str, now: int, delay_s: int = 0) -> Path:
    """Makes an organisation's keys: one signing pair, one encryption key for each desk. Raises HomeError.

    They count from ``now``, or ``delay_s`` later where nothing vouches for them but a person's word.
    """
    if not is_name(ORGANISATION, organisation):
        raise HomeError(
            "An organisation is named urn:ltp:org:<token>, with lower-case letters, digits and hyphens."
        )
    return shelf.add(Home(settings), organisation, life.made(now, delay_s))


def organisation_entry(settings: Settings, new: NewOrganisation, now: int) -> Json:
    """The directory's document about an organisation whose keys are in this home."""
    return {
        "org": new.organisation,
        "name": new.name,
        "kind": new.kind,
        "families": list(new.families),
        "identifiers": dict(new.identifiers),
        "status": "active",
        "desks": list(DESKS),
        "gateways": [{"gateway": new.gateway, "as": "own"}],
        "accepts": [schemas.VERSION],
        **_of_keys(settings, new.organisation, now),
    }


def renewed_entry(settings: Settings, listed: Organisation, now: int) -> Json:
    """The document about an organisation that is listed already: as it is, with its keys as they are now.

    A signing key that is listed but not remembered here was lost with its file: it stays, revoked, because what it
    signed is verified with it. An encryption key of that kind is left out, so that nobody seals to it any more.
    """
    entry: Json = {
        "org": listed.urn,
        "name": listed.name,
        "kind": listed.kind,
        "families": list(listed.families),
        "identifiers": dict(listed.identifiers),
        "status": listed.status,
        "desks": list(listed.desks),
        "gateways": [{"gateway": link.gateway, "as": link.how} for link in listed.gateways],
        "accepts": list(listed.accepts),
        **_of_keys(settings, listed.urn, now),
    }
    entry["ver"] = max(entry["ver"], listed.version + 1)
    known = {key["jwk"]["kid"] for key in entry["keys"]}
    entry["keys"] += [_lost(key, now) for key in listed.signing_keys if key.key.kid not in known]
    return entry


def submission(settings: Settings, document: Json, listed: Organisation | None, now: int) -> Json:
    """What the keeper of the directory is given: a document, signed with a pair that is ``listed`` where one is here.

    Without such a pair it is not signed, and the keeper can only publish it as a recovery.
    """
    home = Home(settings)
    pairs = home.keys(home.key_file(document["org"])).signing
    keys = () if listed is None else listed.signing_keys
    return continuity.submission(document, pairs, [k.key.kid for k in keys if k.revoked_at is None], now)


def _lost(key: TrustedKey, now: int) -> Json:
    revoked = {"revoked_at": now if key.revoked_at is None else key.revoked_at, "reason": "lost"}
    return {"jwk": key.key.jwk(), "nbf": key.not_before, "exp": key.expires, "revoked": revoked}


def _of_keys(settings: Settings, organisation: str, now: int) -> Json:
    home = Home(settings)
    keys = home.keys(home.key_file(organisation))
    return {"ver": life.version(keys), "keys": life.directory_keys(keys, now)}


def gateway_entry(settings: Settings, url: str | None, now: int, listed: Gateway | None = None) -> Json:
    """The directory's document about this gateway; ``url`` is None for one that only collects.

    ``listed`` is what the directory says of it so far: the next document has a higher version.
    """
    home = Home(settings)
    key = home.keys(home.hop_file()).hop[-1]
    entry = {
        "gateway": settings.gateway,
        "url": url,
        "status": "active",
        "ver": 1 if listed is None else listed.version + 1,
        "keys": [{"jwk": key.public.jwk(), "nbf": now, "exp": now + HOP_DAYS * DAY_S}],
    }
    return {**entry, "log": public_keys(home)[LOG]} if has_log(home) else entry
