"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
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
