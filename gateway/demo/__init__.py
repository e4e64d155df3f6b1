"""``ltp demo``: three gateways on loopback carry an invented pupil's record there and back."""

import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from gateway.demo.network import running, set_up
from gateway.demo.proof import Proved, prove
from gateway.demo.story import Say, Story, tell
from gateway.evidence import Checked, verify_files

#: Where the page of the final report is left when the other files are not kept.
PAGE_FOLDER = Path("demo-output")


def run(*, keep: Path | None = None, headless: bool = False, as_json: bool = False) -> int:
    """Plays the demonstration and returns the exit code. Nothing is left running, whatever happens."""
    say = _teller(headless, as_json)
    folder = keep or Path(tempfile.mkdtemp(prefix="ltp-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        print("The folder for the demonstration must be empty.", file=sys.stderr)
        return 2
    began = time.monotonic()
    try:
        say("Three gateways start on loopback: a school, an unregistered provider, a local authority")
        network = set_up(folder)
        with running(network):
            story = tell(network, say)
        checked = [found for node in network.nodes for found in verify_files(node.settings)]
        proved = prove(network.provider, story.report)
        page = _keep_page(folder if keep else PAGE_FOLDER, story.page)
    except RuntimeError as problem:
        print(f"The demonstration failed. {problem}", file=sys.stderr)
        return 1
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    _report(story, checked, proved, say)
    say(f"   the final report as a page: {page}")
    seconds = round(time.monotonic() - began, 1)
    say(f"Done in {seconds} seconds. Nothing is left running.")
    if as_json:
        print(
            json.dumps(
                _summary(story, checked, proved, seconds) | {"page": str(page)}, ensure_ascii=False, indent=2
            )
        )
    return 0


def _teller(headless: bool, as_json: bool) -> Say:
    """Lines for people: on stdout, or on stderr when stdout is for a JSON object."""
    if headless or as_json:
        stream = sys.stderr if as_json else sys.stdout
        return lambda line: print(line, file=stream, flush=True)
    console = Console(highlight=False)
    return lambda line: console.print(
        line, style="bold" if line[:1].isdigit() else None, markup=False, soft_wrap=True
    )


def _keep_page(folder: Path, page: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "final-report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _report(story: Story, checked: list[Checked], proved: Proved, say: Say) -> None:
    say("5. Every state, with the receipts that the receiving organisation signed")
    for row in story.states:
        say(f"   {row['to']:<32} {row['state']:<10} receipts: {', '.join(row['receipts'])}")
    receipts = sum(found.message_type == "receipt" for found in checked)
    bundles = len(checked) - receipts
    say(
        f"   verified once more, from the files alone: both signatures of {bundles} bundles and {receipts} receipts"
    )
    say(
        f"   and the receipt '{proved.status}' proved from one file and the directory's root: entry {proved.entry + 1} "
        f"of {proved.size} in the public log, signed by {proved.witnesses} witnesses too"
    )


def _summary(story: Story, checked: list[Checked], proved: Proved, seconds: float) -> dict[str, object]:
    return {
        "ok": True,
        "seconds": seconds,
        "states": story.states,
        "arrivedOnce": story.arrived,
        "verifiedFromFiles": {
            "bundles": sum(found.message_type == "bundle" for found in checked),
            "receipts": sum(found.message_type == "receipt" for found in checked),
        },
        "provedInLog": asdict(proved),
    }
