"""What a mixture is made of: a view is one kind of model, which learns and says how good it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sized
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shoal.calibration.temperature import cooled, fit_temperature
from shoal.mixtures.targets import Targets
from shoal.shapes import Array, IntArray

Samples = TypeVar("Samples", bound=Sized)
"""What views look at: ``Sequences``, or a list of texts."""

Folds: TypeAlias = list[tuple[IntArray, IntArray]]
"""Pairs of row numbers (train, held); every sample is held out once."""


@dataclass(frozen=True)
class Schooling(Generic[Samples]):
    """What every view learns from: N samples, their targets, folds, the seed and how many threads.

    Of series (N, C, T) ``channels`` are those that hold values; further ones say where values were there.
    """

    series: Samples
    targets: Targets
    folds: Folds
    seed: int
    channels: int = 1
    n_jobs: int | None = None


class Fitted(ABC, Generic[Samples]):
    """A view that has learnt."""

    held_out: Array
    """Predictions (N, K) for the samples learnt from, each by a model that did not know it."""

    @abstractmethod
    def predict(self, series: Samples, n_jobs: int | None = None) -> Array:
        """Return predictions (N, K): probabilities of classes, or numbers."""


class View(ABC, Generic[Samples]):
    """A kind of model of samples, with all that it needs to know but the data."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What a sentence calls it."""

    @abstractmethod
    def fit(self, schooling: Schooling[Samples]) -> Fitted[Samples] | None:
        """Return the view that has learnt; None where nothing came out, as all networks diverged."""


def temperature_of(predictions: Array, targets: Targets) -> float:
    """Return the temperature that predictions held out (N, K) ask for; 1 for numbers.

    >>> import numpy as np
    >>> temperature_of(np.array([[0.5], [0.7]]), Targets(np.array([0.5, 0.6])))
    1.0
    """
    return fit_temperature(predictions, targets.values) if targets.n_classes else 1.0


def at_temperature(predictions: Array, temperature: float) -> Array:
    """Return probabilities (N, K) at a temperature; at 1 whatever predictions there are."""
    return cooled(predictions, temperature)
