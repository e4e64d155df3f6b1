"""What the gateway's use cases work with, made in one place (``gateway.bootstrap``) and handed in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from gateway.cabinet import Cabinet
from gateway.hop import HopSigner
from gateway.peers import Peers
from gateway.store import Store
from gateway.vault import Vault
from signing import Directory


class DirectorySource(Protocol):
    """Where the current directory comes from; a file today."""

    def current(self) -> Directory:
        """The directory to trust now. Raises signing.DirectoryError when there is none that verifies."""


class Bell(Protocol):
    """Wakes whoever delivers: something new is due."""

    def ring(self) -> None:
        """Returns at once."""


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
    directory: DirectorySource
    signer: HopSigner = field(repr=False)
    peers: Peers
    bell: Bell
    clock: Clock = field(default_factory=Clock)
