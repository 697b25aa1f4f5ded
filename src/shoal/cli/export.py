"""``shoal export``: a saved model for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.options import Debug, Overwrite
from shoal.cli.output import say
from shoal.cli.streams import files_come_first


def export(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote.")],
    to: Annotated[
        Path,
        typer.Option(
            help="The file to write: .onnx (the whole model), .c (C99), .sql (one SELECT), "
            ".safetensors (PyTorch)."
        ),
    ],
    int8: Annotated[bool, typer.Option("--int8", help="Weights of 8 bits, in C.")] = False,
    table: Annotated[
        str | None, typer.Option(help="The database's table, in SQL; data if not given.")
    ] = None,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Write a model for ONNX runtimes, in C or in SQL, or its weights for PyTorch."""
    files_come_first()
    from shoal.export.saved import export_folder

    export_folder(folder, to, overwrite, int8, table)
    say(f"Model: {to}")
