"""What stands over the columns of a table, and the columns over which nothing stands."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

from shoal.data.cells.dates import readings
from shoal.data.cells.numerals import is_numeral
from shoal.data.frames import pl, quoted, require_no_patterns, without
from shoal.errors import DataError, ShoalWarning

#: What pandas names an index that it writes or reads back as a column without a name of its own.
INDEX_NAMES = ("Unnamed: 0", "__index_level_0__")
_TOTALS = frozenset({"total", "totals", "grand total", "sum", "summe", "gesamt", "somme", "suma", "totale"})
_WHOLE = r"^\d+$"
_OF_DATES = ("date", "index", "index of dates")
"""What an index of dates without a name is called, the first that no other column is."""


def column_names(header: Sequence[str], name: str) -> list[str]:
    """Return the names in a header, without blanks around them; a column without one stays without.

    Raises ``DataError`` for names that occur twice or are patterns, and for a header of nothing but numbers.
    """
    names = [column.strip() for column in header]
    twice = [column for column, times in Counter(filter(None, names)).items() if times > 1]
    if twice:
        raise DataError(f"{name} has more than one column named {twice[0]!r}; give every column its own name")
    require_no_patterns(names, name)
    of_an_array = names[0] == "" and names[1:] == [
        str(k) for k in range(len(names) - 1)
    ]  # with pandas' index
    if all(not column or is_numeral(column) for column in names) and not (of_an_array and len(names) > 1):
        shown = ", ".join(map(quoted, names[:4]))
        raise DataError(f"{name}: the first row holds numbers ({shown}), expected column names; add a header")
    return names


def named_table(columns: Sequence[pl.Series], names: Sequence[str], name: str) -> pl.DataFrame:
    """Return columns under their names, without those that have none and hold nothing, or number the rows.

    A first one without a name that holds dates gets one, with a note.

    Raises ``DataError`` for any other column without a name.
    """
    kept = []
    for position, (series, column) in enumerate(zip(columns, names, strict=True), start=1):
        if column:
            kept.append(series.alias(column))
        elif position == 1 and _numbers_rows(series):
            _tell_of_index(name, "its first column, which has no name")
        elif position == 1 and _are_dates(series):
            kept.append(series.alias(next((free for free in _OF_DATES if free not in names), "column 1")))
            _tell_of_dates(name, kept[0].name)
        elif not _is_empty(series):
            raise DataError(
                f"{name}: column {position} has no name in the header; name it, or write the table without "
                "its row names (pandas: index=False, R: row.names=FALSE)"
            )
    return pl.DataFrame(kept)


def without_index(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return a table without the column into which pandas made its index, where that numbers the rows."""
    index = [column for column in INDEX_NAMES if column in table.columns and _numbers_rows(table[column])]
    for column in index:
        _tell_of_index(name, f"the column {column!r}")
    return without(table, index) if len(index) < table.width else table


def tell_of_totals(table: pl.DataFrame, name: str) -> None:
    """Warn of a last row that is named as the sum of those above it; nothing is left out."""
    if table.height < 2:
        return
    first = next((value for value in table.row(-1) if value not in (None, "")), None)
    if isinstance(first, str) and first.strip().rstrip(":").lower() in _TOTALS:
        warnings.warn(
            f"the last row of {name} begins with {quoted(first)}, and is taken for a row like the others; "
            "delete it if it sums them up",
            ShoalWarning,
            stacklevel=2,
        )


def _tell_of_index(name: str, what: str) -> None:
    warnings.warn(
        f"{name}: {what}, numbers the rows and is left out; give it a name of its own to keep it",
        ShoalWarning,
        stacklevel=3,
    )


def _tell_of_dates(name: str, given: str) -> None:
    warnings.warn(
        f"{name}: its first column, which has no name, holds dates and is called {given!r}; name it in the "
        "header",
        ShoalWarning,
        stacklevel=3,
    )


def _are_dates(series: pl.Series) -> bool:
    """Tell whether a column holds a date in every row, as an index of pandas does that was written."""
    if series.dtype != pl.String or series.null_count() or not len(series):
        return False
    return any(not dates.null_count() for dates in readings(series.str.strip_chars()).values())


def _is_empty(series: pl.Series) -> bool:
    return series.dtype == pl.Null or (
        series.dtype == pl.String and series.str.strip_chars().replace("", None).null_count() == len(series)
    )


def _numbers_rows(series: pl.Series) -> bool:
    """Tell whether a column holds a whole number, its own, for every row."""
    if series.null_count() or not series.is_unique().all():
        return False
    if series.dtype == pl.String:
        return bool(series.str.strip_chars().str.contains(_WHOLE).all())
    if series.dtype.is_float():
        return bool((series == series.round()).all())
    return series.dtype.is_integer()
