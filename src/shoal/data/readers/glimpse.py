"""A first look at a large table: about how many rows it has, and the first of them, before all are read.

Of formats whose first rows cannot be had alone it is known at least what their contents unpack to.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shoal.data.database_names import DatabaseSource, is_duckdb
from shoal.data.frames import Frame, as_frame, named, pl
from shoal.data.readers.arff import read_arff
from shoal.data.readers.builtin import PREFIX
from shoal.data.readers.columnar import first_of_arrow, parquet_rows
from shoal.data.readers.databases import duckdb_files, first_of_database
from shoal.data.readers.delimited import parse_delimited
from shoal.data.readers.folders import parts_of_files, table_files
from shoal.data.readers.json_lines import read_json_lines
from shoal.data.readers.packed import first_bytes, format_of, unpacked_size
from shoal.data.readers.parquet import opened_parquet
from shoal.data.readers.sizes import ARCHIVES, archive_bytes, parquet_bytes, unpacked_bytes
from shoal.data.readers.svmlight import read_svmlight
from shoal.data.readers.workbooks import sheet_of
from shoal.errors import ShoalError, ShoalWarning

LARGE = 2**24
"""Bytes, unpacked, from which on a file is looked at before it is read."""
HEAD, ROWS = 2**20, 2000
"""Bytes of a text, and rows of another file, that are looked at."""
_LONGEST_INSIDE, _BYTES_OF_A_TEXT = 12, 16
"""Letters of a text that polars keeps beside its length, and what both take."""
_DELIMITERS = {".csv": None, ".txt": None, ".tsv": "\t", ".tab": "\t"}
_LINES: dict[str, tuple[Callable[[Path], pl.DataFrame], int]] = {
    ".jsonl": (read_json_lines, 56),
    ".ndjson": (read_json_lines, 56),
    ".arff": (read_arff, 100),
    ".svm": (read_svmlight, 32),
    ".svmlight": (read_svmlight, 32),
    ".libsvm": (read_svmlight, 32),
}
"""Formats of lines, whose first lines are a file of the format, too; bytes that reading takes for a cell."""
_ARROW = (".feather", ".arrow", ".ipc")


@dataclass(frozen=True)
class Glimpse:
    """About how many ``rows`` a table has, its ``head``, and the bytes that reading it takes at most.

    Without a head nothing is known but the bytes that reading takes at least.
    """

    rows: int
    head: Frame | None
    reading: int


def glimpse(source: str, large: int | None = None) -> Glimpse | None:
    """Return what the first rows of a large file tell; None of others, and of what cannot be told so.

    ``large`` is the bytes, unpacked, from which on a file is, ``LARGE`` where it is None.

    Whatever is wrong with a table is told by reading it.
    """
    large = LARGE if large is None else large
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShoalWarning)
            if is_duckdb(source):
                return _of_duckdb(source, large)
            path = Path(sheet_of(source)[0])
            return None if source.startswith(PREFIX) or unpacked_bytes(path) < large else _of_path(path)
    except (ShoalError, OSError, pl.exceptions.PolarsError):
        return None


def _of_path(path: Path) -> Glimpse | None:
    kind, packed = format_of(path)
    if path.is_dir():
        return _of_files(table_files(path), path)
    if kind in _DELIMITERS:
        return _of_text(path, _DELIMITERS[kind])
    if kind in _LINES:
        return _of_lines(path, kind)
    if kind in ARCHIVES:
        return Glimpse(0, None, archive_bytes(path))  # all that is read of it is there unpacked at once
    if kind in _ARROW and not packed:
        return _of_arrow(path)
    return _of_parquet(path) if kind == ".parquet" else None


def _of_duckdb(source: str, large: int) -> Glimpse | None:
    """Rows are there as DuckDB gives them and as columns, twice when these are put together."""
    if DatabaseSource.of(source).is_pattern:
        files = duckdb_files(source)
        return None if parquet_bytes(files) < large else _of_files(files, None)
    rows, first = first_of_database(source, ROWS)
    columns = rows / first.height * bytes_of(first)
    return None if columns < large else Glimpse(rows, as_frame(first), round(2 * columns))


def _of_files(files: Sequence[Path], folder: Path | None) -> Glimpse | None:
    """The rows of all files are there twice for a moment: those of each file, and put together."""
    rows = sum(map(parquet_rows, files))
    first = next(parts_of_files(files, ROWS, folder), None)
    if first is None:
        return None  # reading it tells
    head = as_frame(first)
    return Glimpse(rows, head, round(2 * rows / first.height * bytes_of(head)))


def _of_text(path: Path, delimiter: str | None) -> Glimpse:
    """Texts are there as bytes, twice, beside the columns made of them; and these twice when blanks go."""
    size, head = unpacked_size(path), first_bytes(path, HEAD)
    head = head[: head.rfind(b"\n") + 1]
    written = parse_delimited(head, str(path), delimiter)
    times = size / len(head)
    columns = times * bytes_of(written)
    rows = round(times * written.height)
    return Glimpse(rows, as_frame(written), round(max(2 * size + columns, 2 * columns)))


def _of_parquet(path: Path) -> Glimpse | None:
    """The columns are there as the file has them, and those of other types once more as plain ones."""
    with opened_parquet(path) as opened:
        rows, written = opened.height, next(opened.parts(ROWS), None)
    if written is None:
        return None  # reading it tells
    head = as_frame(written)
    types = written.schema
    changed = [name for name, dtype in head.schema.items() if dtype == pl.String or dtype != types[name]]
    both = bytes_of(written) + bytes_of(named(head, changed))
    return Glimpse(rows, head, round(rows / written.height * both))


def _of_lines(path: Path, kind: str) -> Glimpse:
    """Contents are there as bytes and once more as text, beside an object for every cell."""
    read, a_cell = _LINES[kind]
    size, head = unpacked_size(path), first_bytes(path, HEAD)
    head = head[: head.rfind(b"\n") + 1]
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / f"first{kind}"
        first.write_bytes(head)
        written = read(first)
    times = size / len(head)
    rows = round(times * written.height)
    cells = a_cell * rows * written.width
    return Glimpse(rows, as_frame(written), round(2 * size + cells + times * _long_texts(written)))


def _of_arrow(path: Path) -> Glimpse:
    """Contents are there as bytes, beside the columns twice, as the library makes them and as plain ones."""
    rows, first = first_of_arrow(path, ROWS)
    head = as_frame(first)
    columns = rows / first.height * bytes_of(head)
    return Glimpse(rows, head, round(path.stat().st_size + 3 * columns))


def _long_texts(table: pl.DataFrame) -> int:
    """Return the bytes of texts besides those that every cell takes."""
    texts = table.select(pl.col(pl.String))
    return bytes_of(texts) - _BYTES_OF_A_TEXT * texts.height * texts.width


def bytes_of(table: pl.DataFrame) -> int:
    """Return about what the columns of a table take.

    >>> bytes_of(pl.DataFrame({"x": [1.5, 2.5], "s": ["short", "longer than that"]}))
    64
    """
    return sum(map(_bytes_of_column, table))


def _bytes_of_column(series: pl.Series) -> int:
    if series.dtype != pl.String:
        return int(series.estimated_size())
    lengths = series.str.len_bytes()
    return _BYTES_OF_A_TEXT * len(series) + int(lengths.filter(lengths > _LONGEST_INSIDE).sum())
