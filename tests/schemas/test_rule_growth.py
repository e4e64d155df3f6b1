"""What the rules cost: everything that many documents share is looked at once."""

import pytest

from schemas.rules import _case
from schemas.rules._case import Unseen, once


def test_what_was_found_is_found_once() -> None:
    calls: list[int] = []
    taken = _case.case({"documents": []})

    def looked() -> str:
        calls.append(1)
        return "found"

    assert [once(taken, "a name", looked) for _ in range(3)] == ["found"] * 3
    assert len(calls) == 1


def test_what_cannot_be_seen_is_looked_for_once_and_raised_each_time() -> None:
    calls: list[int] = []
    taken = _case.case({"documents": []})

    def hidden() -> str:
        calls.append(1)
        raise Unseen("/placement", why="It is not here.")

    for _ in range(3):
        with pytest.raises(Unseen) as caught:
            once(taken, "a name", hidden)
        assert (caught.value.places, caught.value.why) == (("/placement",), "It is not here.")
    assert len(calls) == 1
