from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import Conv2D, Dense, Flatten, MaxPool2D
from shoal.lecture.images import digits, layer_outputs
from shoal.populations.network import Network
from shoal.shapes import Array


def write_idx(path: Path, array: Array) -> None:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(gzip.compress(header + array.astype("u1").tobytes()))


def test_parts_have_no_image_in_common_and_the_seed_decides_who_is_where() -> None:
    drawn, other = digits(0, 300, 200), digits(1, 300, 200)
    assert [len(y) for _, y in (drawn.train, drawn.validation, drawn.test)] == [300, 200, 1297]
    images = np.concatenate([X for X, _ in (drawn.train, drawn.validation, drawn.test)])
    assert len(np.unique(images, axis=0)) == 1797
    assert (images.min(), images.max()) == (0, 1)
    assert not np.array_equal(drawn.train[0], other.train[0])
    np.testing.assert_array_equal(drawn.first(7).train[1], drawn.train[1][:7])


def test_mnist_is_read_from_its_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(256, size=(30, 12, 10)), np.arange(30) % 10
    for part, rows in (("train", slice(0, 24)), ("t10k", slice(24, 30))):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", pixels[rows])
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels[rows])
    drawn = digits(3, 15, 5, str(tmp_path))
    assert drawn.shape == (1, 12, 10)
    np.testing.assert_allclose(drawn.test[0], pixels[24:].reshape(6, 120) / 255)
    np.testing.assert_array_equal(drawn.test[1], labels[24:])
    for X, y in (drawn.train, drawn.validation):
        for image, digit in zip(X, y, strict=True):
            [at] = np.flatnonzero((np.round(image * 255) == pixels.reshape(30, 120)).all(axis=1))
            assert at < 24
            assert labels[at] == digit


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="nowhere is no folder; name the one that holds"):
        digits(0, 10, 0, "nowhere")


def test_the_last_layers_output_is_the_networks() -> None:
    layers = [Conv2D(3, 3, "tanh"), MaxPool2D(2), Flatten(), Dense(10)]
    population = Network((1, 8, 8), layers, "cross_entropy").population(2, dtype="float64")
    X = digits(0, 5, 0).train[0]
    outputs = layer_outputs(population, X)
    assert [a.shape for a in outputs] == [(5, 3, 6, 6), (5, 3, 3, 3), (5, 27), (5, 10)]
    np.testing.assert_allclose(outputs[-1], population.outputs(X)[0], rtol=1e-12)
