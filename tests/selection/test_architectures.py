from __future__ import annotations

import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.layers import Conv2D, Dense, Dropout, Flatten, MaxPool2D
from shoal.populations.network import Network
from shoal.registry import to_config
from shoal.selection.architectures import Convolutional, Perceptron, loss_of


@pytest.mark.parametrize(
    ("n_classes", "expected"), [(0, "squared_error"), (2, "log_loss"), (5, "cross_entropy")]
)
def test_the_loss_suits_the_target(n_classes: int, expected: str) -> None:
    assert loss_of(n_classes) == (expected, n_classes if n_classes > 2 else 1)


def test_a_perceptron_has_hidden_layers_and_a_linear_output() -> None:
    expected = Network(5, [Dense(3, "relu", "he"), Dense(2, "relu", "he"), Dense(4, initializer="he")])
    assert Perceptron("relu", "he").network((3, 2), 5, 4, "squared_error") == expected
    dropped = Network(5, [Dense(3, "tanh"), Dropout(0.2), Dense(4)])
    assert Perceptron(dropout=0.2).network((3,), 5, 4, "squared_error") == dropped
    assert Perceptron().network((), 5, 1, "log_loss") == Network(5, [Dense(1)], "log_loss")


def test_names_are_resolved_at_once() -> None:
    assert to_config(Perceptron("tanh", "normal")) == {
        "name": "perceptron",
        "activation": {"name": "tanh"},
        "initializer": {"name": "normal", "sigma": 0.1},
        "dropout": 0.0,
    }
    with pytest.raises(UnknownNameError, match="did you mean 'tanh'"):
        Perceptron("tahn")
    with pytest.raises(UnknownNameError, match="initializer"):
        Perceptron(initializer="normale")


def test_a_stage_convolves_and_pools() -> None:
    built = Convolutional((1, 8, 9), "tanh", dropout=0.5).network((4,), 72, 10, "cross_entropy")
    layers = [
        Conv2D(4, 3, "tanh", padding="same"),
        MaxPool2D(2),
        Flatten(),
        Dropout(0.5),
        Dense(16, "tanh"),
        Dropout(0.5),
        Dense(10),
    ]
    assert built == Network((1, 8, 9), layers, "cross_entropy")
    assert built.shapes[2] == (4, 4, 4)


def test_stages_go_on_where_nothing_is_left_to_pool() -> None:
    built = Convolutional((3, 2, 5), dense=()).network((2, 3), 30, 1, "log_loss")
    assert [layer.name for layer in built.layers] == ["conv2d", "max_pool2d", "conv2d", "flatten", "dense"]
    assert built.shapes[3] == (3, 1, 2)


def test_no_stages_are_a_linear_network() -> None:
    built = Convolutional((1, 4, 4), dropout=0.5).network((), 16, 10, "cross_entropy")
    assert built == Network((1, 4, 4), [Flatten(), Dense(10)], "cross_entropy")


@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        ((28, 28), {}, r"images have a shape \(C, H, W\), got \(28, 28\)"),
        ((1, 0, 28), {}, "each extent of an image must be a whole number ≥ 1, got 0"),
        ((1, 28, 28), {"kernel": 0}, "the kernel must be"),
        ((1, 5, 5), {}, r"of shape \(1, 5, 5\) have 25 pixels, the samples 16"),
    ],
)
def test_images_that_cannot_be(shape: tuple[int, ...], settings: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Convolutional(shape, **settings).network((2,), 16, 10, "cross_entropy")


def test_operations_count_a_shared_weight_at_every_place() -> None:
    built = Convolutional((2, 6, 6), dense=()).network((4,), 72, 10, "cross_entropy")
    assert built.n_parameters == (4 * 2 * 9 + 4) + (36 * 10 + 10)
    assert built.operations == (4 * 2 * 9 + 4) * 36 + (36 * 10 + 10)
