"""Strict, bounded JSON: what cannot be understood in one way only is refused before anything reads it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, Never

import orjson

from schemas.findings import Finding, InvalidDocument
from schemas.pointers import is_plain, pointer

DEFAULT_LIMIT = 64 * 1024 * 1024
MAX_DEPTH = 64
# One tuple, because a union would be made anew at each of thousands of looks.
_HOLDERS = (dict, list)
MAX_VALUES = 1_000_000
MAX_INTEGER = 2**53 - 1
_MAX_FINDINGS = 100
_BOM = b"\xef\xbb\xbf"
# An unfinished string matches to the end of the text, so that a broken document is read once only.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
# Not a whole number, or with so many digits that they have to be looked at.
_UNUSUAL_NUMBER = re.compile(rb"[0-9](?:[.eE]|[0-9]{15})")

_REASONS = {
    "json.too-large": ("The file is larger than this system reads.", "Send fewer pupils in one file."),
    "json.encoding": ("The file is not UTF-8 text.", "Save the file as UTF-8 and send it again."),
    "json.byte-order-mark": (
        "The file starts with a byte order mark.",
        "Save the file as UTF-8 without a byte order mark.",
    ),
    "json.too-many-values": ("The file holds more values than this system reads.", "Send a smaller file."),
    "json.too-deep": (
        f"The file is nested more than {MAX_DEPTH} levels deep.",
        "Send the document as the schema describes it: nothing in it is nested so deep.",
    ),
    "json.not-a-number": (
        "The file holds NaN or Infinity, which are not numbers in JSON.",
        "Leave the item out when it has no value.",
    ),
    "json.lone-surrogate": (
        "The file holds half of a character (a lone surrogate).",
        "Write the whole character, or remove the broken escape sequence.",
    ),
    "json.duplicate-member": (
        "The same member stands twice in one object.",
        "Keep one of them: readers would disagree about which one counts.",
    ),
    "json.not-an-integer": (
        "A number has a decimal point or an exponent.",
        "Write a whole number in the unit of the standard: minutes, pence, tenths of a per cent.",
    ),
    "json.integer-too-large": (
        "A number is too large to be read in the same way everywhere.",
        f"Use a whole number between -{MAX_INTEGER} and {MAX_INTEGER}.",
    ),
}


class _Unfit(NamedTuple):
    """Stands in the parsed value where a number was refused."""

    code: str


class _Doubled(dict[str, Any]):
    """An object in which a member name stood twice."""

    name: str


class _NotANumberError(Exception):
    """NaN or Infinity was met."""


def load(data: bytes, limit: int = DEFAULT_LIMIT) -> object:
    """Return the value of a JSON text, or raise InvalidDocument; nothing is checked against a schema.

    Time and memory are bounded by `limit`. Refused: text that is too large or not UTF-8, duplicate
    members, NaN, numbers that are not whole or beyond 2^53-1, lone surrogates, more than 64 levels.
    """
    if len(data) > limit:
        raise _refusal("json.too-large")
    if data.startswith(_BOM):
        raise _refusal("json.byte-order-mark")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_VALUES:
        raise _refusal("json.too-many-values")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _explain(data) from None
    members = _members(value)
    if members is None:
        raise _refusal("json.too-deep")
    if not _plainly_unambiguous(data, members):
        _require_unambiguous(data)
    return value


def _refusal(code: str, where: str = "") -> InvalidDocument:
    return InvalidDocument([_finding(code, where)])


def _finding(code: str, where: str) -> Finding:
    message, fix = _REASONS[code]
    return Finding(code, "error", where, message, fix)


def _members(value: object) -> int | None:
    """Return how many members there are in all objects together, None for what is nested too deep.

    This goes down level by level rather than by recursion, so that depth costs no stack.
    """
    level = [value] if isinstance(value, _HOLDERS) else []
    members = 0
    for _ in range(MAX_DEPTH):
        members += sum([len(node) for node in level if isinstance(node, dict)])
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, _HOLDERS)
        ]
        if not level:
            return members
    return None


def _plainly_unambiguous(data: bytes, members: int) -> bool:
    """Say at once, of most texts, that nothing in them could be understood in two ways.

    False only means that it has to be looked at closely. The text is known to be JSON, so that every quotation
    mark that is not escaped begins or ends a string, and outside of strings a colon stands in each member.
    """
    unescaped = data.replace(rb"\\", b"").replace(rb"\"", b"")
    outside = b'"'.join(unescaped.split(b'"')[::2])
    return outside.count(b":") == members and _UNUSUAL_NUMBER.search(outside) is None


def _require_unambiguous(data: bytes) -> None:
    """Read the text again with Python's parser, which unlike orjson shows members and numbers as written."""
    unfit: list[object] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else _mark_doubled(pairs, unfit)

    def whole(digits: str) -> object:
        # Counting digits first keeps a number of a million digits from being computed.
        if len(digits) <= 17 and abs(int(digits)) <= MAX_INTEGER:
            return int(digits)
        unfit.append(_Unfit("json.integer-too-large"))
        return unfit[-1]

    def decimal(_digits: str) -> object:
        unfit.append(_Unfit("json.not-an-integer"))
        return unfit[-1]

    value = json.loads(data, object_pairs_hook=members, parse_int=whole, parse_float=decimal)
    if unfit:
        raise InvalidDocument(list(_locate(value))[:_MAX_FINDINGS])


def _mark_doubled(pairs: list[tuple[str, Any]], unfit: list[object]) -> _Doubled:
    times = Counter(name for name, _ in pairs)
    doubled = _Doubled(pairs)
    doubled.name = next(name for name, count in times.items() if count > 1)
    unfit.append(doubled)
    return doubled


def _locate(root: object) -> Iterator[Finding]:
    """Yield a finding for every unfit place, in the order of the text."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), root)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Unfit):
            yield _finding(value.code, pointer(path))
            continue
        if isinstance(value, _Doubled):
            where = (*path, value.name) if is_plain(value.name) else path
            yield _finding("json.duplicate-member", pointer(where))
        if isinstance(value, dict):
            waiting.extend(((*path, name), child) for name, child in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(((*path, index), value[index]) for index in range(len(value) - 1, -1, -1))


def _explain(data: bytes) -> InvalidDocument:
    """Find out why a text was refused; the text is known to be bad, so this path need not be fast."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _refusal("json.encoding")
    if _nests_too_deep(data):
        return _refusal("json.too-deep")
    try:
        _python_loads(text)
    except _NotANumberError:
        return _refusal("json.not-a-number")
    except json.JSONDecodeError as problem:
        return _syntax(problem)
    return _explain_value(data)


def _nests_too_deep(data: bytes) -> bool:
    depth = 0
    for token in _STRUCTURE.finditer(data):
        sign = token.group()
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        if depth > MAX_DEPTH:
            return True
    return False


def _python_loads(text: str) -> None:
    def refuse(_name: str) -> Never:
        raise _NotANumberError

    json.loads(text, parse_constant=refuse, parse_int=len, parse_float=len)


def _explain_value(data: bytes) -> InvalidDocument:
    """Python read it and orjson did not: a number without bounds, or half of a character."""
    try:
        _require_unambiguous(data)
    except InvalidDocument as problem:
        return problem
    return _refusal("json.lone-surrogate")


def _syntax(problem: json.JSONDecodeError) -> InvalidDocument:
    message = f"The file is not JSON: it cannot be read at line {problem.lineno}, column {problem.colno}."
    fix = "Look for a missing or an extra comma, quotation mark or bracket at that place."
    return InvalidDocument([Finding("json.syntax", "error", "", message, fix)])
