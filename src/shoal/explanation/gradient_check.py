"""Numerical against analytic gradient: is backpropagation right for this network on these data?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError
from shoal.network import Network
from shoal.objective import BatchObjective
from shoal.population import Population
from shoal.problem import Samples
from shoal.randomness import Noise
from shoal.shapes import Array, is_number, per_member

MEMBERS_AT_A_TIME = 256


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
) -> GradientCheck:
    """Compare backpropagation with central differences, for every parameter, in float64::

        ĝ_d = (J(θ + h e_d) − J(θ − h e_d)) / 2h           truncation error O(h²), rounding error O(ε/h)

    ``X`` (N, n), ``y`` (N,) or (N, K). A population of one is checked as it is; a network is checked at
    the random start of ``seed``. The 2D shifted networks are members of one population, so a check is a
    few forward passes. Dropout draws the same masks for all of them.

    Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for a population larger than one
    or a step that is not positive.

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
    analytic = objective(theta)[1][0]
    numerical = np.empty(network.n_parameters)
    for first in range(0, network.n_parameters, MEMBERS_AT_A_TIME):
        d = np.arange(first, min(first + MEMBERS_AT_A_TIME, network.n_parameters))
        shift = np.zeros((len(d), network.n_parameters))
        shift[np.arange(len(d)), d] = step
        J, _ = objective(np.concatenate([theta + shift, theta - shift]), np.zeros(2 * len(d), dtype=np.intp))
        numerical[d] = (J[: len(d)] - J[len(d) :]) / (2 * step)
    return GradientCheck(_compare(network, analytic, numerical), analytic, numerical, step)


def _compare(network: Network, analytic: Array, numerical: Array) -> tuple[BlockCheck, ...]:
    blocks = []
    for slot in network.slots:
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
