"""What the wheel installs: our five packages with their data, and nothing under another name."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("adapters", "conformance", "gateway", "schemas", "signing")


def build_wheel(target: Path) -> Path:
    """Build offline with the pinned backend that is already installed."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    with zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel"))) as wheel:
        return frozenset(wheel.namelist())


def test_top_level_names_are_exactly_the_five_packages(names: frozenset[str]) -> None:
    top = {name.split("/", 1)[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)
    assert len(top) == len(PACKAGES) + 1


def test_every_data_file_beside_the_code_is_in_the_wheel(names: frozenset[str]) -> None:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file())
    # Both are made on the machine and in .gitignore.
    made = {"__pycache__", "node_modules"}
    expected = {file.relative_to(ROOT).as_posix() for file in files if made.isdisjoint(file.parts)}
    assert expected - names == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(names: frozenset[str], package: str) -> None:
    assert f"{package}/py.typed" in names


def test_the_normative_schemas_are_in_the_wheel(names: frozenset[str]) -> None:
    schemas = {name for name in names if name.startswith("schemas/v1/") and name.endswith(".schema.json")}
    assert {"schemas/v1/bundle.schema.json", "schemas/v1/receipt.schema.json"} <= schemas


def test_the_database_migrations_are_in_the_wheel(names: frozenset[str]) -> None:
    assert any(
        name.startswith("gateway/") and "/versions/" in name and name.endswith(".py") for name in names
    )


def test_the_licence_ships_and_the_tests_do_not(names: frozenset[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if "tests" in name.split("/")]
