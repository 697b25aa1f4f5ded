"""Linear models of numbers, by the loss that networks are asked to have: what they have to beat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize

from shoal.data.losses import ABSOLUTE, HUBER, POISSON, SQUARED
from shoal.losses import Huber
from shoal.shapes import Array

Predictor = Callable[[Array], Array]
"""Takes rows X (N, n); returns scaled numbers (N,)."""

CORNER = 0.01
"""Within so much of 0, in scaled units, the absolute error is rounded: solvers want a slope everywhere."""
ENOUGH = 300
"""Iterations for losses with corners, whose minimum is approached slowly."""
LARGEST = 100.0
"""ln of the largest rate: beyond it a row is far outside of all that was seen, and squares overflow."""


def linear_numbers(X: Array, y: Array, loss: str, iterations: int = 1000) -> Predictor:
    """Return a linear model of scaled numbers ``y`` (N,), with the penalty ½ Σ w² on the sum of losses.

    It may take so many ``iterations``, and ``X`` (N, n) is its own to change.

    - squared error: scikit-learn's ridge regression;
    - Poisson: scikit-learn's Poisson regression, ŷ = exp(w·x + b);
    - Huber: the least of Σ Huber(y − w·x − b) + ½ Σ w², by L-BFGS;
    - absolute error: the same with the corner of |y − ŷ| rounded, which is median regression.
    """
    from sklearn.linear_model import PoissonRegressor, Ridge  # takes a second: only when it is due

    if loss == SQUARED:
        return Ridge(copy_X=False).fit(X, y).predict  # type: ignore[no-any-return]
    if loss == POISSON:
        model = PoissonRegressor(alpha=1 / len(y), max_iter=iterations).fit(X, y)
        w, b = model.coef_, float(model.intercept_)
        return lambda rows: np.exp(np.minimum(rows @ w + b, LARGEST))
    w, b = _robust(X, y, _threshold(loss), iterations)
    return lambda rows: np.asarray(rows @ w + b)


def constant_number(y: Array, loss: str) -> float:
    """Return the constant with the smallest loss of scaled numbers ``y`` (N,): mean, median, or Huber's."""
    if loss == ABSOLUTE:
        return float(np.median(y))
    low, high = float(y.min()), float(y.max())
    if loss == HUBER and low < high:
        t = _threshold(loss)
        return float(brentq(lambda c: np.clip(y - c, -t, t).mean(), low, high))
    return float(y.mean())


def _threshold(loss: str) -> float:
    return Huber().threshold if loss == HUBER else CORNER


def _robust(X: Array, y: Array, threshold: float, iterations: int) -> tuple[Array, float]:
    """Return the w (n,) and b with the least Σ Huber(y − X w − b)/t + ½ Σ w², t the threshold, at most 1.

    From those of ridge regression a few hundred iterations come to within a few thousandths of it.
    """
    from sklearn.linear_model import Ridge

    criterion, share = Huber(threshold), 1 / min(threshold, 1.0)
    least = Ridge().fit(X, y)

    def objective(parameters: Array) -> tuple[float, Array]:
        w, z = parameters[:-1], (X @ parameters[:-1] + parameters[-1])[None, None]
        delta = share * criterion.delta(z, y[None])[0, 0]
        value = share * criterion.value(z, y[None]).sum() + 0.5 * float(w @ w)
        return value, np.append(X.T @ delta + w, delta.sum())

    start, most = np.append(least.coef_, least.intercept_), min(iterations, ENOUGH)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": most}).x
    return found[:-1], float(found[-1])
