from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from shoal.shapes import Array
from shoal.solvers.full_batch import Point
from shoal.solvers.lbfgs import LBFGS, inverse_hessian_product, learn

RATE = np.ones((1, 1))


def test_first_step_by_hand(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ (w₀² + 9 w₁²) from (3, 1): g = (3, 9), |g| = √90 = 9.4868330, so α = 0.1054093 is tried first:
    # w = (3 − 3 α, 1 − 9 α) = (2.6837722, 0.0513167), J = 3.6131671 ≤ 9 − 10⁻⁴ · α · 90, and the slope there,
    # −(3 · 2.6837722 + 9 · 0.4618503) = −12.2080, is within 0.9 · 90: accepted.
    objective = counted(lambda w, p: (0.5 * float((w * w * [1, 9]).sum()), w * [1, 9]), 1)
    steps = take_steps(LBFGS(), np.array([[3.0, 1.0]]), objective, 2)
    np.testing.assert_allclose(steps[0].theta, [[2.6837722, 0.0513167]], rtol=1e-6)
    np.testing.assert_allclose(steps[1].J, [3.6131671], rtol=1e-7)


def test_first_step_along_a_short_gradient_is_the_gradient(
    counted: Any, take_steps: Callable[..., Any]
) -> None:
    objective = counted(lambda w, p: (0.125 * float((w * w).sum()), 0.25 * w), 1)
    step = take_steps(LBFGS(), np.array([[1.0, -1.0]]), objective, 1)[0]
    np.testing.assert_allclose(step.theta, [[0.75, -0.75]], rtol=1e-15)


def test_two_loops_equal_the_dense_update() -> None:
    # H ← Vᵀ H V + ρ s sᵀ with V = I − ρ y sᵀ (Nocedal & Wright 7.16), from H = γ I; 5 pairs, 3 remembered.
    rng = np.random.default_rng(0)
    solver, theta, members = LBFGS(memory=3), np.zeros((2, 6)), np.arange(2)
    state, pairs = solver.start(theta), []
    for _ in range(5):
        s = rng.standard_normal((2, 6))
        y = s * rng.uniform(0.5, 4, (2, 6))
        zero = np.zeros_like(s)
        learn(Point(zero, zero[:, 0], zero), Point(s, zero[:, 0], y), members, state)
        pairs.append((s, y))
    g = rng.standard_normal((2, 6))
    product = inverse_hessian_product(g, members, state)
    for p in range(2):
        s, y = pairs[-1][0][p], pairs[-1][1][p]
        H = np.eye(6) * (s @ y) / (y @ y)
        for S, Y in pairs[-3:]:
            s, y = S[p], Y[p]
            V = np.eye(6) - np.outer(y, s) / (y @ s)
            H = V.T @ H @ V + np.outer(s, s) / (y @ s)
        np.testing.assert_allclose(product[p], H @ g[p], rtol=1e-12)


def test_a_pair_without_positive_curvature_is_skipped() -> None:
    # s·y is 1 for the first member, −1 and 0 for the others; only the first one learns.
    solver, members = LBFGS(memory=2), np.arange(3)
    state = solver.start(np.zeros((3, 2)))
    zero = np.zeros((3, 2))
    s, y = np.array([[1.0, 0.0]] * 3), np.array([[1.0, 2.0], [-1.0, 2.0], [0.0, 2.0]])
    learn(Point(zero, zero[:, 0], zero), Point(s, zero[:, 0], y), members, state)
    np.testing.assert_array_equal(state["rho"], [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(state["gamma"], [0.2, 1.0, 1.0])
    np.testing.assert_array_equal(state["s"][:, -1], [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    g = np.array([[1.0, 1.0]] * 3)
    np.testing.assert_array_equal(inverse_hessian_product(g, members, state)[1:], g[1:])


@pytest.mark.parametrize("n_parameters", [2, 5, 10, 30])
def test_rosenbrock_ends_at_a_minimum_that_scipy_finds(
    n_parameters: int, rosenbrock: Callable[[int], Any], take_steps: Callable[..., Any]
) -> None:
    # From four parameters on there is a second minimum, near (−1, 1, …, 1).
    starts = np.ones((2, n_parameters))
    starts[1, 0] = -1
    minima = [minimize(rosen, w, jac=rosen_der, method="BFGS", options={"gtol": 1e-9}).x for w in starts]
    theta = np.stack([np.resize([-1.2, 1.0], n_parameters), np.full(n_parameters, 2.0), starts[1] * 0.9])
    last = take_steps(LBFGS(), theta, rosenbrock(3), 300)[-1]
    for w in last.theta:
        assert min(np.abs(w - minimum).max() for minimum in minima) < 1e-6
    np.testing.assert_allclose(last.theta[1], minima[0], atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "condition", "within"),
    [(np.float64, 1e4, 1e-5), (np.float64, 1e2, 1e-6), (np.float32, 1e2, 2e-5)],
)
def test_converges_on_ill_conditioned_quadratics(
    dtype: type,
    condition: float,
    within: float,
    quadratics: Callable[..., Any],
    take_steps: Callable[..., Any],
) -> None:
    # J is 1 at the minimum, so that in float32 the last part of the way is invisible in J.
    objective = quadratics([condition] * 3, 10)
    sizes = np.stack([s.gradient_size for s in take_steps(LBFGS(), np.zeros((3, 10), dtype), objective, 160)])
    assert sizes.min(axis=0).max() < within


def test_one_evaluation_a_step_once_it_knows_the_curvature(quadratics: Callable[..., Any]) -> None:
    solver, objective, theta = LBFGS(), quadratics([20.0], 8), np.zeros((1, 8))
    state = solver.start(theta)
    for _ in range(20):
        theta = solver.step(theta, objective, state, RATE).theta
    assert objective.evaluations[0] <= 26


def test_a_direction_that_does_not_descend_is_replaced_by_the_gradient(
    quadratics: Callable[..., Any],
) -> None:
    solver, objective, theta = LBFGS(), quadratics([20.0, 20.0], 4), np.zeros((2, 4))
    state = solver.start(theta)
    for _ in range(3):
        theta = solver.step(theta, objective, state, np.ones((2, 1))).theta
    state["gamma"][1] = np.nan
    step = solver.step(theta, objective, state, np.ones((2, 1)))
    gradient = objective(theta)[1]
    moved: Array = step.theta - theta
    assert (objective(step.theta)[0] < step.J).all()
    cosine = -(moved[1] @ gradient[1]) / np.linalg.norm(moved[1]) / np.linalg.norm(gradient[1])
    np.testing.assert_allclose(cosine, 1, rtol=1e-12)
    np.testing.assert_array_equal(np.count_nonzero(state["rho"], axis=1), [4, 1])


def test_a_search_in_vain_forgets_the_pairs_first_and_ends_at_the_gradient(
    quadratics: Callable[..., Any], counted: Any
) -> None:
    solver, theta = LBFGS(), np.zeros((1, 4))
    state, objective = solver.start(theta), quadratics([20.0], 4)
    for _ in range(3):
        theta = solver.step(theta, objective, state, RATE).theta
    assert np.count_nonzero(state["rho"]) == 3
    wall = counted(lambda w, p: (np.inf, np.full(4, np.nan)), 1)
    for converged in False, True:
        with np.errstate(all="ignore"):
            step = solver.step(theta, wall, state, RATE)
        np.testing.assert_array_equal(step.theta, theta)
        assert step.converged[0] == converged
        assert not state["rho"].any()


def test_converged_where_not_even_the_gradient_leads_down(
    counted: Any, take_steps: Callable[..., Any]
) -> None:
    # |w| at its kink, with a one-sided derivative: nothing lower in any direction that the solver can know.
    objective = counted(lambda w, p: (float(np.abs(w).sum()) + p, np.where(w >= 0, 1.0, -1.0)), 2)
    steps = take_steps(LBFGS(), np.array([[0.0], [5.0]]), objective, 2)
    np.testing.assert_array_equal(steps[0].converged, [True, False])
    np.testing.assert_array_equal(steps[0].theta[0], [0.0])
    assert steps[1].J[1] < 6


def test_saddle_is_left_by_the_gradient(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ¼ w₀⁴ − ½ w₀² + ½ w₁²: negative curvature at the start, minima at (±1, 0) with J = −¼.
    objective = counted(
        lambda w, p: (
            0.25 * w[0] ** 4 - 0.5 * w[0] ** 2 + 0.5 * w[1] ** 2,
            np.array([w[0] ** 3 - w[0], w[1]]),
        ),
        2,
    )
    last = take_steps(LBFGS(), np.array([[1e-3, 1.0], [-0.2, -2.0]]), objective, 30)[-1]
    np.testing.assert_allclose(last.theta, [[1.0, 0.0], [-1.0, 0.0]], atol=1e-6)
