"""Setting up: a gateway's home folder, an organisation's keys, and the signed directory that names them.

The command line is a thin skin over these functions. Private keys are made here, once, and leave only into
encrypted files; what goes into the directory is the public document that ``organisation_entry`` gives.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

import schemas
from gateway.files import CONFIG, Home, HomeError, write_private
from gateway.keys import life, shelf
from gateway.settings import Settings
from gateway.store import upgrade
from signing import HopKey, KeySet, Organisation, SigningPair, TrustedKey, sign_directory
from signing.entries import read_gateway, read_organisation
from signing.names import DESKS, ORGANISATION, is_name

DAY_S = 86_400
#: How long a gateway's hop key counts from the day on which its entry was written.
HOP_DAYS = 365
DIRECTORY_DAYS = 30

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
    vouched_by: str | None = None


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
    said = {"gateway": settings.gateway, "host": settings.host, **kek}
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
    entry: Json = {
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
    if new.vouched_by is not None:
        entry["vouchedBy"] = {"organisation": new.vouched_by, "on": _date(now)}
    return entry


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
    if listed.vouched_by is not None:
        entry["vouchedBy"] = dict(listed.vouched_by)
    return entry


def _lost(key: TrustedKey, now: int) -> Json:
    revoked = {"revoked_at": now if key.revoked_at is None else key.revoked_at, "reason": "lost"}
    return {"jwk": key.key.jwk(), "nbf": key.not_before, "exp": key.expires, "revoked": revoked}


def _of_keys(settings: Settings, organisation: str, now: int) -> Json:
    home = Home(settings)
    keys = home.keys(home.key_file(organisation))
    return {"ver": life.version(keys), "keys": life.directory_keys(keys, now)}


def gateway_entry(settings: Settings, url: str | None, now: int) -> Json:
    """The directory's document about this gateway; ``url`` is None for one that only collects."""
    home = Home(settings)
    key = home.keys(home.hop_file()).hop[-1]
    return {
        "gateway": settings.gateway,
        "url": url,
        "status": "active",
        "ver": 1,
        "keys": [{"jwk": key.public.jwk(), "nbf": now, "exp": now + HOP_DAYS * DAY_S}],
    }


@dataclass(frozen=True, slots=True)
class DirectoryDraft:
    """The folder in which a directory is kept by whoever keeps it: entries, root keys, the signed result."""

    folder: Path

    @property
    def signed(self) -> Path:
        """The signed file that gateways take."""
        return self.folder / "directory.json"

    @property
    def roots(self) -> Path:
        """The public root keys that gateways trust."""
        return self.folder / "directory-roots.json"

    def init(self) -> None:
        """Makes the root pair, encrypted under a key file beside it. Raises HomeError if there is one."""
        if self.roots.exists():
            raise HomeError(f"There is a directory in this folder already: {self.folder}.")
        home = self._home()
        home.make_master()
        root = SigningPair.generate()
        home.write_keys(self.folder / "root.keys", KeySet(signing=(root,)))
        self.roots.write_bytes(orjson.dumps([root.public.jwks()], option=orjson.OPT_INDENT_2))

    def add(self, entry: Json, *, replace: bool = False) -> Path:
        """Takes an entry (an organisation's or a gateway's document) into the draft.

        Raises signing.DirectoryError when it is not one, and HomeError when it would give other keys to somebody
        who is listed already: only a person decides that, with ``replace``.
        """
        kind, name = ("orgs", entry.get("org")) if "org" in entry else ("gateways", entry.get("gateway"))
        token = str(name).rpartition(":")[2]
        # Reading it strictly also refuses every name that could lead out of this folder.
        (read_organisation if kind == "orgs" else read_gateway)(token, entry)
        path = self.folder / kind / f"{token}.json"
        if not replace and path.exists() and orjson.loads(path.read_bytes())["keys"] != entry["keys"]:
            raise HomeError(
                f"This is listed already, with other keys: {path}. Only replace it if you know why."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(entry, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        return path

    def publish(self, now: int, days: int = DIRECTORY_DAYS) -> Path:
        """Signs all entries into the one file; its version only rises. Raises signing.DirectoryError."""
        version_file = self.folder / "version"
        version = int(version_file.read_text()) + 1 if version_file.exists() else 1
        content = {
            "type": "ltp-directory",
            "version": version,
            "issued": now,
            "expires": now + days * DAY_S,
            "orgs": self._entries("orgs"),
            "gateways": self._entries("gateways"),
        }
        home = self._home()
        signed = sign_directory(content, home.keys(self.folder / "root.keys").signing[-1])
        version_file.write_text(str(version))
        # Gateways read this file while it changes: it is replaced, never written into.
        part = self.signed.with_suffix(".part")
        part.write_bytes(signed)
        part.replace(self.signed)
        return self.signed

    def _entries(self, kind: str) -> Json:
        files = sorted((self.folder / kind).glob("*.json"))
        return {path.stem: orjson.loads(path.read_bytes()) for path in files}

    def _home(self) -> Home:
        return Home(Settings(home=self.folder, gateway="urn:ltp:gw:directory"))


def _date(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
