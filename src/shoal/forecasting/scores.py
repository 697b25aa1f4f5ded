"""How good forecasts are, in units that series of any size share."""

from __future__ import annotations

import numpy as np

from shoal.shapes import Array


def scale_of(history: Array, season: int = 1) -> Array:
    """Return the mean |y_t − y_{t−m}| (C,) of a history (C, T) and a season m, T > m; that of 1 if T is less.

    >>> scale_of(np.array([[1.0, 2.0, 4.0]]))
    array([1.5])
    """
    lag = season if history.shape[1] > season else 1
    changes = np.abs(history[:, lag:] - history[:, :-lag])
    scale: Array = changes.mean(axis=1)
    return scale


def mase(actual: Array, predicted: Array, history: Array, season: int = 1) -> float:
    """Return the mean absolute scaled error of forecasts (C, h) of what follows a history (C, T)::

        MASE = mean |y − ŷ| / mean_t |y_t − y_{t−m}|        the second over the history, m the season

    in the mean over channels. Below 1 a forecast errs less than the value of one season before does one
    season ahead.

    Source: Hyndman & Koehler 2006, "Another look at measures of forecast accuracy", section 3.

    >>> history = np.array([[1.0, 2.0, 3.0]])
    >>> mase(np.array([[4.0, 5.0]]), np.array([[3.0, 3.0]]), history)
    1.5
    """
    errors = np.abs(actual - predicted).mean(axis=1)
    return float((errors / scale_of(history, season)).mean())


def smape(actual: Array, predicted: Array) -> float:
    """Return the symmetric mean absolute percentage error, 200 · mean |y − ŷ| / (|y| + |ŷ|), 0/0 being 0.

    >>> round(smape(np.array([100.0, 0.0]), np.array([110.0, 0.0])), 2)
    4.76
    """
    size = np.abs(actual) + np.abs(predicted)
    return float(200 * np.mean(np.abs(actual - predicted) / np.where(size, size, 1)))
