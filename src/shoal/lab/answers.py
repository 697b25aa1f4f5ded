"""What all networks of a course answer at its epoch, found by one pass through each population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shoal.engines.evaluation import HELD, sample_outputs
from shoal.lab.material import Material, Rows
from shoal.networks.chain import Chain
from shoal.populations.population import Population
from shoal.populations.run import Run
from shoal.selection.samples.weighted_means import mean_and_error
from shoal.shapes import Array

MANY = 1200
"""With more networks than that, each is shown at every other place of the grid."""


@dataclass(frozen=True)
class Answers:
    """Of P networks, size after size: what pictures and choices are made of.

    ``functions`` (P, K, G) are their predictions on the grid; ``train`` (P,) and ``validation`` (P,) their
    mean losses, without penalties and without dropout; ``spread`` is what the latter are means of (P, n), or,
    where that is too much to be held, their standard errors (P,). What has grown beyond all numbers is not
    finite.
    """

    functions: Array
    train: Array
    validation: Array
    spread: Array

    @cached_property
    def error(self) -> Array:
        """The standard errors of the validation losses (P,), which a choice needs and no picture."""
        return self.spread if self.spread.ndim == 1 else means_and_errors(self.spread)[1]


def answered(runs: Sequence[Run], data: Material) -> Answers:
    """Return what the networks of all runs answer to the rows of the material."""
    populations = [run.population for run in runs]
    thin = data.kind == "curve" and sum(len(one.theta) for one in populations) > MANY
    grid = data.grid[::2] if thin else data.grid
    rows = np.concatenate([grid, data.train.X, data.validation.X])
    ends = len(grid), len(grid) + len(data.train.X)
    found = [_answered(some, rows, ends, data) for some in _together(populations, len(rows))]
    if len(found) == 1:
        return found[0]
    parts = [(one.functions, one.train, one.validation, one.error) for one in found]
    return Answers(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _together(populations: Sequence[Population], rows: int) -> list[list[tuple[Chain, Array]]]:
    """Return all networks with parameters, so many together as have outputs that may be held at once."""
    groups: list[list[tuple[Chain, Array]]] = []
    room = 0
    for one in populations:
        outputs = rows * one.network.n_outputs
        most = max(HELD // outputs, 1)
        for first in range(0, len(one.theta), most):
            theta = one.theta[first : first + most]
            if len(theta) * outputs > room:
                groups.append([])
                room = HELD
            groups[-1].append((one.network, theta))
            room -= len(theta) * outputs
    return groups


def _answered(some: list[tuple[Chain, Array]], rows: Array, ends: tuple[int, int], data: Material) -> Answers:
    """Return what some networks answer to rows of the grid, then to train on, then to validate by."""
    network = some[0][0]  # all have its loss
    with np.errstate(all="ignore"):
        z = np.concatenate([sample_outputs(network, theta, rows) for network, theta in some])
        functions = network.criterion.predict(z[..., : ends[0]])
        train = _losses(network, z[..., ends[0] : ends[1]], data.train).mean(axis=1)
        validation = _losses(network, z[..., ends[1] :], data.validation)
        return Answers(functions, train, validation.mean(axis=1), validation)


def means_and_errors(losses: Array) -> tuple[Array, Array]:
    """Return the means (…,) of losses (…, n) and their standard errors, 0 where one is no number."""
    with np.errstate(all="ignore"):
        means, errors = mean_and_error(losses)
    return means, np.where(np.isfinite(errors), errors, 0.0)


def _losses(network: Chain, z: Array, samples: Rows) -> Array:
    """Return the loss (P, N) of last z (P, K, N) for the targets of as many samples."""
    return network.criterion.value(z, network.criterion.encode(samples.y, network.n_outputs))
