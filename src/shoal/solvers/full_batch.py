"""What the solvers share that find their own step length on a function that stays the same.

They judge a step by the objective at its end. Those values are the first thing that the next step
needs, so they are kept with the point that they belong to, and a member is evaluated afresh only where
its parameters are no longer that point (at the start, or where weight decay has moved them).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers.base import Objective, Solver, State, Step, largest

NOISE = 8.0
"""How many rounding units of J two of its values may differ by and still count as the same."""


@dataclass(frozen=True)
class Point:
    """Parameters theta (Q, D) with J (Q,) and ∂J/∂theta (Q, D) there."""

    theta: Array
    J: Array
    gradient: Array

    @classmethod
    def at(cls, theta: Array, objective: Objective, members: IntArray) -> Point:
        """Evaluate the objective of ``members`` (Q,) at theta (Q, D)."""
        return cls(theta, *objective(theta, members))

    def finite(self) -> BoolArray:
        """Return for which rows (Q,) J and every component of the gradient are finite."""
        finite: BoolArray = np.isfinite(self.J) & np.isfinite(self.gradient).all(axis=1)
        return finite


class FullBatchSolver(Solver):
    """A solver that advances every member whose gradient is finite and not zero; the others stay put."""

    full_batch: ClassVar[bool] = True
    takes_learning_rate: ClassVar[bool] = False
    learning_rate: ClassVar[float] = 1.0

    def start(self, theta: Array) -> State:
        return {
            "theta": np.full_like(theta, np.nan),  # equal to no parameters: the first step evaluates all
            "J": np.full(len(theta), np.nan),
            "gradient": np.full_like(theta, np.nan),
            **self.start_memory(theta),
        }

    def step(self, theta: Array, objective: Objective, state: State, rate: Array) -> Step:
        moved = (theta != state["theta"]).any(axis=1)
        if moved.any():
            rows = np.flatnonzero(moved)
            keep(state, rows, Point.at(theta[rows], objective, rows))
        J, gradient_size = state["J"].copy(), largest(state["gradient"])
        converged = gradient_size == 0
        members = np.flatnonzero(np.isfinite(J) & np.isfinite(gradient_size) & ~converged)
        if members.size:
            converged[members] = self.advance(members, moved[members], objective, state)
        return Step(J, state["theta"].copy(), converged, gradient_size)

    @abstractmethod
    def start_memory(self, theta: Array) -> State:
        """Return what the solver remembers besides the point where the members are."""

    @abstractmethod
    def advance(self, members: IntArray, moved: BoolArray, objective: Objective, state: State) -> BoolArray:
        """Take ``members`` (Q,) one iteration on and return which of them can do no better (Q,).

        Reads and replaces their rows of ``state``; ``moved`` (Q,) marks members that are not where the
        last iteration left them.
        """


def known(state: State, members: IntArray) -> Point:
    """Return the point where ``members`` (Q,) are."""
    return Point(state["theta"][members], state["J"][members], state["gradient"][members])


def keep(state: State, members: IntArray, point: Point) -> None:
    """Remember that ``members`` (Q,) are at ``point``."""
    state["theta"][members] = point.theta
    state["J"][members] = point.J
    state["gradient"][members] = point.gradient


def rise(
    J: Array, slope: Array, J_next: Array, slope_next: Array, length: Array, dtype: np.dtype[Any]
) -> Array:
    """Return by how much J rises (Q,) between two points of a line, ``length`` (Q,) apart.

    J' − J, or the trapezium ½ length (slope + slope') where both are lost in the rounding of J: near a
    minimum the slopes still tell a fall from a rise when the values no longer do. In the first of Wolfe's
    conditions the trapezium makes the approximate condition of Hager & Zhang, *A new conjugate gradient
    method with guaranteed descent and an efficient line search*, SIAM J. Optim. 16 (2005).

    >>> J, further = np.array([1.0]), np.array([1.0 + 1e-9])
    >>> for dtype in "float64", "float32":
    ...     fall = rise(J, np.array([-2e-5]), further, np.zeros(1), np.array([1e-3]), np.dtype(dtype))
    ...     print(fall.round(12))
    [1.e-09]
    [-1.e-08]
    """
    difference, trapezium = J_next - J, 0.5 * length * (slope + slope_next)
    noise = NOISE * np.finfo(dtype).eps * np.abs(J)
    lost = (np.abs(difference) <= noise) & (np.abs(trapezium) <= noise)
    return np.where(lost, trapezium, difference)


def moves(length: Array, direction: Array, theta: Array) -> BoolArray:
    """Return where steps of ``length`` (Q,) along p (Q, D) are more than the rounding of theta (Q, D)."""
    rounding = np.finfo(theta.dtype).eps * largest(theta)
    more: BoolArray = np.abs(length) * largest(direction) > rounding
    return more
