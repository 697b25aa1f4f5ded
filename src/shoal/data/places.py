"""Where data lie: a name is the name of one file or folder, letter by letter, on this machine."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from shoal.errors import DataError, reason
from shoal.files import require_regular

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def place(source: str | Path, expected: str) -> Path:
    """Return the path of the file or folder that ``source`` names; ``expected`` says what should be there.

    Brackets, stars, question marks, ``%`` and ``~`` in a name are letters like any others.

    Raises ``DataError`` for an address, since nothing is ever fetched, for a name that is not there, with the
    nearest that is, and for a pipe, a socket or a device, which may never end.
    """
    path = Path(source)
    try:
        if path.exists():
            require_regular(path)
            return path
        wrong = _absent(str(source), path, expected)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); check the file") from None
    raise DataError(f"{source} {wrong}")


def _absent(source: str, path: Path, expected: str) -> str:
    """Return what is wrong with a name that is not there, and what may have been meant."""
    if _ADDRESS.match(source):
        return f"is an address, expected {expected} on this machine; fetch it first, since shoal never does"
    if source == "-":
        hint = "save what a command writes as a file first, and name that"
    elif not path.parent.is_dir():
        hint = f"its directory {path.parent} does not exist either; check the path"
    else:
        names = [entry.name for entry in path.parent.iterdir()]
        near = difflib.get_close_matches(path.name, names, n=1)
        hint = f"did you mean {path.with_name(near[0])}?" if near else "check the path"
    return f"does not exist, expected {expected}; {hint}"
