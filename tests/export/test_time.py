"""Networks of sequences as ONNX: equal to shoal's in ONNX Runtime, of any length, in any batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.export.onnx import to_onnx
from shoal.layers import (
    GRU,
    LSTM,
    RNN,
    AveragePool1D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool1D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    LayerNorm,
    MaxPool1D,
    Residual,
)
from shoal.losses import StepCrossEntropy
from shoal.populations.network import Network
from shoal.sequences import Sequences
from shoal.shapes import Array
from tests.contract.over_time import OVER_TIME, over_time

Run = Callable[..., dict[str, Any]]
C, LENGTHS = 2, np.array([7, 5, 1, 9, 4])
CONV = Conv1D(4, 3, padding="same", activation="relu")
STATES: dict[str, Any] = {"initial_state": "learnt"}

STACKS: dict[str, list[Layer]] = {
    "learnt states": [LSTM(3, return_sequences=True, **STATES), GRU(3, reverse=True, **STATES)],
    "learnt states of both": [Bidirectional(LSTM(3, **STATES))],
    "stacked": [Bidirectional(GRU(3, return_sequences=True)), Dropout(0.2), LSTM(4, truncate=3)],
    "a mean over time": [RNN(3, "relu", return_sequences=True), Dense(3, "tanh"), GlobalAveragePool1D()],
    "a maximum over time": [GRU(3, return_sequences=True), GlobalMaxPool1D()],
    "strides": [Conv1D(4, 3, 2, padding="same"), Conv1D(4, 2, 2, padding="causal"), GlobalMaxPool1D()],
    "an even window": [Conv1D(4, 4, 3, padding="same"), GlobalAveragePool1D()],
    "dilated": [Conv1D(4, 3, 1, 2, "causal", 2), Conv1D(2, 2, 2, 2, "valid"), LastStep()],
    "pools": [CONV, MaxPool1D(3, 2), AveragePool1D(2), Bidirectional(LSTM(2))],
    "norms": [CONV, BatchNorm("relu"), GRU(3, return_sequences=True), BatchNorm(), LastStep()],
    "a block": [CONV, Residual([Conv1D(4, 3, padding="same"), BatchNorm()], "relu"), GlobalAveragePool1D()],
}


def sequences(lengths: Array, words: bool = False) -> Sequences:
    rng, T = np.random.default_rng(len(lengths)), int(lengths.max())
    X = rng.integers(5, size=(len(lengths), 1, T)) if words else rng.normal(size=(len(lengths), C, T))
    return Sequences(X, lengths)


def made(layers: list[Layer], steps: int, dtype: str, starts: int = 2, channels: int = C) -> Any:
    network = Network((channels, steps), [*layers, Dense(3)], "cross_entropy")
    population = network.population(starts, seed=1, dtype=dtype)
    population.theta += np.random.default_rng(2).uniform(0, 0.3, population.theta.shape).astype(dtype)
    return population


def feeds(some: Sequences, dtype: str, extra: int = 0) -> dict[str, Array]:
    """Return the inputs, with noise beyond the sequences' ends and ``extra`` steps of it."""
    X = np.pad(some.X, ((0, 0), (0, 0), (0, extra)))
    X = np.where(np.arange(X.shape[-1]) < some.lengths[:, None, None], X, np.nan)
    return {"X": X.transpose(0, 2, 1).astype(dtype), "lengths": some.lengths.astype(np.int32)}


def assert_same(run: Run, population: Any, some: Sequences, inputs: dict[str, Array]) -> None:
    outputs, expected = run(population, inputs), population.predict(some)
    assert outputs["predictions"].dtype == population.theta.dtype
    np.testing.assert_allclose(outputs["predictions"], expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(outputs["mean"], expected.mean(axis=0), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STACKS)
def test_stacks_compute_the_same_with_lengths(run: Run, name: str, dtype: str) -> None:
    some = sequences(LENGTHS)
    assert_same(run, made(STACKS[name], 9, dtype), some, feeds(some, dtype))


@pytest.mark.parametrize("layer", sorted(set(OVER_TIME) - {"embedding"}))
def test_every_layer_over_time_computes_the_same(run: Run, layer: str) -> None:
    some = sequences(LENGTHS)
    assert_same(run, made(over_time(layer, "tanh")[1], 9, "float32", 1), some, feeds(some, "float32"))


@pytest.mark.parametrize("name", STACKS)
def test_neither_steps_nor_rows_are_fixed(run: Run, name: str) -> None:
    population = made(STACKS[name], 9, "float32", 1)
    graph = to_onnx(population).graph
    extents = {given.name: [d.dim_param for d in given.type.tensor_type.shape.dim] for given in graph.input}
    assert extents == {"X": ["rows", "steps", ""], "lengths": ["rows"]}
    fewer, more = sequences(np.array([3, 2])), sequences(np.array([9, 1, 8]))
    short = Sequences(np.pad(fewer.X, ((0, 0), (0, 0), (0, 6))), fewer.lengths)
    assert_same(run, population, short, feeds(fewer, "float32"))
    assert_same(run, population, more, feeds(more, "float32", extra=5))


def test_longer_sequences_than_in_training(run: Run) -> None:
    longer = sequences(np.array([20, 3]))
    layers: list[Layer] = [Conv1D(4, 3, activation="relu"), Bidirectional(GRU(3))]
    short, long = made(layers, 9, "float32"), made(layers, 20, "float32")
    assert (short.theta == long.theta).all()
    outputs = run(short, feeds(longer, "float32"))
    np.testing.assert_allclose(outputs["predictions"], long.predict(longer), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "leaky_relu", "elu", "softplus", "identity"])
def test_activations_of_a_plain_layer(run: Run, name: str) -> None:
    some = sequences(LENGTHS)
    assert_same(run, made([Bidirectional(RNN(3, name))], 9, "float32"), some, feeds(some, "float32"))


@pytest.mark.parametrize("layers", [[Flatten()], [LayerNorm("relu"), LastStep()]])
def test_parameters_of_each_step_fix_the_steps(run: Run, layers: list[Layer]) -> None:
    some = sequences(LENGTHS)
    population = made([CONV, *layers], 9, "float32")
    extent = to_onnx(population).graph.input[0].type.tensor_type.shape.dim[1]
    assert extent.dim_value == 9
    assert_same(run, population, some, feeds(some, "float32"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_words_are_whole_numbers(run: Run, dtype: str) -> None:
    some = sequences(LENGTHS, words=True)
    population = made([Embedding(5, 3), CONV, GRU(3)], 9, dtype, channels=1)
    beyond = np.where(np.arange(9) < LENGTHS[:, None], some.X[:, 0], 999).astype(np.int64)
    assert_same(run, population, some, {"X": beyond, "lengths": LENGTHS.astype(np.int32)})


def test_words_of_a_network_without_channels(run: Run) -> None:
    population = Network(9, [Embedding(5, 3), LSTM(3), Dense(1)], "log_loss").population(1, seed=1)
    some = sequences(LENGTHS, words=True)
    inputs = {"X": some.X[:, 0].astype(np.int64), "lengths": LENGTHS.astype(np.int32)}
    assert_same(run, population, Sequences(some.X[:, 0], LENGTHS), inputs)


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        (GRU(3, layer_norm=True), "layer_norm inside a layer 'gru'"),
        (RNN(3, "gelu"), "the activation 'gelu' of a recurrent layer"),
    ],
)
def test_what_nodes_do_not_have_is_refused(layer: Layer, what: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{what} has no ONNX form"):
        to_onnx(made([layer], 9, "float32"))


@pytest.mark.parametrize("starts", [1, 2])
def test_classes_of_every_step(run: Run, starts: int) -> None:
    some, layers = sequences(LENGTHS), [Bidirectional(GRU(3, return_sequences=True)), Dense(4), Flatten()]
    population = Network((C, 9), layers, StepCrossEntropy(9)).population(starts, seed=1)
    assert_same(run, population, some, feeds(some, "float32"))
