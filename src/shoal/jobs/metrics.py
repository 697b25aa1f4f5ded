"""How good predictions are, in the units that a user reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.calibration.temperature import log_losses
from shoal.shapes import Array, IntArray

SHARE = "error"
"""The loss that is 0 or 1."""


@dataclass(frozen=True)
class RowLoss:
    """What each row loses (N,), by the ``name`` of the loss; its mean decides a metric."""

    name: str
    values: Array


RowLosses = dict[str, RowLoss]
"""The losses behind the metrics by which models are compared."""


def class_losses(probabilities: Array, codes: IntArray) -> RowLosses:
    """Return the log loss of each row, and whether it is wrong, of probabilities (N, K) for class codes (N,).

    A probability of exactly 0 is counted as the smallest positive float, so the loss stays finite.
    """
    wrong = probabilities.argmax(axis=1) != codes
    return {
        "log loss": RowLoss("log loss", log_losses(probabilities, codes)),
        "error": RowLoss(SHARE, wrong.astype(np.float64)),
    }


def number_losses(predicted: Array, actual: Array) -> RowLosses:
    """Return the squared and the absolute error of each row, of predictions (N,) for values (N,)."""
    residual = predicted - actual
    return {
        "RMSE": RowLoss("squared error", residual**2),
        "MAE": RowLoss("absolute error", np.abs(residual)),
    }


def class_metrics(probabilities: Array, codes: IntArray) -> dict[str, float]:
    """Return the log loss in nats and the share of errors of probabilities (N, K) for class codes (N,).

    >>> class_metrics(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))["error"]
    0.0
    """
    return {name: float(loss.values.mean()) for name, loss in class_losses(probabilities, codes).items()}


def number_metrics(predicted: Array, actual: Array) -> dict[str, float]:
    """Return RMSE and MAE in the units of the target, and R², of predictions (N,) for values (N,).

    R² = 1 − Σ(ŷ − y)² / Σ(y − ȳ)², 0 where y does not vary.

    >>> number_metrics(np.array([1.0, 2.0]), np.array([1.0, 4.0]))["MAE"]
    1.0
    """
    losses = number_losses(predicted, actual)
    squared = losses["RMSE"].values
    variation = float(((actual - actual.mean()) ** 2).sum())
    return {
        "RMSE": float(np.sqrt(squared.mean())),
        "MAE": float(losses["MAE"].values.mean()),
        "R²": 1 - float(squared.sum()) / variation if variation > 0 else 0.0,
    }
