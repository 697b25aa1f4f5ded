"""The bytes of a file, unpacked where it is compressed, and what decoders raise, in our words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shoal.data.memory import SHARE, available_bytes, readable, require_memory
from shoal.data.readers.packed import Packing, opened, packing_in
from shoal.errors import CapacityError, DataError, ShoalError, is_failure
from shoal.files import require_regular

_BLOCK = 1 << 20
_LONGEST_REASON = 200
_OF_DAMAGE = (None, errno.EINVAL)  # of decoders themselves, and of a place before a file's beginning


@contextmanager
def decoding(path: Path, kind: str, remedy: str = "write it again") -> Iterator[None]:
    """Turn whatever a decoder raises at a damaged file into an error of one line that names the file.

    Decoders raise nearly anything at damaged files, so every exception counts, panics of libraries in Rust
    included, which are no ``Exception``. Running out of memory becomes a ``CapacityError``, all else a
    ``DataError``; what is shoal's own passes, and what the system says of the file.
    """
    try:
        yield
    except ShoalError:
        raise
    except MemoryError:
        raise CapacityError(f"{path} needs more memory than there is; use a part of it") from None
    except BaseException as error:
        of_the_system = isinstance(error, OSError) and error.errno not in _OF_DAMAGE
        if of_the_system or not is_failure(error):
            raise
        why = " ".join(str(error).split()) or type(error).__name__
        why = why if len(why) <= _LONGEST_REASON else f"{why[:_LONGEST_REASON]}…"
        raise DataError(f"{path} cannot be read as {kind} ({why}); {remedy}") from None


def require_size(size: int, path: Path) -> None:
    """Raise ``CapacityError`` unless ``size`` bytes fit in memory twice: as they are, and as columns."""
    require_memory(2 * size, f"the table {path}", "use a part of it or a larger machine")


def file_bytes(path: Path) -> bytes:
    """Return the file's bytes, unpacked if it is compressed, never more of them than the memory can take.

    Raises ``DataError`` for a damaged file, and for one that is not compressed as its name says, ``OSError``
    for a pipe or a device, which may never end.
    """
    require_regular(path)
    require_size(path.stat().st_size, path)
    packing = packing_in(path)
    return path.read_bytes() if packing is None else b"".join(_unpacked(path, packing))


def _unpacked(path: Path, packing: Packing) -> Iterator[bytes]:
    free = available_bytes()
    limit = None if free is None else int(SHARE * free / 2)
    size = 0
    with opened(path, packing) as unpacked:
        while block := unpacked.read(_BLOCK):
            size += len(block)
            if limit is not None and size > limit:
                raise CapacityError(
                    f"{path} unpacks to more than {readable(limit)}, the share of the free memory that a "
                    "table may take; use a part of it or a larger machine"
                )
            yield block
