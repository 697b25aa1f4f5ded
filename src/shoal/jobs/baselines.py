"""What a network has to beat: a constant and a linear model, on the same features and rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.shapes import Array

Predictor = Callable[[Array], Array]
"""Takes rows X (N, n); returns class probabilities (N, K), or standardised numbers (N,)."""

SHARED = 5_000_000
"""Numbers from which on several threads share the linear model's products."""
PRODUCTS, ITERATIONS = 5e10, (50, 1000)
"""What the linear model may spend on large data, as numbers times classes times iterations, within bounds."""


def fit_baselines(X: Array, y: Array, n_classes: int) -> dict[str, Predictor]:
    """Return the fitted baselines by name; ``n_classes`` is 0 for a regression.

    - *constant*: the share of each class, or the mean.
    - *linear model*: scikit-learn's logistic regression, or ridge regression, with their default penalties.
    """
    return {"linear model": _linear(X, y, n_classes), "constant": _constant(y, n_classes)}


def _constant(y: Array, n_classes: int) -> Predictor:
    if n_classes:
        shares = np.bincount(y, minlength=n_classes) / len(y)
        return lambda X: np.broadcast_to(shares, (len(X), n_classes))
    mean = float(y.mean())
    return lambda X: np.full(len(X), mean)


def _linear(X: Array, y: Array, n_classes: int) -> Predictor:
    from sklearn.linear_model import LogisticRegression, Ridge  # takes a second: only when it is due

    X = X.astype(np.float64)  # in single precision columns that are nearly the same have no solution
    if not n_classes:
        return Ridge(copy_X=False).fit(X, y).predict  # type: ignore[no-any-return]
    threads = 1 if X.size < SHARED else None  # in small products threads only wait for each other
    with threadpool_limits(limits=threads), warnings.catch_warnings():
        # A baseline that is nearly converged serves, and so does one of many classes.
        warnings.simplefilter("ignore", UserWarning)
        most = int(np.clip(PRODUCTS / (X.size * n_classes), *ITERATIONS))
        model = LogisticRegression(max_iter=most).fit(X, y)

    def predict(rows: Array) -> Array:
        probabilities = np.zeros((len(rows), n_classes))
        probabilities[:, model.classes_] = model.predict_proba(rows)
        return probabilities

    return predict
