"""The thin edge: read the written pages, write the made ones, let Zensical turn them into HTML."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from docs.generator import data, pages, requirements

ROOT = Path(__file__).parent.parent.parent
STANDARD = ROOT / "schemas" / "v1"
SPEC = ROOT / "docs" / "spec"
ASSETS = Path(__file__).parent / "assets"
REGISTRY = STANDARD / "requirements.json"
# Zensical asks an outside host for a script of this name unless the site has one.
_SHIM = "iframe-worker.js"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def spec_pages() -> dict[str, str]:
    """The written pages by file name."""
    return {file.name: file.read_text("utf-8") for file in sorted(SPEC.glob("*.md"))}


def registry_text() -> str:
    """The registry as it should be written, or raise Faults."""
    before = json.loads(REGISTRY.read_text("utf-8")) if REGISTRY.exists() else {}
    return json.dumps(requirements.registry(spec_pages(), before), ensure_ascii=False, indent=2) + "\n"


def write(work: Path) -> Path:
    """Write every page and file into a folder and return the settings for Zensical beside them."""
    standard = data.load(STANDARD)
    made = pages.site(standard, spec_pages(), (ROOT / "CHANGELOG.md").read_text("utf-8"))
    folder = work / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    shutil.copytree(STANDARD, folder / standard.version)
    shutil.copytree(ASSETS, folder / "assets")
    settings = work / "mkdocs.yml"
    # JSON is YAML, and needs no writer of its own.
    settings.write_text(json.dumps(config(pages.menu(standard, made), standard.version), indent=1), "utf-8")
    return settings


def config(menu: pages.Menu, version: str) -> dict[str, Any]:
    """The settings: no font, icon, script or counter from anywhere else, and a search that needs no server."""
    return {
        "site_name": "Learner Transfer Profile",
        "site_description": f"The published standard, version {version}",
        "docs_dir": "pages",
        "site_dir": "html",
        "nav": menu,
        "theme": {
            "variant": "modern",
            "font": False,
            "language": "en",
            "features": [
                "navigation.indexes",
                "navigation.path",
                "navigation.prune",
                "navigation.top",
                "toc.follow",
            ],
        },
        "plugins": ["search", "offline"],
        "extra": {"generator": False, "polyfills": [f"assets/{_SHIM}"]},
        "extra_css": ["assets/site.css"],
        "markdown_extensions": [
            "attr_list",
            "tables",
            "md_in_html",
            {"toc": {"permalink": True}},
            "pymdownx.superfences",
            "pymdownx.highlight",
        ],
    }


def build(work: Path) -> Path:
    """Make the HTML and return its folder; a warning of Zensical's is an error."""
    settings = write(work)
    shutil.rmtree(work / "html", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own words only
    if done.returncode:
        raise SystemExit(_COLOUR.sub("", done.stdout + done.stderr.partition("Traceback")[0]))
    return work / "html"
