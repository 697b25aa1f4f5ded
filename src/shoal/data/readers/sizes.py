"""How large a table is once it is unpacked: a small file may hold a table that no memory holds."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from shoal.data.readers.columnar import parquet_values
from shoal.data.readers.contents import decoding
from shoal.data.readers.folders import is_table_folder, table_files
from shoal.data.readers.packed import format_of, unpacked_size

ARCHIVES = {".xlsx": ".xml", ".ods": ".xml", ".npz": ".npy"}
"""Archives, and how the names end of what is unpacked from them."""
_A_VALUE = 8
"""Bytes of a value of Parquet, whose files keep columns that repeat themselves in next to none."""


def unpacked_bytes(path: Path) -> int:
    """Return about the bytes of a table in a file, or in the files of a folder; none of what is neither.

    Raises what readers do at a file that is damaged.
    """
    if is_table_folder(path):
        return parquet_bytes(table_files(path))
    if not path.is_file():
        return 0
    kind, packed = format_of(path)
    if kind == ".parquet" and not packed:
        return parquet_bytes([path])
    return archive_bytes(path) if kind in ARCHIVES else unpacked_size(path)


def parquet_bytes(files: Iterable[Path]) -> int:
    """Return about the bytes of the values in Parquet files: theirs, or more where they are compressed."""
    return sum(max(file.stat().st_size, _A_VALUE * parquet_values(file)) for file in files)


def archive_bytes(path: Path) -> int:
    """Return the bytes that are unpacked from an archive, as large as it says, which readers check."""
    ending = ARCHIVES[format_of(path)[0]]
    with decoding(path, "an archive"), zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist() if entry.filename.endswith(ending))
