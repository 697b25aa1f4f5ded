from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import MaxPool1D
from shoal.layers.base import Context
from shoal.shapes import Array


def of_two(first: list[float], second: list[float]) -> Array:
    """Return two sequences of one channel as (P, C, T, N) = (1, 1, T, 2)."""
    return np.array([first, second], dtype=float).T[None, None]


def pooled(
    layer: MaxPool1D, a: Array, grad: Array, *lengths: int
) -> tuple[list[list[float]], list[list[float]]]:
    out, cache = layer.forward({}, a, Context(lengths=np.array([lengths]) if lengths else None))
    assert layer.backward({}, cache, grad, {}, propagate=False) is None
    grad_in = layer.backward({}, cache, grad, {}, propagate=True)
    assert grad_in is not None
    return out[0, 0].T.tolist(), grad_in[0, 0].T.tolist()


def test_shapes() -> None:
    assert MaxPool1D().output_shape((3, 5)) == (3, 2)
    assert MaxPool1D(3, 2).output_shape((3, 8)) == (3, 3)
    assert MaxPool1D(2) == MaxPool1D(np.int64(2), 2)  # type: ignore[arg-type]
    after = MaxPool1D(3, 2).lengths_after(np.array([[8, 7, 6, 3, 2, 1]]))
    assert after is not None
    assert after.tolist() == [[3, 3, 2, 1, 1, 1]]


def test_the_largest_of_every_window_goes_on_and_takes_the_gradient() -> None:
    a, grad = of_two([1, 3, -2, -5, 9], [4, 4, 0, 7, 9]), of_two([10, 100], [20, 200])
    out, grad_in = pooled(MaxPool1D(2), a, grad)
    assert out == [[3, -2], [4, 7]]
    assert grad_in == [[0, 10, 100, 0, 0], [20, 0, 0, 200, 0]]  # the edge is left out, of equals the first
    out, grad_in = pooled(MaxPool1D(3, 2), of_two([1, 2, 8, 1, 0], [0, 0, 0, 0, 0]), grad)
    assert (out[0], grad_in[0]) == ([8, 8], [0, 0, 110, 0, 0])


def test_windows_beyond_an_end_hold_zeros_and_short_sequences_keep_one() -> None:
    a, grad = of_two([-1, -3, -2, 0, 0], [-4, 0, 0, 0, 0]), of_two([10, 0], [20, 0])
    out, grad_in = pooled(MaxPool1D(2), a, grad, 3, 1)
    assert out == [[-1, 0], [-4, 0]]
    assert grad_in == [[10, 0, 0, 0, 0], [20, 0, 0, 0, 0]]


def test_pools_that_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the size of max_pool1d must be a whole number ≥ 1, got 0"):
        MaxPool1D(0)
    with pytest.raises(ConfigurationError, match="a window of 3 steps does not fit into the 2 that reach"):
        MaxPool1D(3).output_shape((1, 2))
