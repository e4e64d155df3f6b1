"""Checking a whole log against its checkpoints: nothing cut off, nothing changed, no clock set back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from signing.log import leaf
from signing.log.checkpoint import Verified, check_same_log
from signing.log.errors import LogError
from signing.log.merkle import Head, Tree, leaf_hash
from signing.message import CLOCK_SKEW


@dataclass(frozen=True, slots=True)
class History:
    """A log that fits all its checkpoints. Entries behind the newest one are vouched for by nobody yet."""

    head: Head
    signed: Head
    signed_at: int


def verify_history(
    entries: Iterable[bytes], checkpoints: Sequence[Verified], hashes: Sequence[bytes] = ()
) -> History:
    """What `entries` and `checkpoints` of one log together show. Raises `LogError`.

    `split_view`: two checkpoints cannot both be true. `truncated`: entries are missing at the end. `edited`:
    an entry is not what was signed; `where` is its index when `hashes`, the leaf hashes that were kept beside
    the entries, tell. `clock_step`: times go back by more than the clock skew. `bad_leaf`: an entry is not in the
    published form.
    """
    ordered = check_same_log(checkpoints)
    if not ordered:
        raise LogError("bad_note")
    tree = Tree()
    for index, (data, _) in enumerate(_timed(entries, ordered)):
        hashed = leaf_hash(data)
        if index < len(hashes) and hashes[index] != hashed:
            raise LogError("edited", index)
        tree.append(hashed)
    _check_heads(tree, ordered)
    newest = ordered[-1]
    return History(Head(tree.size, tree.root()), newest.head, newest.at)


def _timed(entries: Iterable[bytes], ordered: Sequence[Verified]) -> Iterator[tuple[bytes, int]]:
    """The entries with their times, which must go on and lie between the checkpoints around them."""
    latest = 0
    waiting = list(ordered[::-1])
    for index, data in enumerate(entries):
        while waiting and waiting[-1].head.size <= index:
            # Whatever comes behind a checkpoint was not there when it was signed.
            latest = max(latest, waiting.pop().at)
        at = leaf.read(data, index)["at"]
        signed_at = waiting[-1].at if waiting else at
        if not latest - CLOCK_SKEW <= at <= signed_at + CLOCK_SKEW:
            raise LogError("clock_step", index)
        latest = max(latest, at)
        yield data, at


def _check_heads(tree: Tree, ordered: Sequence[Verified]) -> None:
    for checkpoint in ordered:
        if checkpoint.head.size > tree.size:
            raise LogError("truncated", tree.size)
    other = [c.head.size for c in ordered if tree.root(c.head.size) != c.head.root]
    if not other:
        return
    if other[-1] != ordered[-1].head.size:
        # The newest one fits the entries: the log itself signed two histories.
        raise LogError("split_view", other[-1])
    raise LogError("edited")
