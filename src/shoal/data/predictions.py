"""Writes predictions to a file, all of it or nothing."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt

from shoal.data.frames import pl
from shoal.errors import ConfigurationError
from shoal.files import require_new, written_atomically

Columns = Mapping[str, npt.NDArray[Any]]

_GZIP = 31
"""What zlib calls gzip's header, in which it writes no time: equal predictions make equal files."""


def write_predictions(path: str | Path, columns: Columns, overwrite: bool = False) -> None:
    """Write ``columns``, name -> (N,), as ``.csv``, ``.tsv`` (either also ``.gz``) or ``.parquet``.

    The file appears complete or not at all: it is written beside its place and then moved there.

    Raises ``ConfigurationError`` for another extension or columns of different lengths, and ``OutputError``
    if the place cannot be written to, or holds a file already and ``overwrite`` is not given.
    """
    write_parts(path, [columns], overwrite)


def write_parts(path: str | Path, parts: Iterable[Columns], overwrite: bool = False) -> int:
    """Write the rows of all parts, which have the same columns, one after the other; return how many.

    A part is written before the next one is asked for. Whatever ends them ends the file, too: see
    ``write_predictions``.
    """
    path = Path(path)
    kind, compressed = _kind(path)
    require_new(path, overwrite)
    with written_atomically(path) as file:
        tables = _tables(path, parts)
        if kind == ".parquet":
            return _write_parquet(file, tables)
        return _write_texts(file, tables, "\t" if kind == ".tsv" else ",", compressed)


def _kind(path: Path) -> tuple[str, bool]:
    """Return the extension, but for gzip's, and whether that is there."""
    compressed = path.suffix.lower() == ".gz"
    kind = (Path(path.stem) if compressed else path).suffix.lower()
    if kind not in (".csv", ".tsv", ".parquet") or (compressed and kind == ".parquet"):
        raise ConfigurationError(
            f"{path} has the extension {path.suffix!r}, expected .csv, .tsv, .csv.gz, .tsv.gz or .parquet"
        )
    return kind, compressed


def _tables(path: Path, parts: Iterable[Columns]) -> Iterator[pl.DataFrame]:
    for columns in parts:
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) != 1:
            raise ConfigurationError(f"the columns of {path} must be equally long, got {lengths}")
        yield pl.DataFrame({name: pl.Series(name, values) for name, values in columns.items()})


def _write_texts(file: BinaryIO, tables: Iterator[pl.DataFrame], separator: str, compressed: bool) -> int:
    rows, packer = 0, zlib.compressobj(zlib.Z_BEST_COMPRESSION, wbits=_GZIP) if compressed else None
    for table in tables:
        text = table.write_csv(separator=separator, include_header=not rows).encode()
        file.write(packer.compress(text) if packer else text)
        rows += table.height
    if packer:
        file.write(packer.flush())
    return rows


def _write_parquet(file: BinaryIO, tables: Iterator[pl.DataFrame]) -> int:
    """Write a row group for each part; polars writes what is one part."""
    first = next(tables)
    second = next(tables, None)
    if second is None:
        first.write_parquet(file)
        return first.height
    import pyarrow.parquet as pq

    rows = 0
    with pq.ParquetWriter(file, first.to_arrow().schema, compression="zstd") as writer:
        for table in itertools.chain((first, second), tables):
            writer.write_table(table.to_arrow())
            rows += table.height
    return rows
