"""Writing a file so that it is there whole or not at all, and JSON that can always be written."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path

from shoal.errors import OutputError


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` under another name, flush it to the disk and rename it to ``path``.

    Raises ``OutputError`` if the place is read-only, full or missing; what was at ``path`` stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror}); name a place in a writable folder with room"
        ) from None


def require_regular(path: Path) -> None:
    """Raise ``OSError`` if ``path`` is a pipe, a socket or a device, which may never end; a folder passes."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    raise OSError(errno.EINVAL, f"it is {kind}, which may never end: save what it gives as a file first")


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file; raise ``OSError`` as ``require_regular`` does, before anything is read."""
    require_regular(path)
    return path.read_bytes()


def remove_leftovers(folder: Path) -> None:
    """Remove from ``folder`` what a process killed in the middle of ``write_atomically`` left there."""
    for path in leftovers(folder):
        path.unlink(missing_ok=True)


def leftovers(folder: Path) -> list[Path]:
    """Return the files in ``folder`` that have a temporary name of ``write_atomically``."""
    return sorted(folder.glob(".*.tmp"))


def as_json(value: object) -> bytes:
    """Return ``value`` as JSON that people can read; a name that is no Unicode is kept as it was.

    Raises ``ValueError`` for NaN and infinities, which JSON has no names for.

    >>> as_json({"λ": "\\udcff"}).decode()
    '{\\n "λ": "\\\\udcff"\\n}'
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace")  # Python writes half a surrogate pair as JSON does
