"""Predictions for rows in which a few features are exchanged, at the price of what the exchange changes.

A first layer is linear before its activation: where the features F of a row x become x', its z becomes::

    z' = z + W_F (x'_F − x_F)         W_F: (m, |F|), the columns of W that belong to F

so of a wide table nearly all of the first layer's work is done once, for the rows as they are. What stands
above takes many exchanges in one call of the engine, and rows that an exchange leaves alone not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from shoal.engines.evaluation import sample_outputs
from shoal.jobs.model import Model
from shoal.layers import BatchNorm, Dense
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.shapes import Array, IntArray

TINY = 1e-30
"""An ε that vanishes beside a variance of 1."""


@dataclass(frozen=True)
class Exchange:
    """In the features ``which`` every row takes the values of another: row i those of row ``order[i]``."""

    which: IntArray
    order: IntArray


class Shuffled:
    """A model at the rows X (N, n), ready to predict for many exchanges of their features.

    Its networks begin with a dense layer, as all of a table do. One that an ensemble counts several times
    is asked once.
    """

    def __init__(self, model: Model, X: Array) -> None:
        population = model.population
        _, first, times = np.unique(population.keys, axis=0, return_index=True, return_counts=True)
        theta = population.theta[first]
        dense, network = population.network.layers[0], population.network
        assert isinstance(dense, Dense)
        self._model, self._shares = model, times / times.sum()
        self._X = X.astype(theta.dtype)
        cut = dense.units * (network.n_inputs + 1)
        linear = Network(network.n_inputs, [Dense(dense.units)])
        self._z = np.ascontiguousarray(sample_outputs(linear, theta[:, :cut], self._X).swapaxes(1, 2))
        self._columns = np.ascontiguousarray(network.views(theta)[0]["W"].swapaxes(1, 2))  # (P, n, m)
        self._above: Network | None = None
        if len(network.layers) > 1:
            self._above, self._theta = _above(network, dense, theta[:, cut:])
        self.intact = model.of_mean(self._mean(self._z))

    def predict(self, exchanges: Sequence[Exchange]) -> Array:
        """Return the model's predictions (E, N) or (E, N, K), as ``Model.predict_features`` gives them."""
        steps = [self._X[e.order[:, None], e.which] - self._X[:, e.which] for e in exchanges]
        moved = [np.flatnonzero(step.any(axis=1)) for step in steps]
        number = np.repeat(np.arange(len(exchanges)), [len(own) for own in moved])
        predictions = np.repeat(self.intact[None], len(exchanges), axis=0)
        if number.size:
            step = _Steps.of(exchanges, steps, moved, number)
            z = (step.added(self._z[p], self._columns[p]) for p in range(len(self._z)))
            predictions[number, step.rows] = self._model.of_mean(self._mean(z))
        return predictions

    def _mean(self, zs: Iterable[Array]) -> Array:
        """Return the mean prediction (R, K) of the networks with these z (R, m) in their first layers."""
        mean: Array = np.zeros(1)
        for p, z in enumerate(zs):
            mean = mean + self._share_of(p, z)
        return mean

    def _share_of(self, p: int, z: Array) -> Array:
        """Return what a network with z (R, m) in its first layer adds to the mean prediction (R, K)."""
        if self._above is None:
            outputs = np.ascontiguousarray(z.T)[None]
        else:
            outputs = sample_outputs(self._above, self._theta[p : p + 1], z)
        share: Array = self._model.of_networks(outputs)[0].T * self._shares[p]
        return share


@dataclass(frozen=True)
class _Steps:
    """How far the features of some rows are moved, one exchange after another: row r of R, ``rows[r]`` of N.

    Where every exchange is of one feature, which it is mostly, ``alone`` (R,) is that feature of each row.
    """

    rows: IntArray
    which: Sequence[IntArray]
    steps: Sequence[Array]
    alone: IntArray | None

    @classmethod
    def of(
        cls,
        exchanges: Sequence[Exchange],
        steps: Sequence[Array],
        moved: Sequence[IntArray],
        number: IntArray,
    ) -> _Steps:
        which = [exchange.which for exchange in exchanges]
        alone = np.concatenate(which)[number] if all(len(own) == 1 for own in which) else None
        taken = [step[own] for step, own in zip(steps, moved, strict=True)]
        return cls(np.concatenate(moved), which, taken, alone)

    def added(self, z: Array, columns: Array) -> Array:
        """Return z' (R, m) of the rows, from z (N, m) of all rows and a network's columns of W (n, m)."""
        if self.alone is not None:
            changed: Array = columns[self.alone]
            changed *= np.concatenate(self.steps)
            changed += z[self.rows]
            return changed
        changed, first = z[self.rows], 0
        # On AVX-512 OpenBLAS 0.3.31 may raise the flag of an invalid operation in a product of finite
        # float32 numbers, five by one, which is right all the same; NumPy would warn of it.
        with np.errstate(invalid="ignore"):
            for which, step in zip(self.which, self.steps, strict=True):
                changed[first : first + len(step)] += step @ columns[which]
                first += len(step)
        return changed


def _above(network: Chain, dense: Dense, theta: Array) -> tuple[Network, Array]:
    """Return what stands above a first layer's z, its activation and the other layers, with parameters."""
    m = dense.units
    bare = BatchNorm(dense.activation, epsilon=TINY)  # γ = 1, β = 0, mean 0, variance 1: z as it is
    above = Network(m, [bare, *network.layers[1:]], network.loss)
    plain = np.repeat(np.repeat([1, 0, 0, 1], m)[None], len(theta), axis=0)
    return above, np.concatenate([plain.astype(theta.dtype), theta], axis=1)
