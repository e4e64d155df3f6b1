"""The keeper's folder: entries that wait to be published, the keys of the online roles, and what is published.

`entries/` is the draft, `published/` is what a web server shows to everybody, `N.root.json` beside them are roots that
holders sign. Root keys are not here: each holder has them on a machine of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from gateway.directory import repository, roles
from gateway.directory.continuity import RECOVERY_DELAY_S, Step, finder, read_step, shortened, signing_kids
from gateway.directory.entry import Entry, Suspended, check_document
from gateway.directory.errors import DirectoryRefused
from gateway.directory.model import Metadata, Root, Snapshot, Targets, Timestamp
from gateway.directory.repository import Published
from gateway.directory.resolve import check_all, read_entries, resolve
from gateway.directory.vouching import Voucher, read_voucher
from gateway.files import Home
from gateway.settings import Settings
from signing import KeyMaterialError, KeySet, PublicPair, SigningError, SigningPair
from signing.directory import Times

Json = dict[str, Any]

HOLDER_FILE, HOLDER_KEYS = "holder.json", "holder.keys"


def new_holder(folder: Path) -> Path:
    """Makes a root holder's keys in a folder of their own; returns the file with the public ones."""
    public = folder / HOLDER_FILE
    if public.exists():
        raise DirectoryRefused("exists")
    pair = _new_pair(_home(folder), folder / HOLDER_KEYS)
    public.write_bytes(orjson.dumps(pair.public.jwks(), option=orjson.OPT_INDENT_2))
    return public


def holder_pair(folder: Path) -> SigningPair:
    """A root holder's keys. Raises HomeError."""
    return _home(folder).keys(folder / HOLDER_KEYS).signing[-1]


def read_holder(path: Path) -> PublicPair:
    """A root holder's public keys. Raises DirectoryRefused."""
    try:
        return PublicPair.from_jwks(orjson.loads(path.read_bytes()))
    except (OSError, orjson.JSONDecodeError, KeyMaterialError):
        raise DirectoryRefused("bad_holders") from None


def sign_root(path: Path, pair: SigningPair) -> None:
    """Adds a holder's two signatures to the root in a file. Raises DirectoryRefused."""
    root = read_root(path)
    roles.sign(root, pair)
    path.write_bytes(root.to_bytes())


def join_roots(path: Path, others: Sequence[Path]) -> None:
    """Adds to the root in a file the signatures of copies that holders signed elsewhere. Raises DirectoryRefused."""
    root = read_root(path)
    repository.joined(root, [read_root(other) for other in others])
    path.write_bytes(root.to_bytes())


def read_root(path: Path) -> Metadata[Root]:
    """The root in a file, its signatures not looked at. Raises DirectoryRefused."""
    try:
        return repository.read(Root, path.read_bytes())
    except OSError:
        raise DirectoryRefused("not_a_root") from None


@dataclass(frozen=True, slots=True)
class Keeper:
    """One directory, in the folder of whoever keeps it."""

    folder: Path

    @property
    def public(self) -> Path:
        """What is served to everybody: `metadata/` and `targets/`."""
        return self.folder / "published"

    @property
    def anchor(self) -> Path:
        """The first root: what every gateway is given by a way that can be trusted."""
        return self._metadata / "1.root.json"

    @property
    def _metadata(self) -> Path:
        return self.public / "metadata"

    # --- roots ----------------------------------------------------------------------------------------------

    def init(self, holders: Sequence[PublicPair], now: int) -> Path:
        """Starts a directory: makes the online keys and the first root, which its holders have to sign."""
        if self._roots() or self.folder.joinpath("master.key").exists():
            raise DirectoryRefused("exists")
        repository.check_holders(holders)
        online = {role: _new_pair(_home(self.folder), self._key_file(role)) for role in roles.ONLINE}
        root = repository.first_root(holders, _public(online), now)
        return self._put_root(root)

    def init_alone(self, now: int) -> Path:
        """Starts a directory whose four holders are one person's folders: for trying it out, never for use."""
        folders = [self.folder / "holders" / str(number) for number in range(1, roles.HOLDERS + 1)]
        if self._roots():
            raise DirectoryRefused("exists")
        path = self.init([read_holder(new_holder(folder)) for folder in folders], now)
        for folder in folders:
            sign_root(path, holder_pair(folder))
        return path

    def renew_root(self, holders: Sequence[PublicPair], change: Sequence[str], now: int) -> Path:
        """Writes the next root, with these holders and new keys for the online roles in ``change``.

        Nothing counts before ``publish`` finds it signed by enough holders of both the old root and the new one.
        """
        repository.check_holders(holders)
        before = self._signed_roots()[-1][1]
        home = _home(self.folder)
        pairs = {role: _new_pair(home, self._next_key_file(role)) for role in change}
        online = {role: pairs.get(role) or self._pair(role) for role in roles.ONLINE}
        return self._put_root(repository.next_root(before, holders, _public(online), now))

    def _put_root(self, root: Metadata[Root]) -> Path:
        path = self.folder / f"{root.signed.version}.root.json"
        path.write_bytes(root.to_bytes())
        return path

    def _roots(self) -> list[Path]:
        found = self.folder.glob("*.root.json")
        return sorted(found, key=lambda path: int(path.name.partition(".")[0]))

    def waiting(self) -> Path | None:
        """The next root, while too few holders have signed it."""
        return next(iter(self._roots()[len(self._signed_roots()) :]), None)

    def _signed_roots(self) -> list[tuple[Path, Metadata[Root]]]:
        """Every root that enough holders of it and of the one before have signed; the first must be.

        Raises DirectoryRefused.
        """
        found: list[tuple[Path, Metadata[Root]]] = []
        for path in self._roots():
            root = read_root(path)
            try:
                repository.check_root(root, found[-1][1] if found else None)
            except DirectoryRefused:
                # Holders may take days to sign the next one: the directory goes on meanwhile.
                if not found:
                    raise
                break
            found.append((path, root))
        if not found:
            raise DirectoryRefused("no_directory")
        return found

    def _publish_roots(self) -> None:
        for path, _ in self._signed_roots():
            _write(self._metadata / path.name, path.read_bytes())

    # --- keys -----------------------------------------------------------------------------------------------

    def _key_file(self, role: str) -> Path:
        return self.folder / f"{role}.keys"

    def _next_key_file(self, role: str) -> Path:
        return self.folder / f"{role}.next.keys"

    def _pair(self, role: str) -> SigningPair:
        return _home(self.folder).keys(self._key_file(role)).signing[-1]

    def _online(self) -> dict[str, SigningPair]:
        """The pairs that the newest root names; new ones take their place when that root is published."""
        wanted = self._signed_roots()[-1][1].signed
        for role in roles.ONLINE:
            renewed = self._next_key_file(role)
            if renewed.exists():
                pair = _home(self.folder).keys(renewed).signing[-1]
                if {key.keyid for key in roles.public_keys(pair.public)} == set(wanted.roles[role].keyids):
                    renewed.replace(self._key_file(role))
        return {role: self._pair(role) for role in roles.ONLINE}

    # --- entries --------------------------------------------------------------------------------------------

    def entries(self) -> dict[str, Entry]:
        """The draft. Raises DirectoryRefused."""
        return read_entries(_files(self.folder / "entries"))

    def add(self, said: Json, now: int, *, voucher: str = "", recovery: str = "") -> str:
        """Takes the document of an organisation or gateway into the draft; returns the name of its entry.

        An organisation's comes with a step that its former keys signed; ``recovery`` is the reason why it does not.
        Raises DirectoryRefused.
        """
        document = said.get("document", said)
        kind, who = ("orgs", "org") if "org" in document else ("gateways", "gateway")
        name = f"{kind}/{str(document.get(who)).rpartition(':')[2]}.json"
        check_document(name, document)
        draft = self.entries().get(name) or Entry(name, document)
        known = self._published_entries().get(name)
        entry = replace(draft, document=document, steps=(), replaced=None)
        if kind == "gateways" and known is not None:
            entry = replace(entry, document=_next_version(document, known.document))
        if kind == "orgs":
            entry = _stepped(entry, known, said.get("step"), recovery, now)
        if voucher:
            entry = replace(entry, voucher=_voucher(voucher, name))
        self._put(entry)
        return name

    def vouch(self, name: str, voucher: str) -> None:
        """Takes a voucher for somebody who is in the draft. Raises DirectoryRefused."""
        self._put(replace(self._entry(name), voucher=_voucher(voucher, name)))

    def suspend(self, name: str, reason: str, now: int) -> None:
        """Suspends an organisation or gateway; an empty reason lifts it. Raises DirectoryRefused."""
        self._put(replace(self._entry(name), suspended=Suspended(now, reason) if reason else None))

    def _entry(self, name: str) -> Entry:
        found = self.entries().get(name)
        if found is None:
            raise DirectoryRefused("unknown")
        return found

    def _put(self, entry: Entry) -> None:
        data = entry.to_bytes()
        Entry.parse(entry.name, data)
        _write(self.folder / "entries" / entry.name, data)

    # --- publishing -----------------------------------------------------------------------------------------

    def publish(self, now: int) -> Published:
        """Signs the draft and puts it out. Raises DirectoryRefused, and then nothing has changed."""
        before = self._published()
        known = self._published_entries()
        entries = {name: _restamped(entry, known.get(name), now) for name, entry in self.entries().items()}
        _check(known, entries, now)
        self._publish_roots()
        files = {name: entry.to_bytes() for name, entry in entries.items()}
        done = repository.publish(before, files, self._online(), now)
        for entry in entries.values():
            self._put(entry)
        self._write(done, files)
        return done

    def _write(self, done: Published, files: Mapping[str, bytes]) -> None:
        """Files first and the timestamp last: a reader at any moment finds everything that it leads to."""
        for name, target in done.targets.signed.targets.items():
            folder, _, base = name.rpartition("/")
            path = self.public / "targets" / folder / f"{target.hashes['sha256']}.{base}"
            if not path.exists():
                _write(path, files[name])
        _write(self._metadata / f"{done.targets.signed.version}.targets.json", done.targets.to_bytes())
        _write(self._metadata / f"{done.snapshot.signed.version}.snapshot.json", done.snapshot.to_bytes())
        _write(self._metadata / "timestamp.json", done.timestamp.to_bytes())

    def _published(self) -> Published | None:
        path = self._metadata / "timestamp.json"
        if not path.exists():
            return None
        timestamp = repository.read(Timestamp, path.read_bytes())
        version = timestamp.signed.snapshot_meta.version
        snapshot = repository.read(Snapshot, (self._metadata / f"{version}.snapshot.json").read_bytes())
        version = snapshot.signed.meta["targets.json"].version
        targets = repository.read(Targets, (self._metadata / f"{version}.targets.json").read_bytes())
        return Published(targets, snapshot, timestamp)

    def _published_entries(self) -> dict[str, Entry]:
        before = self._published()
        if before is None:
            return {}
        base = self.public / "targets"
        found = {
            name: base / target.get_prefixed_paths()[0]
            for name, target in before.targets.signed.targets.items()
        }
        return read_entries({name: path.read_bytes() for name, path in found.items()})


def _next_version(document: Json, known: Json) -> Json:
    """A gateway's document with the version that it needs: nobody but the keeper counts these."""
    changed = {**document, "ver": known["ver"]} != known
    return {**document, "ver": known["ver"] + changed}


def _stepped(entry: Entry, known: Entry | None, step: object, recovery: str, now: int) -> Entry:
    """The entry with the step to its document after those before it. Raises DirectoryRefused."""
    if known is not None and known.document == entry.document and not recovery:
        return replace(entry, steps=known.steps, replaced=known.replaced)
    base = None if known is None else known.base(now)
    if known is not None and entry.document["ver"] <= known.document["ver"]:
        raise DirectoryRefused("listed_already", entry.name)
    before = (
        () if known is None or base is None else tuple(s for s in known.steps if s.version <= base["ver"])
    )
    if recovery and base is not None:
        last = Step.of(entry.document, now + RECOVERY_DELAY_S, recovery)
        return replace(entry, steps=shortened((*before, last)), replaced=base)
    try:
        signed = read_step(step, entry.document["org"], finder(entry.document, base))
    except SigningError as problem:
        raise DirectoryRefused.of(problem, entry.name) from None
    except DirectoryRefused:
        raise DirectoryRefused("continuity_missing", entry.name) from None
    if not signed.signers <= signing_kids(base or entry.document):
        raise DirectoryRefused("continuity_missing", entry.name)
    return replace(entry, steps=shortened((*before, signed)))


def _restamped(entry: Entry, known: Entry | None, now: int) -> Entry:
    """A recovery counts 72 hours after everybody can see it, not after it was written down."""
    if not entry.steps or not entry.steps[-1].recovery or (known and known.document == entry.document):
        return entry
    return replace(entry, steps=(*entry.steps[:-1], replace(entry.steps[-1], at=now + RECOVERY_DELAY_S)))


def _check(known: Mapping[str, Entry], entries: Mapping[str, Entry], now: int) -> None:
    """Whether every gateway will take these entries, and nobody new comes without a voucher that holds."""
    check_all(known, entries, now, now)
    resolved = resolve(entries, now)
    resolved.directory(Times(1, now, now + 1, now))
    for note in resolved.notes:
        if note.code in ("voucher_missing", "voucher_invalid") and entries[note.name] != known.get(note.name):
            raise DirectoryRefused(note.code, note.name)


def _voucher(text: str, name: str) -> Voucher:
    try:
        return read_voucher(text.strip())
    except SigningError as problem:
        raise DirectoryRefused.of(problem, name) from None


def _home(folder: Path) -> Home:
    return Home(Settings(home=folder, gateway="urn:ltp:gw:directory"))


def _new_pair(home: Home, path: Path) -> SigningPair:
    """A new pair, kept in an encrypted file under the folder's own master key."""
    if not home.settings.path(home.settings.master_key).exists():
        home.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.make_master()
    pair = SigningPair.generate()
    home.write_keys(path, KeySet(signing=(pair,)))
    return pair


def _public(pairs: Mapping[str, SigningPair]) -> dict[str, PublicPair]:
    return {role: pair.public for role, pair in pairs.items()}


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.glob("*/*.json"))
    }


def _write(path: Path, data: bytes) -> None:
    """Writes a file, whole or not at all: it may be read while it changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
