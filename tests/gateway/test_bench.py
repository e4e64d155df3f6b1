"""Each row of the bench gives a figure of the right shape; how fast anything is, no test asks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pybase64
import pytest
from cryptography.exceptions import InvalidSignature

import schemas
from gateway.bench import AT_LEAST, LIMITS, ROWS, BenchError, Effort, Figure, run
from gateway.bench.floor import Floor, connect
from gateway.bench.primitives import Primitives
from gateway.bench.subject import CLAIMS_BYTES, bundle, claims, outgoing, transfer
from signing import EncryptionKey, SigningPair, seal

if TYPE_CHECKING:
    from pathlib import Path

ONE = Effort(
    seal=(1, 1),
    open=(1, 1),
    validate=(1, 1),
    validate_errors=(1, 1),
    rules_placement=(1, 1),
    rules_many=2,
    rules_growth=20,
    relay_accept=(1, 3),
    transfer_cycle=(1, 1),
    log_append=(1, 2),
    log_proof=(1, 1, 10),
    attachment=100_000,
)


@pytest.mark.parametrize("name", ROWS)
def test_each_row_gives_a_finite_positive_figure(name: str) -> None:
    told: list[str] = []
    [figure] = run([name], told.append, ONE)
    assert list(figure.to_json()) == ["name", "value", "unit", "limit", "ratio"]
    assert figure.name == name
    assert figure.limit == LIMITS[name]
    assert all(math.isfinite(number) and number > 0 for number in (figure.value, figure.ratio))
    assert told
    assert all(text.startswith(name) for text in told)


def test_no_names_means_every_row() -> None:
    assert list(LIMITS) == list(ROWS)
    assert set(ROWS) >= AT_LEAST


def test_a_row_that_does_not_exist_is_refused_before_anything_is_measured() -> None:
    told: list[str] = []
    with pytest.raises(BenchError) as refused:
        run(["validate", "no-such-row"], told.append, ONE)
    assert told == []
    assert "no-such-row" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "ratio", "met"),
    [("seal", 1.1, True), ("seal", 1.2, False), ("relay_accept", 0.2, True), ("relay_accept", 0.1, False)],
)
def test_a_share_has_to_reach_its_limit_and_a_cost_must_not_exceed_it(
    name: str, ratio: float, met: bool
) -> None:
    assert Figure(name, 1.0, "us", LIMITS[name], ratio).met is met


def test_twenty_kilobytes_are_exactly_so_many_bytes_of_signed_claims() -> None:
    value = transfer()
    assert schemas.validate("transfer", value) == ()
    body = bundle(value)
    assert schemas.validate("bundle", body) == ()
    message = outgoing(body, 1_790_000_000)
    assert len(claims(message)) == CLAIMS_BYTES
    sealed = seal(message, SigningPair.generate(), [EncryptionKey.generate().public])
    payload = sealed.jws.partition(b'{"payload":"')[2].partition(b'"')[0]
    assert len(pybase64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))) == CLAIMS_BYTES
    assert sealed.size_class == 0


def test_the_primitives_open_what_they_sealed_and_nothing_else() -> None:
    raw = Primitives(SigningPair.generate(), EncryptionKey.generate())
    assert raw.open(raw.seal(b"payload")) == b"payload"
    other = Primitives(SigningPair.generate(), raw.recipient)
    with pytest.raises(InvalidSignature):
        other.open(raw.seal(b"payload"))


def test_the_floor_writes_the_rows_that_it_is_said_to_write(tmp_path: Path) -> None:
    message, pair, key = (
        outgoing(bundle(transfer()), 1_790_000_000),
        SigningPair.generate(),
        EncryptionKey.generate(),
    )
    envelopes = [seal(message, pair, [key.public]).envelope for _ in range(3)]
    path = tmp_path / "floor.sqlite"
    with Floor(path) as floor:
        for two in (envelopes[:2], envelopes[2:]):
            assert floor.per_second(floor.prepare(two, 1_790_000_000)) > 0
    database = connect(path)
    try:
        for table in ("held", "audit", "log_entry"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (3,)  # noqa: S608
        assert database.execute("SELECT size FROM log_head").fetchone() == (3,)
    finally:
        database.close()
