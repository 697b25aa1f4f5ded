"""The bytes of a file, unpacked where it is gzip, and what decoders raise, in our words."""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shoal.data.memory import SHARE, available_bytes, readable, require_memory
from shoal.errors import CapacityError, DataError, ShoalError, is_failure

_GZIP = b"\x1f\x8b"
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
    """Return the file's bytes, unpacked if it is gzip, never more of them than the memory can take."""
    require_size(path.stat().st_size, path)
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    if packed:
        return b"".join(_unpacked(path))
    if path.suffix.lower() == ".gz":
        raise DataError(f"{path} is named .gz and is not gzip; rename it or compress it")
    return path.read_bytes()


def first_bytes(path: Path, most: int) -> bytes:
    """Return the first bytes of a file, unpacked where it is gzip; ``DataError`` for damaged gzip."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with decoding(path, "gzip"), opened(path, "rb") as file:
        content: bytes = file.read(most)
    return content


def unpacked_size(path: Path) -> int:
    """Return the bytes of a file; of gzip those that it unpacks to, if these are fewer than 4 GiB more."""
    size = path.stat().st_size
    if path.suffix.lower() != ".gz":
        return size
    with path.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        told = int.from_bytes(file.read(4), "little")  # modulo 2³²
    return told if told >= size else told + (size - told + 2**32 - 1) // 2**32 * 2**32


def _unpacked(path: Path) -> Iterator[bytes]:
    free = available_bytes()
    limit = None if free is None else int(SHARE * free / 2)
    size = 0
    try:
        with gzip.open(path, "rb") as unpacked:
            while block := unpacked.read(_BLOCK):
                size += len(block)
                if limit is not None and size > limit:
                    raise CapacityError(
                        f"{path} unpacks to more than {readable(limit)}, the share of the free memory that a "
                        "table may take; use a part of it or a larger machine"
                    )
                yield block
    except EOFError:
        raise DataError(f"{path} is a gzip file that ends too early; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}); fetch it again") from None
