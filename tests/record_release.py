"""Record a version of the standard as released: `make release VERSION=1.0 DATE=2026-12-01`.

What is recorded never changes again: tests/schemas/test_versions.py holds every later build to it.
"""

import hashlib
import json
import shutil
import sys
from datetime import date
from pathlib import Path

V1 = Path(__file__).parent.parent / "schemas" / "v1"
COPIED = ("*.json", "frameworks/*.json", "scales/*.json")
CORPUS = ("examples/*/valid/*.json",)


def digests(folder: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    """The SHA-256 of each file that a pattern names, by its path; the record itself is left out."""
    files = sorted(
        path for pattern in patterns for path in folder.glob(pattern) if path.name != "releases.json"
    )
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def record(v1: Path, version: str, day: date) -> None:
    """Copy the files of the version and add it to releases.json; refuses a version that is there already."""
    place = v1 / "releases.json"
    data = json.loads(place.read_text("utf-8"))
    if version in [release["version"] for release in data["releases"]]:
        raise SystemExit(f"Version {version} is released already. A released version never changes.")
    schema = json.loads((v1 / "document.schema.json").read_text("utf-8"))
    if f"/ltp/{version}/" not in schema["$id"]:
        raise SystemExit(f"The schemas do not call themselves version {version}.")
    files = digests(v1, COPIED)
    for name in files:
        copied = v1 / "releases" / version / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(v1 / name, copied)
    release = {"version": version, "date": str(day), "files": files, "corpus": digests(v1, CORPUS)}
    data["releases"].append(release)
    place.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    if not all(sys.argv[1:]):
        raise SystemExit(
            "Say which version, and when it is released: make release VERSION=1.0 DATE=2026-12-01"
        )
    record(V1, sys.argv[1], date.fromisoformat(sys.argv[2]))
