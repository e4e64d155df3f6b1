"""Commands of ``ltp keys`` about the files that keys lie in: backup, restore, and what the master key is under."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.homes import HomeOption, PassphraseOption, now, passphrase, settings
from gateway.cli.output import WRONG_USE, fail, say


def mount(app: typer.Typer) -> None:
    """Adds the commands to ``ltp keys``."""
    for name, command in (("backup", backup), ("restore", restore), ("rewrap", rewrap)):
        app.command(name)(command)


def backup(
    out: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
) -> None:
    """Write all keys of this gateway into one file, encrypted under a passphrase, and check that it reads."""
    from gateway.files import Home
    from gateway.keys.archive import back_up

    sets = back_up(Home(settings(home)), out, passphrase(passphrase_file, new=True), now())
    say(
        f"Sets of keys in {out}: {sets}; read again and found whole. Keep it and its passphrase in two places, and "
        "not longer than 35 days: it holds keys that are to be destroyed on schedule."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A backup, or the file of a DSL desk's second key.")],
    home: HomeOption,
    passphrase_file: PassphraseOption = None,
    replace: Annotated[bool, typer.Option(help="Put it in the place of keys that lie here.")] = False,
    keys_only: Annotated[
        bool, typer.Option(help="Organisations' keys, under this gateway's own master key.")
    ] = False,
) -> None:
    """Take keys back from a backup, or the DSL desk's second key from its file."""
    from gateway.files import Home
    from gateway.keys import archive

    where = Home(settings(home))
    if archive.kind_of(file) == archive.RECOVERY:
        organisation = archive.restore_recovery(where, file, passphrase(passphrase_file))
        say(f"The second DSL key opens messages again. Next: ltp keys export-public {organisation}")
        return
    found = archive.read_backup(file, passphrase(passphrase_file))
    written = archive.restore(where, found, archive.Restoring(replace, keys_only), now())
    for path in written:
        say(f"restored {path}")
    say("Everything was here already." if not written else "Next: ltp keys expire, then ltp keys list")


def rewrap(
    home: HomeOption,
    kek_file: Annotated[
        Path | None, typer.Option(help="Under a 32-byte key in this file, kept elsewhere.")
    ] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="Under the passphrase in this file.")] = None,
    kms_key: Annotated[str | None, typer.Option(help="Under this key of a key management service.")] = None,
    kms_region: Annotated[str | None, typer.Option(help="The service's region.")] = None,
    kms_endpoint: Annotated[str | None, typer.Option(help="The service's URL, if not the usual one.")] = None,
    plain: Annotated[bool, typer.Option(help="Under nothing but the file's mode.")] = False,
) -> None:
    """Keep the same master key under something else; without an option, under what the settings say."""
    from gateway.files import Home

    where = settings(home)
    given = {
        "kek_file": kek_file,
        "passphrase_file": passphrase_file,
        "kms_key": kms_key,
        "kms_region": kms_region,
        "kms_endpoint": kms_endpoint,
    }
    chosen = sum(given[name] is not None for name in ("kek_file", "passphrase_file", "kms_key")) + plain
    if chosen > 1:
        fail("Name one thing to wrap the master key under.", WRONG_USE)
    new = where.model_copy(update=given) if chosen else where
    Home(where).rewrap(Home(new))
    said = [f'{name} = "{value}"' for name, value in given.items() if value is not None]
    say("Done." + (f" Now gateway.toml must say: {', '.join(said)}" if said else ""))
