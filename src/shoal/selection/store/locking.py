"""A lock that the operating system lets go of when its holder ends, however that comes about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from shoal.errors import ModelFolderError, OutputError, reason

OF_THE_PLACE = {
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL),
}
"""Errors of SQLite that say nothing against the database; what is no such error is damage."""
OF_SQLITE = (sqlite3.Error, UnicodeDecodeError)
"""What the module raises: it decodes the messages of SQLite, which quote a damaged schema byte for byte."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file ``path`` as the lock of its folder.

    Raises ``OutputError`` while another holds it, ``ModelFolderError`` for a file that is no lock, and what
    SQLite raises where the place is at fault.
    """
    with ExitStack() as stack:
        while not _is_held(path, stack):
            stack.close()
        yield


def _is_held(path: Path, stack: ExitStack) -> bool:
    """Lock a file until ``stack`` closes; False where its last holder has removed it meanwhile.

    Whoever comes next makes the file anew, and does not see a lock of one that is nowhere any more.
    """
    with suppress(OSError):  # which SQLite tells
        path.touch()
    file = _identity(path)
    lock = stack.enter_context(closing(sqlite3.connect(path, timeout=0, isolation_level=None)))
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except OF_SQLITE as error:
        if file is not None and _identity(path) != file:
            return False
        if code_of(error) == sqlite3.SQLITE_BUSY:
            raise OutputError(
                f"{path.parent} is in use by another study; wait for it to end, or give another folder"
            ) from None
        if code_of(error) in OF_THE_PLACE:
            raise
        raise ModelFolderError(f"{path} is no lock ({reason(error)}); remove it") from None
    return file is not None and _identity(path) == file


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def code_of(error: Exception) -> int | None:
    """Return the primary code of an error, which the module's own errors, of texts that are none, lack."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
