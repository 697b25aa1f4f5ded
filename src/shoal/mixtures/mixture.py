"""Several views of samples in one prediction, with weights that samples held out have chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np

from shoal.errors import DataError
from shoal.mixtures.views import Fitted, Samples, Schooling, View, at_temperature, temperature_of
from shoal.selection.ensemble import greedy
from shoal.shapes import Array


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
    ``held_out`` (N, K) are the mixture's predictions for samples that its views had not seen.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models"; Guo et al. 2017.
    """

    members: tuple[Fitted[Samples], ...]
    weights: Array
    temperature: float
    shares: tuple[Share, ...]
    loss: float
    held_out: Array

    @classmethod
    def fit(cls, views: Iterable[View[Samples]], schooling: Schooling[Samples]) -> Mixture[Samples]:
        """Return the mixture of those views, each taught in turn, that has the smallest loss held out.

        Raises ``DataError`` where nothing came out of any of them.
        """
        taught = [(view, view.fit(schooling)) for view in views]
        fitted = [(view, model) for view, model in taught if model is not None]
        if not fitted:
            raise DataError("every network diverged; are there values far larger than all others?")
        predictions = np.stack([model.held_out for _, model in fitted])
        targets = schooling.targets
        picks, _ = greedy(predictions, targets.losses)
        weights = np.bincount(picks, minlength=len(fitted)) / len(picks)
        shares = tuple(
            Share(view.words, float(targets.losses(model.held_out).mean()), float(weight))
            for (view, model), weight in zip(fitted, weights, strict=True)
        )
        chosen = np.flatnonzero(weights)
        mixed = _mixed(predictions[chosen], weights[chosen])
        temperature = temperature_of(mixed, targets)
        held_out = at_temperature(mixed, temperature)
        loss = float(targets.losses(held_out).mean())
        members = tuple(fitted[index][1] for index in chosen)
        return cls(members, weights[chosen], temperature, shares, loss, held_out)

    def predict(self, series: Samples, n_jobs: int | None = None) -> Array:
        """Return predictions (N, K): probabilities of classes, or numbers."""
        mixed = _mixed([member.predict(series, n_jobs) for member in self.members], self.weights)
        return at_temperature(mixed, self.temperature)

    @property
    def sentence(self) -> str:
        """What the mixture is made of, and how good it is."""
        parts = [
            f"{share.weight:.0%} {share.words} ({share.loss:.4g})" for share in self.shares if share.weight
        ]
        left = [f"{share.words} ({share.loss:.4g})" for share in self.shares if not share.weight]
        without = f"; without {', '.join(left)}" if left else ""
        return f"{', '.join(parts)}: loss held out {self.loss:.4g}{without}."


def _mixed(predictions: Sequence[Array] | Array, weights: Array) -> Array:
    """Return the weighted mean (N, K) of predictions (V, N, K), one after the other."""
    total = np.zeros_like(predictions[0])
    for prediction, weight in zip(predictions, weights, strict=True):
        total = total + weight * prediction
    return total
