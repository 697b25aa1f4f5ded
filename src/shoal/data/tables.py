"""Reads a table from a file of any known format, or one that scikit-learn ships."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from shoal.data.cells.marks import Resolved, thousands_note
from shoal.data.cells.notation import NOTHING_KNOWN, Known, Notation
from shoal.data.cells.remembered import as_fitted, require_signs
from shoal.data.database_names import DatabaseSource, is_duckdb
from shoal.data.frames import Frame, as_frame, pl
from shoal.data.places import place
from shoal.data.readers.arff import read_arff
from shoal.data.readers.arrays import read_arrays
from shoal.data.readers.builtin import PREFIX, builtin_table
from shoal.data.readers.columnar import read_arrow, read_parquet
from shoal.data.readers.contents import file_bytes
from shoal.data.readers.databases import duckdb_files, read_duckdb
from shoal.data.readers.delimited import DELIMITED, parse_marked
from shoal.data.readers.folders import is_table_folder, read_table_folder
from shoal.data.readers.headers import without_index
from shoal.data.readers.json_lines import read_json_lines
from shoal.data.readers.packed import SUFFIXES as PACKED
from shoal.data.readers.packed import format_of
from shoal.data.readers.svmlight import read_svmlight
from shoal.data.readers.workbooks import SUFFIXES as WORKBOOKS
from shoal.data.readers.workbooks import read_workbook, sheet_of
from shoal.errors import DataError, ShoalWarning, reason


class MarkedTable(NamedTuple):
    """A table, and how its columns were written whose numbers have decimal points in it, and had others."""

    frame: Frame
    notations: dict[str, Notation]
    thousands: Mapping[str, str] = MappingProxyType({})
    """A text of each column whose points other columns alone tell to separate thousands."""

    def tell_of_thousands(self, used: Collection[str]) -> None:
        """Warn (``ShoalWarning``) of such columns among those that are used."""
        note = thousands_note({name: text for name, text in self.thousands.items() if name in used})
        if note:
            warnings.warn(note, ShoalWarning, stacklevel=3)


def read_table(source: str | Path, expected: Sequence[str] = (), known: Known = NOTHING_KNOWN) -> Frame:
    """Return the table in a file, or the one that ``builtin:NAME`` names.

    ======================================  ==============================================================
    ``.csv``, ``.txt``, ``.tsv``, ``.tab``  texts as written (`describe_columns` says what they hold);
                                            delimited by comma, semicolon, tab or bar
    ``.parquet``                            columns with their types
    a folder of ``.parquet`` files          the rows of all, and of folders ``key=value`` a column ``key``
    ``.feather``, ``.arrow``, ``.ipc``      Arrow IPC, file or stream; dictionaries are categories
    ``.jsonl``, ``.ndjson``                 an object on every line; keys are columns
    ``.xlsx``, ``.ods``                     the first sheet, or with ``book.xlsx#Sheet 2`` that one
    ``.arff``                               dense or sparse; nominal attributes are categories
    ``.svm``, ``.svmlight``, ``.libsvm``    ``target``, and ``f1``, ``f2``, … as the file numbers them
    ``.npz``                                a column for each vector (N,) and for each column of each
                                            matrix (N, n), named by ``feature_names`` if it is there
    ``duckdb:wine.db?table=sold``           a table or a view of a DuckDB database
    ``duckdb:wine.db?query=SELECT …``       what one SELECT of it finds
    ``duckdb:wine/*/*.parquet``             the Parquet files that match, as of a folder
    ======================================  ==============================================================

    All but workbooks, Parquet and NPZ may be compressed as ``.gz`` or ``.zst``. A column that numbers the
    rows and has no name, or pandas' for an index, is left out with a note. ``expected`` names columns that
    a sparse file leaves out where they are zero in every row. What its numbers leave open is read as in a
    table that was fitted (``known``). Nothing is ever unpickled, or fetched.

    Raises ``DataError`` for a file that is missing, unreadable or no such table, and for numbers that may be
    read in two ways, or not as those that were fitted, ``CapacityError`` for one too large for the memory,
    compressed ones included, and ``MissingDependencyError`` where a format needs a package that is not
    installed.

    >>> read_table("builtin:wine").columns[:3]
    ['alcohol', 'malic_acid', 'ash']
    """
    return read_marked(source, expected, known).frame


def read_marked(
    source: str | Path, expected: Sequence[str] = (), known: Known = NOTHING_KNOWN
) -> MarkedTable:
    """Return the same with how its columns were written."""
    if str(source).startswith(PREFIX):
        return MarkedTable(as_frame(builtin_table(str(source)), str(source)), {})
    if is_duckdb(source):
        return _marked(read_duckdb(source), str(source), known)
    file, sheet = sheet_of(source)
    path = place(file, "a table")
    try:
        if path.is_dir() and not is_table_folder(path):
            raise DataError(f"{path} is a directory, expected a table; name a file in it")
        table = read_table_folder(path) if path.is_dir() else _read(path, sheet, expected, known)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); check the file") from None
    return _marked(table, str(path), known)


def _marked(table: Resolved | pl.DataFrame, name: str, known: Known) -> MarkedTable:
    """Return a table of any format, read as one that was fitted as far as it tells nothing else."""
    resolved = table if isinstance(table, Resolved) else Resolved(table, {})
    frame = as_frame(without_index(resolved.table, name), name)
    try:
        if not isinstance(table, Resolved):
            resolved = as_fitted(frame, known)
            frame = resolved.table
        require_signs(frame, known)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    if resolved.told:
        warnings.warn(f"{name}: {resolved.told}", ShoalWarning, stacklevel=4)
    return MarkedTable(frame, resolved.notations, resolved.thousands)


def files_of(source: str | Path) -> list[Path]:
    """Return the files that a table is in: without the name of a sheet or a table in them.

    Raises ``DataError`` for a pattern that matches none.
    """
    return duckdb_files(source) if is_duckdb(source) else [Path(sheet_of(source)[0])]


def title_of(source: str) -> str:
    """Return what a table is called in a report: its name without where it lies.

    >>> title_of("cellar/wine.csv"), title_of("duckdb:cellar/wine.db?query=SELECT a/b FROM t")
    ('wine.csv', 'wine.db?query=SELECT a/b FROM t')
    """
    if not is_duckdb(source):
        return Path(source).name
    file = DatabaseSource.of(source).file
    return Path(file).name + source.partition(file)[2]


def _read(path: Path, sheet: str | None, expected: Sequence[str], known: Known) -> Resolved | pl.DataFrame:
    kind, compressed = format_of(path)
    if kind in DELIMITED:
        return parse_marked(file_bytes(path), str(path), DELIMITED[kind], known)
    if kind in _SVMLIGHT:
        return read_svmlight(path, expected)
    if kind in WORKBOOKS and not compressed:
        return read_workbook(path, sheet)
    if kind in _PACKABLE:
        return _PACKABLE[kind](path)
    if kind in _WHOLE and not compressed:
        return _WHOLE[kind](path)
    packable = [*DELIMITED, *_PACKABLE, *_SVMLIGHT]
    raise DataError(
        f"{path} has the extension {path.suffix!r}, expected one of {', '.join(packable)} (all also "
        f"{' and '.join(PACKED)}), {', '.join([*_WHOLE, *WORKBOOKS])}; convert or rename it"
    )


_PACKABLE: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".feather": read_arrow,
    ".arrow": read_arrow,
    ".ipc": read_arrow,
    ".arff": read_arff,
}
_SVMLIGHT = (".svm", ".svmlight", ".libsvm")
_WHOLE: dict[str, Callable[[Path], pl.DataFrame]] = {".parquet": read_parquet, ".npz": read_arrays}
