"""``ltp log``: a gateway's transparency log, and checking anybody's."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.homes import HomeOption, settings
from gateway.cli.output import GOOD, PROBLEMS, WRONG_USE, Form, FormOption, fail, say, show_json

if TYPE_CHECKING:
    from gateway.files import Home
    from gateway.log.folder import Found
    from signing.log.checkpoint import Policy, Unverified

app = typer.Typer(name="log", help="The public log of a gateway, and checking one.", no_args_is_help=True)

_Paths = Annotated[
    list[Path],
    typer.Argument(exists=True, help="The folder of a log, and checkpoints or proofs of it got elsewhere."),
]
_Keys = Annotated[
    Path | None, typer.Option("--keys", exists=True, dir_okay=False, help="The log's keys, as JSON.")
]
_Directory = Annotated[
    Path | None,
    typer.Option("--directory", exists=True, dir_okay=False, help="A directory that has the log's keys."),
]
_Roots = Annotated[
    Path | None,
    typer.Option("--roots", exists=True, dir_okay=False, help="The directory's root that you trust."),
]


def _home(folder: Path) -> "Home":
    from gateway.files import Home

    return Home(settings(folder))


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


@app.command("init")
def init(home: HomeOption) -> None:
    """Make the keys of a gateway's log and of its witness, and print the public ones."""
    from gateway.log.keys import make_log_keys, public_keys

    where = _home(home)
    make_log_keys(where)
    show_json(public_keys(where))
    say("Give these to the keeper of the directory, who adds the log's keys to this gateway's entry.")


@app.command("checkpoint")
def checkpoint(home: HomeOption, output: FormOption = Form.TEXT) -> None:
    """Sign the log as it is now, and print the checkpoint."""
    from gateway.log.keys import open_book

    book = open_book(_home(home))
    try:
        signed = book.sign(_now())
    finally:
        book.close()
    if output is Form.JSON:
        show_json(
            {"origin": signed.origin, "size": signed.head.size, "at": signed.at, "note": signed.note.decode()}
        )
        return
    typer.echo(signed.note.decode(), nl=False)


@app.command("prove")
def prove(
    home: HomeOption,
    index: Annotated[int | None, typer.Option(min=0, help="The entry's place in the log.")] = None,
    digest: Annotated[str | None, typer.Option(help="The digest that the entry is about.")] = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Print the proof that an entry is in the log, against the newest checkpoint."""
    from gateway.log.keys import open_book

    if (index is None) == (digest is None):
        fail("Say which entry: either --index or --digest.", WRONG_USE)
    book = open_book(_home(home))
    try:
        with book.read() as read:
            places = read.find(digest) if digest is not None else [index or 0]
            entries = read.entries(places[0], places[0] + 1) if places else []
        if not entries:
            fail("There is no such entry in the log.")
        proof = book.prove(places[0]).text().decode()
    finally:
        book.close()
    if output is Form.JSON:
        show_json({"index": places[0], "entry": entries[0].decode(), "proof": proof})
        return
    typer.echo(proof, nl=False)


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="The folder to write into.")],
    home: HomeOption,
) -> None:
    """Sign the log and write it into a folder that anybody can check."""
    from gateway.log.folder import Content
    from gateway.log.folder import export as write
    from gateway.log.keys import open_book

    book = open_book(_home(home))
    try:
        signed = book.sign(_now())
        with book.read() as read:
            keys = book.policy.log.vkeys()
            size = signed.head.size
            write(Content(size, read.entries, read.hashes, read.checkpoints(), keys), folder)
    finally:
        book.close()
    say(f"{size:,} entries are in {folder}. Check them with: ltp log verify {folder}")


@app.command("verify")
def verify(
    paths: _Paths,
    keys: _Keys = None,
    directory: _Directory = None,
    roots: _Roots = None,
    output: FormOption = Form.TEXT,
) -> None:
    """Check a log offline: that nothing was cut off, changed or dated back, and that all were shown the same."""
    from gateway.directory.errors import DirectoryRefused
    from signing import SigningError

    folders = [path for path in paths if path.is_dir()]
    if len(folders) > 1:
        fail("Check one log at a time: name one folder, and checkpoints of the same log.", WRONG_USE)
    try:
        result = _checked(folders, [path for path in paths if not path.is_dir()], (keys, directory, roots))
    except (SigningError, DirectoryRefused) as problem:
        where = getattr(problem, "where", None)
        result = {"good": False, "code": problem.code, "where": where, "message": str(problem)}
    if output is Form.JSON:
        show_json(result)
    else:
        typer.echo(_sentence(result))
    raise typer.Exit(GOOD if result["good"] else PROBLEMS)


def _checked(
    folders: list[Path], files: list[Path], trust: tuple[Path | None, Path | None, Path | None]
) -> dict[str, Any]:
    from gateway.log.folder import Found
    from signing.log.checkpoint import check_same_log
    from signing.log.checkpoint import verify as verify_checkpoint

    notes = [_note(path.read_bytes()) for path in files]
    found = Found.read(folders[0]) if folders else None
    policy = _policy(trust, found, notes)
    now = _now()
    known = {"good": True, "origin": policy.log.name, "keys": "given" if any(trust) else "folder"}
    signed = check_same_log([verify_checkpoint(note, policy, now) for note in notes])
    if found is not None:
        history = found.verify(policy, now, [note.note for note in notes])
        head, at = history.signed, history.signed_at
    else:
        head, at = signed[-1].head, signed[-1].at
    return {**known, "entries": found is not None, "size": head.size, "at": at, "checkpoints": len(signed)}


def _note(data: bytes) -> "Unverified":
    """The checkpoint in a file, which is one or a proof with one."""
    from signing.log.checkpoint import Unverified
    from signing.log.proof import Proof

    return Unverified.parse(Proof.parse(data).note if data.startswith(b"c2sp.org/tlog-proof@") else data)


def _policy(
    trust: tuple[Path | None, Path | None, Path | None], found: "Found | None", notes: "list[Unverified]"
) -> "Policy":
    """Whom to trust: the keys that were given, else those of a directory, else those in the folder itself."""
    import orjson

    from gateway.cli.receipt import archived_directory
    from signing.log.checkpoint import Policy, Unverified
    from signing.log.evidence import log_policy

    keys, directory, roots = trust
    if keys is not None:
        try:
            return Policy.from_json(orjson.loads(keys.read_bytes()))
        except orjson.JSONDecodeError:
            fail("The file with the keys is not JSON.", WRONG_USE)
    if (directory is None) != (roots is None):
        fail("A directory is only trusted with its roots: give both --directory and --roots.", WRONG_USE)
    if directory is not None and roots is not None:
        origin = notes[0].origin if found is None else Unverified.parse(found.notes[-1]).origin
        return log_policy(archived_directory(directory, roots), origin)
    if found is None:
        fail("Give the log's keys, with --keys or with --directory and --roots.", WRONG_USE)
    return found.policy()


def _sentence(result: dict[str, Any]) -> str:
    if not result["good"]:
        return f"Not good: {result['message']}\n    code: {result['code']}"
    at = datetime.fromtimestamp(result["at"], UTC).strftime("%-d %B %Y %H:%M UTC")
    lines = [f"Good: the log {result['origin']} holds {result['size']:,} entries, signed on {at}."]
    if not result["entries"]:
        lines.append("Only checkpoints were checked: the entries are not here.")
    if result["keys"] == "folder":
        lines.append("The keys came from the folder itself: compare them with those in the directory.")
    return "\n".join(lines)
