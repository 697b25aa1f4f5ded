"""Intervals that hold what they promise: conformal prediction from errors on rows held out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

from shoal.calibration.spread import ErrorSpread
from shoal.errors import ConfigurationError, DataError
from shoal.selection.samples.weighted_means import effective, weighted_mean
from shoal.shapes import Array


@dataclass(frozen=True)
class Conformal:
    """The errors |y − ŷ| (N,) of predictions for rows that had no part in the training of who predicted them.

    >>> Conformal(np.arange(1.0, 10.0)).interval(np.array([100.0]), 0.8)  # the second largest of nine errors
    (array([92.]), array([108.]))
    """

    errors: Array
    """In units of what is expected of each row, where that is known."""
    weights: Array | None = None
    spread: ErrorSpread | None = None

    @property
    def count(self) -> float:
        """How many errors there are: with weights as many as equal ones would tell as much."""
        return float(len(self.errors) if self.weights is None else effective(self.weights).sum())

    @property
    def most(self) -> float:
        """The largest coverage that so many errors can promise, N/(N + 1)."""
        return self.count / (self.count + 1)

    def interval(
        self, predictions: Array, coverage: float, features: Array | None = None
    ) -> tuple[Array, Array]:
        """Return the lower and upper ends (n,) around predictions ŷ (n,)::

            ŷ ± R_(k) · σ      the k-th smallest of the N errors,  k = ⌈coverage · (N + 1)⌉

        where σ is the ``spread`` at the ``features`` (n, m), and 1 without one.

        Where one model made all predictions this is the split conformal interval: of rows that are
        exchangeable with the N and were not looked at otherwise, at least the share ``coverage`` lies inside,
        and at most 1/(N + 1) more. Where the errors are those of a cross-validation, around predictions of
        an ensemble or of a model of all rows, it is the jackknife with folds: about ``coverage`` for as long
        as models hardly change with a fold, without a guarantee.

        With ``weights`` (N,) errors are counted by them, in the unit in which they sum to the number N of
        equal ones that tell as much.

        Raises ``ConfigurationError`` for a coverage outside (0, 1), ``DataError`` where it needs more rows.

        Source: Papadopoulos et al. 2002 and Lei et al. 2018, section 2.2, for the split; Barber, Candès,
        Ramdas & Tibshirani 2021, "Predictive inference with the jackknife+", section 1, for the jackknife.
        """
        width: float | Array = self._quantile(self._rank(coverage))
        if self.spread is not None:
            assert features is not None
            width = width * self.spread.of(features)
        return predictions - width, predictions + width

    def _quantile(self, rank: float) -> float:
        """Return the error of a rank: so many are as small."""
        if self.weights is None:
            k = math.ceil(rank)
            return float(np.partition(self.errors, k - 1)[k - 1])
        order = np.argsort(self.errors, kind="stable")
        below = np.cumsum(effective(self.weights)[order])
        return float(self.errors[order[min(int(np.searchsorted(below, rank)), len(order) - 1)]])

    def _rank(self, coverage: float) -> float:
        if not isinstance(coverage, Real) or not 0 < coverage < 1:
            got = f"{coverage:g}" if isinstance(coverage, Real) else repr(coverage)
            raise ConfigurationError(f"an interval covers a share between 0 and 1, got {got}; try 0.9")
        n = self.count
        rank = coverage * (n + 1) - 1e-9  # 0.9 · 10 is 9, whatever rounding says
        if rank > n:
            needed, possible = math.ceil(1 / (1 - coverage) - 1e-9) - 1, math.floor(100 * self.most) / 100
            raise DataError(
                f"an interval of {coverage:g} needs {needed} rows held out, got {n:.4g}; ask for "
                f"{possible:g} or less"
            )
        return rank


def coverage_and_width(
    actual: Array, lower: Array, upper: Array, weights: Array | None = None
) -> tuple[float, float]:
    """Return the share of values (n,) within their intervals, and the mean width of these."""
    inside = ((lower <= actual) & (actual <= upper)).astype(np.float64)
    return float(weighted_mean(inside, weights)), float(weighted_mean(upper - lower, weights))
