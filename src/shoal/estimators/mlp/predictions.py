"""What an estimator's members predict for rows as its network takes them, on shoal's engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from shoal.engines import choose_engine
from shoal.engines.base import Engine
from shoal.engines.evaluation import predictions_of
from shoal.networks.chain import Chain
from shoal.shapes import Array, all_finite
from shoal.workers import count_workers

DENSE = 2**22
"""Numbers of a sparse matrix that are made dense at a time."""
WORTH_COUNTING = 2**16
"""Rows times parameters from which on it is asked how many cores there are, which takes as long as 2¹⁵ of
them; the engine shares out no fewer than 2²⁰ products."""


def predictions(
    network: Chain, theta: Array, X: Any, link: Callable[[Array], Array], n_jobs: int | None
) -> Array:
    """Return the mean over members ``theta`` (P, D) of what they predict for rows ``X`` (N, n): (N, K).

    ``link`` makes it of z (P, K, N).
    """
    if hasattr(X, "toarray"):
        return np.concatenate([predictions(network, theta, rows, link, n_jobs) for rows in _pieces(X)])
    X = X.astype(theta.dtype, copy=False)
    return _mean(link, _engine(network).outputs(network, theta, X, _threads(theta, X, n_jobs)))


def finite_predictions(
    network: Chain, theta: Array, X: Array, link: Callable[[Array], Array], n_jobs: int | None
) -> Array | None:
    """Return ``predictions``, or None where ``X`` holds NaN or infinities in the dtype of ``theta``."""
    X = X.astype(theta.dtype, copy=False)
    z = _engine(network).finite_outputs(network, theta, X, _threads(theta, X, n_jobs))
    return None if z is None else _mean(link, z)


def _threads(theta: Array, X: Array, n_jobs: int | None) -> int:
    few = n_jobs is None and len(X) * theta.size < WORTH_COUNTING
    return 1 if few else count_workers(n_jobs)


def _mean(link: Callable[[Array], Array], z: Array) -> Array:
    """Return the mean over members of what ``link`` makes of z (P, K, N): (N, K)."""
    predicted = predictions_of(_linked(link, z))
    return np.ascontiguousarray((predicted[0] if len(z) == 1 else predicted.mean(axis=0)).T)


def _linked(link: Callable[[Array], Array], z: Array) -> Array:
    if all_finite(z):
        return link(z)
    with np.errstate(invalid="ignore"):  # predictions_of says it in words
        return link(z)


@lru_cache(maxsize=64)
def _engine(network: Chain) -> Engine:
    """Return the engine that predicts; kept, since to choose it takes as long as to predict one row."""
    return choose_engine("auto", network)


def _pieces(X: Any) -> Iterator[Array]:
    """Yield a sparse X dense, so many rows at a time."""
    X, size = X.tocsr(), max(DENSE // X.shape[1], 1)
    for first in range(0, X.shape[0], size):
        yield X[first : first + size].toarray()
