"""What commands write by the line: what they have done, and on the error stream notes and errors."""

from __future__ import annotations

from shoal.cli.options import NAME
from shoal.printable import on_one_line


def say(line: str) -> None:
    """Show what a command has done: one line, for which nothing is loaded that lays out pages."""
    print(on_one_line(line))


def note(message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning, as ``warnings.showwarning`` is asked to."""
    from shoal.cli.terminal import plain_console

    plain_console(stderr=True).print(f"note: {message}", style="yellow")


def complain(message: str) -> None:
    """Show an error in the words that are for its reader."""
    show(f"{NAME}: {message}")


def show(line: str) -> None:
    """Show a line on the error stream."""
    from shoal.cli.terminal import plain_console

    plain_console(stderr=True).print(line)
