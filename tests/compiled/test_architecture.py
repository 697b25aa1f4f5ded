from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Tanh
from shoal.compiled.architecture import (
    ACTIVATION_NAMES,
    LAYER_KINDS,
    knows,
    layer_rows,
    parameter,
    parameters,
    unknown_layer,
)
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
from shoal.losses import Huber, SquaredError
from shoal.network import Network


@dataclass(frozen=True)
class MyTanh(Tanh):
    pass


@dataclass(frozen=True)
class MyFlatten(Flatten):
    pass


def test_a_convolution() -> None:
    conv = Conv2D(4, (3, 2), "relu", stride=(2, 1), padding="same", dilation=(1, 2), groups=2)
    [first, *_] = layer_rows(Network((2, 5, 6), [conv, Flatten(), Dense(1)]))
    # 3 windows of 3 rows, 2 apart, reach over 7 rows: one more above and one below. 2 columns, 2 apart, need
    # two columns more than there are windows: one on either side.
    images, window = [2, 5, 6, 4, 3, 6], [3, 2, 2, 1, 1, 1, 1, 2]
    kind, relu = LAYER_KINDS.index(Conv2D), ACTIVATION_NAMES.index("relu")
    assert first.tolist() == [kind, 60, 72, 0, 4 * 1 * 6, relu, 0, 0, 0, *images, *window, 2, 0]


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
    assert layer_rows(network)[0][15:23].max() <= 6
    theta, X = network.population(2).theta.astype(np.float64), np.linspace(-1, 1, 90).reshape(3, 30)
    reference, *compiled = (ENGINES[name].outputs(network, theta, X, 1) for name in sorted(ENGINES)[::-1])
    for outputs in compiled:
        np.testing.assert_allclose(outputs, reference, rtol=1e-12)


def test_pools_and_what_has_no_window() -> None:
    network = Network((3, 9, 8), [MaxPool2D(3, 2), Dropout(0.25), GlobalAveragePool2D(), Dense(2)])
    pool, dropout, mean, dense = layer_rows(network)
    assert pool[9:].tolist() == [3, 9, 8, 3, 4, 3, 3, 3, 2, 2, 0, 0, 1, 1, 1, 0]
    assert mean[9:17].tolist() == [3, 4, 3, 3, 1, 1, 4, 3]
    assert dropout[6] == 0.25
    assert not np.concatenate([dropout[8:], dense[8:]]).any()
    assert dense[3:5].tolist() == [0, 6]


def test_layers_inside_another_follow_it() -> None:
    inner = [Conv2D(2, 3, padding="same"), LayerNorm(epsilon=0.5)]
    block, conv, norm, dense = layer_rows(Network((2, 4, 4), [Residual(inner, "relu"), Flatten(), Dense(1)]))[
        [0, 1, 2, 4]
    ]
    assert block[-1] == 2
    assert [row[-1] for row in (conv, norm, dense)] == [0, 0, 0]
    assert conv[3:5].tolist() == [0, 2 * 2 * 9]
    assert norm[3:5].tolist() == [38, 38 + 32]
    assert norm[7] == 0.5
    assert dense[3] == 38 + 64


def test_places_that_share_the_parameters_of_batch_norm() -> None:
    image, _, features, _ = layer_rows(
        Network((3, 4, 5), [BatchNorm(momentum=0.6, epsilon=0.5), Flatten(), BatchNorm(), Dense(1)])
    )
    assert image[3:5].tolist() == [0, 3]
    assert image[7:9].tolist() == [0.5, 0.6]
    assert (image[15:17].tolist(), features[15:17].tolist()) == ([20, 1], [1, 1])
    assert features[3:5].tolist() == [12, 72]


def test_what_nobody_knows() -> None:
    assert unknown_layer(Network((1, 2, 2), [Flatten(), Dense(1, "tanh")])) is None
    assert "MyFlatten" in str(unknown_layer(Network((1, 2, 2), [MyFlatten(), Dense(1)])))
    assert "MyTanh" in str(unknown_layer(Network((1, 2, 2), [Conv2D(1, 1, MyTanh()), Flatten(), Dense(1)])))
    assert knows(Tanh(), ACTIVATION_NAMES, ACTIVATIONS)
    assert not knows(MyTanh(), ACTIVATION_NAMES, ACTIVATIONS)
    assert not knows(Tanh(), (), ACTIVATIONS)


def test_parameters() -> None:
    assert parameters(Huber(2.0)) == [2.0]
    assert parameter(Huber(2.0)) == 2.0
    assert parameter(SquaredError()) == 0.0
