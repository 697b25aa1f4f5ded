"""The times of pandas' series: in order, without gaps, and how they go on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.data.sequences.calendars import A_DAY, MOMENT, TIME, Calendar, find_calendar
from shoal.data.sequences.instants import in_order
from shoal.errors import DataError, ShoalWarning
from shoal.shapes import Array
from shoal.words import plural

SPARSE = 2
"""Times the values of a series, beyond which steps are no gaps but another measure of time."""


def whole(y: Any, name: str) -> Any:
    """Return a series of pandas with a missing value at every step that its dates leave out; others as given.

    Raises ``DataError`` for times that are not in order, or come twice. What was left out, and dates that
    keep to no calendar, is said with a ``ShoalWarning``.
    """
    index = getattr(y, "index", None)
    require_order(index, name)
    if index is None or not hasattr(y, "iloc") or len(index) < 3:
        return y
    import pandas as pd

    if isinstance(index, pd.PeriodIndex):
        periods = pd.period_range(index[0], index[-1], freq=index.freq)
        return y if len(periods) == len(index) else _filled(y, periods, periods.get_indexer(index), name)
    if _are_counts(index) and not in_order(index.to_numpy(dtype=np.float64)).is_even:
        return _taken_for_even(y, name)
    if not isinstance(index, pd.DatetimeIndex) or _step_of(index) is not None:
        return y
    t, calendar, regular = _calendar_of(index)
    places = np.rint(calendar.offsets(t)).astype(np.intp)
    if not regular or places[-1] >= SPARSE * len(t):
        return _taken_for_even(y, name)
    stamps = calendar.after(t[0], np.arange(int(places[-1]) + 1))
    every = pd.DatetimeIndex(stamps.astype(np.int64).astype("M8[us]"), name=index.name)
    if index.tz is not None and _by_the_clock(calendar):
        every = _in_zone(every, index.tz)
    elif index.tz is not None:
        every = every.tz_localize("UTC").tz_convert(index.tz)
    return y if len(every) == len(index) else _filled(y, every, places, name)


def _calendar_of(index: Any) -> tuple[Array, Calendar, bool]:
    """Return dates as microseconds (T,), their calendar, and whether they keep to it.

    Steps shorter than a day are told in UTC, which leaves no hour out, others as the clocks of a zone show.
    """
    clock = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    t = _microseconds(clock)
    calendar, regular = find_calendar([t], MOMENT)
    if index.tz is not None and not (regular and not _by_the_clock(calendar)):
        t = _microseconds(index.tz_localize(None))
        calendar, regular = find_calendar([t], MOMENT)
        if not _by_the_clock(calendar):
            regular = False
    return t, calendar, regular


def _in_zone(clock: Any, zone: Any) -> Any:
    """Return dates that clocks of a zone show; midnight may be an hour that it leaves out, or has twice."""
    return clock.tz_localize(zone, ambiguous=np.ones(len(clock), dtype=bool), nonexistent="shift_forward")


def _by_the_clock(calendar: Calendar) -> bool:
    return calendar.unit != TIME or calendar.step % A_DAY == 0


def _microseconds(index: Any) -> Array:
    found: Array = index.to_numpy().astype("M8[us]").astype(np.int64).astype(np.float64)
    return found


def _are_counts(index: Any) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(index) and not pd.api.types.is_bool_dtype(index)


def _taken_for_even(y: Any, name: str) -> Any:
    """Return a series as it is, and say that its times tell no steps."""
    warnings.warn(
        f"the times of {name} are uneven; its values are taken for even steps, and forecasts are counted "
        "from 1",
        ShoalWarning,
        stacklevel=3,
    )
    return y


def _filled(y: Any, every: Any, places: Any, name: str) -> Any:
    """Return the values of a series at some of the times ``every``, NaN at the others."""
    missing = len(every) - len(y)
    verb = "is" if missing == 1 else "are"
    warnings.warn(
        f"{plural(missing, 'step')} between the times of {name} {verb} left out, and missing",
        ShoalWarning,
        stacklevel=3,
    )
    values = np.full((len(every), *y.shape[1:]), np.nan)
    values[places] = np.asarray(y, dtype=np.float64)
    if y.ndim == 1:
        return type(y)(values, index=every, name=y.name)
    return type(y)(values, index=every, columns=y.columns)


def _step_of(index: Any) -> Any:
    """Return how far apart dates are, as pandas says it; None for too few, and for uneven ones."""
    return index.freq if index.freq is not None or len(index) < 3 else type(index)(index, freq="infer").freq


def require_order(index: Any, name: str) -> None:
    """Raise ``DataError`` for a pandas index of times that are not in order, or come twice."""
    if index is None or callable(index) or not hasattr(index, "is_monotonic_increasing"):
        return
    if not index.is_unique:
        raise DataError(
            f"{name} has {plural(int(index.duplicated().sum()), 'time')} twice; keep one value each"
        )
    if not index.is_monotonic_increasing:
        raise DataError(f"the times of {name} are not in order; sort it by its index")


def goes_on(index: Any, steps: int) -> Any:
    """Return what follows a pandas index; None where it has no constant step."""
    import pandas as pd

    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[-1] + 1, periods=steps, freq=index.freq)
    if isinstance(index, pd.DatetimeIndex):
        step = _step_of(index)
        if step is None:
            return None
        of_days = isinstance(step, pd.offsets.Day) or not isinstance(step, pd.offsets.Tick)
        if index.tz is not None and of_days:
            last = index[-1].tz_localize(None)
            return _in_zone(pd.date_range(last, periods=steps + 1, freq=step)[1:], index.tz)
        return pd.date_range(index[-1], periods=steps + 1, freq=step)[1:]
    if _are_counts(index) and len(index) > 1 and in_order(index.to_numpy(dtype=np.float64)).is_even:
        span = index[-1] - index[0]
        whole_numbers = pd.api.types.is_integer_dtype(index)
        step = span // (len(index) - 1) if whole_numbers else span / (len(index) - 1)
        return pd.Index(index[-1] + step * np.arange(1, steps + 1))
    return None


def counted(steps: int) -> Any:
    """Return the numbers from 1 on, which stand for times that are not known."""
    import pandas as pd

    return pd.RangeIndex(1, steps + 1)


def continued(index: Any, steps: int) -> Any:
    """Return what follows a pandas index; numbers from 1 on where it has no constant step."""
    after = goes_on(index, steps)
    return counted(steps) if after is None else after


def continued_together(indexes: Sequence[Any], steps: int) -> list[Any]:
    """Return what follows each of several indexes; numbers from 1 on for all where one does not go on.

    That is said with a ``ShoalWarning``: dates and numbers are no times of one frame.
    """
    after = [goes_on(index, steps) for index in indexes]
    lost = sum(each is None for each in after)
    if not lost:
        return after
    warnings.warn(
        f"the times of {lost} of {plural(len(after), 'series', 'series')} have no constant step "
        "that can be seen; forecasts of all are counted from 1",
        ShoalWarning,
        stacklevel=2,
    )
    return [counted(steps)] * len(after)
