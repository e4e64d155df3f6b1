"""Assessment frameworks and scales as data: no scale is built in, and no two scales are ever compared."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from schemas.findings import UnknownName


@dataclass(frozen=True, slots=True)
class Area:
    """One area of a framework and the domain that it belongs to."""

    code: str
    label: str
    domain: str
    domain_label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """One registered scale: whole numbers, of which the last `decimals` digits are decimals."""

    ref: str
    title: str
    direction: str
    decimals: int
    minimum: int
    maximum: int
    step: int
    labels: Mapping[int, str]
    constructs: Mapping[str, tuple[int, int]]
    licence: str
    directions: Mapping[str, str] = field(default_factory=dict)

    def holds(self, raw: int) -> bool:
        """Say whether a value lies on this scale: within its bounds and on one of its steps."""
        return self.minimum <= raw <= self.maximum and (raw - self.minimum) % self.step == 0

    def better(self, construct: str = "") -> str:
        """Say which way is better: of the scale, or of one construct, which never borrows the scale's."""
        return self.directions.get(construct, "none") if construct else self.direction


@dataclass(frozen=True, slots=True)
class Framework:
    """One version of a registered framework: codes and titles, in the order of its publisher."""

    ref: str
    version: str
    title: str
    publisher: str
    note: str
    changed: str
    areas: Mapping[str, Area]


def frameworks() -> tuple[tuple[str, str], ...]:
    """Return the id and version of every registered framework."""
    return tuple(sorted(_frameworks()))


def framework(framework_id: str, version: str) -> Framework:
    """Return one version of a framework, or raise UnknownName."""
    try:
        return _frameworks()[framework_id, version]
    except KeyError:
        raise UnknownName("framework") from None


def areas(framework_id: str, version: str) -> Mapping[str, Area]:
    """Return the areas of one version of a framework by code, or raise UnknownName."""
    return framework(framework_id, version).areas


def scales() -> tuple[str, ...]:
    """Return every registered scale, those included whose range nobody has put on record."""
    return tuple(sorted(_licences()))


def licence(ref: str) -> str:
    """Return the licence status of any registered scale, with or without a range, or raise UnknownName."""
    try:
        return _licences()[ref]
    except KeyError:
        raise UnknownName("scale") from None


def scale(ref: str) -> Scale:
    """Return a registered scale that has a range, or raise UnknownName: its values can then not be judged."""
    try:
        return _scales()[ref]
    except KeyError:
        raise UnknownName("scale") from None


@cache
def _frameworks() -> Mapping[tuple[str, str], Framework]:
    return {(data["id"], data["version"]): _framework(data) for data in _files("frameworks")}


def _framework(data: Mapping[str, Any]) -> Framework:
    return Framework(
        ref=data["id"],
        version=data["version"],
        title=data["titles"][0],
        publisher=data["publisher"],
        note=data["note"],
        changed=data["changed"],
        areas=_areas(data),
    )


def _areas(data: Mapping[str, Any]) -> Mapping[str, Area]:
    found = [
        Area(area["code"], area["label"], domain["code"], domain["label"])
        for domain in data["domains"]
        for area in domain["areas"]
    ]
    return {area.code: area for area in found}


@cache
def _licences() -> Mapping[str, str]:
    return {data["id"]: data["licence"]["status"] for data in _files("scales")}


@dataclass(frozen=True, slots=True)
class Constructs:
    """What a registered scale measures, by code; not `complete` where its publisher has more than is on record."""

    codes: frozenset[str]
    complete: bool


def constructs(ref: str) -> Constructs:
    """Return what a registered scale measures, or raise UnknownName. Scales without a range on record have it too."""
    try:
        return _constructs()[ref]
    except KeyError:
        raise UnknownName("scale") from None


@cache
def _constructs() -> Mapping[str, Constructs]:
    return {
        data["id"]: Constructs(
            frozenset(entry["code"] for entry in data["constructs"]), data.get("constructsComplete", True)
        )
        for data in _files("scales")
    }


@cache
def _scales() -> Mapping[str, Scale]:
    # Without a range on record there is nothing to hold a value against, and guessing one could reject it.
    return {data["id"]: _scale(data) for data in _files("scales") if "min" in data}


def _scale(data: Mapping[str, Any]) -> Scale:
    return Scale(
        ref=data["id"],
        title=data["title"],
        direction=data["direction"],
        decimals=data["decimals"],
        minimum=data["min"],
        maximum=data["max"],
        step=data["step"],
        labels={point["value"]: point["label"] for point in data["points"] if "label" in point},
        constructs={e["code"]: (e["min"], e["max"]) for e in data["constructs"] if "min" in e},
        licence=data["licence"]["status"],
        directions={entry["code"]: entry["direction"] for entry in data["constructs"]},
    )


def _files(folder: str) -> list[dict[str, Any]]:
    files = (resources.files("schemas") / "v1" / folder).iterdir()
    return [json.loads(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".json")]
