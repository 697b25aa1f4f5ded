"""One network at its parameters, with J on its data: what a gradient is the gradient of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.randomness import Noise
from shoal.shapes import Array, per_member
from shoal.training.objective import BatchObjective
from shoal.training.problem import Samples

_HOLDERS = ("population", "population_", "model_.population")
"""What results of training and estimators call their networks."""
LONG_STEP = 2.0**24
"""A learning rate that divides without rounding."""


def population_of(network: Network | Population, seed: int = 0) -> Population:
    """Return a population as it is, or a network at its random start of ``seed``.

    Raises ``ConfigurationError`` for anything else, and says where it has its networks.
    """
    if isinstance(network, Population):
        return network
    if isinstance(network, Network):
        return network.population(1, seed=seed)
    held = next((name for name in _HOLDERS if isinstance(_held(network, name), Population)), None)
    where = f"give one of its networks, {held}.members(0)" if held else "give the network that is trained"
    raise ConfigurationError(f"expected a Network or a Population, got {type(network).__name__}; {where}")


def _held(holder: Any, name: str) -> Any:
    for part in name.split("."):
        holder = getattr(holder, part, None)
    return holder


class GradientPoint:
    """The ``objective`` J of a ``population`` of one in float64, and its gradient as every engine has it.

    ``X`` (N, n), ``y`` (N,) or (N, K). A population of one is taken as it is, a network at the random start
    of ``seed``. Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for a population
    larger than one.
    """

    def __init__(
        self,
        network: Network | Population,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        sample_weight: npt.ArrayLike | None = None,
        l2: float = 0.0,
        l1: float = 0.0,
        seed: int = 0,
    ) -> None:
        population = population_of(network, seed)
        if population.size != 1:
            raise ConfigurationError(
                f"one network is checked at a time, got {population.size}; use members(i)"
            )
        self.network, self.theta = population.network, population.theta.astype(np.float64)
        self.population = Population(self.network, self.theta, population.keys)
        self._given: dict[str, Any] = {"X": X, "y": y, "sample_weight": sample_weight, "l2": l2, "l1": l1}
        samples = Samples.of(self.network, X, y, sample_weight)
        self.objective = BatchObjective(
            self.network,
            samples.X.T[None],
            samples.y,
            samples.s,
            strengths={name: per_member(λ, name, 1, np.float64) for name, λ in (("l2", l2), ("l1", l1))},
            lengths=None if samples.lengths is None else samples.lengths[None],
            m=samples.s.sum(axis=-1),
            noise=Noise(population.keys, step=0),
        )

    def gradient(self, engine: str) -> Array:
        """Return ∂J/∂θ (D,) by an engine's backpropagation, 0 for statistics.

        An engine only ever trains, so the gradient is that which it follows: ``(θ − θ′) / α`` of one step of
        gradient descent. A step so long that θ vanishes beside it loses no digit of the gradient.
        """
        if engine == ReferenceEngine.name:
            return np.asarray(self.objective(self.theta)[1][0])
        result = train(
            self.population,
            **self._given,
            solver="gradient_descent",
            learning_rate=LONG_STEP,
            epochs=1,
            tolerance=0.0,
            n_jobs=1,
            engine=engine,
        )
        gradient = (self.theta - result.population.theta)[0] / LONG_STEP
        return np.where(self.network.statistic_mask, 0, gradient)  # which no gradient moves
