"""Released files stay as they were released, and this version breaks none of them."""

import json
import runpy
import shutil
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

import schemas
from schemas import versions
from schemas.findings import UnknownName
from schemas.registry import current
from schemas.versions import compare

V1 = Path(str(resources.files("schemas"))) / "v1"
TOOL = runpy.run_path(str(Path(__file__).parent.parent / "record_release.py"))


def broken_releases(v1: Path) -> list[str]:
    """Every file of a release that is not as it was recorded, and every file that is not of the release."""
    found = []
    for release in json.loads((v1 / "releases.json").read_text("utf-8"))["releases"]:
        folder = v1 / "releases" / release["version"]
        now = TOOL["digests"](folder, ("**/*.json",))
        kept = TOOL["digests"](v1, TOOL["CORPUS"])
        found += [f"{release['version']}/{name}" for name in _differences(release["files"], now)]
        found += [name for name, digest in release["corpus"].items() if kept.get(name) != digest]
    return found


def _differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_a_released_file_is_as_it_was_released() -> None:
    assert broken_releases(V1) == []
    recorded = {path.name for path in (V1 / "releases").glob("*")}
    assert recorded == {release.version for release in versions.releases()}


def test_a_version_that_was_released_is_not_worked_on() -> None:
    for release in versions.releases():
        if release.version == schemas.VERSION:
            assert dict(release.files) == TOOL["digests"](V1, TOOL["COPIED"]), "give the work a new version"


def test_this_version_breaks_no_release() -> None:
    for release in versions.releases():
        changes = compare(versions.schema_set(release.version), current())
        assert not changes, "\n".join(map(str, changes))


def newly_rejecting(v1: Path) -> list[str]:
    """Every rule that rejects here and did not in some release: what travelled then would be refused now."""
    releases = json.loads((v1 / "releases.json").read_text("utf-8"))["releases"]
    before = [_rejecting(v1 / "releases" / release["version"]) for release in releases]
    return sorted({rule for rejecting in before for rule in _rejecting(v1) - rejecting})


def _rejecting(folder: Path) -> set[str]:
    rules = json.loads((folder / "rules.json").read_text("utf-8"))["rules"]
    return {rule["id"] for rule in rules if (rule["severity"], rule["mode"]) == ("error", "R")}


def test_no_rule_rejects_what_travelled_under_a_release() -> None:
    assert newly_rejecting(V1) == []


def test_a_rule_that_begins_to_reject_is_named(published: Path) -> None:
    data = json.loads((published / "rules.json").read_text("utf-8"))
    flagging = next(rule for rule in data["rules"] if rule["severity"] == "error" and rule["mode"] == "F")
    assert newly_rejecting(published) == []

    flagging["mode"] = "R"
    (published / "rules.json").write_text(json.dumps(data), "utf-8")

    assert newly_rejecting(published) == [flagging["id"]]


def test_every_example_of_every_release_stays_valid() -> None:
    for name in {name for release in versions.releases() for name in release.corpus}:
        kind = name.split("/")[1]
        assert schemas.validate(kind, json.loads((V1 / name).read_text("utf-8"))) == (), name


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder in which this version has been released."""
    v1 = tmp_path / "v1"
    shutil.copytree(V1, v1, ignore=shutil.ignore_patterns("vectors", "invalid", "releases"))
    (v1 / "releases.json").write_text('{"releases": []}', "utf-8")
    TOOL["record"](v1, schemas.VERSION, date(2026, 12, 1))
    return v1


def test_a_release_is_recorded_once(published: Path) -> None:
    (release,) = json.loads((published / "releases.json").read_text("utf-8"))["releases"]
    assert (release["version"], release["date"]) == (schemas.VERSION, "2026-12-01")
    assert release["files"].keys() >= {"common.schema.json", "routes.json", "scales/demo-5-1.json"}
    assert len(release["corpus"]) == len(list(published.glob("examples/*/valid/*.json")))
    assert broken_releases(published) == []

    with pytest.raises(SystemExit, match="released already"):
        TOOL["record"](published, schemas.VERSION, date(2026, 12, 2))
    with pytest.raises(SystemExit, match="do not call themselves"):
        TOOL["record"](published, "9.9", date(2026, 12, 2))


def test_each_way_to_touch_a_release_is_seen(published: Path) -> None:
    folder = published / "releases" / schemas.VERSION
    (folder / "learner.schema.json").write_text("{}", "utf-8")
    (folder / "routes.json").unlink()
    (folder / "extra.schema.json").write_text("{}", "utf-8")
    (published / "examples" / "learner" / "valid" / "complete.json").unlink()

    assert broken_releases(published) == [
        *(
            f"{schemas.VERSION}/{name}"
            for name in ("extra.schema.json", "learner.schema.json", "routes.json")
        ),
        "examples/learner/valid/complete.json",
    ]


def test_the_schemas_of_a_version_that_nobody_knows_are_refused() -> None:
    assert versions.schema_set(schemas.VERSION) is current()
    with pytest.raises(UnknownName):
        versions.schema_set("0.9")
