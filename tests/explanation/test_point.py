from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal import MLPRegressor, TrainingResult, check_gradients, explain, train
from shoal.errors import ConfigurationError
from shoal.explanation.point import GradientPoint
from shoal.explanation.step_study import study_steps
from shoal.layers import BatchNorm, Dense
from shoal.populations.network import Network

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])
Y = np.array([1.0, -2.0, 0.5])


def test_the_gradient_of_a_line_is_that_of_least_squares() -> None:
    network, weight = Network(2, [Dense(1)]), np.array([1.0, 2.0, 1.0])
    point = GradientPoint(network.population(1, seed=3), X, Y, sample_weight=weight, l2=0.7)
    *W, b = point.theta[0]
    r = weight * (X @ W + b - Y)
    expected = np.append(X.T @ r + 0.7 * np.array(W), r.sum()) / weight.sum()
    for engine in ("reference", "auto"):
        np.testing.assert_allclose(point.gradient(engine), expected, rtol=1e-12)


def test_statistics_have_no_gradient_by_any_engine() -> None:
    network = Network(2, [BatchNorm(), Dense(1)])
    point, masked = GradientPoint(network, X, Y), network.statistic_mask
    assert masked.any()
    for engine in ("reference", "auto"):
        gradient = point.gradient(engine)
        assert (gradient[masked] == 0).all()
        assert np.abs(gradient[~masked]).max() > 0.01


def test_there_is_one_network_at_a_point() -> None:
    with pytest.raises(ConfigurationError, match="one network is checked at a time, got 2"):
        GradientPoint(Network(2, [Dense(1)]).population(2), X, Y)


def _trained() -> TrainingResult:
    return train(Network(2, [Dense(1)]), X, Y, epochs=1)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (MLPRegressor, r"got MLPRegressor; give the network that is trained"),
        (_trained, r"got TrainingResult; give one of its networks, population\.members\(0\)"),
        (
            lambda: SimpleNamespace(model_=_trained()),
            r"one of its networks, model_\.population\.members",
        ),
        (lambda: None, r"expected a Network or a Population, got NoneType"),
    ],
)
@pytest.mark.parametrize("look", [explain, check_gradients, study_steps])
def test_what_is_no_network_is_refused_with_where_it_has_its_networks(
    look: Callable[..., Any], given: Callable[[], Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        look(given(), X, Y)
