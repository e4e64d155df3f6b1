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


def b64u(data: bytes) -> str:
    """`data` in base64url without padding (RFC 4648 §5)."""
    return pybase64.b64encode_as_string(data, altchars=b"-_").rstrip("=")


def b64u_length(length: int) -> int:
    """How many characters `b64u` makes of `length` bytes."""
    return (length * 4 + 2) // 3


def unb64u(text: object) -> bytes:
    """The bytes of a base64url text; refuses every spelling but the one that `b64u` writes."""
    # The decoder still takes the classic alphabet beside ours, with a warning, and padding.
    if type(text) is not str or not text.isascii() or "+" in text or "/" in text or "=" in text:
        raise EncodingError("not_base64url")
    over = len(text) % 4
    try:
        data = pybase64.b64decode(text + "=" * (-over % 4), altchars=b"-_", validate=True)
    except ValueError:
        data = None
    # Every other character has been looked at: only the last group can have bits that nothing says.
    if data is None or (over and b64u(data[len(data) // 3 * 3 :]) != text[-over:]):
        raise EncodingError("not_base64url")
    return data


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


def check_content(value: object, text: bytes) -> None:
    """Refuse floats, foreign Python types and member names that are not ASCII in `value`.

    `text` is its canonical JSON: because the caller has written it, `value` is neither cyclic nor too deep.
    """
    ascii_only = text.isascii()
    names: set[str] = set()
    containers: list[Any] = [(value,)]
    # The list grows while it is read. Most members are text, so text is asked for first.
    for node in containers:
        if type(node) is dict:
            if not ascii_only:
                names.update(node)
            node = node.values()
        for member in node:
            kind = type(member)
            if kind is not str:
                if kind is dict or kind is list or kind is tuple:
                    containers.append(member)
                elif kind not in _SCALARS:
                    raise EncodingError("unsupported_value")
    if not "".join(names).isascii():
        raise EncodingError("bad_member_name")
