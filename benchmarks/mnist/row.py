"""A row of the table: a network, how it is trained, and what it has to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.mnist.digits import SHAPE, Digits
from shoal.layers import Layer
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.training.problem import Callback, Progress


@dataclass(frozen=True)
class Row:
    """What one command trains: ``starts`` networks at once, as one population.

    Accuracies are in %. ``published`` is what somebody else reached with the same, and ``target`` what is to
    be reached here in the mean of the networks, ``vote_target`` by their mean prediction. ``rows`` of the
    training images are taken. ``standardised`` pixels have mean 0 and standard deviation 1 over all training
    images. A ``watched`` row is judged after each epoch; its solver must remember nothing in between.
    """

    name: str
    title: str
    layers: tuple[Layer, ...]
    settings: Mapping[str, Any]
    published: float | None = None
    source: str = ""
    target: float | None = None
    vote_target: float | None = None
    loss: str = "cross_entropy"
    starts: int = 1
    rows: int = 60_000
    standardised: bool = False
    watched: bool = False

    @property
    def network(self) -> Network:
        return Network(SHAPE, self.layers, self.loss)

    def run(
        self, digits: Digits, judges: Digits, seed: int, threads: int | None, callback: Callback | None
    ) -> Judged:
        """Train on the first of the digits, and judge by the others."""
        some = digits.rows(0, self.rows)
        mean, sd = (float(some.X.mean()), float(some.X.std())) if self.standardised else (0.0, 1.0)
        y: npt.ArrayLike = some.y if self.loss == "cross_entropy" else np.eye(10)[some.y]
        X, judges = (some.X - mean) / sd, Digits((judges.X - mean) / sd, judges.y)
        population = self.network.population(self.starts, seed=seed)
        if not self.watched:
            settings = {"seed": seed, "n_jobs": threads, "callback": callback, **self.settings}
            return judge(train(population, X, y, **settings).population, judges)
        epochs = self.settings["epochs"]
        best = np.zeros(self.starts)
        for epoch in range(epochs):
            # The seed decides the order of an epoch that all networks share.
            settings = {**self.settings, "epochs": 1, "batch_order": "shared", "seed": seed + epoch}
            population = train(population, X, y, n_jobs=threads, **settings).population
            judged = judge(population, judges)
            best = np.maximum(best, judged.accuracies)
            if callback is not None:
                callback(Progress(epoch + 1, epochs, self.starts))
        return replace(judged, best=best.tolist())


@dataclass(frozen=True)
class Judged:
    """The accuracy in % of each network, and of their mean prediction; of each at the best of its epochs."""

    accuracies: list[float]
    together: float
    best: list[float] | None = None


def judge(population: Population, digits: Digits) -> Judged:
    """Return how many of the digits each network recognises, and all of them together."""
    total = np.zeros((len(digits), 10))
    right = np.zeros(population.size)
    for start in range(0, len(digits), 1000):  # what a thousand images are turned into fits in memory
        some = digits.rows(start, start + 1000)
        predicted = population.predict(some.X)
        right += (predicted.argmax(axis=-1) == some.y).sum(axis=-1)
        total[start : start + 1000] = predicted.mean(axis=0)
    together = float((total.argmax(axis=-1) == digits.y).mean())
    return Judged([100 * float(count) / len(digits) for count in right], 100 * together)
