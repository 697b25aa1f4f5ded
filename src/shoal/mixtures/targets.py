"""What a mixture learns to predict: a class, or a number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shoal.losses import CrossEntropy, Loss, SquaredError
from shoal.selection.choosing.ensemble import prediction_losses
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array, IntArray


@dataclass(frozen=True, eq=False)
class Targets:
    """Class numbers (N,) from 0 to ``n_classes`` − 1, or, where there are no classes, numbers (N,).

    Predictions of them are (N, K): the probability of each class, or one number. Samples count for their
    ``weights`` (N,), whose mean is 1; None where all count alike.
    """

    values: Array
    n_classes: int = 0
    weights: Array | None = None

    @property
    def outputs(self) -> int:
        """The columns K of predictions."""
        return max(self.n_classes, 1)

    @cached_property
    def _criterion(self) -> Loss:
        return CrossEntropy() if self.n_classes else SquaredError()

    @cached_property
    def encoded(self) -> Array:
        """The targets as losses take them (K, N): 1 for the class and 0 else, or the numbers."""
        return self._criterion.encode(self.values, self.outputs)

    def losses(self, predictions: Array) -> Array:
        """Return the losses (N,) of predictions (N, K): −ln p of the class, or half the squared error."""
        return prediction_losses(self._criterion, predictions, self.encoded)

    def mean(self, losses: Array) -> float:
        """Return the mean of losses (N,), each of which counts for its weight."""
        return float(weighted_mean(losses, self.weights))

    @property
    def counted(self) -> Array:
        """What each sample counts for (N,)."""
        return np.ones(len(self.values)) if self.weights is None else self.weights

    def signs(self) -> Array:
        """Return what a linear layer is fitted to, (N, K): +1 for the class and −1 else, or the numbers."""
        return self.encoded.T * 2 - 1 if self.n_classes else self.encoded.T

    def rows(self, rows: IntArray) -> Targets:
        """Return those of some samples."""
        weights = None if self.weights is None else self.weights[rows]
        return Targets(self.values[rows], self.n_classes, weights)

    def strata(self) -> IntArray | None:
        """Return what folds are divided by (N,), None where it is nothing."""
        return self.values if self.n_classes else None
