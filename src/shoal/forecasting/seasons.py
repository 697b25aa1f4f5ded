"""The season of series, from how they resemble themselves some steps before."""

from __future__ import annotations

import numpy as np

from shoal.forecasting.panel import Panel
from shoal.shapes import Array

LEAST_SEASONS = 3
"""Seasons that a series must hold for one to be found."""
LIKELY = 0.3
"""Autocorrelation that a season has at least."""
MOST_SERIES = 50


def find_season(panel: Panel) -> int:
    """Return the lag of the highest peak of the autocorrelation of differences, 1 where there is none.

    The autocorrelation is the mean over (at most 50) series and their channels, each without its straight
    trend; a peak is a lag whose value exceeds both neighbours' and 0.3.

    Source: Box & Jenkins 1970, "Time series analysis", chapter 2.

    >>> t = np.arange(60.0)
    >>> find_season(Panel.of([(t + 5 * np.sin(2 * np.pi * t / 12))[None]]))
    12
    >>> find_season(Panel.of([t[None] ** 2]))
    1
    """
    chosen = panel.series[:: max(len(panel) // MOST_SERIES, 1)]
    shortest = min(each.shape[1] for each in chosen)
    most = shortest // LEAST_SEASONS
    if most < 2:
        return 1
    found = np.mean([autocorrelation(row, most + 1) for each in chosen for row in each], axis=0)
    lags = np.arange(2, most + 1)
    peaks = lags[(found[lags] > found[lags - 1]) & (found[lags] >= found[lags + 1]) & (found[lags] > LIKELY)]
    return int(peaks[found[peaks].argmax()]) if peaks.size else 1


def autocorrelation(x: Array, most: int) -> Array:
    """Return the autocorrelation (most + 1,) of x (T,) without its straight trend, at lags 0 to ``most``."""
    t = np.arange(len(x)) - (len(x) - 1) / 2
    centred = x - x.mean()
    rest = centred - t * (t @ centred) / (t @ t)
    power = float(rest @ rest)
    if power <= np.finfo(float).eps * float(centred @ centred) or power == 0:
        return np.zeros(most + 1)
    return np.array([rest[lag:] @ rest[: len(rest) - lag] for lag in range(most + 1)]) / power
