"""How good predictions are, in the units that a user reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.calibration.decision import ERROR, LIKELIEST, LOG_LOSS, NAMES, Decision
from shoal.calibration.temperature import log_losses
from shoal.data.targets.losses import ABSOLUTE, HUBER, POISSON, SQUARED
from shoal.data.targets.task import REGRESSION, TargetEncoder
from shoal.losses import Huber
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array, IntArray

SHARE = "error"
"""The loss that is 0 or 1."""
SCORES = {SQUARED: "RMSE", ABSOLUTE: "MAE", HUBER: "Huber loss", POISSON: "Poisson deviance"}
"""The metric that tells of each loss of numbers."""


@dataclass(frozen=True)
class RowLoss:
    """What each row loses (N,), by the ``name`` of the loss; its mean decides a metric."""

    name: str
    values: Array


RowLosses = dict[str, RowLoss]
"""The losses behind the metrics by which models are compared."""


def class_losses(
    probabilities: Array,
    codes: IntArray,
    decision: Decision = LIKELIEST,
    weights: Array | None = None,
) -> RowLosses:
    """Return the log loss of each row, and whether it is called wrongly, of probabilities (N, K).

    ``codes`` (N,) are the classes, which count for their ``weights`` (N,). A probability of exactly 0 is
    counted as the smallest positive float, so the loss stays finite. Where the ``decision`` is for another
    metric, what each row adds to that comes third.
    """
    wrong = decision.classes(probabilities) != codes
    own = decision.losses(probabilities, codes, weights)
    return {
        NAMES[LOG_LOSS]: RowLoss("log loss", log_losses(probabilities, codes)),
        NAMES[ERROR]: RowLoss(SHARE, wrong.astype(np.float64)),
        **{name: RowLoss(loss, values) for name, (loss, values) in own.items()},
    }


def score_name(target: TargetEncoder, metric: str | None = None) -> str:
    """Return the metric by which models are compared on the test rows.

    That is the ``metric`` of classes asked for, or that of the loss that they minimise.
    """
    if target.task == REGRESSION:
        return SCORES[target.loss or SQUARED]
    return NAMES[metric or LOG_LOSS]


def number_losses(predicted: Array, actual: Array, loss: str = SQUARED, scale: float = 1.0) -> RowLosses:
    """Return the losses of each row, that of the model first, of predictions (N,) for values (N,)::

        (ŷ − y)²    |ŷ − y|    c (|ŷ − y| − c/2)  with c = min(|ŷ − y|, scale)    2 (y ln(y/ŷ) − y + ŷ)

    Source of the last, the Poisson deviance: McCullagh & Nelder 1989, sec. 6.2; a rate of exactly 0 is
    counted as the smallest positive float, so that it stays finite.
    """
    residual = predicted - actual
    distance = np.abs(residual)
    rows = {"RMSE": RowLoss("squared error", residual**2), "MAE": RowLoss("absolute error", distance)}
    if loss == HUBER:
        near = np.minimum(distance, scale * Huber().threshold)
        rows[SCORES[HUBER]] = RowLoss(SCORES[HUBER], near * (distance - near / 2))
    if loss == POISSON:
        from scipy.special import xlogy  # takes as long as all of NumPy: only when it is due

        rates = np.maximum(predicted, np.finfo(np.float64).tiny)
        deviance = 2 * (xlogy(actual, actual) - xlogy(actual, rates) + residual)
        rows[SCORES[POISSON]] = RowLoss(SCORES[POISSON], np.maximum(deviance, 0.0))
    return {SCORES[loss]: rows[SCORES[loss]]} | rows


def class_metrics(
    probabilities: Array,
    codes: IntArray,
    weights: Array | None = None,
    decision: Decision = LIKELIEST,
) -> dict[str, float | None]:
    """Return the log loss in nats and the share of errors of probabilities (N, K) for class codes (N,).

    Rows count for their ``weights`` (N,). Where a ``decision`` is for another metric, that comes third, None
    where these rows leave it undefined.

    >>> class_metrics(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))["error"]
    0.0
    """
    losses = class_losses(probabilities, codes, decision, weights)
    always = (NAMES[LOG_LOSS], NAMES[ERROR])
    means = {name: float(weighted_mean(losses[name].values, weights)) for name in always}
    return means | decision.scores(probabilities, codes, weights)


def number_metrics(
    predicted: Array,
    actual: Array,
    loss: str = SQUARED,
    scale: float = 1.0,
    weights: Array | None = None,
) -> dict[str, float | None]:
    """Return the means of ``number_losses``, of squares the root (RMSE), and R², of predictions (N,).

    R² = 1 − Σ(ŷ − y)² / Σ(y − ȳ)², None where y does not vary. RMSE and MAE are in the units of the target,
    Huber's loss in their square, the Poisson deviance in the units, of which counts have none. Rows count for
    their ``weights`` (N,), in every mean.

    >>> number_metrics(np.array([1.0, 2.0]), np.array([1.0, 4.0]))["MAE"]
    1.0
    """
    losses = number_losses(predicted, actual, loss, scale)
    means = {name: weighted_mean(row.values, weights) for name, row in losses.items()}
    variation = float(weighted_mean((actual - weighted_mean(actual, weights)) ** 2, weights))
    explained = 1 - float(means["RMSE"]) / variation if variation > 0 else None
    means["RMSE"] = np.sqrt(means["RMSE"])
    return {name: float(mean) for name, mean in means.items()} | {"R²": explained}
