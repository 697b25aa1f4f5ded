"""Where the command line starts: encodings, warnings, and every error as one line with an exit code."""

from __future__ import annotations

import io
import sys
import traceback
import warnings

from typer import TyperException

from shoal.cli.app import app
from shoal.cli.options import NAME
from shoal.cli.output import complain, note
from shoal.errors import ShoalError, ShoalWarning


def main() -> None:
    """Run the command line; an error that the user can put right is one line, with exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # show the rest where an encoding lacks a character
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.simplefilter("always", ShoalWarning)
        warnings.showwarning = note
        sys.exit(_run())


def _run() -> int:
    """Run the command that the arguments name, and return the exit code."""
    try:
        code: int | None = app(sys.argv[1:] or ["--help"], prog_name=NAME, standalone_mode=False)
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        if isinstance(error, ShoalError | TyperException | MemoryError | OSError):
            complain(_words(error))
            return 2
        complain(f"internal error ({_words(error)}); please report it with the output of --debug")
        return 1
    return code or 0


def _words(error: Exception) -> str:
    """Return an error on one line: what is wrong, and what to do."""
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else NAME
        message = f"{error.format_message().rstrip('.')}; '{command} --help' tells what it takes"
    elif isinstance(error, MemoryError):
        message = f"not enough memory ({error}); use smaller hidden sizes, --batch-size or --jobs"
    elif isinstance(error, ShoalError | OSError):
        message = str(error)
    else:
        message = f"{type(error).__name__}: {error}"
    return " ".join(message.split())
