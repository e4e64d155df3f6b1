"""A directory as one text, checked years later from a root alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.directory.errors import DirectoryRefused
from gateway.directory.keeper import holder_pair, read_holder, sign_root
from gateway.log.archive import pack, unpack
from signing.encoding import canonical


def archived(site: Any) -> bytes:
    known = site.client.load()
    history: list[Path] = sorted((site.base / "trust/tuf/root_history").glob("*.root.json"))
    return pack(known.accepted, [path.read_bytes() for path in history])


def root(site: Any, version: int = 1) -> bytes:
    data: bytes = site.keeper.folder.joinpath(f"{version}.root.json").read_bytes()
    return data


def renewed(site: Any) -> None:
    folders = [site.keeper.folder / "holders" / str(number) for number in range(1, 5)]
    path = site.keeper.renew_root([read_holder(f / "holder.json") for f in folders], ["timestamp"], site.now)
    for folder in folders[:3]:
        sign_root(path, holder_pair(folder))
    site.publish()
    site.refresh()


def code(work: Callable[[], object]) -> str:
    with pytest.raises(DirectoryRefused) as caught:
        work()
    return caught.value.code


def test_an_archive_says_years_later_what_the_directory_said(site: Any) -> None:
    data, directory = archived(site), site.trusted()[1]
    site.advance(7 * 365 * 86_400)
    found = unpack(data, root(site))
    assert (found.version, found.organisations) == (directory.version, directory.organisations)


def test_an_older_root_vouches_for_a_newer_one_through_the_roots_between(site: Any) -> None:
    renewed(site)
    renewed(site)
    data = archived(site)
    assert len(orjson.loads(data)["roots"]) == 2
    for version in (1, 2, 3):
        assert unpack(data, root(site, version)).organisations
    without = canonical({**orjson.loads(data), "roots": []})
    assert code(lambda: unpack(without, root(site, 1))) == "not_a_root"
    assert unpack(without, root(site, 2)).organisations


def test_a_newer_root_does_not_vouch_for_an_older_one(site: Any) -> None:
    data = archived(site)
    renewed(site)
    assert code(lambda: unpack(data, root(site, 2))) == "not_a_root"
    assert unpack(data, root(site, 1)).organisations


def test_a_root_of_other_holders_vouches_for_nothing(site: Any, tmp_path: Path) -> None:
    other = type(site.keeper)(tmp_path / "another")
    anchor = other.init_alone(site.now).read_bytes()
    assert code(lambda: unpack(archived(site), anchor)) == "not_a_root"
    unsigned = orjson.loads(root(site))
    unsigned["signatures"] = unsigned["signatures"][:5]
    assert code(lambda: unpack(archived(site), orjson.dumps(unsigned))) == "root_unsigned"


def test_a_changed_archive_is_refused(site: Any) -> None:
    value = orjson.loads(archived(site))
    name = next(name for name, text in value["files"].items() if "Ash Vale" in text)
    changed = {
        **value,
        "files": {**value["files"], name: value["files"][name].replace("Ash Vale", "Ash Hill")},
    }
    expected = {"mixed": changed}
    for role in ("timestamp", "snapshot", "targets"):
        metadata = orjson.loads(value["metadata"][role])
        metadata["signatures"] = metadata["signatures"][:1]
        text = orjson.dumps(metadata).decode()
        expected[role] = {**value, "metadata": {**value["metadata"], role: text}}
    for name, one in expected.items():
        wanted = name if name == "mixed" else "not_enough_signatures"
        assert code(lambda one=one: unpack(canonical(one), root(site))) == wanted  # type: ignore[misc]


def test_what_is_no_archive_is_refused(site: Any) -> None:
    value = orjson.loads(archived(site))
    assert unpack(canonical(value), root(site))
    wrong: list[object] = [
        [],
        {**value, "v": 2},
        {**value, "type": "x"},
        {**value, "more": 1},
        {**value, "files": []},
        {**value, "roots": [1]},
        {**value, "metadata": {}},
    ]
    for one in (*map(canonical, wrong), b"x"):
        assert code(lambda one=one: unpack(one, root(site))) == "bad_metadata"  # type: ignore[misc]
    assert code(lambda: unpack(archived(site), b"x")) == "bad_metadata"
