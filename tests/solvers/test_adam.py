from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.solvers.adam import Adam
from shoal.solvers.adamw import AdamW


def test_first_steps_by_hand(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ w² from w = 1, α = 0.1, β₁ = 0.5, β₂ = 0.75, and ε = 1 to be seen.
    # t = 1: g = 1, m = 0.5, v = 0.25, m̂ = 0.5 / 0.5 = 1, v̂ = 0.25 / 0.25 = 1, w = 1 − 0.1 · 1/2 = 0.95
    # t = 2: g = 0.95, m = 0.25 + 0.475 = 0.725, v = 0.1875 + 0.25 · 0.9025 = 0.413125
    #        m̂ = 0.725 / 0.75 = 0.9666…, v̂ = 0.413125 / 0.4375 = 0.9442857…, √v̂ = 0.9717436…
    #        w = 0.95 − 0.1 · 0.9666667 / 1.9717436 = 0.9009740
    objective = counted(lambda w, p: (0.5 * (w * w).sum(), w), 1)
    steps = take_steps(Adam(beta1=0.5, beta2=0.75, epsilon=1.0), np.ones((1, 1)), objective, 2)
    np.testing.assert_allclose(steps[0].theta, [[0.95]], rtol=1e-15)
    np.testing.assert_allclose(steps[1].theta, [[0.9009740]], rtol=1e-7)


def test_equals_a_scalar_rendering(quadratics: Callable[..., Any], take_steps: Callable[..., Any]) -> None:
    objective, alphas, solver = quadratics([5.0, 500.0], 3), [0.1, 0.01], Adam()
    steps = take_steps(solver, np.ones((2, 3)), objective, 60, alphas)
    for p, alpha in enumerate(alphas):
        w, m, v = [1.0] * 3, [0.0] * 3, [0.0] * 3
        for t, step in enumerate(steps, start=1):
            g = objective(np.array([w]), np.array([p]))[1][0]
            for d in range(3):
                m[d] = 0.9 * m[d] + (1 - 0.9) * g[d]
                v[d] = 0.999 * v[d] + (1 - 0.999) * g[d] ** 2
                m_hat, v_hat = m[d] / (1 - 0.9**t), v[d] / (1 - 0.999**t)
                w[d] -= alpha * m_hat / (math.sqrt(v_hat) + 1e-8)
            np.testing.assert_allclose(step.theta[p], w, rtol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_first_step_is_alpha_long_at_any_scale(
    dtype: type, scale: float, counted: Any, take_steps: Callable[..., Any]
) -> None:
    # m̂ / √v̂ = ±1 at t = 1. In float32 that needs 1 − β₂ᵗ = 0.001 to more digits than float32 leaves it.
    objective = counted(lambda w, p: (scale * w.sum(), np.full_like(w, scale)), 1)
    step = take_steps(Adam(epsilon=1e-30), np.zeros((1, 2), dtype), objective, 1, 0.25)[0]
    np.testing.assert_allclose(step.theta, [[-0.25, -0.25]], rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("solver", [Adam(), AdamW()])
def test_converges_where_directions_differ_in_scale(
    solver: Adam, counted: Any, take_steps: Callable[..., Any]
) -> None:
    # An axis-aligned bowl of condition 10⁶: every component gets its own scale.
    scales = np.geomspace(1, 1e6, 4)
    objective = counted(lambda w, p: (0.5 * (w * w * scales).sum(), w * scales), 1)
    last = take_steps(solver, np.ones((1, 4)), objective, 2000, 0.01)[-1]
    np.testing.assert_allclose(last.theta, 0, atol=1e-4)


def test_adamw_steps_as_adam_does(quadratics: Callable[..., Any], take_steps: Callable[..., Any]) -> None:
    # The decay, the only difference, is subtracted by the training loop.
    adam = take_steps(Adam(), np.ones((1, 3)), quadratics([5.0], 3), 20)[-1]
    adamw = take_steps(AdamW(), np.ones((1, 3)), quadratics([5.0], 3), 20)[-1]
    np.testing.assert_array_equal(adamw.theta, adam.theta)
