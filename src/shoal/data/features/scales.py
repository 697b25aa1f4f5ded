"""How numbers are scaled, and where their pieces and waves lie, by the rows that are trained on."""

from __future__ import annotations

import numpy as np

from shoal.calibration.quantiles import normal_quantile
from shoal.data.cells.values import Floats

ROUNDING = 1e-12
"""By how much a sum of shares may miss a quantile."""


def squash(r: Floats) -> Floats:
    """Return ``r / √(1 + (r/3)²)``: r near 0, never beyond ±3, and finite however large r is."""
    bounded = np.clip(r, -1e100, 1e100)
    return bounded / np.hypot(1.0, bounded / 3.0)


def scaled(x: Floats, median: float | Floats, scale: float | Floats) -> Floats:
    """Return the feature of numbers, or of a matrix of them, each column by its own median and scale."""
    with np.errstate(over="ignore"):  # a tiny scale; squash takes infinities
        return squash((np.where(np.isnan(x), median, x) - median) / scale)


def centre_and_scale(known: Floats, quartiles: Floats | None = None) -> tuple[float, float]:
    """Return the median and the interquartile range of (N,), or the standard deviation, or 1.

    Who knows the ``quartiles`` already gives them.
    """
    if known.size == 0:
        return 0.0, 1.0
    quartiles = np.quantile(known, [0.25, 0.5, 0.75]) if quartiles is None else quartiles
    low, median, high = (float(value) for value in quartiles)
    varies = known.min() < known.max()  # the deviation of equal values is not always exactly zero
    spread = high - low or (float(np.std(known)) if varies else 1.0)
    return median, spread or 1.0


def quantile_knots(known: Floats, pieces: int) -> tuple[float, ...]:
    """Return the ``pieces`` + 1 quantiles of (N,) where no value counts for more than one piece.

    A value that more than one row in ``pieces`` has would be several quantiles at once, and leave none for
    what is rarer; so it counts as one row in ``pieces``, and the others share the rest in proportion. Of so
    few values that each can be a knot, each is one.

    >>> quantile_knots(np.array([1.0, 2.0, 2.0, 2.0, 9.0]), 4)
    (1.0, 2.0, 9.0)
    >>> quantile_knots(np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], [90, 3, 3, 2, 2]), 3)  # of all rows: 0 and 4
    (0.0, 2.0, 4.0)
    """
    values, rows = np.unique(known, return_counts=True)
    if values.size <= pieces + 1:
        return tuple(values.tolist())
    below = np.cumsum(_bounded_shares(rows / rows.sum(), 1 / pieces))
    wanted = np.linspace(0, 1, pieces + 1) * (1 - ROUNDING)
    return tuple(np.unique(values[np.searchsorted(below, wanted)]).tolist())


def _bounded_shares(shares: Floats, most: float) -> Floats:
    """Return shares (V,) of one, none above ``most``, the others in the proportions that they had."""
    bounded = np.zeros(shares.shape, dtype=bool)
    while True:
        rest = (1 - most * bounded.sum()) / shares.sum(where=~bounded)
        above = ~bounded & (shares * rest > most)
        if not above.any():
            return np.where(bounded, most, shares * rest)
        bounded |= above


def frequencies(waves: int) -> tuple[float, ...]:
    """Return the frequencies of so many waves: quantiles of |Z|, Z normal with mean 0 and variance 1.

    >>> [round(f, 2) for f in frequencies(4)]
    [0.16, 0.49, 0.89, 1.53]
    """
    shares = (np.arange(waves) + 0.5) / waves
    return tuple(normal_quantile(p) for p in ((1 + shares) / 2).tolist())
