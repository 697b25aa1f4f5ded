from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.export.layers import FORMS
from shoal.export.onnx import to_onnx
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
from tests.contract.over_time import OVER_TIME

Run = Callable[..., dict[str, Any]]
IMAGE = (2, 9, 8)

STACKS: dict[str, list[Layer]] = {
    "dense": [Flatten(), Dense(4, "tanh")],
    "dropout": [Dropout(0.5), Flatten(), Dropout(0.1)],
    "conv2d": [
        Conv2D(4, (3, 2), "tanh", (2, 1), "same", (1, 2), 2),
        Conv2D(2, 2, "relu", stride=2, padding="same"),
        Flatten(),
    ],
    "locally_connected2d": [LocallyConnected2D(3, (3, 2), "tanh", (2, 1), "same"), Flatten()],
    "max_pool2d": [MaxPool2D(3, (2, 1)), MaxPool2D(2), Flatten()],
    "average_pool2d": [AveragePool2D((3, 2), (2, 1)), AveragePool2D(2), Flatten()],
    "global_average_pool2d": [GlobalAveragePool2D()],
    "flatten": [Flatten(), Flatten()],
    "batch_norm": [BatchNorm("relu"), Flatten(), BatchNorm()],
    "layer_norm": [LayerNorm("relu"), Flatten(), LayerNorm()],
    "residual": [Residual([Conv2D(2, 3, "relu", 1, "same"), Residual([BatchNorm()])], "tanh"), Flatten()],
}

UNKNOWN = set(OVER_TIME)
"""Layers that take sequences: test_time.py."""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("starts", [1, 2])
@pytest.mark.parametrize("layer", sorted(set(LAYERS) - UNKNOWN))
def test_every_layer_computes_the_same(run: Run, layer: str, starts: int, dtype: str) -> None:
    network = Network(IMAGE, [*STACKS[layer], Dense(3)], "cross_entropy")
    assert layer in {each.name for each in network.walk()}
    population, rng = network.population(starts, dtype=dtype), np.random.default_rng(0)
    population.theta += rng.uniform(0, 0.5, population.theta.shape).astype(dtype)  # statistics too
    X = rng.normal(size=(6, network.n_inputs)).astype(dtype)
    outputs, expected = run(population, {"X": X}), population.predict(X)
    assert outputs["predictions"].dtype == np.dtype(dtype)
    np.testing.assert_allclose(outputs["predictions"], expected, rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(outputs["mean"], expected.mean(axis=0), rtol=1e-4, atol=2e-6)


def test_every_layer_has_a_form() -> None:
    assert set(FORMS) == set(LAYERS)


def test_a_convolution_is_a_convolution() -> None:
    network = Network((1, 5, 5), [Conv2D(2, 3), Flatten(), Dense(1)])
    model = to_onnx(network.population(1))
    assert [node.op_type for node in model.graph.node][:4] == ["Reshape", "Conv", "Flatten", "MatMul"]


@dataclass(frozen=True)
class Strange(Flatten):
    name = "strange"


def test_what_has_no_form_is_refused() -> None:
    network = Network((1, 2, 2), [Strange(), Dense(1)])
    with pytest.raises(ConfigurationError, match="the layer 'strange' has no ONNX form"):
        to_onnx(network.population(1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_networks_of_images_are_stored_once_each_in_their_precision(run: Run, dtype: str) -> None:
    network = Network(IMAGE, [Conv2D(4, 3, "relu"), Flatten(), Dense(8, "tanh"), Dense(3)], "cross_entropy")
    population = network.population(2, seed=1, dtype=dtype)
    population.theta += np.random.default_rng(0).uniform(0, 0.1, population.theta.shape).astype(dtype)
    picked = population.members([1, 0, 1, 1])
    X = np.random.default_rng(0).normal(size=(6, network.n_inputs)).astype(dtype)
    outputs, expected = run(picked, {"X": X}), picked.predict(X)
    np.testing.assert_allclose(outputs["predictions"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(outputs["mean"], expected.mean(axis=0), rtol=1e-5, atol=1e-6)
    constants = to_onnx(picked).graph.initializer
    assert len({(c.data_type, tuple(c.dims), c.raw_data) for c in constants}) == len(constants)
    assert sum(len(c.raw_data) for c in constants) < population.theta.nbytes + 200
