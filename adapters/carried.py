"""What a written file does not carry, measured: read it again, and see which facts are gone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adapters.base import Loss

Fact = tuple[str, object]


def not_carried(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    note: str,
    under: str = "/learner",
) -> list[Loss]:
    """Return where facts of `before` stand that `after`, the same values in the same order, no longer has.

    Paths are JSON Pointers with `*` for the place in a list. A value that is there, but differs, is lost.
    """
    lost = Counter[str]()
    for place, value in enumerate(before):
        gone = Counter(facts(value, under)) - Counter(
            facts(after[place], under) if place < len(after) else ()
        )
        for (path, _), times in gone.items():
            lost[path] += times
    return [Loss(path, note, times) for path, times in sorted(lost.items())]


def facts(value: object, path: str) -> Iterator[Fact]:
    """Yield each single fact of a value with its path."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from facts(member, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from facts(entry, f"{path}/*")
    else:
        yield path, value


def documents(bundles: Iterable[Mapping[str, Any]], note: str) -> list[Loss]:
    """Return every document of the bundles as lost, by type, for a format that has no place for any."""
    kinds = Counter(
        str(document.get("type")) for bundle in bundles for document in bundle.get("documents", ())
    )
    return [Loss(f"/documents/{kind}", note, times) for kind, times in sorted(kinds.items())]
