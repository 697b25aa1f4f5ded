from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import MaxPool2D
from shoal.layers.base import Context
from shoal.shapes import Array


def image(*rows: list[float]) -> Array:
    """Return one image of one channel as (P, C, H, W, N) = (1, 1, H, W, 1)."""
    return np.array(rows, dtype=float)[None, None, :, :, None]


def pooled(layer: MaxPool2D, a: Array, grad: Array) -> tuple[list[list[float]], list[list[float]]]:
    out, cache = layer.forward({}, a, Context())
    grad_in = layer.backward({}, cache, grad, {}, propagate=True)
    assert grad_in is not None
    return out[0, 0, :, :, 0].tolist(), grad_in[0, 0, :, :, 0].tolist()


def test_shapes() -> None:
    assert MaxPool2D().output_shape((3, 5, 4)) == (3, 2, 2)
    assert MaxPool2D(3, 2).output_shape((3, 7, 8)) == (3, 3, 3)
    assert MaxPool2D((1, 2), (3, 1)).output_shape((3, 7, 8)) == (3, 3, 7)
    assert MaxPool2D(2) == MaxPool2D((2, 2), (2, 2))


def test_the_largest_of_every_window_goes_on_and_takes_the_gradient() -> None:
    a = image([1, -2, 0, 5, 9], [3, 2, 7, 4, 9], [9, 9, 9, 9, 9])
    out, grad_in = pooled(MaxPool2D(2), a, image([10, 100]))
    assert out == [[3, 7]]
    assert grad_in == [[0, 0, 0, 0, 0], [10, 0, 100, 0, 0], [0, 0, 0, 0, 0]]


def test_of_equal_maxima_the_first_in_row_order_takes_the_gradient() -> None:
    out, grad_in = pooled(MaxPool2D(2), image([0, 4], [4, 4]), image([1]))
    assert (out, grad_in) == ([[4]], [[0, 1], [0, 0]])
    out, grad_in = pooled(MaxPool2D(2), image([-1, -1], [-1, -1]), image([1]))
    assert (out, grad_in) == ([[-1]], [[1, 0], [0, 0]])


def test_a_pixel_that_wins_in_several_windows_gets_the_sum() -> None:
    out, grad_in = pooled(MaxPool2D(2, 1), image([0, 0, 0], [0, 8, 0]), image([10, 100]))
    assert (out, grad_in) == ([[8, 8]], [[0, 0, 0], [0, 110, 0]])


def test_every_member_channel_and_sample_by_itself() -> None:
    a = np.random.default_rng(0).normal(size=(2, 3, 4, 6, 5))
    out, _ = MaxPool2D(2).forward({}, a, Context())
    for y, x in np.ndindex(2, 3):
        assert np.array_equal(out[:, :, y, x], a[:, :, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].max(axis=(2, 3)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    out, cache = MaxPool2D().forward({}, np.ones((1, 1, 4, 4, 2), dtype), Context())
    grad_in = MaxPool2D().backward({}, cache, out, {}, propagate=True)
    assert grad_in is not None
    assert out.dtype == grad_in.dtype == np.dtype(dtype)


def test_pools_that_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the stride of max_pool2d must be a whole number"):
        MaxPool2D(2, 0)
    with pytest.raises(ConfigurationError, match="a window of 3 × 3 pixels does not fit into the 2 × 9 that"):
        MaxPool2D(3).output_shape((1, 2, 9))
