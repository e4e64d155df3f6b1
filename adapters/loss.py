"""Keeps the account of one conversion and turns it into the loss report."""

from collections import Counter
from collections.abc import Mapping, Set

from adapters.base import Loss, LossReport
from adapters.tree import Census


class Tally:
    """What a reader decides case by case: content of a known place that it left out or wrote differently."""

    __slots__ = ("changed", "ignored")

    def __init__(self) -> None:
        self.ignored: Counter[tuple[str, str]] = Counter()
        self.changed: Counter[tuple[str, str]] = Counter()

    def ignore(self, path: str, note: str) -> None:
        """Count one element that could have been used and was left out."""
        self.ignored[path, note] += 1

    def change(self, path: str, note: str) -> None:
        """Count one element that was used in another form."""
        self.changed[path, note] += 1


def report(census: Census, tally: Tally, used: Set[str], ignored: Mapping[str, str]) -> LossReport:
    """Sort every element path of the file into used, ignored and unmapped.

    A path named in `ignored` covers everything below it. An element without content, where content
    would have been below it, is ignored.
    """
    left_out = Counter[str]()
    for (path, _), times in tally.ignored.items():
        left_out[path] += times
    rows: tuple[list[Loss], list[Loss], list[Loss]] = ([], [], [])
    for path, times in census.leaves():
        note = _known(path, ignored)
        if path in used:
            if times > left_out[path]:
                rows[0].append(Loss(path, "", times - left_out[path]))
        elif note is not None:
            rows[1].append(Loss(path, note, times))
        elif any(each.startswith(path + "/") for each in used):
            rows[1].append(Loss(path, "empty", times))
        else:
            rows[2].append(Loss(path, "not known to this reader", times))
    rows[1].extend(_entries(tally.ignored))
    return LossReport(tuple(rows[0]), tuple(rows[1]), tuple(rows[2]), _entries(tally.changed))


def _entries(counts: Counter[tuple[str, str]]) -> tuple[Loss, ...]:
    return tuple(Loss(path, note, times) for (path, note), times in counts.items())


def _known(path: str, ignored: Mapping[str, str]) -> str | None:
    while path:
        if path in ignored:
            return ignored[path]
        path = path.rpartition("/")[0]
    return None
