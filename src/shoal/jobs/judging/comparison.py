"""Which of two models does better on the same rows, and how sure that is: intervals of paired differences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from shoal.calibration.quantiles import normal_quantile, student_quantile
from shoal.jobs.judging.metrics import SHARE, RowLosses
from shoal.selection.samples.weighted_means import effective, mean_and_error
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.plots.tested import ModelComparison

LEVEL = 0.95
"""Of all intervals."""
SAME = 1e-9
"""Differences that differ by a smaller share of the largest are the same, but for rounding."""
Interval = tuple[float, float, float]
"""A difference, and the ends of its interval."""


def compare(
    ours: RowLosses, rivals: Mapping[str, RowLosses], weights: Array | None = None
) -> list[ModelComparison]:
    """Return for every rival and every metric how much larger our losses are, row by row, with an interval.

    Where the whole interval lies below 0 we are ahead. Rows count for their ``weights`` (N,). Fewer than two
    rows say nothing: no entries.
    """
    rows = next(iter(ours.values())).values.size
    return [
        {"model": name, "metric": metric, "loss": mine.name, "difference": middle, "low": low, "high": high}
        for name, losses in rivals.items()
        for metric, mine in ours.items()
        if rows > 1
        for middle, low, high in [_interval(mine.name, mine.values, losses[metric].values, weights)]
    ]


def _interval(loss: str, ours: Array, theirs: Array, weights: Array | None) -> Interval:
    if loss == SHARE:
        return share_difference(ours, theirs, weights=weights)
    return mean_difference(ours - theirs, weights=weights)


def mean_difference(differences: Array, level: float = LEVEL, weights: Array | None = None) -> Interval:
    """Return the mean of paired differences (N,) and the ends of its interval::

        d ± t_(N−1) · s / √N        s: their standard deviation, with N − 1 in the denominator

    of the weighted mean, with its standard error, where rows have ``weights`` (N,). Differences that are all
    the same say nothing of how others vary; they are d times a share that is 1 in all rows, and so is the
    interval.

    Source: Student 1908, "The probable error of a mean"; Dietterich 1998, "Approximate statistical tests for
    comparing supervised classification learning algorithms", for pairing the rows of a test.

    >>> import numpy as np
    >>> mean_difference(np.array([-1.0, 0.0, 1.0, 2.0]))[0]
    0.5
    """
    if np.ptp(differences) <= SAME * np.abs(differences).max():
        same = float(differences[0])
        _, low, high = share_difference(np.ones(differences.size), np.zeros(differences.size), level, weights)
        return same, min(same * low, same * high), max(same * low, same * high)
    unit = math.ldexp(1.0, math.frexp(float(np.abs(differences).max()))[1] - 1)  # whose square is a number
    middle, error = (unit * float(found) for found in mean_and_error(differences / unit, weights))
    half = student_quantile((1 + level) / 2, differences.size - 1) * error
    return middle, middle - half, middle + half


def share_difference(
    ours: Array, theirs: Array, level: float = LEVEL, weights: Array | None = None
) -> Interval:
    """Return the difference of two shares, of marks 0 or 1 (N,) of the same rows, and its interval::

        (b − c)/N,  ends d ± z √(b' + c' − (b' − c')²/N') / N'  around  d = (b' − c')/N'

    where b rows are wrong for us alone and c for them alone, b' = b + ½, c' = c + ½, N' = N + 2. Unlike that
    of a mean it has a width where b or c is 0.

    Source: Agresti & Min 2005, "Simple improved confidence intervals for comparing matched proportions".

    >>> import numpy as np
    >>> share_difference(np.array([1, 0, 0, 0]), np.array([0, 0, 0, 0]))[0]
    0.25
    """
    own = np.ones(ours.size) if weights is None else effective(weights)
    n, b, c = float(own.sum()), float(own[ours > theirs].sum()), float(own[ours < theirs].sum())
    more, less, all_rows = b + 0.5, c + 0.5, n + 2
    d = (more - less) / all_rows
    spread = math.sqrt(more + less - (more - less) ** 2 / all_rows)
    half = normal_quantile((1 + level) / 2) * spread / all_rows
    return (b - c) / n, max(d - half, -1.0), min(d + half, 1.0)
