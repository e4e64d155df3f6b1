"""The built site: it comes out, its links lead somewhere, and a browser fetches nothing from anywhere else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.generator import check, publish


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish.build(tmp_path_factory.mktemp("site"))


@pytest.fixture
def plain(tmp_path: Path) -> Callable[[str], Path]:
    """A site of two pages, the second with whatever a test puts in."""

    def made(body: str) -> Path:
        (tmp_path / "index.html").write_text(
            '<p id="top">Start</p><a href="page.html#here">Page</a>', "utf-8"
        )
        (tmp_path / "page.html").write_text(f'<p id="here">Here</p>{body}', "utf-8")
        return tmp_path

    return made


def test_the_built_site_has_no_problem(site: Path) -> None:
    assert check.problems(site) == []


def test_the_built_site_has_a_page_for_every_written_one(site: Path) -> None:
    pages = {file.relative_to(site).as_posix() for file in site.rglob("*.html")}
    made = {file.relative_to(site.parent / "pages") for file in (site.parent / "pages").rglob("*.md")}

    assert len(made) > 200
    assert {page.with_suffix(".html").as_posix() for page in made} <= pages


def test_every_schema_is_served_at_the_path_of_its_id(site: Path) -> None:
    for file in publish.STANDARD.glob("*.schema.json"):
        ident = json.loads(file.read_text("utf-8"))["$id"]
        served = site / ident.removeprefix("https://w3id.org/ltp/")
        assert served.read_bytes() == file.read_bytes()


def test_the_search_needs_no_server(site: Path) -> None:
    text = (site / "search.js").read_text("utf-8")

    assert text.startswith("var __index = ")
    assert "Final report" in text
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text("utf-8").replace('"./', '"')


@pytest.mark.parametrize(
    "body",
    [
        '<a href="index.html#top">a page of the site</a>',
        '<a href="https://example.org/">a link that a person follows</a>',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
        "<p>The text names https://example.org/font.woff2 only.</p>",
    ],
)
def test_a_page_that_fetches_nothing_from_outside_passes(plain: Callable[[str], Path], body: str) -> None:
    assert check.problems(plain(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://example.org/count.js"></script>',
        '<link rel="stylesheet" href="//example.org/font.css">',
        '<link rel="preconnect" href="https://example.org">',
        '<img srcset="https://example.org/a.png 2x" alt="">',
        '<iframe src="http://example.org/"></iframe>',
        "<style>@import 'https://example.org/a.css';</style>",
        '<p style="background: url(https://example.org/a.png)">x</p>',
        '<pre class="mermaid">graph</pre>',
    ],
)
def test_a_page_that_would_fetch_from_outside_is_caught(plain: Callable[[str], Path], body: str) -> None:
    (problem,) = check.problems(plain(body))
    assert problem.startswith("page.html: ")


def test_a_style_sheet_that_would_fetch_from_outside_is_caught(plain: Callable[[str], Path]) -> None:
    folder = plain("")
    (folder / "site.css").write_text("@font-face { src: url('https://example.org/a.woff2') }", "utf-8")

    assert check.problems(folder) == ["site.css: fetches https://example.org/a.woff2"]


@pytest.mark.parametrize("link", ["gone.html", "index.html#gone", "#gone", "../index.html"])
def test_a_dead_link_is_caught(plain: Callable[[str], Path], link: str) -> None:
    assert check.problems(plain(f'<a href="{link}">x</a>')) == [f"page.html: a dead link to {link}"]
