"""Witnesses at work: answering other gateways' logs, and asking other gateways about our own."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway.log.book import Book
from signing import Directory
from signing.log.checkpoint import Policy, Verified
from signing.log.errors import LogError
from signing.log.keys import Identity
from signing.log.witness import Request, Witness, request_body

#: Hands a request to one witness and gives its lines. Raises LogError `stale` with the size that it has seen, and
#: WitnessAway when there is no answer.
Ask = Callable[[bytes], bytes]


class WitnessAway(RuntimeError):
    """A witness does not answer, or not as a witness does; the checkpoint goes on without it."""


@dataclass(frozen=True, slots=True)
class WitnessService:
    """The witness of this gateway, with what it remembers in ``book``'s database.

    It watches the logs of ``witness``, or where ``listed`` is given those that this names at the moment.
    """

    witness: Witness = field(repr=False)
    book: Book
    listed: Callable[[], Mapping[str, Identity]] | None = None

    def cosign(self, body: bytes, now: int) -> bytes:
        """The signature lines on the checkpoint in a request, on the disk before they leave. Raises LogError."""
        request = Request.parse(body)
        with self.book.read() as read:
            seen = read.seen(request.checkpoint.origin)
        witness = self.witness if self.listed is None else replace(self.witness, logs=self.listed())
        answer = witness.cosign(request, seen, now)
        self.book.keep_seen(answer)
        return answer.lines


def logs_of(directory: Directory) -> dict[str, Identity]:
    """The logs of all active gateways, by origin; one that two gateways claim is nobody's."""
    logs = [one.log for one in directory.gateways.values() if one.active and one.log is not None]
    claimed = Counter(log.name for log in logs)
    return {log.name: log for log in logs if claimed[log.name] == 1}


def collect(book: Book, asks: list[Ask], policy: Policy, now: int) -> Verified:
    """Our newest checkpoint with the signatures of all witnesses that answer rightly. Raises LogError.

    A witness that has seen another log than ours says `split_view`: that is raised, and somebody has to look.
    """
    signed = book.sign(now)
    for ask in asks:
        try:
            lines = _asked(book, ask, signed)
        except WitnessAway:
            continue
        signed = book.witnessed(signed, lines, policy, now)
    return signed


def _asked(book: Book, ask: Ask, signed: Verified) -> bytes:
    """The answer to a request from nothing, or else from the size that the witness says it has seen."""
    try:
        return ask(request_body(0, [], signed.note))
    except LogError as refused:
        if refused.code != "stale" or refused.where is None:
            raise
        size = refused.where
    if size > signed.head.size:
        # It has seen more of this log than there is here: entries were lost, or there are two of it.
        raise LogError("split_view", size)
    with book.read() as read:
        proof = read.consistency(size, signed.head.size)
    return ask(request_body(size, proof, signed.note))
