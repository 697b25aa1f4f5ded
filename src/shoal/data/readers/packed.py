"""Files that are compressed as a whole, by gzip or Zstandard, and unpacked while they are read.

Arrow's decoder of Zstandard takes no window above 128 MiB, so that unpacking needs no more than that.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from shoal.errors import DataError

_LOOKED_AT = 2**23
"""Bytes, unpacked, by which a share is found where no header tells of all."""
_REMAINDER = 2**32


@dataclass(frozen=True)
class Packing:
    """A way to compress a file: its ``suffix``, what is said of it, and what its contents begin with."""

    suffix: str
    name: str
    beginnings: tuple[bytes, ...]
    open: Callable[[Path], Any]


def _opened_gzip(path: Path) -> Any:
    return gzip.open(path, "rb")


@contextmanager
def _opened_zstandard(path: Path) -> Iterator[Any]:
    import pyarrow as pa

    with path.open("rb") as file, pa.CompressedInputStream(pa.PythonFile(file), "zstd") as stream:
        yield stream


_SKIPPED = tuple(bytes([first]) + b"*M\x18" for first in range(0x50, 0x60))
"""What frames of Zstandard begin with that hold nothing: some programs write one in front."""
GZIP = Packing(".gz", "gzip", (b"\x1f\x8b",), _opened_gzip)
ZSTANDARD = Packing(".zst", "Zstandard", (b"\x28\xb5\x2f\xfd", *_SKIPPED), _opened_zstandard)
_LONGEST = 4
SUFFIXES = (GZIP.suffix, ZSTANDARD.suffix)


def packing_of(path: Path) -> Packing | None:
    """Return how a file is compressed by its name; None of one that is not.

    >>> packing_of(Path("t.csv.GZ")).name, packing_of(Path("t.csv"))
    ('gzip', None)
    """
    return next((each for each in (GZIP, ZSTANDARD) if path.suffix.lower() == each.suffix), None)


def format_of(path: Path) -> tuple[str, bool]:
    """Return the extension below that of a compression, in small letters, and whether there is one.

    >>> format_of(Path("t.CSV.zst")), format_of(Path("t.parquet"))
    (('.csv', True), ('.parquet', False))
    """
    packed = packing_of(path) is not None
    return (Path(path.stem) if packed else path).suffix.lower(), packed


def packing_in(path: Path) -> Packing | None:
    """Return how a file is compressed by its contents, whatever its name.

    Raises ``DataError`` for one that is not compressed as its name says.
    """
    with path.open("rb") as file:
        head = file.read(_LONGEST)
    found = next((each for each in (GZIP, ZSTANDARD) if head.startswith(each.beginnings)), None)
    named = packing_of(path)
    if named is not None and named is not found:
        raise DataError(f"{path} is named {named.suffix} and is not {named.name}; rename it or compress it")
    return found


@contextmanager
def opened(path: Path, packing: Packing | None) -> Iterator[IO[bytes]]:
    """Give the contents of a file to read, unpacked; ``DataError`` for one that is damaged."""
    if packing is None:
        with path.open("rb") as file:
            yield file
        return
    try:
        with packing.open(path) as file:
            yield cast("IO[bytes]", file)
    except EOFError:
        raise DataError(f"{path} is a {packing.name} file that ends too early; fetch it again") from None
    except (OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        why = " ".join(str(error).split())
        raise DataError(f"{path} is a damaged {packing.name} file ({why}); fetch it again") from None


def first_bytes(path: Path, most: int) -> bytes:
    """Return the first bytes of a file, unpacked where its name says that it is compressed.

    Raises ``DataError`` for a damaged one.
    """
    with opened(path, packing_of(path)) as file:
        return bytes(file.read(most))


def unpacked_size(path: Path) -> int:
    """Return the bytes of a file, unpacked: of gzip those that it tells, if these are fewer than 4 GiB more.

    Zstandard need not tell any: about as many times those of the file as its beginning unpacks to.
    """
    size, packing = path.stat().st_size, packing_of(path)
    if packing is None:
        return size
    if packing is ZSTANDARD:
        return _by_its_beginning(path, size)
    with path.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        told = int.from_bytes(file.read(4), "little")  # modulo 2³²
    return told if told >= size else told + (size - told + _REMAINDER - 1) // _REMAINDER * _REMAINDER


def _by_its_beginning(path: Path, size: int) -> int:
    import pyarrow as pa

    with path.open("rb") as file, pa.CompressedInputStream(pa.PythonFile(file), "zstd") as stream:
        known = len(stream.read(_LOOKED_AT))
        taken = file.tell()
    return known if known < _LOOKED_AT else round(size / taken * known)
