"""The entries of a gateway's log: canonical JSON of a kind, a time and digests, and nothing else.

What an entry may hold is data, in `leaf.schema.json` beside this file.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

import jsonschema_rs
import orjson

from signing.encoding import canonical, parse
from signing.errors import EncodingError
from signing.log.errors import LogError

MAX_ENTRY: Final = 1024  # bytes
VERSION: Final = 1


def schema() -> dict[str, Any]:
    """The schema of an entry, as data."""
    text = (resources.files("signing") / "log" / "leaf.schema.json").read_bytes()
    value: dict[str, Any] = orjson.loads(text)
    return value


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema(), offline=True, mask="the value")


def entry(kind: str, at: int, **members: str) -> bytes:
    """The entry about an event at the epoch second `at`. Raises `LogError` for one that is not permitted."""
    value = {"v": VERSION, "kind": kind, "at": at, **members}
    if not _validator().is_valid(value):
        raise LogError("bad_leaf")
    return canonical(value)


def read(data: bytes, index: int) -> Mapping[str, Any]:
    """The members of the entry `index`, which is canonical and in the published form. Raises `LogError`."""
    try:
        value = parse(data) if len(data) <= MAX_ENTRY else None
    except EncodingError:
        value = None
    if not isinstance(value, dict) or not _validator().is_valid(value):
        raise LogError("bad_leaf", index)
    # To JSON Schema 1.0 is an integer too.
    if type(value["at"]) is not int or type(value["v"]) is not int:
        raise LogError("bad_leaf", index)
    return value
