"""Make the test vectors of LTP-1: `python -m tests.signing.maker FOLDER`, once, for files that are not there yet.

Sealing is random, so a second run makes other bytes: this never writes over a file, and CI does not call it. What
holds the vectors in signing/vectors to the program is tests/signing/test_vectors.py. To add messages or refusals,
make them into an empty folder, choose, and add them to the committed files by hand; what is there stays.
"""

import json
import sys
from pathlib import Path

from tests.signing.maker.forms import forms
from tests.signing.maker.messages import messages
from tests.signing.maker.refusals import refusals
from tests.signing.maker.world import NOTE, keys


def main(folder: Path) -> None:
    """Write the four files; refuses when any of them is there."""
    sealed = messages()
    nine, ten = sealed[:2]
    files = {
        "keys": keys(),
        "messages": {"note": NOTE, "messages": sealed},
        "refusals": {"note": NOTE, "refusals": refusals(nine, ten)},
        "forms": {"note": NOTE, **forms(nine)},
    }
    there = [name for name in files if (folder / f"{name}.json").exists()]
    if there:
        raise SystemExit(f"{', '.join(there)}: there already, and vectors are never written over.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
