"""Scaled conjugate gradient, the conjugate gradient method of the lecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.solvers.base import State, as_column, dot, require_positive
from shoal.solvers.full_batch import FullBatchSolver, Point, keep, known, moves, rise

if TYPE_CHECKING:
    from shoal.shapes import Array, BoolArray, IntArray
    from shoal.solvers.base import Objective

_REMEMBERED = ("direction", "curvature", "lambda", "lambda_bar", "success", "iteration")
_SMALLEST_LAMBDA = 1e-15
"""Keeps the step along a direction without curvature finite after any number of good steps."""
_OVERFLOWN = -8.0
"""Δ of a trial whose J or gradient is not finite: the next one, in step 8, is a tenth as long."""


@dataclass(frozen=True)
class ScaledConjugateGradient(FullBatchSolver):
    """Conjugate gradient with a step length from a finite difference and a trust-region's damping.

    Each step is one iteration of Møller's algorithm. With the residual r = −∂J/∂theta (P, D), directions p
    (P, D) that begin at r, a damping λ (P,), and the numbers of his steps::

        2  s = (∂J(theta + σₖ p) − ∂J(theta)) / σₖ,  σₖ = σ / |p|,  δ = p·s      after a success only
        3  δ ← δ + (λ − λ̄) |p|²
        4  where δ ≤ 0:  λ̄ ← 2 (λ − δ/|p|²),  δ ← −δ + λ |p|²,  λ ← λ̄
        5  μ = p·r,  α = μ / δ
        6  Δ = 2 δ (J(theta) − J(theta + α p)) / μ², the decrease found over the one predicted
        7  where Δ ≥ 0, a success:  theta ← theta + α p,  λ̄ ← 0,  and p ← r' + β p with β = (|r'|² − r'·r) / μ
           from the new residual r', or p ← r' in every D-th iteration;  λ ← λ/4 where Δ ≥ ¾
           elsewhere, a failure:  λ̄ ← λ
        8  λ ← λ + δ (1 − Δ) / |p|²  where Δ < ¼
        9  converged where r is zero

    One iteration costs one evaluation, two after a success. A quadratic is minimised in about D.

    Added for finite precision: σ is at least the cube root of the dtype's rounding unit, so that float32
    differences keep digits; a decrease lost in the rounding of J is taken from the slopes; and where a step
    is too short to move theta, a member begins again along r, or has converged if it was r that it tried.

    Source: Møller, *A scaled conjugate gradient algorithm for fast supervised learning*, Neural Networks 6
    (1993) 525–533, steps 1–9.

    Raises ``ConfigurationError`` unless σ and the first λ are positive.

    >>> def objective(theta, members=None):  # J = ½ (theta₀² + 9 theta₁²)
    ...     gradient = theta * [1.0, 9.0]
    ...     return 0.5 * (theta * gradient).sum(axis=1), gradient
    >>> theta, solver = np.array([[3.0, 1.0]]), ScaledConjugateGradient()
    >>> state = solver.start(theta)
    >>> for _ in range(3):
    ...     step = solver.step(theta, objective, state, np.ones((1, 1)))
    ...     theta = step.theta
    >>> bool(step.gradient_size[0] < 1e-4)
    True
    """

    name: ClassVar[str] = "scg"

    sigma: float = 1e-4
    initial_lambda: float = 1e-6

    def __post_init__(self) -> None:
        require_positive(self, "sigma", "initial_lambda")

    def start_memory(self, theta: Array) -> State:
        size = len(theta)
        return {
            "direction": np.zeros_like(theta),
            "curvature": np.zeros(size),  # δ
            "lambda": np.full(size, self.initial_lambda),
            "lambda_bar": np.zeros(size),
            "success": np.ones(size, dtype=np.bool_),
            "iteration": np.ones(size, dtype=np.int64),  # k
        }

    def advance(self, members: IntArray, moved: BoolArray, objective: Objective, state: State) -> BoolArray:
        here = known(state, members)
        rows = {key: state[key][members] for key in _REMEMBERED}
        begin(here, rows)
        rows["success"] |= moved
        self.probe(here, members, objective, rows)
        mu, alpha = step_length(here, rows)
        trial = Point.at(here.theta + as_column(alpha, here.theta) * rows["direction"], objective, members)
        still = ~moves(alpha, rows["direction"], here.theta)
        conjugate(here, trial, mu, compare(here, trial, mu, alpha, rows), rows)
        converged = self.restart(still, here, rows)
        success = rows["success"]
        keep(state, members[success], Point(trial.theta[success], trial.J[success], trial.gradient[success]))
        for key, value in rows.items():
            state[key][members] = value
        return converged

    def probe(self, here: Point, members: IntArray, objective: Objective, rows: State) -> None:
        """Step 2: measure the curvature δ along p by a difference of gradients, where theta is new."""
        new = np.flatnonzero(rows["success"])
        if not new.size:
            return
        p, theta = rows["direction"][new], here.theta[new]
        sigma = max(self.sigma, float(np.finfo(theta.dtype).eps) ** (1 / 3))
        sigma_k = as_column(sigma / np.sqrt(dot(p, p)), theta)
        _, gradient = objective(theta + sigma_k * p, members[new])
        curvature = dot(p, (gradient - here.gradient[new]) / sigma_k)
        rows["curvature"][new] = np.where(np.isfinite(curvature), curvature, 0.0)
        rows["lambda_bar"][new] = 0.0

    def restart(self, still: BoolArray, here: Point, rows: State) -> BoolArray:
        """Let members whose steps vanish begin again along r; return those that did so already (Q,)."""
        steepest = (rows["direction"] == -here.gradient).all(axis=1)
        again = still & ~steepest
        rows["direction"][again] = 0  # leads nowhere, so the next iteration replaces it by r
        rows["lambda"][again] = self.initial_lambda
        converged: BoolArray = still & steepest
        return converged


def begin(here: Point, rows: State) -> None:
    """Step 1: p = r where p is no direction to follow: at the start, and after ``restart``."""
    p, r = rows["direction"], -here.gradient
    level = ~(np.abs(dot(p, r)) > 0)
    p[level] = r[level]
    rows["success"] |= level


def step_length(here: Point, rows: State) -> tuple[Array, Array]:
    """Steps 3 to 5: damp δ until it is positive; return μ (Q,) and α (Q,)."""
    p, damping, delta = rows["direction"], rows["lambda"], rows["curvature"]
    p_squared = dot(p, p)
    delta = delta + (damping - rows["lambda_bar"]) * p_squared
    indefinite = delta <= 0
    lambda_bar = 2 * (damping - delta / p_squared)
    rows["curvature"] = np.where(indefinite, -delta + damping * p_squared, delta)
    rows["lambda"] = np.where(indefinite, lambda_bar, damping)
    mu = dot(p, -here.gradient)
    return mu, mu / rows["curvature"]


def compare(here: Point, trial: Point, mu: Array, alpha: Array, rows: State) -> Array:
    """Step 6: return Δ (Q,), the decrease of J over the one predicted, ½ α μ = ½ μ² / δ."""
    p = rows["direction"]
    fall = -rise(here.J, -mu, trial.J, dot(p, trial.gradient), alpha, p.dtype)
    comparison = fall / (0.5 * alpha * mu)
    return np.where(trial.finite() & np.isfinite(comparison), comparison, _OVERFLOWN)


def conjugate(here: Point, trial: Point, mu: Array, comparison: Array, rows: State) -> None:
    """Steps 7 and 8: the next direction where the trial succeeds, and the next λ."""
    p, damping, delta = rows["direction"], rows["lambda"], rows["curvature"]
    success = comparison >= 0
    increase = delta * (1 - comparison) / dot(p, p)
    rows["lambda_bar"] = np.where(success, 0.0, damping)
    rows["lambda"] = np.where(comparison < 0.25, damping + increase, damping)
    rows["lambda"][comparison >= 0.75] = np.maximum(damping / 4, _SMALLEST_LAMBDA)[comparison >= 0.75]

    r, r_next = -here.gradient, -trial.gradient
    restart = rows["iteration"] % p.shape[1] == 0
    beta = np.where(restart, 0.0, (dot(r_next, r_next) - dot(r_next, r)) / mu)
    rows["direction"] = np.where(success[:, None], r_next + as_column(beta, p) * p, p)
    rows["success"] = success
    rows["iteration"] += 1
