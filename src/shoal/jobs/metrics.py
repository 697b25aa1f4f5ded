"""How good predictions are, in the units that a user reads."""

from __future__ import annotations

import numpy as np

from shoal.calibration.temperature import log_loss
from shoal.shapes import Array, IntArray


def class_metrics(probabilities: Array, codes: IntArray) -> dict[str, float]:
    """Return the log loss in nats and the share of errors of probabilities (N, K) for class codes (N,).

    A probability of exactly 0 is counted as the smallest positive float, so the loss stays finite.

    >>> class_metrics(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))["error"]
    0.0
    """
    return {
        "log loss": log_loss(probabilities, codes),
        "error": float((probabilities.argmax(axis=1) != codes).mean()),
    }


def number_metrics(predicted: Array, actual: Array) -> dict[str, float]:
    """Return RMSE and MAE in the units of the target, and R², of predictions (N,) for values (N,).

    R² = 1 − Σ(ŷ − y)² / Σ(y − ȳ)², 0 where y does not vary.

    >>> number_metrics(np.array([1.0, 2.0]), np.array([1.0, 4.0]))["MAE"]
    1.0
    """
    residual = predicted - actual
    variation = float(((actual - actual.mean()) ** 2).sum())
    return {
        "RMSE": float(np.sqrt((residual**2).mean())),
        "MAE": float(np.abs(residual).mean()),
        "R²": 1 - float((residual**2).sum()) / variation if variation > 0 else 0.0,
    }
