"""Intervals that hold what they promise: conformal prediction from errors on rows held out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shoal.errors import ConfigurationError, DataError
from shoal.shapes import Array, IntArray

HELD = 2**22
"""Ends of intervals that are sorted at a time: 32 MiB."""


@dataclass(frozen=True)
class Conformal:
    """The errors of predictions for rows that had no part in the training of who predicted them.

    ``residuals`` |y − ŷ| (N,), and ``folds`` (N,): which of the networks of a cross-validation each row was
    held out from; all 0 where one model made all predictions.

    >>> errors = Conformal(np.arange(1.0, 10.0), np.zeros(9, dtype=np.intp))
    >>> errors.interval(np.array([[100.0]]), 0.8)  # the second largest of nine errors
    (array([92.]), array([108.]))
    """

    residuals: Array
    folds: IntArray

    @property
    def n_folds(self) -> int:
        """How many networks have predicted, K."""
        return int(self.folds.max()) + 1

    @property
    def most(self) -> float:
        """The largest coverage that so many errors can promise, N/(N + 1)."""
        return len(self.residuals) / (len(self.residuals) + 1)

    def interval(self, predictions: Array, coverage: float) -> tuple[Array, Array]:
        """Return the lower and upper ends (n,) around the predictions of each fold's networks (K, n)::

            lower = the ⌊α (N + 1)⌋-th smallest of  ŷ_k(i) − R_i        α = 1 − coverage
            upper = the ⌈(1 − α)(N + 1)⌉-th smallest of  ŷ_k(i) + R_i   over the N rows i, held out from k(i)

        With one fold that is the split conformal interval: of rows that are exchangeable with the N and were
        not looked at otherwise, at least the share ``coverage`` lies inside. With K folds it is CV+, which
        promises ``1 − 2α`` at worst, less a term that vanishes with N, and in practice gives about
        ``coverage``.

        Raises ``ConfigurationError`` for a coverage outside (0, 1), ``DataError`` where it needs more rows.

        Source: Barber, Candès, Ramdas & Tibshirani 2021, "Predictive inference with the jackknife+", section
        3 (CV+); Papadopoulos et al. 2002 and Lei et al. 2018 for the split.
        """
        low, high = self._ranks(coverage)
        n = predictions.shape[1]
        lower, upper = np.empty(n), np.empty(n)
        size = max(1, HELD // len(self.residuals))
        for i in range(0, n, size):
            part = predictions[self.folds, i : i + size]
            below, above = part - self.residuals[:, None], part + self.residuals[:, None]
            lower[i : i + size] = np.partition(below, low - 1, axis=0)[low - 1]
            upper[i : i + size] = np.partition(above, high - 1, axis=0)[high - 1]
        return lower, upper

    def _ranks(self, coverage: float) -> tuple[int, int]:
        if not 0 < coverage < 1:
            raise ConfigurationError(f"an interval covers a share between 0 and 1, got {coverage:g}; try 0.9")
        n = len(self.residuals)
        low = math.floor((1 - coverage) * (n + 1) + 1e-9)  # 0.1 · 10 is 1, whatever rounding says
        if low < 1:
            needed, possible = math.ceil(1 / (1 - coverage) - 1e-9) - 1, math.floor(100 * self.most) / 100
            raise DataError(
                f"an interval of {coverage:g} needs {needed} rows held out, got {n}; ask for "
                f"{possible:g} or less"
            )
        return low, n + 1 - low


def coverage_and_width(actual: Array, lower: Array, upper: Array) -> tuple[float, float]:
    """Return the share of values (n,) within their intervals, and the mean width of these."""
    inside = (lower <= actual) & (actual <= upper)
    return float(inside.mean()), float((upper - lower).mean())
