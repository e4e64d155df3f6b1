"""The vendor kit: everything that a developer needs to implement the standard, in any language, in one archive.

Pure: the archive is bytes, and the same version of the standard gives the same bytes.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from schemas import registry, types

__all__ = ["FOLDER", "archive", "bundled", "files", "names"]

FOLDER = f"ltp-kit-{registry.VERSION}"
_DEFINITIONS = "common"
# The first day that a zip archive can hold: a date of making would change the bytes each time.
_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_UNIX = 3


def names() -> tuple[str, ...]:
    """Return the schemas that are bundled: every one that a value can be held against."""
    return tuple(name for name in registry.names() if name != _DEFINITIONS)


def bundled(name: str) -> dict[str, Any]:
    """Return one schema with all that it refers to embedded under `$defs`, each under its own `$id`.

    A compound schema document as JSON Schema 2020-12 describes it: no reference had to be changed, so that
    it gives the verdicts of the separate files. Raises UnknownName.
    """
    root = registry.schema(name)
    others = sorted(_reached(name) - {name})
    return {**root, "$defs": {**root.get("$defs", {}), **{other: registry.schema(other) for other in others}}}


def files() -> dict[str, bytes]:
    """Return the content of each file of the kit by its path, sorted, checksums and all."""
    texts = {f"bundled/{name}.schema.json": _pretty(bundled(name)) for name in names()}
    texts |= {f"types/{path}": text for path, text in types.files().items()}
    texts |= {"README.md": _readme(), "VERSION": f"{registry.VERSION}\n"}
    found = {path: text.encode() for path, text in texts.items()}
    found |= dict(_data(resources.files("schemas") / "v1", "v1"))
    found["SHA256SUMS"] = _checksums(found)
    return dict(sorted(found.items()))


def archive() -> bytes:
    """Return the kit as a zip archive: sorted, and without a time of making."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for path, content in files().items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{path}", _DATE)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            opened.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def _reached(name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [registry.resolve(here, ref)[0] for ref in _references(registry.schema(here))]
    return found


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)


def _data(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _data(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".json"):
            yield f"{path}/{entry.name}", entry.read_bytes()


def _readme() -> str:
    text = (resources.files("schemas") / "kit" / "README.md").read_text(encoding="utf-8")
    return text.replace("@@VERSION@@", registry.VERSION)


def _checksums(found: dict[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(found.items()))
    return "".join(lines).encode()


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
