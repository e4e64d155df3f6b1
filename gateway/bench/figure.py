"""One measured figure, with the limit that its ratio is held to."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: What the ratio of each row is held to: at most this, or at least this for the rows in ``AT_LEAST``.
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "seal_5k": 1.12,
        "seal": 1.12,
        "seal_60k": 1.12,
        "open_5k": 1.65,
        "open": 1.65,
        "open_60k": 1.65,
        "validate": 1.3,
        "validate_errors": 3.0,
        "rules_placement": 1.0,
        "rules_many": 1.0,
        "rules_growth": 1.2,
        "relay_accept": 0.15,
        "transfer_cycle": 5.0,
        "log_append": 100.0,
        "log_proof": 1.0,
        "attachment": 1.0,
    }
)

#: Rows whose ratio is a share of what is possible, so that more is better.
AT_LEAST = frozenset({"relay_accept"})


class BenchError(RuntimeError):
    """A figure could not be measured; the text says what went wrong."""


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` in ``unit``, and ``ratio`` of it to the limit measured beside it in the same run."""

    name: str
    value: float
    unit: str
    limit: float
    ratio: float

    @property
    def met(self) -> bool:
        """Whether the ratio is on the right side of its limit."""
        return self.ratio >= self.limit if self.name in AT_LEAST else self.ratio <= self.limit

    def to_json(self) -> dict[str, str | float]:
        """The figure as ``ltp bench -o json`` prints it."""
        return {
            "name": self.name,
            "value": round(self.value, 2),
            "unit": self.unit,
            "limit": self.limit,
            "ratio": round(self.ratio, 3),
        }


def figure(name: str, value: float, unit: str, ratio: float) -> Figure:
    """The figure of a row, with its limit."""
    return Figure(name, value, unit, LIMITS[name], ratio)
