"""Error, slope and curvature of tangent models, against finite differences of the error itself."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.bayes import tangent
from shoal.bayes.tangent import Tangent
from shoal.errors import CapacityError, ConfigurationError
from shoal.layers import Dense
from shoal.networks import jacobians
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import sample_losses
from shoal.shapes import Array
from shoal.training.problem import Samples

RNG = np.random.default_rng(1)
X = RNG.normal(size=(12, 2))
TARGETS = {
    "squared_error": (RNG.normal(size=(12, 3)), 3),
    "log_loss": (RNG.integers(2, size=12), 1),
    "cross_entropy": (RNG.integers(3, size=12), 3),
}


def case(loss: str, hidden: tuple[int, ...] = ()) -> tuple[Population, Array, Tangent]:
    y, outputs = TARGETS[loss]
    network = Network(2, [*(Dense(M, "tanh") for M in hidden), Dense(outputs)], loss)
    population = network.population(3, dtype="float64")
    return population, y, tangent.tangent(population, Samples.of(network, X, y))


def error(population: Population, theta: Array, y: Array) -> Array:
    total: Array = sample_losses(Population(population.network, theta, population.keys), X, y).sum(axis=1)
    return total


@pytest.mark.parametrize("loss", TARGETS)
def test_error_and_slope_are_those_of_the_network(loss: str) -> None:
    population, y, found = case(loss, (4,))
    assert found.error == pytest.approx(error(population, population.theta, y), rel=1e-13)
    slope = (found.axes @ found.slope[:, :, None])[:, :, 0]
    for d in range(population.network.n_parameters):
        step = np.zeros(population.network.n_parameters)
        step[d] = 1e-6
        difference = error(population, population.theta + step, y) - error(
            population, population.theta - step, y
        )
        assert slope[:, d] == pytest.approx(difference / 2e-6, abs=1e-7)


@pytest.mark.parametrize("loss", TARGETS)
def test_without_a_hidden_layer_the_curvature_is_the_hessian(loss: str) -> None:
    population, y, found = case(loss)
    hessian = found.axes @ (found.curvatures[:, :, None] * found.axes.swapaxes(1, 2))
    D, h = population.network.n_parameters, 1e-4
    steps = h * np.eye(D)
    for i in range(D):
        for j in range(D):
            corners = [
                (sign * other) * error(population, population.theta + sign * steps[i] + other * steps[j], y)
                for sign in (1, -1)
                for other in (1, -1)
            ]
            assert hessian[:, i, j] == pytest.approx(sum(corners) / (4 * h**2), abs=2e-5)


def test_samples_taken_a_few_at_a_time_add_up_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, whole = case("cross_entropy", (4,))
    monkeypatch.setattr(jacobians, "HELD", 1)
    _, _, parts = case("cross_entropy", (4,))
    assert parts.curvatures == pytest.approx(whole.curvatures, abs=1e-12)
    assert parts.error == pytest.approx(whole.error, rel=1e-13)


def test_a_member_that_diverged_is_nan_and_the_others_are_not() -> None:
    population, y, whole = case("squared_error", (4,))
    population.theta[1] = 1e200
    found = tangent.tangent(population, Samples.of(population.network, X, y))
    assert np.isnan(found.error[1])
    assert np.isnan(found.place[1]).all()
    assert np.array_equal(found.curvatures[[0, 2]], whole.curvatures[[0, 2]])


def test_what_it_is_not_made_for_is_refused() -> None:
    network = Network(2, [Dense(1)], "huber")
    with pytest.raises(ConfigurationError, match="squared_error, log_loss, cross_entropy, got huber"):
        tangent.tangent(network.population(1), Samples.of(network, X, X[:, 0]))
    network = Network(2, [Dense(5000, "tanh"), Dense(1)])
    with pytest.raises(CapacityError, match="20001 parameters is too large"):
        tangent.tangent(network.population(1), Samples.of(network, X, X[:, 0]))
