"""A row of the table: a network, how it is trained, and what it has to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.mnist.digits import SHAPE, Digits
from shoal.layers import Layer
from shoal.network import Network
from shoal.population import Population
from shoal.problem import Callback
from shoal.trainer import train


@dataclass(frozen=True)
class Row:
    """What one command trains: ``starts`` networks at once, as one population.

    Accuracies are in %. ``published`` is what somebody else reached with the same, and ``target`` what is to
    be reached here, of all votes where ``votes``, else in the mean of the starts. ``rows`` of the training
    images are taken; ``moved`` trains on each of them in five places, as Nielsen does. ``standardised``
    pixels have mean 0 and standard deviation 1 over all training images.
    """

    name: str
    title: str
    layers: tuple[Layer, ...]
    settings: Mapping[str, Any]
    published: float | None = None
    source: str = ""
    target: float | None = None
    votes: bool = False
    loss: str = "cross_entropy"
    starts: int = 1
    rows: int = 60_000
    moved: bool = False
    standardised: bool = False

    @property
    def network(self) -> Network:
        return Network(SHAPE, self.layers, self.loss)

    def run(self, digits: Digits, seed: int, threads: int | None, callback: Callback | None) -> Trained:
        """Train on the first of the digits; which takes most of a row's time."""
        some = digits.rows(0, self.rows)
        if self.moved:
            some = some.and_moved()
        mean, sd = (float(some.X.mean()), float(some.X.std())) if self.standardised else (0.0, 1.0)
        y: npt.ArrayLike = some.y if self.loss == "cross_entropy" else np.eye(10)[some.y]
        result = train(
            self.network,
            (some.X - mean) / sd,
            y,
            starts=self.starts,
            seed=seed,
            n_jobs=threads,
            callback=callback,
            **self.settings,
        )
        return Trained(result.population, mean, sd)


@dataclass(frozen=True)
class Trained:
    """The networks of a row after training, and how their pixels are scaled."""

    population: Population
    mean: float
    sd: float

    def judge(self, digits: Digits) -> tuple[list[float], float]:
        """Return each network's accuracy in %, and that of all of them together: of their mean prediction."""
        total = np.zeros((len(digits), 10))
        right = np.zeros(self.population.size)
        for start in range(0, len(digits), 1000):  # what a thousand images are turned into fits in memory
            some = digits.rows(start, start + 1000)
            predicted = self.population.predict((some.X - self.mean) / self.sd)
            right += (predicted.argmax(axis=-1) == some.y).sum(axis=-1)
            total[start : start + 1000] = predicted.mean(axis=0)
        together = float((total.argmax(axis=-1) == digits.y).mean())
        return [100 * float(count) / len(digits) for count in right], 100 * together
