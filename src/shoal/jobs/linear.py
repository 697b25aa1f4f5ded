"""Linear maps with the least penalised loss: networks without hidden layers, and ridge regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.layers import Dense
from shoal.losses import Loss
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array
from shoal.training.recipe import Recipe

TOLERANCE = 1e-5
"""Of the largest slope of the mean loss, where a search ends."""


@dataclass(frozen=True)
class Linear:
    """z = x W + b of rows x: W (n, K) and b (K,)."""

    W: Array
    b: Array

    def __call__(self, X: Array) -> Array:
        """Return z (N, K)."""
        z: Array = X @ self.W + self.b
        return z


def least_loss(
    X: Array,
    y: Array,
    loss: str | Loss,
    *,
    outputs: int = 1,
    strength: float = 1.0,
    steps: int = 1000,
    start: Linear | None = None,
) -> Linear:
    """Return the linear map of rows X (N, n) that has the least

        Σ_i loss(z_i, y_i) + λ/2 Σ W²          λ: the ``strength``

    found by L-BFGS, of the reference engine, which copies no row, in so many ``steps`` at most, from
    ``start`` or else from zeros; b is not penalised.

    >>> X = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    >>> linear = least_loss(X, np.array([3.0, 4.0, 5.0, 4.0, 7.0]), "squared_error")
    >>> linear.W.round(4).tolist(), linear.b.round(4).tolist()  # 8/(10 + 1), and the mean
    ([[0.7273]], [4.6])
    """
    network = Network(X.shape[1], [Dense(outputs)], loss)
    theta = np.zeros((1, network.n_parameters))
    if start is not None:
        layer = network.views(theta)[0]
        layer["W"][0], layer["b"][0, :, 0] = start.W.T, start.b
    first = Population(network, theta, np.zeros((1, 2), dtype=np.uint64))
    recipe = Recipe(solver="lbfgs", epochs=steps, l2=strength, tolerance=TOLERANCE)
    found = train(first, X, y, recipe, engine="reference", n_jobs=1).population
    layer = network.views(found.theta)[0]
    return Linear(layer["W"][0].T.copy(), layer["b"][0, :, 0].copy())


def least_squares(X: Array, y: Array) -> Linear:
    """Return the linear map with the least ½ Σ (y − z)² + ½ Σ w², ridge regression, of X (N, n), y (N,).

    ``X`` is its own to change. Of fewer rows than columns the smaller of two systems is solved.

    Source: Hoerl & Kennard 1970, "Ridge regression"; Bishop 2006, PRML, 6.1, for the smaller system.
    """
    middle, mean = X.mean(axis=0), float(y.mean())
    X -= middle
    if len(X) < X.shape[1]:
        w = X.T @ np.linalg.solve(X @ X.T + np.eye(len(X)), y - mean)
    else:
        w = np.linalg.solve(X.T @ X + np.eye(X.shape[1]), X.T @ (y - mean))
    return Linear(w[:, None], np.array([mean - middle @ w]))
