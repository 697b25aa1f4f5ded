"""Excel's and LibreOffice's workbooks, ``.xlsx`` and ``.ods``: a sheet, whose first row is the header.

python-calamine reads them: it is what pandas uses for both formats, has no dependencies, and is released
several times a year.
"""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoal.data.frames import pl
from shoal.data.readers.bounded import bounded_workbook
from shoal.data.readers.contents import decoding
from shoal.data.readers.headers import column_names, named_table, tell_of_totals
from shoal.errors import DataError, MissingDependencyError, ShoalWarning

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

Rows = list[list[Any]]
SUFFIXES = (".xlsx", ".ods")


def read_workbook(path: Path, sheet: str | None = None) -> pl.DataFrame:
    """Return the sheet of that name, or the first that is not hidden and not empty; a note tells of others.

    Columns of numbers, texts, booleans, dates or times keep their type; one of several becomes texts, as it
    would stand in a CSV file. Empty rows at the end are left out.

    Raises ``DataError`` for a workbook that is damaged, protected by a password, or lacks such a sheet,
    ``CapacityError`` for more cells than fit in memory, and ``MissingDependencyError`` without
    python-calamine.
    """
    try:
        import python_calamine
    except ImportError:
        raise MissingDependencyError(
            f"{path}: workbooks need python-calamine, which is not installed; pip install 'shoal[excel]'"
        ) from None
    content = bounded_workbook(path)
    with decoding(path, "a workbook", "save it again"), python_calamine.load_workbook(content) as book:
        name, rows = _sheet(book, sheet, path)
    source = f"{path}#{name}" if sheet else str(path)
    return _table(rows, source)


def _sheet(book: CalamineWorkbook, wanted: str | None, path: Path) -> tuple[str, Rows]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    names = [meta.name for meta in sheets]
    if wanted is not None:
        if wanted not in names:
            raise DataError(f"{path} has no sheet {wanted!r}; it has {', '.join(map(repr, names))}")
        return wanted, book.get_sheet_by_name(wanted).to_python()
    seen = [meta.name for meta in sheets if meta.visible == SheetVisibleEnum.Visible]
    filled = [name for name in seen if book.get_sheet_by_name(name).height]
    if not filled:
        raise DataError(f"{path} has no sheet with cells; expected a header row and rows")
    if len(filled) > 1:
        others = ", ".join(map(repr, filled[1:4])) + (", …" if len(filled) > 4 else "")
        warnings.warn(
            f"{path} has {len(filled)} sheets, of which the first, {filled[0]!r}, is read; name another "
            f"({others}) as in '{path}#{filled[1]}'",
            ShoalWarning,
            stacklevel=2,
        )
    return filled[0], book.get_sheet_by_name(filled[0]).to_python()


def _table(rows: Rows, source: str) -> pl.DataFrame:
    while rows and all(cell == "" for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise DataError(f"{source} is empty; expected a header row and rows")
    if len(rows) == 1:
        raise DataError(f"{source} has a header and no rows; at least one row of data is needed")
    names = column_names([_text(cell) for cell in rows[0]], source)
    columns = [_series([row[column] for row in rows[1:]]) for column in range(len(names))]
    table = named_table(columns, names, source)
    tell_of_totals(table, source)
    return table


def _series(cells: Sequence[Any]) -> pl.Series:
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pl.Series(values, dtype=pl.Null)
    if kinds <= {int, float}:
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    if kinds <= {datetime.date, datetime.datetime}:
        return pl.Series([None if value is None else _moment(value) for value in values])
    if len(kinds) == 1:
        return pl.Series(values)
    return pl.Series([None if value is None else _text(value) for value in values], dtype=pl.String)


def _moment(value: datetime.date) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    return datetime.datetime(value.year, value.month, value.day)  # noqa: DTZ001 (no table has zones here)


def _text(cell: object) -> str:
    """Return a cell as it would stand in a CSV file."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def sheet_of(source: str | Path) -> tuple[str | Path, str | None]:
    """Return the file and the sheet that ``book.xlsx#Sheet 2`` names; a file of that whole name comes first.

    >>> sheet_of("nowhere.xlsx#Sheet 2")
    ('nowhere.xlsx', 'Sheet 2')
    """
    text = str(source)
    for ending in SUFFIXES:
        file, mark, sheet = text.partition(f"{ending}#")
        if mark and sheet and not Path(text).exists():
            return file + ending, sheet
    return source, None
