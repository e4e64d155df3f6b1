"""What the built pages must keep to: every internal link leads somewhere, and nothing is fetched from elsewhere."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {"src", "srcset", "data", "poster", "action", "formaction", "background"}
_STYLED = re.compile(r"url\(\s*['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)")
# The theme's script fetches these only where a page asks for them.
_ASKS = re.compile(r'class="[^"]*\b(?:mermaid|pyodide|glightbox)\b|data-md-component="source"')


@dataclass(slots=True)
class Seen:
    """What one page holds: its anchors, where its links go, and what a browser would fetch for it."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        self.seen.anchors.update(given[name] for name in ("id", "name") if name in given)
        if "href" in given:
            (self.seen.links if tag in ("a", "area") else self.seen.assets).append(given["href"])
        self.seen.assets += [part for name in _FETCHED & given.keys() for part in given[name].split(", ")]
        self.seen.assets += styled(given.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self._style:
            self.seen.assets += styled(data)


def read(html: str) -> Seen:
    """Read one page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.seen


def styled(css: str) -> list[str]:
    """The addresses that a style sheet names."""
    return [first or second for first, second in _STYLED.findall(css)]


def outside(address: str) -> bool:
    """Whether a browser would leave the site for this address."""
    return address.startswith("//") or urlsplit(address).scheme not in ("", "data")


def problems(folder: Path) -> list[str]:
    """Every problem of a built site, in words."""
    texts = {file: file.read_text("utf-8") for file in sorted(folder.rglob("*.html"))}
    seen = {file: read(text) for file, text in texts.items()}
    found = [f"{file.relative_to(folder)}: {what}" for file in seen for what in _page(folder, file, seen)]
    found += [
        f"{file.relative_to(folder)}: asks for an outside script"
        for file, text in texts.items()
        if _ASKS.search(text)
    ]
    for file in sorted(folder.rglob("*.css")):
        found += [f"{file.name}: fetches {a}" for a in styled(file.read_text("utf-8")) if outside(a)]
    return found


def _page(folder: Path, file: Path, seen: Mapping[Path, Seen]) -> Iterator[str]:
    here = seen[file]
    yield from (f"fetches {address}" for address in here.assets if outside(address))
    # The page for wrong addresses is served from any depth, so its addresses are absolute.
    own = [*here.links, *here.assets] if file.name != "404.html" else []
    yield from (
        f"a dead link to {link}" for link in own if not outside(link) and _dead(folder, file, link, seen)
    )


def _dead(folder: Path, file: Path, link: str, seen: Mapping[Path, Seen]) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return False
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not target.is_relative_to(folder) or not target.is_file():
        return True
    return bool(parts.fragment) and target in seen and unquote(parts.fragment) not in seen[target].anchors
