"""``shoal serve``: predictions by HTTP, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.options import Debug


def serve(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote, of a table.")],
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with the token that requests bring; else it is new and shown.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Answer rows of JSON with predictions, by HTTP on this machine."""
    from shoal.cli.terminal import plain_console
    from shoal.errors import MissingDependencyError

    try:
        from shoal.serve.serving import serve as run
    except ImportError as error:
        raise MissingDependencyError(
            f"shoal serve needs {error.name}, which is not installed; pip install 'shoal[serve]'"
        ) from None
    console = plain_console()

    def ready(address: str, token: str, stop: object) -> None:
        console.print(f"Predictions: POST {address}/predict  Document: GET {address}/openapi.json")
        if token_file is None:
            console.print(f"Token: {token}")
        console.print("It answers this machine alone, and ends with Ctrl-C.")

    run(folder, port, ready, token_file)
