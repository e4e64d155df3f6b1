"""What the gateway's use cases work with, made in one place (``gateway.bootstrap``) and handed in."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.attachments.carrier import Carrier
from gateway.attachments.kept import Files
from gateway.cabinet import Cabinet
from gateway.hop import HopSigner
from gateway.log.running import GatewayLog
from gateway.peers import Peers
from gateway.store import Store
from gateway.store.records import Kept
from gateway.vault import Vault
from signing import Directory


class DirectorySource(Protocol):
    """Where the directory to go by comes from, and how fresh it is."""

    def current(self) -> Directory:
        """The directory to verify with now; it knows itself until when it may be sent on.

        Raises signing.DirectoryError when none was ever accepted.
        """

    def refresh(self) -> bool:
        """Looks for a newer one now; says whether what is published was taken."""

    def state(self) -> Mapping[str, Any]:
        """How fresh it is, and what people should see beside it."""


class Courier(Protocol):
    """Whoever delivers what the store keeps."""

    def send_off(self, keep: Callable[[int], Kept], most: int) -> bool:
        """Runs a write that queues up to ``most`` deliveries, sees to them, and says whether it was new.

        ``keep`` is told how many of them it may lease to workers that are free at this moment.
        """


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, as a parameter."""

    now: Callable[[], float] = time.time

    @property
    def seconds(self) -> int:
        """Whole seconds since 1970, the wire's unit."""
        return int(self.now())

    @property
    def ms(self) -> int:
        """Milliseconds since 1970, the store's unit."""
        return int(self.now() * 1000)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything with a life of its own that a gateway process has."""

    gateway: str
    store: Store
    vault: Vault
    cabinet: Cabinet
    files: Files
    directory: DirectorySource
    signer: HopSigner = field(repr=False)
    peers: Peers
    carrier: Carrier
    courier: Courier
    clock: Clock = field(default_factory=Clock)
    #: None where no keys for a log were made.
    log: GatewayLog | None = None
