"""BFGS: Newton's method with the inverse Hessian learnt from every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.solvers import strong_wolfe
from shoal.solvers.base import State, dot
from shoal.solvers.full_batch import FullBatchSolver, Point, keep, known

if TYPE_CHECKING:
    from shoal.shapes import Array, BoolArray, IntArray
    from shoal.solvers.base import Objective


@dataclass(frozen=True)
class BFGS(FullBatchSolver):
    """Step along p = −H ∂J/∂theta, where H (P, D, D) approximates the inverse Hessian from all steps so far.

    With steps s, changes of gradient y (P, D) and ρ = 1 / s·y, H begins as I, becomes (s·y / y·y) I before
    the first update, and::

        H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ

    theta ← theta + α p, with α from a search for the strong Wolfe conditions that tries α = 1 first (the
    shorter of 1 and 1/|g| before there is an update). A step with s·y ≤ 0, or too small beside rounding,
    teaches nothing. A member whose search finds no lower J begins anew from I; one that has just done so
    has converged: J cannot be seen to fall along the gradient any more.

    ``lbfgs`` is the same from the last few steps, for any number of parameters; of a network of more than
    5000 this one is refused.

    Source: Nocedal & Wright, *Numerical Optimization* (2006), algorithm 6.1, equations 6.17 and 6.20.

    >>> def objective(theta, members=None):  # J = ½ (theta₀² + 9 theta₁²)
    ...     gradient = theta * [1.0, 9.0]
    ...     return 0.5 * (theta * gradient).sum(axis=1), gradient
    >>> theta, solver = np.array([[3.0, 1.0]]), BFGS()
    >>> state = solver.start(theta)
    >>> for _ in range(10):
    ...     step = solver.step(theta, objective, state, np.ones((1, 1)))
    ...     theta = step.theta
    >>> bool(step.gradient_size[0] < 1e-4)
    True
    """

    name: ClassVar[str] = "bfgs"
    dense: ClassVar[bool] = True
    keeps_matrices: ClassVar[bool] = True

    def start_memory(self, theta: Array) -> State:
        size, n_parameters = theta.shape
        identity = np.eye(n_parameters, dtype=theta.dtype)
        return {
            "inverse": np.broadcast_to(identity, (size, *identity.shape)).copy(),
            "learnt": np.zeros(size, dtype=np.bool_),
        }

    def advance(self, members: IntArray, moved: BoolArray, objective: Objective, state: State) -> BoolArray:
        here = known(state, members)
        direction = -_times(state["inverse"][members], here.gradient)
        slope = dot(here.gradient, direction)
        wrong = ~((slope < 0) & np.isfinite(slope))
        forget(state, members[wrong])
        direction[wrong] = -here.gradient[wrong]

        blank = ~state["learnt"][members]
        length = np.sqrt(dot(here.gradient, here.gradient))
        first = np.where(blank, 1 / np.maximum(length, 1), 1.0)
        there, lower = strong_wolfe.search(here, direction, first, members, objective)
        keep(state, members, there)
        learn(here, there, members, state)
        forget(state, members[~lower])
        converged: BoolArray = ~lower & blank
        return converged


def learn(here: Point, there: Point, members: IntArray, state: State) -> None:
    """Update the inverse Hessians of ``members`` by their steps from ``here`` to ``there``."""
    s, y = there.theta - here.theta, there.gradient - here.gradient
    s_y, y_y = dot(s, y), dot(y, y)
    rounding = np.finfo(s.dtype).eps * np.sqrt(dot(s, s)) * np.sqrt(y_y)
    convex = s_y > rounding
    rows, s, y, s_y = members[convex], s[convex], y[convex], s_y[convex]
    blank = ~state["learnt"][rows]
    state["inverse"][rows[blank]] *= (s_y / y_y[convex])[blank, None, None]
    # H' = H − ρ (s hᵀ + h sᵀ) + ρ (1 + ρ y·h) s sᵀ with h = H y, which is the equation, multiplied out
    H = state["inverse"][rows]
    h, rho = _times(H, y), 1 / s_y
    cross = s[:, :, None] * h[:, None, :]
    outer = s[:, :, None] * s[:, None, :]
    weight = rho * (1 + rho * dot(y, h))
    H += weight[:, None, None] * outer - rho[:, None, None] * (cross + cross.swapaxes(1, 2))
    state["inverse"][rows] = H
    state["learnt"][rows] = True


def forget(state: State, members: IntArray) -> None:
    """Let the inverse Hessians of ``members`` be I; their next direction is the steepest descent."""
    state["inverse"][members] = np.eye(state["inverse"].shape[1], dtype=state["inverse"].dtype)
    state["learnt"][members] = False


def _times(H: Array, g: Array) -> Array:
    """Return H g (Q, D) of symmetric H (Q, D, D)."""
    product: Array = (H @ g[:, :, None])[:, :, 0]
    return product
