"""``ltp receipt``: the evidence of a receipt as one file, and checking it years later without a network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.homes import HomeOption, settings
from gateway.cli.output import GOOD, PROBLEMS, WRONG_USE, Form, FormOption, fail, show_json

if TYPE_CHECKING:
    from signing import Directory
    from signing.log.evidence import ReceiptProof

_BAD_ROOTS = "The file with the directory's root is not in the right form."

app = typer.Typer(name="receipt", help="The evidence of a receipt.", no_args_is_help=True)


@app.command("verify")
def verify(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The evidence, as ltp receipt export made it.")
    ],
    roots: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The directory's root that you trust.")
    ],
    output: FormOption = Form.TEXT,
) -> None:
    """Check a receipt offline, from its file and the directory's root alone."""
    from gateway.directory.errors import DirectoryRefused
    from signing import SigningError
    from signing.log.evidence import ReceiptEvidence, verify_receipt

    trusted = _trusted(roots)
    try:
        evidence = ReceiptEvidence.parse(file.read_bytes())
        directory = _archived(evidence.directory, trusted)
        result = _good(verify_receipt(evidence, directory, int(datetime.now(UTC).timestamp())))
    except (SigningError, DirectoryRefused) as problem:
        result = {"good": False, "code": problem.code, "message": str(problem)}
    if output is Form.JSON:
        show_json(result)
    else:
        typer.echo(_sentences(result))
    raise typer.Exit(GOOD if result["good"] else PROBLEMS)


@app.command("export")
def export(
    bundle: Annotated[str, typer.Argument(help="The id of the bundle that was sent.")],
    home: HomeOption,
    organisation: Annotated[str, typer.Option(help="Who sent it: urn:ltp:org:<token>.")],
    status: Annotated[str, typer.Option(help="delivered, opened, accepted or rejected.")] = "delivered",
    message: Annotated[
        bool, typer.Option(help="Put the message in as well; it holds what was written about a pupil.")
    ] = True,
) -> None:
    """Print the evidence of a receipt for something that was sent from here."""
    from gateway.files import Home
    from gateway.log.keys import open_book
    from gateway.log.receipts import Wanted, evidence

    where = Home(settings(home))
    book = open_book(where)
    try:
        found = evidence(where, book, Wanted(organisation, bundle, status, message))
    finally:
        book.close()
    typer.echo(found.file().decode(), nl=False)


def archived_directory(file: Path, roots: Path) -> "Directory":
    """A directory of any age that the roots in a file vouch for."""
    return _archived(file.read_bytes(), _trusted(roots))


def _archived(directory: bytes, roots: bytes) -> "Directory":
    """The directory, which is one signed file, or what a gateway took from the directory's repository."""
    import orjson

    from signing import KeyMaterialError, PublicPair
    from signing.log.evidence import read_archived

    trusted = orjson.loads(roots)
    if isinstance(trusted, dict):
        from gateway.log.archive import unpack

        return unpack(directory, roots)
    try:
        return read_archived(directory, [PublicPair.from_jwks(jwks) for jwks in trusted])
    except KeyMaterialError:
        fail(_BAD_ROOTS, WRONG_USE)


def _trusted(path: Path) -> bytes:
    """A file of roots: the directory's root, or a list of pairs of keys."""
    import orjson

    data = path.read_bytes()
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict | list):
        fail(_BAD_ROOTS, WRONG_USE)
    return data


def _good(proof: "ReceiptProof") -> dict[str, Any]:
    checkpoint, receipt = proof.included.checkpoint, proof.receipt
    return {
        "good": True,
        "status": proof.status,
        "codes": list(receipt.body.get("codes", [])),
        "signedBy": receipt.iss,
        "to": receipt.aud.partition("/")[0],
        "message": receipt.body["of"].get("jti"),
        "received": receipt.body.get("received"),
        "contentDigest": receipt.body["content_sha256"],
        "messageChecked": proof.message is not None,
        "log": {"origin": checkpoint.origin, "index": proof.included.index, "size": checkpoint.head.size},
        "loggedBy": checkpoint.at,
        "directoryVersion": proof.directory_version,
    }


def _sentences(result: dict[str, Any]) -> str:
    if not result["good"]:
        return f"Not good: {result['message']}\n    code: {result['code']}"
    at = datetime.fromtimestamp(result["loggedBy"], UTC).strftime("%-d %B %Y %H:%M UTC")
    lines = [
        f"Good: {result['signedBy']} signed the receipt '{result['status']}' for a message of {result['to']}.",
        f"It was in the log {result['log']['origin']} by {at}, as entry {result['log']['index']}.",
    ]
    if result["messageChecked"]:
        lines.append("The message in the file is the one that the receipt is about.")
    else:
        lines.append("The message itself is not in the file: the receipt names it by its digest alone.")
    return "\n".join(lines)
