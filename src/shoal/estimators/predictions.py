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
from shoal.shapes import Array
from shoal.workers import count_workers

DENSE = 2**22
"""Numbers of a sparse matrix that are made dense at a time."""


def predictions(
    network: Chain, theta: Array, X: Any, link: Callable[[Array], Array], n_jobs: int | None
) -> Array:
    """Return the mean over members ``theta`` (P, D) of what they predict for rows ``X`` (N, n): (N, K).

    ``link`` makes it of z (P, K, N).
    """
    threads, engine = count_workers(n_jobs), _engine(network)
    parts = []
    for rows in _pieces(X):
        z = engine.outputs(network, theta, rows.astype(theta.dtype, copy=False), threads)
        with np.errstate(invalid="ignore"):  # predictions_of says it in words
            predicted = predictions_of(link(z))
        parts.append((predicted[0] if len(theta) == 1 else predicted.mean(axis=0)).T)
    return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts))


@lru_cache(maxsize=64)
def _engine(network: Chain) -> Engine:
    """Return the engine that predicts; kept, since to choose it takes as long as to predict one row."""
    return choose_engine("auto", network)


def _pieces(X: Any) -> Iterator[Array]:
    """Yield X, or a sparse X dense and so many rows at a time."""
    if not hasattr(X, "toarray"):
        yield X
        return
    X, size = X.tocsr(), max(DENSE // X.shape[1], 1)
    for first in range(0, X.shape[0], size):
        yield X[first : first + size].toarray()
