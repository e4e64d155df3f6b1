"""The end of the demonstration: one receipt, proved to be in a public log that two others have signed as well."""

import time
from dataclasses import dataclass

from gateway.demo.network import Node
from gateway.files import Home
from gateway.log.archive import unpack
from gateway.log.book import Book
from gateway.log.keys import open_book
from gateway.log.receipts import Wanted, evidence
from gateway.log.running import witnessed_policy
from gateway.settings import Settings
from signing.log.checkpoint import Unverified, Verified, verify
from signing.log.errors import LogError
from signing.log.evidence import ReceiptEvidence, verify_receipt
from signing.log.proof import Proof


@dataclass(frozen=True, slots=True)
class Proved:
    """A receipt whose evidence holds."""

    status: str
    signed_by: str
    entry: int
    size: int
    witnesses: int


def fully_signed(node: Node) -> bool:
    """Whether a gateway's log, as far as it goes, is signed by the gateway and by all its witnesses."""
    home = _home(node)
    book = open_book(home)
    try:
        with book.read() as read:
            size, note = read.head().size, read.checkpoint()
        return note is not None and _witnessed(home, book, note).head.size == size
    except LogError:
        return False
    finally:
        book.close()


def prove(node: Node, bundle_id: str) -> Proved:
    """Makes the evidence of a receipt from a gateway's files, and checks it as a stranger would, from the root."""
    home = _home(node)
    book = open_book(home)
    try:
        made = evidence(home, book, Wanted(node.party.organisation, bundle_id, "accepted"))
        file = ReceiptEvidence.parse(made.file())
        directory = unpack(file.directory, home.settings.path(home.settings.directory_root).read_bytes())
        proof = verify_receipt(file, directory, int(time.time()))
        witnessed = _witnessed(home, book, Proof.parse(file.proof).note)
    finally:
        book.close()
    place, head = proof.included.index, witnessed.head
    return Proved(proof.status, proof.receipt.iss, place, head.size, len(witnessed.witnesses))


def _witnessed(home: Home, book: Book, note: bytes) -> Verified:
    quorum = len(home.settings.log_witnesses)
    policy = witnessed_policy(home.settings, book, quorum)
    return verify(Unverified.parse(note), policy, int(time.time()))


def _home(node: Node) -> Home:
    """The home as the gateway itself reads it."""
    return Home(Settings(home=node.settings.home))
