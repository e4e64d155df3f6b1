"""Paired, interleaved rounds: what is compared ran in turns, within the same seconds, on one core."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

_NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Pair:
    """The times of both sides, one for each round, in microseconds of CPU for one operation."""

    ours_us: Sequence[float]
    limit_us: Sequence[float]

    @property
    def ours(self) -> float:
        """The median of ours."""
        return median(self.ours_us)

    @property
    def ratio(self) -> float:
        """How many times the limit ours takes, by the medians."""
        return self.ours / median(self.limit_us)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the ratio is with at least 95 % confidence: from the intervals of both medians."""
        low, high = median_interval(self.ours_us)
        limit_low, limit_high = median_interval(self.limit_us)
        return low / limit_high, high / limit_low


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a median, from ranks alone: it assumes nothing of how the values are spread."""
    ordered, half = sorted(values), _NORMAL_95 * math.sqrt(len(values)) / 2
    middle = len(values) / 2
    return ordered[max(0, math.floor(middle - half))], ordered[min(len(values) - 1, math.ceil(middle + half))]


def paired(ours: Callable[[], object], limit: Callable[[], object], rounds: int, repeats: int) -> Pair:
    """Runs both in turns, ``repeats`` operations of each in a round, and keeps the mean of each round.

    ML-DSA signing takes a random number of attempts: the median of many short rounds is that of an ordinary
    number of attempts on both sides.
    """
    ours()
    limit()
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        # Who goes first changes, so that neither always runs on the warmer cache.
        order: Sequence[int] = (0, 1) if number % 2 else (1, 0)
        for side in order:
            times[side].append(_mean_us((ours, limit)[side], repeats))
    return Pair(*times)


def _mean_us(operation: Callable[[], object], repeats: int) -> float:
    start = time.thread_time_ns()
    for _ in range(repeats):
        operation()
    return (time.thread_time_ns() - start) / repeats / 1000
