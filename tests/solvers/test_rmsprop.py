from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.solvers.rmsprop import RMSprop


def test_first_steps_by_hand(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ w² from w = 1, α = 0.1, ρ = 0.75, ε = ½.
    # g = 1:   v = 0.25,                                   w = 1 − 0.1 · 1 / (0.5 + 0.5) = 0.9
    # g = 0.9: v = 0.1875 + 0.25 · 0.81 = 0.39, √v = 0.6244998, w = 0.9 − 0.09 / 1.1244998 = 0.8199644
    objective = counted(lambda w, p: (0.5 * (w * w).sum(), w), 1)
    steps = take_steps(RMSprop(rho=0.75, epsilon=0.5), np.ones((1, 1)), objective, 2)
    np.testing.assert_allclose(steps[0].theta, [[0.9]], rtol=1e-15)
    np.testing.assert_allclose(steps[1].theta, [[0.8199644]], rtol=1e-7)


def test_equals_a_scalar_rendering(quadratics: Callable[..., Any], take_steps: Callable[..., Any]) -> None:
    objective, alphas = quadratics([5.0, 500.0], 3), [0.1, 0.01]
    steps = take_steps(RMSprop(), np.ones((2, 3)), objective, 60, alphas)
    for p, alpha in enumerate(alphas):
        w, v = [1.0] * 3, [0.0] * 3
        for step in steps:
            g = objective(np.array([w]), np.array([p]))[1][0]
            for d in range(3):
                v[d] = 0.9 * v[d] + (1 - 0.9) * g[d] ** 2
                w[d] -= alpha * g[d] / (math.sqrt(v[d]) + 1e-8)
            np.testing.assert_allclose(step.theta[p], w, rtol=1e-9)


def test_comes_within_a_step_of_the_minimum_where_directions_differ_in_scale(
    counted: Any, take_steps: Callable[..., Any]
) -> None:
    # Close to the minimum every component oscillates within about α of it, whatever its curvature.
    scales = np.geomspace(1, 1e6, 4)
    objective = counted(lambda w, p: (0.5 * (w * w * scales).sum(), w * scales), 1)
    last = take_steps(RMSprop(), np.ones((1, 4)), objective, 2000, 0.001)[-1]
    np.testing.assert_allclose(last.theta, 0, atol=1e-3)
