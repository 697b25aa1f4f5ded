"""Every layer's backward against central differences: in every shape that it takes, with every activation."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Identity
from shoal.explanation.gradient_check import GradientCheck, check_gradients
from shoal.layers import (
    LAYERS,
    RNN,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool2D,
    Residual,
    steps,
)
from shoal.layers.base import Context
from shoal.layers.pooling import MaxPool
from shoal.layers.recurrent import Recurrent
from shoal.layers.weighted import Activated
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray, Shape
from tests.contract.over_time import OVER_TIME, over_time, some_sequences

TOLERANCE = 1e-6
STEP = 2e-6
CLEARANCE = 2e-4
"""How far every kink is from where it matters; a step in one parameter moves nothing by so much."""

IMAGE = (2, 6, 5)


def normalised(norm: Layer) -> list[Layer]:
    """Return a stack with a norm over data, an image and features, where no other layer undoes a shift."""
    return [norm, Conv2D(3, 3, "tanh"), norm, Flatten(), Dense(3, "tanh"), norm]


STACKS: dict[str, Callable[[str], list[Layer]]] = {
    "dense": lambda g: [Flatten(), Dense(4, g)],
    "dropout": lambda g: [Dropout(0.2), Conv2D(2, 3, g), Dropout(0.3), Flatten()],
    "conv2d": lambda g: [Conv2D(3, 3, g), Conv2D(2, 2, g), Flatten()],
    "max_pool2d": lambda g: [Conv2D(3, 2, g), MaxPool2D(2), Flatten()],
    "average_pool2d": lambda g: [Conv2D(3, 2, g), AveragePool2D(2), Flatten()],
    "global_average_pool2d": lambda g: [Conv2D(4, 3, g), GlobalAveragePool2D()],
    "locally_connected2d": lambda g: [LocallyConnected2D(2, 3, g), LocallyConnected2D(2, 2, g), Flatten()],
    "batch_norm": lambda g: normalised(BatchNorm(g)),
    "layer_norm": lambda g: normalised(LayerNorm(g)),
    "residual": lambda g: [
        Residual([Conv2D(2, 3, g, 1, "same"), Dropout(0.2)], g),
        Flatten(),
        Residual([Dense(4, g), Dense(60)]),
    ],
    "flatten": lambda g: [Conv2D(2, 3, g), Flatten(), Flatten()],
}
"""Hidden layers of one activation that hold a layer of each name; a new layer fails until it is here, or in
those over time."""

SHAPES: dict[str, tuple[Shape, list[Layer]]] = {
    "one pixel": ((3, 1, 1), [Conv2D(2, 1, "tanh"), Conv2D(3, 1, "tanh"), Flatten()]),
    "a filter as large as the image": ((2, 4, 3), [Conv2D(5, (4, 3), "tanh"), Flatten()]),
    "rows unlike columns": (
        (1, 7, 6),
        [Conv2D(3, (2, 3), "tanh", stride=(2, 1)), Conv2D(2, (3, 1), "tanh"), Flatten()],
    ),
    "stride beyond the filter": (
        (2, 8, 7),
        [Conv2D(3, 2, "tanh", stride=3), Conv2D(2, 2, "tanh"), Flatten()],
    ),
    "same": (
        (2, 5, 4),
        [Conv2D(3, 3, "tanh", padding="same"), Conv2D(2, 3, "tanh", padding="same"), Flatten()],
    ),
    "same, an even filter": ((1, 5, 4), [Conv2D(2, (2, 4), "tanh", padding="same"), Flatten()]),
    "same with stride": (
        (2, 7, 6),
        [Conv2D(3, 3, "tanh", stride=2, padding="same"), Conv2D(2, 3, "tanh", (3, 2), "same"), Flatten()],
    ),
    "dilation": ((2, 7, 6), [Conv2D(3, 2, "tanh", dilation=(2, 3)), Conv2D(2, 2, "tanh"), Flatten()]),
    "dilation, same": ((1, 5, 6), [Conv2D(3, 3, "tanh", padding="same", dilation=2), Flatten()]),
    "groups": ((4, 4, 4), [Conv2D(6, 3, "tanh", groups=2), Conv2D(6, 2, "tanh", groups=3), Flatten()]),
    "a filter to a channel": ((3, 4, 4), [Conv2D(6, 3, "tanh", groups=3), Conv2D(2, 1, "tanh"), Flatten()]),
    "everything at once": (
        (4, 9, 8),
        [
            Conv2D(4, (3, 2), "tanh", (2, 1), "same", (1, 2), 2),
            Conv2D(2, 3, "tanh", stride=2, dilation=(1, 2), groups=2),
            Flatten(),
        ],
    ),
    "maxima of windows that overlap": ((1, 8, 7), [Conv2D(2, 2, "tanh"), MaxPool2D(3, 2), Flatten()]),
    "maxima of windows apart": ((1, 9, 9), [Conv2D(2, 2, "tanh"), MaxPool2D((2, 1), (3, 4)), Flatten()]),
    "means of windows that overlap": (
        (1, 6, 7),
        [Conv2D(2, 2, "tanh"), AveragePool2D((3, 2), 1), Conv2D(2, 2, "tanh"), Flatten()],
    ),
    "means, the edge left out": ((2, 8, 6), [Conv2D(2, 2, "tanh"), AveragePool2D(3), Flatten()]),
    "pooling first": (
        (2, 9, 9),
        [AveragePool2D(2, 1), MaxPool2D(3, 1), Dropout(0.2), Conv2D(2, 3, "tanh"), GlobalAveragePool2D()],
    ),
    "local fields, padded, with stride": (
        (2, 5, 6),
        [
            LocallyConnected2D(3, (2, 3), "tanh", (2, 1), "same"),
            LocallyConnected2D(2, 2, "tanh", 2),
            Flatten(),
        ],
    ),
    "local fields over pooled data": (
        (1, 5, 4),
        [AveragePool2D(2, 1), LocallyConnected2D(2, 2, "tanh"), MaxPool2D(2), Flatten()],
    ),
    "norms of one number": (
        (1, 1, 1),
        [Conv2D(1, 1, "tanh"), BatchNorm("tanh"), Flatten(), BatchNorm("tanh")],
    ),
    "blocks within blocks": (
        (2, 4, 5),
        [
            Residual([Conv2D(2, 3, "tanh", 1, "same"), Residual([Conv2D(2, 1), Dropout(0.3)], "tanh")]),
            Residual([BatchNorm("tanh"), Conv2D(2, 3, padding="same"), LayerNorm()], "softplus"),
            Flatten(),
        ],
    ),
    "a network of 20 layers": (
        (1, 4, 4),
        [
            Conv2D(2, 3, "tanh", 1, "same"),
            *[
                Residual([BatchNorm(), Conv2D(2, 3, "tanh", 1, "same"), Conv2D(2, 3, padding="same")], "tanh")
                for _ in range(9)
            ],
            GlobalAveragePool2D(),
        ],
    ),
    "a network of 1998": (
        (1, 12, 12),
        [
            Conv2D(2, 3, "tanh"),
            AveragePool2D(2),
            Conv2D(3, 2, "tanh"),
            MaxPool2D(2),
            Flatten(),
            Dense(5, "tanh"),
        ],
    ),
}


def stack(layer: str, activation: str) -> tuple[Shape, list[Layer]]:
    """Return what a stack with that layer takes, and its hidden layers."""
    if layer in OVER_TIME:
        return over_time(layer, activation)
    return IMAGE, STACKS[layer](activation)


def some_samples(network: Network, N: int = 3) -> tuple[Array | Sequences, Array]:
    """Return X (N, n) and y (N, K): labels 0 and 1 or indicator rows for a loss with a link, else numbers.

    Sequences are of unequal lengths.
    """
    rng, K = np.random.default_rng(network.n_parameters), network.n_outputs
    X: Any = rng.normal(size=(N, network.n_inputs))
    numbers, labels = rng.normal(size=(N, K)), np.arange(N) % 2
    if len(network.input_shape) == 2:
        X = some_sequences(network.input_shape, N)
    if not network.criterion.has_link:
        return X, numbers
    return X, labels[:, None] if K == 1 else np.eye(K)[labels]


def some_start(network: Network, seed: int) -> Population:
    """Return a member with weights as they are drawn, and biases and scales away from 0 and 1."""
    population, rng = network.population(1, seed=seed, dtype="float64"), np.random.default_rng(seed)
    population.theta += np.where(network.weight_mask, 0, rng.uniform(-0.3, 0.3, network.n_parameters))
    return population


def between_maxima(layer: MaxPool | GlobalMaxPool1D, a: Array, lengths: IntArray | None) -> Array:
    """Return how far the largest number of every window is from the second, among what counts.

    Two that are exactly alike are zeros of a relu, which stay so.
    """
    if lengths is not None:
        apart = -1e6 * (1 + np.arange(a.shape[2])[:, None])  # beyond an end, nothing is near anything
        a = np.where(steps.valid(lengths, a.shape), a, apart)
    seen = a
    if isinstance(layer, MaxPool):
        seen = layer.window.gather(a)
        seen = seen.reshape(*seen.shape[:2], -1, *seen.shape[2 + layer.axes :])
    ordered = np.sort(seen, axis=2)
    distances: Array = ordered[:, :, -1] - ordered[:, :, -2]
    return np.where(distances == 0, 1, distances)


def clearance(population: Population, X: Array | Sequences, y: Array) -> float:
    """Return how near a kink is: of an activation (z = 0), a maximum (two alike), a loss (|r| = 0 or 1)."""
    network, theta = population.network, population.theta
    batch = Context(Noise(population.keys, step=0), np.full((1, len(X)), 1 / len(X)))
    if isinstance(X, Sequences):
        batch = dataclasses.replace(batch, lengths=X.lengths[None])
    a = network.rows(X, "X").T.reshape(1, *network.input_shape, len(X))
    distances = []
    for i, (layer, parameters) in enumerate(zip(network.layers, network.views(theta), strict=True)):
        after = batch.after(layer)
        if isinstance(layer, Recurrent | Bidirectional):
            one, (_, cache) = isinstance(layer, Recurrent), layer.forward(parameters, a, batch.at(i))
            if isinstance(layer if one else layer.layer, RNN):
                cells = itertools.chain(*(kept.cells.values() for kept in ([cache] if one else cache)))
                distances += [np.abs(z) for z, _ in cells]
        elif isinstance(layer, Activated) and not isinstance(layer.g, Identity):
            linear = dataclasses.replace(layer, activation="identity")  # type: ignore[type-var]
            z = np.abs(linear.forward(parameters, a, batch.at(i))[0])
            distances.append(steps.kept(z, after.lengths, beyond=1))
        if isinstance(layer, MaxPool | GlobalMaxPool1D):
            distances.append(between_maxima(layer, a, batch.lengths))
        a, _ = layer.forward(parameters, a, batch.at(i))
        batch = after
    r = np.abs(a - y.T)
    distances += [r, np.abs(r - 1)]
    return min(float(distance.min()) for distance in distances)


def check_somewhere_smooth(network: Network) -> GradientCheck:
    """Return the check at the first start that no kink is near, with every array's gradient in it."""
    X, y = some_samples(network)
    start = next(
        population
        for seed in range(2000)
        if clearance(population := some_start(network, seed), X, y) >= CLEARANCE
    )
    check = check_gradients(start, X, y, l2=0.3, step=STEP)
    for slot in network.slots:
        largest = np.abs(check.analytic[slot.start : slot.stop]).max()
        assert (largest == 0) if network.statistic_mask[slot.start] else (largest > 1e-5), slot
    return check


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_with_every_activation(layer: str, activation: str) -> None:
    inputs, hidden = stack(layer, activation)
    network = Network(inputs, [*hidden, Dense(2)], "cross_entropy")
    assert layer in {each.name for each in network.layers}
    assert check_somewhere_smooth(network).relative_error < TOLERANCE


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_under_every_loss(layer: str, loss: str) -> None:
    inputs, hidden = stack(layer, "softplus")
    network = Network(inputs, [*hidden, Dense(2)], loss)
    assert check_somewhere_smooth(network).relative_error < TOLERANCE


@pytest.mark.parametrize(("image", "layers"), SHAPES.values(), ids=SHAPES)
def test_every_shape(image: Shape, layers: list[Layer]) -> None:
    network = Network(image, [*layers, Dense(2)], "cross_entropy")
    assert check_somewhere_smooth(network).relative_error < TOLERANCE
