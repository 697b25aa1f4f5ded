from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import INITIALIZERS
from shoal.layers import Conv1D, Conv2D
from shoal.layers.base import Context
from shoal.shapes import Array


def sequence(*numbers: float) -> Array:
    """Return one sequence of one channel as (P, C, T, N) = (1, 1, T, 1)."""
    return np.array(numbers, dtype=float)[None, None, :, None]


def with_filter(layer: Conv1D, a: Array, *weights: float, bias: float = 0) -> list[float]:
    parameters = {"W": np.array([[[[*weights]]]]), "b": np.full((1, 1, 1), bias)}
    return list(layer.forward(parameters, a, Context())[0].ravel())


def test_shapes() -> None:
    layer = Conv1D(8, 3, stride=2, dilation=2, padding="same", groups=4)
    assert layer.output_shape((4, 9)) == (8, 5)
    assert layer.parameter_shapes((4, 9)) == {"W": (8, 1, 3), "b": (8, 1)}
    assert Conv1D(2, 3).output_shape((4, 9)) == (2, 7)
    assert Conv1D(2, 3, padding="causal", dilation=4).output_shape((4, 9)) == (2, 9)


def test_a_rise_found_by_hand() -> None:
    # The filter (−1, 1) answers where the sequence grows; it is not turned round.
    a = sequence(0, 0, 3, 1)
    assert with_filter(Conv1D(1, 2), a, -1, 1, bias=0.5) == [0.5, 3.5, -1.5]
    assert with_filter(Conv1D(1, 2, padding="causal"), a, -1, 1) == [0, 0, 3, -2]
    assert with_filter(Conv1D(1, 2, padding="same"), a, -1, 1) == [0, 3, -2, -1]
    assert with_filter(Conv1D(1, 2, dilation=2), a, -1, 1) == [3, 1]
    assert with_filter(Conv1D(1, 2, stride=2), a, -1, 1) == [0, -2]
    assert with_filter(Conv1D(1, 3, padding="same", stride=2), a, 1, 10, 100) == [0, 130]


def test_gradients_by_hand() -> None:
    # z = (w₁a₁ + w₂a₂ + b, w₁a₂ + w₂a₃ + b), and J = 10 z₁ + 100 z₂ has ∂J/∂z = (10, 100).
    layer, a = Conv1D(1, 2), sequence(2, 3, 5)
    parameters = {"W": np.array([[[[7.0, 11.0]]]]), "b": np.array([[[13.0]]])}
    z, cache = layer.forward(parameters, a, Context())
    assert z.ravel().tolist() == [2 * 7 + 3 * 11 + 13, 3 * 7 + 5 * 11 + 13]
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_a = layer.backward(parameters, cache, sequence(10, 100), gradients, propagate=True)
    assert gradients["W"].ravel().tolist() == [2 * 10 + 3 * 100, 3 * 10 + 5 * 100]
    assert gradients["b"].ravel().tolist() == [110]
    assert grad_a is not None
    assert grad_a.ravel().tolist() == [7 * 10, 11 * 10 + 7 * 100, 11 * 100]
    assert layer.backward(parameters, cache, sequence(10, 100), gradients, propagate=False) is None


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("stride", "dilation", "groups"), [(1, 1, 1), (2, 1, 2), (1, 3, 4), (3, 2, 2)])
def test_the_definition_in_plain_loops(padding: str, stride: int, dilation: int, groups: int) -> None:
    layer = Conv1D(4, 3, stride, dilation, padding, groups, "tanh")
    rng, P, C, T, lengths = np.random.default_rng(0), 2, 4, 11, np.array([[11, 8, 1]])
    a = rng.normal(size=(P, C, T, 3))
    for sample, length in enumerate(lengths[0]):
        a[:, :, length:, sample] = 0
    parameters = {name: rng.normal(size=(P, *s)) for name, s in layer.parameter_shapes((C, T)).items()}
    out, _ = layer.forward(parameters, a, Context(lengths=lengths))
    extent = 2 * dilation + 1
    before = {"valid": 0, "same": (extent - 1) // 2, "causal": extent - 1}[padding]
    expected = np.zeros_like(out)
    for p, f, t, n in np.ndindex(*out.shape):
        length = int(lengths[0, n])
        own = max((length - extent) // stride + 1, 1) if padding == "valid" else -(-length // stride)
        if t >= own:
            continue
        z, part = parameters["b"][p, f, 0], f // (4 // groups)
        for c in range(C // groups):
            for i in range(3):
                at = t * stride + i * dilation - before
                if 0 <= at < T:
                    z += parameters["W"][p, f, c, i] * a[p, part * (C // groups) + c, at, n]
        expected[p, f, t, n] = np.tanh(z)
    np.testing.assert_allclose(out, expected, rtol=1e-12)


def test_without_padding_it_is_the_convolution_of_an_image_of_one_row() -> None:
    rng, over_time, over_image = np.random.default_rng(0), Conv1D(3, 4, 2), Conv2D(3, (1, 4), stride=(1, 2))
    a, W, b = rng.normal(size=(2, 2, 9, 5)), rng.normal(size=(2, 3, 2, 4)), rng.normal(size=(2, 3, 1))
    out, _ = over_time.forward({"W": W, "b": b}, a, Context())
    image, _ = over_image.forward({"W": W[:, :, :, None], "b": b}, a[:, :, None], Context())
    np.testing.assert_allclose(out, image[:, :, 0], rtol=1e-12)


def test_first_weights_are_those_of_a_unit_with_as_many_inputs_as_a_filter() -> None:
    layer = Conv1D(6, 3, groups=2, activation="relu")
    drawn = layer.initialize(np.random.default_rng(0), (4, 9))
    expected = INITIALIZERS["he"]().weights(np.random.default_rng(0), 6, 2 * 3)
    assert np.array_equal(drawn["W"], expected.reshape(6, 2, 3))
    assert np.array_equal(drawn["b"], np.zeros((6, 1)))


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ((0, 3), ConfigurationError, "the channels of conv1d must be a whole number ≥ 1, got 0"),
        ((4, 0), ConfigurationError, "the kernel_size of conv1d must be a whole number ≥ 1, got 0"),
        ((4, (3, 3)), ConfigurationError, "the kernel_size of conv1d must be a whole number ≥ 1, got (3, 3)"),
        ((4, 3, 1.5), ConfigurationError, "the stride of conv1d must be a whole number ≥ 1, got 1.5"),
        ((4, 3, 1, 0), ConfigurationError, "the dilation of conv1d must be a whole number ≥ 1, got 0"),
        (
            (4, 3, 1, 1, "full"),
            ConfigurationError,
            "the padding of conv1d must be 'valid', 'same' or 'causal', got 'full'",
        ),
        (
            (4, 3, 1, 1, "valid", 3),
            ConfigurationError,
            "the groups of conv1d must divide its channels, got 3 groups of 4",
        ),
        ((4, 3, 1, 1, "valid", 1, "tahn"), UnknownNameError, "unknown activation 'tahn'; did you mean"),
    ],
    ids=str,
)
def test_layers_that_are_refused(fields: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        Conv1D(*fields)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv1D(4, 2, groups=2), (3, 5), r"must divide the channels that it is given, got 2 groups of 3"),
        (Conv1D(4, 2), (5,), r"takes sequences of shape \(C, T\), got samples of shape \(5,\)"),
        (
            Conv1D(4, 3, dilation=2),
            (2, 4),
            "a window of 5 steps does not fit into the 4 that reach",
        ),
        (Conv1D(4, 3, dilation=5, padding="same"), (2, 4), "steps of a window that are 5 apart are never"),
    ],
    ids=str,
)
def test_samples_that_do_not_fit(layer: Conv1D, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        layer.output_shape(shape)
