"""A view of trained networks: one on each fold, together one population."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from shoal.mixtures.any_length import of_any_length
from shoal.mixtures.closed_form import BUFFERS
from shoal.mixtures.views import Fitted, Kept, Schooling, View, at_temperature, temperature_of
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.selection.candidates.architectures import Architecture, Hidden
from shoal.selection.cohorts.planning import Cost
from shoal.sequences import Sequences
from shoal.shapes import Array, Shape
from shoal.training.recipe import Recipe
from shoal.workers import count_workers

LEAST_BATCH, MOST_BATCH = 8, 64
BATCHES = 8
"""Minibatches of an epoch, within these bounds."""
RATE = 0.01
PARAMETER = 48
"""Bytes of each parameter of a member: itself, its gradient, what solvers remember, and the best so far."""
CLIP = 1.0
"""Of the gradient's norm, so that no step of a recurrent network is thrown off by one steep place."""


def batch_size(N: int) -> int:
    """Return the samples of a minibatch of N."""
    return min(max(-(-N // BATCHES), LEAST_BATCH), MOST_BATCH, N)


def recipe_for(N: int, learning_rate: float = RATE) -> Recipe:
    """Return how networks are trained on N series, but for the epochs."""
    return Recipe(
        solver="adamw",
        learning_rate=learning_rate,
        weight_decay=0.01,
        batch_size=batch_size(N),
        batch_order="shared",
        schedule="cosine",
        clip_norm=CLIP,
    )


@dataclass(frozen=True)
class TrainedView(View[Sequences]):
    """Networks of one ``architecture`` and size, trained on every fold with AdamW and a cosine schedule.

    The mean of their predictions is the view's, at the temperature that those held out ask for.
    """

    architecture: Architecture
    hidden: Hidden
    epochs: int
    learning_rate: float = RATE

    @property
    def words(self) -> str:
        size = "-".join(map(str, self.hidden))
        return f"{self.architecture.name} networks of {size} {self.architecture.unit}s"

    def network(self, shape: Shape, n_classes: int) -> Network:
        """Return the network for series of a shape (C, T)."""
        loss = "cross_entropy" if n_classes else "squared_error"
        return self.architecture.network(self.hidden, math.prod(shape), max(n_classes, 1), loss)

    def bytes(self, schooling: Schooling[Sequences]) -> int:
        return self.bytes_for(schooling, schooling.series.X.shape[1:])

    def bytes_for(self, schooling: Schooling[Any], shape: Shape) -> int:
        """Return the same of samples that are made into series of a shape (C, T)."""
        targets, N, folds = schooling.targets, len(schooling.series), max(len(schooling.folds), 1)
        network = self.network(shape, targets.n_classes)
        threads = min(count_workers(schooling.n_jobs), folds)
        cost = Cost(N, N, self.epochs, batch_size(N), 4, 0)
        a_thread = cost.shared_bytes(network) + 2 * cost.bytes(network)
        told = 24 * folds * N * targets.outputs  # what everyone is predicted, and as it is made
        return BUFFERS + threads * a_thread + PARAMETER * folds * network.n_parameters + told

    def fit(self, schooling: Schooling[Sequences]) -> FittedNetworks | None:
        series, targets = schooling.series, schooling.targets
        network = self.network(series.X.shape[1:], targets.n_classes)
        N, folds = len(series), schooling.folds
        weights = np.zeros((len(folds), N))
        for member, (rows, _) in enumerate(folds):
            weights[member, rows] = targets.counted[rows]
        result = train(
            network,
            series,
            targets.values,
            recipe_for(N, self.learning_rate),
            starts=len(folds),
            sample_weight=weights,
            epochs=self.epochs,
            seed=schooling.seed,
            n_jobs=schooling.n_jobs,
        )
        if result.diverged.any():  # without a fold's network its samples would have no honest prediction
            return None
        everyone = _predictions(result.population, series, schooling.n_jobs)
        plain = np.full((N, targets.outputs), np.nan)
        for member, (_, held) in enumerate(folds):
            plain[held] = everyone[member, held]
        temperature = temperature_of(plain[schooling.held], targets.rows(schooling.held))
        return FittedNetworks(result.population, temperature, at_temperature(plain, temperature))


@dataclass(frozen=True, eq=False)
class FittedNetworks(Fitted[Sequences]):
    """One network for each fold, or whatever else a population is."""

    kind: ClassVar[str] = "networks"
    population: Population
    temperature: float
    held_out: Array

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        mean = _predictions(self.population, series, n_jobs).mean(axis=0)
        return at_temperature(mean, self.temperature)

    def kept(self) -> Kept:
        config = {
            "network": self.population.network.to_config(),
            "keys": self.population.keys.tolist(),
            "temperature": self.temperature,
        }
        return config, {"theta": self.population.theta}

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the view that ``kept`` described; raise ``ValueError`` or the like for what is none."""
        theta = arrays["theta"]
        if theta.ndim != 2 or theta.dtype not in (np.float32, np.float64) or not np.isfinite(theta).all():
            raise ValueError("its weights are not finite")
        network = Network.from_config(config["network"])
        population = Population(network, theta, np.array(config["keys"], dtype=np.uint64))
        outputs = 2 if network.criterion.name == "log_loss" else network.n_outputs
        return cls(population, config["temperature"], np.zeros((0, outputs)))


def _predictions(population: Population, series: Sequences, n_jobs: int | None) -> Array:
    """Return what each member predicts for series of any length, (P, N, K): of two classes both."""
    fitting = of_any_length(population, series)
    if fitting.network.criterion.name == "squared_error":
        return fitting.predict(series, n_jobs).astype(np.float64)
    return fitting.probabilities(series, n_jobs).astype(np.float64)
