"""Every fault a file can have as a file, each beside a file of the same kind without it."""

import gc
import io
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters import ADAPTERS, CannotRead, Draft, Hints
from schemas.findings import Finding

Read = Callable[..., Any]
Refused = Callable[..., Finding]
Sample = Callable[[str], bytes]
Text = Callable[..., Any]

BILLION = b'<!DOCTYPE CTfile [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


class Stream(io.RawIOBase):
    """A file that is made while it is read, and counts how much of it was asked for."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        out, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(out)
        return out


def big(data: bytes, times: int) -> Iterator[bytes]:
    """The pupils of a file again and again, each with no UPN so that none is a duplicate."""
    start, end = data.index(b"    <Pupil>"), data.index(b"  </CTFpupilData>")
    yield data[:start]
    pupils = data[start:end].replace(b"<UPN>", b"<UCI>").replace(b"</UPN>", b"</UCI>")
    for _ in range(times):
        yield pupils
    yield data[end:]


@pytest.mark.parametrize("name", ["two-pupils", "bom-crlf", "utf16", "cp1252-declared", "wales"])
def test_a_well_formed_file_is_read_whatever_its_encoding(read: Read, sample: Sample, name: str) -> None:
    reading = read(sample(name))
    assert reading.drafts
    assert reading.codes("error") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("utf-16", "xml.encoding_name"),
        ("utf-7", "xml.encoding_name"),
        ("cp037", "xml.encoding_name"),
        ("x-unheard-of", "xml.encoding_name"),
    ],
)
def test_an_encoding_that_is_not_the_files_own_is_refused(
    refused: Refused, sample: Sample, change: str, code: str
) -> None:
    assert refused(sample("wales").replace(b"utf-8", change.encode())).code == code


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["utf-16", "utf-8"])
def test_utf_16_is_read_with_or_without_a_byte_order_mark(
    read: Read, sample: Sample, codec: str, declared: str
) -> None:
    written = sample("wales").decode().replace("utf-8", declared)
    for mark in ("", "\ufeff"):
        assert read((mark + written).encode(codec)).drafts[0]["legalName"]["forename"] == "Siân"


def test_utf_32_is_refused(refused: Refused, sample: Sample) -> None:
    assert refused(sample("wales").decode().encode("utf-32")).severity == "error"


def test_windows_1252_bytes_in_a_utf_8_file_are_explained(
    refused: Refused, read: Read, sample: Sample
) -> None:
    finding = refused(sample("cp1252-declared-utf8"))
    assert finding.code == "xml.encoding"
    assert (
        "says it is UTF-8 but contains bytes from another encoding, probably Windows-1252" in finding.message
    )
    assert "line 4" in finding.message
    assert "UTF-8" in finding.fix
    assert read(sample("cp1252-declared")).drafts[0]["legalName"]["surname"] == "O’Brien"


def test_a_doctype_is_refused_before_the_parser_sees_it(refused: Refused, read: Read, sample: Sample) -> None:
    assert refused(sample("doctype")).code == "xml.doctype"
    assert read(
        sample("doctype").replace(b'<!DOCTYPE CTfile [<!ENTITY x "expanded">]>', b"").replace(b"&x;", b"x")
    )


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE CTfile>",
        b"<!doctype CTfile>",
        b'<!DOCTYPE CTfile SYSTEM "http://127.0.0.1:9/x.dtd">',
        BILLION,
        b"<!-- <CTfile> -->\n<?x y?> <!DOCTYPE CTfile>",
        b"<!DOCTYPE",
    ],
)
def test_no_kind_of_doctype_gets_through(refused: Refused, ctf: Text, pupil: Text, doctype: bytes) -> None:
    whole = ctf(pupil())
    for data in (
        doctype + whole,
        b"\xef\xbb\xbf" + doctype + whole,
        (doctype + whole).decode().encode("utf-16"),
    ):
        assert refused(data).code == "xml.doctype"


def test_an_entity_without_a_doctype_is_refused(refused: Refused, read: Read, ctf: Text, pupil: Text) -> None:
    name = "<Surname>{}</Surname>"
    assert refused(ctf(pupil(Surname=name.format("&eacute;")))).code == "xml.entity"
    fine = read(ctf(pupil(Surname=name.format("&amp;&#233;&lt;"))))
    assert fine.drafts[0]["legalName"]["surname"] == "&é<"


def test_an_entity_is_refused_wherever_the_pieces_are_cut(refused: Refused, ctf: Text, pupil: Text) -> None:
    filler = "<UCI>" + "x" * 70_000 + "</UCI>"
    for shift in range(12):
        data = ctf(pupil(blocks=filler[: -6 - shift] + "</UCI>", UCI="<UCI>&nbsp;</UCI>"), pupil())
        assert refused(data).code == "xml.entity"


def test_a_nul_byte_is_refused(refused: Refused, ctf: Text, pupil: Text) -> None:
    assert refused(ctf(pupil()).replace(b"Canarysur", b"Canary\0sur")).code == "xml.character"


@pytest.mark.parametrize("name", ["truncated"])
def test_a_file_that_breaks_off_is_called_truncated(refused: Refused, sample: Sample, name: str) -> None:
    finding = refused(sample(name))
    assert finding.code == "xml.truncated"
    assert "line 182" in finding.message


def test_a_file_is_truncated_wherever_it_is_cut(refused: Refused, read: Read, sample: Sample) -> None:
    whole = sample("wales").rstrip()
    assert read(whole).drafts
    for end in range(1, len(whole)):
        assert refused(whole[:end]).code in ("xml.truncated", "xml.not_xml"), end


def test_a_broken_file_says_after_which_pupil(refused: Refused, ctf: Text, pupil: Text) -> None:
    finding = refused(ctf(pupil(), pupil(UPN="<UPN>R999100120014</UPN>", DOB="<DOB>2012</dob>")))
    assert finding.code == "xml.not_well_formed"
    assert finding.message.endswith("line 1.")
    filler = f"<UCI>{'x' * 150_000}</UCI>"
    far = ctf(pupil(), pupil(blocks=filler), pupil(DOB="<DOB>2012</dob>"))
    assert refused(far).message.endswith("line 1, after Pupil 1.")


@pytest.mark.parametrize(
    "bad", ["a & b", "a < b", "]]>", "&#0;", "<x y=1/>", "<!-- -- -->", "<x a='1' a='2'/>"]
)
def test_bad_xml_inside_a_pupil_is_refused(refused: Refused, ctf: Text, pupil: Text, bad: str) -> None:
    assert refused(ctf(pupil(UCI=f"<UCI>{bad}</UCI>"))).code in ("xml.not_well_formed", "xml.character")


def test_a_bare_ampersand_early_in_a_big_file_is_still_named(
    refused: Refused, ctf: Text, pupil: Text
) -> None:
    many = [pupil(UPN="") for _ in range(12_000)]
    finding = refused(ctf(pupil(UCI="<UCI>a & b</UCI>"), *many))
    assert finding.code == "xml.not_well_formed"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml.empty"),
        (b" \r\n\t ", "xml.empty"),
        (b"UPN,Surname\r\n1,2", "xml.not_xml"),
        (b"\x89PNG\r\n\x1a\n", "xml.not_xml"),
        (b"PK\x03\x04", "xml.not_xml"),
        (b'{"pupils": []}', "xml.not_xml"),
        (b"<html><body/></html>", "xml.other_format"),
        (b"<CTfiles/>", "xml.other_format"),
        (b"<!-- " + b"x" * 70_000 + b" --><CTfile/>", "xml.not_xml"),
    ],
)
def test_what_is_not_a_ctf_is_refused_in_plain_words(refused: Refused, data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_second_document_after_the_end_is_refused(refused: Refused, ctf: Text, pupil: Text) -> None:
    assert refused(ctf(pupil()) + ctf(pupil())).code == "xml.not_well_formed"


def test_nesting_is_limited(refused: Refused, read: Read, ctf: Text, pupil: Text) -> None:
    def nested(depth: int) -> bytes:
        whole: bytes = ctf(pupil(blocks="<SuppInfo>" * depth + "x" + "</SuppInfo>" * depth))
        return whole

    assert read(nested(10)).drafts
    assert refused(nested(40)).code == "xml.too_deep"
    assert refused(nested(400)).code == "xml.too_deep"
    assert refused(b"<CTfile>" + b"<a>" * 400 + b"</a>" * 400 + b"</CTfile>").code == "xml.too_deep"
    assert refused(nested(10), max_depth=5).code == "xml.too_deep"


def test_the_byte_limit_holds_while_reading(sample: Sample) -> None:
    stream = Stream(big(sample("two-pupils"), 6_500))
    with pytest.raises(CannotRead) as caught:
        for _ in ADAPTERS.reader("ctf")(stream, Hints(max_pupils=1_000_000)):  # type: ignore[arg-type]
            pass
    assert caught.value.findings[0].code == "xml.too_large"
    assert "50 MB" in caught.value.findings[0].message
    assert stream.given <= 50_000_000 + 64 * 1024


def test_the_byte_limit_can_be_set(refused: Refused, read: Read, sample: Sample) -> None:
    data = sample("two-pupils")
    assert refused(data, max_bytes=len(data) - 1).code == "xml.too_large"
    assert len(read(data, max_bytes=len(data)).drafts) == 2


def test_one_record_has_a_limit_of_its_own(refused: Refused, read: Read, ctf: Text, pupil: Text) -> None:
    def stuffed(count: int) -> bytes:
        whole: bytes = ctf(pupil(blocks="<x/>" * count))
        return whole

    assert read(stuffed(100_000)).drafts
    assert refused(stuffed(600_000)).code == "xml.record_too_large"
    for more in range(4):
        assert refused(b"<CTfile>" + b" " * more + b"<x/>" * 600_000).code == "xml.record_too_large"
    assert refused(b"<CTfile>" + b"<x/>" * 600_000 + b"</CTfile>").code == "xml.record_too_large"


def test_pupils_in_the_wrong_place_are_not_read(read: Read, ctf: Text, pupil: Text) -> None:
    reading = read(ctf(f"{pupil()}<SuppInfo><Pupil>{pupil()}</Pupil></SuppInfo>"))
    assert len(reading.drafts) == 1
    assert read(b"<CTfile><Pupil/></CTfile>").drafts == []


def test_memory_stays_flat_over_five_megabytes(sample: Sample) -> None:
    def peak(times: int) -> int:
        stream = Stream(big(sample("two-pupils"), times))
        gc.collect()
        tracemalloc.start()
        pupils = 0
        for item in ADAPTERS.reader("ctf")(stream, Hints()):  # type: ignore[arg-type]
            pupils += isinstance(item, Draft)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert pupils == 2 * times
        return most

    peak(2)
    assert peak(560) < 2 * peak(56)


def test_an_error_of_the_stream_itself_passes_through() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(ADAPTERS.reader("ctf")(Broken(), Hints()))  # type: ignore[arg-type]
