"""A directory of four organisations with its keeper, one gateway that trusts it, and hands of a hostile keeper."""

import datetime
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

import signing
from gateway.directory import repository, roles
from gateway.directory.client import Client, Known
from gateway.directory.continuity import sign_step
from gateway.directory.errors import DirectoryRefused
from gateway.directory.fetch import FOLDER, FolderFetcher
from gateway.directory.keeper import Keeper
from gateway.directory.model import Metadata
from gateway.directory.vouching import sign_voucher
from signing.encoding import canonical

DAY, HOUR = 86_400, 3_600
Json = dict[str, Any]


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def pair(name: str) -> signing.SigningPair:
    return signing.SigningPair.from_seeds(seed(f"{name} ed25519"), seed(f"{name} ml-dsa"))


def keys(pair: signing.SigningPair, now: int, **more: Any) -> list[Json]:
    return [{"jwk": jwk, "nbf": now - DAY, "exp": now + 365 * DAY, **more} for jwk in pair.public.jwks()]


def document(token: str, now: int, **more: Any) -> Json:
    desk = signing.EncryptionKey.from_seed(seed(f"{token} general")).public
    return {
        "org": f"urn:ltp:org:{token}",
        "name": token.replace("-", " ").title(),
        "kind": "school",
        "families": ["HS"],
        "identifiers": {"urn": "999001"},
        "status": "active",
        "ver": 1,
        "desks": ["general", "dsl"],
        "gateways": [],
        "keys": [
            *keys(pair(token), now),
            {"jwk": desk.jwk(), "nbf": now - DAY, "exp": now + 60 * DAY, "desk": "general"},
        ],
        "accepts": ["1.0"],
        **more,
    }


@dataclass
class Site:
    """Ash Vale, Northshire and Beacon are registered; Hollow Farm is not, and Northshire vouches for it."""

    base: Path
    now: int = field(default_factory=lambda: int(time.time()))
    documents: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.base / "keeper")
        self.keeper.init_alone(self.now)
        self.served = self.base / "served"
        self.client = self.another("trust")
        self.documents = {
            "ash-vale": document("ash-vale", self.now),
            "beacon": document(
                "beacon", self.now, kind="ap", families=["AP"], identifiers={"ukprn": "99900002"}
            ),
            "northshire": document(
                "northshire", self.now, kind="la", families=["LA"], identifiers={"laCode": "999"}
            ),
        }
        for token in self.documents:
            self.add(token)
        newcomer = document("hollow-farm", self.now, kind="ap", families=["AP"], identifiers={})
        self.documents["hollow-farm"] = newcomer
        self.add("hollow-farm", voucher=self.voucher("hollow-farm"))
        hop = signing.HopKey.from_seed(seed("relay hop")).public.jwk()
        entry = {"gateway": "urn:ltp:gw:relay", "url": "https://relay.example", "status": "active", "ver": 1}
        entry["keys"] = [{"jwk": hop, "nbf": self.now - DAY, "exp": self.now + DAY}]
        self.keeper.add(entry, self.now)
        self.publish()

    def another(self, name: str) -> Client:
        """A gateway of another folder that trusts the same root."""
        return Client(
            self.base / name,
            self.keeper.folder.joinpath("1.root.json").read_bytes(),
            FOLDER,
            FolderFetcher(self.served),
        )

    @staticmethod
    def pair(name: str) -> signing.SigningPair:
        return pair(name)

    # --- an honest keeper -----------------------------------------------------------------------------------

    def step(self, token: str, by: str | None = None) -> Json:
        return sign_step(self.documents[token], pair(by or token), self.now).members()

    def voucher(self, token: str, by: str = "northshire") -> str:
        return sign_voucher(self.documents[token], f"urn:ltp:org:{by}", pair(by), self.now)

    def add(self, token: str, by: str | None = None, **more: Any) -> str:
        return self.keeper.add(
            {"document": self.documents[token], "step": self.step(token, by)}, self.now, **more
        )

    def change(self, token: str, by: str | None = None, **members: Any) -> None:
        """A new version of a document, signed by former keys (``by`` names them), in the draft."""
        before = self.documents[token]
        self.documents[token] = {**before, **members, "ver": before["ver"] + 1}
        self.add(token, by)

    def rotate(self, token: str, to: str) -> None:
        """A new signing pair beside the old one, which is kept for evidence."""
        new = keys(pair(to), self.now)
        self.change(token, keys=[*new, *self.documents[token]["keys"]])

    def publish(self) -> None:
        self.keeper.publish(self.now)
        self.serve()

    def serve(self) -> None:
        shutil.copytree(self.keeper.public, self.served, dirs_exist_ok=True)

    # --- a gateway ------------------------------------------------------------------------------------------

    def refresh(self) -> Known:
        return self.client.refresh(self.now)

    def trusted(self) -> tuple[bytes, signing.Directory]:
        known = self.client.load()
        assert known is not None
        return self.client.state.read_bytes(), known.directory(self.now)

    @contextmanager
    def refuses(self, code: str, where: str = "") -> Iterator[None]:
        """The next refresh is refused with this code, and what is trusted is what was trusted before."""
        before, directory = self.trusted()
        yield
        with pytest.raises(DirectoryRefused) as refused:
            self.refresh()
        assert (refused.value.code, refused.value.where) == (code, where)
        assert self.client.state.read_bytes() == before
        assert self.trusted()[1].organisations == directory.organisations

    # --- hostile hands --------------------------------------------------------------------------------------

    def file(self, name: str) -> Path:
        return self.served / "metadata" / name

    def metadata(self, name: str) -> Json:
        value: Json = orjson.loads(self.file(name).read_bytes())
        return value

    def put(self, name: str, value: Any) -> None:
        self.file(name).write_bytes(value if isinstance(value, bytes) else orjson.dumps(value))

    def entry(self, name: str) -> Json:
        value: Json = orjson.loads((self.keeper.folder / "entries" / name).read_bytes())
        return value

    def hostile(self, changes: Mapping[str, Any]) -> None:
        """Publishes with the keeper's own keys what the keeper's program refuses; None takes an entry out."""
        files = {name: entry.to_bytes() for name, entry in self.keeper.entries().items()}
        for name, value in changes.items():
            files.pop(name, None)
            if value is not None:
                files[name] = canonical(value)
        before = self.keeper._published()
        done = repository.publish(before, files, self.keeper._online(), self.now)
        self.keeper._write(done, files)
        self.serve()

    def signed(self, role: str, change: Callable[[Json], Any], name: str) -> None:
        """Replaces metadata by a changed copy that has the true signatures of its role."""
        value = self.metadata(name)
        value["signatures"] = []
        change(value["signed"])
        metadata: Metadata[Any] = Metadata.from_dict(value)
        roles.sign(metadata, self.keeper._online()[role])
        self.put(name, metadata.to_bytes())

    def advance(self, seconds: int) -> None:
        self.now += seconds


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Everything published and taken once. TUF's client reads the wall clock: here it reads the site's."""
    made = Site(tmp_path)

    class Now(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Now":
            return cls.fromtimestamp(made.now, tz)

    clock = SimpleNamespace(datetime=Now, timezone=datetime.timezone)
    monkeypatch.setattr("tuf.ngclient._internal.trusted_metadata_set.datetime", clock)
    made.refresh()
    return made
