"""JSON Pointers that never carry a submitted name that could be a child's data."""

import re
from collections.abc import Iterable
from functools import lru_cache

# A name outside the standard is shown only when it reads like an identifier; anything else may be free text.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}\Z")


@lru_cache(maxsize=4096)
def is_plain(name: str) -> bool:
    """Say whether a member name may be shown in a pointer."""
    return _PLAIN.match(name) is not None


def pointer(path: Iterable[str | int]) -> str:
    """Return the JSON Pointer of a path, cut before the first name that may not be shown."""
    shown = ""
    for step in path:
        if type(step) is not int and not is_plain(str(step)):
            break
        shown = f"{shown}/{step}"
    return shown
