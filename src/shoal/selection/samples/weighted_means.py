"""Means of what samples lose, each of which counts for its weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shoal.shapes import Array


def weighted_mean(losses: Array, weights: Array | None = None) -> Array:
    """Return Σ s_i ℓ_i / Σ s_i of losses (…, n) with weights s (n,), in double precision.

    >>> float(weighted_mean(np.array([1.0, 4.0]), np.array([2.0, 1.0])))
    2.0
    """
    if weights is None:
        mean: Array = losses.mean(axis=-1, dtype=np.float64)
        return mean
    return np.asarray((losses * (weights / weights.sum())).sum(axis=-1, dtype=np.float64))


def effective(weights: Array) -> Array:
    """Return weights (n,) in the unit in which they sum to the number of equal ones that tell as much::

        s_i · Σ s / Σ s²

    Source: Kish 1965, "Survey sampling", 8.2.

    >>> effective(np.array([2.0, 2.0])), float(effective(np.array([1e6, 1.0])).sum().round(3))
    (array([1., 1.]), 1.0)
    """
    shares = weights / weights.max()
    return np.asarray(shares * (shares.sum() / np.square(shares).sum()))


def mean_and_error(losses: Array, weights: Array | None = None) -> tuple[Array, Array]:
    """Return the mean L (…,) of losses (…, n) with weights s (n,), and its standard error::

        L = Σ s_i ℓ_i / Σ s_i,   SE² = n/(n − 1) · Σ s_i² (ℓ_i − L)² / (Σ s_i)²

    which of equal weights is the usual s²/n; of a single sample it is 0.

    Source: Cochran 1977, "Sampling techniques", 6.4, the variance of a ratio.

    >>> [float(found) for found in mean_and_error(np.array([1.0, 3.0]), np.array([1.0, 1.0]))]
    [2.0, 1.0]
    """
    n = losses.shape[-1]
    mean = weighted_mean(losses, weights)
    if n == 1:  # one sample says nothing about the spread of the mean
        return mean, np.zeros(losses.shape[:-1])
    if weights is None:
        return mean, losses.std(axis=-1, ddof=1) / np.sqrt(n)
    squares = np.square((weights / weights.sum()) * (losses - mean[..., None])).sum(axis=-1)
    return mean, np.sqrt(squares * n / (n - 1))
