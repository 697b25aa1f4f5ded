"""Writing a file so that it is there whole or not at all, never over what is somebody else's; and JSON."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

from shoal.errors import OutputError, reason
from shoal.words import setting

_TEMPORARY = re.compile(r"\.shoal-[0-9a-f]{16}\.tmp")
"""A name that nobody gives to a file of their own, so that whatever has it may be removed."""

Contents: TypeAlias = "Mapping[str, Contents | None]"
"""What a folder may hold: a pattern of names to None for files, or to the contents of a folder."""


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` as the file ``path``, whole or not at all: see ``written_atomically``."""
    with written_atomically(path) as file:
        file.write(content)


@contextlib.contextmanager
def written_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Give a file to write, under a name of its own; then flush it to the disk and rename it to ``path``.

    A link at ``path`` is replaced, and what it leads to stays as it is. Raises ``OutputError`` if the place
    is read-only, full, missing or no ordinary file; then, and after any other exception, what was at ``path``
    stays, and nothing is left beside it.
    """
    path = Path(path)
    try:
        if "\0" in os.fspath(path):  # which would be found when all is written
            raise ValueError("embedded null byte")
        _require_ordinary(path)
        temporary = path.with_name(f".shoal-{secrets.token_hex(8)}.tmp")
        file = temporary.open("xb")  # never over one that is there
    except (OSError, ValueError) as error:  # a ValueError is a name that no system knows
        raise _unwritable(path, error) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        _discard(temporary)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from None
        raise
    flush_folder(path.parent)


def _unwritable(path: Path, error: Exception) -> OutputError:
    return OutputError(
        f"{path} cannot be written ({reason(error)}); name a place in a writable folder with room"
    )


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def require_new(
    path: str | os.PathLike[str],
    overwrite: bool = False,
    read: Iterable[str | os.PathLike[str]] = (),
    model: str | os.PathLike[str] | None = None,
) -> None:
    """Raise ``OutputError`` unless a file may be written at ``path``, before any work is done for it.

    With ``overwrite`` it may replace an ordinary file, but never one of those ``read``, whatever its name,
    and nothing is written into the folder of a ``model``.
    """
    path = Path(path)
    try:
        if model is not None and _lies_in(path, Path(model)):
            raise OutputError(f"{path} lies in the folder of the model; name a place outside of {model}")
        for source in map(Path, read):
            if path.exists() and source.exists() and path.samefile(source):
                raise OutputError(f"{path} is the same file as {source}, which is read; name another")
        _require_ordinary(path)
        if not overwrite and os.path.lexists(path):
            raise OutputError(
                f"{path} exists already; name another file, or have it replaced "
                f"({setting('overwrite', True)})"
            )
        if not stat.S_ISDIR(path.parent.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise OutputError(
            f"{path} cannot be written ({reason(error)}); name a place in a writable folder with room"
        ) from None


def write_new(path: str | os.PathLike[str], content: bytes, overwrite: bool = False) -> None:
    """Write a file where none is, or, with ``overwrite``, in the place of one; see ``write_atomically``."""
    require_new(path, overwrite)
    write_atomically(path, content)


def _require_ordinary(path: Path) -> None:
    """Raise an error for what a renamed file would destroy, or could not replace."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not path.is_file():
        raise OutputError(f"{path} is a device or a pipe, and no file; name one")


def _lies_in(path: Path, folder: Path) -> bool:
    """Whether ``path`` is in ``folder`` or below, by whatever names and links."""
    parents = path.parent.resolve()
    return folder.is_dir() and any(
        parent.exists() and parent.samefile(folder) for parent in (parents, *parents.parents)
    )


def flush_folder(folder: Path) -> None:
    """Have a new name survive a loss of power, where the system can."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def require_regular(path: Path) -> None:
    """Raise ``OSError`` if ``path`` is a pipe, a socket or a device, which may never end; a folder passes."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    raise OSError(errno.EINVAL, f"it is {kind}, which may never end: save what it gives as a file first")


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file; raise ``OSError`` as ``require_regular`` does, before anything is read.

    A file with holes may say that it is of any size: one that no memory holds is an ``OSError``, too.
    """
    require_regular(path)
    try:
        return path.read_bytes()
    except MemoryError:
        size = path.stat().st_size
        raise OSError(errno.EFBIG, f"it has {size:,} bytes, more than fit in memory") from None


def remove_leftovers(folder: Path) -> None:
    """Remove from ``folder`` what a process killed in the middle of ``write_atomically`` left there."""
    for path in leftovers(folder):
        path.unlink(missing_ok=True)


def leftovers(folder: Path) -> list[Path]:
    """Return the files in ``folder`` that have a temporary name of ``write_atomically``."""
    return sorted(path for path in folder.iterdir() if _TEMPORARY.fullmatch(path.name) and _is_file(path))


def strangers(folder: Path, contents: Contents) -> list[Path]:
    """Return what lies in ``folder`` and is none of its ``contents``, here or in the folders that those name.

    A link to a folder is a stranger: what it leads to may be anybody's.
    """
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        inner = _below(path, contents)
        if inner is not None:
            found.extend(strangers(path, inner))
        elif not _is_file_of(path, contents):
            found.append(path)
    return found


def clear(folder: Path, contents: Contents) -> None:
    """Remove from ``folder`` the files of its ``contents``, by name, and folders that are empty then."""
    for path in sorted(folder.iterdir()):
        inner = _below(path, contents)
        if inner is not None:
            clear(path, inner)
            with contextlib.suppress(OSError):  # it holds something else
                path.rmdir()
        elif _is_file_of(path, contents):
            path.unlink(missing_ok=True)


def _below(path: Path, contents: Contents) -> Contents | None:
    """Return what a folder among the ``contents`` may hold, or None for all that is no such folder."""
    known = next((inner for name, inner in contents.items() if re.fullmatch(name, path.name)), None)
    return known if path.is_dir() and not path.is_symlink() else None


def _is_file_of(path: Path, contents: Contents) -> bool:
    named = any(inner is None and re.fullmatch(name, path.name) for name, inner in contents.items())
    return (named or _TEMPORARY.fullmatch(path.name) is not None) and _is_file(path)


def _is_file(path: Path) -> bool:
    """Whether removing ``path`` removes no more than a file or a link."""
    return path.is_symlink() or path.is_file()


def as_json(value: object) -> bytes:
    """Return ``value`` as JSON that people can read; a name that is no Unicode is kept as it was.

    Raises ``ValueError`` for NaN and infinities, which JSON has no names for.

    >>> as_json({"λ": "\\udcff"}).decode()
    '{\\n "λ": "\\\\udcff"\\n}'
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace")  # Python writes half a surrogate pair as JSON does
