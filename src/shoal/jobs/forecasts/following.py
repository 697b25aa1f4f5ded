"""A test of its own for forecasts: the steps of another source that follow those fitted."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from shoal.data.frames import quoted
from shoal.data.names import names_shown
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError, ShoalWarning
from shoal.shapes import Array
from shoal.words import setting

NEARLY = 1e-3
"""Of a step: what a stamp may be off the calendar."""


def followed(data: TimedSeries, test: TimedSeries, source: str, horizon: int, counted: bool) -> TimedSeries:
    """Return the series with the ``horizon`` steps that follow each in a ``test``, NaN where there are none.

    Steps are told by their time; where they are only ``counted`` the test begins where the series ends. Steps
    of the test that are not after the end of a series are not looked at, nor those after the horizon.

    Raises ``DataError`` where nothing follows, and for columns known ahead that are missing in what does.
    """
    known = {name: row for row, name in enumerate(test.names)}
    rows = [known.get(name) for name in data.names]
    missing = [name for name, row in zip(data.names, rows, strict=True) if row is None]
    if len(missing) == len(data):
        raise DataError(
            f"{setting('test', source)} has none of the series that were fitted, such as "
            f"{quoted(missing[0])}; give steps that follow them"
        )
    if missing:
        some = f"{len(missing):,} of {len(data):,} series, {names_shown(missing)},"
        warnings.warn(f"{some} are not in {source}, and are not tested", ShoalWarning, stacklevel=2)
    series, ahead = [], []
    for number, row in enumerate(rows):
        first = data.series[number].shape[1]
        if row is not None and not counted:
            first = _first(data, number, test, row, source)
        after = np.full((len(data.channels), horizon), np.nan) if row is None else test.series[row]
        series.append(_joined(data.series[number], after, first, horizon))
        if data.ahead is not None:
            told = data.ahead[number][:, :0] if test.ahead is None or row is None else test.ahead[row]
            ahead.append(_joined(data.ahead[number], told, first, horizon, len(series[-1][0])))
    if all(np.isnan(each[:, -horizon:]).all() for each in series):
        raise DataError(
            f"{setting('test', source)} has no value in the {horizon} steps after those that were fitted; "
            "give steps that follow them"
        )
    for name, each, row in zip(data.names, ahead, rows, strict=False):
        if row is not None and np.isnan(each).any():
            raise DataError(
                f"{setting('test', source)} does not tell {names_shown(data.coming)} of all {horizon} "
                f"steps after {'the series' if data.alone else quoted(name)}; add them"
            )
    kept = [number for number, row in enumerate(rows) if row is not None or data.ahead is None]
    whole = dataclasses.replace(data, series=tuple(series), ahead=tuple(ahead) if ahead else None)
    return whole if len(kept) == len(data) else whole.rows(kept)


def _first(data: TimedSeries, number: int, test: TimedSeries, row: int, source: str) -> int:
    """Return at which step of a series, counted from its first, the test begins."""
    stamps = np.array([data.starts[number], test.starts[row]])
    place = float(data.calendar.offsets(stamps)[1])
    if abs(place - round(place)) > NEARLY:
        raise DataError(
            f"{setting('test', source)} begins at {test.stamps(row, 0, 1)[0]}, which is no whole number of "
            f"steps of {data.calendar.words} after the series that were fitted; give steps of that calendar"
        )
    return round(place)


def _joined(before: Array, after: Array, first: int, horizon: int, steps: int | None = None) -> Array:
    """Return values (C, T) with the ``horizon`` that follow them, of those whose first is step ``first``.

    Of columns known ahead so many ``steps`` are wanted, of which the first ones may be known before.
    """
    T = before.shape[1] if steps is None else steps - horizon
    whole = np.full((len(before), T + horizon), np.nan)
    own = min(before.shape[1], T + horizon)
    whole[:, :own] = before[:, :own]
    places = first + np.arange(after.shape[1])
    some = (places >= T) & (places < T + horizon)
    whole[:, places[some]] = after[:, some]
    return whole
