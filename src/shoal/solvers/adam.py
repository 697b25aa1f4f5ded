"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.errors import ConfigurationError
from shoal.solvers.base import FirstOrderSolver, State, require_fraction, require_positive

if TYPE_CHECKING:
    from shoal.shapes import Array


@dataclass(frozen=True)
class Adam(FirstOrderSolver):
    """Divide the running mean of the gradient by the root of its running mean square.

    With g = ∂J/∂theta (P, D), all operations by component, t = 1, 2, … and m, v starting at zero::

        m ← β₁ m + (1 − β₁) g               v ← β₂ v + (1 − β₂) g²
        theta ← theta − α m̂ / (√v̂ + ε)     m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    With ``epsilon_hat``, ε stands beside √v instead of √v̂ and counts 1 / √(1 − β₂ᵗ) times as much: the
    paper's shorter form, which scikit-learn and TensorFlow have.

    Source: Kingma & Ba, *Adam: a method for stochastic optimization*, ICLR 2015, algorithm 1, and the end of
    section 2 for ε̂.

    Raises ``ConfigurationError`` unless 0 ≤ β₁, β₂ < 1, ε > 0 and ``epsilon_hat`` is a truth value.

    >>> def objective(theta, members=None):  # J = ½ theta², gradient theta
    ...     return 0.5 * (theta**2).sum(axis=1), theta
    >>> theta, solver = np.array([[1.0], [-4.0]]), Adam()
    >>> step = solver.step(theta, objective, solver.start(theta), np.array([[0.5], [0.25]]))
    >>> step.theta.round(6)  # the first step is α long, whatever the size of the gradient
    array([[ 0.5 ],
           [-3.75]])
    """

    name: ClassVar[str] = "adam"
    learning_rate: ClassVar[float] = 1e-3

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    epsilon_hat: bool = False

    def __post_init__(self) -> None:
        require_fraction(self, "beta1", "beta2")
        require_positive(self, "epsilon")
        if not isinstance(self.epsilon_hat, bool):
            raise ConfigurationError(
                f"{self.name}: epsilon_hat must be True or False; got {self.epsilon_hat!r}"
            )

    def start(self, theta: Array) -> State:
        # β₁ᵗ and β₂ᵗ stay float64: 1 − 0.999 keeps only four digits in float32.
        return {
            "m": np.zeros_like(theta),
            "v": np.zeros_like(theta),
            "beta1_power": np.ones((len(theta), 1)),
            "beta2_power": np.ones((len(theta), 1)),
        }

    def change(self, gradient: Array, state: State, rate: Array) -> Array:
        m, v = state["m"], state["v"]
        m *= self.beta1
        m += (1 - self.beta1) * gradient
        v *= self.beta2
        v += (1 - self.beta2) * gradient**2
        state["beta1_power"] *= self.beta1
        state["beta2_power"] *= self.beta2
        m_hat = m / (1 - state["beta1_power"]).astype(m.dtype)
        v_correction = (1 - state["beta2_power"]).astype(v.dtype)
        if self.epsilon_hat:
            denominator = (np.sqrt(v) + self.epsilon) / np.sqrt(v_correction)
        else:
            denominator = np.sqrt(v / v_correction) + self.epsilon
        change: Array = -rate * m_hat / denominator
        return change
