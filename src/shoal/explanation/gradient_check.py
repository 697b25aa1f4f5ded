"""Numerical against analytic gradient: is backpropagation right for this network on these data?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError
from shoal.explanation.differences import Told, central_differences, directional_difference
from shoal.explanation.point import GradientPoint
from shoal.explanation.sampling import LEAST, draw_direction, draw_parameters, learnt
from shoal.networks.chain import Slot
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array, BoolArray, IntArray, is_number

STEP = 1e-5
"""The h of central differences, near the cube root of the unit roundoff, where their two errors meet."""


@dataclass(frozen=True)
class BlockCheck:
    """The comparison for one parameter array, of which ``checked`` entries were compared.

    ``relative_error`` is ‖g − ĝ‖ / max(‖g‖, ‖ĝ‖) over these entries. Where they are not all, it is the error
    along a direction of the whole array, |g·v − ĝ_v| / max(‖g‖/√size, |ĝ_v|), if that is larger.
    """

    layer: int
    name: str
    shape: tuple[int, ...]
    relative_error: float
    largest_difference: float
    checked: int


@dataclass(frozen=True)
class GradientCheck:
    """The analytic and the numerical gradient (D,) of one network, and their comparison block by block.

    ``checked`` (D,) says which parameters were compared; ``numerical`` is NaN for others, 0 for statistics.
    """

    blocks: tuple[BlockCheck, ...]
    analytic: Array
    numerical: Array
    checked: BoolArray
    step: float
    engine: str = "reference"

    @property
    def relative_error(self) -> float:
        """The largest relative error over the parameter arrays."""
        return max(block.relative_error for block in self.blocks)

    @property
    def coverage(self) -> tuple[int, int]:
        """How many parameters were compared, and how many have a gradient."""
        return sum(b.checked for b in self.blocks), sum(math.prod(b.shape) for b in self.blocks)

    @property
    def part(self) -> str:
        """What was compared, in words that go on from "checked"."""
        checked, of = self.coverage
        if checked == of:
            return f"all {of:,} parameters"
        return (
            f"{checked:,} of {of:,} parameters: at least {LEAST} of each array, and each array along a "
            "direction in which every entry has a part"
        )

    def __str__(self) -> str:
        lines = [
            f"layer {b.layer + 1}  {b.name}  {b.shape!s:>12}  {b.relative_error:.1e}" for b in self.blocks
        ]
        checked, of = self.coverage
        told = [f"checked {self.part}"] if checked < of else []
        return "\n".join(
            [f"relative error of the gradient, central differences of ±{self.step:g}:", *lines, *told]
        )


def check_gradients(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    l2: float = 0.0,
    l1: float = 0.0,
    seed: int = 0,
    step: float = STEP,
    engine: str = "reference",
    sample: int | None = None,
) -> GradientCheck:
    """Compare backpropagation with central differences, for every parameter or a sample, in float64::

        ĝ_d = (J(θ + h e_d) − J(θ − h e_d)) / 2h           truncation error O(h²), rounding error O(ε/h)

    ``X`` (N, n), ``y`` (N,) or (N, K). A population of one is checked as it is; a network is checked at
    the random start of ``seed``. Shifted networks are members of one population, so a check is a few
    forward passes, of the layers that a shift changes. Dropout draws the same masks for all of them.
    ``engine`` is the one whose backpropagation is compared; the differences are always those of the
    reference's J.

    A network with more than ``sample`` parameters is checked at so many of them, drawn with ``seed``: of each
    array 20 entries, or all of a smaller one, however many these are together; the rest of ``sample`` in
    proportion to what else the arrays hold; and within an array one from each of so many equal parts of it.
    A mistake between those is seen along one random direction v of each array, in which every entry
    has an equal part, v_d = ±1/√size::

        ĝ_v = (J(θ + h v) − J(θ − h v)) / 2h               beside g·v

    ``sample=None`` compares every parameter.

    Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for a population larger than one,
    a step that is not positive, a sample below 1 or an engine that cannot do it, ``UnknownNameError`` for
    an unknown engine.

    Source: Bishop, *Pattern Recognition and Machine Learning*, 5.3.3, equation 5.69.

    >>> from shoal.layers import Dense
    >>> network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    >>> check = check_gradients(network, [[0.5, -1.0], [2.0, 0.3]], [0, 1], l2=0.1)
    >>> check.relative_error < 1e-6
    True
    """
    point = GradientPoint(network, X, y, sample_weight=sample_weight, l2=l2, l1=l1, seed=seed)
    estimate = estimate_gradient(point, step, draw_parameters(point.network, sample, seed), seed)
    return compare(point, estimate, point.gradient(engine), engine)


@dataclass(frozen=True)
class Estimate:
    """The numerical gradient (D,) with the ``step`` h, NaN unless ``checked`` (D,).

    ``along`` holds, for each array that was not checked whole, by its ``start``, the direction v (size,) and
    the derivative along it.
    """

    step: float
    numerical: Array
    checked: BoolArray
    along: dict[int, tuple[Array, float]]


def estimate_gradient(
    point: GradientPoint, step: float, chosen: IntArray, seed: int = 0, told: Told | None = None
) -> Estimate:
    """Return central differences for the parameters ``chosen``, and along directions drawn with ``seed``.

    ``told`` hears how far it is. Raises ``ConfigurationError`` unless the step is positive.
    """
    if not is_number(step) or not 0 < step < np.inf:
        raise ConfigurationError(f"step must be a positive number, got {step!r}")
    checked = np.zeros(point.network.n_parameters, dtype=np.bool_)
    checked[chosen] = True
    numerical = central_differences(point.objective, point.theta, step, chosen, told)
    along = {}
    for slot in learnt(point.network):
        if not checked[slot.start : slot.stop].all():
            v = draw_direction(slot, seed)
            along[slot.start] = v, directional_difference(point.objective, point.theta, step, slot, v)
    return Estimate(step, numerical, checked, along)


def compare(point: GradientPoint, estimate: Estimate, analytic: Array, engine: str) -> GradientCheck:
    """Return the comparison of an engine's gradient (D,) with an estimate."""
    blocks = tuple(compare_block(slot, analytic, estimate) for slot in learnt(point.network))
    return GradientCheck(blocks, analytic, estimate.numerical, estimate.checked, estimate.step, engine)


def compare_block(slot: Slot, analytic: Array, estimate: Estimate) -> BlockCheck:
    """Return the comparison of one array of the gradient (D,)."""
    place = slice(slot.start, slot.stop)
    whole, checked = analytic[place], estimate.checked[place]
    g, numerical = whole[checked], estimate.numerical[place][checked]
    error = relative_error(g, numerical)
    if slot.start in estimate.along:
        v, derivative = estimate.along[slot.start]
        usual = np.linalg.norm(whole) / np.sqrt(whole.size)
        scale = max(usual, abs(derivative), np.finfo(np.float64).tiny)
        error = float(np.maximum(error, np.abs(whole @ v - derivative) / scale))  # NaN if either is
    largest = float(np.abs(g - numerical).max())
    return BlockCheck(slot.layer, slot.name, slot.shape, error, largest, len(g))


def relative_error(g: Array, estimate: Array) -> float:
    """Return ‖g − ĝ‖ / max(‖g‖, ‖ĝ‖) of two arrays, 0 where both are 0.

    >>> relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0]))
    0.0
    """
    scale = max(np.linalg.norm(g), np.linalg.norm(estimate), np.finfo(np.float64).tiny)
    return float(np.linalg.norm(g - estimate) / scale)
