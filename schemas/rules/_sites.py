"""Where a pupil is meant to be: a place named in a document, and the sites whose address is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from schemas.rules._case import Case, Item, once, placement_of
from schemas.rules._facts import entries, find, written_on
from schemas.rules._look import text


@dataclass(frozen=True, slots=True)
class Site:
    """The name of a site whose address is on record, and since when; None for always."""

    name: str
    since: date | None = None


def known_sites(case: Case, here: Item) -> list[Site]:
    """Return the provider's sites with an address, those it told of later, and the home school."""
    return once(case, ("sites", here.path), lambda: _known_sites(case, here))


def _known_sites(case: Case, here: Item) -> list[Site]:
    found = [Site(find(here, "string", "provider", "providerName") or "")]
    if find(here, "object", "provider", "provisionAddress") is None:
        found.clear()
    found += [Site(name) for name in _named(here, "provider", "subcontractedSites")]
    for change in case.documents:
        if change.kind == "provision-change" and placement_of(change) == placement_of(here):
            found += [Site(name, written_on(change)) for name in _named(change, "newSatelliteSite")]
    pupils = [item for item in case.components if item.kind == "learner"]
    found += [Site(find(pupil, "string", "homeSchool", "name") or "") for pupil in pupils]
    return [site for site in found if site.name]


def resolves(place: str, sites: list[Site], day: date | None = None) -> bool:
    """Say whether a place is a known site (on a day), or a part of one written after a comma."""
    wanted = {_plain(place), _plain(place.split(",", maxsplit=1)[0])}
    return any(
        _plain(site.name) in wanted and (day is None or site.since is None or site.since <= day)
        for site in sites
    )


def _named(item: Item, *steps: str) -> Iterator[str]:
    for _, entry in entries(item, *steps):
        name = text(entry, "siteName")
        if name is not None and isinstance(entry.get("address"), dict):
            yield name


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
