"""The log of a running gateway: signed on a schedule, shown to witnesses, and watching the logs of others."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.exchange import Exchanges
from gateway.files import Home, HomeError
from gateway.hop import HopSigner
from gateway.log.ask import http_witness
from gateway.log.book import Book
from gateway.log.keys import book_on, has_log, witness_of
from gateway.log.timer import Timer
from gateway.log.witnessing import Ask, WitnessAway, WitnessService, collect, logs_of
from gateway.settings import Settings
from gateway.store import Store
from signing import Directory, DirectoryError
from signing.log.checkpoint import Policy, Verified
from signing.log.errors import LogError
from signing.log.keys import Identity


@dataclass(frozen=True, slots=True)
class Calls:
    """What it takes to call another gateway."""

    directory: Callable[[], Directory]
    signer: HopSigner
    exchanges: Exchanges
    now: Callable[[], int]

    def witness(self, gateway: str) -> Ask:
        """The witness of a gateway, at the address that it has in the directory when it is asked."""

        def ask(body: bytes) -> bytes:
            try:
                url = self.directory().gateway(gateway).url
            except DirectoryError:
                url = None
            if url is None:
                raise WitnessAway
            return http_witness(url, self.signer, self.exchanges, self.now)(body)

        return ask


@dataclass(frozen=True, slots=True)
class GatewayLog:
    """A gateway's log with everything that runs over it."""

    book: Book
    witness: WitnessService
    timer: Timer


def open_log(home: Home, store: Store, calls: Calls) -> GatewayLog | None:
    """The log of this gateway, in its store's database; None when it has none. Raises HomeError."""
    if not has_log(home):
        return None
    book = book_on(home, store.reads, store.writer)
    policy = witnessed_policy(home.settings, book)
    asks = [calls.witness(one.gateway) for one in home.settings.log_witnesses]

    def sign() -> Verified:
        return collect(book, asks, policy, calls.now())

    service = WitnessService(witness_of(home, {}), book, lambda: logs_of(calls.directory()))
    return GatewayLog(book, service, Timer(sign, home.settings.log_sign_s))


def witnessed_policy(settings: Settings, book: Book, quorum: int = 0) -> Policy:
    """Trust in a gateway's own log and in the witnesses that its settings name. Raises HomeError."""
    try:
        witnesses = [Identity.from_vkeys("witness", one.keys) for one in settings.log_witnesses]
        return Policy(book.policy.log, tuple(witnesses), quorum)
    except LogError:
        raise HomeError(
            "The setting log_witnesses has a key that is not a witness's, or one witness twice: "
            "copy the keys that ltp log init printed there."
        ) from None
