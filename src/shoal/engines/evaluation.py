"""What members give for samples once they are trained: without dropout, and without penalties.

The engine does it that would train them. All keep members apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shoal.engines import choose_engine
from shoal.errors import DataError
from shoal.networks.backprop import CHUNK
from shoal.networks.chain import Chain
from shoal.shapes import Array, IntArray, all_finite
from shoal.training.problem import Samples

HELD = 2**20
"""Outputs that are held at a time while losses are made of them."""


def sample_outputs(
    network: Chain, theta: Array, X: Array, threads: int = 1, lengths: IntArray | None = None
) -> Array:
    """Return z (P, K, N) of members ``theta`` (P, D) for rows ``X`` (N, n).

    Of sequences ``lengths`` (N,) are the valid steps. How many ``threads`` do it changes no bit.
    """
    engine = choose_engine("auto", network, None, lengths is not None)
    return engine.outputs(network, theta, X, threads, lengths)


def predictions_of(values: Array) -> Array:
    """Return predictions (P, K, N) as they are; raise ``DataError`` if one of them is no finite number.

    Weights may be finite and so large that sums overflow. An infinite z, of single precision alone, is a
    limit that links know, σ(∞) = 1 and e^−∞ = 0; what has none is an infinite number as a prediction, and
    NaN, by which engines tell what overflows in double precision, too.
    """
    if all_finite(values):
        return values
    lost = np.logical_not(np.logical_and.reduce(np.isfinite(values), axis=1))
    (P, N), (first, row) = lost.shape, np.argwhere(lost)[0] + 1
    networks, rows = np.count_nonzero(lost.any(axis=1)), np.count_nonzero(lost.any(axis=0))
    raise DataError(
        f"{networks} of {P} networks predict no finite number for {rows} of {N} rows, the first of them "
        f"network {first} for row {row}: their weights are so large that sums overflow; leave such networks "
        "out, or fit again with a smaller learning rate or more l2"
    )


def sample_losses(network: Chain, theta: Array, samples: Samples, threads: int = 1) -> Array:
    """Return the loss (P, N) of every one of the samples."""
    X, y, lengths = samples.X, samples.y, samples.lengths
    losses = np.empty((len(theta), len(X)), theta.dtype)
    for part in some_at_a_time(len(X), len(theta) * network.n_outputs):
        z = sample_outputs(network, theta, X[part], threads, None if lengths is None else lengths[part])
        losses[:, part] = network.criterion.value(z, y[:, part])
    return losses


def some_at_a_time(rows: int, outputs: int) -> Iterator[slice]:
    """Yield all of so many rows in parts, whose ``outputs`` of each row are few enough to be held at once.

    They are cut where engines cut them, too, so that no bit changes.

    >>> list(some_at_a_time(1000, 2**20))
    [slice(0, 512, None), slice(512, 1024, None)]
    """
    several = max(HELD // outputs // CHUNK, 1) * CHUNK
    for first in range(0, rows, several):
        yield slice(first, first + several)
