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
        typer.Option(help="The file to write: .onnx (the whole model), .c (C99) or .safetensors (PyTorch)."),
    ],
    int8: Annotated[bool, typer.Option("--int8", help="Weights of 8 bits, in C.")] = False,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Write a model for ONNX runtimes or in C, or its weights for PyTorch."""
    files_come_first()
    from shoal.export.saved import export_folder

    export_folder(folder, to, overwrite, int8)
    say(f"Model: {to}")
