from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import AveragePool2D
from shoal.layers.base import Context
from shoal.shapes import Array


def image(*rows: list[float]) -> Array:
    """Return one image of one channel as (P, C, H, W, N) = (1, 1, H, W, 1)."""
    return np.array(rows, dtype=float)[None, None, :, :, None]


def test_means_and_their_gradients_by_hand() -> None:
    layer = AveragePool2D(2)
    out, cache = layer.forward({}, image([1, 3, 0, 8, 9], [5, 7, 4, 4, 9], [9, 9, 9, 9, 9]), Context())
    assert out[0, 0, :, :, 0].tolist() == [[4, 4]]
    grad_in = layer.backward({}, cache, image([4, 40]), {}, propagate=True)
    assert grad_in is not None
    assert grad_in[0, 0, :, :, 0].tolist() == [[1, 1, 10, 10, 0], [1, 1, 10, 10, 0], [0, 0, 0, 0, 0]]


def test_a_pixel_of_several_windows_gets_a_part_of_each() -> None:
    layer = AveragePool2D((1, 2), 1)
    out, cache = layer.forward({}, image([2, 4, 8]), Context())
    assert out.ravel().tolist() == [3, 6]
    grad_in = layer.backward({}, cache, image([10, 100]), {}, propagate=True)
    assert grad_in is not None
    assert grad_in.ravel().tolist() == [5, 55, 50]


def test_every_member_channel_and_sample_by_itself() -> None:
    a = np.random.default_rng(0).normal(size=(2, 3, 4, 6, 5))
    out, _ = AveragePool2D((2, 3)).forward({}, a, Context())
    for y, x in np.ndindex(2, 2):
        expected = a[:, :, 2 * y : 2 * y + 2, 3 * x : 3 * x + 3].mean(axis=(2, 3))
        np.testing.assert_allclose(out[:, :, y, x], expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    out, cache = AveragePool2D().forward({}, np.ones((1, 1, 4, 4, 2), dtype), Context())
    grad_in = AveragePool2D().backward({}, cache, out, {}, propagate=True)
    assert grad_in is not None
    assert out.dtype == grad_in.dtype == np.dtype(dtype)


def test_pools_that_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the size of average_pool2d must be a whole number ≥ 1"):
        AveragePool2D(0)
    with pytest.raises(ConfigurationError, match=r"takes images of shape \(C, H, W\), got samples of shape"):
        AveragePool2D().output_shape((4,))
