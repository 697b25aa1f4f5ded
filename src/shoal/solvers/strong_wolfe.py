"""A line search for the strong Wolfe conditions, each member of a population on its own interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.solvers.base import as_column, dot
from shoal.solvers.full_batch import Point, moves, rise

if TYPE_CHECKING:
    from shoal.shapes import Array, BoolArray, IntArray
    from shoal.solvers.base import Objective

DECREASE = 1e-4
"""c₁ of the sufficient decrease condition."""
CURVATURE = 0.9
"""c₂ of the curvature condition, the value for quasi-Newton directions."""
EXPANSION = 4.0
"""How many times further a search looks that has found no end of the descent yet."""
MARGIN = 0.1
"""The share of the interval at either end where no trial is placed."""
MAX_TRIALS = 20
"""Evaluations after which a search ends with the best point it has."""


@dataclass
class _Ends:
    """One end of every member's interval: α, φ(α) = J(theta + α p) and the slope φ'(α), each (Q,)."""

    alpha: Array
    phi: Array
    slope: Array

    def put(self, rows: BoolArray | IntArray, other: _Ends) -> None:
        self.alpha[rows], self.phi[rows], self.slope[rows] = other.alpha, other.phi, other.slope

    def __getitem__(self, rows: BoolArray | IntArray) -> _Ends:
        return _Ends(self.alpha[rows], self.phi[rows], self.slope[rows])


def search(
    here: Point, direction: Array, first: Array, members: IntArray, objective: Objective
) -> tuple[Point, BoolArray]:
    """Return points along descent directions p (Q, D) where J is lower, and for which rows (Q,) there is one.

    ``first`` (Q,) are the first α tried. The points satisfy the strong Wolfe conditions::

        φ(α) ≤ φ(0) + c₁ α φ'(0)      |φ'(α)| ≤ −c₂ φ'(0)

    except where the search gave up: there they satisfy the left one alone, or are ``here``. An interval
    (lo, hi) holds such an α. It begins as (0, ∞); lo is the lowest point that satisfies the left condition,
    φ falls from lo towards hi, and each trial replaces one end. With hi = ∞ this is the bracketing of
    algorithm 3.5, afterwards the zoom of algorithm 3.6. A search gives up after ``MAX_TRIALS``, or once its
    next trial is too close to lo to move theta. Falls lost in the rounding of J are taken from the slopes.

    Source: Nocedal & Wright, *Numerical Optimization* (2006), algorithms 3.5 and 3.6.
    """
    slope = dot(here.gradient, direction).astype(np.float64)
    start = _Ends(np.zeros(len(members)), here.J.astype(np.float64), slope)
    lowest = Point(here.theta.copy(), here.J.copy(), here.gradient.copy())
    searching, alpha = np.arange(len(members)), first.astype(np.float64)
    lo, hi = start[searching], _Ends(np.full_like(slope, np.inf), slope.copy(), slope.copy())
    for _ in range(MAX_TRIALS):
        # A trial that leaves theta as it is would pass for a fall of J: the slope at it has not changed.
        apart = moves(alpha - lo.alpha[searching], direction[searching], here.theta[searching])
        searching, alpha = searching[apart], alpha[apart]
        if not searching.size:
            break
        p, theta = direction[searching], here.theta[searching]
        trial = Point.at(theta + as_column(alpha, p) * p, objective, members[searching])
        end = _Ends(alpha, trial.J, dot(trial.gradient, p))
        lower, found = _judge(end, start[searching], lo[searching], p.dtype)
        _narrow(lo, hi, searching, end, lower)
        lowest.theta[searching[lower]] = trial.theta[lower]
        lowest.J[searching[lower]] = trial.J[lower]
        lowest.gradient[searching[lower]] = trial.gradient[lower]
        searching = searching[~found]
        alpha = _next_trial(lo[searching], hi[searching], p.dtype)
    return lowest, lo.alpha > 0


def _rise(a: _Ends, b: _Ends, dtype: np.dtype[Any]) -> Array:
    return rise(a.phi, a.slope, b.phi, b.slope, b.alpha - a.alpha, dtype)


def _judge(end: _Ends, start: _Ends, lo: _Ends, dtype: np.dtype[Any]) -> tuple[BoolArray, BoolArray]:
    """Return which trials become lo, and which of those satisfy both conditions; never a non-finite one."""
    enough = _rise(start, end, dtype) <= DECREASE * end.alpha * start.slope
    finite = np.isfinite(end.phi) & np.isfinite(end.slope)
    lower = finite & enough & (_rise(lo, end, dtype) < 0)
    return lower, lower & (np.abs(end.slope) <= -CURVATURE * start.slope)


def _narrow(lo: _Ends, hi: _Ends, rows: IntArray, end: _Ends, lower: BoolArray) -> None:
    """Put each trial in place of lo or hi, so that φ still falls from lo towards hi."""
    past = lower & (end.slope * np.sign(hi.alpha[rows] - lo.alpha[rows]) >= 0)
    hi.put(rows[past], lo[rows[past]])
    hi.put(rows[~lower], end[~lower])
    lo.put(rows[lower], end[lower])


def _next_trial(lo: _Ends, hi: _Ends, dtype: np.dtype[Any]) -> Array:
    """Return the next α: further out where hi = ∞, else the minimiser of the cubic through both ends.

    The cubic is Nocedal & Wright's equation 3.59, kept off the ends of the interval. A non-finite end gives
    no cubic: the trial retreats to a tenth as long as nothing lower is known, then to the middle.
    """
    open_ended = np.isinf(hi.alpha)
    with np.errstate(all="ignore"):
        width = hi.alpha - lo.alpha
        d1 = lo.slope + hi.slope - 3 * _rise(lo, hi, dtype) / width
        d2 = np.sign(width) * np.sqrt(d1**2 - lo.slope * hi.slope)
        share = 1 - (hi.slope + d2 - d1) / (hi.slope - lo.slope + 2 * d2)
        retreat = np.where(lo.alpha > 0, 0.5, MARGIN)
        share = np.where(np.isfinite(share), np.clip(share, MARGIN, 1 - MARGIN), retreat)
        trial: Array = np.where(open_ended, EXPANSION * lo.alpha, lo.alpha + share * width)
    return trial
