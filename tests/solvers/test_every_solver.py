"""What every solver promises a population, whatever its method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.shapes import Array, IntArray
from shoal.solvers import SOLVERS
from shoal.solvers.base import Step

every_solver = pytest.mark.parametrize("name", SOLVERS)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

CONDITIONS = (1.0, 3.0, 30.0, 300.0, 3000.0)
STEPS = 25


def start(n_parameters: int, dtype: type = np.float64) -> Array:
    return np.random.default_rng(1).standard_normal((len(CONDITIONS), n_parameters)).astype(dtype)


class Some:
    """Some members of an objective, as an objective of their own."""

    def __init__(self, objective: Any, ids: IntArray) -> None:
        self.objective, self.ids = objective, ids
        self.noise_scale, self.n_numbers = objective.noise_scale[ids], objective.n_numbers[ids]

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        J, gradient = self.objective(theta, self.ids if members is None else self.ids[members])
        return J, gradient

    def curvature(self, theta: Array, members: IntArray | None = None) -> Array:
        H: Array = self.objective.curvature(theta, self.ids if members is None else self.ids[members])
        return H


class Spoilt:
    """An objective one of whose members turns non-finite from its n-th evaluation on."""

    def __init__(self, objective: Any, member: int, after: int, J: float, gradient: float) -> None:
        self.objective, self.member, self.after, self.values = objective, member, after, (J, gradient)
        self.noise_scale, self.n_numbers = objective.noise_scale, objective.n_numbers
        self.curvature = objective.curvature

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        J, gradient = self.objective(theta, members)
        members = np.arange(len(theta)) if members is None else members
        if self.objective.evaluations[self.member] > self.after:
            spoilt = members == self.member
            J[spoilt] += self.values[0]
            gradient[spoilt, 0] += self.values[1]
        return J, gradient


def assert_same_bits(steps: list[Step], rows: Any, others: list[Step], other_rows: Any) -> None:
    for mine, theirs in zip(steps, others, strict=True):
        for field in "J", "theta", "converged", "gradient_size":
            left, right = getattr(mine, field)[rows], getattr(theirs, field)[other_rows]
            assert left.tobytes() == right.tobytes(), field


@every_solver
@both_dtypes
@pytest.mark.parametrize("n_parameters", [1, 2, 9, 40])
def test_a_member_is_the_same_bits_alone_and_among_others(
    name: str, dtype: type, n_parameters: int, quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    theta, rates = start(n_parameters, dtype), np.array([0.3, 0.1, 0.01, 1e-3, 1e-4])
    together = take_steps(SOLVERS[name](), theta, quadratics(CONDITIONS, n_parameters), STEPS, rates)
    for p in range(len(CONDITIONS)):
        alone = Some(quadratics(CONDITIONS, n_parameters), np.array([p]))
        steps = take_steps(SOLVERS[name](), theta[p : p + 1], alone, STEPS, rates[p])
        assert_same_bits(together, [p], steps, [0])


@every_solver
@both_dtypes
@pytest.mark.parametrize("after", [0, 4])
@pytest.mark.parametrize(("J", "gradient"), [(np.nan, np.nan), (np.inf, 0.0), (0.0, np.nan), (0.0, -np.inf)])
def test_a_member_that_turns_non_finite_disturbs_nobody(
    name: str,
    dtype: type,
    after: int,
    J: float,
    gradient: float,
    quadratics: Callable[..., Any],
    take_steps: Callable[..., Any],
) -> None:
    theta, others = start(4, dtype), [0, 1, 3, 4]
    spoilt = Spoilt(quadratics(CONDITIONS, 4), 2, after, J, gradient)
    with_spoilt = take_steps(SOLVERS[name](), theta, spoilt, STEPS, 1e-4)
    undisturbed = take_steps(SOLVERS[name](), theta, quadratics(CONDITIONS, 4), STEPS, 1e-4)
    assert_same_bits(with_spoilt, others, undisturbed, others)
    if after == 0:  # later, a member may rightly find that nothing around it can be used
        assert not with_spoilt[-1].converged[2]
    # No method that only ever accepts a fall of J lets itself be led off by what is not finite.
    if not SOLVERS[name].takes_learning_rate:
        assert np.isfinite(with_spoilt[-1].theta).all()
    else:
        assert not np.isfinite([with_spoilt[-1].J[2], with_spoilt[-1].gradient_size[2]]).all()


@every_solver
@both_dtypes
def test_a_step_keeps_the_dtype_and_leaves_theta_alone(
    name: str, dtype: type, quadratics: Callable[..., Any]
) -> None:
    theta, solver, objective = start(6, dtype), SOLVERS[name](), quadratics(CONDITIONS, 6)
    before, state = theta.copy(), solver.start(theta)
    for _ in range(3):
        step = solver.step(theta, objective, state, np.full((len(theta), 1), 1e-3, dtype))
        J, gradient = objective(theta)
        if not solver.estimates_l2:  # which add a penalty of their own
            np.testing.assert_array_equal(step.J, J)
            np.testing.assert_array_equal(step.gradient_size, np.abs(gradient).max(axis=1))
        np.testing.assert_array_equal(theta, before)
        assert step.theta.dtype == dtype
        assert not np.shares_memory(step.theta, theta)
        assert not any(np.shares_memory(step.theta, array) for array in state.values())
        theta, before = step.theta, step.theta.copy()


@every_solver
def test_members_can_be_dropped_between_steps(
    name: str, quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    theta, solver, objective = start(5), SOLVERS[name](), quadratics(CONDITIONS, 5)
    undisturbed = take_steps(solver, theta, objective, 12, 1e-3)
    rate, state, members = np.full((len(theta), 1), 1e-3), solver.start(theta), np.arange(len(theta))
    for count in range(12):
        if count in (3, 7):
            kept = np.arange(len(members)) != 1
            theta, members, rate = theta[kept], members[kept], rate[kept]
            state = {key: array[kept] for key, array in state.items()}
        theta = solver.step(theta, Some(objective, members), state, rate).theta
    assert list(members) == [0, 3, 4]
    np.testing.assert_array_equal(theta, undisturbed[-1].theta[members])


@every_solver
@both_dtypes
def test_a_member_at_its_minimum_stays_there(
    name: str, dtype: type, counted: Any, take_steps: Callable[..., Any]
) -> None:
    objective = counted(lambda w, p: (0.5 * (w * w).sum(), w), 2)
    theta = np.array([[0.0, 0.0], [1.0, -1.0]], dtype)
    last = take_steps(SOLVERS[name](), theta, objective, 5)[-1]
    np.testing.assert_array_equal(last.theta[0], [0.0, 0.0])
    assert last.J[1] < 1
