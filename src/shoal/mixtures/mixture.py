"""Several views of samples in one prediction, with weights that samples held out have chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np

from shoal.clusters.calls import done_by
from shoal.clusters.crew import Crew
from shoal.errors import DataError
from shoal.mixtures.constant_view import FittedConstant
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Fitted, Samples, Schooling, View, at_temperature, temperature_of
from shoal.selection.choosing.ensemble import greedy
from shoal.selection.samples.weighted_means import effective, mean_and_error
from shoal.shapes import Array, IntArray

NEARLY = 0.01
"""Of a weight, what is as good as none."""


@dataclass(frozen=True)
class Share:
    """One view: what it is called, its mean loss for samples held out, and its weight in the mixture."""

    words: str
    loss: float
    weight: float


@dataclass(frozen=True, eq=False)
class Mixture(Generic[Samples]):
    """The weighted mean of views, ŷ = Σ_v w_v ŷ_v; of classes at one temperature::

        P(class | x) ∝ (Σ_v w_v P_v(class | x))^(1/T)

    ``weights`` (V,) of the ``members`` sum to 1. ``shares`` tell of all views that were tried, and
    ``held_out`` (M, K) are the mixture's predictions for the samples that folds hold out, in their order, by
    views that had not seen them. A mixture that was stored comes back without these.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models"; Guo et al. 2017.
    """

    members: tuple[Fitted[Samples], ...]
    weights: Array
    temperature: float
    shares: tuple[Share, ...]
    loss: float
    held_out: Array

    @classmethod
    def fit(
        cls, views: Iterable[View[Samples]], schooling: Schooling[Samples], crew: Crew | None = None
    ) -> Mixture[Samples]:
        """Return the mixture of those views that has the smallest loss held out.

        Each is taught in turn, or by a worker of the ``crew`` on one core of its own, which changes no bit.

        Raises ``DataError`` where nothing came out of any of them, and what ``done_by`` raises.
        """
        if crew is None:
            taught = [(view.words, view.fit(schooling)) for view in views]
        else:
            views, alone = list(views), replace(schooling, n_jobs=1)
            models = done_by(crew, _taught, [(view, alone) for view in views])
            taught = [(view.words, model) for view, model in zip(views, models, strict=True)]
        fitted = [(words, model) for words, model in taught if model is not None]
        if all(model.kind == FittedConstant.kind for _, model in fitted):
            raise DataError("every network diverged; are there values far larger than all others?")
        return cls.of(fitted, schooling.targets, schooling.held)

    @classmethod
    def of(
        cls, fitted: Sequence[tuple[str, Fitted[Samples]]], targets: Targets, held: IntArray
    ) -> Mixture[Samples]:
        """Return the mixture of views that have learnt, each with its words.

        Samples ``held`` (M,) weigh them; ``targets`` are those of all N samples.
        """
        targets = targets.rows(held)
        predictions = np.stack([model.held_out[held] for _, model in fitted])
        constant = np.array([model.kind == FittedConstant.kind for _, model in fitted])
        weights = np.zeros(len(fitted))
        unit = 1.0 if targets.weights is None else targets.weights / targets.weights.mean()
        picks, _ = greedy(predictions[~constant], lambda given: unit * targets.losses(given))
        weights[~constant] = np.bincount(picks, minlength=int((~constant).sum())) / len(picks)
        if constant.any():
            (plain,) = predictions[constant]
            mixed = weighted(predictions, weights)
            if targets.n_classes:
                trusted = trust(targets.losses(mixed), targets.losses(plain), targets.weights)
            else:
                trusted = trusted_slope((mixed - plain)[:, 0], targets.values - plain[:, 0], targets.weights)
            weights = np.where(constant, 1 - trusted, trusted * weights)
        shares = tuple(
            Share(words, targets.mean(targets.losses(own)), float(weight))
            for (words, _), own, weight in zip(fitted, predictions, weights, strict=True)
        )
        chosen = np.flatnonzero(weights)
        mixed = weighted(predictions[chosen], weights[chosen])
        temperature = temperature_of(mixed, targets)
        held_out = at_temperature(mixed, temperature)
        loss = targets.mean(targets.losses(held_out))
        members = tuple(fitted[index][1] for index in chosen.tolist())
        return cls(members, weights[chosen], temperature, shares, loss, held_out)

    def predict(self, series: Samples, n_jobs: int | None = None) -> Array:
        """Return predictions (N, K): probabilities of classes, or numbers."""
        return at_temperature(self.mixed(series, n_jobs), self.temperature)

    def mixed(self, series: Samples, n_jobs: int | None = None) -> Array:
        """Return the weighted mean (N, K) at the temperature 1."""
        return weighted([member.predict(series, n_jobs) for member in self.members], self.weights)

    @property
    def sentence(self) -> str:
        """What the mixture is made of, and how good it is."""
        parts = [
            f"{share.weight:.0%} {share.words} ({share.loss:.4g})" for share in self.shares if share.weight
        ]
        left = [f"{share.words} ({share.loss:.4g})" for share in self.shares if not share.weight]
        without = f"; without {', '.join(left)}" if left else ""
        return f"{', '.join(parts)}: loss held out {self.loss:.4g}{without}."


def _taught(view: View[Samples], schooling: Schooling[Samples]) -> Fitted[Samples] | None:
    return view.fit(schooling)


def trust(losses: Array, constant: Array, weights: Array | None = None) -> float:
    """Return the weight of a mixture beside the constant, by their losses (M,) for samples held out::

        1 − s²/d²  with  d = mean(constant − losses)  and its standard error s;  0 where d < s

    and 1 where less than a hundredth would be the constant's: the mixture is worth as much as it is sure to
    be better.

    Source: James & Stein 1961, "Estimation with quadratic loss" (the positive part of their factor).

    >>> trust(np.array([0.9, 1.3]), np.array([1.0, 1.0])), trust(np.zeros(9), np.ones(9))
    (0.0, 1.0)
    """
    gains = constant - losses
    gain, error = (float(found) for found in mean_and_error(gains, weights))
    error = error if len(gains) > 1 else math.inf
    if gain <= error:
        return 0.0
    kept = 1 - (error / gain) ** 2
    return kept if kept < 1 - NEARLY else 1.0


def trusted_slope(predicted: Array, actual: Array, weights: Array | None = None) -> float:
    """Return the same of numbers (M,), both less the constant, by the slope b of the one on the other::

        b − s²/b  with  b = Σ predicted · actual / Σ predicted²  and its standard error s;  0 where b < s

    and 1 at most: predictions that fit noise go too far from the constant, and b says by how much.

    Source: Copas 1983, "Regression, prediction and shrinkage"; James & Stein 1961.

    >>> trusted_slope(np.array([1.0, -1.0]), np.array([0.5, -0.5])), trusted_slope(np.zeros(3), np.ones(3))
    (0.5, 0.0)
    """
    s = np.ones(len(actual)) if weights is None else effective(weights)
    size, N = float(s @ np.square(predicted)), float(s.sum())
    if N < 2 or not size:
        return 0.0
    b = float((s * predicted) @ actual) / size
    error = math.sqrt(float(s @ np.square(actual - b * predicted)) / (N - 1) / size)
    if b <= error:
        return 0.0
    kept = b - error**2 / b
    return kept if kept < 1 - NEARLY else 1.0


def weighted(predictions: Sequence[Array] | Array, weights: Array) -> Array:
    """Return the weighted mean (N, K) of predictions (V, N, K), one after the other."""
    total = np.zeros_like(predictions[0])
    for prediction, weight in zip(predictions, weights, strict=True):
        total = total + weight * prediction
    return total
