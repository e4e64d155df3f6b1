"""A witness signs only the log that it saw before, grown longer, and never lets time step back."""

from collections.abc import Callable
from typing import Any

import pytest

from signing.log import checkpoint
from signing.log.checkpoint import Unverified
from signing.log.errors import LogError
from signing.log.merkle import Tree, leaf_hash
from signing.log.witness import NOTHING_SEEN, Cosigned, Request, Seen, request_body


def code(work: Callable[[], object]) -> str:
    with pytest.raises(LogError) as caught:
        work()
    return caught.value.code


def asked(site: Any, entries: list[bytes], old: int, at: int | None = None) -> Request:
    """What an honest log asks."""
    tree = Tree(map(leaf_hash, entries))
    note = site.note(site.head(entries), site.now if at is None else at)
    return Request.parse(request_body(old, tree.consistency(old), note))


def cosigned(site: Any, entries: list[bytes], seen: Seen = NOTHING_SEEN) -> Cosigned:
    found: Cosigned = site.witness().cosign(asked(site, entries, seen.head.size), seen, site.now)
    return found


def test_a_log_that_only_grows_is_signed_each_time(site: Any) -> None:
    entries, seen = site.entries(40), NOTHING_SEEN
    for size in (1, 2, 7, 7, 8, 40):
        answer = cosigned(site, entries[:size], seen)
        assert (answer.before, answer.origin) == (seen, site.origin)
        assert answer.after == Seen(site.head(entries[:size]), site.now, site.now)
        bare = site.verified(site.head(entries[:size]))
        signed = checkpoint.with_witness(bare, answer.lines, site.watched(1), site.now)
        assert dict(signed.witnesses) == {"northshire.example/witness": site.now}
        seen = answer.after


def test_an_empty_log_may_be_signed_first(site: Any) -> None:
    assert cosigned(site, []).after.head.size == 0


def test_a_changed_log_is_not_signed(site: Any) -> None:
    entries = site.entries(9)
    seen = cosigned(site, entries[:6]).after
    forked = [*entries[:2], site.entry(77), *entries[3:]]
    assert code(lambda: cosigned(site, forked, seen)) == "split_view"
    assert cosigned(site, entries, seen).after.head.size == 9


def test_another_log_of_the_same_size_is_not_signed(site: Any) -> None:
    entries = site.entries(6)
    seen = cosigned(site, entries).after
    assert code(lambda: cosigned(site, [*entries[:5], site.entry(77)], seen)) == "split_view"


def test_a_smaller_log_is_never_signed(site: Any) -> None:
    entries = site.entries(9)
    seen = cosigned(site, entries).after
    witness = site.witness()
    for request in (asked(site, entries[:6], 0), asked(site, entries[:6], 6), asked(site, entries[:6], 3)):
        with pytest.raises(LogError) as caught:
            witness.cosign(request, seen, site.now)
        assert (caught.value.code, caught.value.where) == ("stale", 9)
    shrunk = Request(9, (), Unverified.parse(site.note(site.head(entries[:6]))))
    assert code(lambda: witness.cosign(shrunk, seen, site.now)) == "bad_request"


def test_only_a_log_that_is_watched_and_signed_is_signed(site: Any) -> None:
    head = site.head(site.entries(3))
    stranger = checkpoint.sign("b.example", head, site.key, site.now)
    forged = checkpoint.sign(site.origin, head, site.witness().key, site.now)
    for note, expected in ((stranger, "unknown_log"), (forged, "bad_signature")):
        request, witness = Request.parse(request_body(0, [], note)), site.witness()
        with pytest.raises(LogError) as caught:
            witness.cosign(request, NOTHING_SEEN, site.now)
        assert caught.value.code == expected


def test_time_never_steps_back(site: Any) -> None:
    entries, witness = site.entries(6), site.witness()
    seen = Seen(site.head(entries[:3]), site.now, site.now)
    assert witness.cosign(asked(site, entries, 3), seen, site.now).after.at == site.now
    assert code(lambda: witness.cosign(asked(site, entries, 3), seen, site.now - 1)) == "clock_step"
    back = asked(site, entries, 3, site.now - 1)
    assert code(lambda: witness.cosign(back, seen, site.now)) == "clock_step"
    ahead = asked(site, entries, 3, site.now + 301)
    assert code(lambda: witness.cosign(ahead, seen, site.now)) == "from_the_future"


def test_a_request_is_read_as_it_is_written(site: Any) -> None:
    entries = site.entries(9)
    tree, note = Tree(map(leaf_hash, entries)), site.note(site.head(entries))
    body = request_body(6, tree.consistency(6), note)
    assert body.startswith(b"old 6\n")
    read = Request.parse(body)
    assert (read.old, list(read.proof), read.checkpoint.note) == (6, tree.consistency(6), note)
    assert request_body(read.old, read.proof, read.checkpoint.note) == body


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"old 6\n", b"6\n"),
        (b"old 6\n", b"old 06\n"),
        (b"old 6\n", b"old -6\n"),
        (b"old 6\n", b"old 6\nAAAA\n"),
        # 32 zero bytes are a hash as good as any; this many of them are not.
        (b"old 6\n", b"old 6\n" + (b"A" * 43 + b"=\n") * 63),
        (b"old 6\n", b"\xff"),
        (b"\n\n", b"\n"),
    ],
)
def test_a_request_in_another_form_is_refused(site: Any, old: bytes, new: bytes) -> None:
    entries = site.entries(9)
    tree = Tree(map(leaf_hash, entries))
    body = request_body(6, tree.consistency(6), site.note(site.head(entries)))
    assert code(lambda: Request.parse(body.replace(old, new))) == "bad_request"
