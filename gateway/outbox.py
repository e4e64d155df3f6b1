"""Delivering what is fresh and what is due: workers that seal where needed, hand over, and write down how it ended.

What is fresh is leased by the commit that keeps it, when a worker is free; everything else is claimed in its turn.

Delivery is at least once, receiving is exactly once (the receiver knows ``jti`` and ``bundleId``). A worker
may be killed at any point: what it had claimed becomes due again when its lease ends, and at start-up the
leases of a former process are given back at once.
"""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import orjson
import structlog

from gateway.contents import body_of
from gateway.peers import DeliveryFailed, Expected
from gateway.problems import GatewayError
from gateway.receive import outside, receive
from gateway.sealing import CannotSeal, Letter, recipient_keys, sealed_letter
from gateway.services import Services
from gateway.store.records import Attempt, Due, Kept, SealedAgain
from gateway.transfer import LEASE_MS, RESEAL_BEFORE_S, Backoff, State
from signing import DirectoryError, UnsealError

_log = structlog.get_logger("outbox")

#: Even with nothing known to be due the store is looked at again after this time.
_IDLE_S = 5.0

#: Never look again sooner than this.
_SHORTEST_S = 0.005


class Outbox:
    """The delivery workers of one gateway process."""

    def __init__(self, services: Services, workers: int, backoff: Backoff | None = None) -> None:
        self._services = services
        self._backoff = backoff or Backoff()
        self._wake = threading.Event()
        self._running = False
        #: Whether something is due that no worker has: it goes before what is fresh.
        self._behind = False
        self._free = threading.Semaphore(workers)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="deliver")
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Starts delivering; leases that a killed process left behind are due at once."""
        self._services.store.release_leases(self._services.clock.ms)
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Lets the attempts under way end, and starts no more."""
        self._running = False
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True)

    def send_off(self, keep: Callable[[int], Kept], most: int) -> bool:
        """Runs a write that queues up to ``most`` deliveries, sees to them, and says whether it was new.

        Those for which a worker is free are leased by the very commit that keeps them: nobody has to look for them
        and claim them in another one. The rest is due at once, in its turn.
        """
        places = self._reserve(most)
        leased: Sequence[Due] = ()
        try:
            kept = keep(places)
            leased = kept.leased
        finally:
            for _ in range(places - len(leased)):
                self._free.release()
        for due in leased:
            self._give(due)
        if len(leased) < most:
            self._wake.set()
        return kept.fresh

    def _reserve(self, wanted: int) -> int:
        if not self._running or self._behind:
            return 0
        return sum(self._free.acquire(blocking=False) for _ in range(wanted))

    def _give(self, due: Due) -> None:
        try:
            self._pool.submit(self._work, due)
        except RuntimeError:
            # The workers have ended meanwhile: the next start takes the lease back.
            self._free.release()

    def _run(self) -> None:
        while self._running:
            self._wake.clear()
            try:
                pause = self._hand_out()
            except Exception as problem:  # noqa: BLE001 - a database that is away must not end deliveries
                _log.error("outbox.failed", error=type(problem).__name__)
                pause = _IDLE_S
            self._wake.wait(pause)

    def _hand_out(self) -> float:
        """Gives what is due to free workers; says how long nothing more will be, in seconds."""
        while self._running:
            # Asking first keeps the writer free: most of the time nothing is due.
            pause = self._pause_s()
            self._behind = pause <= 0
            if not self._behind:
                return max(pause, _SHORTEST_S)
            self._free.acquire()
            claimed: list[Due] = []
            try:
                claimed = self._services.store.claim(self._services.clock.ms, 1, LEASE_MS)
            finally:
                if not claimed:
                    self._free.release()
            for due in claimed:
                self._give(due)
        return 0

    def _work(self, due: Due) -> None:
        try:
            self.deliver(due)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is tried again
            _log.error("delivery.failed", error=type(problem).__name__)
            # If even this cannot be written down, the lease ends.
            with suppress(Exception):
                self._try_later(due, "gateway-fault")
        finally:
            self._free.release()

    def _pause_s(self) -> float:
        due_ms = self._services.store.next_due_ms()
        if due_ms is None:
            return _IDLE_S
        return min((due_ms - self._services.clock.ms) / 1000, _IDLE_S)

    def deliver(self, due: Due) -> None:
        """One attempt, from a claimed delivery to its outcome in the store."""
        services = self._services
        if due.deadline_ms <= services.clock.ms:
            self._ended(due, State.EXPIRED, "nobody-collected-it", None)
            return
        try:
            due = self._with_envelope(due)
            self._hand_over(due)
        except (CannotSeal, DeliveryFailed) as failed:
            self._try_later(due, failed.reason)
            return
        # A receipt is done when it is held; a bundle waits for its receipt and is sealed again before `exp`.
        reseal_ms = (due.exp - RESEAL_BEFORE_S) * 1000
        again = None if due.mt == "receipt" else min(reseal_ms, due.deadline_ms)
        self._ended(due, State.SENT, "", again)

    def _try_later(self, due: Due, reason: str) -> None:
        delay = self._backoff.delay(due.attempts, random.random())  # noqa: S311 - jitter is no secret
        self._ended(due, State.QUEUED, reason, min(self._services.clock.ms + delay, due.deadline_ms))

    def _ended(self, due: Due, state: State, reason: str, due_ms: int | None) -> None:
        outcome = Attempt(
            outgoing_id=due.outgoing_id,
            bundle_row=due.bundle_row,
            mt=due.mt,
            attempts=due.attempts,
            state=state,
            reason=reason,
            due_ms=due_ms,
            now_ms=self._services.clock.ms,
        )
        self._services.store.attempted(outcome)
        if due_ms is not None and due_ms < outcome.now_ms + _IDLE_S * 1000:
            # Before the store is looked at anyway.
            self._wake.set()

    def _with_envelope(self, due: Due) -> Due:
        """The delivery with an envelope that lives long enough: sealed afresh, and kept, where it must be."""
        services = self._services
        lives = due.envelope is not None and due.exp > services.clock.seconds + RESEAL_BEFORE_S
        if lives and due.reason not in _SIGN_AGAIN and not (due.attempts > 1 and self._keys_changed(due)):
            return due
        body = body_of(services.vault, due.content)
        key = services.vault.key(due.content.key_id)
        _, envelope = sealed_letter(services, Letter(due.iss, due.aud, due.mt, body, due.minimum_class), key)
        answer = (body["status"], body["content_sha256"]) if due.mt == "receipt" else None
        services.store.sealed_again(SealedAgain(due.outgoing_id, envelope, services.clock.ms, answer))
        return replace(
            due, envelope=envelope.envelope, envelope_sha256=envelope.envelope_sha256, exp=envelope.exp
        )

    def _keys_changed(self, due: Due) -> bool:
        """Whether a message that is tried again is sealed to other keys than the recipient has by now.

        Somebody who lost keys, or whose keys were rotated away while their gateway was down, could not open it.
        """
        now = {key.kid for key in recipient_keys(self._services, due.aud)}
        entries = orjson.loads(due.envelope or b"{}").get("recipients", [])
        return {entry["header"]["kid"] for entry in entries} != now

    def _hand_over(self, due: Due) -> None:
        assert due.envelope is not None  # noqa: S101 - _with_envelope gave it one
        services = self._services
        try:
            directory = services.directory.current()
            directory.check_fresh(services.clock.seconds)
            if services.cabinet.serves(due.aud.partition("/")[0]):
                self._next_door(due.envelope)
                return
            route = directory.route(due.aud)
        except DirectoryError as problem:
            raise DeliveryFailed(_NO_WAY.get(problem.code, "directory-unusable")) from None
        services.peers.deliver(
            route.gateway, due.envelope, Expected(due.envelope_sha256, directory, services.clock.seconds)
        )

    def _next_door(self, envelope: bytes) -> None:
        """Organisations on one host take the same way, without the network."""
        try:
            receive(self._services, envelope, outside(self._services, envelope, None))
        except (GatewayError, UnsealError) as refused:
            raise DeliveryFailed(f"refused:{refused.code}") from None


#: Refused because the pair that signed it was revoked meanwhile: its successor signs the same bundle.
_SIGN_AGAIN = frozenset({"refused:message.key_revoked", "refused:key_revoked"})

_NO_WAY = {
    "unknown_organisation": "recipient-unknown",
    "inactive": "recipient-suspended",
    "no_route": "recipient-has-no-gateway",
    "directory_expired": "directory-too-old",
}
