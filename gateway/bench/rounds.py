"""Paired, interleaved rounds: what is compared ran in turns, within the same seconds, on one core."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians over the rounds, in microseconds of CPU for one operation."""

    ours: float
    limit: float

    @property
    def ratio(self) -> float:
        """How many times the limit ours takes."""
        return self.ours / self.limit


def paired(ours: Callable[[], object], limit: Callable[[], object], rounds: int, repeats: int) -> Pair:
    """Runs both in turns, ``repeats`` operations of each in a round, and takes the median of the rounds.

    The mean of a round, not its fastest operation, is what counts: ML-DSA signing takes a random number of
    attempts, and both sides of the pair must have the same share of the long ones.
    """
    ours()
    limit()
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        # Who goes first changes, so that neither always runs on the warmer cache.
        order: Sequence[int] = (0, 1) if number % 2 else (1, 0)
        for side in order:
            times[side].append(_mean_us((ours, limit)[side], repeats))
    return Pair(median(times[0]), median(times[1]))


def _mean_us(operation: Callable[[], object], repeats: int) -> float:
    start = time.thread_time_ns()
    for _ in range(repeats):
        operation()
    return (time.thread_time_ns() - start) / repeats / 1000
