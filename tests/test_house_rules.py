"""Rules that every file of the project keeps, and a lock file that pip can trust."""

import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
# In parts, because this file is read by the rule that it states.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("repo1", "maven", "org"),
        ("anaconda", "org"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|home|Users|opt/pypi[\w-]*|tmp/w)/")
INDEX_OPTION = re.compile(r"^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b", re.MULTILINE)


def ours() -> Iterator[Path]:
    """Every file of the project: what .gitignore names is somebody else's."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()]
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in ignored):
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.is_file():
                yield path


def broken_rules(text: str) -> list[str]:
    """The house rules that this text breaks, by name."""
    rules = {
        "registry host": any(host in text for host in HOSTS),
        "machine path": bool(MACHINE_PATH.search(text)),
    }
    return [name for name, broken in rules.items() if broken]


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in ours():
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {rule}" for rule in broken_rules(text)]
    assert found == []


@pytest.mark.parametrize(
    "text", [f"see https://{HOSTS[0]}/simple", "open('/" + "home/sam/x.ctf')", "cp a /" + "root/"]
)
def test_a_planted_breach_is_caught(text: str) -> None:
    assert broken_rules(text)


@pytest.mark.parametrize(
    "text", ["https://example.org/home/", "/api/v1/inbox", "the package index", "~/notes/x"]
)
def test_ordinary_text_passes(text: str) -> None:
    assert broken_rules(text) == []


def declared() -> list[Requirement]:
    """What pyproject.toml asks for, its extras included, without the project itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    found = [Requirement(line) for line in lines]
    return [wanted for wanted in found if canonicalize_name(wanted.name) != project["name"]]


def pinned() -> dict[str, tuple[str, int]]:
    """What requirements.txt pins: name to version and number of hashes."""
    text = (ROOT / "requirements.txt").read_text("utf-8").replace("\\\n", " ")
    lines = [line.split("--hash=sha256:") for line in text.splitlines() if line.strip()]
    heads = [(line[0].split(";")[0].strip().partition("=="), len(line) - 1) for line in lines]
    return {canonicalize_name(name): (version, hashes) for (name, _, version), hashes in heads}


def test_the_lock_file_names_no_address_and_no_index() -> None:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert "://" not in text
    assert not INDEX_OPTION.search(text)


@pytest.mark.parametrize("line", ["--index-url x", "--extra-index-url x", "-i x", "--find-links x"])
def test_an_index_option_would_be_seen(line: str) -> None:
    assert INDEX_OPTION.search(f"idna==3.20\n{line}\n")


def test_every_requirement_is_pinned_and_hashed() -> None:
    locked = pinned()
    assert locked
    assert [name for name, (version, hashes) in locked.items() if not version or not hashes] == []


def test_the_lock_file_holds_what_pyproject_asks_for() -> None:
    locked = pinned()
    wanted = {canonicalize_name(wish.name): wish.specifier for wish in declared()}
    assert set(wanted) - set(locked) == set()
    assert [name for name, allowed in wanted.items() if not allowed.contains(locked[name][0])] == []


def test_every_direct_dependency_has_its_sentence() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))
    assert explained == {canonicalize_name(wish.name) for wish in declared()}


def node_locks() -> list[Path]:
    return [path for path in ours() if path.name == "package-lock.json"]


def test_the_makefile_installs_every_folder_of_node_packages() -> None:
    (line,) = re.findall(r"^NODE_FOLDERS := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert sorted(line.split()) == sorted(path.parent.relative_to(ROOT).as_posix() for path in node_locks())


@pytest.mark.parametrize("path", node_locks(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_node_lock_file_pins_by_hash_and_names_no_download(path: Path) -> None:
    packages = json.loads(path.read_text("utf-8"))["packages"]
    wanted = packages.pop("")["dependencies"]
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    folder = path.parent.relative_to(ROOT).as_posix()
    assert [name for name in wanted if f"| `{folder}` | `{name}` |" not in page] == []
