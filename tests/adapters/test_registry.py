import io
from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

import adapters
from adapters import ADAPTERS, Adapter, Head, detect
from adapters.registry import GROUP, Adapters

OTHER = Adapter(
    name="other", title="Other", read=lambda stream, hints: iter(()), detect=lambda head: bool(head.start)
)


def fails(head: Head) -> bool:
    raise RuntimeError(head)


FAILING = Adapter(name="failing", title="Failing", read=OTHER.read, detect=fails)
NOT_AN_ADAPTER = "nothing of the kind"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Adapters]:
    def install(**points: str) -> Adapters:
        found = [EntryPoint(name=name, value=value, group=GROUP) for name, value in points.items()]
        monkeypatch.setattr("adapters.registry.entry_points", lambda group: found)
        registry = Adapters()
        monkeypatch.setattr("adapters.registry.ADAPTERS", registry)
        return registry

    return install


def here(name: str) -> str:
    return f"{__name__}:{name}"


def test_ours_are_there_under_their_own_name() -> None:
    assert "ctf" in ADAPTERS
    assert all(ADAPTERS[name].name == name for name in ADAPTERS)
    assert len(ADAPTERS) == len(list(ADAPTERS))


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        ADAPTERS["no-such-format"]


def test_a_format_that_is_only_read_has_no_writer(installed: Callable[..., Adapters]) -> None:
    registry = installed(other=here("OTHER"))
    assert registry.reader("other") is OTHER.read
    with pytest.raises(KeyError):
        registry.writer("other")


def test_another_package_can_add_an_adapter(installed: Callable[..., Adapters]) -> None:
    registry = installed(other=here("OTHER"))
    assert list(registry)[-1] == "other"
    assert registry["other"] is OTHER
    assert registry.broken == ()


@pytest.mark.parametrize("value", ["no_such_module:ADAPTER", here("MISSING"), here("NOT_AN_ADAPTER")])
def test_a_broken_plug_in_is_left_out_and_named(installed: Callable[..., Adapters], value: str) -> None:
    registry = installed(other=value)
    assert "other" not in registry
    assert registry.broken == ("other",)


def test_a_plug_in_cannot_take_the_place_of_ours(installed: Callable[..., Adapters]) -> None:
    registry = installed(ctf=here("OTHER"))
    assert registry["ctf"] is ADAPTERS["ctf"]
    assert registry.broken == ("ctf",)


def test_a_detector_that_fails_recognises_nothing(installed: Callable[..., Adapters]) -> None:
    installed(failing=here("FAILING"))
    assert detect(io.BytesIO(b"some other format")) is None
    installed(failing=here("FAILING"), other=here("OTHER"))
    assert detect(io.BytesIO(b"some other format")) == "other"


@pytest.mark.parametrize(
    "name",
    ["two-pupils", "bom-crlf", "utf16", "cp1252-declared", "partial", "ctf19-gender", "doctype", "truncated"],
)
def test_a_ctf_is_recognised_by_its_first_bytes(sample: Callable[[str], bytes], name: str) -> None:
    assert detect(io.BytesIO(sample(name)[:600])) == "ctf"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xfe",
        b"Colour,Shape\r\n",
        b"%PDF-1.7",
        b'{"CTfile": 1}',
        b"<html><CTfile/></html>",
        b"<!-- <CTfile> --><x/>",
        b"<CTfiles/>",
        b"<CTf",
        b"<?xml version='1.0'?>",
        b"<!-- never ends",
    ],
)
def test_what_only_looks_like_a_ctf_is_not_recognised(head: bytes) -> None:
    assert detect(io.BytesIO(head)) is None


def test_the_public_names_are_all_there() -> None:
    assert all(hasattr(adapters, name) for name in adapters.__all__)
