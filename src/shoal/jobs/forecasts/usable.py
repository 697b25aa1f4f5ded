"""Which series can be forecast, and what is said of the others."""

from __future__ import annotations

import warnings

import numpy as np

from shoal.data.frames import quoted
from shoal.data.names import names_shown
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError, ShoalWarning
from shoal.forecasting.panel import Panel
from shoal.shapes import Array
from shoal.words import plural, setting


def with_values(data: TimedSeries, least: int, held: int = 0) -> TimedSeries:
    """Return the series that have ``least`` steps before the last ``held``, from where all channels do.

    Others are left out with a note. Raises ``DataError`` where none is left.
    """
    kept = [row for row, series in enumerate(data.series) if _known_steps(series, held) >= least]
    if len(kept) == len(data):
        return data
    left = [name for row, name in enumerate(data.names) if row not in set(kept)]
    if not kept:
        whose = "no series has" if len(data) > 1 else "the series does not have"
        before = f" before the last {held:,}, on which it is tested" if held else ""
        raise DataError(f"{whose} {least} steps with a value of every channel{before}; give a longer history")
    warnings.warn(
        f"{len(left):,} of {len(data):,} series, {names_shown(left)}, have too few values and are left out",
        ShoalWarning,
        stacklevel=2,
    )
    return data.rows(kept)


def _known_steps(series: Array, held: int) -> int:
    """Return the steps from where every channel has had a value to the last ``held``."""
    known = np.logical_not(np.isnan(series[:, : series.shape[1] - held]))
    if not known.size or not known.any(axis=1).all():
        return 0
    return int(known.shape[1] - known.argmax(axis=1).max())


def require_history(data: TimedSeries, horizon: int, tested: bool) -> None:
    """Raise ``DataError`` unless a series is long enough to learn from and, where ``tested``, to test on."""
    longest = max(_known_steps(series, 0) for series in data.series)
    needed = (2 if tested else 1) * horizon + 2
    if longest < needed:
        most = (longest - 2) // (2 if tested else 1)
        remedy = f"ask for {most} or fewer" if most > 0 else "give a longer history"
        raise DataError(
            f"{setting('horizon', horizon)} needs {plural(needed, 'step')}, to learn from"
            f"{' and to test on' if tested else ''}, and the longest series has {longest:,}; {remedy}"
        )


def panel_of(data: TimedSeries, held: int = 0) -> Panel:
    """Return the series without their last ``held`` steps, gaps filled, with their names if they have any.

    All that is known ahead is in it, of the steps held as well.
    """
    names = None if data.alone else data.names
    return Panel.of([series[:, : series.shape[1] - held] for series in data.series], data.ahead, names)


def require_ahead(data: TimedSeries, horizon: int) -> None:
    """Raise ``DataError`` for a series of which too few steps to come tell what is known ahead."""
    for name, series, ahead in zip(data.names, data.series, data.ahead or (), strict=False):
        told = ahead.shape[1] - series.shape[1]
        if told < horizon:
            columns, empty = names_shown(data.coming), names_shown(data.channels)
            whose = "the series" if data.alone else quoted(name)
            raise DataError(
                f"{whose} has {plural(told, 'row')} with {columns} after its last value, and {horizon} steps "
                f"are forecast with that; add rows that tell it, {empty} left empty"
            )
