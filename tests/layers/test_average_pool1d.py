from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import AveragePool1D
from shoal.layers.base import Context
from shoal.shapes import Array


def of_two(first: list[float], second: list[float]) -> Array:
    """Return two sequences of one channel as (P, C, T, N) = (1, 1, T, 2)."""
    return np.array([first, second], dtype=float).T[None, None]


def pooled(
    layer: AveragePool1D, a: Array, grad: Array, *lengths: int
) -> tuple[list[list[float]], list[list[float]]]:
    out, cache = layer.forward({}, a, Context(lengths=np.array([lengths]) if lengths else None))
    assert layer.backward({}, cache, grad, {}, propagate=False) is None
    grad_in = layer.backward({}, cache, grad, {}, propagate=True)
    assert grad_in is not None
    return out[0, 0].T.tolist(), grad_in[0, 0].T.tolist()


def test_shapes() -> None:
    assert AveragePool1D().output_shape((3, 5)) == (3, 2)
    assert AveragePool1D(3, 2).output_shape((3, 8)) == (3, 3)
    assert AveragePool1D(2) == AveragePool1D(np.int64(2), 2)  # type: ignore[arg-type]
    after = AveragePool1D(3, 2).lengths_after(np.array([[8, 7, 6, 3, 2, 1]]))
    assert after is not None
    assert after.tolist() == [[3, 3, 2, 1, 1, 1]]


def test_the_mean_of_every_window_goes_on_and_shares_the_gradient() -> None:
    a, grad = of_two([1, 3, -2, -4, 9], [4, 4, 0, 7, 9]), of_two([10, 100], [20, 200])
    out, grad_in = pooled(AveragePool1D(2), a, grad)
    assert out == [[2, -3], [4, 3.5]]
    assert grad_in == [[5, 5, 50, 50, 0], [10, 10, 100, 100, 0]]  # the edge is left out
    out, grad_in = pooled(AveragePool1D(4, 1), a, grad)
    assert (out[0], grad_in[0]) == ([-0.5, 1.5], [2.5, 27.5, 27.5, 27.5, 25])


def test_windows_beyond_an_end_hold_zeros_and_short_sequences_keep_one() -> None:
    a, grad = of_two([1, 3, 2, 0, 0], [4, 0, 0, 0, 0]), of_two([10, 0], [20, 0])
    out, grad_in = pooled(AveragePool1D(2), a, grad, 3, 1)
    assert out == [[2, 0], [4, 0]]
    assert grad_in == [[5, 5, 0, 0, 0], [20, 0, 0, 0, 0]]


def test_pools_that_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="the stride of average_pool1d must be a whole number"):
        AveragePool1D(2, 0)
    with pytest.raises(ConfigurationError, match=r"takes sequences of shape \(C, T\), got samples of shape"):
        AveragePool1D(2).output_shape((1, 2, 3))
