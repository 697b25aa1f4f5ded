"""Gradient descent on the whole training set, as in the lecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from shoal.solvers.base import FirstOrderSolver, State

if TYPE_CHECKING:
    from shoal.shapes import Array


@dataclass(frozen=True)
class GradientDescent(FirstOrderSolver):
    """Follow the steepest descent of the objective over all samples.

    theta ← theta − α ∂J/∂theta, with theta (P, D) and α (P, 1). Source: Cauchy (1847); Nocedal & Wright,
    *Numerical Optimization* (2006), section 2.2.

    >>> import numpy as np
    >>> def objective(theta, members=None):  # J = ½ theta², gradient theta
    ...     return 0.5 * (theta**2).sum(axis=1), theta
    >>> theta, solver = np.array([[1.0], [-4.0]]), GradientDescent()
    >>> solver.step(theta, objective, solver.start(theta), np.array([[0.5], [0.25]])).theta
    array([[ 0.5],
           [-3. ]])
    """

    name: ClassVar[str] = "gradient_descent"
    full_batch: ClassVar[bool] = True
    learning_rate: ClassVar[float] = 0.1

    def start(self, theta: Array) -> State:
        return {}

    def change(self, gradient: Array, state: State, rate: Array) -> Array:
        return -rate * gradient
