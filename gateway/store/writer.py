"""One at a time writes, and puts everything that is waiting into one transaction.

Callers hand in a batch-shaped operation (``op(connection, args) -> results``, one result per argument) and
wait on a future that is answered after COMMIT: nobody is told "accepted" before the disk holds it. An
operation that fails takes nobody else with it: the batch is rolled back and each request is tried alone.
A result that is an exception is raised to its caller alone; the rest of the batch stays.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

A = TypeVar("A")
R = TypeVar("R")

#: More than this in one transaction gains nothing and delays the first caller.
GROUP = 64

Batch = Callable[[Connection, Sequence[A]], Sequence[R]]


class _Request(NamedTuple):
    op: Callable[[Connection, Sequence[Any]], Sequence[Any]]
    arg: Any
    future: "Future[Any]"


class WriterStopped(RuntimeError):
    """The gateway is shutting down and takes no more writes."""


def each(function: Callable[[Connection, A], R]) -> Batch[A, R]:
    """The batch form of an operation that is written for one argument."""

    def batch(connection: Connection, args: Sequence[A]) -> Sequence[R]:
        return [function(connection, arg) for arg in args]

    return batch


class Writer:
    """The only writer of a database in this process, used from any thread; ``stop`` commits what waits first.

    Whoever has to wait anyway writes for all who wait when nobody else is at it: no other thread has to be woken.
    A thread of its own writes for those who must not wait, and what comes while somebody writes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[_Request] = deque()
        self._stopped = False
        # Nothing is put behind the end of the queue, where it would wait for ever.
        self._door = threading.Lock()
        #: Held by the one who writes.
        self._turn = threading.Lock()
        self._wake = threading.Event()
        #: Kept between transactions: to take one out of the pool costs as much as a small transaction.
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, op: Batch[A, R], arg: A) -> "Future[R]":
        """A future answered after COMMIT with the operation's result, or with what it raised. Returns at once."""
        future = self._put(op, arg)
        self._wake.set()
        return future

    def run(self, op: Batch[A, R], arg: A) -> R:
        """The operation's result, after COMMIT. Raises what it raised."""
        future = self._put(op, arg)
        if self._turn.acquire(blocking=False):
            try:
                self._commit_next()
            finally:
                self._turn.release()
            if self._waiting:
                # They came meanwhile and found somebody writing.
                self._wake.set()
        return future.result()

    def stop(self) -> None:
        """Commits what is waiting, then ends the thread."""
        with self._door:
            self._stopped = True
        self._wake.set()
        self._thread.join()
        self._engine.dispose()

    def _put(self, op: Batch[A, R], arg: A) -> "Future[R]":
        future: Future[R] = Future()
        # From here on it cannot be cancelled: a caller who goes away must not upset the whole group.
        future.set_running_or_notify_cancel()
        with self._door:
            if self._stopped:
                raise WriterStopped("the store is closed")
            self._waiting.append(_Request(op, arg, future))
        return future

    def _run(self) -> None:
        stopped = False
        while not stopped:
            self._wake.wait()
            self._wake.clear()
            # Asked before the last look, so that nobody who was let in is left behind.
            stopped = self._stopped
            with self._turn:
                while self._waiting:
                    self._commit_next()
        self._hang_up()

    def _commit_next(self) -> None:
        """Commits what is waiting, as one group."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP))]
        if batch:
            self._commit(batch)

    def _commit(self, batch: list[_Request]) -> None:
        try:
            results = self._transaction(batch)
        except BaseException as problem:  # noqa: BLE001 - whatever it is, it belongs to the caller
            if len(batch) == 1:
                batch[0].future.set_exception(problem)
                return
            for request in batch:
                self._commit([request])
            return
        for request, result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                request.future.set_exception(result)
            else:
                request.future.set_result(result)

    def _transaction(self, batch: list[_Request]) -> list[Any]:
        results: list[Any] = []
        connection = self._connection = self._connection or self._engine.connect()
        try:
            with connection.begin():
                for op, group in _runs(batch):
                    results.extend(op(connection, [request.arg for request in group]))
        except BaseException:
            # Whatever state it is in, the next transaction starts on a connection that the pool has checked.
            self._hang_up()
            raise
        return results

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _runs(batch: list[_Request]) -> list[tuple[Callable[..., Sequence[Any]], list[_Request]]]:
    """Neighbours with the same operation, in order: what one caller saw committed stays before the next."""
    runs: list[tuple[Callable[..., Sequence[Any]], list[_Request]]] = []
    for request in batch:
        if runs and runs[-1][0] is request.op:
            runs[-1][1].append(request)
        else:
            runs.append((request.op, [request]))
    return runs
