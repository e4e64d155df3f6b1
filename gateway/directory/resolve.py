"""What all entries together say at one moment: the documents that count, and what people are to be shown beside them.

A fault in one organisation's continuity refuses everything, because only a broken or hostile keeper publishes it.
A voucher that is missing or does not hold concerns one organisation: it does not count, and everybody sees why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from gateway.directory.entry import Entry, check_change, check_name, check_new
from gateway.directory.errors import DirectoryRefused
from gateway.directory.vouching import GRACE_S, check, is_registered
from signing import Directory, DirectoryError, SigningError
from signing.directory import Times

Json = dict[str, Any]

#: What each note says, in words; ``until`` and ``by`` are filled in where there are any.
NOTES: Final = {
    "recovery_pending": "new keys without a signature of the old ones; they count from {until}",
    "suspended": "suspended by the keeper since {since}",
    "voucher_suspended": "{by}, which vouches for it, is suspended or closed: it counts until {until}",
    "voucher_over": "{by}, which vouched for it, is suspended or closed since {since}: it does not count",
    "voucher_missing": "it has no identifier and nobody vouches for it: it does not count",
    "voucher_invalid": "its voucher does not hold: it does not count",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that people should see about an entry; times are epoch seconds."""

    name: str
    code: str
    since: int = 0
    until: int = 0
    by: str = ""

    @property
    def urn(self) -> str:
        """Whom it is about, by the name on the wire."""
        kind, _, file = self.name.partition("/")
        return f"urn:ltp:{'org' if kind == 'orgs' else 'gw'}:{file.removesuffix('.json')}"

    @property
    def sentence(self) -> str:
        """The note in words."""
        return NOTES[self.code].format(by=self.by, since=_day(self.since), until=_day(self.until))


@dataclass(frozen=True, slots=True)
class Resolved:
    """The documents that count, by token, and the notes."""

    organisations: Mapping[str, Json] = field(repr=False)
    gateways: Mapping[str, Json] = field(repr=False)
    notes: tuple[Note, ...] = ()

    def directory(self, times: Times) -> Directory:
        """The directory that they make. Raises DirectoryRefused."""
        try:
            return Directory.of(self.organisations, self.gateways, times)
        except DirectoryError as problem:
            raise DirectoryRefused.of(problem, problem.where) from None


def entry_name(urn: str) -> str:
    """The name of the entry about an organisation or gateway. Raises DirectoryRefused."""
    for prefix, kind in (("urn:ltp:org:", "orgs"), ("urn:ltp:gw:", "gateways")):
        if urn.startswith(prefix):
            name = f"{kind}/{urn.removeprefix(prefix)}.json"
            check_name(name)
            return name
    raise DirectoryRefused("unknown")


def read_entries(files: Mapping[str, bytes]) -> dict[str, Entry]:
    """The entries in target files, names first. Raises DirectoryRefused."""
    for name in files:
        try:
            check_name(name)
        except DirectoryRefused:
            # The name itself may be meant to do harm where it is shown: it is not repeated.
            raise DirectoryRefused("bad_name") from None
    return {name: Entry.parse(name, data) for name, data in files.items()}


def check_all(old: Mapping[str, Entry], new: Mapping[str, Entry], now: int, since: int) -> None:
    """Whether ``new`` may take the place of ``old``, which was verified at ``since``. Raises DirectoryRefused."""
    for name in old:
        if name not in new:
            raise DirectoryRefused("removed", name)
    for name, entry in new.items():
        check_new(entry, now)
        if name in old:
            check_change(old[name], entry, now, since)


def resolve(entries: Mapping[str, Entry], now: int) -> Resolved:
    """What counts at ``now``."""
    orgs = {entry.token: entry for entry in entries.values() if entry.is_organisation}
    gateways = {entry.token: entry.in_force(now) for entry in entries.values() if not entry.is_organisation}
    documents: dict[str, Json] = {}
    notes: list[Note] = []
    for token, entry in orgs.items():
        documents[token], found = _resolved(entry, orgs, now)
        notes += found
    for entry in entries.values():
        notes += _own_notes(entry, now)
    return Resolved(documents, gateways, tuple(sorted(notes, key=lambda note: (note.name, note.code))))


def _own_notes(entry: Entry, now: int) -> Iterator[Note]:
    if entry.pending(now):
        yield Note(entry.name, "recovery_pending", until=entry.effective)
    if entry.suspended is not None:
        yield Note(entry.name, "suspended", since=entry.suspended.at)


def _resolved(entry: Entry, orgs: Mapping[str, Entry], now: int) -> tuple[Json, list[Note]]:
    """An organisation's document with what its voucher does to it."""
    document = entry.in_force(now)
    if entry.voucher is None:
        if is_registered(document):
            return document, []
        return {**document, "status": "suspended"}, [Note(entry.name, "voucher_missing")]
    by = orgs.get(entry.voucher.by.rpartition(":")[2])
    try:
        check(entry.voucher, document, None if by is None else by.base(now))
    except (DirectoryRefused, SigningError):
        if is_registered(document):
            return document, []
        return {**document, "status": "suspended"}, [Note(entry.name, "voucher_invalid", by=entry.voucher.by)]
    assert by is not None  # noqa: S101 - check refuses a voucher of nobody
    said = {"organisation": entry.voucher.by, "on": _day(entry.voucher.at)}
    return _in_grace({**document, "vouchedBy": said}, entry, by, now)


def _in_grace(document: Json, entry: Entry, by: Entry, now: int) -> tuple[Json, list[Note]]:
    """The document, while whoever vouched counts or did until recently."""
    if by.in_force(now)["status"] == "active" or is_registered(document):
        return document, []
    since = by.suspended.at if by.suspended is not None else by.steps[-1].at
    note = Note(entry.name, "voucher_suspended", since, since + GRACE_S, by.base(now)["org"])
    if now < note.until:
        return document, [note]
    over = Note(entry.name, "voucher_over", since, by=note.by)
    return {**document, "status": "suspended"}, [over]


def _day(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
