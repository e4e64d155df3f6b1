"""A log signs only what grew out of what it signed before; witnesses are asked and answer."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog

import signing
from gateway.exchange import Answered, TooLong
from gateway.hop import HopSigner
from gateway.log.ask import http_witness
from gateway.log.timer import Timer
from gateway.log.witnessing import WitnessAway, WitnessService, collect, logs_of
from signing import HopKey
from signing.directory import Times
from signing.log.checkpoint import Policy, Unverified, verify
from signing.log.errors import LogError
from signing.log.keys import LogKey
from signing.log.proof import verify_entry
from signing.log.witness import Witness


def code(work: Callable[[], object]) -> str:
    with pytest.raises(LogError) as caught:
        work()
    return caught.value.code


# --- signing -----------------------------------------------------------------------------------------------------


def test_the_log_is_signed_as_it_grows(shelf: Any) -> None:
    assert shelf.book.newest(shelf.now) is None
    assert shelf.book.sign(shelf.now).head.size == 0
    shelf.add(5)
    signed = shelf.book.sign(shelf.now + 10)
    assert (signed.head.size, signed.at) == (5, shelf.now + 10)
    assert shelf.book.sign(shelf.now + 20) == signed
    assert shelf.book.newest(shelf.now + 20) == signed
    with shelf.book.read() as read:
        assert [Unverified.parse(note).head.size for note in read.checkpoints()] == [0, 5]


def test_a_proof_is_given_against_any_checkpoint_that_is_kept(shelf: Any) -> None:
    entries = shelf.add(5)
    shelf.book.sign(shelf.now)
    entries += shelf.add(4, 5)
    shelf.book.sign(shelf.now + 1)
    for index, size, signed in ((0, None, 9), (8, None, 9), (4, 5, 5), (4, 9, 9)):
        proof = shelf.book.prove(index, size)
        found = verify_entry(entries[index], proof, shelf.book.policy, shelf.now + 1)
        assert found.checkpoint.head.size == signed
    for index, size in ((9, None), (5, 5), (0, 7)):
        assert code(lambda index=index, size=size: shelf.book.prove(index, size)) == "bad_position"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE log_entry SET nodes = zeroblob(128) WHERE place = 7", "edited"),
        ("DELETE FROM log_entry WHERE place = 8", "truncated"),
        ("UPDATE log_head SET edge = zeroblob(64)", "edited"),
    ],
)
def test_a_log_that_was_changed_on_the_disk_is_not_signed_again(
    shelf: Any, statement: str, expected: str
) -> None:
    shelf.add(9)
    shelf.book.sign(shelf.now)
    shelf.tamper(statement)
    assert code(lambda: shelf.book.sign(shelf.now + 1)) == expected


def test_a_log_that_was_cut_whole_or_made_again_is_not_signed(shelf: Any) -> None:
    entries = shelf.add(9)
    shelf.book.sign(shelf.now)
    shelf.tamper("DELETE FROM log_entry")
    shelf.tamper("UPDATE log_head SET size = 0, edge = zeroblob(0)")
    shelf.add(8)
    assert code(lambda: shelf.book.sign(shelf.now + 1)) == "truncated"
    shelf.add(2, 77)
    assert code(lambda: shelf.book.sign(shelf.now + 1)) == "edited"
    assert len(entries) == 9


def test_a_log_is_not_signed_with_a_clock_that_was_set_back(shelf: Any) -> None:
    shelf.add(1)
    shelf.book.sign(shelf.now)
    shelf.add(1, 1)
    assert code(lambda: shelf.book.sign(shelf.now - 1)) == "clock_step"
    assert code(lambda: shelf.book.sign(shelf.now - 301)) == "from_the_future"
    assert shelf.book.sign(shelf.now).head.size == 2


# --- witnesses ---------------------------------------------------------------------------------------------------


def service(shelf: Any, other: Any, name: str = "w3id.org/ltp/witness/north") -> WitnessService:
    """Northshire's witness, which watches Ash Vale's log."""
    key = LogKey.from_seeds(b"1" * 32, b"2" * 32)
    return WitnessService(Witness(name, key, {shelf.book.origin: shelf.book.policy.log}), other.book)


def watched(shelf: Any, *services: WitnessService) -> Policy:
    return Policy(shelf.book.policy.log, tuple(one.witness.identity for one in services), len(services))


def test_a_growing_log_is_witnessed_again_and_again(shelf: Any, other: Any) -> None:
    north = service(shelf, other)
    policy = watched(shelf, north)
    for number in range(4):
        now = shelf.now + number
        shelf.add(3, number * 3)
        signed = collect(shelf.book, [lambda body, now=now: north.cosign(body, now)], policy, now)  # type: ignore[misc]
        assert signed.witnesses == {north.witness.name: now}
        kept = shelf.book.prove(0).note
        assert verify(Unverified.parse(kept), policy, now).head.size == 3 * number + 3


def test_a_witness_that_is_away_holds_nothing_up(shelf: Any, other: Any) -> None:
    def away(_body: bytes) -> bytes:
        raise WitnessAway

    shelf.add(1)
    north = service(shelf, other)
    signed = collect(
        shelf.book, [away, lambda body: north.cosign(body, shelf.now)], watched(shelf, north), shelf.now
    )
    assert len(signed.witnesses) == 1


def test_a_witness_tells_a_log_that_was_made_again(shelf: Any, other: Any, tmp_path: Any) -> None:
    north = service(shelf, other)
    ask = [lambda body: north.cosign(body, shelf.now)]
    shelf.add(5)
    collect(shelf.book, ask, watched(shelf, north), shelf.now)
    shelf.tamper("DELETE FROM log_entry")
    shelf.tamper("DELETE FROM log_checkpoint")
    shelf.tamper("UPDATE log_head SET size = 0, edge = zeroblob(0)")
    shelf.add(3, 100)
    assert code(lambda: collect(shelf.book, ask, watched(shelf, north), shelf.now)) == "split_view"
    shelf.add(4, 200)
    assert code(lambda: collect(shelf.book, ask, watched(shelf, north), shelf.now)) == "split_view"


def test_what_a_witness_refuses_otherwise_is_not_passed_over(shelf: Any, other: Any) -> None:
    north = service(shelf, other)
    stranger = WitnessService(Witness("w.example", north.witness.key, {}), other.book)
    shelf.add(1)
    asks = [lambda body: stranger.cosign(body, shelf.now)]
    assert code(lambda: collect(shelf.book, asks, watched(shelf), shelf.now)) == "unknown_log"


def listed(**logs: Any) -> Any:
    """A directory of gateways with these logs, as far as the witness asks it; None is a gateway that is closed."""
    gateways: dict[str, dict[str, Any]] = {}
    for token, log in logs.items():
        key = signing.HopKey.generate().public.jwk()
        status = "closed" if log is None else "active"
        gateways[token] = {"gateway": f"urn:ltp:gw:{token}", "url": None, "status": status, "ver": 1}
        gateways[token]["keys"] = [{"jwk": key, "nbf": 0, "exp": 1}]
        gateways[token] |= {"log": log} if log else {}
    return signing.Directory.of({}, gateways, Times(1, 0, 1, 0))


def test_the_logs_of_the_directory_are_watched_as_it_stands_at_the_moment(shelf: Any, other: Any) -> None:
    mine, theirs = shelf.book.policy.log, other.book.policy.log
    assert logs_of(listed(ash=mine.vkeys(), north=theirs.vkeys(), hollow=None)) == {
        mine.name: mine,
        theirs.name: theirs,
    }
    assert logs_of(listed(ash=mine.vkeys(), north=mine.vkeys())) == {}
    shelf.add(1)
    directory = listed(north=theirs.vkeys())
    north = WitnessService(service(shelf, other).witness, other.book, lambda: logs_of(directory))
    asks = [lambda body: north.cosign(body, shelf.now)]
    assert code(lambda: collect(shelf.book, asks, watched(shelf, north), shelf.now)) == "unknown_log"
    directory = listed(ash=mine.vkeys())
    assert collect(shelf.book, asks, watched(shelf, north), shelf.now).witnesses


# --- asking over HTTP --------------------------------------------------------------------------------------------


class Exchange:
    """Stands for the network: one answer, or what goes wrong."""

    def __init__(self, answer: Answered | Exception) -> None:
        self.answer, self.asked = answer, list[tuple[str, bytes]]()

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        assert "Signature" in headers
        self.asked.append((url, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def asked(answer: Answered | Exception) -> bytes:
    exchange: Any = Exchange(answer)
    ask = http_witness(
        "https://north.example/", HopSigner(HopKey.generate()), exchange, lambda: 1_790_000_000
    )
    lines = ask(b"old 0\n")
    assert exchange.asked == [("https://north.example/ltp/v1/log/add-checkpoint", b"old 0\n")]
    return lines


def test_the_lines_of_a_witness_are_taken() -> None:
    assert asked(Answered(200, {}, "— x AAAA\n".encode())) == "— x AAAA\n".encode()


def test_a_witness_says_what_it_has_seen() -> None:
    with pytest.raises(LogError) as caught:
        asked(Answered(409, {}, b"41\n"))
    assert (caught.value.code, caught.value.where) == ("stale", 41)
    for body in (b'{"code":"log.split-view"}', b"\xff"):
        assert code(lambda body=body: asked(Answered(409, {}, body))) == "split_view"  # type: ignore[misc]


@pytest.mark.parametrize("answer", [Answered(503, {}, b""), TimeoutError(), OSError(), TooLong()])
def test_no_answer_is_no_answer(answer: Any) -> None:
    with pytest.raises(WitnessAway):
        asked(answer)


# --- on a schedule -----------------------------------------------------------------------------------------------


def test_the_timer_signs_until_it_is_stopped_whatever_goes_wrong() -> None:
    calls: list[int] = []
    timer: Timer

    def sign() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise LogError("edited")
        if len(calls) == 2:
            raise OSError("not for any log line")
        timer._stopped.set()

    timer = Timer(sign, 0.0)
    with structlog.testing.capture_logs() as logged:
        timer.start()
        timer._thread.join()
    timer.stop()
    assert calls == [0, 1, 2]
    assert [(line["event"], line.get("code"), line.get("error")) for line in logged] == [
        ("log.refused", "edited", None),
        ("log.failed", None, "OSError"),
    ]
