"""The three networks that the studies of images compare, and how they are trained."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shoal.layers import Conv2D, Dense, Flatten, Layer, LocallyConnected2D, MaxPool2D
from shoal.lecture.images import Images
from shoal.plots import drawing
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array, Shape

DENSE, LOCAL, CONVOLUTIONAL = "dense", "locally connected", "convolutional"
KINDS = {
    DENSE: (drawing.BLUE, "o"),
    LOCAL: (drawing.ORANGE, "^"),
    CONVOLUTIONAL: (drawing.GREEN, "s"),
}
"""The kinds of network, and how they are drawn."""

BATCH = 50


def network(kind: str, shape: Shape, width: int) -> Network:
    """Return a network of a kind for images of a shape.

    A dense one has ``width`` units between pixels and classes. The others have two layers of units that
    see 3 × 3 pixels (5 × 5 of larger images), ``width`` and twice as many at each place, each before a
    pooling of 2 × 2; they differ in one thing, that a convolution has the same weights at all places.

    >>> [network(kind, (1, 8, 8), 4).n_parameters for kind in KINDS]
    [310, 7626, 666]
    """
    layers: list[Layer] = [Flatten(), Dense(width, "relu")]
    if kind != DENSE:
        window = Conv2D if kind == CONVOLUTIONAL else LocallyConnected2D
        size = 3 if min(shape[1:]) < 16 else 5
        layers = []
        for filters in (width, 2 * width):
            layers += [window(filters, size, "relu", padding="same"), MaxPool2D(2)]
        layers.append(Flatten())
    return Network(shape, [*layers, Dense(10)], "cross_entropy")


def trained(kind: str, images: Images, width: int, starts: int, seed: int, updates: int) -> Population:
    """Return networks trained on the training images, for about so many updates however few these are."""
    X, y = images.train
    batch_size = min(BATCH, len(X))
    return train(
        network(kind, images.shape, width),
        X,
        y,
        starts=starts,
        seed=seed,
        learning_rate=3e-3,
        schedule="cosine",
        batch_size=batch_size,
        epochs=math.ceil(updates / math.ceil(len(X) / batch_size)),
    ).population


def errors(population: Population, samples: tuple[Array, Any]) -> Array:
    """Return the share of images that each network mistakes (P,)."""
    X, y = samples
    return np.asarray((population.outputs(X).argmax(axis=-1) != y).mean(axis=-1))
