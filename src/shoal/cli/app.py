"""The application that every command is registered with.

A command imports what it works with when it is called: ``--help`` and a mistyped option need neither the
frame libraries nor scikit-learn nor matplotlib, whose import takes seconds.
"""

from __future__ import annotations

import typer

from shoal.cli.fit import fit
from shoal.cli.lecture import lecture
from shoal.cli.predict import predict
from shoal.cli.report import report

app = typer.Typer(
    add_completion=False,
    help="Trains a whole shoal of neural networks at once and keeps the one that generalises.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for command in (fit, predict, report, lecture):  # in the order in which --help lists them
    app.command()(command)
