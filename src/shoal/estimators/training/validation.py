"""Rows set aside to judge members by while they train."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.engines import evaluation
from shoal.estimators.training.losses import constants, divisor
from shoal.networks.chain import Chain
from shoal.shapes import Array


@dataclass(frozen=True)
class Validation:
    """Rows ``X`` (N, n), targets ``y`` (K, N) as the network takes them, and weights ``s`` (N,).

    Classifiers are scored by their accuracy (all labels of a row right, where there are several), regressors
    by R², as their ``score`` does; ``n_classes`` is 0 for regressors. How many ``threads`` do it changes no
    bit.
    """

    network: Chain
    X: Array
    y: Array
    s: Array
    n_classes: int
    threads: int = 1

    def judge(self, theta: Array) -> tuple[Array, Array]:
        """Return the score and the loss without penalties, each (P,), of members ``theta`` (P, D)."""
        with np.errstate(over="ignore", invalid="ignore"):  # of a member that is about to diverge
            z = evaluation.sample_outputs(self.network, theta, self.X, self.threads)
            losses = self.network.criterion.value(z, self.y) / divisor(self.network)
            added = constants(self.network, self.y)
            if added is not None:
                losses = losses + added
            return self._score(self.network.criterion.predict(z)), self._mean(losses)

    def _mean(self, values: Array) -> Array:
        mean: Array = (values * self.s).sum(axis=-1) / self.s.sum()
        return mean

    def _score(self, predicted: Array) -> Array:
        if self.n_classes == 0:
            return self._r2(predicted)
        if self.n_classes == 1:  # there is nothing else to predict
            return np.ones(len(predicted))
        if self.network.criterion.name == "cross_entropy":
            right = predicted.argmax(axis=1) == self.y.argmax(axis=0)
        else:
            right = ((predicted > 0.5) == (self.y > 0.5)).all(axis=1)
        return self._mean(right)

    def _r2(self, predicted: Array) -> Array:
        """Return 1 − Σ s (y − ŷ)² / Σ s (y − ȳ)², averaged over the outputs; of a constant target 1 or 0."""
        unexplained = (np.square(predicted - self.y) * self.s).sum(axis=-1)
        centred = self.y - self._mean(self.y)[:, None]
        total = np.broadcast_to((np.square(centred) * self.s).sum(axis=-1), unexplained.shape)
        ratio = np.divide(unexplained, total, out=(unexplained > 0).astype(np.float64), where=total > 0)
        score: Array = (1 - ratio).mean(axis=1)
        return score
