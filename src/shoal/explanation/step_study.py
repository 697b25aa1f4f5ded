"""How far central differences can be trusted: the error of the estimate against the step h.

Two errors meet. Truncation: the parabola through J(θ ± h) misses what curves more, an error that falls as h².
Rounding: J is known to about 16 digits, and the difference of two nearly equal numbers is divided by 2h, an
error that grows as 1/h. The best step lies where they are equal, near the cube root of the unit roundoff.

Source: Press et al., *Numerical Recipes*, 3rd ed., sec. 5.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.engines.reference import ReferenceEngine
from shoal.errors import ConfigurationError
from shoal.explanation.differences import Told
from shoal.explanation.gradient_check import GradientCheck, compare, estimate_gradient
from shoal.explanation.point import GradientPoint
from shoal.explanation.sampling import draw_parameters
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array

STEPS = tuple(float(10.0**power) for power in np.arange(-1.0, -12.5, -0.5))
TRUNCATION, ROUNDING = (1e-3, 1e-2), (0.0, 1e-8)
"""Where one of the two errors is all that is seen."""


@dataclass(frozen=True)
class StepStudy:
    """Relative errors of central differences for several steps, a row for each parameter array.

    ``errors`` (blocks, steps); ``names`` are those of the arrays, W1 and so on.
    """

    steps: Array
    names: tuple[str, ...]
    errors: Array

    @property
    def largest(self) -> Array:
        """The largest error over the parameter arrays, for each step."""
        largest: Array = self.errors.max(axis=0)
        return largest

    @property
    def best_step(self) -> float:
        """The step of the smallest error."""
        return float(self.steps[self.largest.argmin()])

    @property
    def truncation(self) -> float:
        """The c of the truncation error c h², read off the large steps."""
        return self._coefficient(TRUNCATION, power=2)

    @property
    def rounding(self) -> float:
        """The c of the rounding error c/h, read off the small steps."""
        return self._coefficient(ROUNDING, power=-1)

    def _coefficient(self, between: tuple[float, float], power: int) -> float:
        low, high = between
        there = (self.steps >= low * 0.99) & (self.steps <= high * 1.01)
        return float(np.median(self.largest[there] / self.steps[there] ** power))


def study_steps(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    seed: int = 0,
    steps: Sequence[float] = STEPS,
    sample: int | None = None,
    told: Told | None = None,
) -> StepStudy:
    """Check the gradient with one step after the other; see ``check_gradients`` for the arguments.

    ``told`` hears how many differences are there, and how many there will be.

    Raises what ``check_gradients`` raises, and ``ConfigurationError`` without steps.

    >>> from shoal.layers import Dense
    >>> network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    >>> study = study_steps(network, [[0.5, -1.0], [2.0, 0.3]], [0, 1])
    >>> 1e-7 < study.best_step < 1e-3
    True
    """
    if not len(steps):
        raise ConfigurationError("a study of steps needs steps, got none; leave them out for 1e-1 to 1e-12")
    point = GradientPoint(network, X, y, seed=seed)
    chosen, gradient = draw_parameters(point.network, sample, seed), point.gradient(ReferenceEngine.name)
    checks = []
    for i, step in enumerate(steps):
        estimate = estimate_gradient(point, step, chosen, seed, told and _the_part(told, i, len(steps)))
        checks.append(compare(point, estimate, gradient, ReferenceEngine.name))
    errors = np.array([[block.relative_error for block in check.blocks] for check in checks]).T
    return StepStudy(np.array(steps), block_names(checks[0]), errors)


def _the_part(told: Told, i: int, steps: int) -> Told:
    """Return who hears of the differences with one step, and tells of all of them."""
    return lambda done, of: told(i * of + done, steps * of)


def block_names(check: GradientCheck) -> tuple[str, ...]:
    """Return the names of the parameter arrays, numbered by the layers that have parameters.

    A layer of dropout between two dense ones does not count, as in the lecture.
    """
    numbers = {layer: i for i, layer in enumerate(sorted({block.layer for block in check.blocks}), start=1)}
    return tuple(f"{block.name}{numbers[block.layer]}" for block in check.blocks)
