"""Damped Gauss-Newton steps: how Levenberg's and Marquardt's method goes down from where a member is."""

from __future__ import annotations

import numpy as np

from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers import definite
from shoal.solvers.base import Objective, dot
from shoal.solvers.full_batch import Point, moves, rise

HELD = 2**24
"""Numbers of Hessians held at a time: 128 MiB of float64."""
TRIALS = 16
"""Steps after which a member has found none that lowers J. Their damping grows 2^(n (n + 1) / 2)-fold."""


def descend(
    here: Point, hessian: Array, damping: Array, members: IntArray, objective: Objective
) -> tuple[Point, Array, BoolArray]:
    """Return points (Q, D) where J is lower, the next step's damping (Q,), and for whom there is one (Q,).

    With g = ∂J/∂theta (Q, D), H (Q, D, D) its curvature and the damping μ (Q,), p solves (H + μ I) p = −g.
    Where theta + p is no lower, μ ← μ ν with ν = 2, 4, 8, … and again; where it is, with the fall found over
    the one predicted, ρ = (J − J') / (½ p·(μ p − g))::

        μ ← μ max(1/3, 1 − (2 ρ − 1)³)

    A member gives up after ``TRIALS``, or once p is too short to move theta. Falls lost in the rounding of J
    are taken from the slopes, and μ stays above the rounding of H.

    Source: Madsen, Nielsen & Tingleff, *Methods for non-linear least squares problems*, 2nd ed. (2004),
    algorithm 3.16.
    """
    there = Point(here.theta.copy(), here.J.copy(), here.gradient.copy())
    found = np.zeros(len(members), dtype=np.bool_)
    least = np.finfo(here.theta.dtype).eps * np.einsum("pdd->pd", hessian).max(axis=1)
    damping, growth = np.maximum(damping, least), np.full(len(members), 2.0)
    rows = np.arange(len(members))
    for _ in range(TRIALS):
        p = _step(hessian[rows], damping[rows], here.gradient[rows])
        apart = moves(np.ones(len(rows)), p, here.theta[rows]) | ~np.isfinite(p).all(axis=1)
        rows, p = rows[apart], p[apart]
        if not rows.size:
            break
        trial = Point.at(here.theta[rows] + p, objective, members[rows])
        fall, predicted = _falls(here, rows, p, damping[rows], trial)
        lower = trial.finite() & (fall > 0)
        new = rows[lower]
        there.theta[new], there.J[new] = trial.theta[lower], trial.J[lower]
        there.gradient[new] = trial.gradient[lower]
        found[new] = True
        damping[new] *= np.maximum(1 / 3, 1 - (2 * fall / predicted - 1) ** 3)[lower]
        rows = rows[~lower]
        damping[rows] *= growth[rows]
        growth[rows] *= 2
    return there, damping, found


def largest_curvature(hessian: Array) -> Array:
    """Return the largest diagonal entry (Q,) of H (Q, D, D), in float64."""
    largest: Array = np.einsum("pdd->pd", hessian).max(axis=1).astype(np.float64)
    return largest


def _step(hessian: Array, damping: Array, gradient: Array) -> Array:
    damped = hessian.copy()
    np.einsum("pdd->pd", damped)[...] += damping[:, None].astype(hessian.dtype)
    return -definite.solve(damped, gradient)


def _falls(here: Point, rows: IntArray, p: Array, damping: Array, trial: Point) -> tuple[Array, Array]:
    """Return by how much J falls with p (Q,), and by how much the damped parabola said it would."""
    slope = dot(here.gradient[rows], p)
    end = dot(trial.gradient, p)
    fall = -rise(here.J[rows], slope, trial.J, end, np.ones(len(rows)), p.dtype)
    return fall, 0.5 * (damping * dot(p, p) - slope)
