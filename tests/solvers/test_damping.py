from __future__ import annotations

import numpy as np
import pytest

from shoal.shapes import Array, IntArray
from shoal.solvers.damping import TRIALS, descend, largest_curvature
from shoal.solvers.full_batch import Point

H = np.array([[3.0, 1.0], [1.0, 2.0]])
ALL = np.arange(1)


def parabola(theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
    """J = ½ θᵀHθ."""
    return 0.5 * np.einsum("pi,ij,pj->p", theta, H, theta), theta @ H


def test_a_step_and_its_damping_are_those_of_the_equations() -> None:
    theta, mu, told = np.array([[1.0, -2.0]]), 0.5, 0.6 * H  # less than its curvature is, so that ρ < 1
    there, damping, found = descend(Point.at(theta, parabola, ALL), told[None], np.array([mu]), ALL, parabola)
    p = np.linalg.solve(told + mu * np.eye(2), -(H @ theta[0]))
    assert found.all()
    assert there.theta[0] == pytest.approx(theta[0] + p, rel=1e-12)
    J, after = (float(parabola(each)[0][0]) for each in (theta, there.theta))
    rho = (J - after) / (0.5 * p @ (mu * p - H @ theta[0]))
    assert 1 / 3 < 1 - (2 * rho - 1) ** 3 < 1
    assert damping[0] == pytest.approx(mu * max(1 / 3, 1 - (2 * rho - 1) ** 3), rel=1e-9)
    assert there.J[0] == pytest.approx(after)
    assert there.gradient == pytest.approx(there.theta @ H)


def test_a_step_that_is_no_lower_is_damped_by_powers_of_powers_of_two() -> None:
    # of a curvature that is a tenth of the true one, steps −1/(0.1 + μ) · θ are too long until μ ≥ 0.4
    def steep(theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        return 0.5 * theta[:, 0] ** 2, theta.copy()

    here = Point.at(np.array([[1.0]]), steep, ALL)
    there, damping, found = descend(here, np.array([[[0.1]]]), np.array([0.05]), ALL, steep)
    # 0.05 · 2 = 0.1, · 4 = 0.4 : 1/(0.1 + 0.4) = 2 lands at −1, as high as before; · 8 = 3.2 is lower
    assert found.all()
    assert there.theta[0, 0] == pytest.approx(1 - 1 / 3.3, rel=1e-12)
    assert damping[0] <= 3.2


def test_who_finds_nothing_lower_stays_where_it_was() -> None:
    calls = []

    def flat(theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        calls.append(len(theta))
        return np.where((theta == 0.0).all(axis=1), 1.0, 2.0), np.ones_like(theta)

    here = Point(np.zeros((1, 1)), np.ones(1), np.ones((1, 1)))
    there, damping, found = descend(here, np.ones((1, 1, 1)), np.ones(1), ALL, flat)
    assert not found.any()
    assert len(calls) <= TRIALS
    assert (there.theta, there.J) == (here.theta, here.J)
    assert damping[0] > 2**10


def test_the_largest_curvature_is_on_the_diagonal() -> None:
    assert largest_curvature(np.stack([H, -H]).astype(np.float32)).tolist() == [3.0, -2.0]
