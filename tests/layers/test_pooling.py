"""What all pools share; how each goes over rows, columns and steps its own file tests."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ShoalError
from shoal.layers import AveragePool2D, MaxPool1D, MaxPool2D
from shoal.layers.base import Context


def test_windows_lie_side_by_side_unless_a_stride_says_otherwise() -> None:
    assert MaxPool2D((2, 3)).output_shape((5, 7, 7)) == (5, 3, 2)
    assert MaxPool2D((2, 3), stride=1).output_shape((5, 7, 7)) == (5, 6, 5)
    assert (MaxPool1D(3).size, MaxPool1D(3).stride) == (3, 3)


def test_of_equal_numbers_the_first_takes_the_whole_gradient() -> None:
    pool, a = MaxPool2D(2), np.ones((1, 1, 2, 2, 1))
    out, cache = pool.forward({}, a, Context())
    assert out.shape == (1, 1, 1, 1, 1)
    grad = pool.backward({}, cache, np.full(out.shape, 5.0), {}, propagate=True)
    assert grad is not None
    assert grad.ravel().tolist() == [5, 0, 0, 0]


def test_where_windows_overlap_gradients_add_up() -> None:
    pool = AveragePool2D((1, 2), stride=1)
    _, cache = pool.forward({}, np.ones((1, 1, 1, 3, 1)), Context())
    grad = pool.backward({}, cache, np.array([2.0, 4.0]).reshape(1, 1, 1, 2, 1), {}, propagate=True)
    assert grad is not None
    assert grad.ravel().tolist() == [1, 3, 2]


def test_nobody_is_asked_for_a_gradient_that_goes_nowhere() -> None:
    pool = MaxPool2D(2)
    _, cache = pool.forward({}, np.ones((1, 1, 2, 2, 1)), Context())
    assert pool.backward({}, cache, np.ones((1, 1, 1, 1, 1)), {}, propagate=False) is None


def test_a_window_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ShoalError, match="max_pool2d"):
        MaxPool2D(3).output_shape((1, 2, 5))
