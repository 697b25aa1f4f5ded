"""``shoal lab``: the shoal trains in a browser, live."""

from __future__ import annotations

from typing import Annotated

import typer

from shoal.cli.options import Debug


def lab(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.")] = 0,
    lesson: Annotated[
        str | None, typer.Option(help="A lesson by its name, or one of your own: FILE.json.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the usual browser.")] = True,
    debug: Debug = False,
) -> None:
    """Watch hundreds of networks train, in a browser: turn λ, go back in time, fork, choose, test once."""
    import webbrowser

    from shoal.cli.terminal import plain_console
    from shoal.errors import MissingDependencyError

    try:
        from shoal.lab.serving import serve
    except ImportError as error:
        raise MissingDependencyError(
            f"shoal lab needs {error.name}, which is not installed; pip install 'shoal[lab]'"
        ) from None
    from shoal.lab.laboratory import Laboratory
    from shoal.lab.lesson import lesson_of

    laboratory = Laboratory(lesson=None if lesson is None else lesson_of(lesson))
    console = plain_console()

    def ready(address: str, stop: object) -> None:
        console.print(f"The lab: {address}")
        console.print("It answers this machine alone, and ends with Ctrl-C.")
        if browser:
            webbrowser.open(address)

    serve(laboratory, port, ready)
