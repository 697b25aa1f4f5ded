"""Parquet and Arrow IPC (Feather): columns with types of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shoal.data.frames import as_frame, as_it_is, pl, text
from shoal.data.readers.contents import decoding, file_bytes, require_size
from shoal.data.readers.parquet import opened_parquet
from shoal.errors import DataError

_FEATHER_1, _FILE = b"FEA1", b"ARROW1"


def read_parquet(path: Path) -> pl.DataFrame:
    """Return the table in a Parquet file, with its types; categories of pandas are categories.

    Arrow's types have no room for categories whose labels are no texts, so pandas notes them beside.
    """
    with opened_parquet(path) as rows:
        require_size(8 * rows.width * rows.height, path)
        return _declared(rows.whole(), _categories_of_pandas(rows.notes.get("pandas", "")))


def parquet_rows(path: Path) -> int:
    """Return how many rows a Parquet file has, which its footer says."""
    with opened_parquet(path) as rows:
        return rows.height


def parquet_values(path: Path) -> int:
    """Return how many values a Parquet file has, missing ones included."""
    with opened_parquet(path) as rows:
        return rows.width * rows.height


def parquet_parts(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file as ``read_parquet`` has them, about so many at a time."""
    with opened_parquet(path) as opened:
        declared = _categories_of_pandas(opened.notes.get("pandas", ""))
        for part in opened.parts(rows):
            yield _declared(part, declared)


def _declared(table: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return the table with the columns of these names, if there, as categories."""
    known = [name for name in names if name in table.columns]
    return table.with_columns(text(table[name]).cast(pl.Categorical) for name in known)


def _categories_of_pandas(note: str) -> list[str]:
    """Return the columns that pandas' note declares to be categories; none of one that nobody understands."""
    try:
        columns = json.loads(note)["columns"]
        return [str(column["name"]) for column in columns if column["pandas_type"] == "categorical"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def read_arrow(path: Path) -> pl.DataFrame:
    """Return the table of an Arrow IPC file, such as Feather, or stream; dictionaries are categories.

    Raises ``DataError`` for Feather's first version, which was another format.
    """
    content = file_bytes(path)
    if content.startswith(_FEATHER_1):
        raise DataError(
            f"{path} is a Feather file of version 1, which is no longer read; write it again with "
            "pyarrow.feather.write_feather"
        )
    # pyarrow, since polars takes categories whose labels are numbers for those numbers.
    with decoding(path, "Arrow IPC"):
        import pyarrow as pa

        opened = pa.ipc.open_file if content.startswith(_FILE) else pa.ipc.open_stream
        with opened(pa.py_buffer(content)) as reader:
            table = reader.read_all()
        table.validate(full=True)
        return as_frame(table, str(path))


def arrow_parts(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of an Arrow IPC file or stream as ``read_arrow`` has them, at most so many at a time."""
    with decoding(path, "Arrow IPC"):
        import pyarrow as pa

        with pa.memory_map(str(path)) as source, _opened(source) as reader:
            for batch in _batches(reader):
                for first in range(0, batch.num_rows, rows):
                    part = pa.Table.from_batches([batch.slice(first, rows)])
                    part.validate(full=True)
                    yield as_it_is(part, str(path))


def _opened(source: Any) -> Any:
    import pyarrow as pa

    is_file = source.read(len(_FILE)) == _FILE
    source.seek(0)
    return pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)


def _batches(reader: Any) -> Iterator[Any]:
    """Yield the batches of a file or stream that hold rows."""
    in_a_file = hasattr(reader, "get_batch")
    every = map(reader.get_batch, range(reader.num_record_batches)) if in_a_file else reader
    return (batch for batch in every if batch.num_rows)


def first_of_arrow(path: Path, most: int) -> tuple[int, pl.DataFrame]:
    """Return at most how many rows an Arrow IPC file or stream has, about, and the first of them.

    A file says how many batches it has, of which the first with rows is a full one; of a stream that takes
    its share of the bytes. Raises ``DataError`` for what is no such file, or has no rows.
    """
    with decoding(path, "Arrow IPC"):
        import pyarrow as pa

        with pa.memory_map(str(path)) as source, _opened(source) as reader:
            batch = next(_batches(reader), None)
            if batch is None:
                raise DataError(f"{path} has no rows; at least one row of data is needed")
            in_a_file = hasattr(reader, "get_batch")
            times = reader.num_record_batches if in_a_file else path.stat().st_size / source.tell()
            rows = round(times * batch.num_rows)
            head = pa.Table.from_batches([batch.slice(0, most)])
            head.validate(full=True)
            return rows, as_frame(head, str(path))
