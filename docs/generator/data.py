"""Everything that the pages are made from, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]
_SUFFIX = ".schema.json"


@dataclass(frozen=True, slots=True)
class Standard:
    """The data files of one version of the standard, as they stand in `schemas/v1`."""

    version: str
    schemas: Mapping[str, Json]
    rules: Json
    routes: Json
    roles: Mapping[str, Json]
    disclosure: Json
    annotations: Json
    register_codes: Json
    requirements: Json
    codes: Mapping[str, Json]
    frameworks: Mapping[str, Json]
    scales: Mapping[str, Json]
    calendars: Mapping[str, Json]
    vectors: Mapping[str, Json]
    examples: Mapping[str, Mapping[str, str]]

    @property
    def documents(self) -> tuple[str, ...]:
        """Every document type, receipts last because they are made by gateways."""
        listed: Sequence[str] = self.schemas["document"]["properties"]["type"]["enum"]
        return (*listed, "receipt")

    @property
    def wholes(self) -> tuple[str, ...]:
        """Every schema that is neither a document type, the union of them, nor the common definitions."""
        return tuple(name for name in self.schemas if name not in (*self.documents, "document", "common"))

    def title(self, name: str) -> str:
        """What a schema calls itself."""
        return str(self.schemas[name]["title"])


def load(folder: Path) -> Standard:
    """Read the standard from its folder of data files."""
    found = {file.name.removesuffix(_SUFFIX): _json(file) for file in sorted(folder.glob(f"*{_SUFFIX}"))}
    return Standard(
        version=found["bundle"]["$id"].split("/")[-2],
        schemas=found,
        rules=_json(folder / "rules.json"),
        routes=_json(folder / "routes.json"),
        roles=_json(folder / "roles.json")["roles"],
        annotations=_json(folder / "annotations.json"),
        register_codes=_json(folder / "register-codes.json"),
        disclosure=_json(folder / "disclosure.json"),
        requirements=_json(folder / "requirements.json"),
        codes=_folder(folder / "codes"),
        frameworks=_folder(folder / "frameworks"),
        scales=_folder(folder / "scales"),
        calendars={k: v for k, v in _folder(folder / "calendars").items() if not k.endswith(".schema")},
        vectors=_folder(folder / "vectors" / "rules"),
        examples={name: _examples(folder / "examples" / name / "valid") for name in found},
    )


def _json(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def _folder(folder: Path) -> dict[str, dict[str, Any]]:
    return {file.stem: _json(file) for file in sorted(folder.glob("*.json"))}


def _examples(folder: Path) -> dict[str, str]:
    return {file.stem: file.read_text("utf-8").strip() for file in sorted(folder.glob("*.json"))}
