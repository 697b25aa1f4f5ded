"""What a network has to beat: a constant and a linear model, on the same features and rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.data.losses import SQUARED
from shoal.engines.evaluation import some_at_a_time
from shoal.jobs.linear import least_loss
from shoal.jobs.linear_numbers import constant_number, linear_numbers
from shoal.losses import LOSSES
from shoal.selection.architectures import loss_of
from shoal.shapes import Array

Predictor = Callable[[Array], Array]
"""Takes rows X (N, n); returns class probabilities (N, K), or scaled numbers (N,)."""

SHARED = 5_000_000
"""Numbers from which on several threads share the linear model's products."""
PRODUCTS, ITERATIONS = 5e10, (50, 1000)
"""What the linear model may spend on large data, as numbers times classes times iterations, within bounds."""


def fit_baselines(
    X: Array, y: Array, n_classes: int, loss: str = SQUARED, steps: int = ITERATIONS[1]
) -> dict[str, Predictor]:
    """Return the fitted baselines by name; ``n_classes`` is 0 for a regression, which has a ``loss``.

    A linear model that is found step by step has at most so many ``steps``.

    - *constant*: the share of each class, or the number with the smallest loss, the mean or the median.
    - *linear model*: logistic regression with scikit-learn's default penalty, ½ Σ W², or what the loss
      makes of a linear model of numbers (``linear_numbers``).
    """
    X = X.astype(np.float64)  # in single precision columns that are nearly the same have no solution
    if n_classes:
        return {"linear model": _logistic(X, y, n_classes, steps), "constant": _shares(y, n_classes)}
    constant = constant_number(y, loss)
    with _threads(X):
        linear = linear_numbers(X, y, loss, min(_iterations(X.size), steps))
        return {"linear model": linear, "constant": lambda X: np.full(len(X), constant)}


def bytes_a_row(n_features: int, n_classes: int) -> int:
    """Return about what ``fit_baselines`` takes for every row: its features, and what of it is of each class.

    Of classes those are their outputs, the losses' slopes and what the solver makes of both, in double
    precision; of two classes and of numbers a few columns.
    """
    columns = 5 * n_classes if n_classes > 2 else 5
    return np.dtype(np.float64).itemsize * (n_features + columns + 10)


def _iterations(products: int) -> int:
    """Return how many iterations a linear model may take, each of so many products."""
    return int(np.clip(PRODUCTS / products, *ITERATIONS))


def _threads(X: Array) -> AbstractContextManager[object]:
    """Have one thread multiply small matrices: several would only wait for each other."""
    limits: AbstractContextManager[object] = threadpool_limits(limits=1 if X.size < SHARED else None)
    return limits


def _shares(y: Array, n_classes: int) -> Predictor:
    shares = np.bincount(y, minlength=n_classes) / len(y)
    return lambda X: np.broadcast_to(shares, (len(X), n_classes))


def _logistic(X: Array, y: Array, n_classes: int, steps: int) -> Predictor:
    known, places = np.unique(y, return_inverse=True)
    loss, outputs = loss_of(len(known))
    steps = min(_iterations(X.size * n_classes), steps)
    if len(known) == 1:
        return _shares(y, n_classes)
    linear, criterion = least_loss(X, places, loss, outputs=outputs, steps=steps), LOSSES[loss]()

    def predict(rows: Array) -> Array:
        probabilities = np.zeros((len(rows), n_classes))
        for part in some_at_a_time(len(rows), n_classes):
            z = linear(rows[part].astype(np.float64)).T[None]
            probabilities[part, known] = criterion.probabilities(z)[0].T
        return probabilities

    return predict
