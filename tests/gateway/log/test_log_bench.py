"""The rows of the benchmark about the log measure what they say; how fast it is, is not judged here."""

from types import MappingProxyType

import pytest

from gateway.bench import figure, log


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"log_append": 100.0, "log_proof": 1.0}
    monkeypatch.setattr(figure, "LIMITS", MappingProxyType({**figure.LIMITS, **rows}))


def test_appends_are_measured_on_the_disk_and_in_memory() -> None:
    found = log.measure_append(2, 130)
    assert (found.name, found.unit) == ("log_append", "entries/s")
    assert found.value > 0
    assert found.ratio > 0


def test_what_is_on_the_disk_must_be_what_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_in_memory", lambda _tree, _entries: 1.0)
    with pytest.raises(figure.BenchError):
        log.measure_append(1, 3)


def test_proofs_are_measured_as_a_share_of_what_they_may_take() -> None:
    found = log.measure_proof(2, 3, leaves=1000)
    assert (found.name, found.unit) == ("log_proof", "us")
    assert found.ratio == found.value / log.PROOF_US
