from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from shoal.shapes import Array
from shoal.solvers.full_batch import Point
from shoal.solvers.scaled_conjugate_gradient import ScaledConjugateGradient

RATE = np.ones((1, 1))


def test_first_steps_by_hand(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ (w₀² + 9 w₁²) from (3, 1), with λ too small to count.
    # k = 1: r = p = (−3, −9), μ = 90, δ = p·A p = 9 + 9 · 81 = 738, α = 90/738 = 0.1219512,
    #        w = (2.6341463, −0.0975610), r' = (−2.6341463, 0.8780488), |r'|² = 7.7096966, r'·r = 0,
    #        β = 7.7096966 / 90 = 0.0856633, p = r' + β p = (−2.8911362, 0.1070791)
    # k = 2: along p, conjugate to the first, lies the minimum.
    objective = counted(lambda w, p: (0.5 * float((w * w * [1, 9]).sum()), w * [1, 9]), 1)
    solver, theta = ScaledConjugateGradient(initial_lambda=1e-14), np.array([[3.0, 1.0]])
    state = solver.start(theta)
    theta = solver.step(theta, objective, state, RATE).theta
    np.testing.assert_allclose(theta, [[2.6341463, -0.0975610]], rtol=1e-6)
    np.testing.assert_allclose(state["direction"], [[-2.8911362, 0.1070791]], rtol=1e-6)
    theta = solver.step(theta, objective, state, RATE).theta
    np.testing.assert_allclose(theta, 0, atol=1e-10)


def test_damping_shortens_the_step(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ w² from 1 with λ = 3: p = −1, δ = 1 + 3, α = 1/4, w = 3/4.
    objective = counted(lambda w, p: (0.5 * float(w[0] ** 2), w), 1)
    step = take_steps(ScaledConjugateGradient(initial_lambda=3.0), np.ones((1, 1)), objective, 1)[0]
    np.testing.assert_allclose(step.theta, [[0.75]], rtol=1e-10)


def test_negative_curvature_is_made_positive(counted: Any) -> None:
    # J = −½ w² from 1 with λ = ½: p = r = 1, δ = −1, step 3: δ = −½; step 4: λ = 2 (½ + ½) = 2,
    # δ = ½ + ½ = 1; α = 1, w = 2; Δ = 2 · 1 · (−½ + 2) / 1 = 3 ≥ ¾, so λ = 2/4.
    objective = counted(lambda w, p: (-0.5 * float(w[0] ** 2), -w), 1)
    solver, theta = ScaledConjugateGradient(initial_lambda=0.5), np.ones((1, 1))
    state = solver.start(theta)
    theta = solver.step(theta, objective, state, RATE).theta
    np.testing.assert_allclose(theta, [[2.0]], rtol=1e-9)
    np.testing.assert_allclose(state["lambda"], [0.5], rtol=1e-9)


def test_a_failure_stays_and_damps_without_another_probe(counted: Any) -> None:
    # J = √(1 + w²) from 2, where Newton's step overshoots: J' = 2/√5 = 0.8944272, J'' = 5^(−3/2) = 0.0894427,
    # so the trial is at 2 − 10 = −8, J rises from 2.2360680 to 8.0622577 and Δ = −5.8261897 / ½ (J'² / J'')
    # = −5.8261897 / 4.4721360 = −1.3027756. Then λ = J'' (1 − Δ) = 0.2059655, and the next trial goes by
    # J' / (J'' + λ) = 3.0277564, to −1.0277564, where J = 1.4339857 is lower.
    objective = counted(lambda w, p: (float(np.sqrt(1 + w[0] ** 2)), w / np.sqrt(1 + w**2)), 1)
    solver, theta = ScaledConjugateGradient(initial_lambda=1e-14), np.full((1, 1), 2.0)
    state = solver.start(theta)
    failure = solver.step(theta, objective, state, RATE)
    np.testing.assert_array_equal(failure.theta, [[2.0]])
    np.testing.assert_allclose(state["lambda"], [0.2059655], rtol=1e-4)
    before = objective.evaluations[0]
    success = solver.step(failure.theta, objective, state, RATE)
    assert objective.evaluations[0] == before + 1
    np.testing.assert_allclose(success.theta, [[-1.0277564]], rtol=2e-4)


def test_a_member_that_was_moved_after_a_failure_is_probed_anew(counted: Any) -> None:
    # As above, then moved to ½: the Newton step from there ends at w − w (1 + w²) = −w³.
    objective = counted(lambda w, p: (float(np.sqrt(1 + w[0] ** 2)), w / np.sqrt(1 + w**2)), 1)
    solver, theta = ScaledConjugateGradient(initial_lambda=1e-14), np.full((1, 1), 2.0)
    state = solver.start(theta)
    assert solver.step(theta, objective, state, RATE).theta == 2
    state["lambda"][:] = 1e-14
    step = solver.step(np.full((1, 1), 0.5), objective, state, RATE)
    np.testing.assert_allclose(step.theta, [[-0.125]], rtol=1e-3)


def moller(w: Array, n_iterations: int) -> list[Array]:
    """Minimise Rosenbrock's function by Møller's steps 1 to 9, written out for one network."""
    p = r = -rosen_der(w)
    lambda_k, lambda_bar, success, delta, path = 1e-6, 0.0, True, 0.0, []
    for k in range(1, n_iterations + 1):
        norm2 = p @ p
        if norm2 == 0:  # at the minimum to the last bit, where some machines' rounding leads
            path.append(w)
            continue
        if success:
            sigma_k = 1e-4 / np.sqrt(norm2)
            delta = p @ (rosen_der(w + sigma_k * p) - rosen_der(w)) / sigma_k
        delta += (lambda_k - lambda_bar) * norm2
        if delta <= 0:
            lambda_bar = 2 * (lambda_k - delta / norm2)
            delta = -delta + lambda_k * norm2
            lambda_k = lambda_bar
        mu = p @ r
        alpha = mu / delta
        Delta = 2 * delta * (rosen(w) - rosen(w + alpha * p)) / mu**2
        used, used_norm2 = delta, norm2
        if Delta >= 0:
            w, r_old, lambda_bar, success = w + alpha * p, r, 0.0, True
            r = -rosen_der(w)
            p = r if k % len(w) == 0 else r + (r @ r - r @ r_old) / mu * p
            if Delta >= 0.75:
                lambda_k /= 4
        else:
            lambda_bar, success = lambda_k, False
        if Delta < 0.25:
            lambda_k += used * (1 - Delta) / used_norm2
        path.append(w)
    return path


@pytest.mark.parametrize("n_parameters", [2, 3, 7])
def test_equals_a_rendering_for_one_network(
    n_parameters: int, rosenbrock: Callable[[int], Any], take_steps: Callable[..., Any]
) -> None:
    # The members fail, restart and meet negative curvature at different iterations. Rounding grows along the
    # way, so only its first part can be compared.
    theta = np.random.default_rng(3).uniform(-2, 2, (6, n_parameters))
    steps = take_steps(ScaledConjugateGradient(), theta, rosenbrock(6), 25)
    paths = [moller(w, 25) for w in theta]
    assert any((a == b).all() and rosen_der(a).any() for path in paths for a, b in pairwise(path))
    for count, step in enumerate(steps):
        for p, path in enumerate(paths):
            np.testing.assert_allclose(step.theta[p], path[count], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("n_parameters", [3, 6, 12])
def test_a_quadratic_takes_about_as_many_iterations_as_it_has_parameters(
    n_parameters: int, quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    objective = quadratics([10.0] * 4, n_parameters)
    steps = take_steps(
        ScaledConjugateGradient(initial_lambda=1e-12),
        np.zeros((4, n_parameters)),
        objective,
        n_parameters + 1,
    )
    sizes = np.stack([step.gradient_size for step in steps])
    assert (sizes[n_parameters] < 1e-7 * sizes[0]).all()
    assert (sizes[n_parameters // 2] > 1e-3 * sizes[0]).all()


@pytest.mark.parametrize("n_parameters", [2, 5, 10, 30])
def test_rosenbrock_ends_at_a_minimum_that_scipy_finds(
    n_parameters: int, rosenbrock: Callable[[int], Any], take_steps: Callable[..., Any]
) -> None:
    # From four parameters on there is a second minimum, near (−1, 1, …, 1).
    starts = np.ones((2, n_parameters))
    starts[1, 0] = -1
    minima = [minimize(rosen, w, jac=rosen_der, method="BFGS", options={"gtol": 1e-9}).x for w in starts]
    theta = np.stack([np.resize([-1.2, 1.0], n_parameters), np.full(n_parameters, 2.0), starts[1] * 0.9])
    last = take_steps(ScaledConjugateGradient(), theta, rosenbrock(3), 700)[-1]
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
    steps = take_steps(ScaledConjugateGradient(), np.zeros((3, 10), dtype), objective, 200)
    sizes = np.stack([step.gradient_size for step in steps])
    assert sizes.min(axis=0).max() < within


def test_a_trial_that_overflows_is_retried_a_tenth_as_far(counted: Any) -> None:
    # A slope without curvature, infinite beyond w = 1: α = 1/λ = 100, then 10, 1 and ⅒ of that.
    def row(w: Array, p: int) -> tuple[float, Array]:
        return (-float(w[0]), -np.ones(1)) if w[0] < 1 else (np.inf, np.full(1, np.nan))

    solver, objective, theta = ScaledConjugateGradient(initial_lambda=0.01), counted(row, 1), np.zeros((1, 1))
    state = solver.start(theta)
    with np.errstate(all="ignore"):
        for _ in range(3):
            theta = solver.step(theta, objective, state, RATE).theta
            assert theta[0, 0] == 0
        theta = solver.step(theta, objective, state, RATE).theta
    np.testing.assert_allclose(theta, [[0.1]], rtol=1e-9)


def test_a_probe_without_a_gradient_counts_as_no_curvature(counted: Any) -> None:
    # Falls along w, and has no value beyond 3 · 10⁻⁵, where the probe lands: α = 1/λ = 1, then a tenth each.
    def row(w: Array, p: int) -> tuple[float, Array]:
        return (-float(w[0]), -np.ones(1)) if w[0] < 3e-5 else (np.nan, np.full(1, np.nan))

    solver, objective, theta = ScaledConjugateGradient(initial_lambda=1.0), counted(row, 1), np.zeros((1, 1))
    state = solver.start(theta)
    with np.errstate(all="ignore"):
        for _ in range(6):
            theta = solver.step(theta, objective, state, RATE).theta
    np.testing.assert_allclose(theta, [[1e-5]], rtol=1e-9)


def test_float32_probes_far_enough_to_measure_the_curvature(
    counted: Any, take_steps: Callable[..., Any]
) -> None:
    # J = ½ w² from 1000, where float32 numbers are 6e-5 apart: σ = 10⁻⁴ would be off by a fifth.
    objective = counted(lambda w, p: (0.5 * float(w[0] ** 2), w), 1)
    step = take_steps(ScaledConjugateGradient(), np.full((1, 1), 1000, np.float32), objective, 1)[0]
    np.testing.assert_allclose(step.theta, [[0]], atol=5)


def test_steps_that_vanish_begin_again_along_the_gradient_before_they_count_as_converged() -> None:
    # Three members: vanishing along r, vanishing along another direction, and moving along another one.
    solver, gradient = ScaledConjugateGradient(initial_lambda=0.25), np.array([[1.0, -2.0]] * 3)
    rows = {"direction": np.array([[-1.0, 2.0], [-1.0, 1.0], [-1.0, 1.0]]), "lambda": np.full(3, 1e9)}
    here = Point(np.zeros((3, 2)), np.ones(3), gradient)
    converged = solver.restart(np.array([True, True, False]), here, rows)
    np.testing.assert_array_equal(converged, [True, False, False])
    np.testing.assert_array_equal(rows["direction"], [[-1.0, 2.0], [0.0, 0.0], [-1.0, 1.0]])
    np.testing.assert_array_equal(rows["lambda"], [1e9, 0.25, 1e9])


def test_damping_never_vanishes(quadratics: Callable[..., Any]) -> None:
    # λ/4 in every good step would be 10⁻⁶ / 4³⁰ = 9e-25 after thirty.
    solver, objective, theta = ScaledConjugateGradient(), quadratics([1e3], 40), np.zeros((1, 40))
    state = solver.start(theta)
    for _ in range(30):
        theta = solver.step(theta, objective, state, RATE).theta
    assert state["lambda"][0] == 1e-15


def test_converged_where_not_even_the_gradient_leads_down(
    counted: Any, take_steps: Callable[..., Any]
) -> None:
    # |w − 1|, with a one-sided derivative at its kink: steps shrink around it until they are rounding.
    objective = counted(lambda w, p: (float(np.abs(w - 1).sum()), np.where(w >= 1, 1.0, -1.0)), 2)
    steps = take_steps(ScaledConjugateGradient(), np.array([[1.25], [1e9]]), objective, 150)
    converged = np.stack([step.converged for step in steps])
    assert converged[:, 0].any()
    assert not converged[: converged[:, 0].argmax() // 2].any()
    assert steps[-1].J[0] < 1e-12


def test_constants_far_from_their_defaults_still_converge(
    quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    for solver in ScaledConjugateGradient(sigma=1e-2), ScaledConjugateGradient(initial_lambda=1e3):
        last = take_steps(solver, np.zeros((1, 6)), quadratics([10.0], 6), 60)[-1]
        assert last.gradient_size[0] < 1e-6
