"""What a solver is: a rule that turns parameters and their gradient into the next parameters.

A solver holds hyper-parameters only. What it remembers of each member lives in a ``State`` that the
training loop owns, so that the loop can drop the members that stopped with ``state[key][keep]``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias, cast

import numpy as np

from shoal.errors import ConfigurationError
from shoal.registry import Named
from shoal.shapes import Array, BoolArray, IntArray, is_number

State: TypeAlias = dict[str, Array]
"""What a solver remembers between steps; every array has the leading axis P."""


class Objective(Protocol):
    """The function that a solver minimises, for any of the members of a population.

    Called with theta (Q, D), it returns J (Q,) and its gradient ∂J/∂theta (Q, D). ``members`` (Q,) names
    the members that the rows belong to; None means all of the population, in order. A member's values
    must not depend on which others are asked for.
    """

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]: ...


class CurvedObjective(Objective, Protocol):
    """An objective whose curvature is known: a sum of squares of what the network gets wrong, and penalties.

    ``noise_scale`` (P,) times J is ½ Σ_i s_i r_i², the sum itself, where there are no penalties, and
    ``n_numbers`` (P,) is how many r there are: outputs times the weights of the samples.
    """

    noise_scale: Array
    n_numbers: Array

    def curvature(self, theta: Array, members: IntArray | None = None) -> Array:
        """Return the Gauss-Newton Hessian (Q, D, D) of J at theta (Q, D)."""
        ...


def curved(solver: Solver, objective: Objective) -> CurvedObjective:
    """Return the objective, or raise ``ConfigurationError`` where its curvature is not known."""
    if not hasattr(objective, "curvature"):
        raise ConfigurationError(
            f"{solver.name} needs an objective that knows its curvature, got {objective!r}; use bfgs or lbfgs"
        )
    return cast("CurvedObjective", objective)


@dataclass(frozen=True)
class Step:
    """What one step of a solver found and proposes.

    ``J`` (P,) and ``gradient_size`` (P,), the largest |∂J/∂theta_d|, belong to the parameters that the step
    was given; either is non-finite where a member diverged. ``theta`` (P, D) holds the proposed parameters
    in a new array. ``converged`` (P,) says for which members the solver can do no better.
    """

    J: Array
    theta: Array
    converged: BoolArray
    gradient_size: Array


class Solver(Named, ABC):
    """A rule for minimising the objectives of all members at once, each with a memory of its own.

    Every operation works on each member's row alone, so the numbers of a member are the same bits in any
    company, and a member with a NaN or an infinity harms nobody else.
    """

    full_batch: ClassVar[bool] = False
    """True where the method needs the same function at every step, so minibatches are refused."""
    takes_learning_rate: ClassVar[bool] = True
    """False where the method finds its own step length and ignores ``rate``."""
    learning_rate: ClassVar[float]
    """The learning rate α where the user names none."""
    decay_times_rate: ClassVar[bool] = False
    """True where decoupled weight decay is α·λ·w instead of the lecture's λ·w."""

    squares: ClassVar[bool] = False
    """True where the method knows how sums of squares curve, so other losses are refused."""
    dense: ClassVar[bool] = False
    """True where it holds D × D numbers of a member, so networks of very many parameters are refused."""
    keeps_matrices: ClassVar[bool] = False
    """True where it remembers such a matrix of each member from step to step."""
    estimates_l2: ClassVar[bool] = False
    """True where the method finds the strength of a penalty by itself, so none is to be given."""
    tells: ClassVar[tuple[str, ...]] = ()
    """What of its ``State``, (P,) each, the history shall hold of every epoch."""

    @property
    def dtype(self) -> str:
        """The precision that it runs in unless told otherwise: double where it searches along a line."""
        return "float32" if self.takes_learning_rate else "float64"

    @abstractmethod
    def start(self, theta: Array) -> State:
        """Return the memory of members that begin at theta (P, D)."""

    @abstractmethod
    def step(self, theta: Array, objective: Objective, state: State, rate: Array) -> Step:
        """Return one step from theta (P, D) with learning rates (P, 1) of the same dtype.

        Updates ``state`` in place and never writes into ``theta``. Members with non-finite values make
        NumPy's floating-point warnings; a caller that expects such members silences them.
        """


class FirstOrderSolver(Solver):
    """A solver that looks at one gradient a step: theta ← theta + Δtheta(∂J/∂theta)."""

    def step(self, theta: Array, objective: Objective, state: State, rate: Array) -> Step:
        J, gradient = objective(theta)
        change = self.change(gradient, state, rate)
        return Step(J, theta + change, np.zeros(len(theta), dtype=np.bool_), largest(gradient))

    @abstractmethod
    def change(self, gradient: Array, state: State, rate: Array) -> Array:
        """Return Δtheta (P, D) for the gradient (P, D), updating ``state`` in place."""


def largest(gradient: Array) -> Array:
    """Return each member's largest absolute component (P,) of an array (P, D); NaN where it holds one.

    >>> largest(np.array([[1.0, -3.0], [0.5, 0.25]]))
    array([3. , 0.5])
    """
    size: Array = np.abs(gradient).max(axis=1)
    return size


def dot(a: Array, b: Array) -> Array:
    """Return the inner products (P,) of the rows of a (P, D) and b (P, D).

    The products are laid out row by row before they are added, so a row's sum is added up in the same
    order however the arguments lie in memory and however many rows there are.

    >>> dot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]]))
    array([17., 53.])
    """
    sums: Array = np.multiply(a, b, order="C").sum(axis=1)
    return sums


def as_column(values: Array, like: Array) -> Array:
    """Return one number a member, (P,), as a column (P, 1) of the dtype of ``like``."""
    return values.astype(like.dtype)[:, None]


def require_fraction(solver: Solver, *fields: str) -> None:
    """Raise ``ConfigurationError`` for a field of ``solver`` outside 0 ≤ value < 1."""
    for field in fields:
        value = getattr(solver, field)
        if not is_number(value) or not 0 <= value < 1:
            raise ConfigurationError(
                f"{solver.name}: {field} must be a number from 0 up to, not including, 1; got {value!r}"
            )


def require_positive(solver: Solver, *fields: str) -> None:
    """Raise ``ConfigurationError`` for a field of ``solver`` that is not a positive finite number."""
    for field in fields:
        value = getattr(solver, field)
        if not is_number(value) or not 0 < value < math.inf:
            raise ConfigurationError(f"{solver.name}: {field} must be a positive number; got {value!r}")
