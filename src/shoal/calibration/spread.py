"""How large an error is to be expected where: the scale of errors, told by what a row is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.shapes import Array

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Of the ridge, times the number of rows; the one with the smallest error left out, row by row, is taken."""
SURE = 2.0
"""Standard errors by which a scale has to tell errors better than one number does."""
SMALLEST = 0.05
"""Of the median error: what is smaller counts as no smaller, for its logarithm says more about luck."""
ENDS = (0.01, 0.99)
"""Shares of rows between whose scales those of others are kept."""


@dataclass(frozen=True)
class ErrorSpread:
    """The scale of errors at features φ (n,): ln σ = φ · w + b, kept between ``low`` and ``high``."""

    ENDING: ClassVar[int] = 3
    """Numbers besides the weights."""
    weights: Array
    intercept: float
    low: float
    high: float

    @classmethod
    def fit(cls, features: Array, errors: Array) -> tuple[Self | None, Array]:
        """Return the scale that the errors (N,) of rows with ``features`` (N, n) have, and each row's own::

            min_{w, b}  Σ_i (φ_i · w + b − ln |e_i|)² + λ Σ_j (s_j w_j)²      s_j: the deviation of φ_j

        λ is chosen by errors left out, in closed form, and each row's scale is that of the others. There is
        none where it is not surely better than a constant; the scales are then 1.

        Source: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018, "Distribution-free predictive inference
        for regression", section 5.2, for intervals in units of such a scale; Allen 1974 for PRESS.
        """
        N, ones = len(errors), np.ones(len(errors))
        usual = float(np.median(errors)) if N else 0.0
        if N < 2 or not usual > 0:
            return None, ones
        target = np.log(np.maximum(errors, SMALLEST * usual))
        target -= target.mean()
        mean, deviation = features.mean(axis=0), features.std(axis=0)
        told = deviation > 1e-6 * (1 + np.abs(mean))
        if not told.any():
            return None, ones
        deviation = np.where(told, deviation, 1.0)
        Z = np.where(told, (features - mean) / deviation, 0.0)
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            U, S, Vt = np.linalg.svd(Z, full_matrices=False)
            left, w = _least(U, S, Vt, target)
        alone = target * N / (N - 1)  # what is left of each by the mean of the others
        gain = np.square(alone) - np.square(left)
        if not gain.mean() > SURE * gain.std() / np.sqrt(N):
            return None, ones
        own = target - left  # the logarithm of each row's scale, by the others
        low, high = np.quantile(own, ENDS)
        weights = w / deviation
        found = cls(weights, float(-mean @ weights), float(low), float(high))
        return found, np.exp(np.clip(own, low, high))

    def of(self, features: Array) -> Array:
        """Return the scales (N,) at ``features`` (N, n)."""
        logs = np.einsum("nj,j->n", features, self.weights) + self.intercept  # row by row, in any company
        scales: Array = np.exp(np.clip(logs, self.low, self.high))
        return scales

    def to_array(self) -> Array:
        """Return all that there is to know of it as one array (n + 3,)."""
        return np.array([*self.weights, self.intercept, self.low, self.high])

    @classmethod
    def from_array(cls, numbers: Array) -> Self:
        """Return the scale that ``to_array`` gave."""
        *_, intercept, low, high = map(float, numbers)
        return cls(np.asarray(numbers[:-3], dtype=np.float64), intercept, low, high)


def _least(U: Array, S: Array, Vt: Array, target: Array) -> tuple[Array, Array]:
    """Return what is left of the targets (N,), each by the others, and the weights, at the best strength."""
    N = len(target)
    found = []
    for strength in STRENGTHS:
        kept = S**2 / (S**2 + strength * N)
        along = U.T @ target
        leverage = np.minimum((U**2) @ kept + 1 / N, 1 - 1e-6)
        left = (target - U @ (kept * along)) / (1 - leverage)
        found.append((float(np.square(left).mean()), left, Vt.T @ (S / (S**2 + strength * N) * along)))
    _, left, weights = min(found, key=lambda each: each[0])
    return left, weights
