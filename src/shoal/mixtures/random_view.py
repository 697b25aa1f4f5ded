"""A view that trains nothing by gradients: random convolutions, and a linear layer in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from shoal.mixtures.closed_form import ClosedForm
from shoal.mixtures.random_convolutions import RandomConvolutions
from shoal.mixtures.views import Fitted, Schooling, View, at_temperature, temperature_of
from shoal.sequences import Sequences
from shoal.shapes import Array

SHARPNESS = 2.0
"""Of scores that are ±1 in training: two classes then have odds of e⁴, which the temperature corrects."""


@dataclass(frozen=True)
class RandomView(View):
    """``RandomConvolutions`` under ``ClosedForm``; probabilities are the softmax of its scores::

        P(class k | x) ∝ exp(2 ŷ_k / T)

    with the temperature T that the scores of samples left out ask for.
    """

    features: int = 10_000
    differences: bool = False
    means: bool = False
    start: int = 0

    @property
    def words(self) -> str:
        over = "series and differences" if self.differences else "series"
        return f"random convolutions of {over}"

    def fit(self, schooling: Schooling) -> FittedRandom:
        convolutions = RandomConvolutions.fit(
            schooling.series,
            self.features,
            schooling.seed,
            start=self.start,
            differences=self.differences,
            means=self.means,
        )
        features = convolutions.transform(schooling.series, schooling.n_jobs)
        top = ClosedForm.fit(features, schooling.targets.signs())
        plain = _predictions(top.left_out)
        temperature = temperature_of(plain, schooling.targets)
        return FittedRandom(convolutions, top, temperature, at_temperature(plain, temperature))


@dataclass(frozen=True, eq=False)
class FittedRandom(Fitted):
    """Random convolutions and the linear layer over them."""

    convolutions: RandomConvolutions
    top: ClosedForm
    temperature: float
    held_out: Array

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        scores = self.top.predict(self.convolutions.transform(series, n_jobs))
        return at_temperature(_predictions(scores), self.temperature)


def _predictions(scores: Array) -> Array:
    """Return probabilities of scores (N, K) of classes; of one column the numbers that they are."""
    return np.asarray(softmax(SHARPNESS * scores, axis=1)) if scores.shape[1] > 1 else scores
