"""Where the command line starts: streams, signals, warnings, and every error as one line with an exit code.

==== ==============================================================================================
0    done; a reader of the output that left early, as ``head`` does, changes nothing
1    ``shoal check`` found a gradient that differs; or an error inside shoal, to be reported
2    what the user can put right, in one line; also output that was asked for and could not be written
130  Ctrl-C (129: the terminal is gone, 143: terminated), also where the best so far was kept
==== ==============================================================================================
"""

from __future__ import annotations

import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module

from typer import Exit, TyperException

from shoal.cli.app import COMMANDS, app
from shoal.cli.options import NAME
from shoal.cli.output import complain, note, show
from shoal.cli.plain import DoubtfulError, plain_arguments
from shoal.cli.signals import WATCH, Terminated
from shoal.cli.streams import BestEffort, standard_streams
from shoal.errors import ShoalError, ShoalWarning, is_failure, reason
from shoal.plots.loading import documentation_unread
from shoal.words import as_option, spoken

INTERRUPTED = 130
"""What the library of commands makes of Ctrl-C."""


def run() -> int:
    """Run the command that the arguments name, and return the exit code."""
    with (
        standard_streams() as out,
        warnings.catch_warnings(),
        spoken(as_option),
        documentation_unread(),
    ):
        warnings.simplefilter("always", ShoalWarning)
        warnings.showwarning = note
        try:
            WATCH.has_begun = True
            code = _outcome()
        except (KeyboardInterrupt, Terminated):
            code = INTERRUPTED
        finally:
            WATCH.is_over = True
        out.flush()
        if WATCH.received or code == INTERRUPTED:
            WATCH.received = WATCH.received or [signal.SIGINT]
            complain(WATCH.sentence())
            return WATCH.code
        return _judged(code, out)


def _judged(code: int, out: BestEffort) -> int:
    """Return the exit code of a command that could not print all, and say so."""
    if code or not out.lost:
        return code
    if out.is_needed:
        complain(f"the standard output cannot be written ({out.lost}); lead it to a place with room")
        return 2
    note(f"the standard output cannot be written ({out.lost}); the files are whole")
    return 0


def _outcome() -> int:
    """Run the command, and say in one line why it could not end well."""
    try:
        code = _called(sys.argv[1:] or ["--help"])
    except BaseException as error:
        if not is_failure(error):
            raise
        if "--debug" in sys.argv:
            for line in traceback.format_exc().splitlines():
                show(line)
        if isinstance(error, ShoalError | TyperException | MemoryError | OSError):
            complain(_words(error))
            return 2
        complain(f"internal error ({_words(error)}); please report it with the output of --debug")
        return 1
    return code or 0


def _called(words: list[str]) -> int | None:
    """Call the command that the words name, and return the exit code that it asks for."""
    plain = _plainly(words)
    if plain is None:
        code: int | None = app(words, prog_name=NAME, standalone_mode=False)
        return code
    try:
        plain()
    except Exit as end:
        return end.exit_code
    return None


def _plainly(words: list[str]) -> Callable[[], None] | None:
    """Return the command with its arguments, unless it takes Typer to read them."""
    name, *rest = words
    if name not in COMMANDS:
        return None
    command = getattr(import_module(f"shoal.cli.{name}"), name)
    try:
        return partial(command, **plain_arguments(command, rest))
    except DoubtfulError:
        return None


def _words(error: BaseException) -> str:
    """Return an error on one line: what is wrong, and what to do."""
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else NAME
        message = f"{error.format_message().rstrip('.')}; '{command} --help' tells what it takes"
    elif isinstance(error, MemoryError):
        what = f" ({error})" if str(error) else ""
        message = f"not enough memory{what}; use smaller hidden sizes, --batch-size or --jobs"
    elif isinstance(error, ShoalError | OSError):
        message = str(error) or reason(error)
    else:
        message = f"{type(error).__name__}: {error}"
    return " ".join(message.split())
