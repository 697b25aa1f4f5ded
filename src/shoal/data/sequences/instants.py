"""Time stamps of steps: read, put in order, and their spacing looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.data.cells.dates import CLEAR_FORMATS, months_with_points, parse_dates, readings
from shoal.data.cells.values import as_numbers
from shoal.data.frames import pl, quoted
from shoal.errors import DataError
from shoal.shapes import IntArray

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-3
"""Of a step: what two steps may differ by and still be equal."""
_MONTH, _QUARTER = "^[0-9]{4}-[0-9]{2}$", "(?i)^(?P<year>[0-9]{4})[ -]?Q(?P<quarter>[1-4])$"
_DAYS = (28, 31)
"""Of a month."""
_DAY = 86_400e6


def instants(stamps: pl.Series) -> Floats:
    """Return time stamps (T,) as numbers that grow with time: as they are, or microseconds of dates.

    Raises ``DataError`` for a missing one, and for texts that are neither numbers nor dates of one format.

    >>> instants(pl.Series(["2020-01-01 00:01", "2020-01-01 00:02"])).tolist()
    [1577836860000000.0, 1577836920000000.0]
    """
    if stamps.null_count():
        row = int(stamps.is_null().arg_max() or 0)
        raise DataError(
            f"the time {stamps.name!r} is missing in {stamps.null_count()} of {len(stamps)} rows, the first "
            f"of them data row {row + 1}; fill it or leave those rows out"
        )
    if stamps.dtype in (pl.Date, pl.Datetime):
        return stamps.dt.epoch("us").cast(pl.Float64).to_numpy()
    if are_numbers(stamps):
        return as_numbers(stamps).to_numpy()
    texts = stamps.cast(pl.String)
    usual = parse_dates(texts, CLEAR_FORMATS[0])
    if not usual.null_count():
        return usual.to_physical().cast(pl.Float64).to_numpy()
    read = readings(_first_days(texts).alias(stamps.name))
    whole = [dates for dates in read.values() if not dates.null_count()]
    if whole and all(dates.equals(whole[0]) for dates in whole[1:]):
        return whole[0].to_physical().cast(pl.Float64).to_numpy()
    best = min(read.values(), key=lambda dates: dates.null_count(), default=as_numbers(stamps))
    row = int((best if not whole else whole[0]).is_null().arg_max() or 0)
    raise DataError(
        f"the time {stamps.name!r} has {quoted(texts[row])} in data row {row + 1}, expected numbers or dates "
        "that can be read in one way; write them as 2020-12-31 23:59:00"
    )


def are_numbers(stamps: pl.Series) -> bool:
    """Return whether time stamps are numbers as they are, which have no place among dates.

    >>> [are_numbers(pl.Series(stamps)) for stamps in (["1", "2"], ["2020-01-01", "2020-01-02"], ["04.2012"])]
    [True, False, False]
    """
    if stamps.dtype in (pl.Date, pl.Datetime) or months_with_points(stamps.to_frame()):
        return False
    return not as_numbers(stamps).null_count()


def _first_days(texts: pl.Series) -> pl.Series:
    """Return the first days of months and quarters, ``1949-01`` and ``1970 Q1``, and all else as it is."""
    if are_months(texts):
        return texts + "-01"
    if not are_quarters(texts):
        return texts
    parts = texts.str.extract_groups(_QUARTER).struct.unnest()
    months = parts["quarter"].cast(pl.Int64) * 3 - 2
    return parts["year"] + "-" + months.cast(pl.String).str.zfill(2) + "-01"


def are_months(texts: pl.Series) -> bool:
    """Return whether all texts are written as ``1949-01``."""
    return bool(texts.str.contains(_MONTH).all())


def are_quarters(texts: pl.Series) -> bool:
    """Return whether all texts are written as ``1970 Q1``, ``1970-Q1`` or ``1970Q1``."""
    return bool(texts.str.contains(_QUARTER).all())


@dataclass(frozen=True)
class Order:
    """The rows of one series in the order of time (T,), and what there is to say of its time stamps."""

    rows: IntArray
    was_sorted: bool
    is_even: bool
    twice: int | None
    """The row whose stamp another one has, too."""


def in_order(t: Floats) -> Order:
    """Return the order of time stamps ``t`` (T,), and whether they stood in it, evenly spaced.

    Months of whole days are even, although they have not as many days.

    >>> in_order(np.array([3.0, 1.0, 2.0])).rows.tolist(), in_order(np.array([1.0, 2.0, 4.0])).is_even
    ([1, 2, 0], False)
    """
    rows = np.argsort(t, kind="stable")
    gaps = np.diff(t[rows])
    twice = np.flatnonzero(gaps == 0)
    return Order(
        rows,
        bool((np.diff(t) >= 0).all()),
        _are_even(gaps),
        int(rows[twice[0] + 1]) if twice.size else None,
    )


def _are_even(gaps: Floats) -> bool:
    if gaps.size < 2:
        return True
    step = float(np.median(gaps))
    if np.abs(gaps - step).max() <= TOLERANCE * abs(step):
        return True
    days = gaps / _DAY
    return bool((days == np.rint(days)).all() and days.min() >= _DAYS[0] and days.max() <= _DAYS[1])
