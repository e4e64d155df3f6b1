"""Assessment frameworks and scales as data: no scale is built in, and no two scales are ever compared."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
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

    def holds(self, raw: int) -> bool:
        """Say whether a value lies on this scale: within its bounds and on one of its steps."""
        return self.minimum <= raw <= self.maximum and (raw - self.minimum) % self.step == 0


def areas(framework_id: str, version: str) -> Mapping[str, Area]:
    """Return the areas of one version of a framework by code, or raise UnknownName."""
    try:
        return _frameworks()[framework_id, version]
    except KeyError:
        raise UnknownName("framework") from None


def scale(ref: str) -> Scale:
    """Return a registered scale, or raise UnknownName: values on it can then not be judged."""
    try:
        return _scales()[ref]
    except KeyError:
        raise UnknownName("scale") from None


@cache
def _frameworks() -> Mapping[tuple[str, str], Mapping[str, Area]]:
    return {(data["id"], data["version"]): _areas(data) for data in _files("frameworks")}


def _areas(data: Mapping[str, Any]) -> Mapping[str, Area]:
    found = [
        Area(area["code"], area["label"], domain["code"], domain["label"])
        for domain in data["domains"]
        for area in domain["areas"]
    ]
    return {area.code: area for area in found}


@cache
def _scales() -> Mapping[str, Scale]:
    return {data["id"]: _scale(data) for data in _files("scales")}


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
        constructs={entry["code"]: (entry["min"], entry["max"]) for entry in data["constructs"]},
        licence=data["licence"]["status"],
    )


def _files(folder: str) -> list[dict[str, Any]]:
    files = (resources.files("schemas") / "v1" / folder).iterdir()
    return [json.loads(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".json")]
