"""Finding a gateway's home folder for the commands that work on its files."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.settings import Settings

HomeOption = Annotated[Path, typer.Option("--home", envvar="LTP_HOME", help="The gateway's folder.")]


def settings(home: Path, **given: Any) -> "Settings":  # noqa: ANN401 - settings are of several types
    """The settings of the gateway in a folder; what was given on the command line comes first."""
    from pydantic import ValidationError

    from gateway.cli.output import fail
    from gateway.settings import Settings

    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(home=home, **chosen)
    except ValidationError as problem:
        names = ", ".join(".".join(str(part) for part in error["loc"]) for error in problem.errors())
        fail(f"These settings are missing or not usable: {names}. See ltp gateway init --help.", 2)


def now() -> int:
    """Whole seconds since 1970."""
    return int(time.time())


PassphraseOption = Annotated[
    Path | None, typer.Option(help="File with the passphrase; without it you are asked for one.")
]


def passphrase(file: Path | None, *, new: bool = False) -> str:
    """A passphrase from a file or from the keyboard, never from the command line, which others can see."""
    from gateway.files import read_passphrase
    from signing.lockbox import HiddenText

    if file is not None:
        return read_passphrase(file)
    given: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    return HiddenText(given)
