"""What commands write to the error stream: notes and the one line of an error."""

from __future__ import annotations

from shoal.cli.options import NAME


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
