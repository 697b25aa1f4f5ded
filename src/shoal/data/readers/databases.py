"""DuckDB: a table or a query of a database file, and the Parquet files that a pattern matches.

Databases are opened to read alone, by connections that may open nothing else: no file, no address, no
extension, no variable of Python. Names of files and patterns never become SQL.
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from shoal.data.database_names import PREFIX, DatabaseSource
from shoal.data.frames import as_frame, as_it_is, pl, quoted
from shoal.data.names import meant, names_shown
from shoal.data.places import place
from shoal.data.readers.contents import decoding, require_size
from shoal.data.readers.folders import parts_of_files, read_table_files
from shoal.errors import DataError, MissingDependencyError
from shoal.printable import on_one_line
from shoal.words import plural

_ADDRESS = "://"
_AT_ONCE = 2**16
"""Rows of a part."""
_BUFFER = "256MB"
"""What DuckDB keeps in memory; what sorting takes beyond it goes to the disk."""
_ALONE = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "threads": "1",  # rows come in the same order every time
}
_NAMES = """
    SELECT schema_name, name FROM (
        SELECT database_name, schema_name, table_name AS name, internal FROM duckdb_tables() UNION ALL
        SELECT database_name, schema_name, view_name, internal FROM duckdb_views()
    ) WHERE database_name = current_database() AND NOT internal ORDER BY ALL
"""


def duckdb_files(source: str | Path) -> list[Path]:
    """Return the file of a database, or the Parquet files that a pattern matches, in DuckDB's order.

    A file of that very name comes first. Raises ``DataError`` where there is none, and for an address.
    """
    asked = DatabaseSource.of(source)
    if not asked.is_pattern or os.path.lexists(asked.file):
        return [place(asked.file, "a database")]
    if _ADDRESS in asked.file:
        raise DataError(f"{source} is an address, expected files on this machine; fetch them first")
    with _decoding(source), _duckdb().connect(config=_ALONE) as connection:
        rows = connection.execute("SELECT file FROM glob(?)", [asked.file]).fetchall()
    if not rows:
        raise DataError(f"{source} matches no file; check the pattern")
    return [place(file, "a Parquet file") for (file,) in rows]


def read_duckdb(source: str | Path) -> pl.DataFrame:
    """Return the rows of a table or a query, or of the Parquet files that a pattern matches.

    A folder ``key=value`` in the pattern is a column, as in a folder of files.

    Raises ``DataError`` for what DuckDB cannot read, ``CapacityError`` for more than fits in memory, and
    ``MissingDependencyError`` without duckdb.
    """
    if DatabaseSource.of(source).is_pattern:
        return read_table_files(duckdb_files(source))
    parts, size = [], 0
    for part in duckdb_parts(source, _AT_ONCE):
        size += int(part.estimated_size())
        require_size(size, _named(source))
        parts.append(part)
    return pl.concat(parts)


def duckdb_parts(source: str | Path, rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of ``read_duckdb`` in parts of about so many, alike in their types.

    Raises as that, and ``DataError`` where there are no rows.
    """
    if DatabaseSource.of(source).is_pattern:
        yield from parts_of_files(duckdb_files(source), rows)
        return
    any_row = False
    with _selected(source) as selected:
        import pyarrow as pa

        for batch in selected.to_arrow_reader(rows):
            if batch.num_rows:
                any_row = True
                yield as_it_is(pa.Table.from_batches([batch]), str(_named(source)))
    if not any_row:
        raise DataError(f"{_named(source)} has no rows; at least one row of data is needed")


def first_of_database(source: str, most: int) -> tuple[int, pl.DataFrame]:
    """Return how many rows a table or a query has, and the first of them.

    A query runs for it once, as long as the file is the same.
    """
    state = place(DatabaseSource.of(source).file, "a database").stat()
    return _first(source, most, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=4)
def _first(source: str, most: int, state: tuple[int, int]) -> tuple[int, pl.DataFrame]:
    with _selected(source) as selected:
        count = int(selected.count("*").fetchall()[0][0])
        return count, as_frame(selected.limit(most).to_arrow_table(), str(_named(source)))


@contextmanager
def _selected(source: str | Path) -> Iterator[Any]:
    """Give the rows that are asked for, as DuckDB's relation, none of which is there yet."""
    asked = DatabaseSource.of(source)
    file = place(asked.file, "a database").resolve()  # no name that means more to DuckDB than a file
    if "?" in str(file):
        raise DataError(
            f"{file} has a question mark in its path, where a name ends for DuckDB; move or rename it"
        )
    with _decoding(source), _connected(file) as connection:
        yield _of_table(connection, asked) if asked.query is None else _of_query(connection, asked.query)


def _connected(file: Path) -> Any:
    """Return a connection to a database; ``DataError`` where this program has it open for other uses.

    DuckDB lets a program open a file several times only with the very same settings.
    """
    limits = {"memory_limit": _BUFFER, "temp_directory": _spilled(), "enable_external_access": "false"}
    duckdb = _duckdb()
    try:
        return duckdb.connect(
            str(file), read_only=True, config=_ALONE | limits | {"lock_configuration": "true"}
        )
    except duckdb.ConnectionException:
        raise DataError(f"{file} is open in this program already; close that connection first") from None


@lru_cache(maxsize=1)
def _spilled() -> str:
    """Return the folder, as long as this program runs, for what takes more memory than DuckDB may have."""
    folder = mkdtemp(prefix="shoal-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _of_query(connection: Any, query: str) -> Any:
    """Return what a query finds; ``DataError`` for several, and for others than a SELECT."""
    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type != _duckdb().StatementType.SELECT:
        raise DataError(f"the query {quoted(query)} is not one SELECT, and a table is read by nothing else")
    return connection.sql(statements[0])


def _of_table(connection: Any, asked: DatabaseSource) -> Any:
    """Return a whole table or view, whose name is as it stands there, alone or behind its schema's."""
    there: list[tuple[str, str]] = connection.execute(_NAMES).fetchall()
    named = {f"{schema}.{name}" if schema != "main" else name: (schema, name) for schema, name in there}
    table = next(iter(named), "NAME") if asked.table is None else asked.table
    if asked.table is None and len(there) != 1:
        raise DataError(
            f"{asked.file} has {plural(len(there), 'table')}; name one, as with ?table={table}: it has "
            f"{names_shown(list(named)) or 'none'}"
        )
    found = named.get(table) or named.get(table.removeprefix("main."))
    if found is None:
        raise DataError(f"{asked.file} has no table {quoted(table)}; {meant(table, list(named), 'tables')}")
    return connection.table(".".join('"' + name.replace('"', '""') + '"' for name in found))


@contextmanager
def _decoding(source: str | Path) -> Iterator[None]:
    remedy = "check the file and the name" if DatabaseSource.of(source).query is None else "check the query"
    with decoding(_named(source), "DuckDB reads tables", remedy):
        yield


def _named(source: str | Path) -> Path:
    """Return a source as messages name it: a query may have several lines."""
    return Path(on_one_line(str(source)))


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingDependencyError(
            f"{PREFIX}… needs duckdb, which is not installed; pip install 'shoal[duckdb]'"
        ) from None
    return duckdb
