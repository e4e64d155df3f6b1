"""The one byte form of everything: strict base64url and canonical JSON (LTP-1 §2, §2.1).

On integers and ASCII member names `orjson` with sorted keys writes exactly RFC 8785, so a text is canonical
when parsing and writing it gives the same bytes. That one comparison also removes duplicate members, white
space, other escapes and big integers. orjson refuses nesting that could exhaust the stack (1024 levels to
read, 254 to write), before it builds anything.
"""

import hashlib
from types import NoneType
from typing import Any, Final

import orjson
import pybase64

from signing.errors import EncodingError

_OPTIONS: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_SCALARS: Final = frozenset({int, bool, NoneType})
_INVALID: Final = object()
# How a text may end whose length is so many characters over a multiple of four; one alone says no byte.
_LAST: Final = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")


def b64u(data: bytes) -> str:
    """`data` in base64url without padding (RFC 4648 §5)."""
    return pybase64.b64encode_as_string(data, altchars=b"-_").rstrip("=")


def b64u_length(length: int) -> int:
    """How many characters `b64u` makes of `length` bytes."""
    return (length * 4 + 2) // 3


def unb64u(text: object) -> bytes:
    """The bytes of a base64url text, or of its ASCII octets; refuses every spelling but the one of `b64u`."""
    if type(text) is str and text.isascii():
        text = text.encode()
    # The decoder still takes the classic alphabet beside ours, with a warning, and padding.
    if type(text) is not bytes or b"+" in text or b"/" in text or b"=" in text:
        raise EncodingError("not_base64url")
    over = len(text) % 4
    # Of the last character of a group that is not full only some bits count: the others are zero.
    if over and text[-1] not in _LAST[over]:
        raise EncodingError("not_base64url")
    try:
        return pybase64.b64decode(text + b"=" * (-over % 4), altchars=b"-_", validate=True)
    except ValueError:
        pass
    raise EncodingError("not_base64url")


def sha256(data: bytes) -> str:
    """SHA-256 of `data`, in base64url."""
    return b64u(hashlib.sha256(data).digest())


def canonical(value: object) -> bytes:
    """`value` as RFC 8785 JSON; the caller has checked free content with `check_content`."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        pass
    # Raised out here so that no traceback carries the library's view of the content.
    raise EncodingError("malformed")


def parse(data: bytes) -> object:
    """The value of canonical JSON `data`. Does not look for floats: use `check_content` on free content."""
    value = parse_any(data)
    if canonical(value) != data:
        raise EncodingError("not_canonical")
    return value


def parse_any(data: bytes) -> object:
    """The value of JSON `data` whose canonical form the caller compares himself."""
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = _INVALID
    # orjson's error holds the whole document: raising out here keeps it out of `__context__`.
    if value is _INVALID:
        raise EncodingError("malformed")
    return value


def cut(data: bytes, name: bytes) -> tuple[object, bytes, bytes]:
    """The value of canonical JSON `data` without the bulk, the base64url text of its first member `name`.

    In the value that member is empty; its characters and the bytes that they say come beside it. The strict
    base64url form needs no escape, so that the text is canonical exactly when it is without the bulk.
    """
    head = b'{"%b":"' % name
    end = data.find(b'"', len(head))
    characters = data[len(head) : end]
    try:
        octets = unb64u(characters if data.startswith(head) else None)
    except EncodingError:
        # What is wrong with the text as a whole comes before what is wrong with one member.
        parse(data)
        raise
    return parse(head + data[end:]), characters, octets


def check_content(value: object, text: bytes) -> None:
    """Refuse floats, foreign Python types and member names that are not ASCII in `value`.

    `text` is its canonical JSON: because the caller has written it, `value` is neither cyclic nor too deep.
    """
    containers: list[Any] = [(value,)]
    # The list grows while it is read. Most members are text, so text is asked for first.
    for node in containers:
        for member in node.values() if type(node) is dict else node:
            kind = type(member)
            if kind is not str:
                if kind is dict or kind is list or kind is tuple:
                    containers.append(member)
                elif kind not in _SCALARS:
                    raise EncodingError("unsupported_value")
    if not text.isascii():
        names = set[str]().union(*(node for node in containers if type(node) is dict))
        if not "".join(names).isascii():
            raise EncodingError("bad_member_name")
