from adapters.loss import Tally, report
from adapters.tree import Census, Node, child, children, text, texts

NODE: Node = {"Name": "Ash", "Phone": ["1", {"No": "2"}, ""], "Box": {"In": "x"}, "Boxes": ["", {"In": "y"}]}


def test_missing_and_unexpected_things_read_as_nothing() -> None:
    assert (text(NODE, "Name"), text(NODE, "None"), text(NODE, "Box")) == ("Ash", "", "")
    assert (text(NODE, "Phone"), text(NODE, "Boxes")) == ("1", "")
    assert (texts(NODE, "Phone"), texts(NODE, "Name"), texts(NODE, "Box")) == (["1"], ["Ash"], [])
    assert (texts(NODE, "None"), children(NODE, "None"), children(NODE, "Name")) == ([], [], [])
    assert (child(NODE, "Box"), child(NODE, "Boxes"), child(NODE, "Name")) == ({"In": "x"}, {"In": "y"}, {})
    assert (children(NODE, "Box"), children(NODE, "Phone")) == ([{"In": "x"}], [{"No": "2"}])


def test_every_path_is_reported_once_as_used_ignored_or_unmapped() -> None:
    census = Census()
    for path in (("A", "B"), ("A", "C"), ("D",), ("E",)):
        count = census.root
        for name in path:
            count = count.below.get(name) or census.add(count, name)
            count.times += 1
    tally = Tally()
    tally.ignore("A/B", "too old")
    tally.change("A/C", "trimmed")
    found = report(census, tally, used={"A/B", "A/C", "D/X"}, ignored={})
    assert [(each.path, each.count) for each in found.used] == [("A/C", 1)]
    assert [(each.path, each.note) for each in found.ignored] == [("D", "empty"), ("A/B", "too old")]
    assert [each.path for each in found.unmapped] == ["E"]
    assert [(each.path, each.note) for each in found.changed] == [("A/C", "trimmed")]


def test_an_ignored_path_covers_what_is_below_it() -> None:
    census = Census()
    census.add(census.add(census.root, "A"), "B").times += 1
    assert report(census, Tally(), set(), {"A": "known"}).ignored[0].path == "A/B"


def test_names_that_could_be_anything_are_counted_without_being_repeated() -> None:
    census = Census(limit=1)
    for name in ("Žofie", "x" * 61, "{urn:x}A", "Plain", "Late"):
        census.add(census.root, name).times += 1
    assert list(census.leaves()) == [(Census.OTHER, 4), ("Plain", 1)]
