"""Twenty layers train where the initialiser suits the activation, and not from N(0, 0.1)."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import train

DEPTH, WIDTH, N = 20, 16, 64


def share_left(activation: str, initializer: str, engine: str) -> np.ndarray:
    """Return the loss of 3 starts after training, as a share of the loss of the best constant (½ var y)."""
    X = np.random.default_rng(0).uniform(-1, 1, size=(N, 2))
    y = np.sin(3 * X[:, 0]) * X[:, 1]
    hidden = [Dense(WIDTH, activation, initializer) for _ in range(DEPTH - 1)]
    network = Network(2, [*hidden, Dense(1, initializer=initializer)])
    result = train(network, X, y, starts=3, learning_rate=2e-3, epochs=100, engine=engine)
    return result.history.loss[:, -1] / (y.var() / 2)


every_pair = pytest.mark.parametrize(
    ("activation", "initializer"), [("relu", "he"), ("tanh", "glorot"), ("selu", "lecun")]
)


@pytest.mark.parametrize("engine", ENGINES)
@every_pair
def test_from_the_initializer_that_suits_the_activation(
    activation: str, initializer: str, engine: str
) -> None:
    # Ten times less than a constant makes: the signal, and the gradient, come through all layers.
    assert share_left(activation, initializer, engine).max() < 0.1


@pytest.mark.parametrize("engine", ENGINES)
@every_pair
def test_from_small_numbers_whatever_the_width(activation: str, initializer: str, engine: str) -> None:
    # A layer multiplies the signal by about 0.1 √16 = 0.4, twenty of them by 10⁻⁸: the output is constant.
    assert share_left(activation, "normal", engine).min() > 0.65
