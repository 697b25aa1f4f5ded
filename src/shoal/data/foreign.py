"""Columns as pandas, pyarrow, NumPy and others hold them, as polars' series.

What polars or pyarrow would refuse, or take for something else, is brought into a form that they know: the
bytes of big-endian numbers are turned, sparse columns filled, times with a zone are in UTC, periods are
their first days, and intervals texts. What has no such form is an error that names the column.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from shoal.data.libraries import narwhals, pl
from shoal.errors import DataError, MissingDependencyError, is_panic
from shoal.shapes import unmasked

if TYPE_CHECKING:
    import narwhals as nw

#: What pyarrow and polars raise for values that they do not know, several types in a column among them.
_REFUSALS = (
    AttributeError,
    TypeError,
    ValueError,
    ArithmeticError,
    NotImplementedError,
    pl.exceptions.PolarsError,
)
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_SPARSE, _PERIOD, _INTERVAL = "SparseDtype", "PeriodDtype", "IntervalDtype"


def as_polars(series: nw.Series[Any], name: str) -> pl.Series:
    """Return the column of a frame, under this name.

    Raises ``DataError`` for values that are neither numbers nor texts, booleans or dates.
    """
    if series.implementation.is_pandas_like():
        series = narwhals().from_native(_known_to_arrow(series.to_native(), name), series_only=True)
    if getattr(series.dtype, "time_zone", None) is not None:  # polars knows no offsets such as +05:30
        series = series.dt.convert_time_zone("UTC")
    try:
        return series.to_polars().alias(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"a {series.implementation} frame needs {error.name}; pip install 'shoal[frames]'"
        ) from None
    except _REFUSALS:
        return as_texts(name, series.to_list())


def in_a_series(obj: Any) -> Any:
    """Return the arrays of pandas and pyarrow, which know more than a sequence, as series of theirs."""
    pandas, pyarrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    if pandas is not None and isinstance(obj, (pandas.api.extensions.ExtensionArray, pandas.Index)):
        return pandas.Series(obj)
    if pyarrow is not None and isinstance(obj, pyarrow.Array):
        return pyarrow.chunked_array([obj])
    return obj


def from_values(name: str, values: Iterable[Any]) -> pl.Series:
    """Return a sequence, or whatever NumPy takes for an array (N,), as a column."""
    values = unmasked(values)
    if hasattr(values, "__array__"):
        values = _known_to_polars(np.asarray(values), name)
    listed = values if isinstance(values, np.ndarray) and values.dtype != object else list(values)
    if isinstance(listed, list) and any(isinstance(v, Decimal) and not v.is_finite() for v in listed):
        return as_texts(name, listed)  # polars panics, and says so on the terminal
    try:
        series = pl.Series(name, listed, strict=True)
    except BaseException as error:
        if not isinstance(error, _REFUSALS) and not is_panic(error):
            raise
        return as_texts(name, list(listed))
    return as_texts(name, list(listed)) if series.dtype == pl.Object else series


def as_texts(name: str, values: list[Any]) -> pl.Series:
    """Return values of several types as they would stand in a file."""
    for row, value in enumerate(values, start=1):
        if isinstance(value, (Collection, complex, np.complexfloating)) and not isinstance(value, str):
            raise _unknown(name, f"{type(value).__name__} values, as in data row {row}")
    texts = [
        None if is_missing(value) else _as_written(name, row, value)
        for row, value in enumerate(values, start=1)
    ]
    return pl.Series(name, texts, dtype=pl.String)


def _as_written(name: str, row: int, value: Any) -> str:
    """Return a value as it would stand in a file, a fraction as a decimal; ``DataError`` if it could not."""
    if not any({"__str__", "__repr__"} & vars(kind).keys() for kind in type(value).__mro__[:-1]):
        raise _unknown(name, f"{type(value).__name__} values, as in data row {row}")
    try:
        text = str(float(value) if isinstance(value, Fraction) else value)
    except (ArithmeticError, ValueError):
        raise _unknown(name, f"a {type(value).__name__} too large to write, in data row {row}") from None
    if not text.isascii() and _HALF_A_PAIR.search(text):
        shown = text.encode(errors="replace").decode()
        raise DataError(
            f"column {name!r} has {shown!r} in data row {row}, with half a surrogate pair, which is no "
            "letter; correct it"
        )
    return text


def _known_to_arrow(series: Any, name: str) -> Any:
    """Return a pandas series with a type that pyarrow knows."""
    kind = type(series.dtype).__name__
    if kind == _SPARSE:
        series = series.sparse.to_dense()
    elif kind == _PERIOD:
        return series.dt.to_timestamp()
    elif kind == _INTERVAL:
        return series.astype(object)
    elif kind == "CategoricalDtype" and type(series.cat.categories.dtype).__name__ in (_PERIOD, _INTERVAL):
        return series.cat.rename_categories([str(category) for category in series.cat.categories])
    if not isinstance(series.dtype, np.dtype) or series.dtype == object:
        return series
    array = series.to_numpy()
    known = _known_to_polars(array, name)
    return series if known is array else type(series)(known, name=series.name)


def _known_to_polars(array: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Return an array (N,) with a type that polars knows; the same one if it has such a type."""
    kind, dtype = array.dtype.kind, array.dtype
    if array.ndim != 1:
        raise DataError(f"column {name!r} has the shape {array.shape}, expected (N,); take it apart")
    if kind in "cV":
        raise _unknown(name, f"{dtype.newbyteorder('=')} values")
    if kind in "mM" and np.datetime_data(dtype)[0] not in ("ns", "us", "ms"):
        return array.astype(f"{kind}8[us]")
    if not dtype.isnative:
        return array.astype(dtype.newbyteorder("="))
    if kind == "f" and dtype.itemsize > np.dtype(np.float64).itemsize:
        return array.astype(np.float64)
    return array


def _unknown(name: str, what: str) -> DataError:
    return DataError(
        f"column {name!r} holds {what}; only numbers, texts, booleans and dates can be used, so drop "
        "or flatten it"
    )


def is_missing(value: Any) -> bool:
    """Tell whether a value is None, NaN or one of their kind in pandas, NumPy and the decimals."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, (float, np.floating, np.datetime64, np.timedelta64)) and bool(value != value)
