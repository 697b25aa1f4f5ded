"""The one form that every table has inside shoal, and the one place that imports the frame libraries.

A table is a ``narwhals.DataFrame`` over polars, whose columns have one of five types: ``Boolean``,
``Int64``, ``Float64``, ``String`` (stripped of surrounding blanks) and ``Datetime``. A missing value is
``null`` in all of them. pandas, polars, pyarrow and whatever else narwhals knows come in by `as_frame`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

from shoal.errors import DataError, MissingDependencyError

try:
    import narwhals as nw
    import polars as pl
except ImportError as error:
    raise MissingDependencyError(
        f"tables need polars and narwhals, and {error.name} is not installed; pip install 'shoal[frames]'"
    ) from None

__all__ = ["MISSING_TEXTS", "Frame", "as_frame", "as_series", "native_frame", "nw", "pl"]

Frame: TypeAlias = "nw.DataFrame[pl.DataFrame]"

#: Texts that mean "not known" in a table.
MISSING_TEXTS = ("", "NA", "na", "N/A", "n/a", "NaN", "nan", "NAN", "NULL", "null", "Null", "?", "-")

_SECONDS = {"ms": 1e3, "us": 1e6, "ns": 1e9}


def as_frame(obj: Any, name: str = "the table") -> Frame:
    """Return any table as shoal's own: a narwhals frame over polars with plain column types.

    ``obj`` is a pandas, polars or pyarrow frame, any other that narwhals knows, or a mapping from column
    names to arrays (N,). ``NaN`` and the usual texts (``NA``, ``?``, …) become missing values.

    Raises ``DataError`` for anything else, for no rows, for column names that are not unique texts, and
    for columns that hold lists, structures or binary data.

    >>> as_frame({"age": ["39", " ? "]})["age"].to_list()
    ['39', None]
    """
    columns = [_normalised(series, name) for series in _polars_columns(obj, name)]
    frame = pl.DataFrame(columns)
    if frame.width == 0 or frame.height == 0:
        what = "no columns" if frame.width == 0 else f"{frame.width} columns and no rows"
        raise DataError(f"{name} has {what}; at least one row of data is needed")
    return nw.from_native(frame, eager_only=True)


def as_series(obj: Any, name: str = "target") -> pl.Series:
    """Return a column, or any sequence of N values, with one of the plain column types.

    >>> as_series([1.0, float("nan")]).to_list()
    [1.0, None]
    """
    native = nw.to_native(obj, pass_through=True)
    if isinstance(native, pl.Series):
        return _normalised(native, "the series")
    known = nw.from_native(native, series_only=True, pass_through=True)
    if isinstance(known, nw.Series):
        return _normalised(_as_polars(known), "the series")
    return _normalised(_from_values(name, native), "the series")


def native_frame(frame: Any, name: str = "the table") -> pl.DataFrame:
    """Return any table as a polars frame with the plain column types."""
    return as_frame(frame, name).to_native()


def _polars_columns(obj: Any, name: str) -> list[pl.Series]:
    if isinstance(obj, Mapping):
        _require_names(list(obj), name)
        columns = [as_series(values, column).alias(column) for column, values in obj.items()]
        lengths = {series.name: len(series) for series in columns}
        if len(set(lengths.values())) > 1:
            raise DataError(f"{name} has columns of different lengths: {lengths}; give every column one")
        return columns
    _require_names(list(getattr(obj, "columns", [])) if hasattr(obj, "iloc") else [], name)
    try:
        frame = nw.from_native(obj, eager_only=True)
    except TypeError:
        raise DataError(
            f"{name} is {type(obj).__name__}; give a pandas, polars or pyarrow frame, or a dictionary of "
            "columns"
        ) from None
    _require_names(frame.columns, name)
    return [_as_polars(frame[column]) for column in frame.columns]


def _require_names(names: list[Any], name: str) -> None:
    for column in names:
        if not isinstance(column, str):
            raise DataError(
                f"{name} has the column name {column!r} ({type(column).__name__}); names must be text, "
                "for example frame.columns = [str(c) for c in frame.columns]"
            )
    twice = [column for column, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{name} has more than one column named {twice[0]!r}; give every column its own name")


def _as_polars(series: nw.Series[Any]) -> pl.Series:
    native = series.to_native()
    if isinstance(native, pl.Series):
        return native
    if series.dtype == nw.Object:
        return _from_values(series.name, series.to_list())
    if series.dtype.is_float():
        return pl.Series(series.name, series.to_numpy(), dtype=pl.Float64, nan_to_null=True)
    return _from_values(series.name, series.to_list())


def _from_values(name: str, values: Any) -> pl.Series:
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        # Numbers and texts in one column: what each would look like in a file.
        known = [None if value is None or value != value else str(value) for value in values]
        return pl.Series(name, known, dtype=pl.String)


def _normalised(series: pl.Series, name: str) -> pl.Series:
    dtype = series.dtype
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        text = series.cast(pl.String).str.strip_chars()
        return text.set(text.is_in(MISSING_TEXTS).fill_null(False), None)
    if dtype == pl.Boolean:
        return series
    if dtype.is_integer():
        whole = series.cast(pl.Int64, strict=False)
        return whole if whole.null_count() == series.null_count() else series.cast(pl.Float64)
    if dtype.is_float() or dtype.is_decimal():
        return series.cast(pl.Float64).fill_nan(None)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        zone = getattr(dtype, "time_zone", None)
        naive = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zone else series
        return naive.cast(pl.Datetime("us"))
    if isinstance(dtype, pl.Duration):
        return series.to_physical().cast(pl.Float64) / _SECONDS[dtype.time_unit]
    if dtype == pl.Time:
        return series.to_physical().cast(pl.Float64) / _SECONDS["ns"]
    if dtype == pl.Null:
        return series.cast(pl.String)
    raise DataError(
        f"column {series.name!r} of {name} holds {dtype} values; only numbers, texts, booleans and dates "
        "can be used, so drop or flatten it"
    )
