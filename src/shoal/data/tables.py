"""Reads a table from a file: CSV and TSV (also gzip), Parquet, NPZ, or one that scikit-learn ships."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.data.builtin import PREFIX, builtin_table
from shoal.data.delimited import parse_delimited
from shoal.data.frames import Frame, as_frame, pl
from shoal.data.memory import SHARE, available_bytes, readable, require_memory
from shoal.data.places import place
from shoal.errors import CapacityError, DataError, ShoalError

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


def read_table(source: str | Path) -> Frame:
    """Return the table in a file, or the one that ``builtin:NAME`` names.

    ``.csv``, ``.tsv``, ``.txt`` and ``.tab`` may be compressed as ``.gz``; the delimiter is guessed among
    comma, semicolon, tab and bar. Their columns are texts as written: `describe_columns` says what they
    hold. ``.parquet`` keeps its types. ``.npz`` gives a column for each vector (N,) and for each column of
    each matrix (N, n), named by ``feature_names`` if that array is there. Nothing is ever unpickled.

    Raises ``DataError`` for a file that is missing, unreadable or no such table, and ``CapacityError`` for
    one too large for the memory, compressed ones included.

    >>> read_table("builtin:wine").columns[:3]
    ['alcohol', 'malic_acid', 'ash']
    """
    if str(source).startswith(PREFIX):
        return as_frame(builtin_table(str(source)), str(source))
    path = place(source, "a table")
    try:
        if path.is_dir():
            raise DataError(f"{path} is a directory, expected a table; name a file in it")
        return as_frame(_reader(path)(path), str(path))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); check the file") from None


def _reader(path: Path) -> Callable[[Path], Any]:
    compressed = path.suffix.lower() == ".gz"
    kind = (Path(path.stem) if compressed else path).suffix.lower()
    if kind in _TEXT_READERS:
        return _TEXT_READERS[kind]
    if kind in _BINARY_READERS and not compressed:
        return _BINARY_READERS[kind]
    known = ", ".join([*_TEXT_READERS, *(f"{text}.gz" for text in _TEXT_READERS), *_BINARY_READERS])
    raise DataError(
        f"{path} has the extension {path.suffix!r}, expected one of {known}; convert or rename it"
    )


def _read_comma(path: Path) -> pl.DataFrame:
    return parse_delimited(_file_bytes(path), str(path))


def _read_tab(path: Path) -> pl.DataFrame:
    return parse_delimited(_file_bytes(path), str(path), "\t")


def _file_bytes(path: Path) -> bytes:
    """Return the file's bytes, unpacked if it is gzip, never more of them than the memory can take."""
    _require_size(path.stat().st_size, path)
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    if not packed:
        if path.suffix.lower() == ".gz":
            raise DataError(f"{path} is named .gz and is not gzip; rename it or compress it")
        return path.read_bytes()
    free = available_bytes()
    limit = None if free is None else int(SHARE * free / 2)
    blocks, size = [], 0
    try:
        with gzip.open(path, "rb") as unpacked:
            while block := unpacked.read(_BLOCK):
                size += len(block)
                if limit is not None and size > limit:
                    raise CapacityError(
                        f"{path} unpacks to more than {readable(limit)}, the share of the free memory that a "
                        "table may take; use a part of it or a larger machine"
                    )
                blocks.append(block)
    except EOFError:
        raise DataError(f"{path} is a gzip file that ends too early; fetch it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}); fetch it again") from None
    return b"".join(blocks)


def _require_size(size: int, path: Path) -> None:
    # The text and its columns are in memory at once.
    require_memory(2 * size, f"the table {path}", "use a part of it or a larger machine")


def _read_parquet(path: Path) -> pl.DataFrame:
    # An open file: in a name polars would take brackets for a pattern, ~ for a home, and more.
    with path.open("rb") as file, _in_our_words(path, "Parquet"):
        scan = pl.scan_parquet(file)
        width = len(scan.collect_schema())
        height = scan.select(pl.len()).collect().item()
        _require_size(8 * width * height, path)
        return scan.collect()


@contextmanager
def _in_our_words(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises at damaged content into a ``DataError`` of one line."""
    try:
        yield
    except ShoalError:
        raise
    except BaseException as error:  # a panic of a library in Rust is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        why = (" ".join(str(error).split()) or type(error).__name__)[:200]
        raise DataError(f"{path} cannot be read as {kind} ({why}); write it again") from None


def _read_npz(path: Path) -> Mapping[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            _require_size(sum(entry.file_size for entry in archive.infolist()), path)
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, ValueError, EOFError, zlib.error) as error:
        why = "it holds Python objects, which are never unpickled" if "pickle" in str(error) else str(error)
        raise DataError(
            f"{path} cannot be read as NPZ ({why}); save arrays of numbers or texts with numpy.savez"
        ) from None
    names = arrays.pop("feature_names", None)
    return _array_columns(arrays, None if names is None else [str(name) for name in names], path)


def _array_columns(
    arrays: Mapping[str, npt.NDArray[Any]], names: list[str] | None, path: Path
) -> Mapping[str, npt.NDArray[Any]]:
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
        elif array.ndim == 2:
            own = (
                names
                if names and len(names) == array.shape[1]
                else [f"{name}{k}" for k in range(array.shape[1])]
            )
            columns.update(zip(own, array.T, strict=True))
        else:
            raise DataError(
                f"{path} has the array {name!r} of shape {array.shape}; expected (N,) or (N, n), so "
                "flatten its rows"
            )
    return columns


_TEXT_READERS = {".csv": _read_comma, ".txt": _read_comma, ".tsv": _read_tab, ".tab": _read_tab}
_BINARY_READERS = {".parquet": _read_parquet, ".npz": _read_npz}
