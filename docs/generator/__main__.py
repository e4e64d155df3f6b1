"""`python -m docs.generator requirements` and `… site`: what `make requirements` and `make docs` call."""

import shutil
import sys
from pathlib import Path

from docs.generator import check, publish
from docs.generator.requirements import Faults


def main(command: str) -> int:
    """Run one command; problems go to standard error, one a line."""
    try:
        return {"requirements": _requirements, "site": _site}[command]()
    except Faults as found:
        sys.stderr.writelines(f"{fault}\n" for fault in found.faults)
        return 1


def _requirements() -> int:
    publish.REGISTRY.write_text(publish.registry_text(), "utf-8")
    print(f"wrote {publish.REGISTRY.relative_to(publish.ROOT)}")
    return 0


def _site() -> int:
    _requirements()
    html = publish.build(publish.ROOT / "build" / "docs")
    problems = check.problems(html)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    target = publish.ROOT / "site"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(html, target)
    count = sum(1 for _ in Path(target).rglob("*.html"))
    print(f"site: {count} pages; open site/index.html")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else "site"))
