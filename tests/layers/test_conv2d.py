from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import INITIALIZERS
from shoal.layers import Conv2D
from shoal.layers.base import Context
from shoal.shapes import Array


def image(*rows: list[float]) -> Array:
    """Return one image of one channel as (P, C, H, W, N) = (1, 1, H, W, 1)."""
    return np.array(rows, dtype=float)[None, None, :, :, None]


def test_shapes() -> None:
    layer = Conv2D(8, (3, 2), stride=(1, 2), padding="same", dilation=2, groups=4)
    assert layer.output_shape((4, 7, 9)) == (8, 7, 5)
    assert layer.parameter_shapes((4, 7, 9)) == {"W": (8, 1, 3, 2), "b": (8, 1)}


def test_an_edge_found_by_hand() -> None:
    # The filter (−1, 1) answers where a row grows; it is not turned round, as a true convolution's would be.
    a = image([0, 0, 3, 3], [0, 5, 5, 1])
    z, _ = Conv2D(1, (1, 2)).forward(
        {"W": np.array([[[[[-1.0, 1.0]]]]]), "b": np.array([[[0.5]]])}, a, Context()
    )
    assert z[0, 0, :, :, 0].tolist() == [[0.5, 3.5, 0.5], [5.5, 0.5, -3.5]]


def test_gradients_by_hand() -> None:
    # z = (w₁a₁ + w₂a₂ + b, w₁a₂ + w₂a₃ + b), and J = 10 z₁ + 100 z₂ has ∂J/∂z = (10, 100).
    layer, a = Conv2D(1, (1, 2)), image([2, 3, 5])
    parameters = {"W": np.array([[[[[7.0, 11.0]]]]]), "b": np.array([[[13.0]]])}
    z, cache = layer.forward(parameters, a, Context())
    assert z.ravel().tolist() == [2 * 7 + 3 * 11 + 13, 3 * 7 + 5 * 11 + 13]
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_a = layer.backward(parameters, cache, image([10, 100]), gradients, propagate=True)
    assert gradients["W"].ravel().tolist() == [2 * 10 + 3 * 100, 3 * 10 + 5 * 100]
    assert gradients["b"].ravel().tolist() == [110]
    assert grad_a is not None
    assert grad_a.ravel().tolist() == [7 * 10, 11 * 10 + 7 * 100, 11 * 100]


def test_the_definition_with_everything_at_once() -> None:
    layer = Conv2D(4, (2, 3), "tanh", stride=(2, 1), padding="same", dilation=(1, 2), groups=2)
    rng, P, N, (C, H, W) = np.random.default_rng(0), 2, 3, (4, 5, 6)
    a = rng.normal(size=(P, C, H, W, N))
    parameters = {name: rng.normal(size=(P, *s)) for name, s in layer.parameter_shapes((C, H, W)).items()}
    out, _ = layer.forward(parameters, a, Context())
    padded = np.pad(a, ((0, 0), (0, 0), (0, 1), (2, 2), (0, 0)))
    for p, f, y, x in np.ndindex(P, 4, *out.shape[2:4]):
        channels = slice(0, 2) if f < 2 else slice(2, 4)
        field = padded[p, channels, 2 * y : 2 * y + 2, x : x + 5 : 2]
        z = (parameters["W"][p, f][..., None] * field).sum(axis=(0, 1, 2)) + parameters["b"][p, f]
        np.testing.assert_allclose(out[p, f, y, x], np.tanh(z), rtol=1e-12)


@pytest.mark.parametrize("shared", [False, True], ids=["own data", "shared data"])
def test_members_see_their_own_or_common_data(shared: bool) -> None:
    layer, rng = Conv2D(2, 2, "relu"), np.random.default_rng(0)
    a = rng.normal(size=(1 if shared else 3, 1, 4, 5, 6))
    parameters = {name: rng.normal(size=(3, *s)) for name, s in layer.parameter_shapes((1, 4, 5)).items()}
    out, _ = layer.forward(parameters, a, Context())
    for p in range(3):
        own = {name: array[p : p + 1] for name, array in parameters.items()}
        alone, _ = layer.forward(own, a if shared else a[p : p + 1], Context())
        assert np.array_equal(out[p], alone[0])


def test_nothing_is_propagated_unless_asked_for() -> None:
    layer, parameters = Conv2D(1, 2), {"W": np.ones((1, 1, 1, 2, 2)), "b": np.zeros((1, 1, 1))}
    out, cache = layer.forward(parameters, np.ones((1, 1, 3, 3, 2)), Context())
    gradients = {name: np.zeros_like(array) for name, array in parameters.items()}
    assert layer.backward(parameters, cache, np.ones_like(out), gradients, propagate=False) is None
    assert gradients["W"].all()


def test_first_weights_are_those_of_a_unit_with_as_many_inputs_as_a_filter() -> None:
    layer = Conv2D(6, (2, 3), "relu", groups=2)
    drawn = layer.initialize(np.random.default_rng(0), (4, 9, 9))
    expected = INITIALIZERS["he"]().weights(np.random.default_rng(0), 6, 2 * 2 * 3)
    assert np.array_equal(drawn["W"], expected.reshape(6, 2, 2, 3))
    assert np.array_equal(drawn["b"], np.zeros((6, 1)))


def test_numbers_and_pairs_are_the_same_layer() -> None:
    assert Conv2D(3, 2, stride=2) == Conv2D(np.int64(3), [2, 2], stride=(2, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 3), ConfigurationError, "the filters of conv2d must be a whole number ≥ 1, got 0"),
        ((4, 0), ConfigurationError, "the size of conv2d must be a whole number ≥ 1, got 0"),
        ((4, 3, "tahn"), UnknownNameError, "unknown activation 'tahn'; did you mean 'tanh'?"),
        ((4, 3, "tanh", 1, "valid", 1, 0), ConfigurationError, "the groups of conv2d must be a whole number"),
        (
            (4, 3, "tanh", 1, "valid", 1, 3),
            ConfigurationError,
            "the groups of conv2d must divide its filters, got 3 groups of 4",
        ),
    ],
    ids=str,
)
def test_layers_that_are_refused(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        Conv2D(*arguments)
    assert str(raised.value).startswith(message)


def test_groups_that_do_not_divide_the_channels() -> None:
    with pytest.raises(ConfigurationError, match=r"must divide its channels, got 2 groups of 3"):
        Conv2D(4, 1, groups=2).output_shape((3, 5, 5))
