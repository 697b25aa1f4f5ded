"""Writes predictions to a file, all of it or nothing."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from shoal.data.frames import pl
from shoal.errors import ConfigurationError
from shoal.files import write_new


def write_predictions(
    path: str | Path, columns: Mapping[str, npt.NDArray[Any]], overwrite: bool = False
) -> None:
    """Write ``columns``, name -> (N,), as ``.csv``, ``.tsv`` (either also ``.gz``) or ``.parquet``.

    The file appears complete or not at all: it is written beside its place and then moved there.

    Raises ``ConfigurationError`` for another extension or columns of different lengths, and ``OutputError``
    if the place cannot be written to, or holds a file already and ``overwrite`` is not given.
    """
    path = Path(path)
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1:
        raise ConfigurationError(f"the columns of {path} must be equally long, got {lengths}")
    table = pl.DataFrame({name: pl.Series(name, values) for name, values in columns.items()})
    write_new(path, _encoded(table, path), overwrite)


def _encoded(table: pl.DataFrame, path: Path) -> bytes:
    compressed = path.suffix.lower() == ".gz"
    kind = (Path(path.stem) if compressed else path).suffix.lower()
    buffer = io.BytesIO()
    if kind in (".csv", ".tsv"):
        table.write_csv(buffer, separator="\t" if kind == ".tsv" else ",")
    elif kind == ".parquet" and not compressed:
        table.write_parquet(buffer)
    else:
        raise ConfigurationError(
            f"{path} has the extension {path.suffix!r}, expected .csv, .tsv, .csv.gz, .tsv.gz or .parquet"
        )
    # A fixed time stamp: equal predictions make equal files.
    return gzip.compress(buffer.getvalue(), mtime=0) if compressed else buffer.getvalue()
