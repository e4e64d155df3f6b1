"""Measuring each step beside its physical limit, in one run: the command behind ``ltp bench``."""

from gateway.bench.figure import AT_LEAST, LIMITS, BenchError, Figure
from gateway.bench.run import FULL, ROWS, Effort, run

__all__ = ["AT_LEAST", "FULL", "LIMITS", "ROWS", "BenchError", "Effort", "Figure", "run"]
