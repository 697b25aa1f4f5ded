"""Tables some rows at a time, with memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from shoal.data.database_names import is_duckdb
from shoal.data.frames import pl
from shoal.data.places import place
from shoal.data.readers.builtin import PREFIX
from shoal.data.readers.columnar import arrow_parts, parquet_parts
from shoal.data.readers.databases import duckdb_parts
from shoal.data.readers.delimited import DELIMITED
from shoal.data.readers.delimited_parts import NotPlainError, delimited_parts
from shoal.data.readers.folders import folder_parts
from shoal.data.readers.headers import INDEX_NAMES
from shoal.data.readers.packed import format_of
from shoal.data.readers.sizes import unpacked_bytes
from shoal.errors import DataError, reason

LARGE = 2**24
"""Bytes of a file, unpacked, from which on it is read in parts."""
ROWS = 2**16
"""Of a part, about."""
_ARROW = (".feather", ".arrow", ".ipc")


def table_parts(source: str | Path, several: int = 1, large: int | None = None) -> Iterator[pl.DataFrame]:
    """Yield the rows of a large table in parts, each but the last of a multiple of ``several`` rows.

    They are as the format has them: ``shoal.data.frames.as_frame`` makes a table of each. ``large`` is the
    bytes, unpacked, from which on a file is (None: ``LARGE``).

    Raises ``NotPlainError``, in the middle perhaps, for a table that has to be read as a whole: a small one,
    one of another format, and one in which a row may be read otherwise with the others beside it. And
    ``DataError`` for a damaged one, which a columnar format tells.
    """
    if str(source).startswith(PREFIX):
        raise NotPlainError
    try:
        if is_duckdb(source):  # whose files do not tell how much is in them
            parts = duckdb_parts(source, ROWS)
        else:
            parts = _parts_of_file(place(source, "a table"), LARGE if large is None else large)
        yield from _cut(parts, max(ROWS // several, 1) * several)
    except OSError as error:
        raise DataError(f"{source} cannot be read ({reason(error)}); check the file") from None


def comes_in_parts(source: str | Path) -> bool:
    """Tell whether a table is of a format that can be read some rows at a time.

    >>> [comes_in_parts(name) for name in ("t.csv.gz", "t.parquet", "t.xlsx")]
    [True, True, False]
    """
    return is_duckdb(source) or Path(source).is_dir() or _reader(Path(source)) is not None


def _parts_of_file(path: Path, large: int) -> Iterator[pl.DataFrame]:
    try:
        size = unpacked_bytes(path)
    except (DataError, OSError):  # reading all of it tells what is wrong
        raise NotPlainError from None
    if size < large:
        raise NotPlainError
    if path.is_dir():
        return folder_parts(path, ROWS)
    read = _reader(path)
    if read is None:
        raise NotPlainError
    return read(path)


def _reader(path: Path) -> Callable[[Path], Iterator[pl.DataFrame]] | None:
    """Return what reads a file in parts, if anything does."""
    kind, compressed = format_of(path)
    if kind in DELIMITED:
        return lambda path: delimited_parts(path, DELIMITED[kind])
    if kind == ".parquet" and not compressed:
        return lambda path: parquet_parts(path, ROWS)
    if kind in _ARROW and not compressed:
        return lambda path: arrow_parts(path, ROWS)
    return None


def _cut(parts: Iterator[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of all parts in parts of so many, the last of fewer."""
    waiting: list[pl.DataFrame] = []
    schema, count = None, 0
    for part in parts:
        schema = schema or part.schema
        if index := next((name for name in INDEX_NAMES if name in part.columns), ""):
            raise NotPlainError(
                f"its column {index!r}, which pandas wrote for an index, may number the rows (rename it, or "
                "write the table with index=False)"
            )
        if part.schema != schema:
            raise NotPlainError("its parts have columns of other types")
        waiting.append(part)
        count += part.height
        while count >= rows:
            table = pl.concat(waiting)
            yield table[:rows]
            waiting, count = [table[rows:]], count - rows
    if count:
        yield pl.concat(waiting)
