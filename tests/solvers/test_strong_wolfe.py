from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.shapes import Array
from shoal.solvers.full_batch import Point
from shoal.solvers.strong_wolfe import CURVATURE, DECREASE, EXPANSION, MAX_TRIALS, search


def rational(w: float) -> tuple[float, float]:
    """Moré & Thuente 1994, equation 5.1, β = 2: minimum at √2, concave further out."""
    return -w / (w * w + 2), (w * w - 2) / (w * w + 2) ** 2


def quintic(w: float) -> tuple[float, float]:
    """Moré & Thuente 1994, equation 5.2, β = 0.004: minimum at 1.596, flat at the start."""
    w += 0.004
    return w**5 - 2 * w**4, 5 * w**4 - 8 * w**3


def wavy(w: float) -> tuple[float, float]:
    """A long descent with many local minima on the way."""
    return -0.1 * w + 0.3 * math.sin(3 * w) ** 2, -0.1 + 0.9 * math.sin(6 * w)


def cliff(w: float) -> tuple[float, float]:
    """Falls towards w = 1 and is infinite from there on."""
    return (-w - 0.01 * math.log(1 - w), -1 + 0.01 / (1 - w)) if w < 1 else (math.inf, math.inf)


def missing(w: float) -> tuple[float, float]:
    """Has no value beyond w = 0.1."""
    return ((w - 0.05) ** 2, 2 * (w - 0.05)) if w < 0.1 else (math.nan, math.nan)


LINES = (rational, quintic, wavy, cliff, missing)
FIRST = [1e-3, 1e-1, 1.0, 10.0, 1e3]


def line(w: Array, function: Callable[[float], tuple[float, float]]) -> tuple[float, Array]:
    J, slope = function(float(w[0]))
    return J, np.array([slope])


def begin(objective: Any, size: int) -> tuple[Point, Array, Any]:
    theta, members = np.zeros((size, 1)), np.arange(size)
    here = Point.at(theta, objective, members)
    objective.evaluations[:] = 0
    return here, -np.sign(here.gradient), members


def test_ends_satisfy_both_conditions_whatever_is_tried_first(counted: Any) -> None:
    cases = [(function, first) for function in LINES for first in FIRST]
    objective = counted(lambda w, p: line(w, cases[p][0]), len(cases))
    here, p, members = begin(objective, len(cases))
    first = np.array([first for _, first in cases])
    with np.errstate(all="ignore"):
        there, lower = search(here, p, first, members, objective)
    assert lower.all()
    alpha = (there.theta - here.theta)[:, 0] * p[:, 0]
    slope, slope_there = (here.gradient * p)[:, 0], (there.gradient * p)[:, 0]
    assert (alpha > 0).all()
    assert (here.J + DECREASE * alpha * slope >= there.J).all()
    assert (np.abs(slope_there) <= -CURVATURE * slope).all()
    assert objective.evaluations.max() < MAX_TRIALS
    values = objective(there.theta)
    np.testing.assert_array_equal(there.J, values[0])
    np.testing.assert_array_equal(there.gradient, values[1])


def test_only_members_that_still_search_are_evaluated(counted: Any) -> None:
    # J = ½ (w − 1)², slope −1 at 0: any α from 0.1 to 1.9 satisfies |φ'| ≤ 0.9 at once; from 0.05 the next
    # trial is 0.2; from 3, where φ has risen, the cubic's minimiser is exact, 1.
    objective = counted(lambda w, p: (0.5 * float((w[0] - 1) ** 2), w - 1), 3)
    here, p, members = begin(objective, 3)
    there, lower = search(here, p, np.array([1.5, 0.05, 3.0]), members, objective)
    assert lower.all()
    np.testing.assert_array_equal(objective.evaluations, [1, 2, 2])
    np.testing.assert_allclose(there.theta[:, 0], [1.5, 0.05 * EXPANSION, 1.0], rtol=1e-14)


def test_a_cubic_is_minimised_by_the_first_interpolation(counted: Any) -> None:
    # φ = w³ − w has its minimum at 1/√3 = 0.577; from 1.1, where φ = 0.231, the cubic through both ends is φ.
    objective = counted(lambda w, p: (float(w[0] ** 3 - w[0]), 3 * w**2 - 1), 1)
    here, p, members = begin(objective, 1)
    there, _ = search(here, p, np.array([1.1]), members, objective)
    np.testing.assert_allclose(there.theta, [[1 / math.sqrt(3)]], rtol=1e-14)
    assert objective.evaluations[0] == 2


def test_an_objective_without_a_lower_bound_ends_the_search_far_out(counted: Any) -> None:
    objective = counted(lambda w, p: (-float(w[0]), -np.ones(1)), 1)
    here, p, members = begin(objective, 1)
    there, lower = search(here, p, np.ones(1), members, objective)
    assert lower.all()
    assert objective.evaluations[0] == MAX_TRIALS
    assert there.theta[0, 0] == EXPANSION ** (MAX_TRIALS - 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, 5.0])
def test_where_nothing_is_lower_the_search_ends_where_it_began(value: float, counted: Any) -> None:
    objective = counted(lambda w, p: (1.0 if w[0] == 0 else value, -np.ones(1)), 1)
    here, p, members = begin(objective, 1)
    with np.errstate(all="ignore"):
        there, lower = search(here, p, np.ones(1), members, objective)
    assert not lower.any()
    assert objective.evaluations[0] == MAX_TRIALS
    np.testing.assert_array_equal(there.theta, here.theta)
    np.testing.assert_array_equal(there.J, here.J)


def test_a_search_ends_once_its_trials_cannot_move_theta(counted: Any) -> None:
    # Trials at 1 + 10⁰, 1 + 10⁻¹, … : beside theta = 1, 10⁻¹⁶ is rounding, so that of 10⁻¹⁵ is the last one.
    objective = counted(lambda w, p: (1.0 if w[0] == 1 else math.nan, -np.ones(1)), 1)
    here = Point.at(np.ones((1, 1)), objective, np.arange(1))
    objective.evaluations[:] = 0
    with np.errstate(all="ignore"):
        there, lower = search(here, np.ones((1, 1)), np.ones(1), np.arange(1), objective)
    assert objective.evaluations[0] == 16
    assert not lower.any()
    np.testing.assert_array_equal(there.theta, here.theta)


def test_a_first_trial_that_cannot_move_theta_is_not_a_fall(counted: Any) -> None:
    objective = counted(lambda w, p: (1.0, -np.ones(1)), 1)
    here = Point.at(np.ones((1, 1)), objective, np.arange(1))
    _, lower = search(here, np.ones((1, 1)), np.full(1, 1e-16), np.arange(1), objective)
    assert not lower.any()


def test_a_gradient_that_is_not_finite_is_never_accepted(counted: Any) -> None:
    # J keeps falling beyond ½, but has no gradient there.
    objective = counted(lambda w, p: (-float(w[0]), np.full(1, -1.0 if w[0] < 0.5 else math.nan)), 1)
    here, p, members = begin(objective, 1)
    with np.errstate(all="ignore"):
        there, lower = search(here, p, np.ones(1), members, objective)
    assert lower.all()
    assert 0.4 < there.theta[0, 0] < 0.5


def test_float32_finds_the_minimum_that_its_values_cannot_show(counted: Any) -> None:
    # J = 1 + ½ w² from 10⁻⁴: a fall of 5e-9 is lost in float32's 1.2e-7; its slopes show it.
    objective = counted(lambda w, p: (np.float32(1) + np.float32(0.5) * w[0] * w[0], w.copy()), 1)
    theta = np.full((1, 1), 1e-4, np.float32)
    here = Point.at(theta, objective, np.arange(1))
    there, lower = search(here, -here.gradient, np.full(1, 5.0), np.arange(1), objective)
    assert lower.all()
    np.testing.assert_allclose(there.theta, 0, atol=1e-9)
