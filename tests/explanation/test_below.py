from __future__ import annotations

import json

import numpy as np
import pytest

from shoal import Sequences, explain
from shoal.errors import ConfigurationError
from shoal.explanation.forms import FORMS
from shoal.layers import (
    GRU,
    LSTM,
    RNN,
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool1D,
    MaxPool2D,
    Residual,
)
from shoal.layers.base import Role
from shoal.populations.network import Network
from shoal.shapes import Array

OVER_TIME: list[list[Layer]] = [
    [
        BatchNorm("tanh"),
        Dropout(0.5),
        Residual([Conv1D(2, 3, padding="same", activation="tanh"), Dropout(0.3)], "softplus"),
        Conv1D(4, 2, 2, 2, "causal", 2, "tanh"),
        Dense(3, "tanh"),
        GlobalAveragePool1D(),
    ],
    [Conv1D(3, 2, activation="tanh"), MaxPool1D(2), LayerNorm(), LastStep(), BatchNorm()],
    [AveragePool1D(2), Conv1D(3, 2, activation="tanh"), GlobalMaxPool1D(), Residual([Dense(3, "tanh")])],
    [Conv1D(3, 2, activation="tanh"), Flatten()],
    [RNN(3, return_sequences=True), GRU(2, initial_state="learnt", recurrent_dropout=0.3)],
    [Bidirectional(LSTM(2, return_sequences=True)), GlobalAveragePool1D()],
    [Bidirectional(GRU(2, layer_norm=True))],
    [LSTM(2, layer_norm=True, truncate=2, reverse=True)],
    [Conv1D(2, 2, activation="tanh"), RNN(4, "sigmoid", layer_norm=True)],
]
OVER_IMAGES: list[list[Layer]] = [
    [Conv2D(4, 3, "tanh", 2, "same", groups=2), AveragePool2D(2, 1), GlobalAveragePool2D()],
    [Conv2D(2, 2, "tanh"), MaxPool2D(2), LayerNorm("tanh"), Flatten()],
    [LocallyConnected2D(2, 3, "tanh", 2, "same"), LocallyConnected2D(3, 2), Flatten()],
]
OVER_WORDS: list[list[Layer]] = [
    [Embedding(5, 3), Conv1D(2, 2, activation="tanh"), GlobalMaxPool1D()],
    [Embedding(6, 2), Bidirectional(GRU(2))],
]


def some_sequences() -> tuple[Sequences, Array]:
    X = np.random.default_rng(0).normal(size=(4, 2, 7))
    return Sequences(X, [7, 5, 1, 6]), np.eye(2)[[0, 1, 0, 1]]


def test_every_form_is_explained_here() -> None:
    stacks = [layer.name for layers in (*OVER_TIME, *OVER_IMAGES, *OVER_WORDS) for layer in layers]
    assert set(FORMS) <= set(stacks)


def data_of(layers: list[Layer]) -> tuple[tuple[int, ...], Array | Sequences]:
    """Return the shape of samples for a stack, and some."""
    if layers in OVER_IMAGES:
        return (2, 6, 5), np.random.default_rng(1).normal(size=(4, 2, 6, 5))
    if layers in OVER_WORDS:
        words = np.random.default_rng(2).integers(0, 4, size=(4, 1, 7))  # so that some have no step
        return (1, 7), Sequences(words, [7, 5, 2, 6])
    return (2, 7), some_sequences()[0]


@pytest.mark.parametrize(
    "layers", [*OVER_TIME, *OVER_IMAGES, *OVER_WORDS], ids=lambda layers: "-".join(x.name for x in layers)
)
def test_every_gradient_is_that_of_the_engine_and_of_differences(layers: list[Layer]) -> None:
    y = some_sequences()[1]
    inputs, X = data_of(layers)
    network = Network(inputs, [*layers, Dense(3, "tanh"), Dense(2)], "cross_entropy")
    explanation = explain(network.population(1, seed=2), X, y, sample=1)
    assert explanation.engine_error < 1e-12
    assert [below.layer.name for below in reversed(explanation.below)] == [
        layer.name for layer in layers if not isinstance(layer, Dropout)
    ]
    places = {(slot.layer, slot.name) for slot in network.slots[:-4] if slot.role is not Role.STATISTIC}
    assert len(places) == sum(len(below.gradients) for below in explanation.below)
    for below in explanation.below:
        assert below.a.shape[-1] == below.grad.shape[-1] == 4
        for gradient in below.gradients:
            assert np.linalg.norm(gradient.engine) > 1e-6
            assert gradient.engine_error < 1e-12
            assert gradient.block.relative_error < 1e-6


def test_every_format_goes_on_with_the_layers_below() -> None:
    X, y = some_sequences()
    network = Network((2, 7), [Conv1D(3, 2, activation="tanh"), LastStep(), Dense(2)], "cross_entropy")
    explanation = explain(network, X, y)
    for page in str(explanation), explanation.to_markdown(), explanation.to_html():
        for words in "the layers below", "conv1d", "The layers below, checked":
            assert words in page
    below = json.loads(explanation.to_json())["below"]
    assert [layer["layer"]["name"] for layer in below] == ["last_step", "conv1d"]
    assert [each["parameter"] for each in below[1]["gradients"]] == ["W", "b"]
    assert below[1]["forward"][0]["text"] == "z1′[f,t] = Σ_c Σ_i W1′[f,c,i] x′[c,t+i] + b1′[f]"
    assert below[1]["gradients"][0]["relative_error"]["central_differences"] < 1e-6
    beyond = np.array(below[1]["a"])[:, 4:, 1]  # of the sequence of five steps
    assert not beyond.any()


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ([Dense(3), Flatten(), Dense(4), BatchNorm(), Dense(2)], r"Dense\(units=4"),
    ],
    ids=["dense layers below a norm"],
)
def test_layers_without_formulas_are_refused(layers: list[Layer], named: str) -> None:
    X, y = some_sequences()
    with pytest.raises(ConfigurationError, match=f"is explained for dense layers, got {named}"):
        explain(Network((2, 7), layers, "cross_entropy"), X, y)


def test_a_network_without_dense_layers_on_top_is_refused() -> None:
    X, _ = some_sequences()
    network = Network((2, 7), [Conv1D(2, 2), GlobalAveragePool1D()], "squared_error")
    with pytest.raises(ConfigurationError, match="is explained for dense layers, got Conv1D"):
        explain(network, X, np.zeros((4, 2)))


def test_a_norm_between_a_recurrent_layer_and_the_dense_ones_is_explained() -> None:
    X, y = some_sequences()
    explanation = explain(Network((2, 7), [RNN(3), LayerNorm(), Dense(2)], "cross_entropy"), X, y)
    assert [below.layer.name for below in explanation.below] == ["layer_norm", "rnn"]


def test_rows_of_words_that_no_step_takes_have_no_gradient() -> None:
    X, y = np.array([[[0, 2, 2]], [[2, 0, 0]]]), [0.5, 1.0]
    network = Network((1, 3), [Embedding(4, 2), GRU(2), Dense(1)])
    (gradient,) = explain(network, X, y).below[-1].gradients
    assert gradient.name == "E"
    assert np.abs(gradient.by_layers[[0, 2]]).min() > 0
    assert not gradient.by_layers[[1, 3]].any()


def test_both_directions_are_told_with_letters_of_their_own() -> None:
    X, y = some_sequences()
    explanation = explain(Network((2, 7), [Bidirectional(GRU(2)), Dense(2)], "cross_entropy"), X, y)
    page = str(explanation)
    for told in ("∂J/∂W1′", "∂J/∂W←1′", "∂J/∂R←1′", "∂L/∂x′[t] = W1′ᵀ δ1′[t] + W←1′ᵀ δ←1′[t]"):
        assert told in page
    assert all((explanation.to_markdown(), explanation.to_html(), explanation.to_json()))
