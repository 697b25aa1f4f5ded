"""``shoal lab``: the shoal trains in a browser, live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shoal.cli.options import Debug

if TYPE_CHECKING:
    from shoal.lab.running import Exhibit


def lab(
    table: Annotated[
        str | None,
        typer.Argument(
            help="A table of your own, to predict numbers or classes; or a finished shoal fit's folder."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column of the table to predict.")] = None,
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
    laboratory = _exhibit(table, target, lesson)
    console = plain_console()

    def ready(address: str, stop: object) -> None:
        console.print(f"The lab: {address}")
        console.print("It answers this machine alone, and ends with Ctrl-C.")
        if browser:
            webbrowser.open(address)

    serve(laboratory, port, ready)


def _exhibit(table: str | None, target: str | None, name: str | None) -> Exhibit:
    """Return a laboratory on the lecture's sets or on a table, with or without a lesson; or a study."""
    from pathlib import Path

    from shoal.errors import ConfigurationError
    from shoal.lab.design import Design
    from shoal.lab.laboratory import Laboratory
    from shoal.lab.lesson import lesson_of
    from shoal.lab.material import SETS

    if table is not None and Path(table).is_dir():
        if target is not None or name is not None:
            raise ConfigurationError(
                f"{table} is a folder, whose study has its target, and no lesson; leave out --target "
                "and --lesson"
            )
        from shoal.lab.finished import FinishedStudy  # which loads all that reads models

        return FinishedStudy(Path(table))
    if (table is None) is not (target is None):
        raise ConfigurationError("a table and its --target go together; name both, or neither")
    lesson = None if name is None else lesson_of(name)
    if table is None or target is None:
        return Laboratory(lesson=lesson)
    from shoal.lab.table import own_table

    design = Design(data="table", initial="unit")
    return Laboratory(design, sets={"table": own_table(table, target), **SETS}, lesson=lesson)
