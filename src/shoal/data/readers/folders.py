"""Folders of Parquet files, as Spark, Hive and others write them: the files of one table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from shoal.data.frames import named, pl
from shoal.data.places import place
from shoal.data.readers.columnar import parquet_parts, read_parquet
from shoal.data.readers.contents import require_size
from shoal.errors import DataError

_SUFFIX = ".parquet"
_ASIDE = (".", "_")
"""What the names of files begin with that are no rows, such as ``_SUCCESS``."""
_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_DEEPEST = 16


def is_table_folder(path: Path) -> bool:
    """Tell whether a folder holds Parquet files, or folders ``key=value`` of them."""
    if not path.is_dir():
        return False
    try:
        with os.scandir(path) as entries:
            return any(
                not entry.name.startswith(_ASIDE)
                and (
                    _is_parquet(entry.name)
                    if entry.is_file()
                    else "=" in entry.name and next(_below(Path(entry.path), 1), None) is not None
                )
                for entry in entries
            )
    except OSError:
        return False  # whoever reads it says what is wrong
    except DataError:
        return True  # too deep, which whoever reads it says


def table_files(folder: Path) -> list[Path]:
    """Return the Parquet files in a folder and below, in the order of their names.

    Files and folders whose names begin with a dot or ``_`` are left out. Raises ``DataError`` where there is
    none, for links that lead in a circle, and for a pipe or a device, which may never end.
    """
    files = [place(file, "a Parquet file") for file in _below(folder, 0)]
    if not files:
        raise DataError(f"{folder} holds no Parquet file; name a folder that does, or a table")
    return files


def read_table_folder(folder: Path) -> pl.DataFrame:
    """Return the rows of all Parquet files of a folder, one file after the other.

    A folder ``key=value`` is a column ``key`` of texts, ``value`` in every row below it, missing where Hive
    writes its default partition.

    Raises ``DataError`` for files whose columns differ, ``CapacityError`` for more than fits in memory.
    """
    return read_table_files(table_files(folder), folder)


def read_table_files(files: Sequence[Path], folder: Path | None = None) -> pl.DataFrame:
    """Return the rows of Parquet files, with the keys of the folders below ``folder``, None: of all named."""
    require_size(sum(file.stat().st_size for file in files), folder or files[0])
    return pl.concat(_alike((file, _with_keys(read_parquet(file), file, folder)) for file in files))


def folder_parts(folder: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of ``read_table_folder``, about so many at a time."""
    return parts_of_files(table_files(folder), rows, folder)


def parts_of_files(files: Sequence[Path], rows: int, folder: Path | None = None) -> Iterator[pl.DataFrame]:
    """Yield the rows of ``read_table_files``, about so many at a time."""
    parts = ((file, _with_keys(part, file, folder)) for file in files for part in parquet_parts(file, rows))
    return _alike(parts)


def _alike(parts: Iterator[tuple[Path, pl.DataFrame]]) -> Iterator[pl.DataFrame]:
    """Yield the tables, which have the columns of the first, in its order.

    Of a file without rows nothing is asked, since programs that write many files do not know what types its
    columns would have had. Where none has rows, the first is yielded.
    """
    first: tuple[Path, pl.Schema] | None = None
    empty: pl.DataFrame | None = None
    for file, part in parts:
        if not part.height:
            empty = part if empty is None else empty
            continue
        first = first or (file, part.schema)
        if part.schema != first[1]:
            part = _in_order(part, file, *first)
        yield part
    if first is None and empty is not None:
        yield empty


def _in_order(part: pl.DataFrame, file: Path, before: Path, schema: pl.Schema) -> pl.DataFrame:
    own = part.schema
    for name in [*schema, *own]:
        if own.get(name) != schema.get(name):
            here, there = (
                "lacks" if kind is None else f"has {kind} values in"
                for kind in (own.get(name), schema.get(name))
            )
            raise DataError(f"{file} {here} the column {name!r}, and {before} {there} it; write them alike")
    return named(part, schema.names())


def _with_keys(part: pl.DataFrame, file: Path, folder: Path | None) -> pl.DataFrame:
    keys = _keys(file, folder)
    twice = [key for key in keys if key in part.columns]
    if twice:
        raise DataError(
            f"{file} has a column {twice[0]!r} and lies in a folder of that name; rename one of them"
        )
    return part.with_columns(pl.lit(value, pl.String).alias(key) for key, value in keys.items())


def _keys(file: Path, folder: Path | None) -> dict[str, str | None]:
    below = file if folder is None else file.relative_to(folder)
    keys: dict[str, str | None] = {}
    for name in below.parts[:-1]:
        key, equals, value = name.partition("=")
        if equals and unquote(key) in keys:
            raise DataError(f"{file} lies in two folders of the key {unquote(key)!r}; rename one of them")
        if equals:
            keys[unquote(key)] = None if value == _NOTHING else unquote(value)
    return keys


def _below(folder: Path, depth: int) -> Iterator[Path]:
    if depth > _DEEPEST:
        raise DataError(f"{folder} lies more than {_DEEPEST} folders deep; name a folder further in")
    for path in sorted(folder.iterdir()):
        if path.name.startswith(_ASIDE):
            continue
        if path.is_dir():
            yield from _below(path, depth + 1)
        elif _is_parquet(path.name):
            yield path


def _is_parquet(name: str) -> bool:
    return name.lower().endswith(_SUFFIX)
