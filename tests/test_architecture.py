"""Imports follow the arrows of docs/architecture.md, wherever in a file they are written."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ARROWS = {
    "schemas": set[str](),
    "signing": set[str](),
    "adapters": {"schemas"},
    "gateway": {"adapters", "schemas", "signing"},
    "conformance": {"schemas", "signing"},
}
EDGE = {"httpx2", "fastapi", "sqlalchemy", "starlette", "uvicorn", "lxml"}
NETWORK = {
    "socket",
    "ssl",
    "http",
    "urllib.request",
    "ftplib",
    "smtplib",
    "aiohttp",
    "requests",
    "websockets",
}
XML = {"lxml", "xml"}
BANNED = {
    "schemas": EDGE | NETWORK,
    "signing": EDGE | NETWORK,
    "adapters": (EDGE - {"lxml"}) | NETWORK,
    "gateway": set[str](),
    "conformance": set[str](),
}


def imported(source: str) -> Iterator[str]:
    """Every absolute module named by an import: at the top, inside a function, or by name at run time."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name, value = ast.unparse(node.func).rpartition(".")[2], node.args[0].value
            if name in {"import_module", "__import__"} and isinstance(value, str):
                yield value


def within(module: str, names: set[str]) -> bool:
    """Whether a module is one of these, or lies inside one of them."""
    return any(module == name or module.startswith(name + ".") for name in names)


def breaches(path: str, source: str) -> list[str]:
    """The imports of one file that no arrow allows."""
    folder = path.split("/", 1)[0]
    banned = (set(ARROWS) - ARROWS[folder] - {folder}) | BANNED[folder]
    if path != "adapters/xml.py":
        banned |= XML
    return [f"{path} imports {module}" for module in imported(source) if within(module, banned)]


def test_every_import_follows_an_arrow() -> None:
    files = [file for folder in ARROWS for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) >= len(ARROWS)
    found = [breaches(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")) for file in files]
    assert [line for lines in found for line in lines] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("schemas/a.py", "import gateway.store"),
        ("signing/a.py", "from schemas import load"),
        ("signing/a.py", "def seal():\n    import sqlalchemy"),
        ("adapters/a.py", "def read():\n    from signing import seal"),
        ("adapters/ctf.py", "from lxml import etree"),
        ("adapters/a.py", "from urllib import request"),
        ("gateway/a.py", "import xml.etree.ElementTree"),
        ("conformance/run.py", "import importlib\nimportlib.import_module('gateway.app')"),
        ("conformance/run.py", "def late():\n    __import__('adapters')"),
    ],
)
def test_a_planted_import_against_an_arrow_is_caught(path: str, source: str) -> None:
    assert breaches(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("gateway/a.py", "def send():\n    from signing import seal\n    import httpx2"),
        ("adapters/xml.py", "from lxml import etree"),
        ("adapters/ctf.py", "from adapters import xml\nfrom schemas import Finding"),
        ("adapters/a.py", "from urllib.parse import quote"),
        ("conformance/run.py", "import importlib\nimportlib.import_module('signing')"),
        ("schemas/a.py", "from .registry import gateway"),
    ],
)
def test_an_import_along_an_arrow_passes(path: str, source: str) -> None:
    assert breaches(path, source) == []
