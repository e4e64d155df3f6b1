"""The keeper's side: what is signed anew and what is left, roots that wait, and folders that are not a directory."""

import shutil
from typing import Any

import pytest

from gateway.directory.errors import DirectoryRefused
from gateway.directory.keeper import (
    Keeper,
    holder_pair,
    join_roots,
    new_holder,
    read_holder,
    read_root,
    sign_root,
)

DAY = 86_400


def refused(call: Any, *words: Any, **more: Any) -> str:
    with pytest.raises(DirectoryRefused) as problem:
        call(*words, **more)
    return problem.value.code


def holders(site: Any) -> list[Any]:
    return [read_holder(site.keeper.folder / "holders" / str(n) / "holder.json") for n in range(1, 5)]


def test_publishing_without_a_change_signs_a_timestamp_and_nothing_else(site: Any) -> None:
    site.advance(12 * 3_600)
    site.publish()
    assert site.refresh().versions == {"root": 1, "timestamp": 2, "snapshot": 1, "targets": 1}
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    assert site.refresh().versions == {"root": 1, "timestamp": 3, "snapshot": 2, "targets": 2}


def test_what_nears_its_end_is_signed_anew_in_time(site: Any) -> None:
    site.advance(20 * DAY + 1)
    site.publish()
    assert site.refresh().versions == {"root": 1, "timestamp": 2, "snapshot": 2, "targets": 1}
    site.advance(41 * DAY)
    site.publish()
    assert site.refresh().versions == {"root": 1, "timestamp": 3, "snapshot": 3, "targets": 2}


def test_the_directory_goes_on_while_a_new_root_waits_for_its_holders(site: Any) -> None:
    path = site.keeper.renew_root(holders(site), ["timestamp"], site.now)
    site.publish()
    assert site.keeper.waiting() == path
    assert site.refresh().versions["root"] == 1
    folders = [site.keeper.folder / "holders" / str(number) for number in (1, 2, 4)]
    copies = []
    for folder in folders:
        copies.append(folder / "2.root.json")
        shutil.copy(path, copies[-1])
        sign_root(copies[-1], holder_pair(folder))
    join_roots(path, copies)
    site.publish()
    assert site.keeper.waiting() is None
    assert site.refresh().versions["root"] == 2


def test_a_root_is_begun_again_until_it_is_signed(site: Any) -> None:
    first = site.keeper.renew_root(holders(site), ["timestamp"], site.now)
    again = site.keeper.renew_root(holders(site), [], site.now)
    assert first == again
    assert read_root(again).signed.version == 2


def test_signatures_of_another_root_are_not_joined(site: Any, tmp_path: Any) -> None:
    path = site.keeper.renew_root(holders(site), [], site.now)
    assert refused(join_roots, path, [site.keeper.folder / "1.root.json"]) == "not_a_root"
    assert refused(join_roots, path, [tmp_path / "nowhere.json"]) == "not_a_root"
    assert refused(
        sign_root, site.file("timestamp.json"), holder_pair(site.keeper.folder / "holders" / "1")
    ) == ("bad_metadata")
    join_roots(path, [path])


def test_four_different_holders_or_none(site: Any, tmp_path: Any) -> None:
    four = holders(site)
    for some in (four[:3], [*four[:3], four[0]], []):
        assert refused(Keeper(tmp_path / "other").init, some, site.now) == "bad_holders"
        assert refused(site.keeper.renew_root, some, [], site.now) == "bad_holders"
    assert Keeper(tmp_path / "other").init(four, site.now).exists()


def test_a_directory_and_a_holder_are_made_once(site: Any) -> None:
    assert refused(site.keeper.init_alone, site.now) == "exists"
    assert refused(site.keeper.init, holders(site), site.now) == "exists"
    assert refused(new_holder, site.keeper.folder / "holders" / "1") == "exists"


def test_a_folder_without_a_directory_publishes_nothing(site: Any, tmp_path: Any) -> None:
    assert refused(Keeper(tmp_path / "empty").publish, site.now) == "no_directory"
    assert not (tmp_path / "empty").exists()
    site.keeper.publish(site.now)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1, 2]", "null"])
def test_what_is_no_holders_file_is_refused(tmp_path: Any, text: str) -> None:
    path = tmp_path / "holder.json"
    path.write_text(text)
    assert refused(read_holder, path) == "bad_holders"
    assert refused(read_holder, tmp_path / "nowhere.json") == "bad_holders"
    assert read_holder(new_holder(tmp_path / "holder"))


def test_the_same_document_again_changes_nothing(site: Any) -> None:
    before = site.entry("orgs/hollow-farm.json")
    site.add("hollow-farm")
    assert site.entry("orgs/hollow-farm.json") == before


def test_an_older_document_is_not_taken_again(site: Any) -> None:
    old = dict(site.documents["ash-vale"])
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    site.documents["ash-vale"] = old
    assert refused(site.add, "ash-vale") == "listed_already"


def test_a_gateway_may_move_and_its_version_rises_by_itself(site: Any) -> None:
    document = site.entry("gateways/relay.json")["document"]
    site.keeper.add(document, site.now)
    site.publish()
    assert site.refresh().directory(site.now).gateway("urn:ltp:gw:relay").version == 1
    site.keeper.add(document | {"url": "https://relay.elsewhere.example"}, site.now)
    site.publish()
    moved = site.refresh().directory(site.now).gateway("urn:ltp:gw:relay")
    assert (moved.version, moved.url) == (2, "https://relay.elsewhere.example")
    site.keeper.suspend("gateways/relay.json", "its keys were stolen", site.now)
    site.publish()
    assert not site.refresh().directory(site.now).gateway("urn:ltp:gw:relay").active
