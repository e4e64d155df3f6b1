"""The writer: one commit for many, and nobody pays for another one's fault."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, event, insert, select

from gateway.store.engine import open_engine
from gateway.store.writer import Batch, Writer, WriterStopped, each

metadata = MetaData()
number = Table("number", metadata, Column("value", Integer, primary_key=True))


class Unwanted(Exception):
    """What the operation below does not write."""


def _put(connection: Connection, value: int) -> int:
    connection.execute(insert(number).values(value=value))
    if value < 0:
        raise Unwanted
    return value * 10


put = each(_put)


def judge(_connection: Connection, values: Sequence[int]) -> Sequence[int | Exception]:
    return [Unwanted() if value < 0 else value for value in values]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(tmp_path / "store.sqlite", writer=True)
    with engine.begin() as connection:
        metadata.create_all(connection)
    return engine


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine)
    yield writer
    writer.stop()


class Gate:
    """An operation that keeps the writer busy, so that what is submitted meanwhile becomes one group."""

    def __init__(self, writer: Writer) -> None:
        self._open, inside = threading.Event(), threading.Event()

        def wait(_connection: Connection, args: Sequence[None]) -> Sequence[None]:
            inside.set()
            assert self._open.wait(10)
            return args

        self._held = writer.submit(wait, None)
        assert inside.wait(10)

    def open(self) -> None:
        self._open.set()
        self._held.result(10)


def written(engine: Engine) -> list[int]:
    # The writer keeps the one connection of its engine; reading goes another way, as it does in the store.
    reader = open_engine(Path(str(engine.url.database)), writer=False)
    with reader.connect() as connection:
        found = sorted(connection.execute(select(number.c.value)).scalars())
    reader.dispose()
    return found


def commits(engine: Engine) -> list[None]:
    seen: list[None] = []
    event.listen(engine, "commit", lambda _connection: seen.append(None))
    return seen


def test_what_waits_together_is_committed_together(writer: Writer, engine: Engine) -> None:
    gate, counted = Gate(writer), commits(engine)
    futures = [writer.submit(put, value) for value in range(1, 21)]
    gate.open()
    assert [future.result(10) for future in futures] == [value * 10 for value in range(1, 21)]
    assert len(counted) == 2  # the gate and the twenty
    assert written(engine) == list(range(1, 21))


def test_a_failing_operation_takes_nobody_else_with_it(writer: Writer, engine: Engine) -> None:
    gate = Gate(writer)
    futures = {value: writer.submit(put, value) for value in (1, 2, -3, 4)}
    gate.open()
    assert [futures[value].result(10) for value in (1, 2, 4)] == [10, 20, 40]
    with pytest.raises(Unwanted):
        futures[-3].result(10)
    assert written(engine) == [1, 2, 4]


def test_a_result_that_is_an_exception_goes_to_its_caller_alone(writer: Writer, engine: Engine) -> None:
    gate, counted = Gate(writer), commits(engine)
    futures = {value: writer.submit(judge, value) for value in (1, -2, 3)}
    gate.open()
    assert (futures[1].result(10), futures[3].result(10)) == (1, 3)
    with pytest.raises(Unwanted):
        futures[-2].result(10)
    assert len(counted) == 2  # nothing was tried again


def test_different_operations_share_a_commit_and_keep_their_order(writer: Writer, engine: Engine) -> None:
    order: list[str] = []

    def noting(word: str) -> Batch[int, None]:
        return each(lambda _connection, arg: order.append(f"{word}{arg}"))

    first, second = noting("a"), noting("b")
    gate, counted = Gate(writer), commits(engine)
    futures = [writer.submit(op, value) for value, op in enumerate([first, first, second, first])]
    gate.open()
    for future in futures:
        future.result(10)
    assert order == ["a0", "a1", "b2", "a3"]
    assert len(counted) == 2


def test_a_caller_who_waits_writes_and_one_who_must_not_wait_has_it_written(writer: Writer) -> None:
    def who(_connection: Connection, args: Sequence[None]) -> Sequence[int]:
        return [threading.get_ident() for _ in args]

    assert writer.run(who, None) == threading.get_ident()
    assert writer.submit(who, None).result(10) != threading.get_ident()


def test_who_comes_while_a_caller_writes_is_served_after_it(writer: Writer, engine: Engine) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(_connection: Connection, args: Sequence[int]) -> Sequence[int]:
        inside.set()
        assert go_on.wait(10)
        return args

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(writer.run, slow, 0)
        assert inside.wait(10)
        later = [pool.submit(writer.run, put, value) for value in range(1, 9)]
        go_on.set()
        assert first.result(10) == 0
        assert [future.result(10) for future in later] == [value * 10 for value in range(1, 9)]
    assert written(engine) == list(range(1, 9))


def test_a_caller_who_gives_up_does_not_stop_the_writer(writer: Writer, engine: Engine) -> None:
    gate = Gate(writer)
    gone = writer.submit(put, 1)
    assert not gone.cancel()
    gate.open()
    assert writer.run(put, 2) == 20
    assert written(engine) == [1, 2]


def test_stopping_commits_what_waits_and_takes_no_more(
    writer: Writer, engine: Engine, tmp_path: Path
) -> None:
    gate = Gate(writer)
    futures = [writer.submit(put, value) for value in range(1, 150)]  # more than one group
    ending = threading.Thread(target=writer.stop)
    ending.start()
    gate.open()
    ending.join(10)
    assert not ending.is_alive()
    assert [future.result(10) for future in futures] == [value * 10 for value in range(1, 150)]
    with pytest.raises(WriterStopped):
        writer.submit(put, 1000)
    reader = open_engine(tmp_path / "store.sqlite", writer=False)
    assert len(written(reader)) == 149
    reader.dispose()
