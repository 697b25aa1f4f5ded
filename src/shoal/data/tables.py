"""Reads a table from a file of any known format, or one that scikit-learn ships."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shoal.data.builtin import PREFIX, builtin_table
from shoal.data.delimited import parse_delimited
from shoal.data.frames import Frame, as_frame, pl
from shoal.data.places import place
from shoal.data.readers.arrays import read_arrays
from shoal.data.readers.columnar import read_parquet
from shoal.data.readers.contents import file_bytes
from shoal.errors import DataError


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


def _reader(path: Path) -> Callable[[Path], pl.DataFrame]:
    compressed = path.suffix.lower() == ".gz"
    kind = (Path(path.stem) if compressed else path).suffix.lower()
    if kind in _PACKABLE:
        return _PACKABLE[kind]
    if kind in _OTHERS and not compressed:
        return _OTHERS[kind]
    known = ", ".join([*_PACKABLE, *(f"{text}.gz" for text in _PACKABLE), *_OTHERS])
    raise DataError(
        f"{path} has the extension {path.suffix!r}, expected one of {known}; convert or rename it"
    )


def _read_comma(path: Path) -> pl.DataFrame:
    return parse_delimited(file_bytes(path), str(path))


def _read_tab(path: Path) -> pl.DataFrame:
    return parse_delimited(file_bytes(path), str(path), "\t")


_PACKABLE = {".csv": _read_comma, ".txt": _read_comma, ".tsv": _read_tab, ".tab": _read_tab}
_OTHERS = {".parquet": read_parquet, ".npz": read_arrays}
