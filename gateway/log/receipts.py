"""Putting together the evidence of a receipt that this gateway holds, as a file for whoever has to decide."""

from dataclasses import dataclass

from gateway.contents import archived, kept
from gateway.directory.source import TRUST, open_client
from gateway.files import Home, HomeError
from gateway.log.archive import pack
from gateway.log.book import Book
from gateway.sealing import JWS
from gateway.store import Store
from gateway.vault import Vault
from signing.log.checkpoint import Unverified
from signing.log.evidence import ReceiptEvidence


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which receipt: of which of our bundles, and which of its states."""

    organisation: str
    bundle_id: str
    status: str
    #: Without the message the file holds nothing about a child, and proves the digest only.
    with_message: bool = True


def evidence(home: Home, book: Book, wanted: Wanted) -> ReceiptEvidence:
    """The evidence of a receipt. Raises HomeError when the receipt is not here, or not in a signed log yet."""
    store, vault = Store(home.store), Vault(home.vault, home.vault_key())
    try:
        receipt, message = _texts(store, vault, wanted)
    finally:
        store.close()
        vault.close()
    with book.read() as reading:
        places = reading.find(archived(receipt).content_sha256)
        note = reading.checkpoint()
        if not places:
            raise HomeError("This receipt is not in the log of this gateway.")
        if note is None or Unverified.parse(note).head.size <= places[0]:
            raise HomeError("The log was not signed since this receipt came: run ltp log checkpoint.")
        entry = reading.entries(places[0], places[0] + 1)[0]
    return ReceiptEvidence(
        receipt=receipt,
        directory=_directory(home),
        entry=entry,
        proof=book.prove(places[0]).text(),
        message=message if wanted.with_message else None,
    )


def _directory(home: Home) -> bytes:
    """The directory that this gateway goes by, with everything that vouches for it. Raises HomeError."""
    known = open_client(home.settings).load()
    if known is None:
        raise HomeError("This gateway has not taken a directory yet.")
    history = home.settings.path(TRUST) / "tuf" / "root_history"
    return pack(known.accepted, [path.read_bytes() for path in history.glob("*.root.json")])


def _texts(store: Store, vault: Vault, wanted: Wanted) -> tuple[bytes, bytes | None]:
    """The signed texts of the receipt and of the message that it answers, as far as they are kept."""
    mine = ("out", wanted.organisation, wanted.bundle_id)
    for bundle in store.rows("bundle"):
        if (bundle.direction, bundle.org, bundle.bundle_id) == mine:
            break
    else:
        raise HomeError("No such bundle was sent from here.")
    found = [
        row for row in store.rows("receipt") if (row.bundle_row, row.status) == (bundle.id, wanted.status)
    ]
    if not found:
        raise HomeError("There is no such receipt for this bundle.")
    receipt = kept(vault, store.content(found[0].content_id))
    digest = archived(receipt).body["content_sha256"]
    sealed = [row for row in store.rows("sealed") if row.content_sha256 == digest]
    contents = [store.content(row.content_id) for row in sealed]
    return receipt, next((kept(vault, one) for one in contents if one.form == JWS), None)
