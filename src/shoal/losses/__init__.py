"""What networks minimise: the losses of one sample, by name."""

from __future__ import annotations

from shoal.losses.base import Loss
from shoal.losses.classes import CrossEntropy, LogLoss
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
]

LOSSES: dict[str, type[Loss]] = family(
    LogLoss, CrossEntropy, SquaredError, MeanSquaredError, AbsoluteError, Huber, Poisson
)
