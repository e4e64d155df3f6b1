"""Every rule about the states of a bundle, without I/O.

A bundle that we send goes ``queued`` (waiting for its turn, or for a reason that is shown) → ``delivering``
(an attempt is on the way) → ``sent`` (the other gateway holds it) → ``delivered`` → ``opened`` → ``accepted``
or ``rejected``. The last four come only from a receipt that the receiving organisation signed; nothing else
moves a bundle there. ``expired`` ends one that nobody collected before the transfer's deadline.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a bundle is, as its sender (``out``) or its receiver (``in``, from ``delivered`` on) sees it."""

    QUEUED = "queued"
    DELIVERING = "delivering"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


#: How far along the way a state is. A receipt never moves a bundle backwards: they may arrive in any order.
_RANK = {
    State.QUEUED: 0,
    State.DELIVERING: 0,
    State.SENT: 1,
    State.EXPIRED: 2,
    State.DELIVERED: 3,
    State.OPENED: 4,
    State.REJECTED: 5,
    State.ACCEPTED: 5,
}

#: The states that only a verified receipt can bring.
RECEIPTED = frozenset({State.DELIVERED, State.OPENED, State.ACCEPTED, State.REJECTED})

#: Nothing more is sent for a bundle in one of these.
SETTLED = RECEIPTED | {State.EXPIRED}


def after_receipt(state: State, status: State) -> State:
    """The state after a verified receipt with ``status``; a late or repeated one changes nothing."""
    return status if _RANK[status] > _RANK[state] else state


def may_issue(state: State, status: State) -> bool:
    """May the receiver, whose bundle is in ``state``, still issue a receipt with ``status``?"""
    return _RANK[status] > _RANK[state]


@dataclass(frozen=True, slots=True)
class Backoff:
    """When to try again: doubling from ``first_ms`` up to ``most_ms``, each shortened by up to a quarter.

    The first retry comes within half a second; a partner that is down for a weekend is asked every ten minutes.
    """

    first_ms: int = 400
    most_ms: int = 600_000

    def delay(self, attempts: int, jitter: float) -> int:
        """Milliseconds until the next attempt after ``attempts`` failures; ``jitter`` is in [0, 1)."""
        whole = min(self.first_ms * 2 ** min(attempts - 1, 20), self.most_ms)
        return int(whole * (1 - jitter / 4))


#: How long a transfer is tried for when its sender names no deadline: schools close for six weeks.
DEFAULT_DEADLINE_DAYS = 60

#: Life of one sealed message; a bundle that waits longer is sealed again.
MESSAGE_LIFE_S = 7 * 86_400

#: A message with less left than this is sealed again before it is sent.
RESEAL_BEFORE_S = 3_600

#: How long an attempt may hold a delivery before another worker may take it; more than the HTTP timeout.
LEASE_MS = 30_000
