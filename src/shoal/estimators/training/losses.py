"""The loss as scikit-learn reports it, from what the engine minimises; their gradients are the same."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from shoal.networks.chain import Chain
from shoal.shapes import Array


def divisor(network: Chain) -> int:
    """Return what the data's part of the loss is divided by: squares are averaged over the outputs."""
    return network.n_outputs if network.criterion.name == "squared_error" else 1


def constants(network: Chain, y: Array) -> Array | None:
    """Return what scikit-learn adds to the loss of each sample (N,), for targets (K, N); None for nothing.

    Its Poisson loss is half the deviance: y ln y − y more than the negative log-likelihood without constants.
    """
    if network.criterion.name != "poisson":
        return None
    added: Array = (xlogy(y, y) - y).sum(axis=0)
    return added


def mean_over_batches(values: Array, weights: Array, order: Array, batch_size: int) -> float:
    """Return the weighted mean of ``values`` (N,) in each minibatch, averaged by their sizes."""
    starts = np.arange(0, len(order), batch_size)
    totals = np.add.reduceat(weights[order], starts)
    sums = np.add.reduceat((weights * values)[order], starts)
    means = np.divide(sums, totals, out=np.zeros(len(starts)), where=totals > 0)
    return float((means * np.diff([*starts, len(order)])).sum() / len(order))
