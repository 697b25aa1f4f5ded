"""Linear maps with the least penalised loss, from rows that are read in blocks and never copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shoal.losses import LOSSES, Loss
from shoal.registry import resolve
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array, IntArray
from shoal.solvers.lbfgs import LBFGS

TOLERANCE = 1e-5
"""Of the largest slope of the mean loss, where a search ends."""
BLOCK = 2**19
"""Numbers of a block, in double precision: in single columns that are nearly the same have no solution."""
OF_AN_OUTPUT = 5
"""Numbers of a row that each output takes: targets, z, and what the loss makes of them."""
WIDEST = 1024
"""Columns at most whose second moments are formed: beyond them that takes longer than it saves."""


@dataclass(frozen=True)
class LinearModel:
    """z = x W + b of rows x: W (n, K) and b (K,)."""

    W: Array
    b: Array

    def __call__(self, X: Array) -> Array:
        """Return z (N, K)."""
        z = np.empty((len(X), len(self.b)))
        for rows, block in _blocks(X):
            z[rows] = block @ self.W + self.b
        return z


def least_loss(
    X: Array,
    y: Array,
    loss: str | Loss,
    *,
    outputs: int = 1,
    strength: float = 1.0,
    steps: int = 1000,
    start: LinearModel | None = None,
    weights: Array | None = None,
) -> LinearModel:
    """Return the linear map of rows X (N, n) that has the least

        Σ_i s_i loss(z_i, y_i) + λ/2 Σ W²          λ: the ``strength``, s: the ``weights`` (N,), or 1

    found by L-BFGS in so many ``steps`` at most, from ``start`` or else from zeros; b is not penalised. It
    searches where the columns are uncorrelated, so that such as are nearly sums of others slow nothing down.

    >>> X = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    >>> linear = least_loss(X, np.array([3.0, 4.0, 5.0, 4.0, 7.0]), "squared_error")
    >>> linear.W.round(4).tolist(), linear.b.round(4).tolist()  # 8/(10 + 1), and the mean
    ([[0.7273]], [4.6])
    """
    samples = _Samples(X, y, np.ones(len(X)) if weights is None else weights)
    objective = _Objective(samples, resolve("loss", loss, LOSSES), outputs, strength)
    solver, theta = LBFGS(), np.zeros((1, (X.shape[1] + 1) * outputs))
    if start is not None:
        theta = objective.inwards(np.vstack([start.W, start.b]))
    state = solver.start(theta)
    for _ in range(steps):
        step = solver.step(theta, objective, state, np.ones((1, 1)))
        theta = step.theta
        if step.converged[0] or not np.isfinite(step.J[0]) or objective.slope <= TOLERANCE:
            break
    found = objective.outwards(theta)
    return LinearModel(found[:-1], found[-1])


@dataclass(frozen=True)
class _Samples:
    """Rows X (N, n), targets y (N,), and what each counts for, s (N,)."""

    X: Array
    y: Array
    s: Array


class _Objective:
    """The mean loss with its penalty, and slopes, of parameters φ (1, (n+1)·K): θ = L⁻ᵀ φ, L Lᵀ the moments.

    ``slope`` is the largest by a number of θ where it was last asked for. Solvers call what they move theta.
    """

    def __init__(self, samples: _Samples, loss: Loss, outputs: int, strength: float) -> None:
        X = samples.X
        self._samples, self._loss, self._K = samples, loss, outputs
        self._count = float(samples.s.sum())
        self._strength = strength / self._count
        moments = _moments(X, samples.s) if X.shape[1] <= WIDEST else None
        if moments is not None:
            moments[np.diag_indices(X.shape[1])] += self._strength
        self._L = None if moments is None else np.linalg.cholesky(moments)
        # once, for thousands of products: to solve a system each time would take longer than the rows do
        self._A = None if self._L is None else np.linalg.solve(self._L.T, np.eye(len(self._L)))
        self.slope = np.inf

    def outwards(self, phi: Array) -> Array:
        """Return W over b, (n + 1, K)."""
        theta = phi.reshape(-1, self._K)
        return theta if self._A is None else self._A @ theta

    def inwards(self, theta: Array) -> Array:
        """Return the parameters φ of W over b."""
        return (theta if self._L is None else self._L.T @ theta).reshape(1, -1)

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        parameters, N, s = self.outwards(theta), self._count, self._samples.s
        value, slopes = 0.0, np.zeros_like(parameters)
        for rows, X in _blocks(self._samples.X, OF_AN_OUTPUT * self._K):
            z = (X @ parameters[:-1] + parameters[-1]).T[None]
            targets = self._loss.encode(self._samples.y[rows], self._K)
            value += float((self._loss.value(z, targets) * s[rows]).sum())
            delta = self._loss.delta(z, targets)[0] * s[rows]
            slopes[:-1] += (delta @ X).T
            slopes[-1] += delta.sum(axis=1)
        slopes /= N
        slopes[:-1] += self._strength * parameters[:-1]
        self.slope = float(np.abs(slopes).max())
        J = value / N + self._strength / 2 * float(np.square(parameters[:-1]).sum())
        inner = slopes if self._A is None else self._A.T @ slopes
        return np.array([J]), inner.reshape(1, -1)


def least_squares(X: Array, y: Array, weights: Array | None = None) -> LinearModel:
    """Return the linear map with the least ½ Σ s (y − z)² + ½ Σ w², ridge regression, of X (N, n), y (N,).

    s are the ``weights`` (N,), or 1. Of fewer rows than columns the smaller of two systems is solved.

    Source: Hoerl & Kennard 1970, "Ridge regression"; Bishop 2006, PRML, 6.1, for the smaller system.
    """
    N, n = X.shape
    middle = X.mean(axis=0, dtype=np.float64) if weights is None else weights @ X / weights.sum()
    mean, root = float(weighted_mean(y, weights)), np.ones(N) if weights is None else np.sqrt(weights)
    if n > N:
        centred = (X - middle) * root[:, None]
        w = centred.T @ np.linalg.solve(centred @ centred.T + np.eye(N), (y - mean) * root)
    else:
        squares, products = np.eye(n), np.zeros(n)
        for rows, block in _blocks(X):
            block = (block - middle) * root[rows, None]
            squares += block.T @ block
            products += (y[rows] - mean) * root[rows] @ block
        w = np.linalg.solve(squares, products)
    return LinearModel(w[:, None], np.array([mean - middle @ w]))


def _moments(X: Array, s: Array) -> Array:
    """Return the means of x xᵀ of rows x with a 1 at the end, (n + 1, n + 1), each counting for its s."""
    n = X.shape[1]
    moments = np.zeros((n + 1, n + 1))
    for rows, block in _blocks(X):
        weighed = s[rows, None] * block
        moments[:n, :n] += block.T @ weighed
        moments[n, :n] += weighed.sum(axis=0)
    moments[:n, n], moments[n, n] = moments[n, :n], s.sum()
    moments /= s.sum()
    return moments


def _blocks(X: Array, width: int = 1) -> Iterator[tuple[slice, Array]]:
    """Yield some rows of X at a time, in double precision, and which they are; each takes ``width`` more."""
    several = max(BLOCK // (X.shape[1] + width), 1)
    for first in range(0, len(X), several):
        rows = slice(first, first + several)
        yield rows, X[rows].astype(np.float64, copy=False)
