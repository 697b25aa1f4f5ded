from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import GRU, LSTM, RNN, Bidirectional, Dense, Layer
from shoal.layers.base import Context, Role
from shoal.layers.recurrent import Recurrent
from shoal.populations.network import Network
from shoal.randomness import Noise
from shoal.shapes import Array

C, T, LENGTHS = 2, 7, np.array([[7, 5, 1]])


def some(layer: Layer) -> tuple[dict[str, Array], Array]:
    rng = np.random.default_rng(0)
    shapes = layer.parameter_shapes((C, T))
    parameters = {name: rng.normal(size=(2, *shape)) for name, shape in shapes.items()}
    return parameters, rng.normal(size=(2, C, T, 3)) * (np.arange(T)[:, None] < LENGTHS)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("cell", [RNN(3, "relu"), GRU(3, initial_state="learnt"), LSTM(3, layer_norm=True)])
def test_it_is_two_layers_beside_each_other(cell: Recurrent, sequences: bool) -> None:
    inner = replace(cell, return_sequences=sequences, recurrent_dropout=0.4)
    layer = Bidirectional(inner)
    parameters, a = some(layer)
    context = Context(Noise(np.array([[0, 0], [0, 1]], np.uint64), 5, layer=2), lengths=LENGTHS)
    out, cache = layer.forward(parameters, a, context)
    grad_a = np.random.default_rng(1).normal(size=out.shape)
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_in = layer.backward(parameters, cache, grad_a, gradients, propagate=True)
    expected_in = 0
    for number, (suffix, half) in enumerate([("", slice(0, 3)), ("_reverse", slice(3, 6))]):
        alone = replace(inner, reverse=bool(suffix))
        own = {name: parameters[name + suffix] for name in alone.parameter_shapes((C, T))}
        expected, kept = alone.forward(own, a, context.at(3 + number))
        assert np.array_equal(out[:, half], expected)
        grads = {name: np.empty_like(array) for name, array in own.items()}
        expected_in = expected_in + alone.backward(own, kept, grad_a[:, half], grads, propagate=True)  # type: ignore[operator]
        for name, grad in grads.items():
            assert np.array_equal(gradients[name + suffix], grad)
    assert np.array_equal(grad_in, expected_in)  # type: ignore[arg-type]
    assert layer.backward(parameters, cache, grad_a, gradients, propagate=False) is None


def test_shapes_roles_and_those_within() -> None:
    layer = Bidirectional(GRU(3, return_sequences=True))
    assert layer.output_shape((C, T)) == (6, T)
    assert [layer.role(name) for name in ("W", "R_reverse", "b_reverse", "c_reverse")] == [
        *[Role.WEIGHT] * 2,
        *[Role.OFFSET] * 2,
    ]
    assert [each.name for each in layer.walk()] == ["bidirectional", "gru", "gru"]
    assert layer.lengths_after(LENGTHS) is LENGTHS
    assert Bidirectional(GRU(3)).lengths_after(LENGTHS) is None
    assert layer.operations((C, T)) == 2 * layer.layer.operations((C, T))
    drawn = layer.initialize(np.random.default_rng(0), (C, T))
    assert not np.array_equal(drawn["W"], drawn["W_reverse"])


def test_it_is_saved_with_the_layer_within() -> None:
    layers = [
        Bidirectional(RNN(2, "relu", return_sequences=True)),
        Bidirectional(LSTM(2, truncate=3)),
        Dense(1),
    ]
    network = Network((C, T), layers)
    config = network.to_config()
    assert Network.from_config(config) == network
    assert config["layers"][1]["layer"]["name"] == "lstm"


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (Dense(3), "the layer of bidirectional must be a recurrent one such as GRU(8), got Dense("),
        ("gru", "the layer of bidirectional must be a recurrent one such as GRU(8), got 'gru'"),
        (GRU(3, reverse=True), "the layer of bidirectional is the one that goes forward, got GRU(units=3"),
    ],
)
def test_what_is_refused(inner: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Bidirectional(inner)
    assert str(raised.value).startswith(message)
