"""Where a pupil is meant to be: a place named in a document, and the sites whose address is known."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from schemas.rules._case import Case, Item, once
from schemas.rules._facts import entries, find, written_on
from schemas.rules._look import text
from schemas.rules._timeline import every_version

# The name of each site, and since when its address is on record; None for always.
Sites = Mapping[str, date | None]
_Site = tuple[str, date | None]


def known_sites(case: Case, here: Item) -> Sites:
    """Return the provider's sites with an address, those it told of later, and the home school."""
    return once(case, ("sites", here.path), lambda: earliest(_known_sites(case, here)))


def _known_sites(case: Case, here: Item) -> Iterator[_Site]:
    if find(here, "object", "provider", "provisionAddress") is not None:
        yield find(here, "string", "provider", "providerName") or "", None
    yield from ((name, None) for name in _named(here, "provider", "subcontractedSites"))
    for change in every_version(case, here, "provision-change"):
        yield from ((name, written_on(change)) for name in _named(change, "newSatelliteSite"))
    for pupil in (item for item in case.components if item.kind == "learner"):
        yield find(pupil, "string", "homeSchool", "name") or "", None


def earliest(sites: Iterable[_Site]) -> Sites:
    """Return sites by their names, each with the first day from which it is known."""
    found: dict[str, date | None] = {}
    for name, since in ((plain(name), since) for name, since in sites if name):
        before = found.get(name, since)
        found[name] = None if since is None or before is None else min(since, before)
    return found


def resolves(place: str, sites: Sites, day: date | None = None) -> bool:
    """Say whether a place is a known site (on a day), or a part of one written after a comma."""
    found = [sites[name] for name in names_of(place) if name in sites]
    return any(day is None or since is None or since <= day for since in found)


def names_of(place: str) -> set[str]:
    """Return the names that a site may have for a place to be at it."""
    return {plain(place), plain(place.split(",", maxsplit=1)[0])}


def _named(item: Item, *steps: str) -> Iterator[str]:
    for _, entry in entries(item, *steps):
        name = text(entry, "siteName")
        if name is not None and isinstance(entry.get("address"), dict):
            yield name


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Return a name as it is compared."""
    return " ".join(name.casefold().split())
