"""RMSprop: gradients divided by the root of their running mean square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.solvers.base import FirstOrderSolver, State, require_fraction, require_positive

if TYPE_CHECKING:
    from shoal.shapes import Array


@dataclass(frozen=True)
class RMSprop(FirstOrderSolver):
    """Divide the gradient by a running root mean square of itself.

    With g = ∂J/∂theta (P, D), α (P, 1), all operations by component, and v (P, D) starting at zero::

        v ← ρ v + (1 − ρ) g²
        theta ← theta − α g / (√v + ε)

    Source: Tieleman & Hinton, *Neural networks for machine learning*, Coursera 2012, lecture 6e, where
    ρ = 0.9; ε stands outside the root, as in PyTorch.

    Raises ``ConfigurationError`` unless 0 ≤ ρ < 1 and ε > 0.

    >>> def objective(theta, members=None):  # J = ½ theta², gradient theta
    ...     return 0.5 * (theta**2).sum(axis=1), theta
    >>> theta, solver = np.array([[1.0], [-4.0]]), RMSprop(rho=0.75)
    >>> solver.step(theta, objective, solver.start(theta), np.array([[0.5], [0.25]])).theta.round(6)
    array([[ 0. ],
           [-3.5]])
    """

    name: ClassVar[str] = "rmsprop"
    learning_rate: ClassVar[float] = 1e-3

    rho: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        require_fraction(self, "rho")
        require_positive(self, "epsilon")

    def start(self, theta: Array) -> State:
        return {"v": np.zeros_like(theta)}

    def change(self, gradient: Array, state: State, rate: Array) -> Array:
        v = state["v"]
        v *= self.rho
        v += (1 - self.rho) * gradient**2
        return -rate * gradient / (np.sqrt(v) + self.epsilon)
