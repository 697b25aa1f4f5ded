"""What a network has to beat: a constant and a linear model, on the same features and rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shoal.data.targets.losses import SQUARED
from shoal.engines.evaluation import some_at_a_time
from shoal.jobs.baselines.linear import WIDEST, least_loss
from shoal.jobs.baselines.numbers import constant_number, linear_numbers
from shoal.losses import LOSSES
from shoal.selection.candidates.architectures import loss_of
from shoal.shapes import Array
from shoal.workers import one_thread

Predictor = Callable[[Array], Array]
"""Takes rows X (N, n); returns class probabilities (N, K), or scaled numbers (N,)."""

PRODUCTS, ITERATIONS = 5e10, (50, 1000)
"""What the linear model may spend on large data, as numbers times classes times iterations, within bounds."""


def fit_baselines(
    X: Array,
    y: Array,
    n_classes: int,
    loss: str = SQUARED,
    steps: int = ITERATIONS[1],
    weights: Array | None = None,
) -> dict[str, Predictor]:
    """Return the fitted baselines by name; ``n_classes`` is 0 for a regression, which has a ``loss``.

    A linear model that is found step by step has at most so many ``steps``. Rows count for their ``weights``
    (N,).

    - *constant*: the share of each class, or the number with the smallest loss, the mean or the median.
    - *linear model*: logistic regression with scikit-learn's default penalty, ½ Σ W², or what the loss
      makes of a linear model of numbers (``linear_numbers``).
    """
    if n_classes:
        linear = _logistic(X, y, n_classes, steps, weights)
        return {"linear model": linear, "constant": _shares(y, n_classes, weights)}
    constant = constant_number(y, loss, weights)
    with one_thread():
        linear = linear_numbers(X, y, loss, min(_iterations(X.size), steps), weights)
        return {"linear model": linear, "constant": lambda X: np.full(len(X), constant)}


def bytes_a_row(n_features: int, n_classes: int) -> int:
    """Return about what ``fit_baselines`` takes for every row, beside the features, which it reads in blocks.

    That are numbers for its target, and of wide data without classes one for each feature.
    """
    features = 0 if n_classes or n_features <= WIDEST else n_features
    return np.dtype(np.float64).itemsize * (features + 5)


def _iterations(products: int) -> int:
    """Return how many iterations a linear model may take, each of so many products."""
    return int(np.clip(PRODUCTS / products, *ITERATIONS))


def _shares(y: Array, n_classes: int, weights: Array | None) -> Predictor:
    counts = np.bincount(y, weights, minlength=n_classes)
    shares = counts / counts.sum()
    return lambda X: np.broadcast_to(shares, (len(X), n_classes))


def _logistic(X: Array, y: Array, n_classes: int, steps: int, weights: Array | None) -> Predictor:
    known, places = np.unique(y, return_inverse=True)
    loss, outputs = loss_of(len(known))
    steps = min(_iterations(X.size * n_classes), steps)
    if len(known) == 1:
        return _shares(y, n_classes, weights)
    with one_thread():
        linear = least_loss(X, places, loss, outputs=outputs, steps=steps, weights=weights)
    criterion = LOSSES[loss]()

    def predict(rows: Array) -> Array:
        probabilities = np.zeros((len(rows), n_classes))
        for part in some_at_a_time(len(rows), n_classes):
            z = linear(rows[part]).T[None]
            probabilities[part, known] = criterion.probabilities(z)[0].T
        return probabilities

    return predict
