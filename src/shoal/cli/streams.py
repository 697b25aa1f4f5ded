"""Standard streams that may fail without taking the work with them: full, closed, or without a reader."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from shoal.errors import reason


class BestEffort:
    """A stream that drops what it cannot write, and knows why; all else is that of the stream itself.

    ``is_needed`` says whether what is printed is what the command is for, and not only about its files.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.failure: OSError | ValueError | None = None
        self.is_needed = True
        if stream is None:  # Python has none for a descriptor that was closed
            self.failure = OSError(errno.EBADF, os.strerror(errno.EBADF))
            stream = io.StringIO()
        if isinstance(stream, io.TextIOWrapper):  # show the rest where an encoding lacks a character
            stream.reconfigure(errors="backslashreplace")
        self.stream = stream

    def write(self, text: str) -> int:
        """Write ``text`` if that is possible, and return its length."""
        if self.failure is None:
            try:
                self.stream.write(text)
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, if that is possible."""
        if self.failure is None:
            try:
                self.stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def _fail(self, error: OSError | ValueError) -> None:
        """Keep the error, and lead away what is still on its way, which would fail again at the very end."""
        self.failure = error
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)

    @property
    def lost(self) -> str:
        """Why something was not written that somebody would miss: a reader that has left has seen enough."""
        if self.failure is None or getattr(self.failure, "errno", None) == errno.EPIPE:
            return ""
        return reason(self.failure)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def standard_streams() -> Iterator[BestEffort]:
    """Have ``sys.stdout`` and ``sys.stderr`` fail in silence, and lend the former."""
    _occupy_descriptors()
    before = sys.stdout, sys.stderr
    out, error = BestEffort(sys.stdout), BestEffort(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", error)
    try:
        yield out
    finally:
        out.flush()
        error.flush()
        sys.stdout, sys.stderr = before


def files_come_first() -> None:
    """Note that the command that runs writes files, and that what it prints is only about them."""
    if isinstance(sys.stdout, BestEffort):
        sys.stdout.is_needed = False


def _occupy_descriptors() -> None:
    """Open something where a standard stream is closed, or a file of ours would be there next."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
