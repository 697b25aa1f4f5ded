"""How many modes are one network, and which units it can do without."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial

import numpy as np
import pytest

from shoal.bayes.symmetry import log_symmetries, unit_places, units_at_work
from shoal.errors import ConfigurationError
from shoal.layers import Dense, Dropout
from shoal.populations.network import Network


def test_units_can_change_places_and_signs_without_a_change_of_the_function() -> None:
    network, X = Network(2, [Dense(3, "tanh"), Dense(2)]), np.random.default_rng(0).normal(size=(4, 2))
    population = network.population(1, dtype="float64")
    (places,) = unit_places(network)
    seen = set()
    for order, signs in product(permutations(range(3)), product([1, -1], repeat=3)):
        other = population.members([0])
        for unit, (source, sign) in enumerate(zip(order, signs, strict=True)):
            other.theta[0, places[unit]] = sign * population.theta[0, places[source]]
        assert other.outputs(X) == pytest.approx(population.outputs(X), abs=1e-14)
        seen.add(other.theta.tobytes())
    assert np.exp(log_symmetries(network, np.array([[3]]))) == pytest.approx([len(seen)])


@pytest.mark.parametrize(("activation", "signs"), [("tanh", 2), ("relu", 1), ("sigmoid", 1)])
def test_only_an_odd_activation_lets_signs_change(activation: str, signs: int) -> None:
    network = Network(1, [Dense(4, activation), Dense(2, activation), Dense(1)])
    ways = factorial(4) * signs**4 * factorial(2) * signs**2
    assert np.exp(log_symmetries(network, np.array([[4, 2]]))) == pytest.approx([ways])


def test_a_network_without_hidden_units_is_there_once() -> None:
    none = np.zeros((3, 0), dtype=np.intp)
    assert log_symmetries(Network(2, [Dense(1)]), none).tolist() == [0, 0, 0]


def test_a_unit_that_is_nearly_zero_is_idle() -> None:
    places = np.array([[0, 1], [2, 3]])
    covariance = 0.01 * np.eye(4)
    assert units_at_work(np.array([1.0, 1.0, 1.0, 1.0]), covariance, places) == 2
    assert units_at_work(np.array([1.0, 1.0, 0.05, 0.05]), covariance, places) == 1
    assert units_at_work(np.zeros(4), covariance, places) == 0


def test_of_two_units_that_do_one_work_together_one_is_idle() -> None:
    # Only the sum of the two is known: each could be zero, not both.
    covariance = np.array([[1.0, -0.99], [-0.99, 1.0]])
    assert units_at_work(np.array([0.5, 0.5]), covariance, np.array([[0], [1]])) == 1


def test_other_layers_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="dense layers, got Dropout"):
        unit_places(Network(1, [Dense(2, "tanh"), Dropout(0.5), Dense(1)]))
