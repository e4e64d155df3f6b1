"""The command ``ltp``. Nothing heavy is imported before a command runs: ``ltp --help`` answers at once.

Results go to stdout, progress to stderr. Exit codes: 0 good, 1 problems found, 2 wrong use.
Other packages mount their own commands through the entry-point group ``ltp.commands``.
"""

from importlib.metadata import entry_points

import typer

from gateway.cli import (
    check,
    convert,
    database,
    directory,
    documents,
    gateway,
    keys,
    log,
    mailbox,
    measure,
    receipt,
    rules,
    schema,
)

app = typer.Typer(
    name="ltp",
    help="Carry what a school knows about a pupil to alternative provision and back, safely and whole.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold children's data
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for part in (documents, check, convert, mailbox, measure):
    part.mount(app)
for group in (schema, rules, gateway, keys, directory, log, receipt, database):
    app.add_typer(group.app)


def main() -> None:
    """Entry point: runs the command line and turns what is known to go wrong into one sentence."""
    from gateway.cli.output import run

    for point in entry_points(group="ltp.commands"):
        app.add_typer(point.load(), name=point.name)
    run(app)
