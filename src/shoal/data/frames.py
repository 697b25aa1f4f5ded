"""The one form that every table has inside shoal.

A table is a polars frame, whose columns have one of five types: ``Boolean``,
``Int64``, ``Float64``, ``String`` (stripped of surrounding blanks) and ``Datetime``, or a sixth,
``Categorical``, where somebody declared its values to be categories. A missing value is ``null`` in all of
them. pandas, polars, pyarrow and whatever else narwhals knows come in by `as_frame`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shoal.data.foreign import as_polars, from_values, in_a_series
from shoal.data.libraries import narwhals, pl, without_narwhals
from shoal.data.row_numbers import data_row
from shoal.errors import DataError

if TYPE_CHECKING:
    import narwhals as nw

__all__ = [
    "MISSING_TEXTS",
    "Frame",
    "as_frame",
    "as_it_is",
    "as_series",
    "named",
    "pl",
    "quoted",
    "require_no_patterns",
    "text",
    "without",
]

Frame: TypeAlias = pl.DataFrame

#: Texts that mean "not known" wherever they stand. A dash does so only among numbers, dates and booleans
#: (see `values`): among texts it may be a category, as in + and -.
MISSING_TEXTS = (
    *(
        "",
        "NA",
        "na",
        "N/A",
        "n/a",
        "#N/A",
        "#N/A N/A",
        "#NA",
        "NaN",
        "nan",
        "NAN",
        "NULL",
        "null",
        "Null",
        "?",
    ),
    *("-nan", "-NaN", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", r"\N"),  # of C, and of dumps of databases
)

_DECLARED = ("Categorical", "Enum")
"""Types of categories, by the names that polars and narwhals give them."""
_BEYOND_FLOATS = (pl.UInt64, pl.Int128, pl.UInt128, pl.Decimal)
_PLAIN_AS_THEY_ARE = (pl.Boolean, pl.Int64, pl.Datetime("us"))
_DIGITS_OF_FLOATS = 15
_AT_A_TIME = 2**21
"""Numbers that are looked at together."""
_PER_SECOND = {"ms": 1e3, "us": 1e6, "ns": 1e9}
_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000}  # nanoseconds reach from 1677 to 2262 only
_DAYS = (-719_162, 2_932_897)
"""From 1970 to the first day of the year 1, and to the first of the year 10000."""


def as_frame(obj: Any, name: str = "the table") -> Frame:
    """Return any table as shoal's own: a polars frame with plain column types.

    ``obj`` is a pandas, polars or pyarrow frame, any other that narwhals knows, a mapping from column
    names to arrays (N,), or a structured array. ``NaN`` and the usual texts (``NA``, ``?``, …) become
    missing values.

    Raises ``DataError`` for anything else, for no rows, for column names that are not unique texts or look
    like the pattern ``^a$``, and for columns that hold lists, structures or binary data.

    >>> as_frame({"age": ["39", " ? "]})["age"].to_list()
    ['39', None]
    """
    native = without_narwhals(obj)
    if isinstance(native, np.ndarray) and native.dtype.names:
        native = {column: native[column] for column in native.dtype.names}
    frame = native if isinstance(native, pl.DataFrame) else pl.DataFrame(_polars_columns(native, name))
    if frame.width == 0 or frame.height == 0:
        what = "no columns" if frame.width == 0 else f"{frame.width} columns and no rows"
        raise DataError(f"{name} has {what}; at least one row of data is needed")
    return _plain(frame, name)


def as_it_is(obj: Any, name: str) -> pl.DataFrame:
    """Return a part of a table of another library with the types that it has there, categories among them.

    What is plain of other types is told by all of a column: a part may hold smaller numbers than the next. So
    ``as_frame`` is for what is made of the parts. Raises ``DataError`` for names that are not unique texts,
    and for types that polars does not know.
    """
    return pl.DataFrame(_polars_columns(obj, name))


def as_series(obj: Any, name: str = "target") -> pl.Series:
    """Return a column, or any sequence of N values, with one of the plain column types.

    >>> as_series([1.0, float("nan")]).to_list()
    [1.0, None]
    """
    series = _series(obj, name)
    return _plain(pl.DataFrame([series]), "the series").to_series()


def _polars_columns(obj: Any, name: str) -> list[pl.Series]:
    if isinstance(obj, Mapping):
        _require_names(list(obj), name)
        columns = [_series(values, column, named=True) for column, values in obj.items()]
        lengths = {series.name: len(series) for series in columns}
        if len(set(lengths.values())) > 1:
            raise DataError(f"{name} has columns of different lengths ({lengths}); make them equally long")
        return columns
    if hasattr(obj, "iloc"):  # pandas allows names that narwhals does not
        _require_names(list(obj.columns), name)
    if hasattr(obj, "column_names"):  # and pyarrow the same name twice
        _require_names(list(obj.column_names), name)
    try:
        frame = narwhals().from_native(obj, eager_only=True)
    except TypeError:
        raise DataError(
            f"{name} is of type {type(obj).__name__}; give a pandas, polars or pyarrow frame, or a "
            "dictionary of columns"
        ) from None
    return [_column(frame[column], column) for column in frame.columns]


def _require_names(names: Sequence[Any], name: str) -> None:
    for column in names:
        if not isinstance(column, str):
            raise DataError(
                f"{name} has the column name {column!r} ({type(column).__name__}); names must be text, "
                "for example frame.columns = [str(c) for c in frame.columns]"
            )
    twice = [column for column, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{name} has more than one column named {twice[0]!r}; give every column its own name")


def _series(obj: Any, name: str, named: bool = False) -> pl.Series:
    """Return a sequence as a column; unless it is ``named``, a series keeps the name that it has."""
    native = in_a_series(without_narwhals(obj))
    is_known = isinstance(native, (pl.Series, Sequence, np.ndarray))
    series = native if is_known else narwhals().from_native(native, series_only=True, pass_through=True)
    if series is not native or isinstance(native, pl.Series):
        return _column(series, name if named else str(series.name or name))
    if isinstance(native, (str, bytes)) or not isinstance(native, Iterable):
        raise DataError(f"{name} is {quoted(native)}; give a sequence with a value for every row")
    return from_values(name, native)


def _column(series: pl.Series | nw.Series[Any], name: str) -> pl.Series:
    given = series.alias(name) if isinstance(series, pl.Series) else as_polars(series, name)
    return _declared(given) if str(series.dtype).partition("(")[0] in _DECLARED else given


def _declared(series: pl.Series) -> pl.Series:
    """Return declared categories as texts: their own type, often numbers, is none of their meaning."""
    return text(_plain(pl.DataFrame([series]), "the table").to_series()).cast(pl.Categorical)


def require_no_patterns(names: Iterable[str], name: str) -> None:
    """Raise ``DataError`` for a name such as ``^a$``, which polars never takes for a column's own.

    Its series look themselves up by their names, so that there is no way around them.
    """
    for column in names:
        if column.startswith("^") and column.endswith("$"):
            raise DataError(
                f"{name} has a column named {column!r}; a name that begins with ^ and ends with $ is read as "
                "a pattern of names, so rename it"
            )


def named(table: Frame, names: Iterable[str]) -> Frame:
    """Return columns by their names, in this order: polars takes ``*`` for all of them.

    >>> named(as_frame({"a": [1], "*": [2]}), ["*"]).columns
    ['*']
    """
    return table.select(pl.selectors.by_name(list(names)))


def without(table: Frame, names: Iterable[str]) -> Frame:
    """Return the other columns than those of these names, which need not be there.

    >>> without(as_frame({"a": [1], "*": [2]}), ["*", "b"]).columns
    ['a']
    """
    return table.drop(pl.selectors.by_name(list(names), require_all=False))


def text(series: pl.Series) -> pl.Series:
    """Return a plain column as ``String``; 5.0 and 5 are written alike, whatever type a file had."""
    if series.dtype == pl.Float64:
        whole = series.cast(pl.Int64, strict=False)
        same = (whole.cast(pl.Float64) == series).fill_null(False)
        return whole.cast(pl.String).zip_with(same, series.cast(pl.String))
    return series.cast(pl.String)


def quoted(value: object) -> str:
    """Return a value as messages show it: on one line, in quotes, and not at length."""
    shown = str(value)
    return repr(shown if len(shown) <= 30 else shown[:29] + "…")


def _plain(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the frame with plain column types, all columns of a type at once (wide tables!).

    Columns that are plain already are not copied.
    """
    require_no_patterns(frame.columns, name)
    _require_years(frame, name)
    beyond = [column for column, dtype in frame.schema.items() if dtype in _BEYOND_FLOATS]
    if beyond:
        frame = frame.with_columns(_exact(frame[column]) for column in beyond)
    of_type = _by_type(frame)
    nan = set(_with_nan(frame, of_type.get(pl.Float64(), [])))
    columns: dict[pl.DataType, list[str]] = {}
    for dtype, same in of_type.items():
        changed = [column for column in same if column in nan] if dtype == pl.Float64 else same
        if changed and dtype not in _PLAIN_AS_THEY_ARE:
            columns[dtype] = changed
    expressions = []
    for dtype, same in columns.items():
        expression = _plain_values(pl.selectors.by_name(same), dtype)
        if expression is None:
            raise DataError(
                f"column {same[0]!r} of {name} holds {dtype} values; only numbers, texts, booleans and dates "
                "can be used, so drop or flatten it"
            )
        expressions.append(expression)
    return frame.with_columns(expressions) if expressions else frame


def _by_type(frame: pl.DataFrame) -> dict[pl.DataType, list[str]]:
    """Return the columns of each type."""
    columns: dict[pl.DataType, list[str]] = {}
    for column, dtype in frame.schema.items():
        columns.setdefault(dtype, []).append(column)
    return columns


def _require_years(frame: pl.DataFrame, name: str) -> None:
    """Raise ``DataError`` for dates that no calendar here has: polars panics where it should show them."""
    for column in frame.select(pl.selectors.date() | pl.selectors.datetime(("ms", "us"))):
        raw = column.to_physical()
        first, last = (bound * _PER_DAY.get(getattr(column.dtype, "time_unit", ""), 1) for bound in _DAYS)
        beyond = (raw < first) | (raw >= last)
        if beyond.any():
            row = int(beyond.fill_null(False).arg_true()[0])
            raise DataError(
                f"column {column.name!r} of {name} has a date in {data_row(row)} that is not in the years "
                f"1 to 9999 ({beyond.sum()} of {len(raw)} dates are not); leave the cells empty or drop "
                "the rows"
            )


def _with_nan(frame: pl.DataFrame, floats: Sequence[str]) -> Iterator[str]:
    """Yield the columns of floats that hold NaN: as matrices, since polars takes a while for each column."""
    several = max(_AT_A_TIME // max(frame.height, 1), 1)
    for first in range(0, len(floats), several):
        some = frame[floats[first : first + several]]
        unknown = np.isnan(some.to_numpy()).sum(axis=0)  # NaN, or missing
        for column, count, missing in zip(some.columns, unknown, some.null_count().row(0), strict=True):
            if count > missing:
                yield column


def _exact(series: pl.Series) -> pl.Series:
    """Return whole numbers and decimals in a type that holds every digit, texts where no number does."""
    if series.dtype.is_integer():
        whole = series.cast(pl.Int64, strict=False)
        return whole if whole.null_count() == series.null_count() else series.cast(pl.String)
    texts = series.cast(pl.String).str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    digits = texts.str.replace_all(r"\D", "").str.strip_chars_start("0").str.len_chars()
    return texts if (digits > _DIGITS_OF_FLOATS).any() else series.cast(pl.Float64)


def _plain_values(values: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
    if dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        texts = values.cast(pl.String).str.strip_chars().replace(MISSING_TEXTS, None)
        return texts.cast(pl.Categorical) if dtype in (pl.Categorical, pl.Enum) else texts
    if dtype == pl.Boolean:
        return values
    if dtype.is_integer():
        return values.cast(pl.Int64)
    if dtype.is_numeric():
        return values.cast(pl.Float64).fill_nan(None)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
        local = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else values
        return local.cast(pl.Datetime("us"))
    if isinstance(dtype, pl.Duration):
        return values.to_physical().cast(pl.Float64) / _PER_SECOND[dtype.time_unit]
    if dtype == pl.Time:
        return values.to_physical().cast(pl.Float64) / _PER_SECOND["ns"]
    return None
