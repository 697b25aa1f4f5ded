"""A view by likeness: what series are like in a few numbers, under a Gaussian kernel in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from shoal.mixtures.closed_form import LEAST_DEVIATION, chosen
from shoal.mixtures.descriptions import described
from shoal.mixtures.random_view import SHARPNESS
from shoal.mixtures.views import Fitted, Kept, Schooling, View, at_temperature, temperature_of
from shoal.sequences import Sequences
from shoal.shapes import Array

WIDTH = 0.5
"""Of the kernel, for the mean squared difference of standardised numbers."""


@dataclass(frozen=True)
class KernelView(View[Sequences]):
    """Kernel ridge regression over descriptions d (F,), standardised::

        ŷ = b + Σ_i α_i k(d, d_i)        k(d, d') = exp(−½ ‖d − d'‖²/F)        (K + λI) α = y − b

    with the strength λ whose predictions for samples left out are best, and probabilities of classes as
    ``RandomView`` has them.

    Source: Saunders, Gammerman & Vovk 1998, "Ridge regression learning algorithm in dual variables".
    """

    @property
    def words(self) -> str:
        return "likeness of statistics"

    def fit(self, schooling: Schooling[Sequences]) -> FittedKernel:
        found = described(schooling.series, schooling.channels)
        mean, deviation = found.mean(axis=0), found.std(axis=0)
        deviation[deviation < LEAST_DEVIATION] = np.inf  # what never varies says nothing
        known, signs = (found - mean) / deviation, schooling.targets.signs()
        b = signs.mean(axis=0)
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            values, U = np.linalg.eigh(_kernel(known, known))
            values = np.maximum(values, 0)
            strength, left_out = chosen(U, values, signs - b, schooling.together)
            alpha = U @ ((U.T @ (signs - b)) / (values + strength)[:, None])
        scores = left_out + b
        plain = _predictions(scores)
        temperature = temperature_of(plain, schooling.targets)
        inverse = 1 / deviation
        return FittedKernel(
            mean,
            inverse,
            known,
            alpha,
            b,
            schooling.channels,
            temperature,
            at_temperature(plain, temperature),
        )


@dataclass(frozen=True, eq=False)
class FittedKernel(Fitted[Sequences]):
    """The descriptions ``known`` (N, F) of training, what each says ``alpha`` (N, K), and their moments."""

    kind: ClassVar[str] = "kernel"
    mean: Array
    scale: Array
    known: Array
    alpha: Array
    b: Array
    channels: int
    temperature: float
    held_out: Array

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        scaled = (described(series, self.channels) - self.mean) * self.scale
        scores = np.empty((len(scaled), len(self.b)))
        for row, d in enumerate(scaled):  # each by itself: company changes no bit
            likeness = np.exp(-WIDTH * np.square(self.known - d).mean(axis=1))
            scores[row] = np.einsum("n,nk->k", likeness, self.alpha)
        return at_temperature(_predictions(scores + self.b), self.temperature)

    def kept(self) -> Kept:
        arrays = {
            "mean": self.mean,
            "scale": self.scale,
            "known": self.known,
            "alpha": self.alpha,
            "b": self.b,
        }
        return {"channels": self.channels, "temperature": self.temperature}, arrays

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the view that ``kept`` described; raise ``ValueError`` or the like for what is none."""
        mean, scale, known, alpha, b = (arrays[name] for name in ("mean", "scale", "known", "alpha", "b"))
        (N, F), K = known.shape, len(b)
        sound = (mean.shape, scale.shape, alpha.shape, b.shape) == ((F,), (F,), (N, K), (K,))
        if not sound or not all(np.isfinite(array).all() for array in (mean, scale, known, alpha, b)):
            raise ValueError("its likenesses are none")
        temperature, channels = config["temperature"], config["channels"]
        return cls(mean, scale, known, alpha, b, channels, temperature, np.zeros((0, K)))


def _kernel(a: Array, b: Array) -> Array:
    """Return k(a_i, b_j), (M, N), for rows a (M, F) and b (N, F)."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T
    likeness: Array = np.exp(-WIDTH * np.maximum(squares, 0) / a.shape[1])
    return likeness


def _predictions(scores: Array) -> Array:
    """Return probabilities of scores (N, K) of classes; of one column the numbers that it is."""
    return np.asarray(softmax(SHARPNESS * scores, axis=1)) if scores.shape[1] > 1 else scores
