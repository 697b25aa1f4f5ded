from __future__ import annotations

import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool1D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    MaxPool2D,
)
from shoal.populations.network import Network
from shoal.registry import to_config
from shoal.selection.candidates.architectures import (
    Convolutional,
    Convolutional1D,
    Perceptron,
    Recurrent,
    loss_of,
)


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


def test_three_stages_over_time_are_those_of_the_paper() -> None:
    stages = [
        *(Conv1D(4, 8, padding="same"), BatchNorm("relu")),
        *(Conv1D(8, 5, padding="same"), BatchNorm("relu")),
        *(Conv1D(4, 3, padding="same"), BatchNorm("relu")),
    ]
    built = Convolutional1D((2, 30), dropout=0.3).network((4,), 60, 5, "cross_entropy")
    assert built == Network(
        (2, 30), [*stages, GlobalAveragePool1D(), Dropout(0.3), Dense(5)], "cross_entropy"
    )
    assert Convolutional1D((2, 30)).network((4, 8, 4), 60, 1, "log_loss").layers[:6] == tuple(stages)
    kernels = [
        layer.kernel_size
        for layer in Convolutional1D((2, 30)).network((1,) * 5, 60, 1, "log_loss").layers
        if isinstance(layer, Conv1D)
    ]
    assert kernels == [8, 5, 3, 3, 3]
    linear = Network((2, 30), [GlobalAveragePool1D(), Dense(1)])
    assert Convolutional1D((2, 30), dropout=0.3).network((), 60, 1, "squared_error") == linear


@pytest.mark.parametrize(
    ("architecture", "hidden", "layers"),
    [
        (Recurrent((2, 9)), (3,), [LSTM(3)]),
        (Recurrent((2, 9), "gru"), (3, 4), [GRU(3, return_sequences=True), GRU(4)]),
        (
            Recurrent((2, 9), "rnn", activation="relu", pooling="max", dropout=0.1),
            (3,),
            [RNN(3, "relu", return_sequences=True), GlobalMaxPool1D(), Dropout(0.1)],
        ),
        (
            Recurrent((2, 9), "gru", bidirectional=True, pooling="mean"),
            (3,),
            [Bidirectional(GRU(3, return_sequences=True)), GlobalAveragePool1D()],
        ),
        (Recurrent((2, 9), dropout=0.1), (), [LastStep()]),
    ],
)
def test_recurrent_networks_are_read_out_as_asked(
    architecture: Recurrent, hidden: tuple[int, ...], layers: list[Layer]
) -> None:
    built = architecture.network(hidden, 18, 4, "cross_entropy")
    assert built == Network((2, 9), [*layers, Dense(4)], "cross_entropy")


@pytest.mark.parametrize("architecture", [Convolutional1D, Recurrent])
def test_parameters_of_series_do_not_depend_on_the_steps(architecture: type[Recurrent]) -> None:
    counts = {
        architecture((3, steps)).network((4,), 3 * steps, 2, "cross_entropy").n_parameters
        for steps in (9, 90)
    }
    assert len(counts) == 1


def test_series_have_a_shape_and_their_numbers() -> None:
    for architecture in (Convolutional1D, Recurrent):
        with pytest.raises(ConfigurationError, match=r"series have a shape \(C, T\), got \(1, 2, 3\)"):
            architecture((1, 2, 3))
        with pytest.raises(ConfigurationError, match="hold 18 numbers, the samples 20"):
            architecture((2, 9)).network((4,), 20, 1, "squared_error")
    with pytest.raises(UnknownNameError, match="unknown cell 'lsmt'; did you mean 'lstm'"):
        Recurrent((2, 9), "lsmt")
    with pytest.raises(UnknownNameError, match="unknown pooling 'avg'"):
        Recurrent((2, 9), pooling="avg")
