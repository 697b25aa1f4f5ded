from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation.vision import (
    LayerUnit,
    convolutions,
    filters,
    most_exciting,
    receptive_field,
    responses,
    saliency,
)
from shoal.layers import Conv2D, Dense, Flatten, GlobalAveragePool2D, Layer, MaxPool2D
from shoal.populations.network import Network

RNG = np.random.default_rng(0)
SHAPE = (2, 9, 8)
LAYERS: list[Layer] = [
    Conv2D(3, 3, "tanh", padding="same"),
    MaxPool2D(2),
    Conv2D(4, (2, 3), "tanh", stride=(1, 2)),
    Flatten(),
    Dense(5, "tanh"),
    Dense(3),
]
NETWORK = Network(SHAPE, LAYERS, "cross_entropy")
THETA = NETWORK.population(1, dtype="float64").theta
X = RNG.normal(size=(4, 144))


def test_responses_are_those_of_the_forward_pass() -> None:
    maps = responses(NETWORK, THETA, X)
    assert [a.shape[1:] for a in maps] == list(NETWORK.shapes[1:])
    one = NETWORK.population(1, dtype="float64")
    np.testing.assert_allclose(maps[-1], one.outputs(X)[0], rtol=1e-12)
    assert convolutions(NETWORK) == [0, 2]


def test_filters_are_the_weights_of_a_first_convolution() -> None:
    W = filters(NETWORK, THETA)
    assert W is not None
    np.testing.assert_array_equal(W, NETWORK.views(THETA)[0]["W"][0])
    dense = Network(SHAPE, [Flatten(), Dense(3)], "cross_entropy")
    assert filters(dense, dense.population(1).theta) is None


def test_saliency_is_the_derivative_of_the_score() -> None:
    classes = np.array([2, 0, 1, 1])
    gradient = saliency(NETWORK, THETA, X, classes).reshape(4, -1)
    h = 1e-6
    for pixel in np.random.default_rng(1).choice(144, 20, replace=False):
        step = np.zeros(144)
        step[pixel] = h
        higher, lower = (responses(NETWORK, THETA, X + sign * step)[-1] for sign in (1, -1))
        numerical = ((higher - lower) / (2 * h))[np.arange(4), classes]
        np.testing.assert_allclose(gradient[:, pixel], numerical, rtol=1e-6, atol=1e-9)


def test_saliency_of_two_classes_looks_at_one_output() -> None:
    network = Network((1, 2, 2), [Flatten(), Dense(1)], "log_loss")
    theta = np.array([[1.0, 2.0, 3.0, 4.0, 0.5]])
    both = saliency(network, theta, np.zeros((2, 4)), np.array([1, 0])).reshape(2, 4)
    np.testing.assert_array_equal(both, [[1, 2, 3, 4], [-1, -2, -3, -4]])


@pytest.mark.parametrize("place", [LayerUnit(0, (1, 4, 4)), LayerUnit(2, (3, 1, 0)), LayerUnit(5, (2,))])
def test_ascent_finds_a_more_exciting_image_of_the_same_length(place: LayerUnit) -> None:
    X = np.random.default_rng(1).normal(scale=0.2, size=(4, 144))
    image = most_exciting(NETWORK, THETA, place, X)
    assert image.shape == SHAPE
    excited = responses(NETWORK, THETA, image.reshape(1, -1))[place.layer][(0, *place.unit)]
    before = responses(NETWORK, THETA, X)[place.layer][(slice(None), *place.unit)]
    assert excited > 1.2 * before.max() > 0
    lengths = np.linalg.norm(X, axis=1)
    assert np.isclose(np.linalg.norm(image), lengths).any()


def test_what_excites_a_filter_most_is_the_filter() -> None:
    """Among images of one length, w · x is largest where x points along w."""
    network = Network((1, 5, 5), [Conv2D(2, 3), Flatten(), Dense(2)], "cross_entropy")
    theta = network.population(1, seed=3, dtype="float64").theta
    starts = np.random.default_rng(1).normal(size=(2, 25))
    image = most_exciting(network, theta, LayerUnit(0, (1, 1, 1)), starts)[0]
    w = network.views(theta)[0]["W"][0, 1, 0]
    np.testing.assert_allclose(image[1:4, 1:4] / np.linalg.norm(image), w / np.linalg.norm(w), atol=0.02)


def test_a_unit_that_is_silent_stays_where_it_was() -> None:
    network = Network((1, 3, 3), [Conv2D(1, 3, "relu"), Flatten(), Dense(2)], "cross_entropy")
    theta = np.zeros((1, network.n_parameters))
    start = np.random.default_rng(1).normal(size=(1, 9))
    np.testing.assert_allclose(
        most_exciting(network, theta, LayerUnit(0, (0, 0, 0)), start).ravel(), start[0]
    )


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_unit_sees_its_receptive_field_and_nothing_else(layer: int) -> None:
    """Every pixel of the field can change the unit, and no other can."""
    rows, columns = NETWORK.shapes[layer + 1][1:]
    for row, column in {(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 2)}:
        field = receptive_field(NETWORK, layer, row, column)
        inside = np.zeros(SHAPE[1:], dtype=bool)
        inside[field] = True
        touched = np.zeros(SHAPE[1:], dtype=bool)
        for image in np.random.default_rng(1).normal(size=(60, 144)):
            moved = np.stack([image, *(image + 9 * np.eye(144)[:72])])  # a pixel of the first channel
            response = responses(NETWORK, THETA, moved)[layer][:, :, row, column]
            same = np.isclose(
                response[1:], response[0], rtol=1e-12
            )  # a row's place in a product may round it
            touched |= ~same.all(axis=1).reshape(SHAPE[1:])
        np.testing.assert_array_equal(touched, inside)


def test_layers_that_gather_everything_see_everything() -> None:
    network = Network((1, 6, 6), [Conv2D(2, 3), GlobalAveragePool2D(), Dense(2)], "cross_entropy")
    assert receptive_field(network, 1, 0, 0) == (slice(0, 6), slice(0, 6))
