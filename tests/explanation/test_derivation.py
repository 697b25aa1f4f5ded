from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation.derivation import FactorKind, derive, multiplied
from shoal.explanation.explanation import Explanation
from shoal.explanation.trace import trace
from shoal.formulas.text import text
from shoal.layers import Dense
from shoal.populations.network import Network


def test_factors_stand_in_the_order_of_the_lecture(lecture: Explanation) -> None:
    derivations = derive(lecture.trace, lecture.network.criterion)
    assert [f"{each.name}{each.step.number}" for each in derivations] == ["W3", "b3", "W2", "b2", "W1", "b1"]
    assert [text(factor.symbol) for factor in derivations[2].factors] == [
        "∂L/∂a3", "∂a3/∂z3", "∂z3/∂a2", "∂a2/∂z2", "∂z2/∂W2",
    ]  # fmt: skip
    assert derivations[1].factors[-1].kind is FactorKind.ONE


def test_their_product_is_the_mean_of_the_samples_gradients(lecture: Explanation) -> None:
    for each in derive(lecture.trace, lecture.network.criterion):
        of_samples = [each.sample_gradient(n) for n in range(each.delta.shape[1])]
        np.testing.assert_allclose(each.gradient, np.mean(of_samples, axis=0), rtol=1e-12)


@pytest.mark.parametrize(("z", "prediction"), [(0.0, 0.5), (700.0, 1.0), (-700.0, np.exp(-700.0))])
def test_where_the_prediction_has_rounded_to_its_limit_delta_is_neither_infinite_nor_nought(
    z: float, prediction: float
) -> None:
    network = Network(1, [Dense(1)], loss="log_loss")
    theta, x, y = np.array([[z, 0.0]]), np.ones((1, 1)), np.zeros((1, 1))
    (W, _) = derive(trace(network, theta, x, y), network.criterion)
    np.testing.assert_allclose(W.delta, [[prediction]], rtol=1e-12)


def test_a_softmax_multiplies_by_a_matrix_for_each_sample() -> None:
    network = Network(2, [Dense(3)], loss="cross_entropy")
    theta = network.population(1, seed=0, dtype="float64").theta
    y = network.criterion.encode(np.array([0, 2]), 3)
    traced = trace(network, theta, np.array([[1.0, -1.0], [0.5, 2.0]]), y)
    (W, _) = derive(traced, network.criterion)
    assert W.factors[1].kind is FactorKind.JACOBIAN
    np.testing.assert_allclose(multiplied(traced.loss_slope, W.factors[1]), traced.steps[-1].a - y, rtol=1e-9)
