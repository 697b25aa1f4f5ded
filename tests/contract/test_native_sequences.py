"""Layers over time give in the native engine what they give in the reference engine, whatever the lengths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES, choose_engine
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
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.sequences import Sequences
from shoal.shapes import Array, Shape

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import module

RTOL = {"float32": 1e-3, "float64": 1e-9}
SEQUENCE = (2, 20)
# Lanes are networks, or samples in vectors that are not full and in blocks that are not.
BATCHES: dict[str, dict[str, Any]] = {
    "few samples": {"N": 13},
    "few samples of minibatches": {"N": 29, "batch_size": 7},
    "full batch": {"N": 75, "validation": True},
    "minibatches": {"N": 175, "batch_size": 140},
}
STACKS: dict[str, list[Layer]] = {
    "rnn": [RNN(5)],
    "gru": [GRU(5)],
    "lstm": [LSTM(5)],
    "backwards": [LSTM(3, return_sequences=True, reverse=True), GRU(4, reverse=True)],
    "all steps": [GRU(6, return_sequences=True), Dropout(0.0), RNN(3, "sigmoid")],
    "learnt": [
        LSTM(3, return_sequences=True, initial_state="learnt"),
        GRU(2, initial_state="learnt", reverse=True),
    ],
    "one unit": [RNN(1, initial_state="learnt", return_sequences=True), LSTM(1)],
    "both directions": [
        Bidirectional(GRU(3, return_sequences=True)),
        Bidirectional(LSTM(2, initial_state="learnt")),
    ],
    "truncated": [
        Bidirectional(GRU(3, return_sequences=True, truncate=3)),
        LSTM(4, reverse=True, truncate=5),
    ],
    "recurrent dropout": [
        Bidirectional(LSTM(3, return_sequences=True, recurrent_dropout=0.3)),
        RNN(4, "gelu", return_sequences=True, recurrent_dropout=0.4, initial_state="learnt"),
        GRU(3, recurrent_dropout=0.5, reverse=True, truncate=4),
    ],
    "convolutions": [
        Conv1D(6, 4, stride=2, padding="same", activation="tanh"),
        Conv1D(4, 3, dilation=2, groups=2, activation="gelu"),
        GlobalMaxPool1D(),
    ],
    "convolution below": [Conv1D(4, 5, stride=3, padding="causal", activation="sigmoid"), RNN(3)],
    "block": [
        Conv1D(3, 2, padding="same"),
        Residual([Conv1D(3, 3, padding="causal", activation="tanh"), Dense(3)], "sigmoid"),
        LastStep(),
    ],
    "norms": [Conv1D(4, 3, padding="same"), BatchNorm("tanh"), Dense(3), BatchNorm(), GlobalAveragePool1D()],
    "layer norms": [
        LayerNorm("tanh"),
        Residual([Conv1D(2, 3, padding="same"), LayerNorm("sigmoid")]),
        LayerNorm(),
        RNN(3),
    ],
    "pools": [
        Conv1D(4, 3, padding="same", activation="tanh"),
        MaxPool1D(3, 2),
        AveragePool1D(2),
        Dropout(0.2),
        Flatten(),
    ],
}
"""Small ones, which have both layouts."""
WIDE: dict[str, tuple[Shape, list[Layer]]] = {
    "rnn": ((11, 6), [RNN(45, "gelu", return_sequences=True), RNN(18, "softplus")]),
    "gru": ((11, 6), [GRU(17, return_sequences=True), GRU(33)]),
    "lstm": ((3, 6), [LSTM(9, return_sequences=True), LSTM(37)]),
    "norms inside": ((11, 6), [LSTM(17, layer_norm=True, return_sequences=True), GRU(21, layer_norm=True)]),
    "dense above": ((1, 6), [LSTM(50), Dense(60, "tanh")]),
    "one step": ((12, 1), [LSTM(17), Dense(3)]),
    "both directions": ((9, 6), [Bidirectional(GRU(10, return_sequences=True)), Bidirectional(RNN(9))]),
    "convolutions": (
        (5, 14),
        [
            Conv1D(18, 5, activation="tanh"),
            BatchNorm(),
            Conv1D(9, 4, activation="silu"),
            GlobalAveragePool1D(),
        ],
    ),
}
"""More rows, columns and inputs than a tile or a vector has, and not a multiple of them."""

both_dtypes = pytest.mark.parametrize("dtype", RTOL)
every_stack = pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
every_batch = pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)


def some(network: Network, N: int, seed: int = 0, unequal: bool = True) -> tuple[Any, Array]:
    """Return sequences, none of which is as long as can be, and indicators of classes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, *network.input_shape))
    y = np.eye(network.n_outputs)[rng.integers(network.n_outputs, size=N)]
    T = network.input_shape[1]
    return Sequences(X, rng.integers(1, max(T - 1, 2), size=N)) if unequal else X, y


def same(
    shape: Shape,
    layers: list[Layer],
    dtype: str,
    N: int,
    validation: bool = False,
    unequal: bool = True,
    **settings: Any,
) -> None:
    """Train three members with both engines, and compare all that is known afterwards, predictions too."""
    network = Network(shape, [*layers, Dense(3)], "cross_entropy")
    population = network.population(3, seed=2, dtype=dtype)
    X, y = some(network, N, unequal=unequal)
    settings = {"epochs": 12, "l2": 0.1, "solver": "sgd"} | settings
    if settings["solver"] == "sgd":
        settings = {"learning_rate": 0.012} | settings
    settings["epochs"] //= -(-N // settings.get("batch_size", N))
    if validation:
        settings["validation"] = some(network, 11, seed=1, unequal=unequal)
    actual, expected = (
        train(population, X, y, engine=engine, **settings) for engine in ("native", "reference")
    )
    assert actual.history.reasons == expected.history.reasons
    rows, lengths = network.rows(X, "X").astype(dtype), X.lengths if unequal else None
    outputs = [
        ENGINES[name].outputs(network, expected.population.theta, rows, 1, lengths)
        for name in ("native", "reference")
    ]
    for a, b in (
        (actual.population.theta, expected.population.theta),
        (actual.history.loss, expected.history.loss),
        (actual.history.validation_loss, expected.history.validation_loss),
        tuple(outputs),
    ):
        if a is None or b is None:
            assert a is b
            continue
        scale = np.abs(b).max(axis=-1, keepdims=True)
        np.testing.assert_allclose(a / scale, b / scale, rtol=0, atol=RTOL[dtype])
    assert not np.array_equal(actual.population.theta, population.theta)


@every_batch
@every_stack
def test_every_stack(layers: list[Layer], batch: dict[str, Any]) -> None:
    same(SEQUENCE, layers, "float64", **batch)


@pytest.mark.parametrize(("dtype", "unequal"), [("float32", True), ("float64", False)])
@pytest.mark.parametrize("N", [13, 75])
@every_stack
def test_single_precision_and_equal_lengths(layers: list[Layer], N: int, dtype: str, unequal: bool) -> None:
    same(SEQUENCE, layers, dtype, N, unequal=unequal, epochs=8)


@both_dtypes
@pytest.mark.parametrize(("shape", "layers"), WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_wide_layers_on_every_instruction_set(
    isa: str, shape: Shape, layers: list[Layer], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    same(shape, layers, dtype, 75, batch_size=70, epochs=8, unequal=shape[1] > 1)


@pytest.mark.parametrize("N", [13, 75])
@pytest.mark.parametrize("layers", [[RNN(4)], [GRU(4)], [LSTM(4)]], ids=["rnn", "gru", "lstm"])
@pytest.mark.parametrize(("solver", "epochs"), [("adam", 100), ("lbfgs", 10), ("scg", 5)])
def test_every_solver(solver: str, epochs: int, layers: list[Layer], N: int) -> None:
    # Those that search amplify rounding errors, see test_native.py: they are held to it for a few iterations.
    same(SEQUENCE, layers, "float64", N, solver=solver, epochs=epochs)


BY_STEPS: dict[str, list[Layer]] = {
    "recurrent": [LSTM(5, return_sequences=True), GRU(3, reverse=True), Dense(4, "tanh")],
    "convolutions": [
        Conv1D(5, 3, padding="same", activation="relu"),
        Dropout(0.3),
        Conv1D(3, 4, stride=2, activation="gelu"),
        MaxPool1D(2),
        Dense(4, "sigmoid"),
        GlobalAveragePool1D(),
    ],
    "norms": [Conv1D(5, 3), BatchNorm("relu"), Bidirectional(RNN(3))],
    "norms inside": [LSTM(5, layer_norm=True, return_sequences=True), GRU(3, layer_norm=True, reverse=True)],
    "dropped": [
        GRU(4, return_sequences=True, recurrent_dropout=0.3, truncate=4),
        RNN(3, recurrent_dropout=0.2, reverse=True),
    ],
}


def trained(
    hidden: list[Layer], T: int, N: int, members: list[int], threads: int, dtype: str, batch_size: int | None
) -> Array:
    """Return θ of members trained on the same sequences, padded to T, by the native engine."""
    layers = [*hidden, Dense(3)]
    network = Network((2, T), layers, "cross_entropy")
    population = network.population(11, dtype=dtype).members(members)
    X, y = some(Network((2, 12), layers, "cross_entropy"), N)
    padded = np.zeros((N, 2, T))
    padded[:, :, :12] = X.X
    result = train(
        population,
        Sequences(padded, X.lengths),
        y,
        n_jobs=threads,
        epochs=3,
        batch_size=batch_size,
        engine="native",
    )
    return result.population.theta


@both_dtypes
@pytest.mark.parametrize(("N", "batch_size"), [(13, None), (40, 9), (700, None), (200, 60)])
@pytest.mark.parametrize("layers", BY_STEPS.values(), ids=BY_STEPS)
def test_the_bits_depend_neither_on_padding_nor_on_threads_nor_on_companions(
    layers: list[Layer], N: int, batch_size: int | None, dtype: str
) -> None:
    everybody = list(range(11))
    alone = trained(layers, 12, N, everybody, 1, dtype, batch_size)
    for T, threads in (12, 2), (17, 1), (33, 4):
        assert np.array_equal(trained(layers, T, N, everybody, threads, dtype, batch_size), alone)
    for members in [0], [10], [3, 1]:
        assert np.array_equal(trained(layers, 12, N, members, 2, dtype, batch_size), alone[members])


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize(("N", "batch_size"), [(13, None), (200, None), (150, 140)])
def test_words(N: int, batch_size: int | None, dtype: str) -> None:
    """A word that comes often, and one that never comes, on any number of threads."""
    network = Network(9, [Embedding(6, 5), Bidirectional(GRU(3)), Dense(3)], "cross_entropy")
    rng = np.random.default_rng(0)
    X = Sequences(np.minimum(rng.integers(12, size=(N, 9)), 4), rng.integers(1, 9, size=N))
    y = np.eye(3)[rng.integers(3, size=N)]
    population = network.population(3, dtype=dtype)
    settings: dict[str, Any] = {"epochs": 20, "batch_size": batch_size, "solver": "sgd"}
    expected = train(population, X, y, engine="reference", **settings).population.theta
    actual = train(population, X, y, engine="native", n_jobs=1, **settings).population.theta
    np.testing.assert_allclose(actual, expected, rtol=0, atol=RTOL[dtype])
    assert np.array_equal(
        train(population, X, y, engine="native", n_jobs=3, **settings).population.theta, actual
    )
    never = slice(5 * 5, 6 * 5)
    assert np.array_equal(actual[:, never], population.theta[:, never])


@both_dtypes
def test_a_row_is_predicted_the_same_alone_and_in_company(dtype: str) -> None:
    network = Network((2, 9), [LSTM(5, return_sequences=True), RNN(3), Dense(2)])
    population = network.population(3, dtype=dtype)
    X, _ = some(network, 75)
    together = population.outputs(X)
    for row in 0, 8, 74:
        alone = population.outputs(Sequences(X.X[[row]], X.lengths[[row]]))
        assert np.array_equal(alone[:, 0], together[:, row])


@every_batch
def test_norms_inside(batch: dict[str, Any]) -> None:
    """A norm divides by the deviation of states near 0, which amplifies rounding: a few steps agree."""
    layers: list[Layer] = [
        Bidirectional(LSTM(3, layer_norm=True, return_sequences=True, initial_state="learnt")),
        RNN(4, "gelu", layer_norm=True, return_sequences=True, recurrent_dropout=0.3),
        GRU(3, layer_norm=True, reverse=True, truncate=6),
    ]
    same(SEQUENCE, layers, "float64", epochs=5, **batch)


@pytest.mark.parametrize("times", [1, 25])
@pytest.mark.parametrize("layer", [RNN, GRU, LSTM])
def test_one_step_with_norms_inside(layer: type[Any], times: int) -> None:
    """∂J/∂θ of sequences of 7, 5 and 1 steps, where a lane is a network and where a sample."""
    layers = [layer(4, layer_norm=True, return_sequences=True), layer(3, layer_norm=True, reverse=True)]
    network = Network((2, 7), [*layers, Dense(3)], "cross_entropy")
    population = network.population(3, seed=2, dtype="float64")
    rng = np.random.default_rng(0)
    theta = population.theta + 0.3 * rng.normal(size=population.theta.shape)  # γ is not 1, nor β 0
    X, y = rng.normal(size=(3 * times, 2, 7)), np.eye(3)[rng.integers(3, size=3 * times)]
    sequences, settings = Sequences(X, np.tile([7, 5, 1], times)), {"epochs": 1, "learning_rate": 1.0}
    native, reference = (
        train(replace(population, theta=theta), sequences, y, engine=engine, solver="sgd", **settings)
        for engine in ("native", "reference")
    )
    step = reference.population.theta - theta
    np.testing.assert_allclose(native.population.theta - theta, step, rtol=1e-9, atol=1e-12)
    names = {slot.name for slot in network.slots}
    assert {"gamma_W", "gamma_R"} < names
    assert all(np.abs(step[:, slot.start : slot.stop]).max() > 1e-6 for slot in network.slots)


@both_dtypes
@pytest.mark.parametrize("N", [13, 75])
@pytest.mark.parametrize("layer", [RNN, GRU, LSTM])
def test_one_step_is_all_that_a_truncated_gradient_sees(layer: type[Any], N: int, dtype: str) -> None:
    """Where each step is a beginning, only the last one's inputs have a say in ∂J/∂W: the engines agree."""
    same(SEQUENCE, [layer(4, truncate=1)], dtype, N, epochs=8)
    same(SEQUENCE, [layer(4, truncate=1, reverse=True)], dtype, N, epochs=8)


def test_images_of_unequal_lengths_are_left_to_the_reference() -> None:
    network = Network(SEQUENCE, [Residual([LayerNorm()]), RNN(3), LayerNorm(), Dense(2)])
    assert choose_engine("auto", network, unequal=True).name == "native"
    image = Network((1, 3, 6), [Flatten(), Dense(2)])
    assert choose_engine("auto", image).name == "native"
    assert choose_engine("auto", image, unequal=True).name == "reference"


def test_lengths_of_other_samples_are_refused() -> None:
    network = Network((2, 4), [RNN(3), Dense(2)])
    theta, X = network.population(1, dtype="float64").theta, np.zeros((5, 8))
    with pytest.raises(ValueError, match=r"lengths \(N,\) or None"):
        ENGINES["native"].outputs(network, theta, X, 1, np.ones(4, np.intp))
