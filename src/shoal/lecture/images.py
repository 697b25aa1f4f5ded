"""The digits of the studies: 8 × 8 pixels, as they come with scikit-learn, or MNIST."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shoal.data.images.idx import read_idx
from shoal.data.images.image_set import ImageSet
from shoal.errors import ConfigurationError
from shoal.layers import stack
from shoal.layers.base import Context
from shoal.populations.population import Population
from shoal.randomness import Purpose, permutation
from shoal.shapes import Array, IntArray, Shape

TEST = 2000
"""Of MNIST's test images so many are looked at: enough to tell half a percent."""


@dataclass(frozen=True)
class Images:
    """Images (N, C·H·W) of a shape (C, H, W), pixels from 0 to 1, and their digits (N,), in three parts."""

    shape: Shape
    train: tuple[Array, IntArray]
    validation: tuple[Array, IntArray]
    test: tuple[Array, IntArray]

    def first(self, n: int) -> Images:
        """Return the same with the first ``n`` training images alone."""
        return replace(self, train=(self.train[0][:n], self.train[1][:n]))


def digits(seed: int, train: int, validation: int, folder: str | None = None) -> Images:
    """Return digits in an order drawn from the seed: so many to train on, to choose by, and the rest to test.

    ``folder`` holds the four files of MNIST, whose test images stay what they are; without one they are the
    1,797 digits that come with scikit-learn.

    Raises ``ConfigurationError`` for a folder that is not there, ``DataError`` for what is not MNIST.
    """
    end = train + validation
    if folder is None:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        order = permutation(len(bunch.data), seed, 0, Purpose.SPLIT)
        X, y = bunch.data[order] / 16, bunch.target[order]
        return Images((1, 8, 8), (X[:train], y[:train]), (X[train:end], y[train:end]), (X[end:], y[end:]))
    if not Path(folder).is_dir():
        raise ConfigurationError(f"{folder} is no folder; name the one that holds the four files of MNIST")
    known = read_idx(Path(folder))
    assert known.test is not None
    order = permutation(len(known.train), seed, 0, Purpose.SPLIT)
    X, y = _rows(known.train, order[:end])
    shape = (1, *known.train.pixels.shape[1:3])
    test = _rows(known.test, np.arange(min(TEST, len(known.test))))
    return Images(shape, (X[:train], y[:train]), (X[train:], y[train:]), test)


def layer_outputs(population: Population, X: Array) -> list[Array]:
    """Return what each layer of the first member makes of rows X (N, n): (N, \\*shape) of each layer.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> network = Network(2, [Dense(3, "tanh"), Dense(1)]).population(1)
    >>> [outputs.shape for outputs in layer_outputs(network, np.ones((5, 2)))]
    [(5, 3), (5, 1)]
    """
    network = population.network
    views = network.views(population.theta[:1])
    a = np.ascontiguousarray(X.astype(population.theta.dtype).T).reshape(1, *network.input_shape, len(X))
    outputs = []
    for layer, own in zip(network.layers, views, strict=True):
        a, _ = stack.forward([layer], [own], a, Context())
        outputs.append(np.moveaxis(a[0], -1, 0))
    return outputs


def _rows(images: ImageSet, which: IntArray) -> tuple[Array, IntArray]:
    assert images.labels is not None
    labels = np.array(images.labels)[which].astype(np.intp)
    return images.pixels[which].reshape(len(which), -1) / 255, labels
