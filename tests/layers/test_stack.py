"""Layers upon layers: who is counted, and how far back a gradient goes."""

from __future__ import annotations

import numpy as np

from shoal.layers import Dense, Dropout, Layer, Residual
from shoal.layers.base import Context
from shoal.layers.stack import backward, forward
from shoal.randomness import Noise
from shoal.shapes import Array

KEYS = np.array([[0, 0], [0, 1]], np.uint64)


def parameters(layers: list[Layer]) -> list[dict[str, Array]]:
    rng = np.random.default_rng(0)
    return [
        {name: rng.normal(size=(2, *extent)) for name, extent in layer.parameter_shapes((3,)).items()}
        for layer in layers
    ]


def test_layers_inside_others_are_counted_too() -> None:
    """The last dropout is the fourth layer, so it draws what it draws alone under that number."""
    layers: list[Layer] = [Residual([Dense(3), Dropout(0.5)]), Dropout(0.5)]
    a = np.ones((2, 3, 4))
    context = Context(noise=Noise(KEYS, 0))
    below, _ = forward(layers[:1], parameters(layers)[:1], a, context)
    whole, _ = forward(layers, parameters(layers), a, context)
    alone, _ = layers[1].forward({}, below, context.at(3))
    np.testing.assert_array_equal(whole, alone)
    assert not np.array_equal(whole, layers[1].forward({}, below, context.at(1))[0])


def test_the_first_layers_input_has_a_gradient_only_where_it_is_asked_for() -> None:
    layers: list[Layer] = [Dense(3, "tanh"), Dense(3)]
    own = parameters(layers)
    a, grad = np.ones((2, 3, 4)), np.ones((2, 3, 4))
    _, caches = forward(layers, own, a, Context())
    gradients = [{name: np.zeros_like(value) for name, value in each.items()} for each in own]
    assert backward(layers, own, caches, grad, gradients, propagate=False) is None
    assert all(value.any() for each in gradients for value in each.values())
    handed = backward(layers, own, caches, grad, gradients, propagate=True)
    assert handed is not None
    W1, W2 = own[0]["W"], own[1]["W"]
    expected = W1.swapaxes(1, 2) @ ((W2.swapaxes(1, 2) @ grad) * (1 - caches_output(layers, own, a) ** 2))
    np.testing.assert_allclose(handed, expected)


def caches_output(layers: list[Layer], own: list[dict[str, Array]], a: Array) -> Array:
    return forward(layers[:1], own[:1], a, Context())[0]
