"""Reads a column as one kind of value, and says which value stands in the way when it cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.data.frames import pl
from shoal.errors import DataError

TRUE_TEXTS = ("true", "yes", "t", "y", "1")
FALSE_TEXTS = ("false", "no", "f", "n", "0")

#: The pairs of texts that make a column boolean; 1 and 0 make it numeric.
BOOLEAN_PAIRS = frozenset(map(frozenset, zip(TRUE_TEXTS[:-1], FALSE_TEXTS[:-1], strict=True)))

#: The first that reads every value wins; ``_MONTH_FIRST`` and its mirror image only if the other cannot.
DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y",
    "%d/%m/%Y",
)
AMBIGUOUS = frozenset({"%m/%d/%Y", "%d/%m/%Y"})


def numbers(series: pl.Series, missing_tokens: Sequence[str] = ()) -> pl.Series:
    """Return the column as ``Float64``; the texts in ``missing_tokens`` are missing values.

    Raises ``DataError`` for a value that is no number, and for an infinity.
    """
    if series.dtype == pl.String:
        text = series.set(series.is_in(missing_tokens), None) if missing_tokens else series
        values = text.cast(pl.Float64, strict=False).fill_nan(None)
        _require_read(text, values, "a number")
    elif series.dtype == pl.Datetime:
        raise _unreadable(series, series.is_not_null(), "a number")
    else:
        values = series.cast(pl.Float64)
    infinite = values.is_infinite().fill_null(False)
    if infinite.any():
        raise DataError(
            f"column {series.name!r} has {int(infinite.sum())} infinite values, the first in data row "
            f"{_first(infinite)}; leave the cell empty (missing) or drop the row"
        )
    return values


def booleans(series: pl.Series) -> pl.Series:
    """Return the column as ``Boolean``; true/false, yes/no, t/f, y/n and 1/0 are read in any case.

    Raises ``DataError`` for any other value.
    """
    if series.dtype == pl.Boolean:
        return series
    lower = text(series).str.to_lowercase()
    values = lower.replace_strict(
        [*TRUE_TEXTS, *FALSE_TEXTS],
        [True] * len(TRUE_TEXTS) + [False] * len(FALSE_TEXTS),
        default=None,
        return_dtype=pl.Boolean,
    )
    _require_read(series, values, "true or false")
    return values


def dates(series: pl.Series, date_format: str | None) -> pl.Series:
    """Return the column as ``Datetime``; ``date_format`` tells how its texts are written.

    Raises ``DataError`` for a value that is no such date.
    """
    if series.dtype == pl.Datetime:
        return series
    if series.dtype != pl.String:
        raise _unreadable(series, series.is_not_null(), "a date")
    chosen = (date_format, *DATE_FORMATS) if date_format else DATE_FORMATS
    values = parse_dates(series, chosen[0])
    for other in chosen[1:]:
        if values.null_count() == series.null_count():
            break
        if other not in AMBIGUOUS:
            values = values.fill_null(parse_dates(series, other))
    _require_read(series, values, f"a date such as {date_format or 'YYYY-MM-DD'}")
    return values


def parse_dates(series: pl.Series, date_format: str) -> pl.Series:
    """Return the texts that ``date_format`` reads as ``Datetime``, null for the others."""
    return series.str.to_datetime(date_format, strict=False, time_unit="us")


def text(series: pl.Series) -> pl.Series:
    """Return the column as ``String``; 5.0 and 5 are written alike, so that a file's types do not matter."""
    if series.dtype == pl.Float64:
        whole = series.cast(pl.Int64, strict=False)
        return (
            pl.select(
                pl.when(whole.cast(pl.Float64) == series)
                .then(whole.cast(pl.String))
                .otherwise(series.cast(pl.String))
            )
            .to_series()
            .alias(series.name)
        )
    return series.cast(pl.String)


def days(values: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return days since 1970-01-01, with their fraction, as floats (N,); NaN where missing."""
    micro = values.to_physical().cast(pl.Float64).to_numpy()
    return np.asarray(micro / 86_400e6, dtype=np.float64)


def _require_read(before: pl.Series, after: pl.Series, what: str) -> None:
    lost = before.is_not_null() & after.is_null()
    if lost.any():
        raise _unreadable(before, lost, what)


def _unreadable(series: pl.Series, lost: pl.Series, what: str) -> DataError:
    row = _first(lost)
    return DataError(
        f"column {series.name!r} has {series[row - 1]!r} in data row {row}, which is not {what}; "
        f"{int(lost.sum())} of {len(series)} values are not: correct them or leave them empty"
    )


def _first(mask: pl.Series) -> int:
    """Return the number, from 1, of the first row where ``mask`` is true."""
    return int(mask.arg_max() or 0) + 1
