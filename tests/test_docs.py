"""What the documentation says about itself is true: links, anchors, commands and the index of decisions."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9][0-9][0-9][0-9]-*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
ABSOLUTE = ("http://", "https://", "mailto:")
HEADINGS = ("Status", "Context", "Considered options", "Decision", "Consequences")


def relative_links(text: str) -> Iterator[str]:
    """The links of a page that stay inside the repository; code blocks are not links."""
    for markdown, html in LINK.findall(FENCE.sub("", text)):
        link = markdown or html
        if not link.startswith(ABSOLUTE):
            yield unquote(link)


def anchors(page: Path) -> set[str]:
    """The fragment of each heading, as the usual Markdown renderers make it."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def dead(page: Path, link: str) -> bool:
    """Whether a relative link leads to no file, or to a heading that its page does not have."""
    place, _, fragment = link.partition("#")
    target = (page.parent / place).resolve() if place else page
    inside = target.is_relative_to(ROOT) and target.exists()
    return not inside or bool(fragment and target.suffix == ".md" and fragment not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_resolves(page: Path) -> None:
    assert [link for link in relative_links(page.read_text("utf-8")) if dead(page, link)] == []


@pytest.mark.parametrize("link", ["docs/no-such-page.md", "README.md#no-such-heading", "../outside.md"])
def test_a_dead_link_is_caught(link: str) -> None:
    assert dead(ROOT / "README.md", link)


def verbs() -> set[str]:
    """The targets of the Makefile that people call."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_every_make_command_in_the_pages_exists() -> None:
    named = {
        verb for page in PAGES for verb in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.M)
    }
    assert {"demo", "test"} <= named
    assert named - verbs() == set()


def test_ci_calls_only_verbs_that_exist() -> None:
    called = re.findall(r"^make (\w+)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert called == ["check", "test"]
    assert set(called) <= verbs()


def test_every_make_verb_is_listed_by_help() -> None:
    listed = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert listed == verbs()


def test_the_index_of_decisions_is_complete_and_in_order() -> None:
    index = re.findall(
        r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    )
    assert index == [page.name for page in DECISIONS]
    assert [int(name[:4]) for name in index] == list(range(1, len(index) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem[:4])
def test_a_decision_has_the_agreed_headings(page: Path) -> None:
    assert tuple(re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)) == HEADINGS


def test_the_picture_can_be_read_aloud() -> None:
    picture = (ROOT / "docs" / "picture.svg").read_text("utf-8")
    assert 'role="img"' in picture
    assert 'aria-labelledby="title desc"' in picture
    assert re.search(r'<title id="title">[^<]{10,}</title>', picture)
    assert re.search(r'<desc id="desc">[^<]{80,}</desc>', picture)
