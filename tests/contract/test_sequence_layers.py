"""Layers over time: gradients with unequal lengths, zeros beyond them, and bits that padding leaves alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import Sequences, check_gradients, train
from shoal.activations import ACTIVATIONS
from shoal.engines import ENGINES, choose_engine
from shoal.errors import ConfigurationError
from shoal.layers import (
    GRU,
    LSTM,
    AveragePool1D,
    BatchNorm,
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool1D,
    GlobalMaxPool1D,
    LastStep,
    Layer,
    LayerNorm,
    MaxPool1D,
    Residual,
    stack,
)
from shoal.layers.base import Context
from shoal.layers.steps import valid
from shoal.networks import backprop
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.shapes import Array, IntArray
from shoal.training.recipe import Recipe
from tests.contract.over_time import INPUTS, OVER_TIME
from tests.contract.test_layer_gradients import CLEARANCE, STEP, TOLERANCE, clearance, some_start

C, T = 2, 7
OF_CHANNELS = {name: hidden for name, hidden in OVER_TIME.items() if name not in INPUTS}
LENGTHS = np.array([7, 5, 1, 6])

OPTIONS: dict[str, list[Layer]] = {
    "flattened": [Conv1D(2, 3, activation="sigmoid"), Flatten()],
    "one step": [Conv1D(3, 1, activation="tanh"), LastStep()],
    "stride": [Conv1D(3, 2, stride=2, activation="tanh"), Conv1D(2, 2, activation="tanh"), LastStep()],
    "stride beyond the filter": [Conv1D(3, 2, stride=3, activation="tanh"), GlobalAveragePool1D()],
    "same": [
        Conv1D(3, 4, padding="same", activation="tanh"),
        Conv1D(2, 3, padding="same", activation="tanh"),
        GlobalMaxPool1D(),
    ],
    "same with stride": [
        Conv1D(3, 3, stride=2, padding="same", activation="tanh"),
        Conv1D(2, 4, stride=3, padding="same", activation="tanh"),
        GlobalAveragePool1D(),
    ],
    "causal and dilated": [
        Conv1D(3, 2, padding="causal", activation="tanh"),
        Conv1D(3, 2, padding="causal", dilation=2, activation="tanh"),
        Conv1D(3, 2, padding="causal", dilation=4, activation="tanh"),
        LastStep(),
    ],
    "dilation": [Conv1D(3, 3, dilation=2, activation="tanh"), Conv1D(2, 2, activation="tanh"), LastStep()],
    "groups": [
        Conv1D(4, 3, groups=2, activation="tanh"),
        Conv1D(6, 2, groups=2, activation="tanh"),
        GlobalAveragePool1D(),
    ],
    "everything at once": [
        Conv1D(4, 3, 2, 2, "same", 2, "tanh"),
        Conv1D(2, 2, 1, 2, "causal", 2, "tanh"),
        GlobalAveragePool1D(),
    ],
    "dense at every step": [Dense(3, "tanh"), Dense(2, "sigmoid"), GlobalAveragePool1D()],
    "dropout": [Dropout(0.2), Conv1D(3, 2, activation="tanh"), Dropout(0.3), LastStep()],
    "batch norm": [
        BatchNorm("tanh"),
        Conv1D(3, 3, padding="same", activation="tanh"),
        BatchNorm("sigmoid"),
        GlobalAveragePool1D(),
        BatchNorm(),
    ],
    "layer norm": [Conv1D(3, 3, padding="same", activation="tanh"), LayerNorm("sigmoid"), LastStep()],
    "a block": [
        Residual([Conv1D(2, 3, padding="same", activation="tanh"), Dropout(0.2), Dense(2)], "sigmoid"),
        Residual(
            [BatchNorm("tanh"), Conv1D(2, 4, padding="causal"), Residual([Dense(2, "tanh")])], "softplus"
        ),
        GlobalMaxPool1D(),
    ],
    "maxima of windows that overlap": [
        Conv1D(3, 1, activation="tanh"),
        MaxPool1D(3, 1),
        Conv1D(2, 2, activation="tanh"),
        LastStep(),
    ],
    "maxima of windows apart": [MaxPool1D(2, 3), Conv1D(3, 2, activation="tanh"), LastStep()],
    "means of windows that overlap": [AveragePool1D(4, 2), Conv1D(3, 1, activation="tanh"), LastStep()],
    "means, pooled again": [AveragePool1D(2), MaxPool1D(2), Dense(3, "tanh"), GlobalAveragePool1D()],
    "a filter as long as the sequence": [Conv1D(3, T, activation="tanh"), Flatten()],
}


def sequences(steps: int = T, seed: int = 0, lengths: IntArray = LENGTHS) -> tuple[Sequences, Array]:
    """Return sequences that say nothing beyond their lengths, padded to ``steps``, and indicators."""
    rng = np.random.default_rng(seed)
    X = np.full((len(lengths), C, steps), np.nan)
    X[:, :, :T] = rng.normal(size=(len(lengths), C, T))
    return Sequences(X, lengths), np.eye(2)[np.arange(len(lengths)) % 2]


def somewhere_smooth(network: Network, X: Sequences, y: Array) -> Population:
    """Return the first start that no kink is near."""
    starts = (some_start(network, seed) for seed in range(2000))
    return next(population for population in starts if clearance(population, X, y) >= CLEARANCE)


def error_of_inputs(population: Population, X: Sequences) -> float:
    """Return the relative error of ∂J/∂x, J = Σ z² / 2, against central differences at the valid steps."""
    network, theta, N = population.network, population.theta, len(X)
    context = Context(Noise(population.keys, step=0), np.full((1, N), 1 / N), X.lengths[None])
    views, x = network.views(theta), np.moveaxis(X.X, 0, -1)[None].copy()

    def halved_squares() -> float:
        return float((stack.forward(network.layers, views, x, context)[0] ** 2).sum() / 2)

    z, caches = stack.forward(network.layers, views, x, context)
    unused = network.views(np.empty_like(theta))
    exact = stack.backward(network.layers, views, caches, z, unused, propagate=True)
    assert exact is not None
    there = np.broadcast_to(valid(X.lengths[None], x.shape), x.shape)
    assert not exact[~there].any()
    numerical = np.zeros_like(x)
    for at in np.argwhere(there):
        kept, sides = x[tuple(at)], []
        for sign in 1, -1:
            x[tuple(at)] = kept + sign * 1e-5
            sides.append(halved_squares())
        x[tuple(at)] = kept
        numerical[tuple(at)] = (sides[0] - sides[1]) / 2e-5
    return float(np.linalg.norm(exact - numerical) / np.linalg.norm(numerical))


def errors_of_gradients(layers: list[Layer]) -> tuple[float, float]:
    """Return the relative errors of ∂J/∂θ and of ∂J/∂x."""
    X, y = sequences()
    network = Network((C, T), [*layers, Dense(2)], "cross_entropy")
    start = somewhere_smooth(network, X, y)
    return check_gradients(start, X, y, l2=0.3, step=STEP).relative_error, error_of_inputs(start, X)


def assert_gradients_are_right(layers: list[Layer]) -> None:
    of_parameters, of_inputs = errors_of_gradients(layers)
    assert of_parameters < TOLERANCE
    assert of_inputs < TOLERANCE


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layer", OF_CHANNELS)
def test_gradients_with_lengths_of_7_5_and_1(layer: str, activation: str) -> None:
    assert_gradients_are_right(OF_CHANNELS[layer](activation))


@pytest.mark.parametrize("layers", OPTIONS.values(), ids=OPTIONS)
def test_gradients_of_every_option(layers: list[Layer]) -> None:
    assert_gradients_are_right(layers)


EVERY = {**{name: hidden("sigmoid") for name, hidden in OF_CHANNELS.items()}, **OPTIONS}
every_stack = pytest.mark.parametrize("layers", EVERY.values(), ids=EVERY)
POOLED = {name: layers for name, layers in EVERY.items() if not isinstance(layers[-1], Flatten)}
every_stack_of_any_length = pytest.mark.parametrize("layers", POOLED.values(), ids=POOLED)
"""Without weights for every step, and so for as many steps as one likes."""


@every_stack
def test_steps_beyond_a_length_hold_zeros_forward_and_back(layers: list[Layer]) -> None:
    X, _ = sequences(T + 3)
    a, lengths = np.moveaxis(X.X, 0, -1)[None], X.lengths[None]
    rng = np.random.default_rng(0)
    for layer in layers:
        context = Context(Noise(np.ones((1, 2), np.uint64), 0), np.full((1, 4), 0.25), lengths)
        shapes = layer.parameter_shapes(a.shape[1:-1])
        parameters = {name: rng.uniform(0.5, 1, (1, *shape)) for name, shape in shapes.items()}
        out, cache = layer.forward(parameters, a, context)
        after = layer.lengths_after(lengths)
        grad = rng.normal(size=out.shape)
        if after is not None:
            there = np.broadcast_to(valid(after, out.shape), out.shape)
            assert not out[~there].any()
            assert out[there].any()
            grad[~there] = 0
        gradients = {name: np.empty_like(array) for name, array in parameters.items()}
        back = layer.backward(parameters, cache, grad, gradients, propagate=True)
        assert back is not None
        assert not back[~np.broadcast_to(valid(lengths, back.shape), back.shape)].any()
        a = out
        if after is None:
            break
        lengths = after


def trained(layers: list[Layer], steps: int, dtype: str, **settings: Any) -> tuple[Population, Array]:
    network = Network((C, steps), [*layers, Dense(2)], "cross_entropy")
    rng = np.random.default_rng(3)
    lengths = np.concatenate([LENGTHS, rng.integers(1, T + 1, 9)])
    X, y = sequences(steps, lengths=lengths)
    result = train(network, X, y, epochs=3, learning_rate=0.05, dtype=dtype, **settings)
    return result.population, result.population.outputs(X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [None, 1, 5])
@every_stack_of_any_length
def test_padding_changes_no_bit(layers: list[Layer], batch_size: int | None, dtype: str) -> None:
    settings: dict[str, Any] = {"batch_size": batch_size, "starts": 2}
    population, outputs = trained(layers, T, dtype, **settings)
    for steps in T + 1, T + 6:
        longer, again = trained(layers, steps, dtype, **settings)
        for own, other in zip(
            population.network.views(population.theta), longer.network.views(longer.theta), strict=True
        ):
            for name in own:
                assert np.array_equal(own[name], other[name][tuple(slice(n) for n in own[name].shape)])
        assert np.array_equal(outputs, again)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_stack_of_any_length
def test_sequences_of_one_length_need_not_be_told_theirs(layers: list[Layer], dtype: str) -> None:
    X, y = sequences(T, lengths=np.full(6, T))
    wide, _ = sequences(T + 2, lengths=np.full(6, T))
    short, long = (Network((C, steps), [*layers, Dense(2)], "cross_entropy") for steps in (T, T + 2))
    settings: dict[str, Any] = {"epochs": 3, "dtype": dtype, "batch_size": 4}
    settings["engine"] = choose_engine("auto", long, Recipe(), unequal=True).name
    thetas = [
        train(network, samples, y, **settings).population for network, samples in ((short, X.X), (long, wide))
    ]
    for own, other in zip(*(each.network.views(each.theta) for each in thetas), strict=True):
        for name in own:
            assert np.array_equal(own[name], other[name][tuple(slice(n) for n in own[name].shape)])


@pytest.mark.parametrize("batch_size", [None, 3])
@every_stack
def test_a_member_is_the_same_in_any_company(layers: list[Layer], batch_size: int | None) -> None:
    X, y = sequences()
    population = Network((C, T), [*layers, Dense(2)], "cross_entropy").population(3)
    weights = np.array([[1, 1, 1, 1], [1, 0, 2, 1], [0.5, 1, 0, 1]])
    settings: dict[str, Any] = {"epochs": 2, "learning_rate": 0.05, "batch_size": batch_size}
    together = train(population, X, y, sample_weight=weights, **settings).population
    for p in range(3):
        alone = train(population.members(p), X, y, sample_weight=weights[p : p + 1], **settings).population
        assert np.array_equal(alone.theta[0], together.theta[p])
        assert np.array_equal(alone.outputs(X)[0], together.outputs(X)[p])


@every_stack
def test_a_network_is_saved_and_loaded(layers: list[Layer]) -> None:
    network = Network((C, T), [*layers, Dense(2)], "cross_entropy")
    assert Network.from_config(network.to_config()) == network


@pytest.mark.skipif("native" not in ENGINES, reason="without the compiled engine")
def test_the_compiled_engine_takes_all_of_them() -> None:
    def chosen(*layers: Layer, recipe: Recipe | None = None, unequal: bool = False) -> str:
        network = Network((C, T), [*layers, Flatten(), Dense(2)], "cross_entropy")
        return choose_engine("auto", network, recipe, unequal).name

    normed: dict[str, Any] = {"return_sequences": True, "layer_norm": True}
    equal = [BatchNorm(), LayerNorm("sigmoid"), Residual([BatchNorm()], "relu")]
    assert chosen(*equal, recipe=Recipe()) == chosen(*equal) == chosen(Dropout(0.5)) == "native"
    assert chosen(unequal=True) == chosen(recipe=Recipe(), unequal=True) == "native"
    for layer in (
        GRU(2, **normed),
        Residual([LSTM(C, **normed)]),
        Dense(2),
        Residual([Dense(2), Dropout()]),
        Conv1D(2, 3),
        MaxPool1D(),
        *equal,
    ):
        assert chosen(layer, unequal=True) == chosen(layer, recipe=Recipe(), unequal=True) == "native"


@pytest.mark.skipif("native" not in ENGINES, reason="without the compiled engine")
def test_unequal_lengths_are_heard_of_in_training_validation_and_prediction() -> None:
    X, y = sequences()
    X = Sequences(X.X[:, :, None], X.lengths)  # (N, C, 1, T): images whose columns are steps
    network = Network((C, 1, T), [LayerNorm("sigmoid"), Flatten(), Dense(2)], "cross_entropy")
    settings: dict[str, Any] = {"epochs": 2, "solver": "sgd", "dtype": "float64"}
    asked, told = (train(network, X, y, engine=engine, **settings) for engine in ("auto", "reference"))
    assert np.array_equal(asked.population.theta, told.population.theta)
    with pytest.raises(ConfigurationError, match="does not support sequences of unequal lengths in"):
        train(network, X.X, y, validation=(X, y), engine="native", **settings)
    a = backprop.sample_outputs(network, told.population.theta, network.rows(X, "X"), X.lengths)
    assert np.array_equal(told.population.outputs(X), a.swapaxes(1, 2))


def test_layers_over_features_do_not_take_them_for_steps() -> None:
    X, y = sequences()
    flat = Sequences(X.X[:, 0], X.lengths)
    with pytest.raises(
        ConfigurationError, match=r"Dense.* gives samples of shape \(3,\); give .*inputs=\(C, T\)"
    ):
        train(Network(T, [Dense(3), Dense(2)], "cross_entropy"), flat, y)
    train(Network((1, T), [Dense(3), LastStep(), Dense(2)], "cross_entropy"), flat, y, epochs=1)


def test_norms_of_images_whose_columns_are_steps() -> None:
    X, y = sequences()
    split = Sequences(X.X[:, :, None], X.lengths)  # (N, C, 1, T)
    for norm in BatchNorm("tanh"), LayerNorm("tanh"):
        thetas = []
        for inputs, samples in ((C, T), X), ((C, 1, T), split):
            network = Network(inputs, [norm, Flatten(), Dense(2)], "cross_entropy")
            trained = train(network, samples, y, epochs=3, dtype="float64", engine="reference")
            thetas.append(trained.population.theta)
        np.testing.assert_allclose(*thetas, rtol=1e-9)
        assert choose_engine("auto", Network((C, 1, T), network.layers), unequal=True).name == "reference"


def test_predictions_do_not_depend_on_padding_where_they_are_made_in_pieces() -> None:
    rng = np.random.default_rng(0)
    X, lengths = rng.normal(size=(70, C, 300)).astype(np.float32), rng.integers(1, 301, 70)
    wide = np.concatenate([X, np.zeros((70, C, 900), np.float32)], axis=2)
    layers = [
        Conv1D(64, 3, padding="same", activation="relu"),
        Conv1D(64, 3),
        GlobalAveragePool1D(),
        Dense(2),
    ]
    population = Network((C, 300), layers).population(1)
    longer = Population(Network((C, 1200), layers), population.theta, population.keys)
    outputs = [each.outputs(Sequences(x, lengths)) for each, x in ((population, X), (longer, wide))]
    assert np.array_equal(*outputs)
