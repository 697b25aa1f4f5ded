"""A member's result is the same bits alone and in any company, whatever layers it is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.layers import (
    LAYERS,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool2D,
    Residual,
)
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.sequences import Sequences
from shoal.shapes import Array, Shape
from tests.contract.over_time import OVER_TIME, over_time, some_sequences

IMAGE = (2, 7, 6)

STACKS: dict[str, list[Layer]] = {
    "dense": [Flatten(), Dense(5, "tanh")],
    "dropout": [Conv2D(3, 3, "tanh"), Dropout(0.3), Conv2D(3, 2, "tanh"), Flatten(), Dropout(0.5)],
    "conv2d": [Conv2D(4, 3, "relu", 1, "same", groups=2), Conv2D(3, (2, 3), "tanh", 2), Flatten()],
    "locally_connected2d": [LocallyConnected2D(3, 3, "tanh", (2, 1), "same"), Flatten()],
    "max_pool2d": [MaxPool2D(3, 1), Conv2D(3, 2, "tanh"), MaxPool2D(2, 1), Flatten()],
    "average_pool2d": [AveragePool2D(2, 1), Conv2D(3, 2, "tanh"), AveragePool2D(2), Flatten()],
    "global_average_pool2d": [Conv2D(9, 2, "tanh"), GlobalAveragePool2D()],
    "flatten": [Flatten(), Dense(3, "tanh"), Flatten()],
    "batch_norm": [BatchNorm(), Conv2D(3, 3), BatchNorm("relu"), Flatten(), Dense(9), BatchNorm("tanh")],
    "layer_norm": [LayerNorm(), Conv2D(3, 3), LayerNorm("relu"), Flatten(), Dense(9), LayerNorm("tanh")],
    "residual": [Residual([Conv2D(2, 3, "relu", 1, "same"), BatchNorm(), Dropout(0.2)], "tanh"), Flatten()],
}
"""Hidden layers that hold a layer of each name; a new layer fails until it is here, or in those over time."""


def some_samples(shape: Shape, N: int) -> tuple[Array | Sequences, Array]:
    rng = np.random.default_rng(0)
    X = some_sequences(shape, N) if len(shape) == 2 else rng.normal(size=(N, *shape))
    return X, np.eye(2)[rng.integers(2, size=N)]


def assert_independent(population: Population, N: int, **settings: Any) -> None:
    """Train the population and every member by itself, and compare all bits."""
    X, y = some_samples(population.network.input_shape, N)
    weights = np.random.default_rng(1).choice([0.0, 0.5, 1.0], size=(population.size, N))
    weights[:, 0] = 1
    together = train(population, X, y, sample_weight=weights, **settings)
    outputs = together.population.outputs(X)
    for p in range(population.size):
        alone = train(population.members(p), X, y, sample_weight=weights[p : p + 1], **settings)
        assert np.array_equal(alone.population.theta[0], together.population.theta[p])
        assert np.array_equal(alone.history.loss[0], together.history.loss[p])
        assert np.array_equal(alone.population.outputs(X)[0], outputs[p])


every_engine = pytest.mark.parametrize("engine", ["auto", "reference"])


@every_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer(layer: str, batch_size: int | None, dtype: str, engine: str) -> None:
    inputs, hidden = over_time(layer, "tanh") if layer in OVER_TIME else (IMAGE, STACKS[layer])
    network = Network(inputs, [*hidden, Dense(2)], "cross_entropy")
    assert layer in {each.name for each in network.walk()}
    population = network.population(3, dtype=dtype)
    assert_independent(population, 7, epochs=2, learning_rate=0.01, batch_size=batch_size, engine=engine)


@every_engine
@pytest.mark.parametrize("N", [1, 2, 9, 40])
@pytest.mark.parametrize("image", [(1, 1, 1), (1, 1, 5), (3, 4, 1), (1, 9, 9)], ids=str)
def test_odd_sizes(image: Shape, N: int, engine: str) -> None:
    layers = [
        Conv2D(3, 3, "tanh", 1, "same"),
        *([BatchNorm()] if engine == "reference" else []),  # the one layer that is not native
        Residual([LocallyConnected2D(3, 2, "relu", 1, "same"), LayerNorm()]),
        MaxPool2D(1),
        GlobalAveragePool2D(),
    ]
    network = Network(image, [*layers, Dense(2)], "cross_entropy")
    for batch_size in (None, 1, 4):
        assert_independent(network.population(3), N, epochs=2, batch_size=batch_size, engine=engine)
