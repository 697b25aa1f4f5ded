from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.solvers.full_batch import NOISE, Point, moves, rise
from shoal.solvers.lbfgs import LBFGS
from shoal.solvers.scaled_conjugate_gradient import ScaledConjugateGradient

RATE = np.ones((3, 1))


def test_a_point_is_finite_where_all_of_it_is() -> None:
    nan, inf = np.nan, np.inf
    point = Point(
        np.zeros((4, 2)),
        np.array([1.0, nan, 1.0, -inf]),
        np.array([[1.0, 2.0], [0.0, 0.0], [nan, 1.0], [0.0, 0.0]]),
    )
    np.testing.assert_array_equal(point.finite(), [True, False, False, False])


def one(value: float) -> Any:
    return np.array([value])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rise_uses_the_values_where_they_differ_visibly(dtype: type) -> None:
    # Slopes that say the opposite do not matter then.
    visible = 2 * NOISE * float(np.finfo(dtype).eps)
    assert rise(one(1.0), one(-1.0), one(1.0 + visible), one(-1.0), one(1e-30), np.dtype(dtype)) > 0
    # Nor do equal values with slopes that promise a visible change.
    assert rise(one(1.0), one(-1.0), one(1.0), one(-1.0), one(1.0), np.dtype(dtype)) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rise_uses_the_slopes_where_the_values_are_rounding(dtype: type) -> None:
    # From slope −1 to slope ½ over a length h the trapezium is −h/4.
    h = float(np.finfo(dtype).eps)
    fall = rise(one(1.0), one(-1.0), one(1.0 + h), one(0.5), one(h), np.dtype(dtype))
    np.testing.assert_allclose(fall, -h / 4, rtol=1e-12)


def test_moves_compares_with_the_rounding_of_theta() -> None:
    theta, p = np.array([[1.0, -4.0]] * 2), np.array([[0.5, 0.0]] * 2)
    eps = float(np.finfo(np.float64).eps)
    np.testing.assert_array_equal(moves(np.array([7 * eps, -9 * eps]), p, theta), [False, True])


def test_known_points_are_not_evaluated_again(quadratics: Callable[..., Any]) -> None:
    solver, objective, theta = ScaledConjugateGradient(), quadratics([2.0, 5.0, 9.0], 6), np.zeros((3, 6))
    state = solver.start(theta)
    for cost in (3, 2, 2):  # the point itself at first; then the probe and the trial
        before = objective.evaluations.copy()
        theta = solver.step(theta, objective, state, RATE).theta
        np.testing.assert_array_equal(objective.evaluations - before, cost)


@pytest.mark.parametrize("solver", [ScaledConjugateGradient(), LBFGS()])
def test_a_member_that_was_moved_is_evaluated_where_it_is(
    solver: ScaledConjugateGradient | LBFGS, quadratics: Callable[..., Any]
) -> None:
    objective, theta = quadratics([2.0, 5.0, 9.0], 6), np.zeros((3, 6))
    state = solver.start(theta)
    for _ in range(3):
        theta = solver.step(theta, objective, state, RATE).theta
    theta[1] *= 0.5
    J, gradient = objective(theta)
    step = solver.step(theta, objective, state, RATE)
    np.testing.assert_array_equal(step.J, J)
    np.testing.assert_array_equal(step.gradient_size, np.abs(gradient).max(axis=1))
    assert (objective(step.theta)[0] < J).all()


@pytest.mark.parametrize("solver", [ScaledConjugateGradient(), LBFGS()])
def test_decay_after_every_step_does_not_keep_a_member_from_settling(
    solver: ScaledConjugateGradient | LBFGS, quadratics: Callable[..., Any]
) -> None:
    # theta ← (1 − λ) theta after each step, λ = 10⁻⁴: J stays within what that shift can cost.
    objective, theta = quadratics([2.0, 5.0, 9.0], 6), np.zeros((3, 6))
    state = solver.start(theta)
    for _ in range(60):
        theta = solver.step(theta, objective, state, RATE).theta * (1 - 1e-4)
    assert (objective(theta)[0] - 1 < 1e-6).all()
