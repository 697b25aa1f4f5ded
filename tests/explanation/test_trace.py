from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.explanation.trace import trace
from shoal.layers import Dense, Dropout, LayerNorm
from shoal.populations.network import Network


def test_every_layer_keeps_what_it_was_given_and_gave() -> None:
    network = Network(2, [Dense(2, "relu"), Dropout(0.5), Dense(1)])
    theta = np.array([[1.0, -1.0, 2.0, 1.0, 0.5, 0.0, 3.0, 1.0, -1.0]])
    traced = trace(network, theta, np.array([[1.0], [2.0]]), np.array([[4.0]]))
    first, last = traced.steps
    assert (first.number, last.number) == (1, 2)  # dropout is off and has no number
    assert (first.z.ravel().tolist(), first.a.ravel().tolist()) == ([-0.5, 4], [0, 4])
    assert first.slope.ravel().tolist() == [0, 1]
    assert (last.a.item(), traced.loss_slope.item(), traced.losses.tolist()) == (3, -1, [0.5])


def test_layers_that_it_does_not_know_are_told() -> None:
    network = Network(2, [Dense(2), LayerNorm(), Dense(1)])
    theta = network.population(1, dtype="float64").theta
    with pytest.raises(ConfigurationError, match=r"explained for dense layers, got LayerNorm"):
        trace(network, theta, np.ones((2, 1)), np.ones((1, 1)))
