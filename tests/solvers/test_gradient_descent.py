from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.solvers.gradient_descent import GradientDescent


def test_first_steps_on_a_quadratic(counted: Any, take_steps: Callable[..., Any]) -> None:
    # J = ½ (w₀² + 4 w₁²) from (2, 1) with α = 0.1: ∂J = (2, 4), so w = (1.8, 0.6); then ∂J = (1.8, 2.4),
    # w = (1.62, 0.36). The second member has α = ½: w = (1, −1), then w = (½, 1).
    objective = counted(lambda w, p: (0.5 * (w * w * [1, 4]).sum(), w * [1, 4]), 2)
    first, second = take_steps(GradientDescent(), np.array([[2.0, 1.0]] * 2), objective, 2, [0.1, 0.5])
    np.testing.assert_allclose(first.theta, [[1.8, 0.6], [1.0, -1.0]], rtol=1e-15)
    np.testing.assert_allclose(second.theta, [[1.62, 0.36], [0.5, 1.0]], rtol=1e-15)
    np.testing.assert_array_equal(first.J, [4.0, 4.0])
    np.testing.assert_array_equal(first.gradient_size, [4.0, 4.0])
    assert not first.converged.any()


def test_converges_on_an_ill_conditioned_quadratic_at_the_known_rate(
    quadratics: Callable[..., Any], take_steps: Callable[..., Any]
) -> None:
    # With α = 1 / L the slowest direction, soon the only one left, shrinks by 1 − 1/κ a step.
    objective = quadratics([100.0], 6)
    steps = take_steps(GradientDescent(), np.zeros((1, 6)), objective, 2001, 0.01)
    sizes = [step.gradient_size[0] for step in steps]
    np.testing.assert_allclose(sizes[1600] / sizes[1500], 0.99**100, rtol=1e-6)
    assert sizes[2000] < 1e-9
