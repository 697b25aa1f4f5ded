from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.shapes import Array
from shoal.solvers.gradient_descent import GradientDescent
from shoal.solvers.sgd import SGD


def bowl(counted: Any, size: int = 1) -> Any:
    return counted(lambda w, p: (0.5 * (w * w * [1.0, 20.0]).sum(), w * [1.0, 20.0]), size)


def test_first_steps_with_momentum(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ (w₀² + 20 w₁²) from (1, 1), α = 0.1, μ = ½.
    # g = (1, 20):    v = (−0.1, −2),                       w = (0.9, −1)
    # g = (0.9, −20): v = (−0.05 − 0.09, −1 + 2) = (−0.14, 1), w = (0.76, 0)
    steps = take_steps(SGD(momentum=0.5), np.ones((1, 2)), bowl(counted), 2)
    np.testing.assert_allclose(steps[0].theta, [[0.9, -1.0]], rtol=1e-14)
    np.testing.assert_allclose(steps[1].theta, [[0.76, 0.0]], rtol=1e-14, atol=1e-14)


def test_first_steps_with_nesterov(counted: Any, take_steps: Callable[..., Any]) -> None:
    # As above, but the step is μ v − α g:
    # g = (1, 20):     v = (−0.1, −2),  step (−0.05 − 0.1, −1 − 2),      w = (0.85, −2)
    # g = (0.85, −40): v = (−0.05 − 0.085, −1 + 4) = (−0.135, 3),
    #                  step (−0.0675 − 0.085, 1.5 + 4) = (−0.1525, 5.5), w = (0.6975, 3.5)
    steps = take_steps(SGD(momentum=0.5, nesterov=True), np.ones((1, 2)), bowl(counted), 2)
    np.testing.assert_allclose(steps[0].theta, [[0.85, -2.0]], rtol=1e-14)
    np.testing.assert_allclose(steps[1].theta, [[0.6975, 3.5]], rtol=1e-14)


@pytest.mark.parametrize("nesterov", [False, True])
def test_equals_a_scalar_rendering(
    nesterov: bool, quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    objective, alphas, mu = quadratics([5.0, 50.0], 3), [0.05, 0.01], 0.9
    steps = take_steps(SGD(mu, nesterov), np.ones((2, 3)), objective, 40, alphas)
    for p, alpha in enumerate(alphas):
        w, v = [1.0] * 3, [0.0] * 3
        for step in steps:
            g = objective(np.array([w]), np.array([p]))[1][0]
            for d in range(3):
                v[d] = mu * v[d] - alpha * g[d]
                w[d] += mu * v[d] - alpha * g[d] if nesterov else v[d]
            np.testing.assert_allclose(step.theta[p], w, rtol=1e-12, atol=1e-13)


def test_pytorch_velocity_makes_the_same_steps_at_a_constant_rate(
    quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    objective = quadratics([5.0], 3)
    last = take_steps(SGD(0.9), np.ones((1, 3)), objective, 40, 0.05)[-1]
    w, v = np.ones((1, 3)), np.zeros((1, 3))
    for _ in range(40):
        v = 0.9 * v + objective(w)[1]
        w = w - 0.05 * v
    np.testing.assert_allclose(last.theta, w, rtol=1e-10)


def test_velocity_keeps_the_rate_it_was_gathered_at(counted: Any) -> None:
    # J = ½ (w₀² + 20 w₁²) from (1, 1), μ = ½: α = 0.1 gives v = (−0.1, −2); then α = 0 only coasts.
    solver, theta = SGD(momentum=0.5), np.ones((1, 2))
    state = solver.start(theta)
    theta = solver.step(theta, bowl(counted), state, np.array([[0.1]])).theta
    theta = solver.step(theta, bowl(counted), state, np.array([[0.0]])).theta
    np.testing.assert_allclose(theta, [[0.85, -2.0]], rtol=1e-14)


def test_no_momentum_is_gradient_descent(
    quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    theta: Array = np.ones((2, 3))
    plain = take_steps(GradientDescent(), theta, quadratics([2.0, 9.0], 3), 20, 0.05)
    for nesterov in False, True:
        steps = take_steps(SGD(0.0, nesterov), theta, quadratics([2.0, 9.0], 3), 20, 0.05)
        np.testing.assert_array_equal(steps[-1].theta, plain[-1].theta)


def test_momentum_overtakes_gradient_descent_on_an_ill_conditioned_quadratic(
    quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    # For κ = 1000 and α = 1/L gradient descent shrinks the error by 0.999 a step, 0.67 in 400 steps;
    # with μ = 0.9 the slow mode shrinks by about 1 − 1/(κ (1 − μ)) = 0.99, to 0.02.
    theta = np.zeros((1, 5))
    plain = take_steps(GradientDescent(), theta, quadratics([1000.0], 5), 400, 1e-3)[-1].J[0] - 1
    for nesterov in False, True:
        fast = take_steps(SGD(0.9, nesterov), theta, quadratics([1000.0], 5), 400, 1e-3)[-1].J[0] - 1
        assert 0 < fast < 0.01 * plain
