"""The application that every command is registered with.

A command is imported when it is called, and imports what it works with then: ``--help`` and a mistyped option
need neither the frame libraries nor scikit-learn nor matplotlib, whose import takes seconds, and a command
has no use for the options of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from shoal._version import __version__
from shoal.cli.options import NAME

COMMANDS = ("fit", "predict", "report", "explain", "check", "export", "serve", "lecture", "lab")
"""In the order in which ``--help`` lists them: each the name of a module here, and of a function in it."""
STYLE: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}


class Commands(MutableMapping[str, Any]):
    """Commands by their names, made of what their modules say when they are first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = dict.fromkeys(COMMANDS)

    def __getitem__(self, name: str) -> Any:
        if self._made[name] is None:
            alone = typer.Typer(**STYLE)
            alone.command(name)(getattr(import_module(f"shoal.cli.{name}"), name))
            self._made[name] = typer.main.get_command(alone)
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Application(TyperGroup):
    """All commands of shoal."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": Commands()})


app = typer.Typer(
    cls=Application,
    help="Trains a whole shoal of neural networks at once and keeps the one that generalises.",
    **STYLE,
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
