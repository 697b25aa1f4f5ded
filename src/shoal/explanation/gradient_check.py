"""Numerical against analytic gradient: is backpropagation right for this network on these data?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError
from shoal.network import Network
from shoal.objective import BatchObjective
from shoal.population import Population
from shoal.problem import Samples
from shoal.randomness import Noise
from shoal.shapes import Array, is_number, per_member
from shoal.trainer import train

MEMBERS_AT_A_TIME = 256
LONG_STEP = 2.0**24
"""A learning rate that divides without rounding."""


@dataclass(frozen=True)
class BlockCheck:
    """The comparison for one parameter array: ``relative_error`` is ‖g − ĝ‖ / max(‖g‖, ‖ĝ‖)."""

    layer: int
    name: str
    shape: tuple[int, ...]
    relative_error: float
    largest_difference: float


@dataclass(frozen=True)
class GradientCheck:
    """The analytic and the numerical gradient (D,) of one network, and their comparison block by block."""

    blocks: tuple[BlockCheck, ...]
    analytic: Array
    numerical: Array
    step: float
    engine: str = "reference"

    @property
    def relative_error(self) -> float:
        """The largest relative error over the parameter arrays."""
        return max(block.relative_error for block in self.blocks)

    def __str__(self) -> str:
        lines = [
            f"layer {b.layer + 1}  {b.name}  {b.shape!s:>12}  {b.relative_error:.1e}" for b in self.blocks
        ]
        return "\n".join([f"relative error of the gradient, central differences of ±{self.step:g}:", *lines])


def check_gradients(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    l2: float = 0.0,
    l1: float = 0.0,
    seed: int = 0,
    step: float = 1e-5,
    engine: str = "reference",
) -> GradientCheck:
    """Compare backpropagation with central differences, for every parameter, in float64::

        ĝ_d = (J(θ + h e_d) − J(θ − h e_d)) / 2h           truncation error O(h²), rounding error O(ε/h)

    ``X`` (N, n), ``y`` (N,) or (N, K). A population of one is checked as it is; a network is checked at
    the random start of ``seed``. The 2D shifted networks are members of one population, so a check is a
    few forward passes. Dropout draws the same masks for all of them. ``engine`` is the one whose
    backpropagation is compared; the differences are always those of the reference's J.

    Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for a population larger than one,
    a step that is not positive or an engine that cannot do it, ``UnknownNameError`` for an unknown engine.

    Source: Bishop, *Pattern Recognition and Machine Learning*, 5.3.3, equation 5.69.

    >>> from shoal.layers import Dense
    >>> network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    >>> check = check_gradients(network, [[0.5, -1.0], [2.0, 0.3]], [0, 1], l2=0.1)
    >>> check.relative_error < 1e-6
    True
    """
    population = network if isinstance(network, Population) else network.population(1, seed=seed)
    if population.size != 1:
        raise ConfigurationError(f"one network is checked at a time, got {population.size}; use members(i)")
    if not is_number(step) or not 0 < step < np.inf:
        raise ConfigurationError(f"step must be a positive number, got {step!r}")
    network, theta = population.network, population.theta.astype(np.float64)
    population = Population(network, theta, population.keys)
    samples = Samples.of(network, X, y, sample_weight)
    objective = BatchObjective(
        network,
        samples.X.T[None],
        samples.y,
        samples.s,
        l2=per_member(l2, "l2", 1, np.float64),
        l1=per_member(l1, "l1", 1, np.float64),
        m=samples.s.sum(axis=-1),
        noise=Noise(population.keys, step=0),
    )
    if engine == ReferenceEngine.name:
        analytic = objective(theta)[1][0]
    else:
        analytic = _gradient_of_a_step(
            population, X, y, engine=engine, sample_weight=sample_weight, l2=l2, l1=l1
        )
    numerical = central_differences(objective, theta, step)
    return GradientCheck(_compare(network, analytic, numerical), analytic, numerical, step, engine)


def central_differences(objective: BatchObjective, theta: Array, step: float) -> Array:
    """Return ``(J(θ + h e_d) − J(θ − h e_d)) / 2h`` for every parameter d of ``theta`` (1, D), as (D,)."""
    D = theta.shape[1]
    numerical = np.empty(D)
    for first in range(0, D, MEMBERS_AT_A_TIME):
        d = np.arange(first, min(first + MEMBERS_AT_A_TIME, D))
        shift = np.zeros((len(d), D))
        shift[np.arange(len(d)), d] = step
        J, _ = objective(np.concatenate([theta + shift, theta - shift]), np.zeros(2 * len(d), dtype=np.intp))
        numerical[d] = (J[: len(d)] - J[len(d) :]) / (2 * step)
    return numerical


def _gradient_of_a_step(population: Population, X: npt.ArrayLike, y: npt.ArrayLike, **settings: Any) -> Array:
    """Return the gradient (D,) that an engine follows: ``(θ − θ′) / α`` of one step of gradient descent.

    An engine only ever trains. A step so long that θ vanishes beside it loses no digit of the gradient.
    """
    result = train(
        population,
        X,
        y,
        solver="gradient_descent",
        learning_rate=LONG_STEP,
        epochs=1,
        tolerance=0.0,
        n_jobs=1,
        **settings,
    )
    gradient: Array = (population.theta - result.population.theta)[0] / LONG_STEP
    return np.where(population.network.statistic_mask, 0, gradient)  # which no gradient moves


def _compare(network: Network, analytic: Array, numerical: Array) -> tuple[BlockCheck, ...]:
    blocks = []
    for slot in network.slots:
        if network.statistic_mask[slot.start]:
            continue  # observed on the batches, and no part of J
        g, estimate = analytic[slot.start : slot.stop], numerical[slot.start : slot.stop]
        blocks.append(
            BlockCheck(
                slot.layer,
                slot.name,
                slot.shape,
                relative_error(g, estimate),
                float(np.abs(g - estimate).max()),
            )
        )
    return tuple(blocks)


def relative_error(g: Array, estimate: Array) -> float:
    """Return ‖g − ĝ‖ / max(‖g‖, ‖ĝ‖) of two arrays, 0 where both are 0.

    >>> relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0]))
    0.0
    """
    scale = max(np.linalg.norm(g), np.linalg.norm(estimate), np.finfo(np.float64).tiny)
    return float(np.linalg.norm(g - estimate) / scale)
