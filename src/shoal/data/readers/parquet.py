"""An open Parquet file: how much is in it, and its rows, all together or in parts.

polars reads it, but for a file in which a time has a zone that is an offset, such as ``+05:30``, as pandas
writes it where texts were its source: polars 2.1.0 knows zones by their names alone and panics, so that
pyarrow reads such a file, its times in UTC.
"""

from __future__ import annotations

import base64
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from shoal.data.frames import pl
from shoal.data.readers.contents import decoding

_OFFSET = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")


class ParquetRows(ABC):
    """The rows of a file, their types as they are stored; ``notes`` are what its writers said beside them."""

    def __init__(self, file: BinaryIO, notes: dict[str, str]) -> None:
        self.file, self.notes = file, notes

    @property
    @abstractmethod
    def width(self) -> int:
        """How many columns there are."""

    @property
    @abstractmethod
    def height(self) -> int:
        """How many rows there are, which the footer says."""

    @abstractmethod
    def whole(self) -> pl.DataFrame:
        """Return all rows."""

    @abstractmethod
    def parts(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield all rows, so many at a time."""


@contextmanager
def opened_parquet(path: Path) -> Iterator[ParquetRows]:
    """Open a Parquet file; whatever a reader raises at a damaged one is a ``DataError`` that names it."""
    # An open file: in a name polars would take brackets for a pattern, ~ for a home, and more.
    with path.open("rb") as file, decoding(path, "Parquet"):
        notes = pl.read_parquet_metadata(file)
        file.seek(0)
        yield (_ByArrow if _has_offsets(notes.get("ARROW:schema", "")) else _ByPolars)(file, notes)


class _ByPolars(ParquetRows):
    @cached_property
    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.file)

    @property
    def width(self) -> int:
        return len(self._scan.collect_schema())

    @property
    def height(self) -> int:
        return int(self._scan.select(pl.len()).collect().item())

    def whole(self) -> pl.DataFrame:
        return self._scan.collect()

    def parts(self, rows: int) -> Iterator[pl.DataFrame]:
        return (self._scan.slice(first, rows).collect() for first in range(0, self.height, rows))


class _ByArrow(ParquetRows):
    @cached_property
    def _opened(self) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.file)

    @property
    def width(self) -> int:
        return len(self._opened.schema_arrow)

    @property
    def height(self) -> int:
        return int(self._opened.metadata.num_rows)

    def whole(self) -> pl.DataFrame:
        return _in_utc(self._opened.read())

    def parts(self, rows: int) -> Iterator[pl.DataFrame]:
        import pyarrow as pa

        return (_in_utc(pa.Table.from_batches([batch])) for batch in self._opened.iter_batches(rows))


def _in_utc(table: Any) -> pl.DataFrame:
    """Return a table of pyarrow's, whose times with a zone are the same ones in UTC."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            times = table.column(place).cast(pa.timestamp(field.type.unit, "UTC"))
            table = table.set_column(place, field.name, times)
    found = pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    return found


def _has_offsets(schema: str) -> bool:
    """Tell whether an offset stands in Arrow's schema, as text in base 64: in a zone, or in some name."""
    try:
        return _OFFSET.search(base64.b64decode(schema).decode("latin-1")) is not None
    except ValueError:  # whoever reads the file says what is wrong
        return False
