"""Linear models of numbers, by the loss that networks are asked to have: what they have to beat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shoal.data.targets.losses import ABSOLUTE, HUBER, POISSON, SQUARED
from shoal.jobs.baselines.linear import least_loss, least_squares
from shoal.losses import Huber
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array

Predictor = Callable[[Array], Array]
"""Takes rows X (N, n); returns scaled numbers (N,)."""

CORNER = 0.01
"""Within so much of 0, in scaled units, the absolute error is rounded: solvers want a slope everywhere."""
ENOUGH = 300
"""Iterations for losses with corners, whose minimum is approached slowly."""
LARGEST = 100.0
"""ln of the largest rate: beyond it a row is far outside of all that was seen, and squares overflow."""


def linear_numbers(
    X: Array, y: Array, loss: str, iterations: int = 1000, weights: Array | None = None
) -> Predictor:
    """Return a linear model of scaled numbers ``y`` (N,), with the penalty ½ Σ w² on the sum of losses.

    It may take so many ``iterations``. The loss of each row counts for its weight, of ``weights`` (N,).

    - squared error: ridge regression, as scikit-learn's with its default penalty;
    - Poisson: Poisson regression, ŷ = exp(w·x + b);
    - Huber: the least of Σ Huber(y − w·x − b) + ½ Σ w², by L-BFGS;
    - absolute error: the same with the corner of |y − ŷ| rounded, which is median regression.
    """
    if loss == POISSON:
        rates = least_loss(X, y, POISSON, steps=iterations, weights=weights)
        return lambda rows: np.exp(np.minimum(rates(rows)[:, 0], LARGEST))
    linear = least_squares(X, y, weights)
    if loss != SQUARED:
        # Σ Huber/t + ½ Σ w², t the threshold, at most 1: from ridge regression it is not far
        threshold = _threshold(loss)
        steps, strength = min(iterations, ENOUGH), min(threshold, 1.0)
        linear = least_loss(
            X, y, Huber(threshold), strength=strength, steps=steps, start=linear, weights=weights
        )
    return lambda rows: np.asarray(linear(rows)[:, 0])


def constant_number(y: Array, loss: str, weights: Array | None = None) -> float:
    """Return the constant with the smallest loss of scaled numbers ``y`` (N,): mean, median, or Huber's."""
    if loss == ABSOLUTE:
        return float(np.median(y) if weights is None else _weighted_median(y, weights))
    low, high = float(y.min()), float(y.max())
    if loss == HUBER and low < high:
        t = _threshold(loss)
        while (c := (low + high) / 2) not in (low, high):  # halved until no number is between
            low, high = (c, high) if weighted_mean(np.clip(y - c, -t, t), weights) > 0 else (low, c)
        return c
    return float(weighted_mean(y, weights))


def _weighted_median(y: Array, weights: Array) -> float:
    """Return the smallest y with half of the weight at or below it."""
    order = np.argsort(y, kind="stable")
    below = np.cumsum(weights[order])
    return float(y[order[np.searchsorted(below, below[-1] / 2)]])


def _threshold(loss: str) -> float:
    return Huber().threshold if loss == HUBER else CORNER
