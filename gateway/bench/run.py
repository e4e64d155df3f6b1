"""All rows in one run, each by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from gateway.bench.attachment import FILE_BYTES, measure_attachment
from gateway.bench.crypto import SIZES, measure_open, measure_seal
from gateway.bench.cycle import measure_cycle
from gateway.bench.figure import BenchError, Figure
from gateway.bench.log import measure_append, measure_proof
from gateway.bench.placements import measure_growth, measure_many, measure_placement
from gateway.bench.relay import measure_relay
from gateway.bench.validation import measure_errors, measure_validate

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each row does what it measures: (rounds, operations in a round), or how much at once.

    The third number of ``log_proof`` is how many leaves the tree has.
    """

    seal: tuple[int, int] = (2_000, 1)
    open: tuple[int, int] = (2_000, 1)
    validate: tuple[int, int] = (40, 200)
    validate_errors: tuple[int, int] = (40, 100)
    rules_placement: tuple[int, int] = (20, 10)
    rules_many: int = 10_000
    rules_growth: int = 2_000
    relay_accept: tuple[int, int] = (5, 500)
    transfer_cycle: tuple[int, int] = (8, 25)
    log_append: tuple[int, int] = (8, 2_560)
    log_proof: tuple[int, int, int] = (10, 300, 1_000_000)
    attachment: int = FILE_BYTES


FULL = Effort()

_Row = Callable[[Effort, Progress], Figure]


def _measure_crypto(row: str, effort: Effort, progress: Progress) -> Figure:
    if row.startswith("seal"):
        return measure_seal(row, *effort.seal, progress)
    return measure_open(row, *effort.open, progress)


ROWS: Mapping[str, _Row] = MappingProxyType(
    {
        **{row: partial(_measure_crypto, row) for row in SIZES},
        "validate": lambda effort, _: measure_validate(*effort.validate),
        "validate_errors": lambda effort, _: measure_errors(*effort.validate_errors),
        "rules_placement": lambda effort, _: measure_placement(*effort.rules_placement),
        "rules_many": lambda effort, _: measure_many(effort.rules_many),
        "rules_growth": lambda effort, _: measure_growth(effort.rules_growth),
        "relay_accept": lambda effort, progress: measure_relay(*effort.relay_accept, progress),
        "transfer_cycle": lambda effort, progress: measure_cycle(*effort.transfer_cycle, progress),
        "log_append": lambda effort, _: measure_append(*effort.log_append),
        "log_proof": lambda effort, _: measure_proof(*effort.log_proof),
        "attachment": lambda effort, progress: measure_attachment(effort.attachment, progress),
    }
)


def run(rows: Sequence[str] | None, progress: Progress, effort: Effort = FULL) -> list[Figure]:
    """The figures of the named rows, or of all; ``progress`` is told, in words, what is being measured.

    Raises BenchError for a row that does not exist, and when something that is measured does not work.
    """
    wanted = list(ROWS) if rows is None else list(rows)
    if unknown := [name for name in wanted if name not in ROWS]:
        raise BenchError(f"There are {len(unknown)} names that are no row; the rows are: {', '.join(ROWS)}.")
    figures = []
    for name in wanted:
        progress(f"{name}: measuring")
        figures.append(ROWS[name](effort, progress))
    return figures
