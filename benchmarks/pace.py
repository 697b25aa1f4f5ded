"""The pace of this machine, in the figures that sizing counts by: ``python -m benchmarks.pace``.

Studies are sized by those of ``shoal.jobs.sizing.pace``. This measures them again, on one core and by the
time of the processor, and says how far the stored ones are off; a release may take them over.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.jobs.images.method import image_ladder
from shoal.jobs.recipes import CLASSES, NUMBERS, RATE, plain_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.pace import RELEASED, Pace
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.selection.candidates.architectures import Architecture, Convolutional, Perceptron
from shoal.training.recipe import Recipe

BATCHES, WORK, REPEATS = 6, 2e9, 3
"""Batches of an epoch; the operations that are worth timing; how often."""
MEMBERS = 8
FIGURES = tuple(field.name for field in dataclasses.fields(Pace))


@dataclass(frozen=True)
class Case:
    """A network, how it is trained, and the seconds that an epoch of so many rows takes."""

    network: Network
    recipe: Recipe
    rows: int
    seconds: float

    def counts(self) -> list[float]:
        """Return how much of each figure of a pace the epoch has."""
        nothing = dict.fromkeys(FIGURES, 0.0)
        return [
            Pace(**{**nothing, name: 1.0}).epoch(self.network, self.recipe, self.rows, 0) for name in FIGURES
        ]


def main() -> int:
    """Measure, and print what was found beside what is stored."""
    with threadpool_limits(limits=1):
        cases = [timed(network, recipe) for network, recipe in networks()]
    found = fitted(cases)
    print(f"{'':<10} {'stored':>9} {'found':>9}   seconds each, on one core")
    for name in FIGURES:
        print(f"{name:<10} {getattr(RELEASED, name):>9.2g} {getattr(found, name):>9.2g}")
    for name, pace in (("stored", RELEASED), ("found", found)):
        ratios = np.array([_seconds(pace, case) / case.seconds for case in cases])
        low, middle, high = np.quantile(ratios, [0.05, 0.5, 0.95])
        print(f"{name}: {middle:.2f} times what {len(cases)} networks take ({low:.2f} to {high:.2f})")
    return 0


def networks() -> Iterator[tuple[Network, Recipe]]:
    """Return networks of the shapes and recipes that jobs train."""
    for n, batch in itertools.product((3, 13, 117, 400), (32, 64, 128, 256)):
        plain = _plain(Perceptron("tanh"), batch)
        yield from ((_dense(plain[0], n, (units,), 1), plain[1]) for units in (1, 4, 16, 64))
        numbers = dataclasses.replace(NUMBERS.recipe, batch_size=batch)
        yield _dense(NUMBERS.architecture, n, (128, 128), 1), numbers
        classes = dataclasses.replace(CLASSES.recipe, batch_size=batch)
        for units, K in ((128, 3), (256, 10), (128, 26)):
            yield _dense(CLASSES.architecture, n, (units,) * 3, K), classes
    for shape, batch in itertools.product(((1, 8, 8), (1, 28, 28), (3, 32, 32)), (32, 128)):
        architecture, recipe = _plain(Convolutional(shape, "relu"), batch)
        for hidden in image_ladder(shape)[-3].hidden:
            yield architecture.network(hidden, math.prod(shape), 10, "cross_entropy"), recipe


def timed(network: Network, recipe: Recipe) -> Case:
    """Train a few members for an epoch, several times, and keep the time of the fastest."""
    recipe = dataclasses.replace(recipe, epochs=1, patience=None)
    rows = BATCHES * (recipe.batch_size or 1)
    members = max(1, min(MEMBERS, int(WORK // (6 * network.operations * rows))))
    population, rng = network.population(members), np.random.default_rng(0)
    X = rng.normal(size=(rows, network.n_inputs))
    y = rng.integers(0, max(network.n_outputs, 2), rows)
    seconds = []
    for _ in range(REPEATS + 1):  # the first call warms up
        began = time.process_time()
        train(population, X, y, recipe, n_jobs=1)
        seconds.append(time.process_time() - began)
    return Case(network, recipe, rows, min(seconds[1:]) / members)


def fitted(cases: list[Case]) -> Pace:
    """Return the figures whose sums are, in relation, closest to what was timed."""
    from scipy.optimize import nnls

    seconds = np.array([case.seconds for case in cases])
    figures, _ = nnls(np.array([case.counts() for case in cases]) / seconds[:, None], np.ones(len(cases)))
    return Pace(*map(float, figures))


def _seconds(pace: Pace, case: Case) -> float:
    return pace.epoch(case.network, case.recipe, case.rows, 0)


def _plain(architecture: Architecture, batch: int) -> tuple[Architecture, Recipe]:
    recipe = plain_method(FitRequest("timed"), architecture, RATE).recipe
    return architecture, dataclasses.replace(recipe, batch_size=batch)


def _dense(architecture: Architecture, n: int, hidden: tuple[int, ...], outputs: int) -> Network:
    return architecture.network(hidden, n, outputs, "squared_error" if outputs == 1 else "cross_entropy")


if __name__ == "__main__":
    sys.exit(main())
