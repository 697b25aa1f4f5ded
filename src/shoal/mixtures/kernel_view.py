"""A view by likeness: what series are like in a few numbers, under a Gaussian kernel in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from shoal.mixtures.closed_form import LEAST_DEVIATION, Ahead, bytes_of_fit, chosen, chosen_ahead, moments
from shoal.mixtures.descriptions import described, numbers_of
from shoal.mixtures.random_view import SHARPNESS
from shoal.mixtures.views import Fitted, Kept, Schooling, View, at_temperature, held_temperature
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray

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

    def bytes(self, schooling: Schooling[Sequences]) -> int:
        N, F = len(schooling.series), numbers_of(schooling.channels)
        kernels = bytes_of_fit(N, N, schooling.targets.outputs, schooling.ahead) - 8 * N * N
        return kernels + 8 * 4 * N * F

    def fit(self, schooling: Schooling[Sequences]) -> FittedKernel:
        found = described(schooling.series, schooling.channels)
        signs, weights = schooling.targets.signs(), schooling.targets.weights
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            own = _Likeness.of(found, signs, weights)
            if schooling.later is None:
                roots = None if weights is None else own.roots
                strength, left_out = chosen(own.U, own.values, own.targets, schooling.together, roots)
                scores = left_out / own.roots[:, None] + own.b
            else:
                parts = [_ahead(found, signs, weights, *fold) for fold in schooling.later]
                strength, scores = chosen_ahead(parts, signs, weights)
            alpha = own.roots[:, None] * (
                own.U @ ((own.U.T @ own.targets) / (own.values + strength)[:, None])
            )
        plain = _predictions(scores)
        temperature = held_temperature(plain, schooling)
        held_out = at_temperature(plain, temperature)
        return FittedKernel(
            own.mean, own.scale, own.known, alpha, own.b, schooling.channels, temperature, held_out
        )


@dataclass(frozen=True)
class _Likeness:
    """Descriptions ``known`` (N, F), standardised, with the eigenvectors of their kernel, weighted."""

    known: Array
    mean: Array
    scale: Array
    b: Array
    targets: Array
    roots: Array
    U: Array
    values: Array

    @classmethod
    def of(cls, found: Array, signs: Array, weights: Array | None) -> _Likeness:
        mean, deviation = moments(found, weights)
        deviation[deviation < LEAST_DEVIATION] = np.inf  # what never varies says nothing
        known = (found - mean) / deviation
        b = signs.mean(axis=0) if weights is None else np.average(signs, axis=0, weights=weights)
        roots = np.ones(len(found)) if weights is None else np.sqrt(weights)
        values, U = np.linalg.eigh(roots[:, None] * _kernel(known, known) * roots)
        targets = roots[:, None] * (signs - b)
        return cls(known, mean, 1 / deviation, b, targets, roots, U, np.maximum(values, 0))


def _ahead(found: Array, signs: Array, weights: Array | None, train: IntArray, held: IntArray) -> Ahead:
    """Return what likeness to some samples says of others, at any strength."""
    own = _Likeness.of(found[train], signs[train], None if weights is None else weights[train])
    A = _kernel((found[held] - own.mean) * own.scale, own.known) @ (own.roots[:, None] * own.U)
    return Ahead(held, A, own.values, own.U.T @ own.targets, own.b)


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
