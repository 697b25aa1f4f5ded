"""A view of trained networks: one on each fold, together one population."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from shoal.mixtures.views import Fitted, Schooling, View, at_temperature, temperature_of
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.selection.architectures import Architecture, Hidden
from shoal.sequences import Sequences
from shoal.shapes import Array, Shape

LEAST_BATCH, MOST_BATCH = 8, 64
BATCHES = 8
"""Minibatches of an epoch, within these bounds."""
CLIP = 1.0
"""Of the gradient's norm, so that no step of a recurrent network is thrown off by one steep place."""


@dataclass(frozen=True)
class TrainedView(View[Sequences]):
    """Networks of one ``architecture`` and size, trained on every fold with AdamW and a cosine schedule.

    The mean of their predictions is the view's, at the temperature that those held out ask for.
    """

    architecture: Architecture
    hidden: Hidden
    epochs: int
    learning_rate: float = 0.01
    weight_decay: float = 0.01

    @property
    def words(self) -> str:
        size = "-".join(map(str, self.hidden))
        return f"{self.architecture.name} networks of {size} {self.architecture.unit}s"

    def network(self, shape: Shape, n_classes: int) -> Network:
        """Return the network for series of a shape (C, T)."""
        loss = "cross_entropy" if n_classes else "squared_error"
        return self.architecture.network(self.hidden, math.prod(shape), max(n_classes, 1), loss)

    def batch_size(self, N: int) -> int:
        """Return the samples of a minibatch of N."""
        return min(max(-(-N // BATCHES), LEAST_BATCH), MOST_BATCH, N)

    def fit(self, schooling: Schooling[Sequences]) -> FittedNetworks | None:
        series, targets = schooling.series, schooling.targets
        network = self.network(series.X.shape[1:], targets.n_classes)
        N, folds = len(series), schooling.folds
        weights = np.zeros((len(folds), N))
        for member, (rows, _) in enumerate(folds):
            weights[member, rows] = 1
        result = train(
            network,
            series,
            targets.values,
            starts=len(folds),
            sample_weight=weights,
            solver="adamw",
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            epochs=self.epochs,
            batch_size=self.batch_size(N),
            batch_order="shared",
            schedule="cosine",
            clip_norm=CLIP,
            seed=schooling.seed,
            n_jobs=schooling.n_jobs,
        )
        if result.diverged.any():  # without a fold's network its samples would have no honest prediction
            return None
        everyone = _predictions(result.population, series, schooling.n_jobs)
        plain = np.empty((N, targets.outputs))
        for member, (_, held) in enumerate(folds):
            plain[held] = everyone[member, held]
        temperature = temperature_of(plain, targets)
        return FittedNetworks(result.population, temperature, at_temperature(plain, temperature))


@dataclass(frozen=True, eq=False)
class FittedNetworks(Fitted[Sequences]):
    """One network for each fold."""

    population: Population
    temperature: float
    held_out: Array

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        mean = _predictions(self.population, series, n_jobs).mean(axis=0)
        return at_temperature(mean, self.temperature)


def _predictions(population: Population, series: Sequences, n_jobs: int | None) -> Array:
    """Return what each member predicts, (P, N, K), for series of any length: no parameter depends on T."""
    network: Chain = dataclasses.replace(population.network, inputs=series.X.shape[1:])
    fitting = Population(network, population.theta, population.keys)
    return fitting.predict(series, n_jobs).astype(np.float64)
