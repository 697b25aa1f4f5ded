from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Tanh
from shoal.engines import ENGINES
from shoal.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    LocallyConnected2D,
    MaxPool2D,
    Residual,
)
from shoal.populations.network import Network

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal.engines.compiled.architecture import described, knows, unknown_layer


@dataclass(frozen=True)
class MyTanh(Tanh):
    pass


@dataclass(frozen=True)
class MyFlatten(Flatten):
    pass


def layers(network: Network) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = described(network)["layers"]
    return fields


def test_a_convolution() -> None:
    conv = Conv2D(4, (3, 2), "relu", stride=(2, 1), padding="same", dilation=(1, 2), groups=2)
    [first, *_] = layers(Network((2, 5, 6), [conv, Flatten(), Dense(1)]))
    # 3 windows of 3 rows, 2 apart, reach over 7 rows: one more above and one below. 2 columns, 2 apart, need
    # two columns more than there are windows: one on either side.
    assert first == {
        "name": "conv2d",
        "inputs": 60,
        "units": 72,
        "W": 0,
        "b": 4 * 1 * 6,
        "activation": {"name": "relu"},
        "geometry": {
            "in": (2, 5, 6),
            "out": (4, 3, 6),
            "size": (3, 2),
            "stride": (2, 1),
            "before": (1, 1),
            "dilation": (1, 2),
            "groups": 2,
        },
    }


@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(2, 3, stride=2**62),
        Conv2D(2, 3, stride=(2**31, 1), padding="same"),
        Conv2D(2, (1, 3), dilation=(2**62, 2)),
        MaxPool2D(2, stride=(2**40, 7)),
        LocallyConnected2D(2, 3, stride=2**40),
    ],
)
def test_a_window_goes_no_farther_than_the_image(layer: Any) -> None:
    network = Network((1, 6, 5), [layer, Flatten(), Dense(1)])
    geometry = layers(network)[0]["geometry"]
    assert max(max(geometry[name]) for name in ("size", "stride", "before", "dilation")) <= 6
    theta, X = network.population(2).theta.astype(np.float64), np.linspace(-1, 1, 90).reshape(3, 30)
    reference, *compiled = (ENGINES[name].outputs(network, theta, X, 1) for name in sorted(ENGINES)[::-1])
    for outputs in compiled:
        np.testing.assert_allclose(outputs, reference, rtol=1e-12)


def test_pools_and_what_has_no_window() -> None:
    network = Network((3, 9, 8), [MaxPool2D(3, 2), Dropout(0.25), GlobalAveragePool2D(), Dense(2)])
    pool, dropout, mean, dense = layers(network)
    assert list(pool["geometry"].values()) == [(3, 9, 8), (3, 4, 3), (3, 3), (2, 2), (0, 0), (1, 1), 1]
    assert mean["geometry"]["out"] == (3, 1, 1)
    assert mean["geometry"]["size"] == (4, 3)
    assert dropout == {"name": "dropout", "inputs": 36, "units": 36, "steps": 1, "rate": 0.25}
    assert dense == {
        "name": "dense", "inputs": 3, "units": 2, "W": 0, "b": 6, "activation": {"name": "identity"},
    }  # fmt: skip


def test_layers_inside_another_are_among_its_fields() -> None:
    inner = [Conv2D(2, 3, padding="same"), LayerNorm(epsilon=0.5)]
    block, _, dense = layers(Network((2, 4, 4), [Residual(inner, "relu"), Flatten(), Dense(1)]))
    conv, norm = block.pop("layers")
    assert block == {
        "name": "residual",
        "inputs": 32,
        "units": 32,
        "steps": 1,
        "activation": {"name": "relu"},
    }
    assert (conv["W"], conv["b"]) == (0, 2 * 2 * 9)
    assert (norm["gamma"], norm["beta"], norm["epsilon"]) == (38, 38 + 32, 0.5)
    assert dense["W"] == 38 + 64


def test_places_that_share_the_parameters_of_batch_norm() -> None:
    image, _, features, _ = layers(
        Network((3, 4, 5), [BatchNorm(momentum=0.6, epsilon=0.5), Flatten(), BatchNorm(), Dense(1)])
    )
    assert [image[name] for name in ("gamma", "beta", "mean", "variance")] == [0, 3, 6, 9]
    assert (image["epsilon"], image["momentum"]) == (0.5, 0.6)
    assert (image["places"], features["places"]) == (20, 1)
    assert (features["gamma"], features["beta"]) == (12, 72)


def test_what_nobody_knows() -> None:
    assert unknown_layer(Network((1, 2, 2), [Flatten(), Dense(1, "tanh")])) is None
    assert "MyFlatten" in str(unknown_layer(Network((1, 2, 2), [MyFlatten(), Dense(1)])))
    assert "MyTanh" in str(unknown_layer(Network((1, 2, 2), [Conv2D(1, 1, MyTanh()), Flatten(), Dense(1)])))
    assert knows(Tanh(), "activation", ACTIVATIONS)
    assert not knows(MyTanh(), "activation", ACTIVATIONS)
    assert not knows(Tanh(), "loss", ACTIVATIONS)
