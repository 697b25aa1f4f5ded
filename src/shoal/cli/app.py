"""The application that every command is registered with.

A command imports what it works with when it is called: ``--help`` and a mistyped option need neither the
frame libraries nor scikit-learn nor matplotlib, whose import takes seconds.
"""

from __future__ import annotations

from typing import Annotated

import typer

from shoal._version import __version__
from shoal.cli.check import check
from shoal.cli.explain import explain
from shoal.cli.export import export
from shoal.cli.fit import fit
from shoal.cli.lab import lab
from shoal.cli.lecture import lecture
from shoal.cli.options import NAME
from shoal.cli.predict import predict
from shoal.cli.report import report
from shoal.cli.serve import serve

app = typer.Typer(
    add_completion=False,
    help="Trains a whole shoal of neural networks at once and keeps the one that generalises.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


# In the order in which --help lists them.
COMMANDS = (fit, predict, report, explain, check, export, serve, lecture, lab)
for command in COMMANDS:
    app.command()(command)
