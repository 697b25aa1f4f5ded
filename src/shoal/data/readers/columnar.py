"""Parquet: columns with types of their own."""

from __future__ import annotations

from pathlib import Path

from shoal.data.frames import pl
from shoal.data.readers.contents import decoding, require_size


def read_parquet(path: Path) -> pl.DataFrame:
    """Return the table in a Parquet file, with its types."""
    # An open file: in a name polars would take brackets for a pattern, ~ for a home, and more.
    with path.open("rb") as file, decoding(path, "Parquet"):
        scan = pl.scan_parquet(file)
        width = len(scan.collect_schema())
        height = scan.select(pl.len()).collect().item()
        require_size(8 * width * height, path)
        return scan.collect()
