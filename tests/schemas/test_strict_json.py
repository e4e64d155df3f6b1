"""Reading JSON: what is refused, with which code, and that nothing of it is repeated."""

import tracemalloc

import pytest

import schemas
from schemas import Finding, InvalidDocument

MAX = 2**53 - 1


def _refusal(data: bytes, limit: int = schemas.DEFAULT_LIMIT) -> tuple[Finding, ...]:
    with pytest.raises(InvalidDocument) as caught:
        schemas.load(data, limit)
    return caught.value.findings


@pytest.mark.parametrize(
    ("data", "code", "pointer"),
    [
        (b"\xff\xfe", "json.encoding", ""),
        (b'"caf\xe9"', "json.encoding", ""),
        (b"\xef\xbb\xbf{}", "json.byte-order-mark", ""),
        (b'{"upn": "a", "upn": "b"}', "json.duplicate-member", "/upn"),
        (b'[{"a": {"b": 1, "b": 1}}]', "json.duplicate-member", "/0/a/b"),
        (b'{"a": 1, "\\u0061": 2}', "json.duplicate-member", "/a"),
        (b'{"a": "\\\\", "b": "\\"", "c": 1, "c": "\\\\"}', "json.duplicate-member", "/c"),
        (b'{"a": "\\\\\\", \\"b\\": 1", "c": 1.5}', "json.not-an-integer", "/c"),
        (b"[NaN]", "json.not-a-number", ""),
        (b"[-Infinity]", "json.not-a-number", ""),
        (b'{"value": 2.5}', "json.not-an-integer", "/value"),
        (b"[1.0]", "json.not-an-integer", "/0"),
        (b"[1, 1e3]", "json.not-an-integer", "/1"),
        (b"[1e999]", "json.not-an-integer", "/0"),
        (b"[9007199254740992]", "json.integer-too-large", "/0"),
        (b"-9007199254740992", "json.integer-too-large", ""),
        (b"9" * 1_000_000, "json.integer-too-large", ""),
        (b'"\\ud800"', "json.lone-surrogate", ""),
        (b'["\\udc00\\ud800"]', "json.lone-surrogate", ""),
        (b"[" * 65 + b"]" * 65, "json.too-deep", ""),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "json.too-deep", ""),
        (b"[" * 100_000 + b"]" * 100_000, "json.too-deep", ""),
        (b"[" * 100_000, "json.too-deep", ""),
        (b'{"a":' * 100_000, "json.too-deep", ""),
        (b'["' * 100_000, "json.too-deep", ""),
        (b"", "json.syntax", ""),
        (b"[1,]", "json.syntax", ""),
        (b"{'a': 1}", "json.syntax", ""),
        (b'"\x01"', "json.syntax", ""),
        (b"{} {}", "json.syntax", ""),
        (b'"' + b'\\"' * 500_000, "json.syntax", ""),
    ],
)
def test_bad_text_is_refused_with_one_finding(data: bytes, code: str, pointer: str) -> None:
    found = _refusal(data)

    assert [(finding.code, finding.pointer, finding.severity) for finding in found] == [
        (code, pointer, "error")
    ]
    assert found[0].message
    assert found[0].fix


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        ('{"name": "Zoë O’Brien-Šmíd"}'.encode(), {"name": "Zoë O’Brien-Šmíd"}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"[9007199254740991, -9007199254740991]", [MAX, -MAX]),
        (b'[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}]),
        (b'"[[[[[NaN 1.5]]]]]"', "[[[[[NaN 1.5]]]]]"),
        (b" [true, false, null] ", [True, False, None]),
        (b'{"a": "\\\\", "b": "\\": 1.5, \\"a\\": 1e3"}', {"a": "\\", "b": '": 1.5, "a": 1e3'}),
    ],
)
def test_good_text_is_read(data: bytes, value: object) -> None:
    assert schemas.load(data) == value


def test_sixty_four_levels_are_read() -> None:
    assert schemas.load(b"[" * 64 + b"]" * 64) is not None


def test_text_up_to_the_limit_is_read_and_one_byte_more_is_refused_before_parsing() -> None:
    assert schemas.load(b'"12345678"', 10) == "12345678"
    assert _refusal(b"[" * 11, 10)[0].code == "json.too-large"


def test_every_unfit_place_is_reported_in_order() -> None:
    found = _refusal(b'{"b": 1.5, "a": [2.5, {"c": 1, "c": 2}]}')

    assert [finding.pointer for finding in found] == ["/b", "/a/0", "/a/1/c"]


def test_a_member_name_that_may_be_a_childs_is_not_shown() -> None:
    found = _refusal('{"pupils": {"Zoë Smith": 1.5, "Zoë Smith": 2.5}}'.encode())

    assert {finding.pointer for finding in found} == {"/pupils"}
    assert "Zoë" not in repr(found)


def test_a_flood_of_tiny_values_is_refused_before_it_takes_memory() -> None:
    data = b"[" + b"[]," * 1_000_000 + b"[]]"
    tracemalloc.start()
    try:
        assert _refusal(data)[0].code == "json.too-many-values"
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_the_text_of_the_error_names_codes_only() -> None:
    with pytest.raises(InvalidDocument, match=r"^1 finding\(s\): json\.not-an-integer$"):
        schemas.load(b'{"value": 2.5}')
