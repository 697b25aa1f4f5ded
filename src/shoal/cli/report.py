"""``shoal report``: the report of a saved model again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.options import Debug, Overwrite
from shoal.cli.output import say
from shoal.cli.streams import files_come_first


def report(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote.")],
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Write the report of a model again, from its evidence."""
    files_come_first()
    from shoal.jobs.report import rebuild_report

    say(f"Report: {rebuild_report(folder, overwrite)}")
