from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS
from shoal.engines import ENGINES
from shoal.errors import ConfigurationError, DataError
from shoal.explanation import differences
from shoal.explanation.gradient_check import Estimate, check_gradients, compare, relative_error
from shoal.explanation.point import GradientPoint
from shoal.layers import Dense, Dropout
from shoal.layers.base import Cache, Parameters
from shoal.populations.network import Network
from shoal.shapes import Array

X = np.array([[0.5, -1.0], [2.0, 0.3], [-1.0, 1.0]])
y = np.array([0, 1, 1])


class Transposed(Dense):
    """A layer that forgets a transpose, as square matrices let one do unnoticed."""

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        super().backward(parameters, cache, grad_a, gradients, propagate)
        return parameters["W"] @ (grad_a * self.g.derivative(cache[1], cache[2]))


class OnlyTheLastSample(Dense):
    """A layer whose bias has the gradient of one sample instead of the sum."""

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        grad_in = super().backward(parameters, cache, grad_a, gradients, propagate)
        gradients["b"][...] = (grad_a * self.g.derivative(cache[1], cache[2]))[..., -1:]
        return grad_in


def test_a_linear_network_by_hand() -> None:
    # J = ½ (w x + b − y)² + l2/2 w² at w = 2, b = 1, x = 3, y = 5:
    # r = w x + b − y = 2, ∂J/∂w = r x + l2 w = 6 + 1, ∂J/∂b = r = 2
    population = Network(1, [Dense(1)]).population(1)
    population.theta[:] = [2, 1]
    check = check_gradients(population, [3.0], [5.0], l2=0.5)
    np.testing.assert_allclose(check.analytic, [7, 2], rtol=1e-15)
    np.testing.assert_allclose(check.numerical, [7, 2], rtol=1e-9)
    assert check.relative_error < 1e-9
    assert [(block.layer, block.name, block.shape) for block in check.blocks] == [
        (0, "W", (1, 1)),
        (0, "b", (1, 1)),
    ]


def test_errors_are_relative_to_the_larger_gradient_block_by_block() -> None:
    point = GradientPoint(Network(2, [Dense(1)]), X, y)
    estimate = Estimate(1e-5, np.array([3.0, 4.0 + 5.0, 0.0]), np.ones(3, dtype=np.bool_), {})
    blocks = compare(point, estimate, np.array([3.0, 4.0, 0.0]), "reference").blocks
    assert blocks[0].relative_error == 5 / np.hypot(3, 9)
    assert blocks[0].largest_difference == 5
    assert blocks[1].relative_error == 0


@pytest.mark.parametrize(
    ("broken", "wrong"),
    [(Transposed, {(0, "W"), (0, "b")}), (OnlyTheLastSample, {(1, "b")})],
)
def test_a_wrong_backward_is_found_in_the_layer_where_it_shows(
    broken: type[Dense], wrong: set[tuple[int, str]]
) -> None:
    network = Network(2, [Dense(3, "tanh"), broken(3, "tanh"), Dense(1)], loss="log_loss")
    check = check_gradients(network, X, y)
    assert {(block.layer, block.name) for block in check.blocks if block.relative_error > 1e-6} == wrong
    assert check.relative_error > 0.01


def test_every_parameter_is_compared_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    whole = check_gradients(network, X, y)
    monkeypatch.setattr(differences, "HELD", 1)
    assert np.array_equal(check_gradients(network, X, y).numerical, whole.numerical)
    assert np.abs(whole.numerical).min() > 1e-4


def test_a_network_is_checked_at_the_start_of_its_seed_in_float64() -> None:
    network = Network(2, [Dense(3, "tanh"), Dense(1)], loss="log_loss")
    check = check_gradients(network, X, y, seed=3)
    member = check_gradients(network.population(1, seed=3), X, y)
    assert np.array_equal(check.analytic, member.analytic)
    assert not np.array_equal(check.analytic, check_gradients(network, X, y).analytic)
    assert check.analytic.dtype == np.float64


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_of_every_engine_is_that_of_the_reference(engine: str, activation: str) -> None:
    network = Network(2, [Dense(5, activation), Dropout(0.5), Dense(3, "sigmoid"), Dense(1)], loss="log_loss")
    given: dict[str, Any] = {"sample_weight": [1, 2, 3], "l2": 0.3, "l1": 0.1, "seed": 1}
    check = check_gradients(network, X, y, engine=engine, **given)
    reference = check_gradients(network, X, y, **given)
    assert (check.engine, reference.engine) == (engine, "reference")
    assert relative_error(check.analytic, reference.analytic) < 1e-13
    assert np.array_equal(check.numerical, reference.numerical)


def test_the_population_is_left_alone() -> None:
    population = Network(2, [Dropout(0.5), Dense(1)]).population(1)
    before = population.theta.copy()
    check_gradients(population, X, y)
    assert np.array_equal(population.theta, before)


def test_it_prints_one_line_for_each_array() -> None:
    lines = str(check_gradients(Network(2, [Dense(3, "tanh"), Dense(1)]), X, y)).splitlines()
    assert lines[0] == "relative error of the gradient, central differences of ±1e-05:"
    assert [line.split()[:3] for line in lines[1:]] == [
        ["layer", "1", "W"],
        ["layer", "1", "b"],
        ["layer", "2", "W"],
        ["layer", "2", "b"],
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"y": [0, 1]}, DataError, "X has 3 rows and y has 2; give one target for each row"),
        ({"y": [0, 1, 2]}, DataError, "y has the label 2, log_loss takes 0 and 1 only"),
        ({"X": X[:, :1]}, DataError, "X has 1 columns, the network takes 2"),
        (
            {"sample_weight": [1, 2]},
            DataError,
            "sample_weight must have shape (3,) for all members, or (1, 3), got (2,)",
        ),
        ({"sample_weight": [1, -2, 1]}, DataError, "sample_weight must not be negative, got -2"),
        ({"l2": -1}, DataError, "l2 must be finite and not negative, got -1"),
        ({"l1": "much"}, DataError, "l1 must be one number or one for each of the 1 members: "),
        ({"step": 0}, ConfigurationError, "step must be a positive number, got 0"),
        ({"step": "small"}, ConfigurationError, "step must be a positive number, got 'small'"),
        ({"seed": -1}, ConfigurationError, "seed must be an integer from 0 to 2**64 - 1, got -1"),
    ],
)
def test_what_cannot_be_checked(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    network = Network(2, [Dense(1)], loss="log_loss")
    with pytest.raises(error) as raised:
        check_gradients(network, **({"X": X, "y": y} | arguments))
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_one_network_is_checked_at_a_time() -> None:
    with pytest.raises(
        ConfigurationError, match=r"one network is checked at a time, got 3; use members\(i\)"
    ):
        check_gradients(Network(2, [Dense(1)]).population(3), X, y)
