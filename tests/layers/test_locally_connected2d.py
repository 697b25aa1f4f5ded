from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.initializers import Glorot
from shoal.layers import Conv2D, LocallyConnected2D
from shoal.layers.base import Context

SHAPE = (2, 5, 6)


def test_shapes() -> None:
    layer = LocallyConnected2D(6, (5, 3), stride=(1, 2))
    assert layer.output_shape((1, 28, 28)) == (6, 24, 13)
    assert layer.parameter_shapes((1, 28, 28)) == {"W": (24, 13, 6, 1, 5, 3), "b": (24, 13, 6, 1)}


def test_every_place_has_weights_of_its_own() -> None:
    # Two places with filters (1, 2) and (3, 4) over the row (5, 6, 7), and biases 0.5 and 0.25.
    W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 0.25])
    parameters = {"W": W.reshape(1, 1, 2, 1, 1, 1, 2), "b": b.reshape(1, 1, 2, 1, 1)}
    layer, a = LocallyConnected2D(1, (1, 2)), np.array([5.0, 6.0, 7.0]).reshape(1, 1, 1, 3, 1)
    z, cache = layer.forward(parameters, a, Context())
    assert z.ravel().tolist() == [1 * 5 + 2 * 6 + 0.5, 3 * 6 + 4 * 7 + 0.25]
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_z = np.array([10.0, 100.0]).reshape(z.shape)
    grad_a = layer.backward(parameters, cache, grad_z, gradients, propagate=True)
    assert gradients["W"].ravel().tolist() == [50, 60, 600, 700]
    assert gradients["b"].ravel().tolist() == [10, 100]
    assert grad_a is not None
    assert grad_a.ravel().tolist() == [10, 20 + 300, 400]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, (2, 1)])
def test_equal_weights_at_every_place_are_a_convolution(padding: str, stride: int | tuple[int, int]) -> None:
    local = LocallyConnected2D(3, (2, 3), "tanh", stride, padding)
    shared, rng, P, N = Conv2D(3, (2, 3), "tanh", stride, padding), np.random.default_rng(0), 2, 4
    own = {name: rng.normal(size=(P, *extent)) for name, extent in shared.parameter_shapes(SHAPE).items()}
    rows, columns = shared.output_shape(SHAPE)[1:]
    spread = {
        name: np.broadcast_to(array[:, None, None], (P, rows, columns, *array.shape[1:])).copy()
        for name, array in own.items()
    }
    a = rng.normal(size=(P, *SHAPE, N))
    (z, cache), (expected, shared_cache) = local.forward(spread, a, None), shared.forward(own, a, Context())
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-14)

    grad_a = rng.normal(size=z.shape)
    gradients = {name: np.full_like(array, np.nan) for name, array in spread.items()}
    of_shared = {name: np.full_like(array, np.nan) for name, array in own.items()}
    grad_in = local.backward(spread, cache, grad_a, gradients, propagate=True)
    expected_in = shared.backward(own, shared_cache, grad_a, of_shared, propagate=True)
    np.testing.assert_allclose(grad_in, expected_in, rtol=1e-11, atol=1e-13)  # type: ignore[arg-type]
    for name in own:  # what is shared has the sum of the gradients of all places
        np.testing.assert_allclose(gradients[name].sum(axis=(1, 2)), of_shared[name], rtol=1e-11, atol=1e-13)


def test_first_weights_are_drawn_place_by_place() -> None:
    layer, rng = LocallyConnected2D(4, 2, "tanh"), np.random.default_rng(0)
    drawn = layer.initialize(np.random.default_rng(0), (3, 3, 4))
    for y, x in np.ndindex(2, 3):
        assert np.array_equal(drawn["W"][y, x], Glorot().weights(rng, 4, 12).reshape(4, 3, 2, 2))
    assert not drawn["b"].any()
    assert math.prod(drawn["b"].shape) == 2 * 3 * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3), "the filters of locally_connected2d must be a whole number ≥ 1, got 0"),
        ((4, 3, "tanh", 0), "the stride of locally_connected2d must be a whole number ≥ 1, got 0"),
        (
            (4, 3, "tanh", 1, "full"),
            "the padding of locally_connected2d must be 'valid' or 'same', got 'full'",
        ),
    ],
)
def test_layers_that_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        LocallyConnected2D(*arguments)  # type: ignore[arg-type]
    assert str(raised.value) == message
