"""Jacobians against finite differences, and against the gradient of a loss that they add up to."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.layers import Dense
from shoal.networks.jacobians import jacobians, rows_at_a_time
from shoal.populations.network import Network

NETWORK = Network(2, [Dense(3, "tanh"), Dense(4, "sigmoid"), Dense(2)])


def test_they_are_what_finite_differences_say() -> None:
    population = NETWORK.population(3, dtype="float64")
    X, h = np.random.default_rng(0).normal(size=(5, 2)), 1e-6
    z, J = jacobians(NETWORK, population.theta, X)
    assert z == pytest.approx(population.outputs(X), abs=1e-15)
    for d in range(NETWORK.n_parameters):
        step = np.zeros(NETWORK.n_parameters)
        step[d] = h
        above, _ = jacobians(NETWORK, population.theta + step, X)
        below, _ = jacobians(NETWORK, population.theta - step, X)
        assert J[..., d] == pytest.approx((above - below) / (2 * h), abs=1e-8)


def test_a_member_has_the_same_bits_alone() -> None:
    theta, X = NETWORK.population(4, dtype="float64").theta, np.random.default_rng(0).normal(size=(7, 2))
    _, together = jacobians(NETWORK, theta, X)
    _, alone = jacobians(NETWORK, theta[2:3], X)
    assert np.array_equal(together[2], alone[0])


def test_more_parameters_and_members_leave_room_for_fewer_rows() -> None:
    assert rows_at_a_time(NETWORK, 10) * 10 <= rows_at_a_time(NETWORK, 1)
    assert rows_at_a_time(NETWORK, 10**9) == 1
