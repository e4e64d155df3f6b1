"""A log in a folder: laid out as published, and checked by whoever has it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.log.folder import Content, Found, export, pack, tile_path, tiles, unpack
from signing.log import checkpoint
from signing.log.errors import LogError
from signing.log.merkle import Head, Tree, leaf_hash


def code(work: Callable[[], object]) -> tuple[str, int | None]:
    with pytest.raises(LogError) as caught:
        work()
    return caught.value.code, caught.value.where


def written(shelf: Any, folder: Path, *counts: int) -> list[bytes]:
    """A log that was signed after each of several additions, as a folder."""
    entries: list[bytes] = []
    for count in counts:
        entries += shelf.add(count, len(entries))
        signed = shelf.book.sign(shelf.now)
    with shelf.book.read() as read:
        keys = shelf.book.policy.log.vkeys()
        export(Content(signed.head.size, read.entries, read.hashes, read.checkpoints(), keys), folder)
    return entries


def checked(shelf: Any, folder: Path, *others: bytes) -> Any:
    found = Found.read(folder)
    return found.verify(found.policy(), shelf.now, others)


def test_paths_of_tiles_are_the_published_ones() -> None:
    assert tile_path(1234067) == "x001/x234/067"
    assert tile_path(0) == "000"
    assert tile_path(999) == "999"
    assert tile_path(1000) == "x001/000"
    assert tile_path(273, 112) == "273.p/112"


def test_a_tree_of_the_published_example_has_the_published_tiles() -> None:
    found = list(tiles(70_000))
    assert len([one for one in found if one[0] == 0 and one[2] == 256]) == 273
    assert [one for one in found if one[2] != 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles(0)) == []


def test_tiles_of_entries_are_unpacked_as_they_were_packed() -> None:
    entries = [b"", b"one", b"x" * 300]
    assert list(unpack(pack(entries))) == entries
    for cut in (1, 3, 4, len(pack(entries)) - 1):
        assert code(lambda cut=cut: list(unpack(pack(entries)[:cut])))[0] == "bad_leaf"  # type: ignore[misc]


def test_a_folder_holds_the_whole_log_and_is_good(shelf: Any, tmp_path: Path) -> None:
    entries = written(shelf, tmp_path / "log", 3, 297, 300)
    whole = Tree(map(leaf_hash, entries))
    history = checked(shelf, tmp_path / "log")
    assert history.head == history.signed == Head(600, whole.root())
    tile = (tmp_path / "log/tile/1/000.p/2").read_bytes()
    assert tile == whole.node((8, 0)) + whole.node((8, 1))
    assert sorted(path.name for path in (tmp_path / "log/checkpoints").iterdir()) == ["3", "300", "600"]


def test_an_empty_log_is_good(shelf: Any, tmp_path: Path) -> None:
    written(shelf, tmp_path, 0)
    assert checked(shelf, tmp_path).head.size == 0


def test_a_later_export_into_the_same_folder_is_good(shelf: Any, tmp_path: Path) -> None:
    written(shelf, tmp_path, 5)
    shelf.add(300, 5)
    signed = shelf.book.sign(shelf.now + 1)
    with shelf.book.read() as read:
        keys = shelf.book.policy.log.vkeys()
        export(Content(signed.head.size, read.entries, read.hashes, read.checkpoints(), keys), tmp_path)
    shelf.now += 1
    assert checked(shelf, tmp_path).head.size == 305


def test_an_edited_entry_is_named(shelf: Any, tmp_path: Path) -> None:
    entries = written(shelf, tmp_path, 300)
    tile = tmp_path / "tile/entries/001.p/44"
    good = tile.read_bytes()
    tile.write_bytes(good.replace(entries[290], shelf.entry(999)))
    assert code(lambda: checked(shelf, tmp_path)) == ("edited", 290)
    (tmp_path / "tile/0/001.p/44").unlink()
    assert code(lambda: checked(shelf, tmp_path)) == ("edited", None)
    tile.write_bytes(good)
    assert checked(shelf, tmp_path).head.size == 300


def test_entries_that_are_missing_are_noticed(shelf: Any, tmp_path: Path) -> None:
    entries = written(shelf, tmp_path, 300)
    tile = tmp_path / "tile/entries/001.p/44"
    tile.write_bytes(pack(entries[256:299]))
    assert code(lambda: checked(shelf, tmp_path)) == ("truncated", 299)
    tile.unlink()
    assert code(lambda: checked(shelf, tmp_path)) == ("truncated", 256)


def test_a_log_cut_back_with_its_checkpoints_is_told_by_a_checkpoint_got_elsewhere(
    shelf: Any, tmp_path: Path
) -> None:
    written(shelf, tmp_path / "old", 5)
    written_again = shelf.add(2, 5)
    later = shelf.book.sign(shelf.now).note
    assert checked(shelf, tmp_path / "old").head.size == 5
    assert code(lambda: checked(shelf, tmp_path / "old", later)) == ("truncated", 5)
    assert len(written_again) == 2


def test_a_split_view_is_told_by_a_checkpoint_that_others_were_shown(shelf: Any, tmp_path: Path) -> None:
    entries = written(shelf, tmp_path, 9)
    root = Tree(map(leaf_hash, [*entries[:4], shelf.entry(99)])).root()
    shown = checkpoint.sign(shelf.book.origin, Head(5, root), shelf.book.key, shelf.now)
    assert code(lambda: checked(shelf, tmp_path, shown)) == ("split_view", 5)
    same_size = checkpoint.sign(shelf.book.origin, Head(9, root), shelf.book.key, shelf.now)
    assert code(lambda: checked(shelf, tmp_path, same_size)) == ("split_view", 9)
    honest = checkpoint.sign(
        shelf.book.origin, Head(5, Tree(map(leaf_hash, entries[:5])).root()), shelf.book.key, shelf.now
    )
    assert checked(shelf, tmp_path, honest).head.size == 9


def test_what_is_no_log_is_refused(shelf: Any, tmp_path: Path) -> None:
    assert code(lambda: Found.read(tmp_path)) == ("bad_note", None)
    written(shelf, tmp_path, 3)
    (tmp_path / "keys.json").write_bytes(b"x")
    assert code(lambda: Found.read(tmp_path).policy()) == ("bad_key", None)
    (tmp_path / "keys.json").unlink()
    assert code(lambda: Found.read(tmp_path).policy()) == ("bad_key", None)


def test_a_file_without_end_is_not_read_to_its_end(
    shelf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(shelf, tmp_path, 3)
    monkeypatch.setattr("gateway.log.folder._MAX_FILE", 10)
    assert code(lambda: Found.read(tmp_path)) == ("bad_leaf", None)
