"""Stochastic gradient descent with momentum, plain or Nesterov's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.errors import ConfigurationError
from shoal.solvers.base import FirstOrderSolver, State, require_fraction

if TYPE_CHECKING:
    from shoal.shapes import Array


@dataclass(frozen=True)
class SGD(FirstOrderSolver):
    """Descend on minibatches with a velocity that remembers past gradients.

    With g = ∂J/∂theta (P, D), α (P, 1), and a velocity v (P, D) that starts at zero::

        v ← μ v − α g
        theta ← theta + v             or, with Nesterov's momentum,   theta ← theta + μ v − α g

    This is scikit-learn's convention: the learning rate is inside the velocity, so what was gathered at
    an earlier rate keeps it. PyTorch's v ← μ v + g, theta ← theta − α v makes the same steps as long as
    the learning rate stays the same. μ = 0 is plain gradient descent.

    Source: Sutskever, Martens, Dahl & Hinton, *On the importance of initialization and momentum in deep
    learning*, ICML 2013, equations 1–2; for Nesterov's form, written at the point looked ahead to, Bengio,
    Boulanger-Lewandowski & Pascanu, *Advances in optimizing recurrent networks*, ICASSP 2013, equation 7.

    Raises ``ConfigurationError`` unless 0 ≤ μ < 1 and ``nesterov`` is a truth value.

    >>> def objective(theta, members=None):  # J = ½ theta², gradient theta
    ...     return 0.5 * (theta**2).sum(axis=1), theta
    >>> theta, rate, solver = np.array([[1.0]]), np.array([[0.5]]), SGD(momentum=0.5)
    >>> state = solver.start(theta)
    >>> theta = solver.step(theta, objective, state, rate).theta  # v = −½
    >>> solver.step(theta, objective, state, rate).theta  # v = ½·(−½) − ½·½
    array([[0.]])
    """

    name: ClassVar[str] = "sgd"
    learning_rate: ClassVar[float] = 0.01

    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        require_fraction(self, "momentum")
        if not isinstance(self.nesterov, bool):
            raise ConfigurationError(f"sgd: nesterov must be True or False; got {self.nesterov!r}")

    def start(self, theta: Array) -> State:
        return {"velocity": np.zeros_like(theta)}

    def change(self, gradient: Array, state: State, rate: Array) -> Array:
        velocity, descent = state["velocity"], rate * gradient
        velocity *= self.momentum
        velocity -= descent
        return self.momentum * velocity - descent if self.nesterov else velocity
