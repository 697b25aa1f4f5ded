"""Limited-memory BFGS: Newton's method with curvature learnt from the last few steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.errors import ConfigurationError
from shoal.solvers import strong_wolfe
from shoal.solvers.base import State, dot
from shoal.solvers.full_batch import FullBatchSolver, Point, keep, known

if TYPE_CHECKING:
    from shoal.shapes import Array, BoolArray, IntArray
    from shoal.solvers.base import Objective


@dataclass(frozen=True)
class LBFGS(FullBatchSolver):
    """Step along −H ∂J/∂theta, where H approximates the inverse Hessian from the last ``memory`` steps.

    With g = ∂J/∂theta (P, D), steps s and changes of gradient y (P, memory, D), ρ = 1 / s·y and γ = s·y / y·y
    (of the newest pair, 1 without any), p = −H g comes from the two loops::

        q ← g;   from the newest pair to the oldest:  a ← ρ s·q,  q ← q − a y
        q ← γ q;   from the oldest to the newest:     b ← ρ y·q,  q ← q + (a − b) s;      p = −q

    and theta ← theta + α p, with α from a search for the strong Wolfe conditions that tries α = 1 first (the
    shorter of 1 and 1/|g| before there is a pair). A pair with s·y ≤ 0, or too small beside rounding, is not
    kept. A member whose search finds no lower J forgets its pairs; with none to forget, it has converged: J
    cannot be seen to fall along the gradient any more.

    Source: Nocedal & Wright, *Numerical Optimization* (2006), algorithms 7.4 and 7.5, equation 7.20.

    Raises ``ConfigurationError`` unless ``memory`` is a positive integer.

    >>> def objective(theta, members=None):  # J = ½ (theta₀² + 9 theta₁²)
    ...     gradient = theta * [1.0, 9.0]
    ...     return 0.5 * (theta * gradient).sum(axis=1), gradient
    >>> theta, solver = np.array([[3.0, 1.0]]), LBFGS()
    >>> state = solver.start(theta)
    >>> for _ in range(8):
    ...     step = solver.step(theta, objective, state, np.ones((1, 1)))
    ...     theta = step.theta
    >>> bool(step.gradient_size[0] < 1e-4)
    True
    """

    name: ClassVar[str] = "lbfgs"

    memory: int = 10

    def __post_init__(self) -> None:
        if not isinstance(self.memory, int) or isinstance(self.memory, bool) or self.memory < 1:
            raise ConfigurationError(f"lbfgs: memory must be an integer of 1 or more; got {self.memory!r}")

    def start_memory(self, theta: Array) -> State:
        # Pairs lie oldest first. One that is not there yet is zero, which changes nothing in the two loops.
        size, n_parameters = theta.shape
        return {
            "s": np.zeros((size, self.memory, n_parameters), theta.dtype),
            "y": np.zeros((size, self.memory, n_parameters), theta.dtype),
            "rho": np.zeros((size, self.memory), theta.dtype),
            "gamma": np.ones(size, theta.dtype),
        }

    def advance(self, members: IntArray, moved: BoolArray, objective: Objective, state: State) -> BoolArray:
        here = known(state, members)
        direction = -inverse_hessian_product(here.gradient, members, state)
        slope = dot(here.gradient, direction)
        wrong = ~((slope < 0) & np.isfinite(slope))
        forget(state, members[wrong])
        direction[wrong] = -here.gradient[wrong]

        blank = state["rho"][members, -1] == 0
        length = np.sqrt(dot(here.gradient, here.gradient))
        first = np.where(blank, 1 / np.maximum(length, 1), 1.0)
        there, lower = strong_wolfe.search(here, direction, first, members, objective)
        keep(state, members, there)
        learn(here, there, members, state)
        forget(state, members[~lower])
        converged: BoolArray = ~lower & blank
        return converged


def inverse_hessian_product(gradient: Array, members: IntArray, state: State) -> Array:
    """Return H g (Q, D) for the gradients g (Q, D) of ``members``, by algorithm 7.4."""
    q, rho = gradient.copy(), state["rho"][members]
    a = np.zeros_like(rho)
    pairs = range(rho.shape[1])
    for i in reversed(pairs):
        a[:, i] = rho[:, i] * dot(state["s"][members, i], q)
        q -= a[:, i, None] * state["y"][members, i]
    q *= state["gamma"][members, None]
    for i in pairs:
        b = rho[:, i] * dot(state["y"][members, i], q)
        q += (a[:, i] - b)[:, None] * state["s"][members, i]
    return q


def learn(here: Point, there: Point, members: IntArray, state: State) -> None:
    """Keep the pairs of the steps from ``here`` to ``there`` along which the gradient grew."""
    s, y = there.theta - here.theta, there.gradient - here.gradient
    s_y, y_y = dot(s, y), dot(y, y)
    rounding = np.finfo(s.dtype).eps * np.sqrt(dot(s, s)) * np.sqrt(y_y)
    convex = s_y > rounding
    rows = members[convex]
    for key, newest in ("s", s), ("y", y), ("rho", 1 / np.where(convex, s_y, 1)):
        pairs = state[key]
        for i in range(pairs.shape[1] - 1):
            pairs[rows, i] = pairs[rows, i + 1]
        pairs[rows, -1] = newest[convex]
    state["gamma"][rows] = (s_y / np.where(convex, y_y, 1))[convex]


def forget(state: State, members: IntArray) -> None:
    """Drop the pairs of ``members``; their next direction is the steepest descent."""
    for key in "s", "y", "rho":
        state[key][members] = 0
    state["gamma"][members] = 1
