"""Archives: what honest programs write is read, what could hurt is refused before it is unpacked."""

import io
import zipfile
from collections.abc import Callable

import pytest

from adapters import CannotRead, look
from adapters.archive import MAX_MEMBERS, opened

LIMIT = 50_000_000


def packed(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unpacked(data: bytes, max_bytes: int) -> dict[str, bytes]:
    with opened(io.BytesIO(data), max_bytes) as archive:
        return {name: archive.read(name) for name in archive.names}


def code(data: bytes, max_bytes: int = LIMIT) -> str:
    with pytest.raises(CannotRead) as refused:
        unpacked(data, max_bytes)
    (finding,) = refused.value.findings
    assert refused.value.__context__ is None or refused.value.__suppress_context__
    assert finding.message
    assert finding.fix
    return finding.code


def test_members_are_read_whole_by_name() -> None:
    data = packed(users=b"a,b\r\n" * 1000, orgs=b"")
    with opened(io.BytesIO(data), LIMIT) as archive:
        assert archive.names == ("users", "orgs")
        assert archive.sizes == {"users": 5000, "orgs": 0}
        assert archive.read("users") == b"a,b\r\n" * 1000
        with pytest.raises(KeyError):
            archive.read("classes")


def test_a_folder_in_an_archive_is_no_member() -> None:
    with opened(io.BytesIO(packed(**{"set/": b"", "set/users.csv": b"x"})), LIMIT) as archive:
        assert archive.names == ("set/users.csv",)


@pytest.mark.parametrize("name", ["../users.csv", "/users.csv", "a/../../b", "C:users.csv", "..\\users.csv"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    assert code(packed(**{name: b"x"})) == "archive.leads_out"
    with opened(io.BytesIO(packed(**{"a..b/users.csv": b"x"})), LIMIT) as archive:
        assert archive.read("a..b/users.csv") == b"x"


def test_what_unpacks_to_many_times_its_size_is_refused() -> None:
    assert code(packed(users=bytes(5_000_000))) == "archive.bomb"


def test_members_may_not_be_larger_in_all_than_the_limit() -> None:
    data = packed(users=bytes(range(256)) * 40, orgs=bytes(range(256)) * 40)
    assert code(data, 20_000) == "archive.too_large"
    with opened(io.BytesIO(data), 20_480) as archive:
        assert sum(len(archive.read(name)) for name in archive.names) == 20_480


def test_a_member_read_twice_counts_twice() -> None:
    with opened(io.BytesIO(packed(users=bytes(range(256)))), 300) as archive:
        assert len(archive.read("users")) == 256
        with pytest.raises(CannotRead):
            archive.read("users")


def test_a_member_that_is_longer_than_it_says_is_refused() -> None:
    data = bytearray(packed(users=bytes(range(256)) * 8))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = data.index(mark) + place
        data[start : start + 4] = (16).to_bytes(4, "little")
    assert code(bytes(data)) == "archive.broken"


def locked(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[changed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def crowded(data: bytes) -> bytes:
    changed, place = bytearray(data), data.index(b"PK\x05\x06")
    changed[place + 8 : place + 12] = (MAX_MEMBERS + 1).to_bytes(2, "little") * 2
    return bytes(changed)


def twice(data: bytes) -> bytes:
    return data.replace(b"users", b"orgs!")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (locked, "archive.locked"),
        (crowded, "archive.broken"),
        (twice, "archive.twice"),
        (lambda data: data[:-30], "archive.broken"),
        (lambda data: data.replace(b"PK\x01\x02", b"PK\x01\x03"), "archive.broken"),
        (lambda data: b"PK\x03\x04" + bytes(100), "archive.broken"),
    ],
)
def test_a_damaged_archive_is_refused_in_one_sentence(
    change: Callable[[bytes], bytes], expected: str
) -> None:
    assert code(change(packed(**{"users": b"one", "orgs!": b"two"}))) == expected


def test_the_head_of_a_file_is_its_beginning_and_the_names_in_it() -> None:
    stream = io.BytesIO(packed(users=b"one"))
    assert look(stream).members == {"users"}
    assert stream.tell() == 0
    assert look(io.BytesIO(b"UPN,Surname")).members == frozenset()
    broken = look(io.BytesIO(b"PK\x03\x04 and no more"))
    assert broken.start.startswith(b"PK")
    assert broken.members == frozenset()
