"""What networks minimise: the losses of one sample, by name."""

from __future__ import annotations

from shoal.losses.base import Loss
from shoal.losses.classes import CrossEntropy, LogLoss, StepCrossEntropy
from shoal.losses.values import AbsoluteError, Huber, MeanSquaredError, Poisson, SquaredError
from shoal.registry import family

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "CrossEntropy",
    "Huber",
    "LogLoss",
    "Loss",
    "MeanSquaredError",
    "Poisson",
    "SquaredError",
    "StepCrossEntropy",
]

LOSSES: dict[str, type[Loss]] = family(
    LogLoss, CrossEntropy, StepCrossEntropy, SquaredError, MeanSquaredError, AbsoluteError, Huber, Poisson
)
