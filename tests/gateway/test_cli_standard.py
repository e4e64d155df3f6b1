"""The commands about the standard itself: they need no gateway, say what is wrong, and never echo a value."""

import hashlib
import json
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import schemas
from gateway.cli import app
from schemas import kit
from schemas.rules import catalogue

LTP = Path(sys.executable).with_name("ltp")
V1 = Path(str(resources.files("schemas"))) / "v1"
EXAMPLES = V1 / "examples"
CALENDAR = V1 / "calendars" / "northshire-2026-27.json"
RECORD = EXAMPLES / "placement-record" / "valid" / "with-proof-of-delivery.json"
# What is only there when somebody installed an extra or the tools for development.
EXTRAS = ("alembic", "fastapi", "httpx2", "jinja2", "lxml", "sqlalchemy", "starlette", "structlog", "uvicorn")


def ltp(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def without_extras(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command where every package of an extra is refused, as if it were not installed."""
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {EXTRAS!r}:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from gateway.cli import main\n"
        "main()\n"
    )
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def checked(*words: object) -> dict[str, Any]:
    result = ltp("check", *words, "-o", "json")
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (0 if found["good"] else 1)
    return found


def codes(report: dict[str, Any], name: str) -> set[str]:
    (file,) = (entry for entry in report["files"] if entry["file"].endswith(name))
    return {finding["code"] for finding in file["findings"]}


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def example(name: str, file: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EXAMPLES / name / "valid" / f"{file}.json").read_text("utf-8"))
    return value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The parts of the published placement record, each in a file of its own."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    write(tmp_path / "learner.json", record["learner"])
    write(tmp_path / "placement.json", record["placement"])
    for index, document in enumerate(record["documents"]):
        write(tmp_path / f"document-{index}.json", document)
    (tmp_path / "calendar.json").write_bytes(CALENDAR.read_bytes())
    (tmp_path / "notes.txt").write_text("not JSON, and not looked at")
    return tmp_path


@pytest.mark.parametrize("command", ["schema", "rules", "check"])
def test_every_command_has_help(command: str) -> None:
    result = ltp(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["schema", "list"],
        ["schema", "show", "final-report", "--bundled"],
        ["rules", "explain", "OSD-01"],
        ["check", str(RECORD), "--calendar", str(CALENDAR), "--due", "14"],
        ["validate", str(RECORD.parents[2] / "learner/valid/complete.json"), "--schema", "learner"],
    ],
)
def test_the_base_install_is_enough(words: list[str]) -> None:
    done = without_extras(*words)
    assert done.returncode in (0, 1)
    assert done.stdout
    assert "Traceback" not in done.stderr


def test_a_command_that_needs_an_extra_says_so() -> None:
    done = without_extras("demo")
    assert done.returncode == 2
    assert "learner-transfer-profile[gateway]" in done.stderr
    assert "Traceback" not in done.stderr


def test_schema_list_names_every_schema_and_the_form_of_a_calendar() -> None:
    rows = json.loads(ltp("schema", "list", "-o", "json").stdout)
    assert {row["name"] for row in rows} == {*schemas.names(), "school-calendar"}
    assert all(row["title"] and row["id"].startswith("https://w3id.org/ltp/") for row in rows)
    assert "final-report" in ltp("schema", "list").stdout


@pytest.mark.parametrize("name", ["learner", "common", "school-calendar"])
def test_schema_show_prints_a_schema(name: str) -> None:
    assert json.loads(ltp("schema", "show", name).stdout)["$id"].endswith(f"/{name}.schema.json")


def test_schema_show_prints_a_bundled_schema() -> None:
    assert json.loads(ltp("schema", "show", "learner", "--bundled").stdout) == kit.bundled("learner")


@pytest.mark.parametrize("name", ["learner", "common", "document", "school-calendar"])
def test_schema_show_can_list_the_items_in_a_few_words(name: str) -> None:
    lines = ltp("schema", "show", name, "-o", "text").stdout.splitlines()
    node = json.loads(ltp("schema", "show", name).stdout)
    assert len(lines) == 1 + len(node.get("properties", node.get("$defs")))
    assert [line.split()[1] for line in lines if line.startswith("* ")] == [
        member for member in node.get("properties", ()) if member in node.get("required", ())
    ]


def test_an_unknown_schema_or_rule_is_wrong_use() -> None:
    for words in (("schema", "show", "recipe"), ("rules", "show", "XYZ-99"), ("rules", "explain", "XYZ-99")):
        result = ltp(*words)
        assert result.exit_code == 2
        assert "list has them all" in result.stderr
        assert result.stdout == ""


def test_schema_export_writes_the_schemas_as_they_are(tmp_path: Path) -> None:
    assert ltp("schema", "export", tmp_path / "out").exit_code == 0
    told = json.loads(ltp("schema", "export", tmp_path / "out", "-o", "json").stdout)
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert told["files"] == sorted(written)
    assert written == {path.name: path.read_bytes() for path in V1.glob("*.schema.json")}


def test_schema_export_can_write_bundled_schemas(tmp_path: Path) -> None:
    assert ltp("schema", "export", tmp_path, "--bundled").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.schema.json" for name in kit.names()}


def test_schema_kit_writes_the_archive_and_its_digest(tmp_path: Path) -> None:
    result = ltp("schema", "kit", tmp_path / "kit.zip")
    assert result.exit_code == 0
    content = (tmp_path / "kit.zip").read_bytes()
    assert content == kit.archive()
    assert result.stdout.startswith(hashlib.sha256(content).hexdigest())
    assert zipfile.ZipFile(tmp_path / "kit.zip").testzip() is None
    told = json.loads(ltp("schema", "kit", tmp_path / "kit.zip", "-o", "json").stdout)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for words in (
        ("schema", "kit", tmp_path / "file" / "kit.zip"),
        ("schema", "export", tmp_path / "file" / "x"),
    ):
        result = ltp(*words)
        assert result.exit_code == 1
        assert "cannot be written" in result.stderr


def test_rules_list_shows_every_rule_of_the_catalogue() -> None:
    rows = json.loads(ltp("rules", "list", "-o", "json").stdout)
    assert [row["id"] for row in rows] == list(catalogue())
    assert all(rule_id in ltp("rules", "list").stdout for rule_id in catalogue())


def test_rules_list_filters_by_profile_family_and_type() -> None:
    def listed(*words: str) -> set[str]:
        return {row["id"] for row in json.loads(ltp("rules", "list", *words, "-o", "json").stdout)}

    assert {"OSD-01", "POL-01"} <= listed("--profile", "policy-watch")
    assert "POL-01" not in listed("--profile", "national")
    assert all(rule_id.startswith("OSD-") for rule_id in listed("--family", "osd"))
    by_type = listed("--type", "fsm-arrangement")
    assert {"FSM-01", "REC-01"} <= by_type
    assert "OSD-01" not in by_type
    assert listed("--type", "fsm-arrangement", "--family", "OSD") == set()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--profile", "recipe"], "national"),
        (["--family", "XYZ"], "OSD"),
        (["--type", "recipe"], "ltp schema list"),
    ],
)
def test_an_unknown_filter_is_wrong_use_and_says_what_there_is(words: list[str], says: str) -> None:
    result = ltp("rules", "list", *words)
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("rule_id", list(catalogue()))
def test_every_rule_can_be_explained(rule_id: str) -> None:
    told = ltp("rules", "explain", rule_id)
    assert told.exit_code == 0
    assert catalogue()[rule_id].statement in told.stdout
    assert "Who says so" in told.stdout
    row = json.loads(ltp("rules", "explain", rule_id, "-o", "json").stdout)
    assert row["id"] == rule_id
    assert row["cases"]


def test_rules_show_prints_the_row() -> None:
    assert json.loads(ltp("rules", "show", "osd-01", "-o", "json").stdout)["thresholds"]["schoolDays"] == 2
    assert "schoolDays" in ltp("rules", "show", "OSD-01").stdout


def test_a_folder_is_put_together_to_one_placement(folder: Path) -> None:
    report = checked(folder, "--today", "2026-10-10")
    names = {entry["file"].rpartition("/")[2]: entry["kind"] for entry in report["files"]}
    assert names == {
        "calendar.json": "school-calendar",
        "document-0.json": "document",
        "document-1.json": "document",
        "document-2.json": "document",
        "learner.json": "learner",
        "placement.json": "placement",
    }
    (placement,) = report["placements"]
    assert {Path(file).name for file in placement["files"]} == set(names) - {"calendar.json"}


def test_a_finding_stands_with_the_file_and_the_place_it_is_about(folder: Path) -> None:
    report = checked(folder, "--today", "2026-10-10")
    (file,) = (entry for entry in report["files"] if entry["file"].endswith("document-2.json"))
    late = [finding for finding in file["findings"] if finding["code"] == "ATT-01"]
    assert [finding["pointer"] for finding in late] == ["/createdAt"]
    shown = ltp("check", folder, "--today", "2026-10-10")
    assert shown.exit_code == 1
    assert "ATT-01" in shown.stdout
    assert "what to do:" in shown.stdout
    assert "One placement, put together from" in shown.stdout


def test_every_file_is_held_against_its_schema(folder: Path) -> None:
    learner = json.loads((folder / "learner.json").read_text(encoding="utf-8"))
    write(folder / "learner.json", learner | {"upn": "canary-eleven", "shoeSize": "canary-twelve"})
    report = checked(folder, "--today", "2026-10-10")
    assert {"schema.pattern", "schema.unknown-property"} <= codes(report, "learner.json")
    shown = ltp("check", folder)
    assert "canary" not in shown.stdout + shown.stderr + json.dumps(report)


def test_what_the_form_calls_missing_is_not_said_twice(tmp_path: Path) -> None:
    notice = example("absence-notice", "parent-reached")
    del notice["createdAt"]
    del notice["session"]
    [entry] = checked(write(tmp_path / "notice.json", notice), "--today", "2026-10-10")["files"]
    said = [(finding["code"], finding["pointer"]) for finding in entry["findings"]]
    assert ("schema.required", "/createdAt") in said
    assert ("REC-01", "/createdAt") not in said
    assert ("REC-01", "/session") in said


def test_a_transfer_is_judged_for_what_it_addresses_too(tmp_path: Path) -> None:
    value = example("transfer", "start-of-placement")
    good = checked(write(tmp_path / "good.json", value), "--today", "2026-09-18")
    assert not {"SAF-04", "DPX-02"} & codes(good, "good.json")
    lead = next(entry for entry in value["recipients"] if entry["role"] == "AP.DSL")
    lead["role"] = "AP.LEAD"
    bad = checked(write(tmp_path / "bad.json", value), "--today", "2026-09-18")
    assert {"SAF-04", "DPX-02"} & codes(bad, "bad.json")


def test_a_calendar_lets_school_days_be_counted(folder: Path) -> None:
    def unjudged(*words: object) -> set[str]:
        return {entry["code"] for entry in checked(folder, "--today", "2026-10-10", *words)["notEvaluable"]}

    with_it = unjudged()
    (folder / "calendar.json").unlink()
    without = unjudged()
    assert with_it < without
    assert unjudged("--calendar", CALENDAR) == with_it


def test_a_calendar_that_cannot_be_used_ends_the_command(tmp_path: Path) -> None:
    value = json.loads(CALENDAR.read_text(encoding="utf-8"))
    bad = write(tmp_path / "calendar.json", value | {"terms": []})
    result = ltp("check", RECORD, "--calendar", bad)
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr
    assert "schema.min-items" in result.stdout


def test_what_is_due_soon_is_listed_with_its_day(folder: Path) -> None:
    report = checked(folder, "--today", "2026-10-10", "--due", "30")
    assert [entry["due"] for entry in report["due"] if entry["code"] == "REV-01"] == ["2026-10-25"]
    assert "Due within 30 days" in ltp("check", folder, "--today", "2026-10-10", "--due", "30").stdout
    assert checked(folder, "--today", "2026-10-10")["due"] == []
    # Once it is late it is a finding, and no longer a deadline.
    late = checked(folder, "--today", "2026-10-26", "--due", "30")
    assert "REV-01" not in {entry["code"] for entry in late["due"]}
    assert "REV-01" in codes(late, "placement.json")


def test_what_is_due_needs_a_calendar() -> None:
    result = ltp("check", RECORD, "--due", "14")
    assert result.exit_code == 2
    assert "--calendar" in result.stderr


def test_without_a_day_today_in_england_counts() -> None:
    assert checked(EXAMPLES / "learner" / "valid" / "complete.json")["today"] >= "2026-01-01"


@pytest.mark.parametrize("words", [["--today", "10.10.2026"], ["--profile", "recipe"], ["--due", "0"]])
def test_a_wrong_option_is_wrong_use(words: list[str]) -> None:
    assert ltp("check", RECORD, *words).exit_code == 2


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert ltp("check", tmp_path / "missing.json").exit_code == 2
    assert ltp("check").exit_code == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "json.syntax"),
        (b'{"type": "canary"', "json.syntax"),
        (b'{"upn": "canary", "upn": "canary"}', "json.duplicate-member"),
        (b"\xff\xfe\xfdcanary", "json.encoding"),
        (b"[" * 100_000, "json.too-deep"),
        (b'{"size": 1.5}', "json.not-an-integer"),
        (b'{"recipe": "canary"}', "check.unknown-kind"),
        (b'"canary"', "check.unknown-kind"),
        (b'{"type": "canary"}', "schema.enum"),
    ],
)
def test_a_file_that_is_nothing_is_told_plainly(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    report = checked(tmp_path / "bad.json")
    assert code in codes(report, "bad.json")
    shown = ltp("check", tmp_path / "bad.json")
    assert shown.exit_code == 1
    assert "canary" not in shown.stdout + shown.stderr + json.dumps(report)
    assert shown.exception is None or isinstance(shown.exception, SystemExit)


def test_one_bad_file_does_not_keep_the_others_from_being_checked(folder: Path) -> None:
    (folder / "bad.json").write_bytes(b"{")
    report = checked(folder, "--today", "2026-10-10")
    assert codes(report, "bad.json") == {"json.syntax"}
    assert "ATT-01" in codes(report, "document-2.json")


def test_a_huge_file_is_refused_before_it_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "DEFAULT_LIMIT", 1000)
    monkeypatch.setattr(schemas.strict_json.load, "__defaults__", (1000,))
    (tmp_path / "huge.json").write_bytes(b'{"a": "' + b"x" * 2000 + b'"}')
    assert codes(checked(tmp_path / "huge.json"), "huge.json") == {"json.too-large"}
    assert codes(checked(write(tmp_path / "small.json", {"a": "x"})), "small.json") == {"check.unknown-kind"}


def test_a_folder_without_json_files_is_told_plainly(tmp_path: Path) -> None:
    assert codes(checked(tmp_path), tmp_path.name) == {"file.none"}


def test_a_file_that_cannot_be_opened_is_told_plainly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(path: Path, *words: Any, **named: Any) -> Any:
        if path.name == "learner.json":
            raise PermissionError
        return opened(path, *words, **named)

    monkeypatch.setattr(Path, "open", refuse)
    report = checked(folder, "--today", "2026-10-10")
    assert codes(report, "learner.json") == {"file.unreadable"}
    assert codes(report, "placement.json")


def test_a_learner_of_nobody_is_a_finding_and_never_a_guess(folder: Path) -> None:
    other = json.loads((folder / "document-1.json").read_text(encoding="utf-8"))
    write(folder / "other.json", other | {"placementId": "8a35c1d0-6e1b-4f0a-9a55-2b7c9d10e402"})
    report = checked(folder, "--today", "2026-10-10")
    assert "check.learner-ambiguous" in codes(report, "learner.json")
    assert len(report["placements"]) == 2


def test_the_command_is_quick_to_help() -> None:
    code = "import sys; from gateway.cli import app; print('schemas' in sys.modules, 'rich.console' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_it_works_as_a_program_too() -> None:
    done = subprocess.run(
        [str(LTP), "check", str(RECORD), "--today", "2026-10-10"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Checking 1 files …\n"
    assert "Traceback" not in done.stdout
