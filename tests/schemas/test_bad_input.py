"""What may arrive instead of a document: one finding with a code each, and never a traceback or a cascade."""

import json
import tracemalloc
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

import schemas
from schemas import Finding, InvalidDocument

CANARY = "Zoë’s secret"
_REPORT = resources.files("schemas") / "v1" / "examples" / "final-report" / "valid" / "end-of-placement.json"
REPORT: dict[str, Any] = json.loads(_REPORT.read_text("utf-8"))
TEXT = json.dumps(REPORT)
LIMIT = schemas.DEFAULT_LIMIT


def findings(data: bytes) -> tuple[Finding, ...]:
    """What is found in some bytes on the way that every document takes."""
    try:
        schemas.check("document", schemas.load(data))
    except InvalidDocument as problem:
        return problem.findings
    return ()


def report(**changed: object) -> bytes:
    """A good final report with some members changed; None takes a member away."""
    value = {name: part for name, part in (REPORT | changed).items() if part is not None}
    return json.dumps(value, ensure_ascii=False).encode()


ONE_THING_WRONG = {
    "a list": (b"[]", "schema.type", ""),
    "a text": (json.dumps(CANARY).encode(), "schema.type", ""),
    "a number": (b"17", "schema.type", ""),
    "null": (b"null", "schema.type", ""),
    "true": (b"true", "schema.type", ""),
    "a document in a list": (f"[{TEXT}]".encode(), "schema.type", ""),
    "nothing": (b"", "json.syntax", ""),
    "an empty object": (b"{}", "schema.required", "/type"),
    "a member twice": (
        TEXT.replace('"version": 1,', '"version": 1, "version": 1,', 1).encode(),
        "json.duplicate-member",
        "/version",
    ),
    "NaN": (TEXT.replace('"version": 1,', '"version": NaN,', 1).encode(), "json.not-a-number", ""),
    "Infinity": (TEXT.replace('"version": 1,', '"version": -Infinity,', 1).encode(), "json.not-a-number", ""),
    "a decimal point": (report(version=1.5), "json.not-an-integer", "/version"),
    "100,000 lists": (b"[" * 100_000 + b"]" * 100_000, "json.too-deep", ""),
    "100,000 objects in extensions": (
        b'{"extensions":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        "json.too-deep",
        "",
    ),
    "not UTF-8": (report(achievements=[CANARY]).decode().encode("latin-1", "replace"), "json.encoding", ""),
    "UTF-16": (TEXT.encode("utf-16"), "json.encoding", ""),
    "a byte order mark": (b"\xef\xbb\xbf" + TEXT.encode(), "json.byte-order-mark", ""),
    "cut off": (TEXT[:-20].encode(), "json.syntax", ""),
    "XML": (b"<?xml version='1.0'?><CTfile/>", "json.syntax", ""),
    "half of a character": (report(documentId="x").replace(b'"x"', b'"\\ud800"'), "json.lone-surrogate", ""),
    "no type": (report(type=None), "schema.required", "/type"),
    "an unknown type": (report(type=CANARY), "schema.enum", "/type"),
    "a type of another kind": (report(type={"is": "final-report"}), "schema.enum", "/type"),
    "a type of another version, full of what that version knows": (
        report(type="exit-interview", schemaVersion="1.7", documentId=CANARY, answers=[{"to": 1}]),
        "schema.enum",
        "/type",
    ),
    "no version": (report(schemaVersion=None), "schema.required", "/schemaVersion"),
    "an unknown version": (report(schemaVersion="2.0"), "schema.const", "/schemaVersion"),
    "a version of another kind": (report(schemaVersion=[CANARY]), "schema.const", "/schemaVersion"),
    "another version, full of what that version knows": (
        report(schemaVersion="1.7", documentId=CANARY, achievements={"of": CANARY}, tone=3, author=None),
        "schema.const",
        "/schemaVersion",
    ),
}


def test_a_good_document_has_no_finding() -> None:
    assert findings(TEXT.encode()) == findings(report()) == ()


@pytest.mark.parametrize("name", ONE_THING_WRONG)
def test_what_is_no_document_gives_one_finding_with_a_code(name: str) -> None:
    data, code, pointer = ONE_THING_WRONG[name]

    (found,) = findings(data)

    assert (found.code, found.pointer, found.severity) == (code, pointer, "error")
    assert found.message
    assert found.fix
    assert CANARY not in repr(found)


def test_another_version_silences_only_its_own_document() -> None:
    folder = resources.files("schemas") / "v1" / "examples" / "transfer" / "valid"
    transfer = json.loads((folder / "start-of-placement.json").read_text("utf-8"))
    assert schemas.validate("transfer", transfer) == ()
    transfer["documents"][0] |= {"schemaVersion": "1.7", "mood": 3}
    transfer["documents"][1]["mood"] = 3
    transfer["mood"] = 3

    found = [(finding.code, finding.pointer) for finding in schemas.validate("transfer", transfer)]

    assert found == [
        ("schema.const", "/documents/0/schemaVersion"),
        ("schema.unknown-property", "/documents/1/mood"),
        ("schema.unknown-property", "/mood"),
    ]


def most_memory(data: bytes) -> tuple[tuple[Finding, ...], int]:
    """The findings, and the most memory that finding them took beside the bytes themselves."""
    tracemalloc.start()
    try:
        return findings(data), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_more_than_64_mb_is_refused_before_anything_reads_it() -> None:
    (found,), most = most_memory(b'{"type": "' + b"x" * LIMIT + b'"}')

    assert (found.code, found.pointer) == ("json.too-large", "")
    assert most < 1_000_000


# Made when they are needed: together they would fill the memory of the whole run.
HUGE: dict[str, tuple[Callable[[], bytes], str]] = {
    "one long type": (lambda: b'{"type": "' + b"x" * (LIMIT - 20) + b'"}', "schema.enum"),
    "brackets only": (lambda: b"[" * (LIMIT - 1), "json.too-many-values"),
    "one long number": (lambda: b"[" + b"7" * (LIMIT - 2) + b"]", "json.integer-too-large"),
    "blanks only": (lambda: b" " * LIMIT, "json.syntax"),
    "escapes only": (lambda: b'"' + b"\\u0041" * (LIMIT // 6 - 1) + b'"', "schema.type"),
}


@pytest.mark.parametrize("name", HUGE)
def test_64_mb_of_the_worst_kind_take_a_few_times_their_size(name: str) -> None:
    make, code = HUGE[name]
    data = make()
    assert len(data) <= LIMIT

    (found,), most = most_memory(data)

    assert found.code == code
    # orjson sets aside twelve times the text whatever is in it, and touches little of that.
    assert most < 16 * LIMIT
    assert len(repr(found)) < 5_000
